/** Every layer of the package. */
import * as nn from "../../../nn/mod.ts";
import { activation } from "./activation.ts";
import type { Case } from "./case.ts";
import { conv } from "./conv.ts";
import { linear } from "./linear.ts";
import { norm } from "./norm.ts";
import { optics } from "./optics.ts";
import { pool } from "./pool.ts";
import { recurrent } from "./recurrent.ts";
import { spectral } from "./spectral.ts";

export const zoo: Case[] = [linear, conv, pool, activation, norm, recurrent, optics, spectral]
  .flat();

/** What `nn` exports that is a module and can be made. */
export function layersOf(face: Record<string, unknown>): string[] {
  const bases = new Set<unknown>([nn.Module, nn.Layer]);
  const isModule = (x: unknown) => typeof x === "function" && x.prototype instanceof nn.Module;
  const classes = Object.entries(face).filter(([, x]) => isModule(x));
  // A class that others extend is a base, unless the zoo makes one of it.
  for (const [, x] of classes) bases.add(Object.getPrototypeOf(x));
  const made = new Set(zoo.map((one) => one.name.split(" ")[0]));
  return classes.filter(([name, x]) => !bases.has(x) || made.has(name)).map(([name]) => name);
}
