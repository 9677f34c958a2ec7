/** The inner kernel of a convolution's gradient to its weights: a correlation summed over pixels. */
import { range } from "../../contract/collections.ts";
import { lanesOf, multiplyAddFlops } from "../../contract/dtype.ts";
import type { Kernel } from "../../contract/kernel.ts";
import { finished } from "../products/epilogue.ts";
import { hostProduct } from "../products/host_product.ts";
import { CHAIN, chained, type Reader, Sums, tileGrid, tileMain, when } from "../products/tile.ts";
import { padded } from "./wasm_padding.ts";
import { digit, wasmProduct } from "../products/wasm_product.ts";
import { Writer } from "../products/writer.ts";
import {
  choosePatch,
  type CorrelateWeightsSpec,
  type Patch,
  pixelsOf,
  readersOf,
  stretchesOf,
  texelsOf,
  threadsOf,
  tilesOf,
  weightsOf,
} from "./weights_patch.ts";

/** Inputs x and y; the output holds the partial sums. */
export const correlateWeights: Kernel<CorrelateWeightsSpec> = finished({
  name: "correlateWeights",
  flops: (spec) =>
    multiplyAddFlops(spec.dtype) * weightsOf(spec) * spec.batch * spec.output[0] * spec.output[1],
  bindings: ({ dtype }) => ({ inputs: [dtype, dtype], outputs: [dtype] }),
  variants: (spec, adapter) =>
    texelsOf(spec, adapter).length > 0 ? ["texels", "registers"] : ["registers"],
  wgsl(spec, adapter, variant) {
    const texels = variant === "registers" ? [] : texelsOf(spec, adapter);
    const patch = choosePatch(spec, adapter, texels);
    const threads = threadsOf(spec, patch);
    const { x, y } = readersOf(spec, patch, texels);
    const writer = new Writer(spec.dtype, 2, 1, spec.epilogue);
    return {
      source: `${x.declare()}\n${y.declare()}\n${writer.declare()}\n` +
        tileMain(adapter, threads, tileBody(spec, patch, x, y, writer)),
      workgroups: tileGrid(adapter, threads),
      texels: [x, y].filter((reader) => reader.texels).map(({ slot }) => slot),
    };
  },
  cpu(spec, [x, y], [out]) {
    const { dtype, groups, depth, rows, input, output, kernel, stride, padding } = spec;
    const { dilation, conj, parts } = spec;
    const words = lanesOf(dtype);
    const taps = kernel[0] * kernel[1], count = weightsOf(spec);
    const pixels = output[0] * output[1];
    for (let part = 0; part < parts; part++) {
      const { start, end } = pixelsOf(spec, part);
      for (let g = 0; g < groups; g++) {
        hostProduct({
          field: dtype,
          rows,
          columns: depth * taps,
          depth: end - start,
          a(row, from, to, into, at) {
            for (let p = start + from; p < start + to; p++) {
              const b = Math.floor(p / pixels);
              const e = (((b * groups + g) * rows + row) * pixels + p - b * pixels) * words;
              into[at++] = y[e];
              if (words === 2) into[at++] = y[e + 1];
            }
          },
          b(column, from, to, into, at) {
            const d = Math.floor(column / taps);
            const ty = Math.floor((column % taps) / kernel[1]) * dilation[0] - padding[0];
            const tx = (column % kernel[1]) * dilation[1] - padding[1];
            let ox = (start + from) % output[1];
            let oy = Math.floor((start + from) / output[1]) % output[0];
            let b = Math.floor((start + from) / pixels);
            for (let p = from; p < to; p++) {
              const iy = oy * stride[0] + ty, ix = ox * stride[1] + tx;
              const inside = iy >= 0 && ix >= 0 && iy < input[0] && ix < input[1];
              const row = ((b * groups + g) * depth + d) * input[0] + iy;
              const e = inside ? (row * input[1] + ix) * words : -1;
              into[at++] = inside ? x[e] : 0;
              if (words === 2) into[at++] = inside ? (conj ? -x[e + 1] : x[e + 1]) : 0;
              if (++ox === output[1]) {
                ox = 0;
                if (++oy === output[0]) {
                  oy = 0;
                  b++;
                }
              }
            }
          },
          store(row, column, re, im) {
            const at = (part * count + (g * rows + row) * depth * taps + column) * words;
            out[at] = re;
            if (words === 2) out[at + 1] = im;
          },
        });
      }
    }
  },
  wasm(spec, module) {
    const { dtype, batch, groups, depth, rows, output, kernel, stride, dilation, parts } = spec;
    const images = padded({
      ...spec,
      planes: batch * groups * depth,
      step: stride,
      lift: [1, 1],
    });
    const [high, wide] = images.size, plane = high * wide;
    const pixels = output[0] * output[1], columns = depth * kernel[0] * kernel[1];
    const run = wasmProduct({
      field: dtype,
      rows,
      columns,
      a: {
        row: digit(pixels),
        k: { extents: [1, pixels], steps: [groups * rows * pixels, 0, 1] },
        conj: false,
      },
      b: {
        column: { extents: kernel, steps: [plane, dilation[0] * wide, dilation[1]] },
        k: {
          extents: output,
          steps: [groups * depth * plane, stride[0] * wide, stride[1]],
        },
        conj: spec.conj,
      },
      c: { row: digit(columns), column: digit(1) },
      bias: "none",
      items: range(parts * groups).map((item) => {
        const part = Math.floor(item / groups), g = item % groups;
        const { start, end } = pixelsOf(spec, part);
        return {
          a: g * rows * pixels,
          b: g * depth * plane + images.origin,
          c: (part * groups + g) * rows * columns,
          bias: 0,
          first: start,
          count: end - start,
        };
      }),
    });
    return ([x, y], [out]) => images.run(module, x, (pointer) => run(module, y, pointer, out, 0));
  },
}, (spec) => spec.parts * weightsOf(spec));

