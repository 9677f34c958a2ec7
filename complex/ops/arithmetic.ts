/** Constants, field arithmetic, and the real and imaginary parts of complex numbers. */
import * as fn from "../../gpu/functions/mod.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import {
  dtypeOf,
  inexact,
  type InexactDType,
  isComplex,
  isInteger,
  kindOf,
  type Precision,
  precisionOf,
  wordsOf,
} from "../../gpu/contract/dtype.ts";
import { Node, type Primitive, type Vjp } from "../lazy/graph.ts";
import type { Shape } from "../lazy/shape.ts";
import { broadcast } from "./views.ts";

/** A primitive of one elementwise function. */
export function mapPrimitive(fn: MapFunction, vjp?: Vjp, cheap = false): Primitive {
  return { name: fn.name, lowering: { kind: "map", fn, cheap }, vjp };
}

/** Applies it to nodes of one shape; those in single precision are taken to that of the others. */
export function applyMap(primitive: Primitive, ...inputs: Node[]): Node {
  let precision = precisionOf(inputs[0].dtype), mixed = false;
  for (let k = 1; k < inputs.length; k++) {
    if (inputs[k].dtype === inputs[0].dtype || precisionOf(inputs[k].dtype) === precision) continue;
    precision = "double";
    mixed = true;
  }
  return applyIn(precision, primitive, mixed ? inputs.map((x) => cast(x, precision)) : inputs);
}

/** Applies it to nodes of one shape; the precision of the result is given. */
export function applyIn(precision: Precision, primitive: Primitive, inputs: Node[]): Node {
  const { lowering } = primitive;
  if (lowering.kind !== "map") throw new Error(`${primitive.name} is not elementwise`);
  const dtype = dtypeOf(lowering.fn.output, precision);
  return new Node(primitive, inputs, [{ shape: inputs[0].shape, dtype }]);
}

/** `saved` is the number before it was rounded, null where it was given in the precision of the node. */
const FILL: Primitive<null, readonly [number, number] | null> = {
  name: "fill",
  lowering: { kind: "fill" },
};

/**
 * The same number everywhere, in single precision; beside a tensor in double precision it is taken
 * unrounded. Its value is not part of the schedule's structure.
 */
export function fill(shape: Shape, re: number, im?: number): Node {
  const dtype = im === undefined ? "float32" : "complex64";
  return filled(shape, dtype, re, im ?? 0, [re, im ?? 0]);
}

/** The same number everywhere as a tensor of that dtype, rounded to it. */
export function full(shape: Shape, dtype: InexactDType, re: number, im = 0): Node {
  return filled(shape, dtype, re, im, null);
}

function filled(
  shape: Shape,
  dtype: InexactDType,
  re: number,
  im: number,
  exact: readonly [number, number] | null,
): Node {
  const precision = precisionOf(dtype);
  const words = wordsOf(re, precision);
  if (isComplex(dtype)) words.push(...wordsOf(im, precision));
  return new Node(FILL, [], [{ shape, dtype }], null, words, undefined, exact);
}

/** The number of a constant which has not been rounded. */
function exactOf(x: Node): readonly [number, number] | null {
  if (x.primitive !== FILL || x.stored !== null) return null;
  return x.saved as readonly [number, number] | null;
}

/** The same index word everywhere. */
export function fillIndex(shape: Shape, word: number): Node {
  return new Node(FILL, [], [{ shape, dtype: "uint32" }], null, [word >>> 0]);
}

/** A number everywhere, with the dtype and shape of x. */
export function fillLike(x: Node, value: number): Node {
  return isInteger(x.dtype) ? fillIndex(x.shape, value) : full(x.shape, inexact(x.dtype), value);
}

const castVjp: Vjp = ({ inputs: [x] }, [g]) => [cast(g!, precisionOf(x.dtype))];
const CAST = {
  real: castPrimitive(fn.castReal),
  complex: castPrimitive(fn.castComplex),
};

/** Stored, so that the kernels around it compute in one precision. */
function castPrimitive(fn: MapFunction): Primitive {
  return { name: fn.name, lowering: { kind: "map", fn, loops: true }, vjp: castVjp };
}

/** The same numbers in another precision; indices have none. */
export function cast(x: Node, precision: Precision): Node {
  if (isInteger(x.dtype) || precisionOf(x.dtype) === precision) return x;
  const kind = kindOf(inexact(x.dtype));
  const exact = exactOf(x);
  if (exact) return filled(x.shape, dtypeOf(kind, precision), ...exact, exact);
  return applyIn(precision, CAST[kind], [x]);
}

const TO_COMPLEX = mapPrimitive(fn.toComplex, (_, [g]) => [real(g!)], true);
const REAL = mapPrimitive(fn.real, (_, [g]) => [toComplex(g!)], true);
const IMAG = mapPrimitive(
  fn.imag,
  (_, [g]) => [complex(fillLike(g!, 0), g!)],
  true,
);
const COMPLEX = mapPrimitive(fn.complex, (_, [g]) => [real(g!), imag(g!)], true);
const CONJ = mapPrimitive(fn.conj, (_, [g]) => [conj(g!)], true);

/** x + 0i; a complex x is returned as it is. */
export function toComplex(x: Node): Node {
  return isComplex(x.dtype) ? x : applyMap(TO_COMPLEX, x);
}

/** Re z; a real z is returned as it is. */
export function real(z: Node): Node {
  if (!isComplex(z.dtype)) return z;
  if (z.primitive === COMPLEX || z.primitive === TO_COMPLEX) {
    return z.inputs[0] ?? applyMap(REAL, z);
  }
  return applyMap(REAL, z);
}

