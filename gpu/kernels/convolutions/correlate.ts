/**
 * The inner kernel of convolutions: correlates images with packed weights. It serves the forward pass
 * and, with lifted positions, the gradient to the input.
 */
import { range } from "../../contract/collections.ts";
import { lanesOf, multiplyAddFlops } from "../../contract/dtype.ts";
import type { Adapter, Kernel } from "../../contract/kernel.ts";
import {
  advance,
  choosePatch,
  type CorrelateSpec,
  overhangs,
  type Patch,
  readersOf,
  stridesOverTaps,
  texelsOf,
  threadsOf,
  tilesOf,
  uniformsOf,
} from "./correlate_patch.ts";
import { cooperates } from "../costs.ts";
import { stagedShader, stagedTiles } from "./correlate_staged.ts";
import { finished } from "../products/epilogue.ts";
import { hostProduct } from "../products/host_product.ts";
import { paddedRows } from "./pack_weights.ts";
import {
  CHAIN,
  chained,
  loadWidth,
  type Reader,
  Sums,
  type Term,
  tileGrid,
  tileMain,
  when,
} from "../products/tile.ts";
import { Writer } from "../products/writer.ts";
import { wasmCorrelate } from "./wasm_correlate.ts";

/** The correlation itself; inputs x, packed weights and, where asked, the bias. */
export const correlate: Kernel<CorrelateSpec> = finished({
  name: "correlate",
  flops({ dtype, batch, groups, depth, rows, output, kernel, lift }) {
    const sums = batch * groups * rows * output[0] * output[1];
    return multiplyAddFlops(dtype) * sums * depth * kernel[0] * kernel[1] / (lift[0] * lift[1]);
  },
  bindings: ({ dtype, bias }) => ({
    inputs: bias ? [dtype, dtype, dtype] : [dtype, dtype],
    outputs: [dtype],
  }),
  variants: variantsOf,
  wgsl(spec, adapter, variant) {
    const tile = stagedTiles(spec).find(({ name }) => name === variant);
    if (tile) return stagedShader(spec, tile);
    const uniforms = uniformsOf(spec, adapter);
    const texels = variant !== "registers" && texelsOf(spec, adapter);
    const sources = { uniform: uniforms > 0, texels };
    const patch = choosePatch(spec, adapter, sources);
    const threads = threadsOf(spec, patch);
    const readers = readersOf(spec, patch, sources);
    const { declarations, body } = tileBody(spec, patch, readers);
    return {
      source: `${declarations}\n${tileMain(adapter, threads, body)}`,
      workgroups: tileGrid(adapter, threads),
      uniforms: uniforms > 0 ? { 1: uniforms } : undefined,
      texels: readers.x.texels ? [0] : undefined,
      rounds: spec.depth * (spec.kernel[0] + 2),
    };
  },
  cpu(spec, [x, weights, bias], [y]) {
    const { dtype, batch, groups, depth, rows, input, output, kernel, step, lift } = spec;
    const { padding, dilation } = spec;
    const words = lanesOf(dtype);
    const padded = paddedRows(rows), taps = kernel[0] * kernel[1];
    const pixels = output[0] * output[1];
    for (let z = 0; z < batch * groups; z++) {
      const g = z % groups;
      hostProduct({
        field: dtype,
        rows,
        columns: pixels,
        depth: depth * taps,
        a(row, from, to, into, at) {
          for (let k = from; k < to; k++) {
            const e = ((g * depth * taps + k) * padded + row) * words;
            into[at++] = weights[e];
            if (words === 2) into[at++] = weights[e + 1];
          }
        },
        b(pixel, from, to, into, at) {
          const py = Math.floor(pixel / output[1]) * step[0] - padding[0];
          const px = (pixel % output[1]) * step[1] - padding[1];
          let d = Math.floor(from / taps), ty = Math.floor((from % taps) / kernel[1]);
          let tx = from % kernel[1];
          for (let k = from; k < to; k++) {
            const sy = py + ty * dilation[0], sx = px + tx * dilation[1];
            const iy = sy / lift[0], ix = sx / lift[1];
            const inside = sy >= 0 && sx >= 0 && iy < input[0] && ix < input[1] &&
              sy % lift[0] === 0 && sx % lift[1] === 0;
            const e = inside ? (((z * depth + d) * input[0] + iy) * input[1] + ix) * words : -1;
            into[at++] = inside ? x[e] : 0;
            if (words === 2) into[at++] = inside ? x[e + 1] : 0;
            if (++tx === kernel[1]) {
              tx = 0;
              if (++ty === kernel[0]) {
                ty = 0;
                d++;
              }
            }
          }
        },
        store(row, pixel, re, im) {
          const at = ((z * rows + row) * pixels + pixel) * words, m = (g * rows + row) * words;
          y[at] = spec.bias ? re + bias[m] : re;
          if (words === 2) y[at + 1] = spec.bias ? im + bias[m + 1] : im;
        },
      });
    }
  },
  wasm: wasmCorrelate,
}, ({ batch, groups, rows, output }) => batch * groups * rows * output[0] * output[1]);

