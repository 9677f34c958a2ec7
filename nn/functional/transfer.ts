/**
 * Propagation through free space, as factors of a field's Fourier transform on a grid. The transfer function
 * and the impulse response are transforms of one another; which of the two has phases slow enough for
 * the grid depends on the distance. Phases are worked out in float64.
 */
import type { ComplexDType } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { complexTensor } from "../../complex/create/create.ts";
import { fft, fft2 } from "../../complex/fft/fft.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { type Light, setPhasor } from "./light.ts";

/** A way through space, and the grid on which it is computed. */
export interface Way extends Light {
  readonly distance: number;
  /** Whether the field is dark outside its window, and otherwise repeats itself. */
  readonly padding: boolean;
  readonly bandLimit: boolean;
  /** The dtype of the field. */
  readonly dtype: ComplexDType;
}

/** Factors that broadcast over the spectrum of a grid of `sizes`. */
export interface Transfer {
  readonly sizes: readonly [number, number];
  readonly factors: readonly ComplexTensor[];
}

/** The offsets 0, 1, …, −2, −1 of n points in the order of the Fourier transform. */
function offsets(n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, k) => (k < n / 2 ? k : k - n));
}

/** Spatial frequencies in 1/m, in the same order. */
function frequencies(n: number, pitch: number): Float64Array {
  return offsets(n).map((k) => k / (n * pitch));
}

/** Exact scalar waves: by their angular spectrum, and far away by the impulse response. */
export function exactTransfer(what: string, plane: readonly [number, number], way: Way): Transfer {
  if (!way.padding) return { sizes: plane, factors: [angularSpectrum(plane, way)] };
  const sizes = plane.map((n) => 2 * n) as [number, number];
  const distance = Math.abs(way.distance);
  // The steepest waves that the pixels hold, of sin θ = λ/(2·pitch), go this many pixels sideways.
  const sideways = way.pitch.map((p) => {
    const sine = way.wavelength / (2 * p);
    return sine < 1 ? distance * sine / Math.sqrt(1 - sine * sine) / p : Infinity;
  });
  const far = sideways.map((pixels, d) => pixels > plane[d]);
  const smooth = distance >= 2 * Math.max(...way.pitch);
  if (far[0] && far[1] && smooth) return { sizes, factors: [sphericalWaves(sizes, way)] };
  if (far[0] !== far[1] && smooth) {
    const axis = far[0] ? 0 : 1;
    const needed = sizes[axis] + 2 * Math.ceil(sideways[axis]);
    if (needed > 4 * Math.max(...sizes)) {
      throw cannot(
        what,
        `over ${distance} m light leaves a field of ${plane.join("×")} pixels along axis ` +
          `${axis} and not along the other; the exact waves would take ${needed} pixels there: ` +
          'take a wider field or method "fresnel"',
      );
    }
    sizes[axis] = needed;
  }
  return { sizes, factors: [angularSpectrum(sizes, way)] };
}

/** e^{2πiwd} with w = √(λ⁻² − fx² − fy²); where w is imaginary the wave decays. */
function angularSpectrum(sizes: readonly [number, number], way: Way): ComplexTensor {
  const { wavelength, pitch, distance, padding, bandLimit } = way;
  const [fy, fx] = sizes.map((n, d) => frequencies(n, pitch[d]));
  // A wave of frequency f goes d·f/w sideways; beyond half of the grid its phase is too fast for it.
  const limited = padding && bandLimit;
  const [sy, sx] = sizes.map((n, d) => limited ? (2 * distance / (n * pitch[d])) ** 2 : 0);
  const values = new Float64Array(2 * fy.length * fx.length);
  const most = wavelength ** -2;
  for (let i = 0, k = 0; i < fy.length; i++) {
    const y2 = fy[i] ** 2;
    for (let j = 0; j < fx.length; j++, k++) {
      const x2 = fx[j] ** 2;
      const w2 = most - x2 - y2;
      if (w2 < 0) {
        if (distance >= 0) values[2 * k] = Math.exp(-2 * Math.PI * distance * Math.sqrt(-w2));
      } else if (Math.max(sy * y2, sx * x2) <= w2) {
        setPhasor(values, k, distance * Math.sqrt(w2));
      }
    }
  }
  return complexTensor(values, sizes, { dtype: way.dtype });
}

/** The transform of d/(2πr²)·(1/r − 2πi/λ)·e^{2πir/λ}: of Rayleigh and Sommerfeld's first integral. */
function sphericalWaves(sizes: readonly [number, number], way: Way): ComplexTensor {
  const { wavelength, pitch, distance } = way;
  const [ys, xs] = sizes.map((n, d) => offsets(n).map((k) => k * pitch[d]));
  const values = new Float64Array(2 * ys.length * xs.length);
  const d = Math.abs(distance);
  const back = distance < 0 ? -1 : 1;
  for (let i = 0, k = 0; i < ys.length; i++) {
    for (let j = 0; j < xs.length; j++, k++) {
      const r2 = d * d + ys[i] ** 2 + xs[j] ** 2;
      const r = Math.sqrt(r2);
      const [near, wave] = [1 / r, 2 * Math.PI / wavelength];
      const modulus = d / (2 * Math.PI * r2) * Math.hypot(near, wave) * pitch[0] * pitch[1];
      const turns = r / wavelength - Math.atan2(wave, near) / (2 * Math.PI);
      setPhasor(values, k, back * turns, modulus);
    }
  }
  return fft2(complexTensor(values, sizes, { dtype: way.dtype }));
}

/** e^{2πid/λ}·e^{−iπλd(fx² + fy²)}, an axis at a time; far away by the impulse response. */
export function fresnelTransfer(plane: readonly [number, number], way: Way): Transfer {
  const { wavelength, pitch, distance, padding } = way;
  const sizes = plane.map((n) => (padding ? 2 * n : n)) as [number, number];
  const factors = sizes.map((n, d) => {
    const carrier = d === 0 ? distance / wavelength : 0;
    const values = new Float64Array(2 * n);
    const reach = wavelength * distance;
    const far = padding && Math.abs(reach) > n * pitch[d] ** 2;
    if (far) {
      const modulus = pitch[d] / Math.sqrt(Math.abs(reach));
      offsets(n).forEach((k, at) => {
        const turns = carrier + (k * pitch[d]) ** 2 / (2 * reach) - Math.sign(reach) / 8;
        setPhasor(values, at, turns, modulus);
      });
    } else {
      frequencies(n, pitch[d]).forEach((f, at) =>
        setPhasor(values, at, carrier - reach * f * f / 2)
      );
    }
    const factor = complexTensor(values, [n], { dtype: way.dtype });
    return (far ? fft(factor) : factor).reshape(d === 0 ? [n, 1] : [n]);
  });
  return { sizes, factors };
}