/** Im z. */
export function imag(z: Node): Node {
  if (!isComplex(z.dtype)) return fillLike(z, 0);
  if (z.primitive === COMPLEX && z.inputs.length === 2) return z.inputs[1];
  return applyMap(IMAG, z);
}

/** re + i·im; given the two parts of one tensor, that tensor itself. */
export function complex(re: Node, im: Node): Node {
  if (re.primitive === REAL && im.primitive === IMAG && re.inputs[0] === im.inputs[0]) {
    if (re.inputs.length > 0) return re.inputs[0];
  }
  const [x, y] = promoted([re, im]);
  return applyMap(COMPLEX, ...broadcast("make a complex tensor", x, y));
}

/** The complex conjugate; a real z is returned as it is. */
export function conj(z: Node): Node {
  if (!isComplex(z.dtype)) return z;
  if (isConj(z)) return z.inputs[0];
  return applyMap(CONJ, z);
}

/** True where z is the conjugate of its input. */
export function isConj(z: Node): boolean {
  return z.primitive === CONJ && !z.stored;
}

/** A constant without axes takes the shape of the tensor beside it at once. */
function filling(number: Node, beside: Node): Node {
  const plain = number.primitive === FILL && number.stored === null && number.shape.length === 0;
  if (!plain || beside.shape.length === 0) return number;
  return new Node(
    FILL,
    [],
    [{ shape: beside.shape, dtype: number.dtype }],
    null,
    number.params,
    undefined,
    number.saved as readonly [number, number] | null,
  );
}

/** Both with one dtype (complex if either is, double if either is) and broadcast to one shape. */
export function matched(what: string, a: Node, b: Node): [Node, Node] {
  let [x, y] = [filling(a, b), filling(b, a)];
  if (x.dtype !== y.dtype) [x, y] = promoted([x, y]);
  return broadcast(what, x, y);
}

/** All with one dtype: complex if one of them is, in double precision if one of them is. */
export function promoted<const L extends readonly Node[]>(
  list: L,
): { -readonly [K in keyof L]: Node } {
  const complex = list.some(({ dtype }) => isComplex(dtype));
  const double = list.some(({ dtype }) => precisionOf(dtype) === "double");
  const made = list.map((x) => {
    const precise = double ? cast(x, "double") : x; // first, for constants have more digits
    return complex ? toComplex(precise) : precise;
  });
  return made as { -readonly [K in keyof L]: Node };
}

/** An operation with a real and a complex form, on matched operands. */
function binary(
  what: string,
  realFn: MapFunction,
  complexFn: MapFunction,
  vjp: Vjp,
): (a: Node, b: Node) => Node {
  const forms = { real: mapPrimitive(realFn, vjp), complex: mapPrimitive(complexFn, vjp) };
  return (a, b) => {
    const [x, y] = matched(what, a, b);
    return applyMap(forms[kindOf(inexact(x.dtype))], x, y);
  };
}

const NEG_REAL = mapPrimitive(fn.negReal, (_, [g]) => [neg(g!)], true);
const NEG_COMPLEX = mapPrimitive(fn.negComplex, (_, [g]) => [neg(g!)], true);

/** −x */
export function neg(x: Node): Node {
  return applyMap(isComplex(x.dtype) ? NEG_COMPLEX : NEG_REAL, x);
}

/** a + b */
export const add: (a: Node, b: Node) => Node = binary(
  "add",
  fn.addReal,
  fn.addComplex,
  (_, [g]) => [g, g],
);

/** a − b */
export const sub: (a: Node, b: Node) => Node = binary(
  "subtract",
  fn.subReal,
  fn.subComplex,
  (_, [g]) => [g, neg(g!)],
);

/** a · b */
export const mul: (a: Node, b: Node) => Node = binary(
  "multiply",
  fn.mulReal,
  fn.mulComplex,
  ({ inputs: [a, b] }, [g]) => [
    a.tracked ? chain(conj(b), g!) : null,
    b.tracked ? chain(conj(a), g!) : null,
  ],
);

/**
 * slope · g, but 0 where g is 0: what doesn't matter (the branch not taken of `where`) has no
 * derivative, even where the slope is infinite or NaN.
 */
export const chain: (slope: Node, g: Node) => Node = binary(
  "multiply",
  fn.timesReal,
  fn.timesComplex,
  ({ inputs: [slope, g] }, [h]) => [
    slope.tracked ? chain(h!, conj(g)) : null,
    g.tracked ? chain(conj(slope), h!) : null,
  ],
);

/** a / b */
export const div: (a: Node, b: Node) => Node = binary(
  "divide",
  fn.divReal,
  fn.divComplex,
  (call, [g]) => {
    const [a, b] = call.inputs;
    const ga = over(g!, conj(b));
    return [a.tracked ? ga : null, b.tracked ? neg(chain(conj(call), ga)) : null];
  },
);

/** g / b, but 0 where g is 0, as {@link chain}. */
const over: (g: Node, b: Node) => Node = binary(
  "divide",
  fn.overReal,
  fn.overComplex,
  (call, [h]) => {
    const [g, b] = call.inputs;
    const hb = over(h!, conj(b));
    return [g.tracked ? hb : null, b.tracked ? neg(chain(hb, conj(call))) : null];
  },
);

/** c · x for a real number c. */
export function scale(x: Node, c: number): Node {
  return mul(x, fill(x.shape, c));
}
