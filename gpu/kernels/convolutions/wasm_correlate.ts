/** Correlations in WebAssembly, as matrix products of packed weights and images. */
import { range } from "../../contract/collections.ts";
import { bytesOf } from "../../contract/dtype.ts";
import type { WasmRun } from "../../contract/kernel.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";
import type { CorrelateSpec } from "./correlate_patch.ts";
import { paddedRows } from "./pack_weights.ts";
import { padded, placePlanes } from "./wasm_padding.ts";
import { digit, wasmProduct } from "../products/wasm_product.ts";

/** Products of less depth spend their time on adding tiles to the images. */
const LEAST_DEPTH = 8;
/** A product that scatters takes this much longer than one that gathers. */
const SCATTERING = 1.3;

/** The correlation: every output gathered from the input, or every input scattered to the output. */
export function wasmCorrelate(spec: CorrelateSpec, module: WasmModule): WasmRun {
  const { batch, groups, depth, input, output, step } = spec;
  const scatters = !spec.bias && step.every((s) => s === 1) && depth >= LEAST_DEPTH &&
    batch * groups >= 4 && input[0] * input[1] * SCATTERING <= output[0] * output[1];
  return scatters ? scattered(spec, module) : gathered(spec, module);
}

/** y[m, (b, o)] = Σ_{d, t} w[(d, t), m] · x[(d, t), (b, o)]. */
function gathered(spec: CorrelateSpec, module: WasmModule): WasmRun {
  const { dtype, batch, groups, depth, rows, output, kernel, step, dilation } = spec;
  const images = padded({ ...spec, planes: batch * groups * depth });
  const [high, wide] = images.size, plane = high * wide;
  const pixels = output[0] * output[1], terms = depth * kernel[0] * kernel[1];
  const run = wasmProduct({
    field: dtype,
    rows,
    columns: batch * pixels,
    a: { row: digit(1), k: digit(paddedRows(rows)), conj: false },
    b: {
      column: { extents: output, steps: [groups * depth * plane, step[0] * wide, step[1]] },
      k: { extents: kernel, steps: [plane, dilation[0] * wide, dilation[1]] },
      conj: false,
    },
    c: {
      row: digit(pixels),
      column: { extents: [1, pixels], steps: [groups * rows * pixels, 0, 1] },
    },
    bias: spec.bias ? "rows" : "none",
    items: range(groups).map((g) => ({
      a: g * terms * paddedRows(rows),
      b: g * depth * plane + images.origin,
      c: g * rows * pixels,
      bias: g * rows,
      first: 0,
      count: terms,
    })),
  });
  return ([x, weights, bias], [y]) =>
    images.run(module, x, (pointer) => run(module, weights, pointer, y, spec.bias ? bias : 0));
}

/**
 * y[m, i·lift + padding − t·dilation] += Σ_d w[d, (t, m)] · x[d, i] for every pixel i of every image:
 * fewer products, where zeros around and between the pixels would be most of what is gathered.
 */
function scattered(spec: CorrelateSpec, module: WasmModule): WasmRun {
  const { dtype, batch, groups, depth, rows, input, output, kernel, lift, padding } = spec;
  const { dilation } = spec;
  const last = kernel.map((n, axis) => (n - 1) * dilation[axis]);
  // All the places that taps reach; the output is a part of them, or the whole.
  const reach = input.map((n, axis) => (n - 1) * lift[axis] + 1 + last[axis]) as [number, number];
  const corner = padding.map((n, axis) => n - last[axis]) as [number, number];
  const exact = corner.every((n) => n === 0) && reach.every((n, axis) => n === output[axis]);
  const wide = reach[1], plane = reach[0] * wide, pixels = input[0] * input[1];
  const padRows = paddedRows(rows), taps = kernel[0] * kernel[1];
  const extents: readonly [number, number] = [kernel[1], rows];
  const run = wasmProduct({
    field: dtype,
    rows: taps * rows,
    columns: pixels,
    a: {
      row: { extents, steps: [kernel[1] * padRows, padRows, 1] },
      k: digit(taps * padRows),
      conj: false,
    },
    b: { column: digit(1), k: digit(pixels), conj: false },
    c: {
      row: { extents, steps: [-dilation[0] * wide, -dilation[1], plane] },
      column: { extents: [1, input[1]], steps: [lift[0] * wide, 0, lift[1]] },
    },
    bias: "none",
    items: range(batch * groups).map((item) => ({
      a: (item % groups) * depth * taps * padRows,
      b: item * depth * pixels,
      c: item * rows * plane,
      bias: 0,
      first: 0,
      count: depth,
    })),
    overlap: { size: rows * plane, origin: last[0] * wide + last[1] },
  });
  if (exact) return ([x, weights], [y]) => run(module, weights, x, y, 0);
  const planes = batch * groups * rows;
  const cut = placePlanes({ dtype, planes, input: reach, output, corner, lift: [1, 1] });
  return ([x, weights], [y]) =>
    module.borrow(planes * plane * bytesOf(dtype), (sums) => {
      run(module, weights, x, sums, 0);
      cut(module, sums, y);
    });
}
