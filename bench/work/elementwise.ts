/** What runs at the memory's pace: a copy, a chain of ten operations, sums along axes, a max-pool. */
import { type ComplexTensor, definePrimitive, nn } from "@argand/argand";
import { complexSamples, places, random, sizeOf } from "../numbers.ts";
import { bilinear, contender, type Operations, type Pair, uploadPair } from "../peers/peer.ts";
import { complexInput, ours, type Work } from "./work.ts";

const SIZE = 1 << 21;
const [A, B, C] = [{ re: 0.6, im: -0.7 }, { re: 0.1, im: 0.2 }, { re: -0.5, im: 0.8 }];

/** One operation, the least that a schedule can do: the reading and the writing. */
function copy(): Work {
  const data = random(2 * SIZE);
  return {
    key: "one operation on 2^21",
    bytes: 2 * 8 * SIZE,
    samples: () =>
      complexSamples(places(SIZE).map((at) => ({ at, re: -data[2 * at + 1], im: data[2 * at] }))),
    ours() {
      const x = complexInput(data, [SIZE]);
      return ours([SIZE], () => x.mul({ re: 0, im: 1 }));
    },
    theirs: (peer) =>
      contender(peer, uploadPair(peer, data, [SIZE]), (re, im) => [
        peer.ops.mul(im, -1),
        peer.ops.mul(re, 1),
      ]),
  };
}

/** A conjugate that is defined as users define functions of their own. */
const ownConj = definePrimitive<[ComplexTensor], ComplexTensor>({
  name: "ownConj",
  shape: ([z]) => z,
  elementwise: {
    name: "ownConj",
    inputs: ["complex"],
    output: "complex",
    wgsl: (z) => `vec2<f32>(${z}.x, -${z}.y)`,
    cpu(n, out, z) {
      for (let k = 0; k < 2 * n; k += 2) {
        out[k] = z[k];
        out[k + 1] = -z[k + 1];
      }
    },
  },
});

/** Ten complex operations, as this library writes them, of which the third may be the user's own. */
function ten(z: ComplexTensor, own: boolean): ComplexTensor {
  const third = z.mul(A).add(B);
  const rest = own ? ownConj(third) : third.conj();
  return rest.mul(z).sub(z).mul(C).add(A).mul(0.5).conj().add(z);
}

/** The same of a pair of real tensors. */
function tenOfPairs(ops: Operations, z: Pair): Pair {
  const plus = ([re, im]: Pair, c: typeof A): Pair => [ops.add(re, c.re), ops.add(im, c.im)];
  const times = ([re, im]: Pair, c: typeof A): Pair => [
    ops.sub(ops.mul(re, c.re), ops.mul(im, c.im)),
    ops.add(ops.mul(re, c.im), ops.mul(im, c.re)),
  ];
  const conj = ([re, im]: Pair): Pair => [re, ops.mul(im, -1)];
  const product = bilinear(ops, ops.mul, conj(plus(times(z, A), B)), z);
  const less: Pair = [ops.sub(product[0], z[0]), ops.sub(product[1], z[1])];
  const [re, im] = plus(times(less, C), A);
  const halved = conj([ops.mul(re, 0.5), ops.mul(im, 0.5)]);
  return [ops.add(halved[0], z[0]), ops.add(halved[1], z[1])];
}

function chain(own = false): Work {
  const data = random(2 * SIZE);
  const numbers: Operations = {
    add: (a, b) => Number(a) + Number(b),
    sub: (a, b) => Number(a) - Number(b),
    mul: (a, b) => Number(a) * Number(b),
  } as Partial<Operations> as Operations;
  return {
    key: own ? "chain of ten on 2^21, one of them the user's own" : "chain of ten on 2^21",
    bytes: 2 * 8 * SIZE,
    samples: () =>
      complexSamples(
        places(SIZE).map((at) => {
          const [re, im] = tenOfPairs(numbers, [data[2 * at], data[2 * at + 1]]);
          return { at, re: Number(re), im: Number(im) };
        }),
      ),
    ours() {
      const x = complexInput(data, [SIZE]);
      return ours([SIZE], () => ten(x, own));
    },
    theirs: (peer) =>
      own ? "none" : contender(
        peer,
        uploadPair(peer, data, [SIZE]),
        (re, im) => [...tenOfPairs(peer.ops, [re, im])],
      ),
  };
}

function sumAlong(axis: number): Work {
  const shape = [128, 128, 128];
  const data = random(2 * SIZE);
  const left = shape.filter((_, d) => d !== axis);
  const stride = sizeOf(shape.slice(axis + 1));
  return {
    key: `sum of 128×128×128 along axis ${axis}`,
    bytes: 8 * (SIZE + SIZE / 128),
    samples: () =>
      complexSamples(
        places(SIZE / 128).map((at) => {
          const first = Math.floor(at / stride) * stride * 128 + at % stride;
          let [re, im] = [0, 0];
          for (let k = 0; k < 128; k++) {
            re += data[2 * (first + k * stride)];
            im += data[2 * (first + k * stride) + 1];
          }
          return { at, re, im };
        }),
      ),
    ours() {
      const x = complexInput(data, shape);
      return ours(left, () => x.sum(axis));
    },
    theirs: (peer) =>
      contender(peer, uploadPair(peer, data, shape), (re, im) => [
        peer.ops.sum(re, [axis]),
        peer.ops.sum(im, [axis]),
      ]),
  };
}

function maxPool(): Work {
  const shape = [32, 64, 32, 32];
  const data = random(2 * SIZE);
  return {
    key: "max-pool 2×2 by modulus, 32×64×32×32",
    bytes: 8 * (SIZE + SIZE / 4),
    samples: () =>
      complexSamples(
        places(SIZE / 4).map((at) => {
          const [plane, row, column] = [Math.floor(at / 256), Math.floor(at / 16) % 16, at % 16];
          const corner = plane * 1024 + 2 * row * 32 + 2 * column;
          let [best, re, im] = [-1, 0, 0];
          for (const k of [corner, corner + 1, corner + 32, corner + 33]) {
            const square = data[2 * k] ** 2 + data[2 * k + 1] ** 2;
            if (square > best) [best, re, im] = [square, data[2 * k], data[2 * k + 1]];
          }
          return { at, re, im };
        }),
      ),
    ours() {
      const x = complexInput(data, shape);
      return ours([32, 64, 16, 16], () => nn.functional.maxPool2d(x, 2));
    },
    theirs: () => "none",
  };
}

/** What is measured. */
export function elementwise(): Work[] {
  return [copy(), chain(), chain(true), sumAlong(0), sumAlong(1), sumAlong(2), maxPool()];
}
