/** Tensors from numbers, arrays and formulas. Data are copied at the call. */
import { cannot } from "../../gpu/contract/errors.ts";
import { hostZeros, precisionOf, type RealDType, realOf } from "../../gpu/contract/dtype.ts";
import { describe } from "../lazy/describe.ts";
import { copied, hostNode, type Node } from "../lazy/graph.ts";
import { type Complex, flatten, isComplexNumber, type NestedData } from "../tensor/nested.ts";
import * as arithmetic from "../ops/arithmetic.ts";
import { checkBindable } from "../ops/bindable.ts";
import * as functions from "../ops/elementwise.ts";
import { withDefaults } from "../ops/options.ts";
import { State } from "../lazy/state.ts";
import {
  complexDtype,
  type ComplexOptions,
  numbersAndOptions,
  realDtype,
  type RealOptions,
  shapeAndOptions,
} from "./options.ts";
import {
  checkReal,
  checkTensor,
  type ComplexTensor,
  type RealTensor,
  Tensor,
  wrapComplex,
  wrapReal,
  wrapState,
} from "../tensor/tensor.ts";
import {
  checkInteger,
  checkList,
  checkNumber,
  checkShape,
  type Shape,
  show,
  sizeOf,
} from "../lazy/shape.ts";

/** The most values that are made on the host. */
const MOST_VALUES = 2 ** 30;

/** Flat or nested numbers. */
export type RealData = NestedData<number> | ArrayLike<number>;

/** Interleaved or nested complex numbers. */
export type ComplexData = NestedData<Complex> | ArrayLike<number>;

function shaped(what: string, shape: Shape | undefined, own: Shape, size: number): Shape {
  if (shape === undefined) {
    checkShape(what, own);
    return own;
  }
  checkShape(what, shape);
  if (sizeOf(shape) !== size) {
    throw cannot(what, `${size} values do not fill the shape ${show(shape)}`);
  }
  return [...shape];
}

/** The real tensor of value(0), value(1), …, made when it is first used. */
export function line(count: number, dtype: RealDType, value: (k: number) => number): RealTensor {
  const make = () => {
    const values = hostZeros(dtype, count);
    for (let k = 0; k < count; k++) values[k] = value(k);
    return values;
  };
  return wrapReal(hostNode(make, [count], dtype));
}

/** True for typed arrays of numbers (not of bigints). */
function isTypedArray(x: unknown): x is Float32Array {
  return ArrayBuffer.isView(x) && !(x instanceof DataView) &&
    !(x instanceof BigInt64Array) && !(x instanceof BigUint64Array);
}

function realValues(
  what: string,
  data: RealData,
): { shape: number[]; values: ArrayLike<number> } {
  if (typeof data === "number") return { shape: [], values: [data] };
  if (isTypedArray(data)) return { shape: [data.length], values: data };
  const { shape, flat } = flatten(what, data);
  for (const x of flat) {
    if (typeof x !== "number") throw cannot(what, `an entry is ${describe(x)} and not a number`);
  }
  return { shape, values: flat as number[] };
}

/**
 * A real tensor from a number, nested arrays or a typed array, which are copied. Values are rounded to
 * the dtype, which does not depend on the kind of array: to float32, unless options or `setDefaultDtype`
 * say otherwise; as in NumPy and PyTorch, those beyond ±3.4·10³⁸ become infinite there.
 *
 * @param data The values.
 * @param shape The shape; that of the nested arrays, if absent.
 * @param options The `dtype`; the default one, if absent.
 * @throws {ArgandError} if the arrays are ragged, empty, or do not fill the shape.
 *
 * @example
 * ```ts
 * import { tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * assert(await x.sum().item() === 21);
 * ```
 */
export function tensor(data: RealData, options?: RealOptions): RealTensor;
/**
 * A real tensor of that shape.
 *
 * @example
 * ```ts
 * import { tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tensor([1, 2, 3, 4], [2, 2], { dtype: "float32" }).shape, [2, 2]);
 * ```
 */