function tileBody(
  spec: CorrelateWeightsSpec,
  patch: Patch,
  x: Reader,
  y: Reader,
  writer: Writer,
): string {
  const { dtype, batch, groups, depth, rows, input, output, kernel, stride, padding } = spec;
  const { dilation, parts } = spec;
  const [mTiles, dTiles, hTiles, wTiles] = tilesOf(spec, patch);
  const { unroll, steps, perRow } = stretchesOf(output[1]);
  const stretches = batch * output[0] * perRow, perPart = Math.ceil(stretches / parts);
  const units = input[1] / x.width;
  const reach = (axis: 0 | 1) =>
    (output[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] - padding[axis];
  const maskY = padding[0] > 0 || reach(0) >= input[0];
  const maskX = padding[1] > 0 || reach(1) >= input[1];
  const total = new Sums(dtype, patch.rows, patch.depth * patch.height * patch.width, "t");
  const inputRows = range(patch.depth).flatMap((d) =>
    range(patch.height).map((h) => ({ d, h, name: `${d}_${h}` }))
  );

  /** WGSL of one stretch of pixels. */
  const stretch = (sums: Sums): string => {
    x.begin();
    y.begin();
    const out = [
      `let line = s / ${perRow}u;`,
      `let b = line / ${output[0]}u;`,
      `let oy = line % ${output[0]}u;`,
      `let q_first = (s % ${perRow}u) * ${steps}u;`,
      `let q_last = min(q_first + ${steps}u, ${output[1] / unroll}u);`,
    ];
    for (const h of range(patch.height)) {
      out.push(
        `let at${h} = i32(oy) * ${stride[0]} + i32(h0 + ${h}u) * ${dilation[0]} - (${padding[0]});`,
      );
      if (maskY) out.push(`let ok${h} = at${h} >= 0 && at${h} < ${input[0]};`);
    }
    for (const { d, h, name } of inputRows) {
      const row = maskY ? `clamp(at${h}, 0, ${input[0] - 1})` : `at${h}`;
      out.push(
        `let line${name} = (((b * ${groups}u + group) * ${depth}u + d0 + ${d}u) * ${input[0]}u` +
          ` + u32(${row})) * ${units}u;`,
      );
    }
    for (const r of range(patch.rows)) {
      out.push(
        `let line_y${r} = (((b * ${groups}u + group) * ${rows}u + m0 + ${r}u) * ${
          output[0]
        }u + oy)` +
          ` * ${output[1] / y.width}u;`,
      );
    }
    out.push(`for (var q = q_first; q < q_last; q += 1u) {`);
    out.push(`let left = (q * ${unroll * stride[1]}u + w0 * ${dilation[1]}u) / ${x.width}u;`);
    for (const { name } of inputRows) out.push(`let x${name} = line${name} + left;`);
    for (const r of range(patch.rows)) {
      out.push(`let y${r} = line_y${r} + q * ${unroll}u / ${y.width}u;`);
    }
    const alone = unroll === output[1] && wTiles === 1;
    /** The pixel of x that tap c of pixel u meets; undefined where that is none. */
    const pixel = ({ h, name }: typeof inputRows[number], c: number, u: number) => {
      const offset = u * stride[1] + c * dilation[1] - padding[1];
      if (alone && (offset < 0 || offset >= input[1])) return undefined;
      return x.read(out, `x${name}`, offset, (unit) => {
        const conditions = maskY ? [`ok${h}`] : [];
        if (maskX && !alone) conditions.push(`u32(i32(left) + ${unit}) < ${units}u`);
        return conditions.join(" && ") || undefined;
      });
    };
    const products = inputRows.flatMap((row, k) =>
      range(patch.width).flatMap((c) => range(unroll).map((u) => ({ row, k, c, u })))
    );
    // All pixels are loaded first: between the products loads cost up to twice as much.
    for (const { row, c, u } of products) pixel(row, c, u);
    for (const r of range(patch.rows)) {
      for (const { row, k, c, u } of products) {
        const value = pixel(row, c, u);
        if (value === undefined) continue;
        const cotangent = y.read(out, `y${r}`, u);
        out.push(sums.multiplyAdd(r, k * patch.width + c, cotangent, value, false, spec.conj));
      }
    }
    return `${out.join("\n")}\n}`;
  };

  const lines = [
    `let w0 = (i % ${wTiles}u) * ${patch.width}u;`,
    `let h0 = ((i / ${wTiles}u) % ${hTiles}u) * ${patch.height}u;`,
    `let d0 = ((i / ${wTiles * hTiles}u) % ${dTiles}u) * ${patch.depth}u;`,
    `let m0 = ((i / ${wTiles * hTiles * dTiles}u) % ${mTiles}u) * ${patch.rows}u;`,
    `let group = (i / ${wTiles * hTiles * dTiles * mTiles}u) % ${groups}u;`,
    `let part = i / ${wTiles * hTiles * dTiles * mTiles * groups}u;`,
    total.declare(),
    chained(total, {
      name: "s",
      from: `part * ${perPart}u`,
      to: `min((part + 1u) * ${perPart}u, ${stretches}u)`,
      chain: Math.max(1, Math.floor(CHAIN / (steps * unroll))),
      long: perPart * steps * unroll > 2 * CHAIN,
    }, stretch),
    `let weights = part * ${weightsOf(spec)}u;`,
  ];
  for (const r of range(patch.rows)) {
    const stores = inputRows.map(({ d, h }, k) => {
      const row =
        `(((group * ${rows}u + m0 + ${r}u) * ${depth}u + d0 + ${d}u) * ${kernel[0]}u + h0` +
        ` + ${h}u) * ${kernel[1]}u + w0`;
      const taps = range(patch.width).map((c) =>
        when(
          kernel[1] % patch.width === 0,
          `w0 + ${c}u < ${kernel[1]}u`,
          writer.put(`weights + ${row} + ${c}u`, [total.element(r, k * patch.width + c)]),
        )
      ).join("\n");
      const inDepth = when(depth % patch.depth === 0, `d0 + ${d}u < ${depth}u`, taps);
      return when(kernel[0] % patch.height === 0, `h0 + ${h}u < ${kernel[0]}u`, inDepth);
    }).join("\n");
    lines.push(when(rows % patch.rows === 0, `m0 + ${r}u < ${rows}u`, stores));
  }
  return lines.join("\n");
}
