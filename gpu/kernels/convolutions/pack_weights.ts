/** Puts the weights of a convolution in the order in which the correlation reads them. */
import { type InexactDType, isComplex, lanesOf, wgslOf } from "../../contract/dtype.ts";
import { type Kernel, linearGrid, linearMain } from "../../contract/kernel.ts";

/** A number for the height and one for the width. */
export type HeightWidth = readonly [number, number];

/** How to put weights in order: [group][depth][tap y][tap x][row], rows padded with zeros. */
export interface PackSpec {
  readonly dtype: InexactDType;
  readonly groups: number;
  readonly depth: number;
  readonly rows: number;
  readonly kernel: HeightWidth;
  /** The weights are stored [group][depth][row][tap] and wanted with taps reversed, for the adjoint. */
  readonly adjoint: boolean;
  readonly conj: boolean;
}

/** Rows of packed weights, padded so that wide loads stay aligned. */
export function paddedRows(rows: number): number {
  return Math.ceil(rows / 4) * 4;
}

/** Elements of packed weights. */
export function packedSize({ groups, depth, rows, kernel }: PackSpec): number {
  return groups * depth * kernel[0] * kernel[1] * paddedRows(rows);
}

/** in0 [group][row][depth][tap] (or its adjoint) → out0 [group][depth][tap][padded row]. */
export const packWeights: Kernel<PackSpec> = {
  name: "packWeights",
  bindings: ({ dtype }) => ({ inputs: [dtype], outputs: [dtype] }),
  wgsl(spec) {
    const { dtype, depth, rows, kernel, adjoint } = spec;
    const padded = paddedRows(rows), taps = kernel[0] * kernel[1], count = packedSize(spec);
    const place = adjoint
      ? `((g * ${depth}u + d) * ${rows}u + m) * ${taps}u + ${taps - 1}u - t`
      : `((g * ${rows}u + m) * ${depth}u + d) * ${taps}u + t`;
    const conj = spec.conj && isComplex(dtype) ? " * vec2<f32>(1.0, -1.0)" : "";
    const source = linearMain(
      count,
      `  let m = i % ${padded}u;
  let t = (i / ${padded}u) % ${taps}u;
  let d = (i / ${padded * taps}u) % ${depth}u;
  let g = i / ${padded * taps * depth}u;
  var value = ${wgslOf(dtype)}();
  if (m < ${rows}u) { value = in0[${place}]${conj}; }
  out0[i] = value;`,
    );
    return { source, workgroups: linearGrid(count) };
  },
  cpu(spec, [weights], [out]) {
    const { dtype, groups, depth, rows, kernel, adjoint, conj } = spec;
    const padded = paddedRows(rows), taps = kernel[0] * kernel[1];
    const words = lanesOf(dtype);
    out.fill(0);
    for (let g = 0; g < groups; g++) {
      for (let d = 0; d < depth; d++) {
        for (let t = 0; t < taps; t++) {
          for (let m = 0; m < rows; m++) {
            const from = adjoint
              ? ((g * depth + d) * rows + m) * taps + taps - 1 - t
              : ((g * rows + m) * depth + d) * taps + t;
            const to = ((g * depth + d) * taps + t) * padded + m;
            out[to * words] = weights[from * words];
            if (words === 2) out[to * 2 + 1] = (conj ? -1 : 1) * weights[from * 2 + 1];
          }
        }
      }
    }
  },
};
