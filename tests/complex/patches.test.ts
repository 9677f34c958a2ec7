/** Patches at positions, their sum, and the derivatives of both. */
import {
  addPatches,
  ArgandError,
  type ComplexTensor,
  complexTensor,
  grad,
  gradcheck,
  ones,
  patches,
  type Positions,
  type RealTensor,
  stack,
  tensor,
  zeros,
} from "@argand/argand";
import { assertEquals, assertThrows } from "@std/assert";
import { range } from "../../gpu/contract/collections.ts";
import { gather } from "../../complex/lazy/schedule/walk.ts";
import { checkPositions } from "../../complex/ops/positions.ts";
import { sizeOf } from "../../complex/lazy/shape.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

/** A canvas, sizes of patches, and positions of some. */
function drawn(random: Seeded) {
  const axes = random.whole(1, 4);
  const canvas = range(axes).map(() => random.whole(1, axes === 1 ? 200 : axes === 2 ? 40 : 12));
  const size = canvas.map((n) => random.whole(1, n + 1));
  const positions = range(random.of([1, 2, 25])).map(() =>
    canvas.map((n, d) => random.whole(0, n - size[d] + 1))
  );
  const lead = random.of([[], [3], [2, 2]]);
  return { canvas, size, positions, lead };
}

onEngines("patches are slices, and their gradients those of slices", async ({ kind }) => {
  const random = new Seeded(71);
  for (let round = 0; round < (kind === "cpu" ? 40 : 4); round++) {
    const { canvas, size, positions, lead } = drawn(random);
    const shape = [...lead, ...canvas];
    const z = complexTensor(random.floats(2 * sizeOf(shape)), shape);
    const sliced = (x: ComplexTensor) =>
      stack(
        positions.map((at) =>
          x.slice(...lead.map(() => null), ...at.map((a, d) => [a, a + size[d]] as const))
        ),
        lead.length,
      );
    const cut = patches(z, positions, size);
    assertEquals(cut.shape, [...lead, positions.length, ...size]);
    assertEquals(await cut.data(), await sliced(z).data());
    const w = complexTensor(random.floats(2 * cut.size), cut.shape);
    const slope = (f: (x: ComplexTensor) => ComplexTensor) =>
      grad((x: ComplexTensor) => f(x).mul(w.conj()).real.sum())(z);
    const g = slope((x) => patches(x, positions, size));
    assertClose(await g.data(), await slope(sliced).data(), 1e-5, `${shape}, ${size}`);
    // The gradient is the sum of patches, and its own gradient are patches.
    assertEquals(await addPatches(w, positions, canvas).data(), await g.data());
    const back = grad((y: ComplexTensor) =>
      addPatches(y, positions, canvas).mul(z.conj()).real.sum()
    )(w);
    assertEquals(await back.data(), await cut.data());
  }
});

onEngines("patches of real tensors, at positions in one array", async () => {
  const x = tensor(new Float32Array(12).map((_, k) => k), [3, 4]);
  const nested = [[0, 0], [1, 2], [1, 2]];
  const expected = [[[0, 1], [4, 5]], [[6, 7], [10, 11]], [[6, 7], [10, 11]]];
  const all: Positions[] = [
    nested,
    nested.flat(),
    Int32Array.from(nested.flat()),
    nested.map((at) => Uint8Array.from(at)),
  ];
  for (const positions of all) {
    assertEquals(await patches(x, positions, [2, 2]).toArray(), expected);
  }
  const line = tensor([1, 2, 3, 4]);
  assertEquals(await patches(line, [0, 2], [2]).toArray(), [[1, 2], [3, 4]]);
  assertEquals(await patches(line, [[1], [1]], [3]).toArray(), [[2, 3, 4], [2, 3, 4]]);
});

onEngines("second derivatives pass through patches", async () => {
  const random = new Seeded(72);
  const z = complexTensor(random.floats(2 * 20), [4, 5]);
  const positions = [[0, 0], [1, 2], [2, 2], [1, 2]];
  const f = (x: ComplexTensor) => patches(x, positions, [2, 3]).exp().absSquared().sum();
  await gradcheck(f, [z]);
  await gradcheck((x: ComplexTensor) => grad(f)(x).absSquared().sum(), [z]);
});

onEngines("40 000 patches on one place, and beside it, are added up", async () => {
  const positions = range(40_000).map((k) => [k % 2, 0]);
  const random = new Seeded(73);
  const y = random.floats(40_000 * 2);
  const expected = new Float64Array(3);
  positions.forEach(([row], p) => {
    expected[row] += y[2 * p];
    expected[row + 1] += y[2 * p + 1];
  });
  const sum = addPatches(tensor(y, [40_000, 2, 1]), positions, [3, 1]);
  assertClose(await sum.data(), expected, 2e-5);
});

