/** Light on a grid of pixels: what propagation and lenses share. Lengths are in metres. */
import type { DType } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { type Shape, show } from "../../complex/lazy/shape.ts";
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";
import { checkNumber, spread } from "../checks.ts";
import { optional, pairOf, positiveNumber } from "../declare/field.ts";

/** The light and the grid on which its field is given. */
export interface LightOptions {
  /** The wavelength in vacuum, in metres. */
  readonly wavelength: number;
  /** The distance between pixels in metres, or [along height, along width]. */
  readonly pitch: number | readonly [number, number];
  /** The refractive index of the medium; 1, if absent. */
  readonly refractiveIndex?: number;
}

/** The light as formulas need it. */
export interface Light {
  /** The wavelength in the medium, in metres. */
  readonly wavelength: number;
  /** The distances between pixels along height and width, in metres. */
  readonly pitch: readonly [number, number];
}

/** The fields of those options. */
export const lightFields = {
  wavelength: positiveNumber,
  pitch: pairOf(positiveNumber),
  refractiveIndex: optional(positiveNumber, 1),
};

/** The light of checked options, in the medium. */
export function lightOf({ wavelength, pitch, refractiveIndex }: Required<LightOptions>): Light {
  const [y, x] = spread(pitch, 2);
  return { wavelength: wavelength / refractiveIndex, pitch: [y, x] };
}

/** Refuses what is not a finite number but 0, such as focal lengths. */
export function checkLength(what: string, name: string, length: unknown): void {
  checkNumber(what, name, length, -Infinity);
  if (length === 0) throw cannot(what, `${name} must not be 0`);
}

/** The height and width of a complex field […, H, W]. */
export function planeOf(what: string, z: ComplexTensor): [number, number] {
  const { shape } = checkComplex(what, z);
  if (shape.length < 2) {
    throw cannot(what, `it takes a field […, H, W] of at least 2 axes, got ${show(shape)}`);
  }
  return [shape[shape.length - 2], shape[shape.length - 1]];
}

/** The positions of n pixels along an axis, in pixels from the middle one: k − ⌊n/2⌋. */
export function centred(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, k) => k - Math.floor(n / 2));
}

/**
 * Writes modulus·e^{2πit} as complex number k. The phase is taken in turns t and in float64, since
 * over a metre it has a million turns and more.
 */
export function setPhasor(to: Float64Array, k: number, turns: number, modulus = 1): void {
  const angle = 2 * Math.PI * (turns - Math.round(turns));
  to[2 * k] = modulus * Math.cos(angle);
  to[2 * k + 1] = modulus * Math.sin(angle);
}

/** Values that a layer computes once for a shape; the last few shapes stay. */
export class PerShape<T> {
  readonly #made = new Map<string, T>();

  /** The value for a shape and a dtype; made, if it is new. */
  get(shape: Shape, dtype: DType, make: () => T): T {
    const key = `${dtype} ${shape.join()}`;
    const value = this.#made.get(key) ?? make();
    this.#made.delete(key); // to the end: the least recently used goes first
    this.#made.set(key, value);
    if (this.#made.size > 4) this.#made.delete(this.#made.keys().next().value!);
    return value;
  }
}
