/** The dtype of tensors that are made without one. */
import type { ComplexDType, RealDType } from "../../gpu/contract/dtype.ts";
import { defaultDtype, setDefaultPrecision } from "../lazy/precision.ts";

/**
 * Sets the precision of new tensors and parameters, PyTorch's `set_default_dtype`: after
 * `setDefaultDtype("float64")` real ones are float64 and complex ones complex128. Tensors that exist stay
 * as they are.
 *
 * @param dtype A dtype of the wanted precision; `"float32"` is how a program begins.
 * @throws {ArgandError} if it is not a dtype of real or complex numbers, or the engine in use has none of it.
 *
 * @example
 * ```ts
 * import { gpu, ones, setDefaultDtype } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * await gpu.use("cpu");
 * setDefaultDtype("float64");
 * assertEquals(ones([2]).dtype, "float64");
 * setDefaultDtype("float32");
 * ```
 */
export function setDefaultDtype(dtype: RealDType | ComplexDType): void {
  setDefaultPrecision(dtype);
}

/**
 * The dtype of new real tensors; complex ones have its precision.
 *
 * @example
 * ```ts
 * import { getDefaultDtype } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(getDefaultDtype(), "float32");
 * ```
 */
export function getDefaultDtype(): RealDType {
  return defaultDtype("real");
}
