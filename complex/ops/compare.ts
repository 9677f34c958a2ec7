/** Comparisons, which give 1 or 0, and the selection between two tensors. */
import * as fn from "../../gpu/functions/mod.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import {
  inexact,
  isInteger,
  kindOf,
  type Precision,
  precisionOf,
} from "../../gpu/contract/dtype.ts";
import type { Node } from "../lazy/graph.ts";
import { broadcastShapes } from "../lazy/shape.ts";
import { applyMap, cast, fillLike, mapPrimitive, matched } from "./arithmetic.ts";
import { broadcast, expand } from "./views.ts";

function comparison(fn: MapFunction): (a: Node, b: Node) => Node {
  const primitive = mapPrimitive(fn);
  return (a, b) => applyMap(primitive, ...matched("compare", a, b));
}

/** a < b */
export const less: (a: Node, b: Node) => Node = comparison(fn.less);
/** a ≤ b */
export const lessEqual: (a: Node, b: Node) => Node = comparison(fn.lessEqual);
/** a > b */
export const greater: (a: Node, b: Node) => Node = comparison(fn.greater);
/** a ≥ b */
export const greaterEqual: (a: Node, b: Node) => Node = comparison(fn.greaterEqual);

const EQUAL = {
  real: mapPrimitive(fn.equalReal),
  complex: mapPrimitive(fn.equalComplex),
  integer: mapPrimitive(fn.equalIndex),
};
const NOT_EQUAL = {
  real: mapPrimitive(fn.notEqualReal),
  complex: mapPrimitive(fn.notEqualComplex),
};

/** a = b, for reals, complex numbers (both parts) or indices. */
export function equal(a: Node, b: Node): Node {
  const [x, y] = isInteger(a.dtype) ? broadcast("compare", a, b) : matched("compare", a, b);
  return applyMap(EQUAL[kindOf(x.dtype)], x, y);
}

/** a ≠ b */
export function notEqual(a: Node, b: Node): Node {
  const [x, y] = matched("compare", a, b);
  return applyMap(NOT_EQUAL[kindOf(inexact(x.dtype))], x, y);
}

const whereVjp = (call: Node, [g]: readonly (Node | null)[]) => {
  const [condition] = call.inputs;
  const zero = fillLike(g!, 0);
  return [null, where(condition, g!, zero), where(condition, zero, g!)];
};
const WHERE = {
  real: mapPrimitive(fn.whereReal, whereVjp),
  complex: mapPrimitive(fn.whereComplex, whereVjp),
};

/**
 * The condition in the precision of the result, in whose dtype it has no part: compared first, since
 * numbers of double precision may round to 0.
 */
function maskIn(condition: Node, precision: Precision): Node {
  if (precisionOf(condition.dtype) === precision) return condition;
  return cast(notEqual(condition, fillLike(condition, 0)), precision);
}

/** a where the condition is not 0, else b. */
export function where(condition: Node, a: Node, b: Node): Node {
  const [x, y] = matched("choose", a, b);
  const shape = broadcastShapes("choose", condition.shape, x.shape);
  const primitive = WHERE[kindOf(inexact(x.dtype))];
  const mask = maskIn(condition, precisionOf(x.dtype));
  return applyMap(primitive, expand(mask, shape), expand(x, shape), expand(y, shape));
}
