/**
 * Which engine computes: WebGPU where there is a hardware adapter, the CPU engine otherwise, since it
 * is faster than adapters that run shaders on the processor. `ARGAND_DEVICE=cpu|webgpu` or
 * {@link use} choose otherwise. A device can only be opened by waiting, which this file does not do when
 * it is imported: scripts and old targets of bundlers have no top-level await. The modules in ready/ do.
 */
import type { Engine } from "../contract/engine.ts";
import { CpuEngine } from "./cpu.ts";
import { environment } from "../contract/runtime.ts";
import { again, cannot } from "../contract/errors.ts";
import { findAdapter, isSoftware } from "./webgpu/adapter.ts";
import { WebGpuEngine } from "./webgpu/engine.ts";

/** The name of an engine. */
export type DeviceKind = "cpu" | "webgpu";

/** Opens the WebGPU engine; null if no adapter `suits`. */
async function openWebGpu(
  suits: (adapter: GPUAdapter) => boolean = () => true,
): Promise<WebGpuEngine | null> {
  const adapter = await answered(findAdapter());
  if (!adapter || !suits(adapter)) return null;
  // Ask for what the adapter has in size, and for no more bindings than every adapter has.
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const device = await answered(adapter.requestDevice({
    // For profiles; a device works without.
    requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
    requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
  }));
  const engine = new WebGpuEngine(device, adapter.info, true);
  device.lost.then(() => replacement = replaceLost(engine));
  return engine;
}

/** Milliseconds within which a driver answers, if it ever does. */
const PATIENCE = 10_000;

