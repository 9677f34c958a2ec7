/** Every layer of the package. */
import { activation } from "./activation.ts";
import type { Case } from "./case.ts";
import { conv } from "./conv.ts";
import { linear } from "./linear.ts";
import { norm } from "./norm.ts";
import { pool } from "./pool.ts";
import { recurrent } from "./recurrent.ts";

export const zoo: Case[] = [linear, conv, pool, activation, norm, recurrent].flat();
