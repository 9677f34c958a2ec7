/** Errors that WebGPU reports later. Each belongs to the work that was going on, and to nobody else. */
import type {} from "@webgpu/types";
import { type ArgandError, cannot } from "../../contract/errors.ts";

/** What became of some work: null where it went well. */
export type Failure = Promise<ArgandError | null>;

/** Something that the device was asked to make. */
export interface Made {
  /** What will become of it; null once that is known. */
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
    let value: T;
    let scopes: Promise<GPUError | null>[];
    try {
      value = work();
    } finally {
      // A lost device has no scopes; it reports itself.
      scopes = [0, 1].map(() => device.popErrorScope().catch(() => null));
    }
    const failure: Failure = Promise.all(scopes).then((errors) => {
      this.#open.delete(failure);
      const error = errors.find((e) => e !== null);
      return error ? cannot(what(), error.message) : null;
    });
    this.#open.add(failure);
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

/** The first failure of several pieces of work, in their order. */
export async function firstFailure(work: readonly Failure[]): Failure {
  for (const failure of work) {
    const error = await failure;
    if (error) return error;
  }
  return null;
}
