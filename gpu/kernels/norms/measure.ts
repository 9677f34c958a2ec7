/** How the CPU engine measures the channels that are to be turned, in float64. */
import type { HostArray } from "../../contract/dtype.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";
import { partition, place, runTiles } from "./channels.ts";
import { type BatchNormSpec, MOMENTS } from "./moments.ts";
import {
  axisOf,
  FRAME_AND_MOMENTS,
  frameAlong,
  isCorrelated,
  isDistant,
  isFar,
} from "./principal_axes.ts";

/**
 * The frames of the channels of x, {@link FRAME_AND_MOMENTS} words each, given their {@link MOMENTS}: zeros
 * for channels that are not turned, and null if none is.
 */
export type Measure = (
  s: BatchNormSpec,
  x: HostArray,
  moments: Float64Array,
) => Float64Array | null;

/**
 * The words of a channel in the table of axes: whether it is measured, μ as float32 numbers, u and a
 * zero. Of its sums: Σp₁, Σp₂, Σp₁², Σp₂² and Σp₁p₂ of p = conj(u) (x − μ).
 */
const TABLE = 6, SUMS = 5;

function measure(
  { n, channels, inner, aboutZero = false }: BatchNormSpec,
  given: Float64Array,
  sumsAlong: (table: Float64Array) => Float64Array,
): Float64Array | null {
  const count = n * inner;
  if (!anyIsMeasured(given, count)) return null;
  const moments = given.map((sum, k) => k % MOMENTS < 2 ? sum : sum / count);
  const table = new Float64Array(TABLE * channels);
  if (mark((o) => isFar(moments[o + 2], moments[o + 3]), () => [1, 0])) {
    const known = momentsAlong();
    for (let c = 0; c < channels; c++) {
      if (table[TABLE * c] === 0) continue;
      moments.set(known.subarray(SUMS * c + 2, SUMS * (c + 1)), MOMENTS * c + 2);
    }
  }
  mark(
    (o) => table[TABLE * o / MOMENTS] !== 0 || isTurned(moments, o, 1),
    (o) => axisOf(moments[o + 2], moments[o + 3], moments[o + 4]),
  );
  const along = momentsAlong(), frames = new Float64Array(FRAME_AND_MOMENTS * channels);
  for (let c = 0; c < channels; c++) {
    const at = TABLE * c;
    if (table[at] === 0) continue;
    const own = along.subarray(SUMS * c, SUMS * (c + 1));
    frames.set(frameAlong(table[at + 3], table[at + 4], own), FRAME_AND_MOMENTS * c);
  }
  return frames;

  /** Enters those channels into the table; whether there are any. */
  function mark(which: (o: number) => boolean, axis: (o: number) => readonly number[]): boolean {
    let some = false;
    for (let c = 0, o = 0; c < channels; c++, o += MOMENTS) {
      if (!which(o)) continue;
      some = true;
      const [ur, ui] = axis(o), at = TABLE * c;
      table[at] = 1;
      table[at + 1] = Math.fround(moments[o]);
      table[at + 2] = Math.fround(moments[o + 1]);
      table[at + 3] = ur;
      table[at + 4] = ui;
    }
    return some;
  }

  /** The means and second moments of the table's channels, those about 0 without means. */
  function momentsAlong(): Float64Array {
    const sums = sumsAlong(table);
    for (let o = 0; o < sums.length; o += SUMS) {
      const m1 = aboutZero ? 0 : sums[o] / count, m2 = aboutZero ? 0 : sums[o + 1] / count;
      sums[o] = m1;
      sums[o + 1] = m2;
      sums[o + 2] = sums[o + 2] / count - m1 * m1;
      sums[o + 3] = sums[o + 3] / count - m2 * m2;
      sums[o + 4] = sums[o + 4] / count - m1 * m2;
    }
    return sums;
  }
}

/** Whether the channel whose moments begin there is turned; its second moments are divided by `count`. */
function isTurned(moments: Float64Array, o: number, count: number): boolean {
  const rr = moments[o + 2] / count, ii = moments[o + 3] / count;
  return isCorrelated(rr, ii, moments[o + 4] / count) ||
    isDistant(moments[o], moments[o + 1], rr, ii);
}

function anyIsMeasured(sums: Float64Array, count: number): boolean {
  for (let o = 0; o < sums.length; o += MOMENTS) {
    if (isTurned(sums, o, count) || isFar(sums[o + 2] / count, sums[o + 3] / count)) return true;
  }
  return false;
}

/** In plain TypeScript. */
export const measureOnHost: Measure = (s, x, moments) =>
  measure(s, moments, (table) => {
    const sums = new Float64Array(SUMS * s.channels);
    for (let c = 0; c < s.channels; c++) {
      const [on, mr, mi, ur, ui] = table.subarray(TABLE * c, TABLE * (c + 1));
      if (on === 0) continue;
      let m1 = 0, m2 = 0, l1 = 0, l2 = 0, both = 0;
      for (let k = 0; k < s.n * s.inner; k++) {
        const at = 2 * place(s, c, k), dr = x[at] - mr, di = x[at + 1] - mi;
        const along = ur * dr + ui * di, across = ur * di - ui * dr;
        m1 += along;
        m2 += across;
        l1 += along * along;
        l2 += across * across;
        both += along * across;
      }
      sums.set([m1, m2, l1, l2, both], SUMS * c);
    }
    return sums;
  });

/** In WebAssembly, on x at that address. */
export const measureInWasm = (module: WasmModule, x: number): Measure => (s, _, moments) =>
  measure(s, moments, (table) => {
    const { parts } = partition(s), words = SUMS * parts / 8;
    const sums = new Float64Array(SUMS * s.channels);
    module.borrow(8 * (TABLE + words) * s.channels, (at) => {
      new Float64Array(module.buffer, at, table.length).set(table);
      const out = at + 8 * table.length;
      runTiles(module, "sumsAlong", s, [x, at], out);
      const partial = new Float64Array(module.buffer, out, words * s.channels);
      for (let c = 0; c < s.channels; c++) {
        if (table[TABLE * c] === 0) continue;
        for (let k = 0; k < words; k++) sums[SUMS * c + k % SUMS] += partial[words * c + k];
      }
    });
    return sums;
  });
