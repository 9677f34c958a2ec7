/**
 * The dtypes: one table with a row for each. Everything that depends on a dtype asks its row, by the
 * functions below, and compares no names; so a new row serves wherever its kind does.
 */
import { cannot } from "./errors.ts";

/** The kind of number that the elements are: only `real` and `complex` ones have derivatives. */
export type Kind = "real" | "complex" | "integer";

/** The kinds of numbers that are rounded. */
export type InexactKind = Exclude<Kind, "integer">;

/** The digits of rounded numbers: 24 bits or 53. Integers count as single, which every engine has. */
export type Precision = "single" | "double";

/** The typed array that holds the elements of each dtype on the host; complex ones are interleaved. */
export interface HostArrays {
  /** Real numbers in single precision. */
  readonly float32: Float32Array;
  /** Complex numbers in single precision: real part, imaginary part, and so on. */
  readonly complex64: Float32Array;
  /** Real numbers in double precision. */
  readonly float64: Float64Array;
  /** Complex numbers in double precision, likewise. */
  readonly complex128: Float64Array;
  /** Indices. */
  readonly uint32: Uint32Array;
}

/** The types of element that a buffer can hold, under NumPy's names. */
export type DType = keyof HostArrays;

/** The dtypes of real numbers. */
export type RealDType = "float32" | "float64";

/** The dtypes of complex numbers. */
export type ComplexDType = "complex64" | "complex128";

/** The dtypes of real and complex numbers, which are rounded and have derivatives: NumPy's *inexact*. */
export type InexactDType = RealDType | ComplexDType;

/** A buffer as the host sees it; complex elements are interleaved. */
export type HostArray = HostArrays[DType];

/** A buffer of real or complex numbers as the host sees it. */
export type InexactArray<B extends ArrayBufferLike = ArrayBufferLike> =
  | Float32Array<B>
  | Float64Array<B>;

/** The real dtype of the parts of `D`; integers are their own. */
type PartOf<D extends DType> = D extends "complex64" ? "float32"
  : D extends "complex128" ? "float64"
  : D;

/** The kind of the numbers of `D`. */
type KindOf<D extends DType> = D extends RealDType ? "real"
  : D extends ComplexDType ? "complex"
  : "integer";

/** Makes the typed arrays of a dtype. */
interface HostArrayConstructor<A> {
  new (length: number): A;
  new (values: ArrayLike<number>): A;
  new (memory: ArrayBufferLike, byteOffset?: number, length?: number): A;
  readonly BYTES_PER_ELEMENT: number;
}

/** The properties of a dtype. */
export interface Row<D extends DType = DType> {
  readonly kind: Kind;
  readonly precision: Precision;
  /** Bytes of an element. */
  readonly bytes: number;
  /** Numbers in an element, which are its places in a host array: 2 where it is complex, else 1. */
  readonly lanes: 1 | 2;
  /** The typed array that holds the elements on the host. */
  readonly array: HostArrayConstructor<HostArrays[D]>;
  /** The WGSL type of an element; null where WGSL has none. */
  readonly wgsl: string | null;
  /** The dtype of the real part. */
  readonly real: PartOf<D>;
  /** The dtype of complex numbers with such parts, where there is one. */
  readonly complex: D extends InexactDType ? ComplexDType : null;
  /** Floating-point operations of a multiply and an add. */
  readonly flops: number;
  /** The number of the dtype in the signatures of graphs. */
  readonly code: number;
}

/** The table. */
export const DTYPES: { readonly [D in DType]: Row<D> } = {
  float32: {
    kind: "real",
    precision: "single",
    bytes: 4,
    lanes: 1,
    array: Float32Array,
    wgsl: "f32",
    real: "float32",
    complex: "complex64",
    flops: 2,
    code: 0,
  },
  complex64: {
    kind: "complex",
    precision: "single",
    bytes: 8,
    lanes: 2,
    array: Float32Array,
    wgsl: "vec2<f32>",
    real: "float32",
    complex: "complex64",
    flops: 8,
    code: 1,
  },
  float64: {
    kind: "real",
    precision: "double",
    bytes: 8,
    lanes: 1,
    array: Float64Array,
    wgsl: null,
    real: "float64",
    complex: "complex128",
    flops: 2,
    code: 3,
  },
  complex128: {
    kind: "complex",
    precision: "double",
    bytes: 16,
    lanes: 2,
    array: Float64Array,
    wgsl: null,
    real: "float64",
    complex: "complex128",
    flops: 8,
    code: 4,
  },
  uint32: {
    kind: "integer",
    precision: "single",
    bytes: 4,
    lanes: 1,
    array: Uint32Array,
    wgsl: "u32",
    real: "uint32",
    complex: null,
    flops: 2,
    code: 2,
  },
};

