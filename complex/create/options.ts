/** The options of functions that make tensors. */
import type { ComplexDType, RealDType } from "../../gpu/contract/dtype.ts";
import { dtypeFor } from "../lazy/precision.ts";
import type { Shape } from "../lazy/shape.ts";
import { withDefaults } from "../ops/options.ts";

/** Options of functions that make real tensors. */
export interface RealOptions {
  /** The dtype; that of `setDefaultDtype`, if absent, which is float32 unless it was called. */
  readonly dtype?: RealDType;
}

/** Options of functions that make complex tensors. */
export interface ComplexOptions {
  /** The dtype; that of `setDefaultDtype`, if absent, which is complex64 unless it was called. */
  readonly dtype?: ComplexDType;
}

/** The dtype of the real numbers that options ask for. */
export function realDtype(what: string, options?: RealOptions): RealDType {
  const { dtype } = withDefaults<RealOptions>(what, options, { dtype: undefined });
  return dtypeFor(what, "real", dtype);
}

/** The dtype of the complex numbers that options ask for. */
export function complexDtype(what: string, options?: ComplexOptions): ComplexDType {
  const { dtype } = withDefaults<ComplexOptions>(what, options, { dtype: undefined });
  return dtypeFor(what, "complex", dtype);
}

/** A shape and options of which either may be absent. */
export function shapeAndOptions<O extends object>(
  first: Shape | O | undefined,
  second: O | undefined,
): [Shape | undefined, O | undefined] {
  if (second !== undefined || first === undefined || Array.isArray(first)) {
    return [first as Shape | undefined, second];
  }
  const isOptions = typeof first === "object" && first !== null && !ArrayBuffer.isView(first);
  return isOptions ? [undefined, first as O] : [first as unknown as Shape, second];
}

/** Numbers, and options behind them, of which some may be absent. */
export function numbersAndOptions<O extends object>(
  given: readonly (number | O | undefined)[],
): [number[], O | undefined] {
  let last = given.length - 1;
  while (last >= 0 && given[last] === undefined) last--;
  const isOptions = last >= 0 && typeof given[last] === "object" && given[last] !== null;
  const numbers = isOptions ? given.slice(0, last) : given;
  return [numbers as number[], isOptions ? given[last] as O : undefined];
}
