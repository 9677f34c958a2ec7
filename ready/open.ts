/** Opens the engine before the program that imports this begins. */
import { ready } from "../gpu/engines/device.ts";

await ready();
