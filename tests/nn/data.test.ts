import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { arange, complex, complexTensor, tensor } from "../../complex/create/create.ts";
import { formatNpz } from "../../complex/files/npz.ts";
import { getRandomState, manualSeed, randn } from "../../complex/create/random.ts";
import type { RealTensor } from "../../complex/tensor/tensor.ts";
import { memory } from "../../complex/transforms/memory.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { permutation } from "../../nn/data/order.ts";
import { onEngines } from "../support/engines.ts";

/** The numbers of each batch of one pass. */
async function pass(loader: AsyncIterable<readonly [RealTensor]>, batches = Infinity) {
  const found: number[][] = [];
  if (batches === 0) return found;
  for await (const [x] of loader) {
    found.push([...await x.data()]);
    if (found.length === batches) break;
  }
  return found;
}

const numbers = (n: number) => new nn.TensorDataset(arange(n));

Deno.test("a tensor is not a data set, and the error says what makes one of it", () => {
  const message = "such as new nn.TensorDataset(x), got a RealTensor [4]";
  for (const make of [(x: never) => new nn.DataLoader(x), (x: never) => nn.randomSplit(x, [1])]) {
    assertThrows(() => make(arange(4) as never), ArgandError, message);
  }
});

onEngines("a data set of values of the host holds none of them on the device", async () => {
  const z = complexTensor(new Float32Array(2 * 1000).map((_, k) => k), [500, 2]);
  const labels = tensor(new Float32Array(500), [500]);
  const before = memory().bytes;
  const data = new nn.TensorDataset(z, labels);
  assertEquals(memory().bytes, before);
  const part = tensor(new Float32Array(24).map((_, k) => k + 1), [6, 4]);
  const made = new nn.TensorDataset(
    part.reshape([6, 2, 2]),
    complex(part),
    complex(part, part.reshape([6, 4])),
    part.toComplex().reshape([6, 2, 2]),
  );
  assertEquals(memory().bytes, before);
  const pairs = (im: (k: number) => number) => [21, 22, 23, 24].flatMap((k) => [k, im(k)]);
  assertEquals(
    await Promise.all(made.get(5).map(async (row) => [...await row.data()])),
    [[21, 22, 23, 24], pairs(() => 0), pairs((k) => k), pairs(() => 0)],
  );
  const moved = new nn.TensorDataset(complex(part, part.flip(1)), complex(part, part.mul(0)));
  assertEquals(
    await Promise.all(moved.get(5).map(async (row) => [...await row.data()])),
    [pairs((k) => 45 - k), pairs(() => 0)],
  );
  const [row] = data.get(499);
  assertEquals([...await row.data()], [1996, 1997, 1998, 1999]);
  const [batch] = data.gather(Uint32Array.of(3, 1));
  assertEquals([...await batch.data()], [12, 13, 14, 15, 4, 5, 6, 7]);
});

onEngines(
  "TensorDataset gathers rows of host data, of computed tensors and labels alike",
  async () => {
    const rows = Array.from({ length: 24 }, (_, k) => k);
    const host = tensor(rows, [6, 2, 2]);
    const z = complexTensor(rows, [6, 2]);
    const data = new nn.TensorDataset(host, host.mul(2), z, Uint8Array.of(5, 4, 3, 2, 1, 0), [
      9,
      8,
      7,
      6,
      5,
      4,
    ]);
    const [a, b, c, bytes, list] = data.gather(Uint32Array.of(4, 0, 4));
    assertEquals([...await a.data()], [16, 17, 18, 19, 0, 1, 2, 3, 16, 17, 18, 19]);
    assertEquals([...await b.data()], [...await a.data()].map((x) => 2 * x));
    assertEquals(a.shape, [3, 2, 2]);
    assertEquals([...await c.data()], [16, 17, 18, 19, 0, 1, 2, 3, 16, 17, 18, 19]);
    assertEquals([bytes, list], [Uint8Array.of(1, 5, 1), [5, 9, 5]]);
    const [row, , , label] = data.get(1);
    assertEquals([await row.toArray(), label], [[[4, 5], [6, 7]], 4]);
  },
);

onEngines("a tensor that was drawn keeps its values as a data set", async () => {
  manualSeed(3);
  const data = new nn.TensorDataset(randn([5, 2]));
  const [first] = data.gather(Uint32Array.of(0, 1, 2, 3, 4));
  const [again] = data.gather(Uint32Array.of(4, 3));
  const values = await first.data();
  assertEquals(await again.data(), Float32Array.of(...values.slice(8), ...values.slice(6, 8)));
});

