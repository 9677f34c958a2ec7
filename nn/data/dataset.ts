/** Data sets, and how their samples make a batch. */
import { defaultDtype } from "../../complex/lazy/precision.ts";
import {
  hostZeros,
  type InexactArray,
  type InexactDType,
  lanesOf,
} from "../../gpu/contract/dtype.ts";
import { hostTensor, hostValues } from "../../complex/tensor/host.ts";
import { stack } from "../../complex/functions/arrange.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { checkInteger, checkList, sameShape, show } from "../../complex/lazy/shape.ts";
import { type ComplexTensor, type RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { cannot } from "../../gpu/contract/errors.ts";

/** A typed array of numbers. */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/**
 * A batch of samples of kind S: tensors are stacked, typed arrays make a real tensor
 * [samples, length], numbers an array (which losses take as labels), lists and records are taken part
 * by part, and anything else makes an array.
 */
export type Collated<S> = S extends RealTensor ? RealTensor
  : S extends ComplexTensor ? ComplexTensor
  : S extends Tensor ? Tensor
  : S extends NumberArray ? RealTensor
  : S extends number ? number[]
  : S extends string | boolean | bigint | null | undefined ? S[]
  : S extends readonly unknown[] ? { -readonly [K in keyof S]: Collated<S[K]> }
  : S extends object ? { -readonly [K in keyof S]: Collated<S[K]> }
  : S[];

/**
 * Samples that are found by their place. `get` gives one; where `gather` is there the loader asks it
 * for whole batches, which is much faster than sample by sample. Any object with these members will
 * do.
 *
 * @example
 * ```ts
 * import { type ComplexTensor, nn, polar } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * // Phases 0, 0.1, … and their number; samples are computed when they are asked for.
 * const turns: nn.Dataset<readonly [ComplexTensor, number]> = {
 *   length: 10,
 *   get: (index) => [polar([1], [0.1 * index]), index],
 * };
 * for await (const [z, label] of new nn.DataLoader(turns, { batchSize: 5 })) {
 *   assertEquals([z.shape, label.length], [[5, 1], 5]);
 * }
 * ```
 */
export interface Dataset<S, B = Collated<S>> {
  /** The number of samples. */
  readonly length: number;
  /** The sample at a place from 0 to `length` − 1. */
  get(index: number): S | Promise<S>;
  /** The batch of the samples at these indices, in this order. */
  gather?(indices: Uint32Array): B | Promise<B>;
}

/** Rows of host arrays one after the other, each into its place. */
function rowsOf(
  rows: readonly ArrayLike<number>[],
  width: number,
  dtype: InexactDType,
): InexactArray {
  const all = hostZeros(dtype, rows.length * width / lanesOf(dtype));
  rows.forEach((row, k) => all.set(row, k * width));
  return all;
}

function stackTensors(what: string, samples: readonly Tensor[]): Tensor {
  const [{ shape, dtype }] = samples;
  for (const x of samples) {
    if (!(x instanceof Tensor)) {
      throw cannot(what, `the first is a tensor and another ${describe(x)}`);
    }
    if (sameShape(x.shape, shape)) continue;
    throw cannot(what, `samples of shapes ${show(shape)} and ${show(x.shape)} differ`);
  }
  const rows = samples.map(hostValues);
  if (rows.some((row) => !row) || samples.some((x) => x.dtype !== dtype)) return stack(samples);
  const values = rowsOf(rows as ArrayLike<number>[], rows[0]!.length, dtype);
  return hostTensor(values, [samples.length, ...shape], dtype);
}

/** True for typed arrays of numbers, not of bigints. */
export function isNumberArray(x: unknown): x is NumberArray {
  return ArrayBuffer.isView(x) && !(x instanceof DataView) &&
    !(x instanceof BigInt64Array) && !(x instanceof BigUint64Array);
}

/** Refuses what are not places among so many samples. */
export function checkPlaces(indices: ArrayLike<number>, samples: number): void {
  const what = "take samples";
  if (!isNumberArray(indices)) checkList(what, "indices", indices as readonly number[]);
  for (let k = 0; k < indices.length; k++) {
    checkInteger(what, "an index", indices[k], 0, samples - 1);
  }
}

/**
 * The batch of samples, as PyTorch's `default_collate`: tensors are stacked, typed arrays make a real
 * tensor [samples, length], numbers an array, lists and records are taken part by part.
 *
 * @param samples At least one.
 * @throws {ArgandError} if there is none, or they are not alike.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const batch = nn.collate([{ x: Float32Array.of(1, 2), label: 3 }, { x: Float32Array.of(5, 6), label: 0 }]);
 * assertEquals(await batch.x.toArray(), [[1, 2], [5, 6]]);
 * assertEquals(batch.label, [3, 0]);
 * ```
 */
export function collate<S>(samples: readonly S[]): Collated<S> {
  const what = "make a batch of samples";
  if (!Array.isArray(samples) || samples.length === 0) throw cannot(what, "there are none");
  return collated(what, samples) as Collated<S>;
}

/** Parts of samples are no deeper in one another; those that hold themselves are. */
const DEEPEST = 64;

function collated(what: string, samples: readonly unknown[], depth = 0): unknown {
  if (depth > DEEPEST) throw cannot(what, `parts lie deeper than ${DEEPEST} in one another`);
  const [first] = samples;
  if (first instanceof Tensor) return stackTensors(what, samples as Tensor[]);
  if (isNumberArray(first)) {
    for (const row of samples) {
      if (isNumberArray(row) && row.length === first.length) continue;
      const got = isNumberArray(row) ? `${row.length} numbers` : describe(row);
      throw cannot(what, `one has ${first.length} numbers and one ${got}`);
    }
    const dtype = defaultDtype("real");
    const values = rowsOf(samples as NumberArray[], first.length, dtype);
    return hostTensor(values, [samples.length, first.length], dtype);
  }
  if (typeof first !== "object" || first === null || !isPlain(first)) {
    const odd = samples.find((x) => typeof x !== typeof first);
    if (odd !== undefined) throw cannot(what, `one is ${describe(first)} and one ${describe(odd)}`);
    return [...samples];
  }
  const keys = Object.keys(first);
  for (const sample of samples) {
    const alike = typeof sample === "object" && sample !== null &&
      Array.isArray(sample) === Array.isArray(first) &&
      Object.keys(sample).length === keys.length && keys.every((k) => Object.hasOwn(sample, k));
    if (alike) continue;
    throw cannot(what, `one has the parts ${keys} and one is ${describe(sample)} with others`);
  }
  const parts = keys.map((key) => [
    key,
    collated(what, samples.map((s) => (s as Record<string, unknown>)[key]), depth + 1),
  ]);
  return Array.isArray(first) ? parts.map(([, part]) => part) : Object.fromEntries(parts);
}

/** Whether it is a list or a record, and not of a class. */
function isPlain(x: object): boolean {
  return Array.isArray(x) || Object.getPrototypeOf(x) === Object.prototype ||
    Object.getPrototypeOf(x) === null;
}
