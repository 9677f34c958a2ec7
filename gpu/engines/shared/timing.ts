/** Times of single dispatches, as an engine reports them to a profile. */
import type { DeviceBuffer, Executable, Pass, Stopwatch, Timing } from "../../contract/engine.ts";

/** The bytes of the buffers that a dispatch binds. */
export function boundBytes(
  inputs: readonly DeviceBuffer[],
  outputs: readonly DeviceBuffer[],
): number {
  let sum = 0;
  for (const { bytes } of inputs) sum += bytes;
  for (const { bytes } of outputs) sum += bytes;
  return sum;
}

/** Times the dispatches of an engine that has done them when it returns. */
export class Clock implements Stopwatch {
  readonly by = "waiting";
  readonly #timings: Timing[] = [];
  readonly #stopped: () => void;

  /** `stopped` is called at the end. */
  constructor(stopped: () => void) {
    this.#stopped = stopped;
  }

  /** The same pass, timed. */
  watch(pass: Pass): Pass {
    const timings = this.#timings;
    return {
      dispatch(
        executable: Executable,
        inputs: readonly DeviceBuffer[],
        outputs: readonly DeviceBuffer[],
        params?: Uint32Array,
      ): void {
        const start = performance.now();
        pass.dispatch(executable, inputs, outputs, params);
        const ms = performance.now() - start;
        timings.push({ executable, bytes: boundBytes(inputs, outputs), ms });
      },
      copy: (...ranges) => pass.copy(...ranges),
      submit: () => pass.submit(),
    };
  }

  stop(): Promise<readonly Timing[]> {
    this.#stopped();
    return Promise.resolve(this.#timings);
  }
}
