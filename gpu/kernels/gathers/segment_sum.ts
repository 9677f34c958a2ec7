/**
 * Sums over segments of rows: the adjoint of a gather, once its labels are sorted. No result waits
 * for another, so that the sums are the same whatever the number of threads.
 */
import { bytesOf, type InexactDType, lanesOf, wgslOf } from "../../contract/dtype.ts";
import {
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  type Slot,
} from "../../contract/kernel.ts";

/** The most rows of a segment that one thread adds up. */
export const LONGEST_SEGMENT = 128;

/** x is [outer, rows, inner], the result [outer, segments, inner]. */
export interface SegmentSpec {
  readonly dtype: InexactDType;
  readonly outer: number;
  readonly rows: number;
  readonly segments: number;
  readonly inner: number;
  /** Whether the rows come in an order of their own. */
  readonly ordered: boolean;
}

/** Floats that a thread of the CPU engine adds up at once. */
const CHUNK = 16384;

/**
 * x, the offsets of the segments uint32 [segments + 1], and where `ordered` also order uint32 [rows] →
 * y[o, s] = Σ x[o, order[k]] over offsets[s] ≤ k < offsets[s + 1]. A segment has
 * {@link LONGEST_SEGMENT} rows at most.
 */
const segmentSum: Kernel<SegmentSpec> = {
  name: "segmentSum",
  bindings: ({ dtype, ordered }) => ({
    inputs: ordered ? [dtype, "uint32", "uint32"] : [dtype, "uint32"],
    outputs: [dtype],
  }),
  wgsl({ dtype, outer, rows, segments, inner, ordered }) {
    const size = outer * segments * inner;
    return {
      source: linearMain(
        size,
        `  let place = i / ${inner}u;
  let base = (place / ${segments}u) * ${rows}u;
  let end = in1[place % ${segments}u + 1u];
  var sum = ${wgslOf(dtype)}();
  for (var k = in1[place % ${segments}u]; k < end; k = k + 1u) {
    sum = sum + in0[(base + ${ordered ? "in2[k]" : "k"}) * ${inner}u + i % ${inner}u];
  }
  out0[i] = sum;`,
      ),
      workgroups: linearGrid(size),
    };
  },
  cpu({ dtype, outer, rows, segments, inner, ordered }, [x, offsets, order], [y]) {
    const width = inner * lanesOf(dtype);
    y.fill(0);
    for (let o = 0; o < outer; o++) {
      for (let s = 0; s < segments; s++) {
        const to = (o * segments + s) * width;
        for (let k = offsets[s]; k < offsets[s + 1]; k++) {
          const from = (o * rows + (ordered ? order[k] : k)) * width;
          for (let w = 0; w < width; w++) y[to + w] += x[from + w];
        }
      }
    }
  },
  wasm({ dtype, outer, rows, segments, inner, ordered }, module) {
    const width = inner * lanesOf(dtype), count = outer * segments;
    const size = Math.max(1, Math.floor(CHUNK / width / Math.max(1, rows / segments)));
    return ([x, offsets, order], [y]) => {
      const words = [x, offsets, ordered ? order : 0, y, rows, segments, width, count, size];
      const work = outer * (segments + rows * (1 + width / 4));
      module.parallel("sumSegments", module.args(words), Math.ceil(count / size), work);
    };
  },
};

/** g is [outer, picks, inner] and the result [outer, segments[last], inner]. */
export interface ScatterAddSpec {
  readonly dtype: InexactDType;
  readonly outer: number;
  readonly picks: number;
  readonly inner: number;
  /** The results of each round: the parts of long segments, the parts of those, the segments. */
  readonly segments: readonly number[];
}

/**
 * The adjoint of a gather: g, the order that sorts the labels, uint32 [picks], and for each round the
 * offsets of its segments → [outer, rows, inner], equal labels added up in the order of the picks.
 */
export function scatterAdd({ dtype, outer, picks, inner, segments }: ScatterAddSpec): Program {
  const last = segments.length - 1;
  const steps = segments.map((count, round) => {
    const rows = round === 0 ? picks : segments[round - 1];
    const ordered = round === 0;
    const from: Slot = round === 0 ? "in0" : `tmp${round - 1}`;
    const offsets: Slot = `in${round + 2}`;
    return {
      kernel: segmentSum as Kernel,
      spec: { dtype, outer, rows, segments: count, inner, ordered } satisfies SegmentSpec,
      inputs: ordered ? [from, offsets, "in1" as Slot] : [from, offsets],
      outputs: [round === last ? "out0" as Slot : `tmp${round}` as Slot],
    };
  });
  return {
    steps,
    scratch: segments.slice(0, last).map((count) => outer * count * inner * bytesOf(dtype)),
  };
}