Deno.test("TensorDataset refuses different numbers of rows and what are not rows", () => {
  assertThrows(() => new nn.TensorDataset(arange(3), [1, 2]), ArgandError, "they have 3, 2 rows");
  assertThrows(() => new nn.TensorDataset(), ArgandError, "there are no tensors");
  assertThrows(() => new nn.TensorDataset(tensor(1)), ArgandError, "shape [] has no rows");
  const none = "Cannot make a TensorDataset: there are 0 rows; it takes at least one";
  assertThrows(() => new nn.TensorDataset([]), ArgandError, none);
  const floats = Float32Array.of(1) as unknown as Int32Array;
  assertThrows(() => new nn.TensorDataset(floats), ArgandError, "tensor(data, shape)");
  assertThrows(() => numbers(3).get(3), ArgandError, "the index");
  assertThrows(() => numbers(3).gather(Uint32Array.of(0, 3)), ArgandError, "an index");
});

Deno.test("TensorDataset takes the arrays of npz files by name and kind, and refuses others", async () => {
  const bytes = formatNpz([
    ["z", { dtype: "complex64", shape: [2, 1], data: Float32Array.of(1, 2, 3, 4) }],
    ["x", { dtype: "uint8", shape: [2, 2], data: Uint8Array.of(1, 2, 3, 255) }],
    ["digit", { dtype: "int64", shape: [2], data: BigInt64Array.of(7n, 1n) }],
    ["far", { dtype: "int64", shape: [2], data: BigInt64Array.of(7n, 2n ** 40n) }],
  ]);
  const data = nn.TensorDataset.fromNpz(bytes, [["digit", "labels"], ["z", "complex"], [
    "x",
    "real",
  ]]);
  const [digit, z, x] = data.gather(Uint32Array.of(1));
  assertEquals([...digit], [1]);
  assertEquals([await z.toArray(), await x.toArray()], [[[{ re: 3, im: 4 }]], [[3, 255]]]);
  const refused: [string, nn.NpzKind, string][] = [
    ["y", "real", `there is no array "y"; there are z, x, digit, far`],
    ["z", "real", "complex64"],
    ["x", "labels", "uint8 [2, 2]"],
    ["far", "labels", "label 1, 1099511627776"],
  ];
  for (const [name, kind, why] of refused) {
    assertThrows(() => nn.TensorDataset.fromNpz(bytes, [[name, kind]]), ArgandError, why);
  }
});

Deno.test("collate stacks tensors and arrays, keeps labels, and goes through lists and records", async () => {
  const sample = (k: number) => ({
    pair: [tensor([k, k + 1]), Float64Array.of(k)] as const,
    label: k,
    name: `sample ${k}`,
  });
  const batch = nn.collate([sample(0), sample(5)]);
  const [x, y]: [RealTensor, RealTensor] = batch.pair;
  assertEquals([await x.toArray(), await y.toArray()], [[[0, 1], [5, 6]], [[0], [5]]]);
  assertEquals([batch.label, batch.name], [[0, 5], ["sample 0", "sample 5"]]);
  const computed = nn.collate([arange(2).mul(2), arange(2)]);
  assertEquals(await computed.toArray(), [[0, 2], [0, 1]]);
  assertThrows(() => nn.collate([]), ArgandError, "there are none");
  assertThrows(() => nn.collate([arange(2), arange(3)]), ArgandError, "[2] and [3] differ");
  assertThrows(
    () => nn.collate<unknown>([arange(2), 3]),
    ArgandError,
    "Cannot make a batch of samples: the first is a tensor and another 3",
  );
  assertThrows(
    () => nn.collate([Float32Array.of(1), Float32Array.of(1, 2)]),
    ArgandError,
    "2 numbers",
  );
  assertThrows(() => nn.collate<unknown>([{ a: 1 }, { b: 1 }]), ArgandError, "the parts a");
  assertThrows(() => nn.collate<unknown>([1, "1"]), ArgandError, `one is 1 and one "1"`);
});

Deno.test("permutations depend on seed and epoch only and prefer no place", () => {
  assertEquals(permutation(100, 5, 2), permutation(100, 5, 2));
  assertNotEquals(permutation(100, 5, 2), permutation(100, 5, 3));
  assertNotEquals(permutation(100, 5, 2), permutation(100, 6, 2));
  assertNotEquals(permutation(100, 5, 2), permutation(100, 5 + 2 ** 32, 2));
  assertEquals(
    [...permutation(50, 1, 0)].sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, k) => k),
  );
  // χ² of how often each of 5 samples stands at each of 5 places; 16 degrees of freedom.
  const counts = new Float64Array(25);
  for (let k = 0; k < 5000; k++) permutation(5, 9, k).forEach((x, at) => counts[5 * at + x]++);
  const chi = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
  assert(chi < 39, `χ² is ${chi}`); // beyond it once in a thousand
});