onEngines("positions that change in place are taken as they are", async () => {
  const positions = [[0, 0], [1, 1]];
  const covered = () => addPatches(ones([2, 1, 2]), positions, [2, 3]).toArray();
  assertEquals(await covered(), [[1, 1, 0], [0, 1, 1]]);
  positions[0][1] = 1;
  assertEquals(await covered(), [[0, 1, 1], [0, 1, 1]]);
  positions[1] = [0, 0];
  assertEquals(await covered(), [[1, 2, 1], [0, 0, 0]]);
});

Deno.test("positions that were checked before are not copied and sorted again", () => {
  const positions = [[3, 1], [0, 0]];
  const check = () => checkPositions("cut patches", positions, [9, 9], [4, 4]);
  const once = check();
  assertEquals(check() === once, true);
  assertEquals(once.tiles([9, 9], [4, 4]), once.tiles([9, 9], [4, 4]));
  positions[0][0] = 2;
  assertEquals(check() === once, false);
});

Deno.test("positions of the next step have the schedule of these", () => {
  const x = zeros([30, 30]);
  const random = new Seeded(74);
  const key = () => {
    const positions = range(50).map(() => [random.whole(0, 21), random.whole(0, 21)]);
    const g = grad((t: RealTensor) => patches(t, positions, [10, 10]).square().sum())(x);
    return [...gather([g.node]).key];
  };
  assertEquals(key(), key());
});

Deno.test("patches that leave the tensor, and what is not a position, are refused", () => {
  const x = zeros([4, 6]);
  // deno-lint-ignore no-explicit-any
  const a = { patches, addPatches } as any;
  const cases: [() => unknown, string][] = [
    [
      () => a.patches(x, [[0, 0], [1, 3]], [4, 4]),
      "a patch of 4 × 4 in 4 × 6 begins from 0 to 0 along axis -2, got 1 at position 1",
    ],
    [() => a.patches(x, [[0, -1]], [4, 4]), "from 0 to 2 along axis -1, got -1 at position 0"],
    [() => a.patches(x, [[0, 0.5]], [4, 4]), "got 0.5"],
    [() => a.patches(x, [[0, NaN]], [4, 4]), "got NaN"],
    [() => a.patches(x, [[0, "1"]], [4, 4]), 'got "1"'],
    [() => a.patches(x, [[0, 0]], [5, 4]), "patches of 5 × 4 are larger than the 4 × 6 elements"],
    [() => a.patches(x, [], [2, 2]), "there are no positions"],
    [() => a.patches(x, [0, 1, 2], [2, 2]), "3 numbers are not positions along 2 axes"],
    [() => a.patches(x, [[0, 1], [2]], [2, 2]), "position 1 must be 2 integers, got 1 numbers"],
    [() => a.patches(x, [[0, 1], "01"], [2, 2]), 'position 1 must be 2 integers, got "01"'],
    [() => a.patches(x, [[0, 1], 3], [2, 2]), "position 1 must be 2 integers, got 3"],
    [() => a.patches(x, ones([1, 2]), [2, 2]), "an array of integers, got a RealTensor [1, 2]"],
    [() => a.patches(x, null, [2, 2]), "an array of integers, got null"],
    [() => a.patches(x, [[0, 0]], 2), "it takes an array of sizes, got 2"],
    [() => a.patches(x, [[0, 0]], []), "size must have 1 to 3 numbers, got 0"],
    [() => a.patches(x, [[0, 0]], [1, 1, 1, 1]), "size must have 1 to 3 numbers, got 4"],
    [() => a.patches(x, [[0, 0, 0]], [1, 1, 1]), "must have at least 3 axes, got [4, 6]"],
    [() => a.patches(x, [[0, 0]], [0, 2]), "must be a positive integer, got 0"],
    [() => a.patches([1], [[0, 0]], [2, 2]), "Cannot cut patches"],
    [() => a.addPatches(x, [[0, 0]], [8, 8]), "must have at least 3 axes, got [4, 6]"],
    [
      () => a.addPatches(zeros([2, 3, 3]), [[0, 0]], [8, 8]),
      "there are 1 positions for 2 patches",
    ],
    [() => a.addPatches(zeros([1, 3, 3]), [[6, 0]], [8, 8]), "from 0 to 5 along axis -2, got 6"],
  ];
  for (const [call, message] of cases) assertThrows(call, ArgandError, message);
});