export function tensor(data: RealData, shape?: Shape, options?: RealOptions): RealTensor;
export function tensor(
  data: RealData,
  given?: Shape | RealOptions,
  options?: RealOptions,
): RealTensor {
  const what = "make a tensor";
  const [shape, rest] = shapeAndOptions(given, options);
  const dtype = realDtype(what, rest);
  const { shape: own, values } = realValues(what, data);
  return wrapReal(copied(values, shaped(what, shape, own, values.length), dtype));
}

/** The real or imaginary part of a complex tensor: a number, nested arrays, or a real tensor. */
export type PartData = RealTensor | RealData;

/**
 * The node of a part. Where no dtype is asked for, arrays of the host take the default one, and so does
 * a number, unless the other part has more digits.
 */
function partNode(what: string, x: PartData, dtype?: RealDType): Node {
  const single = precisionOf(realDtype(what)) === "single";
  if (typeof x === "number" && dtype === undefined && single) {
    return arithmetic.fill([], x);
  }
  if (!(x instanceof Tensor)) return tensor(x, { dtype }).node;
  const { node } = checkReal(what, x);
  return dtype ? arithmetic.cast(node, precisionOf(dtype)) : node;
}

/**
 * The complex tensor re + i·im of two parts, which broadcast. `complex(z.real, z.imag)` is z itself, in
 * its values and for derivatives.
 *
 * @throws {ArgandError} if the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { complex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const z = complex([3, 0], [4, 1]);
 * assert((await z.abs().data())[0] === 5);
 * ```
 */
export function complex(re: PartData, im: PartData = 0, options?: ComplexOptions): ComplexTensor {
  const what = "make a complex tensor";
  const dtype = options === undefined ? undefined : realOf(complexDtype(what, options));
  const [x, y] = [partNode(what, re, dtype), partNode(what, im, dtype)];
  return wrapComplex(arithmetic.complex(x, y));
}

/**
 * A complex tensor from interleaved values re, im, re, im, … or nested `{ re, im }`, copied and rounded
 * as in {@link tensor}: to complex64, unless options or `setDefaultDtype` say otherwise.
 *
 * @throws {ArgandError} if the values do not fill the shape, or are not complex numbers.
 *
 * @example
 * ```ts
 * import { complexTensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const z = complexTensor([1, 2, 3, 4], [2]); // 1+2i, 3+4i
 * assert((await z.imag.data())[1] === 4);
 * ```
 */
export function complexTensor(data: ComplexData, options?: ComplexOptions): ComplexTensor;
/**
 * A complex tensor of that shape.
 *
 * @example
 * ```ts
 * import { complexTensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(complexTensor([1, 2, 3, 4], [1, 2], { dtype: "complex64" }).shape, [1, 2]);
 * ```
 */
export function complexTensor(
  data: ComplexData,
  shape?: Shape,
  options?: ComplexOptions,
): ComplexTensor;
export function complexTensor(
  data: ComplexData,
  given?: Shape | ComplexOptions,
  options?: ComplexOptions,
): ComplexTensor {
  const what = "make a complex tensor";
  const [shape, rest] = shapeAndOptions(given, options);
  const dtype = complexDtype(what, rest);
  if (isTypedArray(data) || (Array.isArray(data) && typeof data[0] === "number")) {
    if (Array.isArray(data)) {
      checkList(what, "numbers", data).forEach((x, k) => checkNumber(what, `value ${k}`, x));
    }
    const values = data as ArrayLike<number>;
    if (values.length % 2 !== 0) {
      throw cannot(what, `${values.length} interleaved values are not pairs`);
    }
    const size = values.length / 2;
    return wrapComplex(copied(values, shaped(what, shape, [size], size), dtype));
  }
  const { shape: own, flat } = flatten(what, data);
  const values = hostZeros(dtype, flat.length);
  flat.forEach((z, k) => {
    if (!isComplexNumber(z)) throw cannot(what, `an entry is ${describe(z)} and not { re, im }`);
    values.set([z.re, z.im], 2 * k);
  });
  return wrapComplex(hostNode(values, shaped(what, shape, own, flat.length), dtype));
}

