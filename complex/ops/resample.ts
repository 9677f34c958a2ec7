/** Banded linear maps along one axis, given by tables of the host; their derivatives are such maps too. */
import { resample as kernel } from "../../gpu/kernels/windows/resample.ts";
import { inexact, type RealDType, realOf } from "../../gpu/contract/dtype.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { copied, hostNode, Node, type Primitive } from "../lazy/graph.ts";
import { around } from "../lazy/shape.ts";

/** The most weights of a row that one thread sums; longer rows are split. */
const LONGEST = 256;

/**
 * The table of a banded map: output j is the sum over t < count of weights[j·taps + t] times input
 * start + t, where spans[2j] is start and spans[2j + 1] is count.
 */
export class Band {
  /** The size of the axis before. */
  readonly inputs: number;
  /** The size of the axis after. */
  readonly outputs: number;
  /** The most weights of a row. */
  readonly taps: number;
  /** uint32 [outputs, 2]. */
  readonly spans: Node;
  readonly #spans: Uint32Array;
  readonly #weights: Float64Array;
  readonly #rounded = new Map<RealDType, Node>();
  #transposed: Band | null = null;
  #pieces: [Band, Band] | null = null;

  /** The arrays must not change afterwards. */
  constructor(inputs: number, taps: number, spans: Uint32Array, weights: Float64Array) {
    this.inputs = inputs;
    this.outputs = spans.length / 2;
    this.taps = taps;
    this.#spans = spans;
    this.#weights = weights;
    this.spans = hostNode(spans, [this.outputs, 2], "uint32");
  }

  /** The weights [outputs, taps] in a precision. */
  weights(dtype: RealDType): Node {
    let node = this.#rounded.get(dtype);
    if (!node) {
      node = copied(this.#weights, [this.outputs, this.taps], dtype);
      this.#rounded.set(dtype, node);
    }
    return node;
  }

  /** Calls `visit` for every weight of the map. */
  #each(visit: (j: number, input: number, weight: number) => void): void {
    for (let j = 0; j < this.outputs; j++) {
      const [start, count] = [this.#spans[2 * j], this.#spans[2 * j + 1]];
      for (let t = 0; t < count; t++) visit(j, start + t, this.#weights[j * this.taps + t]);
    }
  }

  /** The map with inputs and outputs exchanged. */
  get transposed(): Band {
    if (this.#transposed) return this.#transposed;
    const spans = new Uint32Array(2 * this.inputs);
    let taps = 1;
    this.#each((j, k) => {
      if (spans[2 * k + 1] === 0) spans[2 * k] = j;
      spans[2 * k + 1] = j - spans[2 * k] + 1;
      taps = Math.max(taps, spans[2 * k + 1]);
    });
    const weights = new Float64Array(this.inputs * taps);
    this.#each((j, k, weight) => weights[k * taps + j - spans[2 * k]] = weight);
    this.#transposed = new Band(this.outputs, taps, spans, weights);
    this.#transposed.#transposed = this;
    return this.#transposed;
  }

  /** Two maps whose composition is this one: sums over parts of each row, and the sums of those. */
  get pieces(): [Band, Band] {
    if (this.#pieces) return this.#pieces;
    const spans: number[] = [];
    const weights: number[] = [];
    const sums = new Uint32Array(2 * this.outputs);
    for (let j = 0; j < this.outputs; j++) {
      const [start, count] = [this.#spans[2 * j], this.#spans[2 * j + 1]];
      sums.set([spans.length / 2, Math.ceil(count / LONGEST)], 2 * j);
      for (let t = 0; t < count; t += LONGEST) {
        spans.push(start + t, Math.min(LONGEST, count - t));
        for (let k = 0; k < LONGEST; k++) {
          weights.push(t + k < count ? this.#weights[j * this.taps + t + k] : 0);
        }
      }
    }
    const most = Math.ceil(this.taps / LONGEST);
    this.#pieces = [
      new Band(this.inputs, LONGEST, Uint32Array.from(spans), Float64Array.from(weights)),
      new Band(spans.length / 2, most, sums, new Float64Array(this.outputs * most).fill(1)),
    ];
    return this.#pieces;
  }
}

/** Its attribute is the axis. */
const RESAMPLE: Primitive<number, Band> = {
  name: "resample",
  lowering: {
    kind: "program",
    program: ({ shape, dtype, inputs: [x, spans, weights], attrs: axis }) =>
      single(kernel, {
        dtype: inexact(dtype),
        inputs: x.shape[axis],
        outputs: spans.shape[0],
        taps: weights.shape[1],
        ...around(shape, axis),
      }),
  },
  vjp: ({ attrs: axis, saved: band }, [g]) => [resample(g!, axis, band.transposed), null, null],
};

/** The band applied along an axis, which must have as many elements as the band has inputs. */
export function resample(x: Node, axis: number, band: Band): Node {
  if (band.taps > LONGEST) {
    const [parts, sums] = band.pieces;
    return resample(resample(x, axis, parts), axis, sums);
  }
  const shape = x.shape.map((n, d) => (d === axis ? band.outputs : n));
  const inputs = [x, band.spans, band.weights(realOf(inexact(x.dtype)))];
  return new Node(RESAMPLE, inputs, [{ shape, dtype: x.dtype }], axis, null, undefined, band);
}
