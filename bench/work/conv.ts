/** Two-dimensional correlations and their two gradients. */
import { nn, valueAndGrad } from "@argand/argand";
import { complexSamples, places, random, type Sample, sizeOf } from "../numbers.ts";
import {
  bilinear,
  contender,
  type ConvRole,
  type ConvShape,
  convShape,
  outputSize,
  type Peer,
  type Real,
} from "../peers/peer.ts";
import { complexInput, ours, type Work } from "./work.ts";

interface Named extends ConvShape {
  readonly name: string;
}

const SHAPES: readonly Named[] = [
  {
    name: "10→20 k5, 64×12×12",
    ...{
      batch: 64,
      channels: 10,
      size: 12,
      outputs: 20,
      kernel: 5,
      stride: 1,
      padding: 0,
      groups: 1,
    },
  },
  {
    name: "64→64 k3, 4×28×28",
    ...{
      batch: 4,
      channels: 64,
      size: 28,
      outputs: 64,
      kernel: 3,
      stride: 1,
      padding: 1,
      groups: 1,
    },
  },
  {
    name: "3→32 k7 s2, 4×56×56",
    ...{
      batch: 4,
      channels: 3,
      size: 56,
      outputs: 32,
      kernel: 7,
      stride: 2,
      padding: 3,
      groups: 1,
    },
  },
  {
    name: "32→32 k3 depthwise, 8×28×28",
    ...{
      batch: 8,
      channels: 32,
      size: 28,
      outputs: 32,
      kernel: 3,
      stride: 1,
      padding: 1,
      groups: 32,
    },
  },
];

/** The three maps: what each takes and gives, and which of its factors are conjugated. */
const MAPS = {
  forward: { takes: ["image", "weight"], gives: "output", conjugate: "neither" },
  "input gradient": { takes: ["output", "weight"], gives: "image", conjugate: "second" },
  "weight gradient": { takes: ["image", "output"], gives: "weight", conjugate: "first" },
} as const;
type MapName = keyof typeof MAPS;

/** Calls `visit` with the places in image, weight and output of every product-sum of one group of taps. */
function forTaps(
  c: ConvShape,
  fixed: { readonly role: ConvRole; readonly at: number },
  visit: (image: number, weight: number, output: number) => void,
): void {
  const { batch, channels, size, outputs, kernel, stride, padding, groups } = c;
  const side = outputSize(c);
  const [perIn, perOut] = [channels / groups, outputs / groups];
  const shape = convShape(c, fixed.role);
  const index = shape.map((n, d) => Math.floor(fixed.at / sizeOf(shape.slice(d + 1))) % n);
  const only = (role: ConvRole, d: number, count: number) =>
    fixed.role === role ? [index[d]] : Array.from({ length: count }, (_, k) => k);
  const ys = fixed.role === "output" ? [index[2]] : only("output", 2, side);
  const xs = fixed.role === "output" ? [index[3]] : only("output", 3, side);
  const batches = fixed.role === "weight" ? only("image", 0, batch) : [index[0]];
  const outs = fixed.role === "image"
    ? only("output", 1, outputs)
    : [index[fixed.role === "weight" ? 0 : 1]];
  for (const n of batches) {
    for (const o of outs) {
      const group = Math.floor(o / perOut);
      for (let i = 0; i < perIn; i++) {
        const channel = group * perIn + i;
        if (fixed.role === "image" && channel !== index[1]) continue;
        if (fixed.role === "weight" && i !== index[1]) continue;
        for (const ky of only("weight", 2, kernel)) {
          for (const kx of only("weight", 3, kernel)) {
            for (const y of ys) {
              const row = y * stride + ky - padding;
              if (row < 0 || row >= size || fixed.role === "image" && row !== index[2]) continue;
              for (const x of xs) {
                const column = x * stride + kx - padding;
                if (column < 0 || column >= size) continue;
                if (fixed.role === "image" && column !== index[3]) continue;
                visit(
                  ((n * channels + channel) * size + row) * size + column,
                  ((o * perIn + i) * kernel + ky) * kernel + kx,
                  ((n * outputs + o) * side + y) * side + x,
                );
              }
            }
          }
        }
      }
    }
  }
}

