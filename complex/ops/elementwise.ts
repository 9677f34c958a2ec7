/** Elementwise functions with their derivatives. A holomorphic f passes g back as g · conj(f′(z)). */
import * as fn from "../../gpu/functions/mod.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import {
  inexact,
  isComplex,
  kindOf,
  type Precision,
  precisionOf,
} from "../../gpu/contract/dtype.ts";
import type { Node } from "../lazy/graph.ts";
import {
  add,
  applyMap,
  chain,
  complex,
  conj,
  fill,
  fillLike,
  imag,
  mapPrimitive,
  matched,
  mul,
  neg,
  real,
  scale,
  sub,
  toComplex,
} from "./arithmetic.ts";
import { equal, greater, less, where } from "./compare.ts";

/** A function of one variable in real and complex form; `slope` is f′ from input and result. */
function holomorphic(
  realFn: MapFunction,
  complexFn: MapFunction,
  slope: (x: Node, y: Node) => Node,
): (x: Node) => Node {
  const vjp = (call: Node, [g]: readonly (Node | null)[]) => [
    chain(conj(slope(call.inputs[0], call)), g!),
  ];
  const forms = { real: mapPrimitive(realFn, vjp), complex: mapPrimitive(complexFn, vjp) };
  return (x) => applyMap(forms[kindOf(inexact(x.dtype))], x);
}

const one = (x: Node) => fillLike(x, 1);

/** x² */
export const square: (x: Node) => Node = holomorphic(
  fn.squareReal,
  fn.squareComplex,
  (x) => scale(x, 2),
);
/** 1 / x */
export const reciprocal: (x: Node) => Node = holomorphic(
  fn.reciprocalReal,
  fn.reciprocalComplex,
  (_, y) => neg(square(y)),
);
/** eˣ */
export const exp: (x: Node) => Node = holomorphic(
  fn.expReal,
  fn.expComplex,
  (_, y) => y,
);
/** The natural logarithm, with its branch cut along the negative real axis. */
export const log: (x: Node) => Node = holomorphic(
  fn.logReal,
  fn.logComplex,
  (x) => reciprocal(x),
);
/** The square root with non-negative real part. */
export const sqrt: (x: Node) => Node = holomorphic(
  fn.sqrtReal,
  fn.sqrtComplex,
  (_, y) => scale(reciprocal(y), 0.5),
);
/** sin x */
export const sin: (x: Node) => Node = holomorphic(
  fn.sinReal,
  fn.sinComplex,
  (x) => cos(x),
);
/** cos x */
export const cos: (x: Node) => Node = holomorphic(
  fn.cosReal,
  fn.cosComplex,
  (x) => neg(sin(x)),
);
/** 1 / cosh² x */
const sechSquared: (x: Node) => Node = holomorphic(
  fn.sechSquaredReal,
  fn.sechSquaredComplex,
  (x, y) => mul(scale(tanh(x), -2), y),
);
/** tan x */
export const tan: (x: Node) => Node = holomorphic(
  fn.tanReal,
  fn.tanComplex,
  // 1/cos² z = 1/cosh² iz; 1 + tan² z would cancel far from the real axis.
  (x, y) =>
    isComplex(x.dtype) ? sechSquared(complex(neg(imag(x)), real(x))) : add(one(y), square(y)),
);
/** sinh x */
export const sinh: (x: Node) => Node = holomorphic(
  fn.sinhReal,
  fn.sinhComplex,
  (x) => cosh(x),
);
/** cosh x */
export const cosh: (x: Node) => Node = holomorphic(
  fn.coshReal,
  fn.coshComplex,
  (x) => sinh(x),
);
/** tanh x */
export const tanh: (x: Node) => Node = holomorphic(
  fn.tanhReal,
  fn.tanhComplex,
  (x) => sechSquared(x),
);

