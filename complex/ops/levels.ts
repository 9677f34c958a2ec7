/**
 * Derivatives of vectors that belong to equal or nearly equal values, a level. A function F of matrices
 * that does not depend on the choice of vectors within a level does not change when they turn there:
 * the numerator x of its derivative, which the difference y of the values divides, is 0 where y is. Their
 * quotient has no digits there.
 *
 * - Where the values have no part in x, it is 0 all over the level: what is left is rounding.
 * - Otherwise x = y·G for all values. When these grow by t·c, the derivatives tell G = (ẋ − y·Ġ) / ẏ with
 *   Ġ = ẍ / 2ẏ; the small y·Ġ counts for second derivatives alone.
 * - An x that is not 0 there belongs to a function that depends on the choice: NaN.
 */
import { type Precision, precisionOf } from "../../gpu/contract/dtype.ts";
import { Node, type Primitive } from "../lazy/graph.ts";
import { add, chain, conj, fill, fillLike, mul, real, scale, sub } from "./arithmetic.ts";
import { equal, greater, lessEqual, where } from "./compare.ts";
import { abs, reciprocal } from "./elementwise.ts";
import { max } from "./reduce.ts";
import { detach } from "./views.ts";

/** Differences of values, relative to the largest value, and the rounding of numerators. */
interface Bounds {
  /** Closer ones may be a level. */
  readonly close: number;
  /** Closer ones don't tell the vectors apart well enough for functions that depend on the choice. */
  readonly apart: number;
  /** Closer ones have too few digits to divide by. */
  readonly fine: number;
  /** Numerators are rounded so much, relative to the gradients that they are sums of. */
  readonly noise: number;
}

const BOUNDS: Readonly<Record<Precision, Bounds>> = {
  single: { close: 2 ** -7, apart: 2 ** -12, fine: 2 ** -13, noise: 2 ** -18 },
  double: { close: 2 ** -16, apart: 2 ** -26, fine: 2 ** -27, noise: 2 ** -46 },
};

/** What turns two vectors into one another: a quotient, as nodes of one shape. */
export interface Turn {
  /** By how much F changes. */
  readonly x: Node;
  /** The difference of the values. */
  readonly y: Node;
}

/** The gradients of the factors, values first. */
export type Gradients = readonly (Node | null | undefined)[];

/** A turn when the values grow. */
export interface Moved {
  /** Its first derivative. */
  readonly first: Turn;
  /** ẍ: null where it is not known, "none" where it is 0. */
  second(): Node | "none" | null;
}

/** A turn when the values grow, given how to make one of the gradients' derivatives; null is one that stays. */
export function movedBy(
  growth: { readonly first: Gradients | null; readonly second: Gradients | null },
  turnOf: (gradients: Gradients) => Turn | null,
): Moved | "none" | null {
  const first = growth.first && (turnOf(growth.first) ?? "none");
  if (first === null || first === "none") return first;
  return {
    first,
    second: () => growth.second && (turnOf(growth.second)?.x ?? "none"),
  };
}

/** ẋ / ẏ with the derivative of (ẋ − y·Ġ) / ẏ at y = 0; y is an input for that alone. */
const LIMIT: Primitive<null, Moved> = {
  name: "limit",
  lowering: { kind: "view", alias: true, source: (at) => ({ at }) },
  vjp({ saved: { first, second } }, [g]) {
    const x = second();
    if (x === "none") return [g, null];
    const rate = x && scale(quotient({ x: quotient({ x, y: first.y }), y: first.y }), -0.5);
    return [g, real(chain(rate ? conj(rate) : fillLike(g!, NaN), g!))];
  },
};

/** x / y, and 1 in place of a zero y. */
function quotient({ x, y }: Turn): Node {
  return mul(x, reciprocal(where(equal(y, fill(y.shape, 0)), fill(y.shape, 1), y)));
}

/**
 * x / y, and within a level G or NaN. `largest` is the largest value, `size` that of the gradients
 * in x; `moved` is "none" where x stays when the values grow, null where it is not known.
 */
export function slopeOf(
  turn: Turn,
  largest: Node,
  size: Node,
  moved: Moved | "none" | null,
): Node {
  const [x, y] = [abs(detach(turn.x)), abs(detach(turn.y))];
  const beyond = (fraction: number) => greater(y, scale(detach(largest), fraction));
  const { close, apart: different, fine, noise } = BOUNDS[precisionOf(turn.y.dtype)];
  const found = quotient(turn);
  const apart = where(beyond(different), found, fillLike(found, NaN));
  if (moved === null) return apart;
  const rounding = scale(detach(size), noise);
  if (moved === "none") {
    const near = where(lessEqual(x, rounding), fillLike(found, 0), apart);
    return where(beyond(close), found, near);
  }
  const g = quotient(moved.first);
  const most = max(abs(detach(g)), [-2, -1], true);
  const { shape, dtype } = g;
  const limit = new Node(LIMIT, [g, turn.y], [{ shape, dtype }], null, null, undefined, moved);
  // Values that are far from one another may be equal by what the function makes of them: then x is
  // rounding, which ẋ / ẏ explains as well.
  const vague = greater(scale(rounding, 2 ** -5), scale(mul(y, most), 2 * fine));
  const off = abs(sub(detach(turn.x), mul(detach(turn.y), detach(g))));
  const equalled = mul(vague, lessEqual(off, scale(rounding, 2 ** -4)));
  const level = where(mul(beyond(fine), sub(fillLike(vague, 1), equalled)), found, limit);
  return where(lessEqual(x, add(rounding, scale(mul(y, most), 2))), level, apart);
}
