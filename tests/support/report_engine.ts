/** A script that says which engine computes and what it got; run by tests in a Deno of its own. */
import { engine } from "../../gpu/engines/device.ts";
import { tensor } from "../../complex/create/create.ts";

console.log(engine().kind, await tensor([1, 2, 3]).sum().item());
