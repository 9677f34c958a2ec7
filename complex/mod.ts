/**
 * Tensors of real and complex numbers, what can be done with them, and derivatives of it.
 *
 * A complex tensor is one buffer of interleaved float32: its real and imaginary parts are views, and
 * `complex(z.real, z.imag)` is `z` again. Tensors are recipes until somebody looks at them, so that
 * chains of operations run as one kernel and nothing has to be freed.
 *
 * @example
 * ```ts
 * import { abs, complex, grad } from "@argand/argand/complex";
 *
 * const z = complex([3, 0], [4, 1]);
 * console.log(await abs(z).toArray()); // 5, 1
 *
 * const slope = grad((w: typeof z) => abs(w).sum())(z);
 * console.log(await slope.toArray()); // ≈ { re: 0.60, im: 0.80 }, { re: 0.00, im: 1.00 }
 * ```
 *
 * @module
 */
import "./draw/display.ts";
export {
  type ComplexOperand,
  ComplexTensor,
  type Range,
  type RealOperand,
  RealTensor,
  Tensor,
} from "./tensor/tensor.ts";
export type { Complex, NestedComplex, NestedData, NestedReal } from "./tensor/nested.ts";
export type { Axes, Shape } from "./lazy/shape.ts";
export {
  arange,
  complex,
  type ComplexData,
  complexTensor,
  eye,
  full,
  linspace,
  meshgrid,
  ones,
  parameter,
  type ParameterOptions,
  type PartData,
  polar,
  type RealData,
  tensor,
  zeros,
} from "./create/create.ts";
export { getDefaultDtype, setDefaultDtype } from "./create/default_dtype.ts";
export type { ComplexOptions, RealOptions } from "./create/options.ts";
export {
  getRandomState,
  manualSeed,
  poisson,
  rand,
  randn,
  randnComplex,
  type RandomState,
  setRandomState,
} from "./create/random.ts";
export * from "./functions/elementwise.ts";
export { abs, absSquared, angle, conj, imag, real } from "./functions/parts.ts";
export {
  add,
  atan2,
  type Combined,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  notEqual,
  type Operand,
  pow,
  sub,
  where,
} from "./functions/combine.ts";
export { kron, matmul, outer, vdot } from "./functions/products.ts";
export { qr, type QrDecomposition, type QrOptions } from "./linalg/qr.ts";
export { det, inv, type SignAndLogarithm, slogdet, solve } from "./linalg/solve.ts";
export { fft, fft2, fftn, ifft, ifft2, ifftn } from "./fft/fft.ts";
export type { FftnOptions, FftNorm, FftOptions } from "./fft/fft_options.ts";
export { irfft, irfft2, irfftn, rfft, rfft2, rfftn } from "./fft/real_fft.ts";
export { fftfreq, fftshift, ifftshift, rfftfreq } from "./fft/frequencies.ts";
export { fftConvolve, type FftConvolveOptions } from "./fft/fft_convolve.ts";
export { type Contracted, einsum } from "./functions/einsum.ts";
export { diag, diagonal, trace } from "./linalg/diagonal.ts";
export { norm, type NormOptions } from "./linalg/norm.ts";
export { expm } from "./linalg/expm.ts";
export { eigh, eigvalsh, type HermitianEigen } from "./linalg/eigh.ts";
export { type SingularValueDecomposition, svd, type SvdOptions, svdvals } from "./linalg/svd.ts";
export { argmax, argmin, cumsum, max, mean, min, prod, sum } from "./functions/reductions.ts";
export {
  concat,
  flip,
  type Joined,
  pad,
  pick,
  roll,
  split,
  stack,
  take,
} from "./functions/arrange.ts";
export { addPatches, patches, type Positions } from "./functions/patches.ts";
export type { Labels } from "./ops/labels.ts";
export { evaluate, grad, type Gradients, noGrad, valueAndGrad } from "./transforms/transform.ts";
export { derivative } from "./transforms/holomorphic.ts";
export {
  gradcheck,
  type GradcheckDerivative,
  type GradcheckOptions,
  type GradcheckReport,
} from "./transforms/gradcheck.ts";
export { detectAnomaly, setDetectAnomaly } from "./transforms/detect_anomaly.ts";
export {
  definePrimitive,
  type PrimitiveCall,
  type PrimitiveDefinition,
} from "./transforms/primitive.ts";
export type { Result } from "./lazy/graph.ts";
export type {
  ComplexDType,
  DType,
  InexactArray,
  InexactDType,
  RealDType,
} from "../gpu/contract/dtype.ts";
export type { FileArray } from "./files/array.ts";
export {
  formatNpy,
  type NpyDType,
  type NpyEntry,
  type NpyLayout,
  parseNpy,
  readNpy,
  writeNpy,
} from "./files/npy.ts";
export { complexTensorFromNpy, tensorFromNpy } from "./files/npy_tensor.ts";
export type { NpyText } from "./files/npy_text.ts";
export {
  formatNpz,
  NpzFile,
  type NpzLimits,
  type NpzOptions,
  parseNpz,
  readNpz,
  writeNpz,
} from "./files/npz.ts";
export {
  formatSafetensors,
  loadSafetensors,
  parseSafetensors,
  type Safetensors,
  type SafetensorsArray,
  type SafetensorsDType,
  type SafetensorsEntry,
  writeSafetensors,
} from "./files/safetensors.ts";
export {
  formatTouchstone,
  parseTouchstone,
  readTouchstone,
  type Touchstone,
  type TouchstoneFormat,
  type TouchstoneLayout,
  type TouchstoneParameter,
  type TouchstoneUnit,
  writeTouchstone,
} from "./files/touchstone.ts";
export { draw } from "./draw/draw.ts";
export type { DrawOptions } from "./draw/mosaic.ts";
export { Drawing } from "./draw/drawing.ts";
export { LinePlot, plot, type PlotData, type PlotOptions } from "./draw/plot.ts";
export type { AxisScale } from "./draw/axis.ts";
export { domainColour } from "./draw/colour.ts";
export {
  drawColourWheel,
  drawComplex,
  type DrawComplexOptions,
  drawReal,
  type DrawRealOptions,
  type Picture,
} from "./draw/pictures.ts";
export { encodePng, pngDataUrl } from "./draw/png.ts";
export { ArgandError } from "../gpu/contract/errors.ts";
