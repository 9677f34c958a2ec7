/** How the CPU engine measures the channels that are to be turned, in float64. */
import type { HostArray } from "../../contract/dtype.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";
import { partition, place, runTiles } from "./channels.ts";
import type { BatchNormSpec, Moments } from "./moments.ts";
import {
  axisOf,
  type Frame,
  frameAlong,
  isCorrelated,
  isDistant,
  isFar,
  type Spread,
  spreadOf,
  type Sums,
} from "./principal_axes.ts";

/** The frames of the channels of x that are to be turned, given μr, μi and the sums of second moments of all. */
export type Measure = (
  s: BatchNormSpec,
  x: HostArray,
  moments: readonly Moments[],
) => ReadonlyMap<number, Frame>;

/** A channel, its μ as float32 numbers, and the axis along which its sums are taken. */
interface Line {
  readonly channel: number;
  readonly mean: readonly [number, number];
  readonly axis: readonly [number, number];
}

/** The sums of p = conj(u) (x − μ) over each of those channels. */
type SumsOf = (lines: readonly Line[]) => readonly Sums[];

function measure(
  { n, inner, aboutZero = false }: BatchNormSpec,
  moments: readonly Moments[],
  sumsOf: SumsOf,
): Map<number, Frame> {
  const count = n * inner;
  const spreads = moments.map(([, , rr, ii, ri]): Spread => [rr / count, ii / count, ri / count]);
  const line = (channel: number, axis: readonly [number, number]): Line => {
    const [mr, mi] = moments[channel];
    return { channel, mean: [Math.fround(mr), Math.fround(mi)], axis };
  };
  const channels = moments.map((_, c) => c);
  const far = channels.filter((c) => isFar(spreads[c])).map((c) => line(c, [1, 0]));
  sumsOf(far).forEach((sums, k) => {
    spreads[far[k].channel] = spreadOf(sums, count, aboutZero);
  });
  const turned = new Set(far.map(({ channel }) => channel));
  for (const c of channels) {
    const [mr, mi] = moments[c];
    if (isCorrelated(spreads[c]) || isDistant([mr, mi], spreads[c])) turned.add(c);
  }
  const lines = [...turned].map((c) => line(c, axisOf(spreads[c])));
  const sums = sumsOf(lines);
  return new Map(
    lines.map(({ channel, axis }, k) => [channel, frameAlong(axis, sums[k], count, aboutZero)]),
  );
}

/** In plain TypeScript. */
export const measureOnHost: Measure = (s, x, moments) =>
  measure(s, moments, (lines) =>
    lines.map(({ channel, mean: [mr, mi], axis: [ur, ui] }) => {
      let m1 = 0, m2 = 0, l1 = 0, l2 = 0, both = 0;
      for (let k = 0; k < s.n * s.inner; k++) {
        const at = 2 * place(s, channel, k), dr = x[at] - mr, di = x[at + 1] - mi;
        const along = ur * dr + ui * di, across = ur * di - ui * dr;
        m1 += along;
        m2 += across;
        l1 += along * along;
        l2 += across * across;
        both += along * across;
      }
      return [m1, m2, l1, l2, both];
    }));

/** The numbers of a channel in the table, and of a tile's sums: those of `assembly/moments.ts`. */
const TABLE = 6, SUMS = 5;

/** In WebAssembly, on x at that address. */
export const measureInWasm = (module: WasmModule, x: number): Measure => (s, _, moments) =>
  measure(s, moments, (lines) => {
    if (lines.length === 0) return [];
    const { parts } = partition(s), tiles = parts / 8;
    const words = SUMS * tiles;
    const found: Sums[] = [];
    module.borrow(8 * (TABLE + words) * s.channels, (table) => {
      const axes = new Float64Array(module.buffer, table, TABLE * s.channels);
      axes.fill(0);
      for (const { channel, mean, axis } of lines) axes.set([1, ...mean, ...axis], TABLE * channel);
      const out = table + 8 * TABLE * s.channels;
      runTiles(module, "sumsAlong", s, [x, table], out);
      const partial = new Float64Array(module.buffer, out, words * s.channels);
      for (const { channel } of lines) {
        const sums = new Float64Array(SUMS);
        for (let k = 0; k < words; k++) sums[k % SUMS] += partial[words * channel + k];
        found.push(sums);
      }
    });
    return found;
  });
