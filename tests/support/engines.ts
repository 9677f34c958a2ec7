/** Registers a test once for each engine. */
import type { Engine } from "../../gpu/contract/engine.ts";
import { type DeviceKind, use } from "../../gpu/engines/device.ts";
import { engines } from "./program.ts";

const present = await engines();
if (present.length === 1) {
  console.log("No WebGPU adapter on this machine: the tests on webgpu are ignored.");
}

function onKind(
  kind: DeviceKind,
  name: string,
  body: (engine: Engine) => void | Promise<void>,
): void {
  const missing = !present.some((e) => e.kind === kind);
  Deno.test({
    name: `${name} (${kind}${missing ? ": ignored, there is no WebGPU adapter here" : ""})`,
    ignore: missing,
    fn: async () => await body(await use(kind)),
  });
}

/** Two tests, `name (cpu)` and `name (webgpu)`; without an adapter the second is ignored, in words. */
export function onEngines(name: string, body: (engine: Engine) => void | Promise<void>): void {
  for (const kind of ["cpu", "webgpu"] as const) onKind(kind, name, body);
}

/** The test `name (webgpu)`, which is ignored, in words, without an adapter. */
export function onWebGpu(name: string, body: (engine: Engine) => void | Promise<void>): void {
  onKind("webgpu", name, body);
}