/** Bytes of an element. */
export function bytesOf(dtype: DType): number {
  return DTYPES[dtype].bytes;
}

/** Numbers in an element, which are its places in a host array: 2 where it is complex, else 1. */
export function lanesOf(dtype: DType): 1 | 2 {
  return DTYPES[dtype].lanes;
}

/** The WGSL type of an element; `wgslOf(realOf(dtype))` is that of one of its lanes. */
export function wgslOf(dtype: DType): string {
  const { wgsl } = DTYPES[dtype];
  if (wgsl === null) throw cannot(`write a shader for ${dtype}`, "WGSL has no such numbers");
  return wgsl;
}

/** Floating-point operations of a multiply and an add. */
export function multiplyAddFlops(dtype: DType): number {
  return DTYPES[dtype].flops;
}

/** True of dtypes of complex numbers. */
export function isComplex(dtype: DType): dtype is ComplexDType {
  return DTYPES[dtype].kind === "complex";
}

/** True of dtypes of real numbers; integers are none of them. */
export function isReal(dtype: DType): dtype is RealDType {
  return DTYPES[dtype].kind === "real";
}

/** True of dtypes of integers. */
export function isInteger(dtype: DType): dtype is Exclude<DType, InexactDType> {
  return DTYPES[dtype].kind === "integer";
}

/** The dtype of the real part; integers are their own. */
export function realOf<D extends DType>(dtype: D): PartOf<D> {
  return DTYPES[dtype].real as PartOf<D>;
}

/** The dtype of complex numbers with such parts; a complex dtype is its own. */
export function complexOf(dtype: InexactDType): ComplexDType {
  return DTYPES[dtype].complex;
}

/** The dtype, where it is one of real or complex numbers. */
export function inexact(dtype: DType): InexactDType {
  if (isReal(dtype) || isComplex(dtype)) return dtype;
  throw cannot(`compute with ${dtype}`, "only real and complex numbers are added and multiplied");
}

/** The dtype of numbers of a kind in a precision. */
export function dtypeOf<K extends Kind>(
  kind: K,
  precision: Precision,
): (typeof BY_PRECISION)[Precision][K] {
  return BY_PRECISION[precision][kind];
}

const BY_PRECISION = {
  single: { real: "float32", complex: "complex64", integer: "uint32" },
  double: { real: "float64", complex: "complex128", integer: "uint32" },
} as const;

/** The kind of the numbers of a dtype. */
export function kindOf<D extends DType>(dtype: D): KindOf<D> {
  return DTYPES[dtype].kind as KindOf<D>;
}

/** The precision of the numbers of a dtype. */
export function precisionOf(dtype: DType): Precision {
  return DTYPES[dtype].precision;
}

/** `size` elements of zero on the host. */
export function hostZeros<D extends DType>(dtype: D, size: number): HostArrays[D] {
  const { array, lanes } = DTYPES[dtype] as Row<D>;
  return new array(lanes * size);
}

/** A copy of numbers, rounded to the dtype; complex ones are interleaved. */
export function rounded(data: ArrayLike<number>, dtype: InexactDType): InexactArray {
  return new DTYPES[dtype].array(data);
}

/** The `bytes` of `memory` from `offset` on as elements, without a copy; all of it if left out. */
export function hostView<D extends DType>(
  dtype: D,
  memory: ArrayBufferLike,
  offset = 0,
  bytes: number = memory.byteLength - offset,
): HostArrays[D] {
  const { array } = DTYPES[dtype] as Row<D>;
  return new array(memory, offset, Math.floor(bytes / array.BYTES_PER_ELEMENT));
}

const single = new Float32Array(1), double = new Float64Array(1);
const singleBits = new Uint32Array(single.buffer), doubleBits = new Uint32Array(double.buffer);

/** A number as words of params: its 32 or 64 bits. */
export function wordsOf(value: number, precision: Precision): number[] {
  if (precision === "single") {
    single[0] = value;
    return [singleBits[0]];
  }
  double[0] = value;
  return [doubleBits[0], doubleBits[1]];
}

/** The number whose 64 bits two words of params are. */
export function doubleOf(low: number, high: number): number {
  doubleBits[0] = low;
  doubleBits[1] = high;
  return double[0];
}
