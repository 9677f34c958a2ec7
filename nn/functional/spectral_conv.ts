/** Convolutions by their Fourier modes. */
import { cannot } from "../../gpu/contract/errors.ts";
import { fftn, ifftn } from "../../complex/fft/fft.ts";
import { matmul } from "../../complex/functions/products.ts";
import { show } from "../../complex/lazy/shape.ts";
import { checkComplex, type ComplexTensor } from "../../complex/tensor/tensor.ts";

/**
 * A convolution over all of one or two axes whose kernel has few Fourier modes (Li et al., "Fourier
 * Neural Operator for Parametric Partial Differential Equations", ICLR 2021): with X the Fourier
 * coefficients of x, Y[n, o, k] = Σ_c W[c, o, k]·X[n, c, k] for the lowest frequencies, 0 for others.
 *
 * Coefficients are means over the grid, so that on a grid twice as fine the same W gives the same
 * function. Complex fields have no symmetry between k and −k: both have weights of their own.
 *
 * @param x Complex [N, C, L] or [N, C, H, W].
 * @param weight Complex [C, O, 2m] or [C, O, 2m₁, 2m₂]: index p of an axis holds frequency p − m, so
 * −m, …, m − 1, in periods over the axis.
 * @returns Complex [N, O, L] or [N, O, H, W].
 * @throws {ArgandError} if channels or axes do not fit, or an axis has fewer points than modes.
 *
 * @example
 * ```ts
 * import { complex, nn } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * // The mean alone: frequency −1 has weight 0, frequency 0 has weight 1.
 * const mean = complex([[[0, 1]]]);
 * const y = nn.functional.spectralConv(complex([[[1, 2, 3, 6]]]), mean);
 * assertAlmostEquals((await y.real.data())[3], 3, 1e-6);
 * ```
 */
export function spectralConv(x: ComplexTensor, weight: ComplexTensor): ComplexTensor {
  const what = "apply a spectral convolution";
  const { rank, shape } = checkComplex(what, weight);
  const counts = shape.slice(2);
  if ((rank !== 3 && rank !== 4) || counts.some((n) => n % 2 !== 0)) {
    throw cannot(what, `the weight must be [in, out, 2m] or [in, out, 2m, 2m], got ${show(shape)}`);
  }
  if (checkComplex(what, x).rank !== rank || x.shape[1] !== shape[0]) {
    const axes = rank === 3 ? "L" : "H, W";
    throw cannot(what, `it takes [N, ${shape[0]}, ${axes}], got ${show(x.shape)}`);
  }
  const sizes = x.shape.slice(2);
  sizes.forEach((n, d) => {
    if (counts[d] <= n) return;
    throw cannot(what, `the input ${show(x.shape)} has ${n} points for ${counts[d]} modes`);
  });
  const axes = sizes.map((_, d) => d + 2);
  const half = counts.map((n) => n / 2);
  const spectrum = fftn(x, { axes, norm: "forward" }).roll(half, axes);
  const low = spectrum.slice(null, null, ...counts.map((n): [number, number] => [0, n]));
  // Frequencies first, so that each has its matrix product over channels.
  const mixed = matmul(low.permute([...axes, 0, 1]), weight.permute([...axes, 0, 1]));
  const back = [rank - 2, rank - 1, ...sizes.keys()];
  const room = counts.map((n, d): [number, number] => [0, sizes[d] - n]);
  const padded = mixed.permute(back).pad([[0, 0], [0, 0], ...room]);
  return ifftn(padded.roll(half.map((n) => -n), axes), { axes, norm: "forward" });
}
