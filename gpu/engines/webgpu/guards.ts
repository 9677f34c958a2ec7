/** Errors that WebGPU reports later. Each belongs to the work that was going on, and to nobody else. */
import { type ArgandError, cannot } from "../../contract/errors.ts";

/** The failure of some work: null where it went well. */
export type Failure = Promise<ArgandError | null>;

/** Something that the device was asked to make. */
export interface Made {
  /** Its failure to come; null once that is known. */
  pending: Failure | null;
  /** Why the device could not make it, once that is known. */
  failure: ArgandError | null;
}

/** The error scopes of a device. */
export class Guards {
  readonly #device: GPUDevice;
  readonly #open = new Set<Failure>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Does `work` in error scopes; `failure` tells later what they caught, as `Cannot <what>: …`. */
  run<T>(work: () => T, what: () => string): { readonly value: T; readonly failure: Failure } {
    const device = this.#device;
    device.pushErrorScope("out-of-memory");
    device.pushErrorScope("validation");
    let failure: Failure;
    let value: T;
    try {
      value = work();
    } finally {
      failure = caught(device.popErrorScope(), device.popErrorScope(), what);
      this.#open.add(failure);
      failure.then(() => this.#open.delete(failure));
    }
    return { value, failure };
  }

  /** Notes on `made` what will become of it; `discard` is called if it fails. */
  follow(made: Made, failure: Failure, discard: () => void): void {
    made.pending = failure;
    failure.then((error) => {
      made.pending = null;
      made.failure = error;
      if (error) discard();
    });
  }

  /** Waits until everything that was asked for has gone well or failed. */
  async settle(): Promise<void> {
    while (this.#open.size > 0) await Promise.all(this.#open);
  }
}

/** The error of one of two scopes, if there is one. */
async function caught(
  validation: Promise<GPUError | null>,
  memory: Promise<GPUError | null>,
  what: () => string,
): Failure {
  const none = () => null; // a lost device has no scopes; it reports itself
  const second = memory.catch(none);
  const error = await validation.catch(none) ?? await second;
  return error && cannot(what(), error.message);
}

/** The first failure of several pieces of work, in their order. */
export async function firstFailure(work: readonly Failure[]): Failure {
  for (const failure of work) {
    const error = await failure;
    if (error) return error;
  }
  return null;
}