function convWork(c: Named, map: MapName): Work {
  const { takes: [first, second], gives, conjugate } = MAPS[map];
  const shapes = {
    image: convShape(c, "image"),
    weight: convShape(c, "weight"),
    output: convShape(c, "output"),
  };
  const data = {
    [first]: random(2 * sizeOf(shapes[first])),
    [second]: random(2 * sizeOf(shapes[second])),
  } as Record<ConvRole, Float32Array>;
  const products = sizeOf(shapes.output) * c.channels / c.groups * c.kernel ** 2;
  return {
    key: `conv2d ${c.name}, ${map}`,
    flop: 8 * products,
    bytes: 8 * (sizeOf(shapes.image) + sizeOf(shapes.weight) + sizeOf(shapes.output)),
    samples(): Sample[] {
      const signs = [conjugate === "first" ? -1 : 1, conjugate === "second" ? -1 : 1];
      return complexSamples(
        places(sizeOf(shapes[gives]), 8).map((at) => {
          let [re, im] = [0, 0];
          forTaps(c, { role: gives, at }, (image, weight, output) => {
            const places = { image: 2 * image, weight: 2 * weight, output: 2 * output };
            const [p, q] = [places[first], places[second]];
            const [ar, ai] = [data[first][p], signs[0] * data[first][p + 1]];
            const [br, bi] = [data[second][q], signs[1] * data[second][q + 1]];
            re += ar * br - ai * bi;
            im += ar * bi + ai * br;
          });
          return { at, re, im };
        }),
      );
    },
    ours() {
      const options = { stride: c.stride, padding: c.padding, groups: c.groups };
      const a = complexInput(data[first], shapes[first]);
      const b = complexInput(data[second], shapes[second]);
      if (map === "forward") {
        return ours(shapes.output, () => nn.functional.conv2d(a, b, null, options));
      }
      // ∂/∂x Re Σ conj(g)·y is the gradient at g; y itself is a recipe that nobody reads.
      const [g, other] = map === "input gradient" ? [a, b] : [b, a];
      const towards = complexInput(
        data.output.map((v, k) => k % 2 ? -v : v), // conj(g)
        g.shape as number[],
      );
      const at = complexInput(random(2 * sizeOf(shapes[gives])), shapes[gives]);
      const gradient = valueAndGrad((z: typeof at) =>
        (map === "input gradient"
          ? nn.functional.conv2d(z, other, null, options)
          : nn.functional.conv2d(other, z, null, options)).mul(towards).real.sum()
      );
      return ours(shapes[gives], () => gradient(at)[1][0]);
    },
    theirs: (peer) => theirs(peer, c, map, data),
  };
}

/** Four real maps; grouped ones only where the other library has them. */
function theirs(peer: Peer, c: ConvShape, map: MapName, data: Record<ConvRole, Float32Array>) {
  const { takes: [first, second], gives, conjugate } = MAPS[map];
  const part = (role: ConvRole, offset: number) =>
    peer.uploadConv(data[role].filter((_, k) => k % 2 === offset), c, role);
  const inputs = [part(first, 0), part(first, 1), part(second, 0), part(second, 1)];
  const { ops } = peer;
  const apply = {
    forward: (a: Real, b: Real) => ops.conv(c, a, b),
    "input gradient": (a: Real, b: Real) => ops.convImageGradient(c, a, b),
    "weight gradient": (a: Real, b: Real) => ops.convWeightGradient(c, a, b),
  }[map];
  return contender(
    peer,
    inputs,
    (ar, ai, br, bi) => bilinear(ops, apply, [ar, ai], [br, bi], conjugate),
    (x) => peer.readConv(x, c, gives),
  );
}

/** Every shape in every direction. */
export function convs(): Work[] {
  return SHAPES.flatMap((c) => (Object.keys(MAPS) as MapName[]).map((map) => convWork(c, map)));
}
