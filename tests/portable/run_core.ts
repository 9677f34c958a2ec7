/** Runs the core on the engine of that name, or the one taken by itself, and prints the outcome. */
import { gpu } from "@argand/argand";
import { core } from "./core.ts";

if (Deno.args.length > 0) await gpu.use(Deno.args[0] as gpu.DeviceKind);
console.log(JSON.stringify(await core()));
