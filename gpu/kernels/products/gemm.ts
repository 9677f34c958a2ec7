/** The spec of matrix products on a GPU, and how they are cut. */
import { type InexactDType, lanesOf } from "../../contract/dtype.ts";
import type { Finished } from "./epilogue.ts";

/**
 * C[b] = op(A[b]) · op(B[b]) (+ bias): m × k times k × n, row major.
 *
 * `op` transposes (A is then stored k × m, B n × k) and conjugates. The bias, a third input of n
 * elements, is added to every row. C is contiguous over `batchShape`.
 */
export interface MatmulSpec {
  readonly dtype: InexactDType;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** The batch dimensions of C; empty for one product. */
  readonly batchShape: readonly number[];
  /** Step of A along each batch dimension, in matrices; 0 broadcasts. */
  readonly aBatchStrides: readonly number[];
  /** Step of B along each batch dimension, in matrices; 0 broadcasts. */
  readonly bBatchStrides: readonly number[];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Conjugates A; complex only. */
  readonly conjA: boolean;
  /** Conjugates B; complex only. */
  readonly conjB: boolean;
  readonly bias: boolean;
}

/** The product, with the sum over k cut into `parts` that are written one after the other. */
export interface SplitSpec extends MatmulSpec, Finished {
  readonly parts: number;
}

/** Products of the batch. */
export function batchOf(spec: MatmulSpec): number {
  return spec.batchShape.reduce((p, d) => p * d, 1);
}

/** Values of k in one round, as many as one load holds. */
export function unrollOf({ dtype, k }: MatmulSpec): number {
  return Math.min(4 / lanesOf(dtype), k);
}

/** Terms of the sum in each part but the last, a multiple of `unroll`. */
export function depthOfPart({ k, parts }: SplitSpec, unroll: number): number {
  return Math.ceil(Math.floor(k / unroll) / parts) * unroll;
}

/** The matrix of an operand that batch index `z` stands for. */
export function matrixOf(z: number, shape: readonly number[], strides: readonly number[]): number {
  let matrix = 0;
  for (let d = shape.length - 1; d >= 0; d--) {
    matrix += (z % shape[d]) * strides[d];
    z = Math.floor(z / shape[d]);
  }
  return matrix;
}

/** WGSL of the matrix of an operand that batch index `z` stands for. */
export function matrixWgsl(shape: readonly number[], strides: readonly number[]): string {
  let inner = 1;
  const terms: string[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    if (strides[d] !== 0 && shape[d] !== 1) {
      terms.push(`((z / ${inner}u) % ${shape[d]}u) * ${strides[d]}u`);
    }
    inner *= shape[d];
  }
  return terms.join(" + ") || "0u";
}