/** WGSL of the first and the last (exclusive) row of taps for which the patch meets the input. */
function tapBounds(spec: CorrelateSpec, patch: Patch): string[] {
  const { input, kernel, step, lift, dilation } = spec;
  const [dil, span] = [dilation[0], (patch.height - 1) * step[0]];
  const first = `max(0, (${dil - 1 - span} - top) / ${dil})`;
  const last = `clamp((${input[0] * lift[0] - 1 + dil} - top) / ${dil}, 0, ${kernel[0]})`;
  const lines = [`let ky_low = ${first};`, `let ky_last = u32(${last});`];
  if (!stridesOverTaps(spec, patch)) return [...lines, "let ky_first = u32(ky_low);"];
  const l = lift[0];
  return [
    ...lines,
    // The position of ky_low is not negative, since the patch is one row high.
    `let ky_first = u32(ky_low + (${l} - (top + ky_low * ${dil}) % ${l}) % ${l});`,
  ];
}

/** The variants of the correlation; the tuner finds the fastest one on hardware. */
function variantsOf(spec: CorrelateSpec, adapter: Adapter): string[] {
  if (texelsOf(spec, adapter)) return ["texels", "registers"];
  if (!cooperates(adapter)) return ["registers"];
  return ["registers", ...stagedTiles(spec).map(({ name }) => name)];
}

