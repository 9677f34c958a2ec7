/** Tensors from the arrays in NumPy's files, in 32 bits. */
import { cannot } from "../../gpu/contract/errors.ts";
import { complexTensor, tensor } from "../create/create.ts";
import type { ComplexTensor, RealTensor } from "../tensor/tensor.ts";
import { checkEntry } from "./array.ts";
import type { NpyEntry } from "./npy.ts";

let warned = false;

const isComplex = ({ dtype }: NpyEntry) => dtype.startsWith("complex");

/**
 * The real tensor of an array. float64 is rounded to float32; float32 must hold integers exactly.
 *
 * @throws {ArgandError} if the array is complex or empty, or float32 does not hold an integer exactly.
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
export function tensorFromNpy(entry: NpyEntry): RealTensor {
  const what = "make a tensor";
  checkEntry(what, entry);
  const { dtype, shape, data } = entry;
  if (isComplex(entry)) throw cannot(what, `the array is ${dtype}; see complexTensorFromNpy`);
  if (dtype.startsWith("float")) return tensor(data as Float64Array, shape);
  const values = new Float32Array(data.length);
  for (let k = 0; k < data.length; k++) {
    values[k] = Number(data[k]);
    const kept = typeof data[k] === "bigint" ? BigInt(values[k]) : values[k];
    if (kept !== data[k]) throw cannot(what, `element ${k}, ${data[k]}, has no exact float32`);
  }
  return tensor(values, shape);
}

/**
 * The complex tensor of a complex array. complex128 is rounded to complex64; a warning on the console
 * says so once.
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
export function complexTensorFromNpy(entry: NpyEntry): ComplexTensor {
  checkEntry("make a complex tensor", entry);
  const { dtype, shape, data } = entry;
  if (!isComplex(entry)) {
    throw cannot("make a complex tensor", `the array is ${dtype}; see tensorFromNpy`);
  }
  if (dtype === "complex128" && !warned) {
    warned = true;
    console.warn("complex128 is rounded to complex64: tensors hold 32 bits a part");
  }
  return complexTensor(data as Float64Array, shape);
}
