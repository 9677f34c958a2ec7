/** Tensors from the arrays in NumPy's files. */
import { cannot } from "../../gpu/contract/errors.ts";
import { hostZeros, precisionOf } from "../../gpu/contract/dtype.ts";
import { complexTensor, tensor } from "../create/create.ts";
import {
  complexDtype,
  type ComplexOptions,
  realDtype,
  type RealOptions,
} from "../create/options.ts";
import type { ComplexTensor, RealTensor } from "../tensor/tensor.ts";
import { checkEntry } from "./array.ts";
import type { NpyEntry } from "./npy.ts";

let warned = false;

const isComplex = ({ dtype }: NpyEntry) => dtype.startsWith("complex");

/**
 * The real tensor of an array, float32 unless options or `setDefaultDtype` say otherwise: float64 is
 * rounded to it; it must hold integers exactly.
 *
 * @throws {ArgandError} if the array is complex or empty, or the dtype does not hold an integer exactly.
 *
 * @example
 * ```ts
 * import { tensorFromNpy } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = tensorFromNpy({ dtype: "int64", shape: [2], data: BigInt64Array.of(1n, -2n) });
 * assert((await x.data())[1] === -2);
 * ```
 */
export function tensorFromNpy(entry: NpyEntry, options?: RealOptions): RealTensor {
  const what = "make a tensor";
  const wanted = realDtype(what, options);
  checkEntry(what, entry);
  const { dtype, shape, data } = entry;
  if (isComplex(entry)) throw cannot(what, `the array is ${dtype}; see complexTensorFromNpy`);
  if (dtype.startsWith("float")) return tensor(data as Float64Array, shape, { dtype: wanted });
  const values = hostZeros(wanted, data.length);
  for (let k = 0; k < data.length; k++) {
    values[k] = Number(data[k]);
    const kept = typeof data[k] === "bigint" ? BigInt(values[k]) : values[k];
    if (kept !== data[k]) throw cannot(what, `element ${k}, ${data[k]}, has no exact ${wanted}`);
  }
  return tensor(values, shape, { dtype: wanted });
}

/**
 * The complex tensor of a complex array, complex64 unless options or `setDefaultDtype` say otherwise.
 * Where nothing was asked for and complex128 is rounded, a warning on the console says so once.
 *
 * @throws {ArgandError} if the array is real or empty.
 *
 * @example
 * ```ts
 * import { complexTensorFromNpy } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const entry = { dtype: "complex64", shape: [1, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
 * assert((await complexTensorFromNpy(entry).sum().item()).im === 6);
 * ```
 */
export function complexTensorFromNpy(
  entry: NpyEntry,
  options?: ComplexOptions,
): ComplexTensor {
  const wanted = complexDtype("make a complex tensor", options);
  checkEntry("make a complex tensor", entry);
  const { dtype, shape, data } = entry;
  if (!isComplex(entry)) {
    throw cannot("make a complex tensor", `the array is ${dtype}; see tensorFromNpy`);
  }
  const rounded = data instanceof Float64Array && precisionOf(wanted) === "single";
  if (rounded && options?.dtype === undefined && !warned) {
    warned = true;
    console.warn(`${dtype} is rounded to ${wanted}: give { dtype: "${dtype}" } to keep its digits`);
  }
  return complexTensor(data as Float64Array, shape, { dtype: wanted });
}
