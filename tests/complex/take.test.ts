/** Rows chosen by labels, and their derivatives, where labels repeat, are many, and change. */
import {
  type ComplexTensor,
  complexTensor,
  grad,
  gradcheck,
  type RealTensor,
  take,
  tensor,
} from "@argand/argand";
import { assertEquals, assertThrows } from "@std/assert";
import { gather } from "../../complex/lazy/schedule/walk.ts";
import { checkLabels } from "../../complex/ops/labels.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

/** The gradient of Σ w y with y the rows of z along an axis: w added up by label, in float64. */
function added(
  w: Float32Array,
  labels: ArrayLike<number>,
  { outer, rows, inner }: { outer: number; rows: number; inner: number },
): Float64Array {
  const sums = new Float64Array(outer * rows * inner);
  for (let k = 0; k < w.length; k++) {
    const o = Math.floor(k / (labels.length * inner));
    const p = Math.floor(k / inner) % labels.length;
    sums[(o * rows + labels[p]) * inner + k % inner] += w[k];
  }
  return sums;
}

/** The gradient of Re Σ conj(w) take(z, labels). */
const pulled = (w: ComplexTensor, labels: Uint32Array, axis: number) =>
  grad((z: ComplexTensor) => take(z, labels, axis).mul(w.conj()).real.sum());

onEngines("gradients of rows taken add up over random shapes and labels", async () => {
  const random = new Seeded(61);
  for (let round = 0; round < 12; round++) {
    const [outer, inner] = [random.whole(1, 4), random.whole(1, 6)];
    const rows = random.whole(1, 50), picks = random.of([1, 3, 40, 700]);
    const labels = Uint32Array.from({ length: picks }, () => random.whole(0, rows));
    const w = random.floats(2 * outer * picks * inner);
    const z = complexTensor(random.floats(2 * outer * rows * inner), [outer, rows, inner]);
    const g = pulled(complexTensor(w, [outer, picks, inner]), labels, 1)(z);
    assertClose(await g.data(), added(w, labels, { outer, rows, inner: 2 * inner }), 1e-5);
  }
});

onEngines("a row that is taken 200 000 times gets all of its gradients", async () => {
  const random = new Seeded(62);
  const picks = 200_000;
  for (const skewed of [(_: number) => 2, (k: number) => (k % 7 === 0 ? k % 5 : 3)]) {
    const labels = Uint32Array.from({ length: picks }, (_, k) => skewed(k));
    const w = random.floats(picks);
    const g = grad((x: RealTensor) => take(x, labels).mul(tensor(w)).sum())(
      tensor([0, 0, 0, 0, 0]),
    );
    assertClose(await g.data(), added(w, labels, { outer: 1, rows: 5, inner: 1 }), 1e-5);
  }
});

onEngines("second derivatives pass through rows that are taken", async () => {
  const random = new Seeded(63);
  const z = complexTensor(random.floats(2 * 12), [4, 3]);
  const f = (x: ComplexTensor) => take(x, [3, 0, 3, 1, 3], 0).exp().absSquared().sum();
  await gradcheck(f, [z]);
  await gradcheck((x: ComplexTensor) => grad(f)(x).absSquared().sum(), [z]);
});

onEngines(
  "labels that change in place, or belong to another axis, are taken as they are",
  async () => {
    const labels = Int32Array.of(1, 0, 1);
    const weights = tensor([1, 2, 4]);
    const g = (n: number) =>
      grad((x: RealTensor) => take(x, labels).mul(weights).sum())(tensor(new Float32Array(n)));
    assertEquals(await g(2).toArray(), [2, 5]);
    assertEquals(await g(3).toArray(), [2, 5, 0]);
    labels[1] = 2;
    assertEquals(await g(3).toArray(), [0, 5, 2]);
    assertThrows(
      () => take(tensor([1, 2]), labels),
      Error,
      "label 1 must be an integer from 0 to 1",
    );
    assertEquals(await g(4).toArray(), [0, 5, 2, 0]);
  },
);

Deno.test("labels of 64 bits, as files have them, are refused as what they are", () => {
  const labels = BigInt64Array.of(1n) as unknown as number[];
  assertThrows(() => take(tensor([1, 2]), labels), Error, "from 0 to 1, got 1n");
});

Deno.test("labels that were checked before are not copied and sorted again", () => {
  const labels = [1, 1, 0];
  const once = checkLabels("take", labels, 2);
  assertEquals(checkLabels("take", labels, 5) === once, true);
  assertEquals(once.sorted(5), once.sorted(5));
  assertEquals(checkLabels("take", [1, 1, 0], 2) === once, false);
  labels[0] = 0;
  assertEquals(checkLabels("take", labels, 2) === once, false);
});

Deno.test("labels of the next step have the schedule of these", () => {
  const x = tensor(new Float32Array(300));
  const keyOf = (skew: number) => {
    const labels = Uint32Array.from({ length: 20_000 }, (_, k) => (k < skew ? 7 : k % 300));
    const g = grad((t: RealTensor) => take(t, labels).square().sum())(x);
    return [...gather([g.node]).key];
  };
  assertEquals(keyOf(0), keyOf(40));
  assertEquals(keyOf(200), keyOf(15_000)); // a row of several parts
  assertEquals(keyOf(17_000), keyOf(19_000)); // and of parts of parts
});
