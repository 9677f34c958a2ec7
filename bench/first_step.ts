/** One training step, in a process of its own: prints when it has its loss. */
import type { Norm } from "../examples/support/networks.ts";
import { trainer } from "./work/training.ts";

const loss = await trainer(Deno.args[0] as Norm)(0).item();
console.log(loss);
Deno.exit(0);
