/** What a piece of work is, and who does it. */
import {
  complex,
  type ComplexTensor,
  complexTensor,
  evaluate,
  gpu,
  parameter,
  type RealTensor,
  tensor,
  zeros,
} from "@argand/argand";
import type { Contender } from "../contender.ts";
import type { Sample } from "../numbers.ts";
import type { Peer } from "../peers/peer.ts";

/** A piece of work, with the same random inputs for everybody. */
export interface Work {
  /** By which targets find it. */
  readonly key: string;
  /** Floating-point operations that the mathematics asks for; a complex product-sum is 8. */
  readonly flop?: number;
  /** Bytes that have to be read and written at least. */
  readonly bytes?: number;
  /** How far results may be off, as a part of their root mean square. */
  readonly tolerance?: number;
  /** Values of the result in float64. */
  samples(): readonly Sample[];
  /** How this library does it. */
  ours(): Contender;
  /** How another one does it, or in a word why it doesn't. */
  theirs(peer: Peer): Contender | string;
}

/** Waits until the engine in use has done everything. */
export async function settle(): Promise<void> {
  const engine = gpu.engine();
  const buffer = engine.acquire(4);
  await engine.read([{ buffer, offset: 0, bytes: 4 }]);
  engine.release(buffer);
}

/** A complex input that stays on the device. */
export function complexInput(data: Float32Array, shape: number[]): ComplexTensor {
  return parameter(complexTensor(data, shape), { requiresGrad: false });
}

/** A real input that stays on the device. */
export function realInput(data: Float32Array, shape: number[]): RealTensor {
  return parameter(tensor(data, shape), { requiresGrad: false });
}

/**
 * Work of this library. Results are written over one another, as those of a parameter's updates
 * are: no new memory in every run.
 */
export function ours(shape: number[], compute: () => ComplexTensor): Contender {
  const last = parameter(complex(zeros(shape)), { requiresGrad: false });
  return {
    run() {
      last.assign(compute());
      evaluate(last);
    },
    settle,
    result: async () => await compute().data(),
    release() {},
  };
}

/** The same for real results. */
export function oursReal(shape: number[], compute: () => RealTensor): Contender {
  const last = parameter(zeros(shape), { requiresGrad: false });
  return {
    run() {
      last.assign(compute());
      evaluate(last);
    },
    settle,
    result: async () => await compute().data(),
    release() {},
  };
}
