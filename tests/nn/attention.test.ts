import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { concat, take } from "../../complex/functions/arrange.ts";
import { complex, polar, tensor, zeros } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { manualSeed, rand } from "../../complex/create/random.ts";
import type { ComplexTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { mixed, random, slopes } from "./support.ts";

const { scaledDotProductAttention: attend } = nn.functional;
const SCORES = ["real", "modulus"] as const;

/** One item of attention in float64; `mask` holds numbers or −Infinity. */
async function onHost(
  [q, k, v]: readonly ComplexTensor[],
  scores: nn.AttentionScores,
  mask?: (query: number, key: number) => number,
): Promise<number[]> {
  const [a, b, c] = await Promise.all(
    [q, k, v].map(async (x) => Float64Array.from(await x.data())),
  );
  const [[queries, features], [keys], [, width]] = [q.shape, k.shape, v.shape];
  const out: number[] = [];
  for (let i = 0; i < queries; i++) {
    const raised = Array.from({ length: keys }, (_, j) => {
      let [re, im] = [0, 0];
      for (let e = 0; e < features; e++) {
        const [x, y] = [2 * (i * features + e), 2 * (j * features + e)];
        re += a[x] * b[y] + a[x + 1] * b[y + 1];
        im += a[x + 1] * b[y] - a[x] * b[y + 1];
      }
      const score = (scores === "real" ? re : Math.hypot(re, im)) / Math.sqrt(features);
      return Math.exp(score + (mask?.(i, j) ?? 0));
    });
    const total = raised.reduce((sum, x) => sum + x) || 1;
    for (let e = 0; e < 2 * width; e++) {
      out.push(raised.reduce((sum, x, j) => sum + x / total * c[2 * j * width + e], 0));
    }
  }
  return out;
}

const inputs = () => [random([4, 3], 1), random([5, 3], 2), random([5, 2], 3)] as const;

onEngines("attention agrees with float64 loops on the host", async () => {
  for (const scores of SCORES) {
    const [q, k, v] = inputs();
    const y = attend(q, k, v, { scores });
    assertClose(await y.data(), await onHost([q, k, v], scores), 1e-6, scores);
    const other = attend(q, k, v, { scores, scale: 2 / Math.sqrt(3) });
    assertClose(await other.data(), await onHost([q.mul(2), k, v], scores), 1e-6, "scale");
    const stack = (x: ComplexTensor) => x.unsqueeze(0);
    const batch = attend(concat([stack(q), stack(q.neg())]), stack(k), stack(v), { scores });
    assertEquals(batch.shape, [2, 4, 2]);
    const second = await onHost([q.neg(), k, v], scores);
    assertClose(await batch.at(1).data(), second, 1e-6, "batch");
  }
});

onEngines("masks are added to the scores, and −Infinity hides a key", async () => {
  const [q, k, v] = inputs();
  const entry = (i: number, j: number) => (j === 4 || i === j ? -Infinity : 0.3 * i - 0.2 * j);
  const flat = Array.from({ length: 20 }, (_, n) => entry(Math.floor(n / 5), n % 5));
  for (const scores of SCORES) {
    const y = attend(q, k, v, { scores, mask: tensor(flat, [4, 5]) });
    assertClose(await y.data(), await onHost([q, k, v], scores, entry), 1e-6, scores);
    const keys = tensor([0, -Infinity, 0, 0, -Infinity]);
    const both = attend(q, k, v, { scores, mask: keys, causal: true });
    const hidden = (i: number, j: number) => (j > i || j === 1 || j === 4 ? -Infinity : 0);
    assertClose(await both.data(), await onHost([q, k, v], scores, hidden), 1e-6, "causal");
  }
});

onEngines("a query that attends to nothing gives 0 and gets no gradient", async () => {
  const [q, k, v] = inputs();
  const mask = tensor([[-Infinity], [0], [-1e38], [0]]);
  const y = await attend(q, k, v, { mask }).data();
  const rows = [0, 1, 2, 3].map((i) => [...y.slice(4 * i, 4 * i + 4)]);
  assertEquals([rows[0], rows[2]], [[0, 0, 0, 0], [0, 0, 0, 0]]);
  assertClose(rows[1], (await onHost([q, k, v], "real")).slice(4, 8), 1e-6);
  const [, gradients] = valueAndGrad((...args: ComplexTensor[]) =>
    attend(args[0], args[1], args[2], { mask }).absSquared().sum()
  )(q, k, v);
  for (const g of gradients) assert((await g.data()).every(Number.isFinite));
  assertEquals([...(await gradients[0].data()).slice(0, 6)], [0, 0, 0, 0, 0, 0]);
});

onEngines("a causal query sees nothing of what follows it", async () => {
  const x = random([5, 3], 1);
  const changed = concat([x.slice([0, 3]), random([2, 3], 9)]);
  const [a, b] = [x, changed].map((z) => attend(z, z, z, { causal: true }));
  assertEquals(await a.slice([0, 3]).data(), await b.slice([0, 3]).data());
  assertNotEquals(await a.at(3).data(), await b.at(3).data());
});

onEngines("attention turns with a common phase of the values", async () => {
  const [q, k, v] = inputs();
  const turn = polar([1], [0.7]);
  for (const scores of SCORES) {
    const y = attend(q, k, v.mul(turn), { scores });
    assertClose(await y.data(), await attend(q, k, v, { scores }).mul(turn).data(), 1e-6);
  }
});

onEngines(
  "a common phase of queries and keys does not matter, and by modulus no phase",
  async () => {
    const [q, k, v] = inputs();
    const [a, b] = [polar([1], [0.7]), polar([1], [-1.9])];
    for (const scores of SCORES) {
      const y = await attend(q, k, v, { scores }).data();
      assertClose(await attend(q.mul(a), k.mul(a), v, { scores }).data(), y, 1e-6, scores);
      const apart = await attend(q.mul(a), k.mul(b), v, { scores }).data();
      if (scores === "modulus") assertClose(apart, y, 1e-6);
      else {assertNotEquals(
          apart.map((x) => Math.round(1e3 * x)),
          y.map((x) => Math.round(1e3 * x)),
        );}
    }
  },
);

onEngines("MultiheadAttention without a mask follows a permutation of the sequence", async () => {
  const layer = new nn.MultiheadAttention(4, 2);
  const x = random([5, 2, 4], 1);
  const order = [3, 1, 4, 0, 2];
  const expected = take(layer.apply(x), order);
  assertClose(await layer.apply(take(x, order)).data(), await expected.data(), 1e-5);
});

onEngines("MultiheadAttention is attention of each head's features, put together", async () => {
  for (const scores of SCORES) {
    const layer = new nn.MultiheadAttention(4, 2, { scores });
    const [q, k, v] = [random([3, 2, 4], 1), random([5, 2, 4], 2), random([5, 2, 4], 3)];
    const mask = random([3, 5], 4).real;
    const items = [0, 1].map((n) => {
      const heads = [0, 1].map((h) => {
        const part = (x: ComplexTensor) => x.at(null, n).slice(null, [2 * h, 2 * h + 2]);
        return attend(
          part(layer.query.apply(q)),
          part(layer.key.apply(k)),
          part(layer.value.apply(v)),
          { scores, mask },
        );
      });
      return layer.out.apply(concat(heads, 1)).unsqueeze(1);
    });
    const expected = await concat(items, 1).data();
    assertClose(await layer.apply(q, k, v, { mask }).data(), expected, 1e-5, scores);
    const first = new nn.MultiheadAttention(4, 2, { scores, batchFirst: true });
    first.loadStateDict(await layer.stateDict());
    const [a, b, c] = [q, k, v].map((x) => x.transpose(0, 1));
    const turned = first.apply(a, b, c, { mask }).transpose(0, 1);
    assertClose(await turned.data(), expected, 1e-5, "batchFirst");
  }
});

onEngines("MultiheadAttention takes keys for queries and values, if these are absent", async () => {
  const layer = new nn.MultiheadAttention(4, 2);
  const [x, k] = [random([3, 2, 4], 1), random([5, 2, 4], 2)];
  assertEquals(await layer.apply(x).data(), await layer.apply(x, x, x).data());
  assertEquals(await layer.apply(x, k).data(), await layer.apply(x, k, k).data());
});

onEngines("MultiheadAttention drops weights in training only, by the seed", async () => {
  const layer = new nn.MultiheadAttention(4, 2, { dropout: 0.5 });
  const x = random([3, 2, 4], 1);
  manualSeed(1);
  const first = await layer.apply(x).data();
  assertNotEquals(await layer.apply(x).data(), first);
  manualSeed(1);
  assertEquals(await layer.apply(x).data(), first);
  const plain = new nn.MultiheadAttention(4, 2);
  plain.loadStateDict(await layer.stateDict());
  assertEquals(await layer.eval().apply(x).data(), await plain.apply(x).data());
});

onEngines("attention that refuses its mask has drawn no random numbers", async () => {
  const [q, k, v] = inputs();
  manualSeed(1);
  const first = await rand([1]).item();
  manualSeed(1);
  assertThrows(() => attend(q, k, v, { dropout: 0.5, mask: zeros([3]) }), ArgandError, "mask");
  assertEquals(await rand([1]).item(), first);
});

onEngines("first and second derivatives of attention pass gradcheck", async () => {
  const causal = true;
  for (const scores of SCORES) {
    const value = (...args: Tensor[]) => {
      const [q, k, v] = args as ComplexTensor[];
      return mixed(attend(q, k, v, { scores, causal }));
    };
    const args = [random([3, 2], 1), random([3, 2], 2), random([3, 2], 3)];
    for (const [order, f] of [[1, value], [2, slopes(value)]] as const) {
      const { ok, worst } = await gradcheck(f, args, { checks: 4, tolerance: 3e-3, step: 1 / 64 });
      assert(ok, `${scores}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("attention refuses shapes, masks and options that do not fit", () => {
  const [q, k, v] = inputs();
  const refused = (f: () => unknown, text: string) => assertThrows(f, ArgandError, text);
  refused(() => attend(q, v, v), "queries of 3 features meet keys of 2");
  refused(() => attend(q, k, v.slice([0, 4])), "there are 5 keys and 4 values");
  refused(() => attend(q.at(0), k, v), "rows, features");
  refused(() => attend(q.real as never, k, v), "a complex tensor");
  refused(
    () => attend(q, k, v, { mask: zeros([3, 5]) }),
    "the mask [3, 5] does not broadcast to the scores [4, 5]",
  );
  refused(() => attend(q, k, v, { mask: zeros([2, 4, 5]) }), "mask [2, 4, 5]");
  refused(() => attend(q, k, v, { mask: complex([0]) as never }), "a real tensor");
  refused(() => attend(q, k, v, { scores: "phase" as never }), `"modulus", got "phase"`);
  refused(() => attend(q, k, v, { dropout: 1.5 }), "dropout");
  refused(() => new nn.MultiheadAttention(5, 2), "5 features do not split into 2 heads");
  const layer = new nn.MultiheadAttention(4, 2);
  const x = random([3, 2, 4], 1);
  refused(() => layer.apply(x, random([3, 1, 4], 1)), "of one N");
  refused(() => layer.apply(x, x, random([4, 2, 4], 1)), "as many values as keys");
});
