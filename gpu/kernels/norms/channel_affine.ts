/**
 * y = A (x − μ) + β with a matrix of each channel: how the CPU engine normalises. Of a channel that is
 * turned it is A p + β, with p as in `principal_axes.ts`.
 */
import type { HostArray } from "../../contract/dtype.ts";
import type { Kernel, Params } from "../../contract/kernel.ts";
import { type ChannelSpec, eachRow, runElements } from "./channels.ts";
import { hostFrame, turned } from "./principal_axes.ts";

/** A channel's words in the table: μ, β and A by rows, a frame, a zero. */
const WORDS = 16;

/**
 * Writes a channel's words at `at` of the table, which holds zeros, from the kernel's inputs behind x; the
 * frame where the channel is turned.
 */
export type Coefficients<Spec> = (
  spec: Spec,
  inputs: readonly HostArray[],
  params: Params,
  channel: number,
  table: Float64Array | Float32Array,
  at: number,
) => void;

/** Both forms of a kernel whose first input is x [n, channels, inner] and whose output is like it. */
export function channelAffine<Spec extends ChannelSpec>(
  coefficients: Coefficients<Spec>,
): Required<Pick<Kernel<Spec>, "cpu" | "wasm">> {
  return {
    cpu(s, [x, ...rest], [y], params) {
      const table = new Float64Array(WORDS * s.channels);
      for (let c = 0; c < s.channels; c++) coefficients(s, rest, params, c, table, WORDS * c);
      eachRow(s, (channel, first, end) => {
        const own = table.subarray(WORDS * channel, WORDS * (channel + 1));
        const [mr, mi, br, bi, arr, ari, air, aii] = own;
        const frame = hostFrame(own, 8);
        for (let k = 2 * first; k < 2 * end; k += 2) {
          let dr = x[k] - mr, di = x[k + 1] - mi;
          if (frame) [dr, di] = turned(frame, dr, di);
          y[k] = arr * dr + ari * di + br;
          y[k + 1] = air * dr + aii * di + bi;
        }
      });
    },
    wasm: (s, module) => ([x, ...rest], [y], params) =>
      module.borrow(4 * WORDS * s.channels, (table) => {
        const views = rest.map((pointer) => new Float32Array(module.buffer, pointer));
        const words = new Float32Array(module.buffer, table, WORDS * s.channels);
        words.fill(0);
        for (let c = 0; c < s.channels; c++) {
          coefficients(s, views, params, c, words, WORDS * c);
        }
        runElements(module, "channelAffine", s, [x, table], y);
      }),
  };
}