// The slope from x: y(1 − y) has no digits where y rounds to 1.
const SIGMOID = mapPrimitive(fn.sigmoid, ({ inputs: [x] }, [g]) => [
  chain(scale(sechSquared(scale(x, 0.5)), 0.25), g!),
]);

/** 1 / (1 + e⁻ˣ) for real x. */
export function sigmoid(x: Node): Node {
  return applyMap(SIGMOID, x);
}

const EXPM1 = mapPrimitive(fn.expm1, ({ inputs: [x] }, [g]) => [chain(exp(x), g!)]);

/** eˣ − 1 for real x, accurate near 0. */
export function expm1(x: Node): Node {
  return applyMap(EXPM1, x);
}

const ERF = mapPrimitive(fn.erf, ({ inputs: [x] }, [g]) => [
  chain(scale(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)), g!),
]);

/** erf x for real x. */
export function erf(x: Node): Node {
  return applyMap(ERF, x);
}

const SIGN = mapPrimitive(fn.sign);
const SGN = mapPrimitive(fn.sgn, (y, [g]) => {
  // Only the part of g across z changes its direction: i s Im(conj(s) g) / |z|.
  const across = imag(mul(conj(y), g!));
  return [mul(mul(complex(fill(y.shape, 0), across), y), inverseAbs(y.inputs[0]))];
});

/** z / |z|, and 0 at 0; for real x its sign. */
export function sgn(x: Node): Node {
  return applyMap(isComplex(x.dtype) ? SGN : SIGN, x);
}

const ABS_REAL = mapPrimitive(fn.absReal, (y, [g]) => [mul(g!, sgn(y.inputs[0]))]);
const ABS = mapPrimitive(fn.absComplex, (y, [g]) => [mul(g!, sgn(y.inputs[0]))]);

/** |x|; its derivative at 0 is 0. */
export function abs(x: Node): Node {
  return applyMap(isComplex(x.dtype) ? ABS : ABS_REAL, x);
}

/** The smallest normal number: below it 1/x may overflow, and adapters may flush x to 0. */
const SMALLEST: Readonly<Record<Precision, number>> = { single: 2 ** -126, double: 2 ** -1022 };

/** 1/|z|, and 0 where that may overflow (at 0, for one). */
function inverseAbs(z: Node): Node {
  const r = abs(z);
  const tiny = less(r, fill(r.shape, SMALLEST[precisionOf(r.dtype)]));
  return where(tiny, fillLike(r, 0), reciprocal(where(tiny, one(r), r)));
}

const ABS_SQUARED = mapPrimitive(
  fn.absSquared,
  (y, [g]) => [mul(scale(g!, 2), y.inputs[0])],
);

/** |x|² */
export function absSquared(x: Node): Node {
  return isComplex(x.dtype) ? applyMap(ABS_SQUARED, x) : square(x);
}

const INVERSE_OR_ZERO = mapPrimitive(fn.inverseOrZero, (y, [g]) => [
  mul(g!, conj(neg(square(y)))),
]);

const ANGLE = mapPrimitive(fn.angle, (y, [g]) => [
  mul(complex(fill(y.shape, 0), g!), conj(applyMap(INVERSE_OR_ZERO, y.inputs[0]))),
]);

/** 0 or π, whose derivatives are 0 of any order. */
const ANGLE_OF_REAL = mapPrimitive(fn.angle, (y) => [fillLike(y.inputs[0], 0)]);

/** The phase in [−π, π], with signed zeros as C's atan2. */
export function angle(x: Node): Node {
  return applyMap(isComplex(x.dtype) ? ANGLE : ANGLE_OF_REAL, toComplex(x));
}

const POLAR = mapPrimitive(fn.polar, (z, [g]) => {
  const [r, phi] = z.inputs;
  const along = mul(g!, conj(applyMap(POLAR, fillLike(phi, 1), phi)));
  return [real(along), mul(imag(along), r)];
});

/** r·e^{iφ} */
export function polar(r: Node, phi: Node): Node {
  return applyMap(POLAR, ...matched("make polar numbers", r, phi));
}