Deno.test("DataLoader gives every sample once an epoch, in an order of seed and epoch", async () => {
  const make = (seed: number) =>
    new nn.DataLoader(numbers(11), { batchSize: 4, shuffle: true, seed });
  const loader = make(5);
  const [first, second] = [await pass(loader), await pass(loader)];
  assertEquals(first.map((b) => b.length), [4, 4, 3]);
  assertEquals(loader.length, 3);
  assertEquals(first.flat().sort((a, b) => a - b), Array.from({ length: 11 }, (_, k) => k));
  assertNotEquals(first, second);
  const again = make(5);
  assertEquals([await pass(again), await pass(again)], [first, second]);
  assertNotEquals(await pass(make(6)), first);
  const plain = new nn.DataLoader(numbers(5), { batchSize: 2, dropLast: true });
  assertEquals([plain.length, await pass(plain)], [2, [[0, 1], [2, 3]]]);
});

Deno.test("a loader without a seed draws it from the generator, where it shuffles", async () => {
  const shuffled = async (seed: number) => {
    manualSeed(seed);
    return await pass(new nn.DataLoader(numbers(20), { shuffle: true, batchSize: 20 }));
  };
  assertEquals(await shuffled(1), await shuffled(1));
  assertNotEquals(await shuffled(1), await shuffled(2));
  manualSeed(1);
  new nn.DataLoader(numbers(20));
  assertEquals(getRandomState().draws, 0);
});

Deno.test("an interrupted epoch goes on with the very same batches, at every batch", async () => {
  for (const prefetch of [0, 2]) {
    const make = (seed: number) =>
      new nn.DataLoader(numbers(10), { batchSize: 3, shuffle: true, seed, prefetch });
    const whole = make(8);
    const expected = [...await pass(whole), ...await pass(whole), ...await pass(whole)];
    for (let stop = 0; stop <= 8; stop++) {
      const one = make(8);
      const before: number[][] = [];
      while (before.length < stop) before.push(...await pass(one, stop - before.length));
      const other = make(99);
      other.loadStateDict(one.stateDict());
      const after: number[][] = [];
      while (before.length + after.length < 12) after.push(...await pass(other));
      assertEquals([...before, ...after], expected, `stopped after ${stop}`);
    }
  }
});

Deno.test("a pass that is left early ends its epoch", async () => {
  const make = () => new nn.DataLoader(numbers(6), { batchSize: 2, shuffle: true, seed: 1 });
  const loader = make();
  await pass(loader, 1);
  assertEquals([loader.epoch, loader.position], [0, 1]);
  const whole = make();
  await pass(whole);
  assertEquals(await pass(loader), await pass(whole));
});

Deno.test("DataLoader takes nothing of a state that does not fit", () => {
  const loader = new nn.DataLoader(numbers(6), { batchSize: 2, seed: 4 });
  const dict = loader.stateDict();
  dict.set("position", { dtype: "I64", shape: [], data: BigInt64Array.of(4n) });
  dict.set("more", dict.get("seed")!);
  const error = assertThrows(() => loader.loadStateDict(dict), ArgandError, "more is not known");
  assert(error.message.includes("position is 4 and an epoch has 3 batches"));
  assertEquals(loader.position, 0);
});

Deno.test("DataLoader refuses options that make no sense", () => {
  const data = numbers(3);
  const refuse = (options: nn.DataLoaderOptions, why: string) =>
    void assertThrows(() => new nn.DataLoader(data, options as never), ArgandError, why);
  refuse({ batchSize: 0 }, "batchSize");
  refuse({ prefetch: -1 }, "prefetch");
  refuse({ seed: 0.5 }, "seed");
  refuse({ batchSize: 4, dropLast: true }, "3 samples are fewer than batchSize, 4");
  refuse({ workers: 2 } as never, `unknown option "workers"`);
  const stream = new nn.IterableDataset(() => [1]);
  assertThrows(() => new nn.DataLoader(stream, { shuffle: true }), ArgandError, "its own order");
  assertThrows(() => new nn.DataLoader({} as never), ArgandError, "an object");
  refuse({ collate: 3 } as never, "Cannot make a DataLoader: collate must be a function, got 3");
  assertThrows(
    () => new nn.IterableDataset([1] as never),
    ArgandError,
    "Cannot make an IterableDataset: it takes a function that gives samples, got ",
  );
});

