/**
 * Two-dimensional convolution and its two adjoints, as implicit matrix products: no buffer of unfolded
 * patches is ever made.
 *
 * The family is closed under differentiation. With the gradient ∂L/∂x + i ∂L/∂y, the gradient of
 * conv2d to x and to w are the two adjoints; both are linear in each operand (up to conjugation), and
 * - conv2dInputGradient(gy, w): to gy it is conv2d(cotangent, w); to w it is
 *   conv2dWeightGradient(cotangent, gy);
 * - conv2dWeightGradient(x, gy): to gy it is conv2d(x, cotangent); to x it is
 *   conv2dInputGradient(gy, cotangent).
 */
import { bytesOf, type InexactDType } from "../../contract/dtype.ts";
import type { Program, Step } from "../../contract/kernel.ts";
import { correlate } from "./correlate.ts";
import type { CorrelateSpec } from "./correlate_patch.ts";
import { correlateWeights } from "./correlate_weights.ts";
import { type HeightWidth, packedSize, type PackSpec, packWeights } from "./pack_weights.ts";
import { partialSums } from "../products/partial_sums.ts";
import { weightParts, weightsOf } from "./weights_patch.ts";

/**
 * y[b, m, o] = Σ_{d, t} w[m, d, t] · x[b, d, o·stride + t·dilation − padding] (+ bias[m]), the
 * cross-correlation that PyTorch calls convolution.
 *
 * x is [batch, inChannels, inHeight, inWidth], w [outChannels, inChannels / groups, …kernel] and
 * y [batch, outChannels, outHeight, outWidth]. Pairs are height and width.
 */
export interface Conv2dSpec {
  readonly dtype: InexactDType;
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernel: HeightWidth;
  readonly stride: HeightWidth;
  readonly padding: HeightWidth;
  readonly dilation: HeightWidth;
  readonly groups: number;
  /** A bias of outChannels elements is the third input of {@link conv2d}; the adjoints ignore it. */
  readonly bias: boolean;
  /**
   * Conjugates the weights (in {@link conv2dWeightGradient}, x). By default {@link conv2d} does not and
   * the adjoints do; the transposed convolution is the input gradient with `conj: false`.
   */
  readonly conj?: boolean;
}

/** The convolution; inputs x, w and, where asked, the bias. */
export function conv2d(spec: Conv2dSpec): Program {
  const { dtype, batch, groups, kernel } = spec;
  const depth = spec.inChannels / groups, rows = spec.outChannels / groups;
  return packed(
    { dtype, groups, depth, rows, kernel, adjoint: false, conj: spec.conj ?? false },
    flatten({
      dtype,
      batch,
      groups,
      depth,
      rows,
      input: [spec.inHeight, spec.inWidth],
      output: [spec.outHeight, spec.outWidth],
      kernel,
      step: spec.stride,
      lift: [1, 1],
      padding: spec.padding,
      dilation: spec.dilation,
      bias: spec.bias,
    }),
  );
}

/**
 * gx = Σ gy · conj(w), the adjoint of x ↦ conv2d(x, w); inputs gy, w. The taps run backwards over gy
 * with zeros put between its pixels where the stride is above 1.
 */
export function conv2dInputGradient(spec: Conv2dSpec): Program {
  const { dtype, batch, groups, kernel, stride, padding, dilation } = spec;
  const depth = spec.outChannels / groups, rows = spec.inChannels / groups;
  const flipped = (axis: 0 | 1) => (kernel[axis] - 1) * dilation[axis] - padding[axis];
  return packed(
    { dtype, groups, depth, rows, kernel, adjoint: true, conj: spec.conj ?? true },
    flatten({
      dtype,
      batch,
      groups,
      depth,
      rows,
      input: [spec.outHeight, spec.outWidth],
      output: [spec.inHeight, spec.inWidth],
      kernel,
      step: [1, 1],
      lift: stride,
      padding: [flipped(0), flipped(1)],
      dilation,
      bias: false,
    }),
  );
}

/** gw = Σ conj(x) · gy, the adjoint of w ↦ conv2d(x, w); inputs x, gy. */
export function conv2dWeightGradient(spec: Conv2dSpec): Program {
  const { dtype, batch, groups, kernel, stride, padding, dilation } = spec;
  const whole = flatten({
    dtype,
    batch,
    groups,
    depth: spec.inChannels / groups,
    rows: spec.outChannels / groups,
    input: [spec.inHeight, spec.inWidth] as HeightWidth,
    output: [spec.outHeight, spec.outWidth] as HeightWidth,
    kernel,
    stride,
    padding,
    dilation,
    conj: spec.conj ?? true,
  });
  const parts = weightParts(whole), count = weightsOf(whole);
  const inputs = ["in0", "in1"] as const;
  if (parts === 1) {
    return {
      steps: [{ kernel: correlateWeights, spec: { ...whole, parts }, inputs, outputs: ["out0"] }],
    };
  }
  return {
    steps: [
      { kernel: correlateWeights, spec: { ...whole, parts }, inputs, outputs: ["tmp0"] },
      {
        kernel: partialSums,
        spec: { dtype, parts, count, bias: 0 },
        inputs: ["tmp0"],
        outputs: ["out0"],
      },
    ],
    scratch: [parts * count * bytesOf(dtype)],
  };
}

/** Weights put in order in scratch, then the correlation with them. */
function packed(pack: PackSpec, spec: CorrelateSpec): Program {
  const correlation: Step = {
    kernel: correlate,
    spec,
    inputs: spec.bias ? ["in0", "tmp0", "in2"] : ["in0", "tmp0"],
    outputs: ["out0"],
  };
  return {
    steps: [{ kernel: packWeights, spec: pack, inputs: ["in1"], outputs: ["tmp0"] }, correlation],
    scratch: [packedSize(pack) * bytesOf(pack.dtype)],
  };
}

/** Where every pixel only meets itself, an image is as good as one long row. */
function flatten<
  T extends {
    readonly input: HeightWidth;
    readonly output: HeightWidth;
    readonly kernel: HeightWidth;
    readonly padding: HeightWidth;
    readonly step?: HeightWidth;
    readonly stride?: HeightWidth;
    readonly lift?: HeightWidth;
  },
>(spec: T): T {
  const moves = [spec.kernel, spec.step, spec.stride, spec.lift].flatMap((p) => p ?? []);
  const still = moves.every((n) => n === 1) && spec.padding.every((n) => n === 0) &&
    spec.input.every((n, axis) => n === spec.output[axis]);
  const row = (p: HeightWidth): HeightWidth => [1, p[0] * p[1]];
  return still ? { ...spec, input: row(spec.input), output: row(spec.output) } : spec;
}
