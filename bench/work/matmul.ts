/** Matrix products. */
import { complexSamples, places, random, type Sample, sizeOf } from "../numbers.ts";
import { bilinear, contender, uploadPair } from "../peers/peer.ts";
import { complexInput, ours, oursReal, realInput, type Work } from "./work.ts";

/** A batch of products [m, k] · [k, n]. */
interface Product {
  readonly batch?: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

const named = ({ batch, m, k, n }: Product) => {
  const size = m === n && m === k && !batch ? `${m}` : `${m}×${k} · ${k}×${n}`;
  return batch ? `${batch} of ${size}` : size;
};

/** Complex products; the others' are four real ones. */
export function complexProduct(product: Product): Work {
  const { batch = 1, m, k, n } = product;
  const lead = batch > 1 ? [batch] : [];
  const [left, right, out] = [[...lead, m, k], [...lead, k, n], [...lead, m, n]];
  const [x, y] = [random(2 * sizeOf(left)), random(2 * sizeOf(right))];
  return {
    key: `complex matmul ${named(product)}`,
    flop: 8 * batch * m * k * n,
    bytes: 8 * batch * (m * k + k * n + m * n),
    samples() {
      return complexSamples(
        places(sizeOf(out)).map((at) => {
          const [b, row, column] = [Math.floor(at / m / n), Math.floor(at / n) % m, at % n];
          let [re, im] = [0, 0];
          for (let l = 0; l < k; l++) {
            const [p, q] = [2 * ((b * m + row) * k + l), 2 * ((b * k + l) * n + column)];
            re += x[p] * y[q] - x[p + 1] * y[q + 1];
            im += x[p] * y[q + 1] + x[p + 1] * y[q];
          }
          return { at, re, im };
        }),
      );
    },
    ours() {
      const [a, b] = [complexInput(x, left), complexInput(y, right)];
      return ours(out, () => a.matmul(b));
    },
    theirs(peer) {
      const inputs = [...uploadPair(peer, x, left), ...uploadPair(peer, y, right)];
      const { ops } = peer;
      return contender(
        peer,
        inputs,
        (ar, ai, br, bi) => bilinear(ops, ops.matmul, [ar, ai], [br, bi]),
      );
    },
  };
}

/** Real square products, by which the others' rates are known. */
export function realProduct(n: number): Work {
  const [x, y] = [random(n * n), random(n * n)];
  return {
    key: `real matmul ${n}`,
    flop: 2 * n ** 3,
    bytes: 3 * 4 * n * n,
    samples() {
      return places(n * n).map((at): Sample => {
        let value = 0;
        for (let l = 0; l < n; l++) value += x[at - at % n + l] * y[l * n + at % n];
        return { at, value };
      });
    },
    ours() {
      const [a, b] = [realInput(x, [n, n]), realInput(y, [n, n])];
      return oursReal([n, n], () => a.matmul(b));
    },
    theirs(peer) {
      const inputs = [peer.upload(x, [n, n]), peer.upload(y, [n, n])];
      return contender(peer, inputs, (a, b) => [peer.ops.matmul(a, b)]);
    },
  };
}

/** What is measured; the quick run takes what targets need. */
export function matmuls(full: boolean): Work[] {
  const square = (full ? [64, 128, 256, 512, 1024] : [256, 512, 1024])
    .map((n) => complexProduct({ m: n, k: n, n }));
  const skinny: Product[] = [
    { batch: 64, m: 32, k: 32, n: 32 },
    { m: 4096, k: 16, n: 256 },
    { m: 64, k: 4096, n: 16 },
  ];
  return [
    ...square,
    realProduct(512),
    realProduct(1024),
    ...(full ? skinny : []).map(complexProduct),
  ];
}
