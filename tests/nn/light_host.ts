/** Light in float64 on the host: Gaussian beams, and what is measured of fields. */
import { complexTensor } from "../../complex/create/create.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";

/** A square field of `n` pixels a side whose value at (y, x), in metres from the middle, is f. */
export function fieldOf(
  [h, w]: readonly [number, number],
  pitch: number,
  f: (y: number, x: number) => [re: number, im: number],
): ComplexTensor {
  const values = new Float32Array(2 * h * w);
  for (let k = 0; k < h * w; k++) {
    const [i, j] = [Math.floor(k / w) - Math.floor(h / 2), k % w - Math.floor(w / 2)];
    values.set(f(i * pitch, j * pitch), 2 * k);
  }
  return complexTensor(values, [h, w]);
}

/** A Gaussian beam of waist w0 at a distance z from its waist, for e^{−iωt}. */
export function beam(wavelength: number, w0: number, z: number) {
  const rayleigh = Math.PI * w0 ** 2 / wavelength;
  const w = w0 * Math.hypot(1, z / rayleigh);
  const curvature = z / (z ** 2 + rayleigh ** 2);
  return (y: number, x: number): [number, number] => {
    const r2 = x * x + y * y;
    const turns = z / wavelength + r2 * curvature / (2 * wavelength);
    const phi = 2 * Math.PI * (turns - Math.round(turns)) - Math.atan2(z, rayleigh);
    const modulus = w0 / w * Math.exp(-r2 / w ** 2);
    return [modulus * Math.cos(phi), modulus * Math.sin(phi)];
  };
}

/** |z|² on the host. */
export async function intensityOf(z: ComplexTensor): Promise<Float64Array> {
  const data = await z.data();
  return Float64Array.from(
    { length: data.length / 2 },
    (_, k) => data[2 * k] ** 2 + data[2 * k + 1] ** 2,
  );
}

/** The beam radius w = 2σ along x of a field, by the second moment of its intensity. */
export async function radiusOf(z: ComplexTensor, pitch: number): Promise<number> {
  const width = z.shape[1];
  let [power, moment] = [0, 0];
  (await intensityOf(z)).forEach((value, k) => {
    power += value;
    moment += value * ((k % width - Math.floor(width / 2)) * pitch) ** 2;
  });
  return 2 * Math.sqrt(moment / power);
}

/** The places, in pixels from the middle, of the dark minima of a row of intensities. */
export function darkPlaces(row: ArrayLike<number>, below: number): number[] {
  const found: number[] = [];
  for (let k = 1; k + 1 < row.length; k++) {
    const [a, b, c] = [row[k - 1], row[k], row[k + 1]];
    if (b >= a || b > c || b > below) continue;
    found.push(k + (a - c) / (2 * (a - 2 * b + c)) - Math.floor(row.length / 2));
  }
  return found;
}
