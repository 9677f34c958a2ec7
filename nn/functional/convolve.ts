/** Convolutions and transposed ones over any number of axes: their options and application. */
import { cannot } from "../../gpu/contract/errors.ts";
import { conv, convTranspose } from "../../complex/ops/conv.ts";
import { checkComplex, type ComplexTensor, wrapComplex } from "../../complex/tensor/tensor.ts";
import { perAxis, withDefaults } from "../checks.ts";

/** A number for one or for all axes, as options take it. */
export type Sizes = number | readonly number[];

/** Options of convolutions; `S` is a number, or one for each axis. */
export interface ConvOptions<S> {
  /** Steps of the kernel; 1, if absent. */
  readonly stride?: S;
  /**
   * Zeros around the input; 0 or `"valid"`, if absent. `"same"` takes as many as keep the size, with
   * the odd one at the end, and stride 1.
   */
  readonly padding?: S | "same" | "valid";
  /** Distance of the kernel's elements; 1, if absent. */
  readonly dilation?: S;
  /** Groups of channels that do not see one another; 1, if absent. */
  readonly groups?: number;
}

/** What options of a convolution say where they are absent. */
export const CONV_DEFAULTS = { stride: 1, padding: 0, dilation: 1, groups: 1 } as const;

/** The movement that options name, a number for each axis; `"same"` stays as it is. */
export function movementOf(
  what: string,
  axes: number,
  options: Required<ConvOptions<Sizes>>,
): { stride: number[]; padding: number[] | "same"; dilation: number[]; groups: number } {
  const { padding, groups } = options;
  const stride = perAxis(what, "stride", options.stride, axes, 1);
  const dilation = perAxis(what, "dilation", options.dilation, axes, 1);
  if (padding === "same") {
    if (stride.some((n) => n !== 1)) {
      throw cannot(what, `padding "same" takes stride 1, got ${stride.join(" × ")}`);
    }
    return { stride, padding, dilation, groups };
  }
  if (typeof padding === "string" && padding !== "valid") {
    throw cannot(what, `padding must be numbers, "same" or "valid", got "${padding}"`);
  }
  const zeros = perAxis(what, "padding", padding === "valid" ? 0 : padding, axes, 0);
  return { stride, padding: zeros, dilation, groups };
}

/** For `"same"`: the zeros on either side, and x with what is left of them at its end. */
function same(
  x: ComplexTensor,
  kernel: readonly number[],
  dilation: readonly number[],
): [x: ComplexTensor, padding: number[]] {
  if (kernel.length !== dilation.length || x.rank !== kernel.length + 2) return [x, []]; // refused later
  const zeros = kernel.map((n, d) => dilation[d] * (n - 1));
  const left = zeros.map((n): [number, number] => [0, n % 2]);
  const padded = left.some(([, n]) => n > 0) ? x.pad([[0, 0], [0, 0], ...left]) : x;
  return [padded, zeros.map((n) => Math.floor(n / 2))];
}

/** The convolution over so many axes. */
export function convolve(
  axes: number,
  x: ComplexTensor,
  weight: ComplexTensor,
  bias: ComplexTensor | null,
  options: ConvOptions<Sizes> | undefined,
): ComplexTensor {
  const what = `conv${axes}d`;
  const given = withDefaults<Required<ConvOptions<Sizes>>>(what, options, CONV_DEFAULTS);
  const { padding, ...movement } = movementOf(what, axes, given);
  const kernel = checkComplex(what, weight).shape.slice(2);
  const b = bias === null ? null : checkComplex(what, bias).node;
  checkComplex(what, x);
  const [z, zeros] = padding === "same" ? same(x, kernel, movement.dilation) : [x, padding];
  const geometry = { ...movement, padding: zeros };
  return wrapComplex(conv(what, axes, [z.node, weight.node, b], geometry));
}

/** Options of transposed convolutions; `S` is a number, or one for each axis. */
export interface ConvTransposeOptions<S> {
  /** Distance at which the pixels lay down the kernel; 1, if absent. */
  readonly stride?: S;
  /** Places cut off the output at either end of each axis; 0, if absent. */
  readonly padding?: S;
  /** Places added to the output at the end of each axis, fewer than stride or dilation; 0, if absent. */
  readonly outputPadding?: S;
  /** Distance of the kernel's elements; 1, if absent. */
  readonly dilation?: S;
  /** Groups of channels that do not see one another; 1, if absent. */
  readonly groups?: number;
}

/** What options of a transposed convolution say where they are absent. */
export const CONV_TRANSPOSE_DEFAULTS = {
  stride: 1,
  padding: 0,
  outputPadding: 0,
  dilation: 1,
  groups: 1,
} as const;

/** The movement that options name, a number for each axis. */
export function transposedMovementOf(
  what: string,
  axes: number,
  options: Required<ConvTransposeOptions<Sizes>>,
) {
  const stride = perAxis(what, "stride", options.stride, axes, 1);
  const padding = perAxis(what, "padding", options.padding, axes, 0);
  const outputPadding = perAxis(what, "outputPadding", options.outputPadding, axes, 0);
  const dilation = perAxis(what, "dilation", options.dilation, axes, 1);
  outputPadding.forEach((n, d) => {
    if (n < stride[d] || n < dilation[d]) return;
    const [steps, distance] = [`the stride ${stride[d]}`, `the dilation ${dilation[d]}`];
    throw cannot(what, `outputPadding ${n} must be smaller than ${steps} or ${distance}`);
  });
  return { stride, padding, outputPadding, dilation, groups: options.groups };
}

/** The transposed convolution over so many axes. */
export function convolveTransposed(
  axes: number,
  x: ComplexTensor,
  weight: ComplexTensor,
  bias: ComplexTensor | null,
  options: ConvTransposeOptions<Sizes> | undefined,
): ComplexTensor {
  const what = `convTranspose${axes}d`;
  const given = withDefaults<Required<ConvTransposeOptions<Sizes>>>(
    what,
    options,
    CONV_TRANSPOSE_DEFAULTS,
  );
  const geometry = transposedMovementOf(what, axes, given);
  const [z, w] = [checkComplex(what, x).node, checkComplex(what, weight).node];
  const b = bias === null ? null : checkComplex(what, bias).node;
  return wrapComplex(convTranspose(what, axes, [z, w, b], geometry));
}