/** A driver's answer; one that keeps silent must not hold up the program. */
async function answered<T>(answer: Promise<T>): Promise<T> {
  const what = "compute on webgpu";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(cannot(what, `the driver has not answered for ${PATIENCE / 1000} s`));
    }, PATIENCE);
  });
  const refused = answer.catch((error) => {
    throw cannot(what, `the driver has refused (${(error as Error).message})`);
  });
  try {
    return await Promise.race([refused, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** Devices that are opened one after the other in the place of a lost one, if they are lost at once. */
const MOST_TRIES = 3;

/** Opens a device in the place of one that was lost, if it was in use and there is one to be had. */
async function replaceLost(lost: WebGpuEngine): Promise<void> {
  for (let k = 0; k < MOST_TRIES && current === lost; k++) {
    const engine = await openWebGpu().catch(() => null);
    if (!engine) return;
    await engine.device.queue.onSubmittedWorkDone().catch(() => {}); // it may be lost already
    if (engine.lost) continue;
    opened.set("webgpu", engine);
    if (current === lost) compute(engine);
  }
}

/** The opening of a device in the place of a lost one, from its loss on. */
let replacement: Promise<void> = Promise.resolve();

/** Waits until a device stands in the place of one that has been lost, if there is one to be had. */
export function replaced(): Promise<void> {
  return replacement;
}

/** To be called when another engine computes. */
const followers: (() => void)[] = [];

/** Has `follow` called whenever another engine computes than before. */
export function onChange(follow: () => void): void {
  followers.push(follow);
}

function compute(engine: Engine): Engine {
  const before = current;
  current = engine;
  if (before !== engine) { for (const follow of followers) follow(); }
  return engine;
}

const NO_ADAPTER =
  "this machine offers no WebGPU adapter; on Debian or Ubuntu, install mesa-vulkan-drivers";

async function open(kind: DeviceKind): Promise<Engine> {
  if (kind === "cpu") return new CpuEngine();
  const engine = await openWebGpu();
  if (!engine) throw cannot("compute on webgpu", NO_ADAPTER);
  return engine;
}

/** The environment's wish. */
function wished(): DeviceKind | null {
  const name = "ARGAND_DEVICE";
  const wish = environment(name);
  if (wish === undefined || wish === "") return null;
  if (wish !== "cpu" && wish !== "webgpu") {
    throw cannot(`take the device from ${name}`, `"${wish}" is neither "cpu" nor "webgpu"`);
  }
  return wish;
}

async function openDefault(): Promise<Engine> {
  const wish = wished();
  if (wish) return await open(wish);
  try {
    return await openWebGpu(({ info }) => !isSoftware(info)) ?? new CpuEngine();
  } catch {
    return new CpuEngine(); // an adapter that can't give a device is as good as none
  }
}

/** The engine of a program that computes before it has waited for {@link ready}. */
function openAtOnce(): Engine {
  const wish = wished();
  if (wish === "webgpu") {
    throw cannot("compute on webgpu", "it is not open yet; call await gpu.ready() first");
  }
  const engine = new CpuEngine();
  if (wish === null) warnOfGpu(engine);
  return engine;
}

/** Says that a GPU is left out, where there is one and `engine` computes in its place. */
async function warnOfGpu(engine: Engine): Promise<void> {
  const adapter = await findAdapter().catch(() => null);
  if (!adapter || isSoftware(adapter.info) || current !== engine) return;
  console.warn(
    "Argand computes on the processor, although there is a GPU: the program computed before it " +
      "called await gpu.ready()",
  );
}

/** The engine in use; null until one is needed or chosen. */
let current: Engine | null = null;
/** The engine that is being opened. */
let opening: Promise<Engine> | null = null;
/** The engines of devices that the program has given. */
const given = new WeakMap<GPUDevice, WebGpuEngine>();
const opened = new Map<DeviceKind, Engine>();

/** Takes an engine unless there is one by now. */
function take(engine: Engine): Engine {
  if (current) return current;
  opened.set(engine.kind, engine);
  return current = engine;
}

/**
 * Waits until the engine is open, and returns it. Where the package is imported by its name, this has
 * been done. A bundled page or script calls it before it computes; what computes without it, and does
 * not begin with reading a value or with `nn.fit`, is computed by the CPU engine.
 *
 * @throws {ArgandError} if `ARGAND_DEVICE` asks for WebGPU and there is no adapter.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 *
 * const { kind, adapter } = await gpu.ready();
 * console.log(kind, adapter.name); // such as: cpu CPU (WebAssembly)
 * ```
 */
export async function ready(): Promise<Engine> {
  if (current) return current;
  opening ??= openDefault().finally(() => opening = null);
  return take(await opening);
}

/** The engine in use; null where none has been needed or chosen yet. */
export function chosenEngine(): Engine | null {
  return current;
}

/**
 * The engine that computes now.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 *
 * console.log(gpu.engine().kind, gpu.engine().adapter.name); // such as: cpu CPU (WebAssembly)
 * ```
 */
export function engine(): Engine {
  return current ?? take(openAtOnce());
}

/**
 * Chooses the engine: by name, or a `GPUDevice` that the program already has. Tensors that hold
 * values on another engine can't be used with it; read them first.
 *
 * @throws {ArgandError} if WebGPU is requested and there is no adapter, or the device is lost.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 * await gpu.use("cpu");
 * console.assert(gpu.engine().kind === "cpu");
 * ```
 */
export async function use(device: DeviceKind | GPUDevice): Promise<Engine> {
  if (typeof device === "object" && typeof device?.createBuffer === "function") {
    let engine = given.get(device);
    if (!engine) {
      const info = (device as { adapterInfo?: GPUAdapterInfo }).adapterInfo;
      given.set(device, engine = new WebGpuEngine(device, info ?? ({} as GPUAdapterInfo), false));
    }
    await null; // what is lost already says so at once
    if (engine.lost) throw again(engine.lost);
    return compute(engine);
  }
  if (device !== "cpu" && device !== "webgpu") {
    const got = typeof device === "string" ? JSON.stringify(device) : String(device);
    throw cannot("choose the engine", `${got} is neither "cpu" nor "webgpu" nor a GPUDevice`);
  }
  if (opened.get(device)?.lost) await replacement;
  const known = opened.get(device);
  const chosen = known && !known.lost ? known : await open(device);
  opened.set(device, chosen);
  return compute(chosen);
}

/** Chooses an engine that is open, which keeps no name: for tests of engines beside one another. */
export function useEngine(open: Engine): void {
  compute(open);
}