/**
 * The complex numbers r·e^{iφ}, phases in radians.
 *
 * @example
 * ```ts
 * import { polar } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const i = polar(1, Math.PI / 2);
 * assert(Math.abs((await i.item()).im - 1) < 1e-6);
 * ```
 */
export function polar(r: PartData, phi: PartData, options?: ComplexOptions): ComplexTensor {
  const what = "make polar numbers";
  const dtype = options === undefined ? undefined : realOf(complexDtype(what, options));
  return wrapComplex(functions.polar(partNode(what, r, dtype), partNode(what, phi, dtype)));
}

/**
 * The same number everywhere: real for a number, complex for `{ re, im }`.
 *
 * @example
 * ```ts
 * import { full } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const z = full([2, 2], { re: 0, im: 1 });
 * assert((await z.sum().item()).im === 4);
 * ```
 */
export function full(shape: Shape, value: number, options?: RealOptions): RealTensor;
/**
 * The same complex number everywhere.
 *
 * @example
 * ```ts
 * import { full } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await full([1], { re: 1, im: 2 }).item(), { re: 1, im: 2 });
 * ```
 */
export function full(shape: Shape, value: Complex, options?: ComplexOptions): ComplexTensor;
export function full(
  shape: Shape,
  value: number | Complex,
  options?: RealOptions | ComplexOptions,
): Tensor {
  const what = "fill a tensor";
  checkShape(what, shape);
  if (typeof value === "number") {
    const dtype = realDtype(what, options as RealOptions);
    return wrapReal(arithmetic.full([...shape], dtype, value));
  }
  if (!isComplexNumber(value)) {
    throw cannot(what, `the value is a number or { re, im }, got ${describe(value)}`);
  }
  const dtype = complexDtype(what, options as ComplexOptions);
  return wrapComplex(arithmetic.full([...shape], dtype, value.re, value.im));
}

/**
 * Real zeros.
 *
 * @example
 * ```ts
 * import { zeros } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(await zeros([2, 3]).sum().item() === 0);
 * ```
 */
export function zeros(shape: Shape, options?: RealOptions): RealTensor {
  return full(shape, 0, options);
}

/**
 * Real ones.
 *
 * @example
 * ```ts
 * import { ones } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(await ones([2, 3]).sum().item() === 6);
 * ```
 */
export function ones(shape: Shape, options?: RealOptions): RealTensor {
  return full(shape, 1, options);
}

/**
 * The numbers 0, 1, 2, … up to but not including `end`.
 *
 * @throws {ArgandError} if there are no such numbers, or the step is 0.
 *
 * @example
 * ```ts
 * import { arange } from "@argand/argand";
 * console.log(await arange(1, 7, 2).data()); // 1, 3, 5
 * ```
 */
export function arange(end: number, options?: RealOptions): RealTensor;
/**
 * Numbers from `start` in steps of `step` (1, if absent), up to but not including `end`.
 *
 * @example
 * ```ts
 * import { arange } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await arange(2, 5).toArray(), [2, 3, 4]);
 * ```
 */
export function arange(start: number, end: number, options?: RealOptions): RealTensor;
/**
 * Numbers from `start` in steps of `step`, up to but not including `end`.
 *
 * @example
 * ```ts
 * import { arange } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await arange(1, 0, -0.5).toArray(), [1, 0.5]);
 * ```
 */
export function arange(
  start: number,
  end?: number,
  step?: number,
  options?: RealOptions,
): RealTensor;
export function arange(...given: (number | RealOptions | undefined)[]): RealTensor {
  const what = "make a range";
  const [numbers, options] = numbersAndOptions<RealOptions>(given);
  const dtype = realDtype(what, options);
  const [start, end, step = 1] = numbers;
  const [from, to] = end === undefined ? [0, start] : [start, end];
  for (const [name, x] of Object.entries({ from, to, step })) checkNumber(what, name, x);
  const n = Math.ceil((to - from) / step);
  if (!(n >= 1 && n < Infinity)) {
    throw cannot(what, `there are no numbers from ${from} to ${to} in steps of ${step}`);
  }
  if (n > MOST_VALUES) throw cannot(what, `${n} values are too many for the host`);
  return line(n, dtype, (k) => from + k * step);
}

