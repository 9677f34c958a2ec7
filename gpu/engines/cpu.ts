/**
 * The CPU engine: buffers in one linear memory, kernels in WebAssembly where they have such a form, in
 * their plain TypeScript otherwise.
 */
import type {
  DeviceBuffer,
  Engine,
  Executable,
  KernelForm,
  Memory,
  Pass,
  ReadRange,
  Stopwatch,
} from "../contract/engine.ts";
import { type DType, type HostArray, hostView, precisionOf } from "../contract/dtype.ts";
import {
  type Adapter,
  declare,
  type Kernel,
  type Params,
  type WasmRun,
} from "../contract/kernel.ts";
import { cannot } from "../contract/errors.ts";
import { Pool, sizeClass } from "./shared/pool.ts";
import { Clock } from "./shared/timing.ts";
import { NoRoom } from "../contract/wasm_module.ts";
import type { MapFunction } from "../contract/map_function.ts";
import { hasOperation } from "../wasm/encode_expression.ts";
import { openWasm, type WasmInstance, type WasmOptions } from "../wasm/instance.ts";

/** An address in the linear memory; or memory of its own, where that has no room. */
type Storage = number | ArrayBuffer;

interface CpuBuffer extends DeviceBuffer {
  readonly storage: Storage;
}

interface CpuExecutable extends Executable {
  readonly inputs: readonly DType[];
  readonly outputs: readonly DType[];
  readonly wasm: WasmRun | null;
  run(inputs: readonly HostArray[], outputs: readonly HostArray[], params: Params): void;
}

/** Bytes of free buffers that are kept for reuse, an eighth of what WebAssembly can address. */
const FREE_BUDGET = 2 ** 29;

/** The adapter for which shaders are shown. */
const HARDWARE: Adapter = { name: "hardware", software: false };

const NO_PARAMS = new Uint32Array(0);

function storageOf(buffer: DeviceBuffer): Storage {
  return (buffer as CpuBuffer).storage;
}

class CpuPass implements Pass {
  constructor(readonly wasm: WasmInstance | null) {}

  dispatch(
    executable: Executable,
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    words: Uint32Array = NO_PARAMS,
  ): void {
    const e = executable as CpuExecutable;
    const params = {
      u32: words,
      i32: new Int32Array(words.buffer, words.byteOffset, words.length),
      f32: new Float32Array(words.buffer, words.byteOffset, words.length),
    };
    const ins = inputs.map(storageOf), outs = outputs.map(storageOf);
    const inMemory = (storage: Storage) => typeof storage === "number";
    if (e.wasm && ins.every(inMemory) && outs.every(inMemory)) {
      try {
        e.wasm(ins as number[], outs as number[], params);
        return;
      } catch (error) {
        if (!(error instanceof NoRoom)) throw error; // plain TypeScript needs no room
      }
    }
    e.run(
      e.inputs.map((d, k) => this.#view(inputs[k], d)),
      e.outputs.map((d, k) => this.#view(outputs[k], d)),
      params,
    );
  }

  copy(from: DeviceBuffer, fromOffset: number, to: DeviceBuffer, toOffset: number, bytes: number) {
    memoryOf(this.wasm, to, toOffset, bytes).set(memoryOf(this.wasm, from, fromOffset, bytes));
  }

  /** Everything has run by now, or has thrown. */
  submit(): null {
    return null;
  }

  #view(buffer: DeviceBuffer, dtype: DType): HostArray {
    const view = memoryOf(this.wasm, buffer, 0, buffer.bytes);
    return hostView(dtype, view.buffer, view.byteOffset, buffer.bytes);
  }
}

/** A view that is good until the next buffer is acquired. */
function memoryOf(wasm: WasmInstance | null, buffer: DeviceBuffer, offset: number, bytes: number) {
  const storage = storageOf(buffer);
  return typeof storage === "number"
    ? new Uint8Array(wasm!.buffer, storage + offset, bytes)
    : new Uint8Array(storage, offset, bytes);
}

/** Runs every kernel on the calling thread, and on helper threads where that pays. */
export class CpuEngine implements Engine {
  readonly kind = "cpu";
  readonly adapter: Adapter;
  readonly maxBufferBytes: number = 2 ** 32 - 8;
  readonly maxBindings = 64;
  readonly atomicSubmit = false; // dispatches run at once
  readonly lost = null;
  onFull?: () => void;
  readonly #wasm: WasmInstance | null;
  readonly #pool: Pool<Storage>;
  #clock: Clock | null = null;