Deno.test("samples that are computed, awaited or collated by the user make batches", async () => {
  const squares: nn.Dataset<readonly [RealTensor, number]> = {
    length: 5,
    get: async (k) => await Promise.resolve([tensor([k * k]), k] as const),
  };
  const found: unknown[] = [];
  for await (const [x, label] of new nn.DataLoader(squares, { batchSize: 2 })) {
    found.push([...await x.data(), ...label]);
  }
  assertEquals(found, [[0, 1, 0, 1], [4, 9, 2, 3], [16, 4]]);
  const sums = new nn.DataLoader(squares, {
    batchSize: 3,
    collate: (samples) => samples.reduce((sum, [, k]) => sum + k, 0),
  });
  assertEquals(await Array.fromAsync(sums), [3, 7]);
});

Deno.test("iterable data sets begin anew for each epoch, and go on where a loader was", async () => {
  const make = () =>
    new nn.DataLoader(
      new nn.IterableDataset(async function* (epoch) {
        for (let k = 0; k < 5; k++) yield [await Promise.resolve(tensor(10 * epoch + k))] as const;
      }),
      { batchSize: 2 },
    );
  const loader = make();
  assertEquals(loader.length, null);
  assertEquals(await pass(loader), [[0, 1], [2, 3], [4]]);
  assertEquals(await pass(loader, 1), [[10, 11]]);
  const resumed = make();
  resumed.loadStateDict(loader.stateDict());
  assertEquals(await pass(resumed), [[12, 13], [14]]);
  assertEquals(await pass(resumed), [[20, 21], [22, 23], [24]]);
});

Deno.test("prefetch has so many batches begun, and an error reaches who asks for its batch", async () => {
  const begun: number[] = [];
  const data: nn.Dataset<number> = {
    length: 6,
    get: async (k) => {
      begun.push(k);
      await new Promise((done) => setTimeout(done, 1));
      if (k === 4) throw new Error("the disk is gone");
      return k;
    },
  };
  const seen: number[] = [];
  const run = async () => {
    for await (const [k] of new nn.DataLoader(data, { prefetch: 2 })) {
      seen.push(k);
      if (k === 0) assertEquals(begun, [0, 1, 2]);
      await new Promise((done) => setTimeout(done, 5)); // the failure of sample 4 comes long before its turn
    }
  };
  await assertRejects(run, Error, "the disk is gone");
  assertEquals(seen, [0, 1, 2, 3]);
});

Deno.test("leaving a loader early, or an error, closes the source", async () => {
  for (const prefetch of [0, 3]) {
    let [closed, given] = [0, 0];
    const data = new nn.IterableDataset(async function* () {
      try {
        for (; given < 100; given++) yield await Promise.resolve(given);
      } finally {
        closed++;
      }
    });
    const loader = new nn.DataLoader(data, { prefetch });
    for await (const _ of loader) break;
    assertEquals(closed, 1);
    assert(given <= 1 + prefetch, `${given} samples were taken`);
    await assertRejects(async () => {
      for await (const _ of loader) throw new Error("out");
    });
    assertEquals(closed, 2);
  }
});

Deno.test("randomSplit divides all samples by numbers or fractions, by its seed", async () => {
  const places = async (lengths: number[], seed: number) =>
    await Promise.all(
      nn.randomSplit(numbers(10), lengths, { seed }).map(async (part) =>
        (await pass(new nn.DataLoader(part, { batchSize: 10 }))).flat()
      ),
    );
  const parts = await places([0.55, 0.45], 3);
  assertEquals(parts.map((p) => p.length), [6, 4]);
  assertEquals(parts.flat().sort((a, b) => a - b), Array.from({ length: 10 }, (_, k) => k));
  assertEquals(await places([6, 4], 3), parts);
  assertNotEquals(await places([6, 4], 4), parts);
  assertThrows(() => nn.randomSplit(numbers(10), [5, 4]), ArgandError, "add up to 9");
  assertThrows(() => nn.randomSplit(numbers(10), [10, 0]), ArgandError, "a length");
  assertThrows(() => new nn.Subset(numbers(10), [10]), ArgandError, "an index");
  const none = "Cannot make a Subset: it takes at least one index, got none";
  assertThrows(() => new nn.Subset(numbers(10), []), ArgandError, none);
});