/**
 * `count` evenly spaced numbers from `start` to `end`, both included.
 *
 * @example
 * ```ts
 * import { linspace } from "@argand/argand";
 * console.log(await linspace(0, 1, 5).data()); // 0, 0.25, 0.5, 0.75, 1
 * ```
 */
export function linspace(
  start: number,
  end: number,
  count: number,
  options?: RealOptions,
): RealTensor {
  const what = "make a line of numbers";
  const dtype = realDtype(what, options);
  for (const [name, x] of Object.entries({ start, end })) checkNumber(what, name, x);
  checkInteger(what, "the count", count, 1, MOST_VALUES);
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return line(count, dtype, (k) => (count > 1 && k === count - 1 ? end : start + k * step));
}

/**
 * The real identity matrix of n rows and columns.
 *
 * @example
 * ```ts
 * import { eye } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * assert(await eye(3).sum().item() === 3);
 * ```
 */
export function eye(n: number, options?: RealOptions): RealTensor;
/**
 * The real matrix of n rows and m columns with ones on the diagonal.
 *
 * @example
 * ```ts
 * import { eye } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await eye(1, 2).toArray(), [[1, 0]]);
 * ```
 */
export function eye(n: number, m?: number, options?: RealOptions): RealTensor;
export function eye(...given: (number | RealOptions | undefined)[]): RealTensor {
  const what = "make an identity matrix";
  const [[n, m = n], options] = numbersAndOptions<RealOptions>(given);
  const dtype = realDtype(what, options);
  for (const size of [n, m]) checkInteger(what, "a size", size, 1, 2 ** 15);
  const make = () => {
    const values = hostZeros(dtype, n * m);
    for (let k = 0; k < Math.min(n, m); k++) values[k * m + k] = 1;
    return values;
  };
  return wrapReal(hostNode(make, [n, m], dtype));
}

/**
 * The coordinates of a grid: result k has the values of axis k, repeated along the other axes (matrix
 * indexing, NumPy's "ij").
 *
 * @example
 * ```ts
 * import { arange, meshgrid } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [y, x] = meshgrid(arange(2), arange(3));
 * assert(y.shape[1] === 3 && await x.sum().item() === 6);
 * ```
 */
export function meshgrid(...axes: RealTensor[]): RealTensor[] {
  const what = "make a grid";
  for (const x of axes) {
    if (checkReal(what, x).rank !== 1) throw cannot(what, `an axis has shape ${show(x.shape)}`);
  }
  const shape = axes.map((x) => x.size);
  return axes.map((x, k) => x.reshape(shape.map((n, d) => (d === k ? n : 1))).expand(shape));
}

/** Options of {@link parameter}. */
export interface ParameterOptions {
  /** The name in errors; "a parameter", if absent. */
  readonly name?: string;
  /** Whether `backward` leaves a gradient in it; true, if absent. */
  readonly requiresGrad?: boolean;
}

/**
 * A tensor that can be updated in place with `assign`: a parameter, or (without gradient) a running
 * statistic. It starts with the value of `initial`.
 *
 * @example
 * ```ts
 * import { parameter, tensor } from "@argand/argand";
 * const w = parameter(tensor([1, 2]));
 * w.square().sum().backward();
 * console.log(await w.grad!.data()); // 2, 4
 * ```
 */
export function parameter<T extends Tensor>(initial: T, options?: ParameterOptions): T {
  const what = "make a parameter";
  const { name, requiresGrad } = withDefaults<Required<ParameterOptions>>(what, options, {
    name: "a parameter",
    requiresGrad: true,
  });
  if (typeof name !== "string") throw cannot(what, `the name is ${describe(name)}`);
  const { node } = checkTensor(what, initial).detach();
  checkBindable(what, node);
  return wrapState(new State(node, name, requiresGrad)) as T;
}