  /** With `null` kernels run in plain TypeScript alone; options are for tests. */
  constructor(options: WasmOptions | null = {}) {
    const wasm = options && openWasm(options, () => this.#makeRoom());
    this.#wasm = wasm;
    this.adapter = { name: `CPU (${wasm ? "WebAssembly" : "TypeScript"})`, software: true };
    this.#pool = new Pool<Storage>({
      create(capacity) {
        const pointer = wasm?.allocate(capacity);
        if (pointer) return pointer;
        try {
          return new ArrayBuffer(capacity);
        } catch {
          throw cannot(
            `hold ${capacity} more bytes on the CPU engine`,
            "the host is out of memory; gpu.memory({ detail: true }) says who holds it",
          );
        }
      },
      destroy(storage) {
        if (typeof storage === "number") wasm!.free(storage);
      },
      freeBudget: FREE_BUDGET,
    });
  }

  #makeRoom(): void {
    this.onFull?.();
    this.#pool.trim();
  }

  /** One function without a form in assembly takes a whole kernel to plain TypeScript. */
  fuses(fn: MapFunction): boolean {
    return this.#wasm === null || hasOperation(fn);
  }

  acquire(bytes: number): DeviceBuffer {
    const capacity = sizeClass(bytes);
    const buffer: CpuBuffer = { bytes, capacity, engine: this, storage: this.#pool.take(capacity) };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    this.#pool.give(storageOf(buffer), buffer.capacity);
  }

  upload(buffer: DeviceBuffer, data: HostArray): void {
    memoryOf(this.#wasm, buffer, 0, data.byteLength).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }

  compile<Spec>(kernel: Kernel<Spec>, spec: Spec): Executable {
    const { inputs, outputs } = kernel.bindings(spec);
    const executable: CpuExecutable = {
      name: kernel.name,
      flops: kernel.flops?.(spec),
      inputs,
      outputs,
      wasm: this.#wasmOf(kernel, spec),
      run: (ins, outs, params) => kernel.cpu(spec, ins, outs, params),
    };
    return executable;
  }

  /** Double precision has no form in WebAssembly. */
  #wasmOf<Spec>(kernel: Kernel<Spec>, spec: Spec): WasmRun | null {
    const { inputs, outputs } = kernel.bindings(spec);
    if ([...inputs, ...outputs].some((dtype) => precisionOf(dtype) === "double")) return null;
    return this.#wasm && (kernel.wasm?.(spec, this.#wasm) ?? null);
  }

  formOf<Spec>(kernel: Kernel<Spec>, spec: Spec): KernelForm {
    return this.#wasmOf(kernel, spec) ? "WebAssembly" : "TypeScript";
  }

  shaderOf<Spec>(kernel: Kernel<Spec>, spec: Spec): string {
    const shader = kernel.wgsl(spec, HARDWARE);
    return declare(kernel, spec, shader) + shader.source;
  }

  begin(): Pass {
    const pass = new CpuPass(this.#wasm);
    return this.#clock ? this.#clock.watch(pass) : pass;
  }

  time(): Stopwatch {
    return this.#clock = new Clock(() => this.#clock = null);
  }

  read(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    return Promise.resolve(
      ranges.map(({ buffer, offset, bytes }) => {
        const copy = new Uint8Array(bytes);
        copy.set(memoryOf(this.#wasm, buffer, offset, bytes));
        return copy.buffer;
      }),
    );
  }

  memory(): Memory {
    return this.#pool.memory();
  }

  destroy(): void {
    this.#pool.trim();
    this.#wasm?.close();
  }
}
