/** Matrix products of real and complex matrices, batched, transposed and conjugated as asked. */
import { bytesOf, lanesOf, multiplyAddFlops } from "../../contract/dtype.ts";
import { type Adapter, type Kernel, named, type Program, single } from "../../contract/kernel.ts";
import { finished } from "./epilogue.ts";
import {
  batchOf,
  depthOfPart,
  type MatmulSpec,
  matrixOf,
  type SplitSpec,
  unrollOf,
} from "./gemm.ts";
import {
  registerCost,
  registerShader,
  type RegisterTile,
  registerTiles,
} from "./gemm_registers.ts";
import { stagedCost, stagedShader, stagedTiles } from "./gemm_staged.ts";
import type { StagedTile } from "./staged.ts";
import { hostProduct } from "./host_product.ts";
import { partialSums, partsOfSum } from "./partial_sums.ts";
import { ranked } from "../costs.ts";
import { digit, type ProductItem, wasmProduct } from "./wasm_product.ts";

export type { MatmulSpec };

/** Variants that a tuner may try. */
const MOST_VARIANTS = 4;

/** The program of a matrix product; inputs A, B and, where asked, the bias. */
export function matmul(spec: MatmulSpec): Program {
  const { dtype, m, n, k, bias } = spec;
  const count = batchOf(spec) * m * n;
  const parts = partsOfSum(k, count);
  if (parts === 1) return single(product, { ...spec, parts });
  return {
    steps: [
      {
        kernel: product,
        spec: { ...spec, bias: false, parts },
        inputs: ["in0", "in1"],
        outputs: ["tmp0"],
      },
      {
        kernel: partialSums,
        spec: { dtype, parts, count, bias: bias ? n : 0 },
        inputs: bias ? ["tmp0", "in2"] : ["tmp0"],
        outputs: ["out0"],
      },
    ],
    scratch: [parts * count * bytesOf(dtype)],
  };
}

const product: Kernel<SplitSpec> = finished({
  name: "matmul",
  flops: (spec) => multiplyAddFlops(spec.dtype) * batchOf(spec) * spec.m * spec.n * spec.k,
  bindings: ({ dtype, bias }) => ({
    inputs: bias ? [dtype, dtype, dtype] : [dtype, dtype],
    outputs: [dtype],
  }),
  variants: (spec, adapter) => tilesOf(spec, adapter).slice(0, MOST_VARIANTS).map((t) => t.name),
  wgsl(spec, adapter, variant) {
    const tile = named(tilesOf(spec, adapter), variant);
    return tile.kind === "staged" ? stagedShader(spec, tile) : registerShader(spec, adapter, tile);
  },
  cpu(spec, [a, b, bias], [out]) {
    const { dtype, m, n, k, parts } = spec;
    const words = lanesOf(dtype);
    const unroll = unrollOf(spec);
    const deep = depthOfPart(spec, unroll), whole = k - k % unroll;
    const batch = batchOf(spec);
    for (let part = 0; part < parts; part++) {
      const start = Math.min(part * deep, whole);
      const end = part === parts - 1 ? k : Math.min(start + deep, whole);
      for (let z = 0; z < batch; z++) {
        const aBase = matrixOf(z, spec.batchShape, spec.aBatchStrides) * m * k;
        const bBase = matrixOf(z, spec.batchShape, spec.bBatchStrides) * k * n;
        const base = (part * batch + z) * m * n;
        const gather = (
          source: typeof a,
          at0: number,
          step: number,
          conj: boolean,
          from: number,
          to: number,
          into: Float64Array,
          at: number,
        ) => {
          let s = (at0 + (start + from) * step) * words;
          for (let q = from; q < to; q++, s += step * words) {
            into[at++] = source[s];
            if (words === 2) into[at++] = conj ? -source[s + 1] : source[s + 1];
          }
        };
        hostProduct({
          field: dtype,
          rows: m,
          columns: n,
          depth: end - start,
          a: (row, ...rest) =>
            spec.transposeA
              ? gather(a, aBase + row, m, spec.conjA, ...rest)
              : gather(a, aBase + row * k, 1, spec.conjA, ...rest),
          b: (column, ...rest) =>
            spec.transposeB
              ? gather(b, bBase + column * k, 1, spec.conjB, ...rest)
              : gather(b, bBase + column, n, spec.conjB, ...rest),
          store(row, column, re, im) {
            const at = (base + row * n + column) * words;
            out[at] = spec.bias ? re + bias[column * words] : re;
            if (words === 2) out[at + 1] = spec.bias ? im + bias[column * 2 + 1] : im;
          },
        });
      }
    }
  },
  wasm(spec, module) {
    const { dtype, m, n, k, parts, transposeA, transposeB } = spec;
    const unroll = unrollOf(spec), deep = depthOfPart(spec, unroll), whole = k - k % unroll;
    const batch = batchOf(spec);
    const items: ProductItem[] = [];
    for (let part = 0; part < parts; part++) {
      const first = Math.min(part * deep, whole);
      const end = part === parts - 1 ? k : Math.min(first + deep, whole);
      for (let z = 0; z < batch; z++) {
        items.push({
          a: matrixOf(z, spec.batchShape, spec.aBatchStrides) * m * k,
          b: matrixOf(z, spec.batchShape, spec.bBatchStrides) * k * n,
          c: (part * batch + z) * m * n,
          bias: 0,
          first,
          count: end - first,
        });
      }
    }
    const run = wasmProduct({
      field: dtype,
      rows: m,
      columns: n,
      a: { row: digit(transposeA ? 1 : k), k: digit(transposeA ? m : 1), conj: spec.conjA },
      b: { column: digit(transposeB ? k : 1), k: digit(transposeB ? 1 : n), conj: spec.conjB },
      c: { row: digit(n), column: digit(1) },
      bias: spec.bias ? "columns" : "none",
      items,
    });
    return ([a, b, bias], [out]) => run(module, a, b, out, spec.bias ? bias : 0);
  },
}, (spec) => spec.parts * batchOf(spec) * spec.m * spec.n);

/** The ways to do the product, those first that are expected to be fastest. */
function tilesOf(spec: SplitSpec, adapter: Adapter): (RegisterTile | StagedTile)[] {
  const tiles = [...registerTiles(spec, adapter), ...stagedTiles(spec)];
  return ranked(
    adapter,
    spec.dtype,
    "loads at use",
    tiles,
    (tile) => tile.kind === "staged" ? stagedCost(spec, adapter, tile) : registerCost(spec, tile),
  );
}