function tileBody(
  spec: CorrelateSpec,
  patch: Patch,
  { x, w }: { x: Reader; w: Reader },
): { declarations: string; body: string } {
  const { dtype, groups, depth, rows, input, output, kernel, step, lift } = spec;
  const { padding, dilation } = spec;
  const [mTiles, , xTiles] = tilesOf(spec, patch);
  const padded = paddedRows(rows), taps = kernel[0] * kernel[1];
  const total = new Sums(dtype, patch.rows, patch.height * patch.width, "t");
  const wide = loadWidth(dtype, output[1], patch.width);
  const out = new Writer(dtype, spec.bias ? 3 : 2, wide, spec.epilogue);
  const units = input[1] / x.width, hop = advance(spec, patch) / x.width;
  const bounded = overhangs(spec, 0) || lift[0] > 1, maskX = overhangs(spec, 1);
  const strided = stridesOverTaps(spec, patch);
  const maskY = bounded && (patch.height > 1 || (lift[0] > 1 && !strided));

  /** WGSL of one row of taps: everything that the weights w[g, d, ky, ·, ·] contribute. */
  const rowOfTaps = (sums: Sums): string => {
    x.begin();
    w.begin();
    const code = [`let w = w_group + (d * ${kernel[0]}u + ky) * ${kernel[1] * padded / w.width}u;`];
    for (const r of range(patch.height)) {
      code.push(`let at${r} = top + ${r * step[0]} + i32(ky) * ${dilation[0]};`);
      let row = lift[0] > 1 ? `at${r} / ${lift[0]}` : `at${r}`;
      if (maskY) {
        const divides = lift[0] > 1 ? ` && at${r} % ${lift[0]} == 0` : "";
        code.push(`let ok${r} = at${r} >= 0 && at${r} < ${input[0] * lift[0]}${divides};`);
        row = `clamp(at${r} / ${lift[0]}, 0, ${input[0] - 1})`;
      }
      code.push(`let x${r} = x_group + (d * ${input[0]}u + u32(${row})) * ${units}u + left;`);
    }
    /** The element of x that tap kx of pixel [r, c] meets; undefined where that is none. */
    const pixel = (r: number, c: number, kx: number): Term | undefined => {
      const position = c * step[1] + kx * dilation[1] - padding[1];
      if (position % lift[1] !== 0) return undefined;
      const offset = position / lift[1];
      if (xTiles === 1 && (offset < 0 || offset >= input[1])) return undefined;
      return x.read(code, `x${r}`, offset, (unit) => {
        const conditions = maskY ? [`ok${r}`] : [];
        if (maskX && xTiles > 1) conditions.push(`u32(i32(left) + ${unit}) < ${units}u`);
        return conditions.join(" && ") || undefined;
      });
    };
    const products = range(patch.height).flatMap((r) =>
      range(patch.width).flatMap((c) => range(kernel[1]).map((kx) => ({ r, c, kx })))
    );
    // All pixels are loaded first: between the products loads cost up to twice as much.
    for (const { r, c, kx } of products) pixel(r, c, kx);
    for (const m of range(patch.rows)) {
      for (const { r, c, kx } of products) {
        const value = pixel(r, c, kx);
        if (value === undefined) continue;
        const weight = w.read(code, "w", kx * padded + m);
        code.push(sums.multiplyAdd(m, r * patch.width + c, weight, value));
      }
    }
    const [from, to] = bounded ? ["ky_first", "ky_last"] : ["0u", `${kernel[0]}u`];
    const by = strided ? lift[0] : 1;
    return `for (var ky = ${from}; ky < ${to}; ky += ${by}u) {\n${code.join("\n")}\n}`;
  };

  const lines = [
    // Rows change last: neighbouring threads then meet the same edge and skip the same taps.
    `let x_tile = i % ${xTiles}u;`,
    `let m_tile = (i / ${xTiles}u) % ${mTiles}u;`,
    `let z = (i / ${xTiles * mTiles}u) % ${spec.batch * groups}u;`,
    `let y_tile = i / ${xTiles * mTiles * spec.batch * groups}u;`,
    `let group = z % ${groups}u;`,
    `let w_group = (group * ${depth * taps * padded}u + m_tile * ${patch.rows}u) / ${w.width}u;`,
    `let x_group = z * ${depth * input[0] * units}u;`,
    `let top = i32(y_tile) * ${patch.height * step[0]} - (${padding[0]});`,
    `let left = x_tile * ${hop}u;`,
    ...(bounded ? tapBounds(spec, patch) : []),
    total.declare(),
    chained(total, {
      name: "d",
      from: "0u",
      to: `${depth}u`,
      chain: Math.max(1, Math.floor(CHAIN / taps)),
      long: depth * taps > 2 * CHAIN,
    }, rowOfTaps),
    `let m = m_tile * ${patch.rows}u;`,
    `let oy = y_tile * ${patch.height}u;`,
    `let ox = x_tile * ${patch.width}u;`,
    `let o = ((z * ${rows}u + m) * ${output[0]}u + oy) * ${output[1]}u + ox;`,
  ];
  for (const e of range(patch.rows)) {
    const stores = range(patch.height).map((r) => {
      const store = out.store(
        total,
        e,
        r * patch.width,
        patch.width,
        "o",
        (e * output[0] + r) * output[1],
        (c) => output[1] % patch.width === 0 ? undefined : `ox + ${c}u < ${output[1]}u`,
      );
      return when(output[0] % patch.height === 0, `oy + ${r}u < ${output[0]}u`, store);
    });
    if (spec.bias) {
      const bias = `bias${e}`;
      stores.unshift(
        `let ${bias} = in2[group * ${rows}u + m + ${e}u];`,
        ...range(patch.height * patch.width).map((c) => total.addElement(e, c, bias)),
      );
    }
    lines.push(when(rows % patch.rows === 0, `m + ${e}u < ${rows}u`, stores.join("\n")));
  }
  return {
    declarations: `${x.declare()}\n${w.declare()}\n${out.declare()}`,
    body: lines.join("\n"),
  };
}
