/** A script that says which engine computes and what it got; run by tests in a Deno of its own. */
import { ready } from "../../gpu/engines/device.ts";
import { tensor } from "../../complex/create/create.ts";

console.log((await ready()).kind, await tensor([1, 2, 3]).sum().item());
