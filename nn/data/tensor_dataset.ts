/** Data sets that lie in memory: tensors, and labels beside them. */
import { take } from "../../complex/functions/arrange.ts";
import { describe } from "../../complex/lazy/describe.ts";
import type { NpyEntry } from "../../complex/files/npy.ts";
import { complexTensorFromNpy, tensorFromNpy } from "../../complex/files/npy_tensor.ts";
import { parseNpz } from "../../complex/files/npz.ts";
import { hasValues, hostPairs, hostTensor, hostValues } from "../../complex/tensor/host.ts";
import type { Labels } from "../nodes.ts";
import { run } from "../../complex/lazy/realize.ts";
import { checkInteger, checkList, show } from "../../complex/lazy/shape.ts";
import { ComplexTensor, type RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { nameClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { checkWord } from "../checks.ts";
import { checkPlaces, type Dataset } from "./dataset.ts";

/** Rows by their place: those of a tensor's first axis, or labels. */
export type Rows = Tensor | Labels;

/** One row of rows. */
export type Row<R> = R extends RealTensor ? RealTensor
  : R extends ComplexTensor ? ComplexTensor
  : R extends Tensor ? Tensor
  : number;

/** How {@link TensorDataset.fromNpz} takes an array. */
export type NpzKind = "real" | "complex" | "labels";

/** The rows of a kind of array. */
export type NpzRows<K> = K extends "real" ? RealTensor
  : K extends "complex" ? ComplexTensor
  : Int32Array;

const ARRAYS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
];

/** Rows that nobody changes any more: tensors without derivatives, copies of labels. */
function settled<R extends Rows>(what: string, rows: R): R {
  if (rows instanceof Tensor) {
    if (rows.rank === 0) throw cannot(what, "a tensor of shape [] has no rows");
    const host = hostValues(rows) ?? (rows instanceof ComplexTensor ? hostPairs(rows) : null);
    // Not `detach()`: run as a recipe it would lay all of them on the device.
    return (host ? hostTensor(host, rows.shape, rows.dtype) : rows.detach()) as R;
  }
  if (ARRAYS.some((kind) => (rows as unknown) instanceof kind)) {
    return (rows as Int32Array).slice() as R;
  }
  if (Array.isArray(rows) && checkList(what, "labels", rows).every((x) => typeof x === "number")) {
    return [...rows] as unknown as R;
  }
  throw cannot(
    what,
    `it takes tensors and labels (arrays of integers), got ${describe(rows)}; ` +
      "tensor(data, shape) makes a tensor of other arrays",
  );
}

const rowCount = (rows: Rows) => rows instanceof Tensor ? rows.shape[0] : rows.length;

/** One row, of values of the host without the others on the device. */
function rowAt(rows: Tensor, index: number): Tensor {
  const host = hostValues(rows);
  if (!host) return rows.at(index);
  const width = host.length / rows.shape[0];
  const values = host.slice(index * width, (index + 1) * width);
  return hostTensor(values, rows.shape.slice(1), rows.dtype);
}

/** Some rows, in one go: on the host where the values lie there, else on the device. */
function gatherRows(rows: Rows, indices: Uint32Array): Rows {
  if (Array.isArray(rows)) return Array.from(indices, (k) => rows[k]);
  if (!(rows instanceof Tensor)) {
    const all = rows as Int32Array;
    const some = new (all.constructor as Int32ArrayConstructor)(indices.length);
    for (let k = 0; k < indices.length; k++) some[k] = all[indices[k]];
    return some;
  }
  const host = hostValues(rows);
  if (!host) return take(rows, indices);
  const width = host.length / rows.shape[0];
  const values = new (host.constructor as Float32ArrayConstructor)(indices.length * width);
  for (let k = 0; k < indices.length; k++) {
    const from = indices[k] * width;
    values.set(host.subarray(from, from + width), k * width);
  }
  return hostTensor(values, [indices.length, ...rows.shape.slice(1)], rows.dtype);
}

/**
 * Tensors with as many rows each, as PyTorch's `TensorDataset`: sample k is row k of each. Beside
 * tensors it takes labels, arrays of integers, which stay such. Batches are gathered in one go:
 * on the host where a tensor was made from numbers of the host (by `tensor`, `complexTensor`, `complex` of
 * parts, or `reshape` of such), otherwise on the device, where its values are then kept.
 *
 * @throws {ArgandError} if there is none, or they have different numbers of rows.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new nn.TensorDataset(randnComplex([10, 4]), Uint8Array.from({ length: 10 }, (_, k) => k % 3));
 * for await (const [z, labels] of new nn.DataLoader(data, { batchSize: 5, shuffle: true, seed: 1 })) {
 *   assertEquals([z.shape, labels.length], [[5, 4], 5]);
 * }
 * ```
 */
export class TensorDataset<T extends readonly Rows[]>
  implements Dataset<{ -readonly [K in keyof T]: Row<T[K]> }, { -readonly [K in keyof T]: T[K] }> {
  static {
    nameClass(this, "TensorDataset");
  }

  /** The tensors and labels. */
  readonly tensors: T;
  /** The number of samples. */
  readonly length: number;

  /** A data set of the rows of each. */
  constructor(...tensors: T) {
    const what = "make a TensorDataset";
    if (tensors.length === 0) throw cannot(what, "there are no tensors");
    const all = tensors.map((rows) => settled(what, rows));
    const counts = all.map(rowCount);
    if (new Set(counts).size > 1) throw cannot(what, `they have ${counts.join(", ")} rows`);
    if (counts[0] === 0) throw cannot(what, "there are 0 rows; it takes at least one");
    // Else each batch would compute them anew.
    const recipes = all.filter((x) => x instanceof Tensor && !hasValues(x)) as Tensor[];
    if (recipes.length > 0) run(recipes.map((x) => x.node), true);
    this.tensors = all as readonly Rows[] as T;
    this.length = counts[0];
  }

  /** The row of each at a place. */
  get(index: number): { -readonly [K in keyof T]: Row<T[K]> } {
    checkInteger("take a sample", "the index", index, 0, this.length - 1);
    const row = this.tensors.map((rows) =>
      rows instanceof Tensor ? rowAt(rows, index) : rows[index]
    );
    return row as { -readonly [K in keyof T]: Row<T[K]> };
  }

  /** The rows of each at these indices. */
  gather(indices: Uint32Array): { -readonly [K in keyof T]: T[K] } {
    checkPlaces(indices, this.length);
    const some = this.tensors.map((rows) => gatherRows(rows, indices));
    return some as { -readonly [K in keyof T]: T[K] };
  }

  /**
   * The arrays of an .npz file as a data set.
   *
   * @param bytes The file.
   * @param arrays Names of arrays, and what each becomes: a real or a complex tensor, or labels.
   * @throws {ArgandError} if the file is broken, or an array is missing or of another kind.
   *
   * @example
   * ```ts
   * import { formatNpz, nn } from "@argand/argand";
   * import { assertEquals } from "@std/assert";
   *
   * const bytes = formatNpz([
   *   ["field", { dtype: "complex64", shape: [2, 1], data: Float32Array.of(1, 2, 3, 4) }],
   *   ["digit", { dtype: "int64", shape: [2], data: BigInt64Array.of(7n, 1n) }],
   * ]);
   * const data = nn.TensorDataset.fromNpz(bytes, [["field", "complex"], ["digit", "labels"]]);
   * const [z, digit] = data.get(0);
   * assertEquals([await z.toArray(), digit], [[{ re: 1, im: 2 }], 7]);
   * ```
   */
  static fromNpz<const A extends readonly (readonly [name: string, kind: NpzKind])[]>(
    bytes: Uint8Array,
    arrays: A,
  ): TensorDataset<{ -readonly [K in keyof A]: NpzRows<A[K][1]> }> {
    const what = "make a data set of npz data";
    const entries = parseNpz(bytes);
    const rows = checkList(what, "[name, kind] pairs", arrays).map(([name, kind]) => {
      checkWord(what, `the kind of ${name}`, kind, ["real", "complex", "labels"]);
      const entry = entries.get(name);
      if (!entry) {
        throw cannot(
          what,
          `there is no array "${name}"; there are ${[...entries.keys()].join(", ")}`,
        );
      }
      if (kind === "labels") return labelsOf(`${what}: "${name}"`, entry);
      return kind === "real" ? tensorFromNpy(entry) : complexTensorFromNpy(entry);
    });
    return new TensorDataset(...rows) as unknown as TensorDataset<
      { -readonly [K in keyof A]: NpzRows<A[K][1]> }
    >;
  }
}

/** A list of integers. */
function labelsOf(what: string, { dtype, shape, data }: NpyEntry): Int32Array {
  if (shape.length !== 1 || !/^(u?int|bool)/.test(dtype)) {
    throw cannot(what, `labels are one row of integers, and it is ${dtype} ${show(shape)}`);
  }
  return Int32Array.from(data as ArrayLike<number | bigint>, (x, k) => {
    const label = Number(x);
    if (label === label >> 0) return label;
    throw cannot(what, `label ${k}, ${x}, has no place in 32 bits`);
  });
}