const powVjp = (y: Node, [g]: readonly (Node | null)[]) => {
  const [a, b] = y.inputs;
  const zero = fillLike(a, 0);
  const form = isComplex(a.dtype) ? POW_COMPLEX : POW_REAL;
  let ga: Node | null = null;
  let gb: Node | null = null;
  if (a.tracked) {
    const slope = mul(b, applyMap(form, a, sub(b, one(b))));
    ga = chain(conj(where(equal(b, zero), zero, slope)), g!);
  }
  if (b.tracked) {
    const safe = where(equal(a, zero), one(a), a);
    gb = chain(conj(where(equal(a, zero), zero, mul(y, log(safe)))), g!);
  }
  return [ga, gb];
};
const POW_REAL = mapPrimitive(fn.powReal, powVjp);
const POW_COMPLEX = mapPrimitive(fn.powComplex, powVjp);

/** a to the power b, the principal value. */
export function pow(a: Node, b: Node): Node {
  const [x, y] = matched("raise to a power", a, b);
  return applyMap(isComplex(x.dtype) ? POW_COMPLEX : POW_REAL, x, y);
}

const OVER_SQUARES = mapPrimitive(fn.overSquares, (call, [g]) => {
  const [x, y] = call.inputs;
  const beside = applyMap(OVER_SQUARES, y, x);
  return [
    mul(g!, sub(square(beside), square(call))),
    scale(mul(g!, mul(call, beside)), -2),
  ];
});

const ATAN2 = mapPrimitive(fn.atan2, (call, [g]) => {
  const [y, x] = call.inputs;
  return [mul(g!, applyMap(OVER_SQUARES, x, y)), neg(mul(g!, applyMap(OVER_SQUARES, y, x)))];
});

/** The angle of the point (x, y). */
export function atan2(y: Node, x: Node): Node {
  return applyMap(ATAN2, ...matched("take atan2", y, x));
}

/** The gradient of the larger (or smaller) of two numbers, shared where they are equal. */
function share(wins: (a: Node, b: Node) => Node) {
  return (call: Node, [g]: readonly (Node | null)[]) => {
    const [a, b] = call.inputs;
    const half = scale(equal(a, b), 0.5);
    return [mul(g!, add(wins(a, b), half)), mul(g!, add(wins(b, a), half))];
  };
}
const MAXIMUM = mapPrimitive(fn.maximum, share(greater));
const MINIMUM = mapPrimitive(fn.minimum, share((a, b) => greater(b, a)));

/** The larger of two reals. */
export function maximum(a: Node, b: Node): Node {
  return applyMap(MAXIMUM, ...matched("take the maximum", a, b));
}

/** The smaller of two reals. */
export function minimum(a: Node, b: Node): Node {
  return applyMap(MINIMUM, ...matched("take the minimum", a, b));
}

const gateVjp = (call: Node, [g]: readonly (Node | null)[]) => [
  reluGate(g!, call.inputs[1]),
  null,
];
const GATE_REAL = mapPrimitive(fn.reluGateReal, gateVjp);
const GATE_COMPLEX = mapPrimitive(fn.reluGateComplex, gateVjp);

/** g where x > 0, else 0; separately for real and imaginary part. */
function reluGate(g: Node, x: Node): Node {
  return applyMap(isComplex(x.dtype) ? GATE_COMPLEX : GATE_REAL, g, x);
}

/** Uses the result, which is positive where the input is, so that the input need not be kept. */
const reluVjp = (call: Node, [g]: readonly (Node | null)[]) => [reluGate(g!, call)];
const RELU_REAL = mapPrimitive(fn.reluReal, reluVjp);
const RELU_COMPLEX = mapPrimitive(fn.reluComplex, reluVjp);

/** max(x, 0); of a complex x separately for real and imaginary part. */
export function relu(x: Node): Node {
  return applyMap(isComplex(x.dtype) ? RELU_COMPLEX : RELU_REAL, x);
}
