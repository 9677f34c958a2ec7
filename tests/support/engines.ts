/** Registers a test once for each engine. */
import type { Engine } from "../../gpu/contract/engine.ts";
import { generator } from "../../complex/ops/random.ts";
import { type DeviceKind, use } from "../../gpu/engines/device.ts";
import { onlyWithAll } from "./exhaustive.ts";
import { noAdapter, unless } from "./ignored.ts";

// Tests draw the same numbers in every run.
generator.seed(0);

if (noAdapter) console.log("No WebGPU adapter on this machine: the tests on webgpu are ignored.");

/** What a test on engines may say of itself. */
interface Extent {
  /** Engines on which it takes long and says what shorter tests say: it runs there with `--all`. */
  readonly exhaustive?: readonly DeviceKind[];
}

function onKind(
  kind: DeviceKind,
  name: string,
  body: (engine: Engine) => void | Promise<void>,
  { exhaustive = [] }: Extent,
): void {
  const why = (kind === "webgpu" ? noAdapter : null) ??
    (exhaustive.includes(kind) ? onlyWithAll : null);
  Deno.test({
    ...unless(why, `${name} (${kind})`),
    fn: async () => await body(await use(kind)),
  });
}

/** Two tests, `name (cpu)` and `name (webgpu)`; without an adapter the second is ignored, in words. */
export function onEngines(
  name: string,
  body: (engine: Engine) => void | Promise<void>,
  extent: Extent = {},
): void {
  for (const kind of ["cpu", "webgpu"] as const) onKind(kind, name, body, extent);
}

/** The test `name (cpu)`, of what WebGPU does not have. */
export function onCpu(name: string, body: (engine: Engine) => void | Promise<void>): void {
  onKind("cpu", name, body, {});
}

/** The test `name (webgpu)`, which is ignored, in words, without an adapter. */
export function onWebGpu(
  name: string,
  body: (engine: Engine) => void | Promise<void>,
  extent: Extent = {},
): void {
  onKind("webgpu", name, body, extent);
}
