/** The CPU engine: the kernels' plain TypeScript over typed arrays, run at once. */
import type { DeviceBuffer, Engine, Executable, Memory, Pass, ReadRange } from "./engine.ts";
import type { Adapter, DType, HostArray, Kernel, Params } from "./kernel.ts";
import { cannot } from "./errors.ts";
import { Pool, sizeClass } from "./pool.ts";

interface CpuBuffer extends DeviceBuffer {
  readonly memory: ArrayBuffer;
}

interface CpuExecutable extends Executable {
  readonly inputs: readonly DType[];
  readonly outputs: readonly DType[];
  run(inputs: readonly HostArray[], outputs: readonly HostArray[], params: Params): void;
}

const NO_PARAMS = new Uint32Array(0);

function viewOf(buffer: DeviceBuffer, dtype: DType): HostArray {
  const { memory, bytes } = buffer as CpuBuffer;
  return dtype === "u32"
    ? new Uint32Array(memory, 0, bytes / 4)
    : new Float32Array(memory, 0, bytes / 4);
}

class CpuPass implements Pass {
  dispatch(
    executable: Executable,
    inputs: readonly DeviceBuffer[],
    outputs: readonly DeviceBuffer[],
    params: Uint32Array = NO_PARAMS,
  ): void {
    const e = executable as CpuExecutable;
    e.run(
      e.inputs.map((d, k) => viewOf(inputs[k], d)),
      e.outputs.map((d, k) => viewOf(outputs[k], d)),
      {
        u32: params,
        i32: new Int32Array(params.buffer, params.byteOffset, params.length),
        f32: new Float32Array(params.buffer, params.byteOffset, params.length),
      },
    );
  }

  copy(from: DeviceBuffer, fromOffset: number, to: DeviceBuffer, toOffset: number, bytes: number) {
    const source = new Uint8Array((from as CpuBuffer).memory, fromOffset, bytes);
    new Uint8Array((to as CpuBuffer).memory, toOffset, bytes).set(source);
  }

  submit(): void {}
}

/** Runs every kernel's TypeScript on the calling thread. */
export class CpuEngine implements Engine {
  readonly kind = "cpu";
  readonly adapter: Adapter = { name: "CPU (TypeScript)", software: true };
  readonly maxBufferBytes: number = 2 ** 32 - 8;
  readonly maxBindings = 64;
  readonly #pool = new Pool<ArrayBuffer>((capacity) => {
    try {
      return new ArrayBuffer(capacity);
    } catch {
      throw cannot(`hold ${capacity} more bytes on the CPU engine`, "the host is out of memory");
    }
  }, () => {});

  acquire(bytes: number): DeviceBuffer {
    const capacity = sizeClass(bytes);
    const buffer: CpuBuffer = { bytes, capacity, engine: this, memory: this.#pool.take(capacity) };
    return buffer;
  }

  release(buffer: DeviceBuffer): void {
    this.#pool.give((buffer as CpuBuffer).memory, buffer.capacity);
  }

  upload(buffer: DeviceBuffer, data: HostArray): void {
    new Uint8Array((buffer as CpuBuffer).memory).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }

  compile<Spec>(kernel: Kernel<Spec>, spec: Spec): Executable {
    const { inputs, outputs } = kernel.bindings(spec);
    const executable: CpuExecutable = {
      name: kernel.name,
      inputs,
      outputs,
      run: (ins, outs, params) => kernel.cpu(spec, ins, outs, params),
    };
    return executable;
  }

  begin(): Pass {
    return new CpuPass();
  }

  read(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    return Promise.resolve(
      ranges.map(({ buffer, offset, bytes }) =>
        (buffer as CpuBuffer).memory.slice(offset, offset + bytes)
      ),
    );
  }

  memory(): Memory {
    return this.#pool.memory();
  }

  check(): void {}

  destroy(): void {
    this.#pool.trim();
  }
}
