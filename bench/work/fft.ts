/** Fourier transforms. */
import { fftn } from "@argand/argand";
import { complexSamples, places, random, sizeOf } from "../numbers.ts";
import { contender, uploadPair } from "../peers/peer.ts";
import { complexInput, ours, type Work } from "./work.ts";

/** The transform along the last axis, or the last two. */
export function transform(shape: number[], axes: 1 | 2): Work {
  const data = random(2 * sizeOf(shape));
  const [rows, columns] = [shape.length > 1 ? shape.at(-2)! : 1, shape.at(-1)!];
  const along = axes === 1 ? [shape.length - 1] : [shape.length - 2, shape.length - 1];
  return {
    key: `fft ${shape.join("×")}${axes === 2 ? " in 2-D" : ""}`,
    flop: 5 * sizeOf(shape) * Math.log2(axes === 2 ? rows * columns : columns),
    bytes: axes * 2 * 8 * sizeOf(shape), // one traversal an axis
    samples() {
      const several = places(sizeOf(shape), 6);
      return complexSamples(several.map((at) => {
        const [row, column] = [Math.floor(at / columns), at % columns];
        let [re, im] = [0, 0];
        for (let r = axes === 2 ? 0 : row; r < (axes === 2 ? rows : row + 1); r++) {
          for (let k = 0; k < columns; k++) {
            const turns = (axes === 2 ? (r * row % rows) / rows : 0) +
              (k * column % columns) / columns;
            const [cos, sin] = [Math.cos(2 * Math.PI * turns), -Math.sin(2 * Math.PI * turns)];
            const p = 2 * (r * columns + k);
            re += data[p] * cos - data[p + 1] * sin;
            im += data[p] * sin + data[p + 1] * cos;
          }
        }
        return { at, re, im };
      }));
    },
    ours() {
      const x = complexInput(data, shape);
      return ours(shape, () => fftn(x, { axes: along }));
    },
    theirs(peer) {
      if (columns > peer.longestFft) return "quadratic";
      return contender(
        peer,
        uploadPair(peer, data, shape),
        (re, im) => [...peer.ops.fft([re, im], axes)],
      );
    },
  };
}

/** What is measured. */
export function transforms(full: boolean): Work[] {
  const long = full ? [transform([2 ** 20], 1)] : [];
  return [transform([64, 1024], 1), transform([512, 512], 2), ...long];
}
