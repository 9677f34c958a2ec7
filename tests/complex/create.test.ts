/** Tensors from numbers, arrays, formulas and seeds; how they print; what they copy. */
import {
  arange,
  complex,
  complexTensor,
  evaluate,
  eye,
  full,
  getRandomState,
  type InexactArray,
  linspace,
  manualSeed,
  meshgrid,
  ones,
  parameter,
  polar,
  rand,
  randn,
  randnComplex,
  setRandomState,
  tensor,
  zeros,
} from "@argand/argand";
import { use } from "../../gpu/engines/device.ts";
import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { engines } from "../support/program.ts";
import { onEngines } from "../support/engines.ts";

onEngines("tensor() takes numbers, nested arrays and typed arrays", async () => {
  assertEquals(await tensor(2).item(), 2);
  assertEquals(tensor(2).shape, []);
  assertEquals(await tensor([[1, 2], [3, 4]]).toArray(), [[1, 2], [3, 4]]);
  assertEquals(tensor([[[1], [2]]]).shape, [1, 2, 1]);
  assertEquals(await tensor(Float64Array.of(0.5, 1)).toArray(), [0.5, 1]);
  assertEquals(await tensor(Int16Array.of(1, -2, 3, 4), [2, 2]).toArray(), [[1, -2], [3, 4]]);
  assertEquals(await tensor([1, 2, 3, 4], [2, 2]).toArray(), [[1, 2], [3, 4]]);
  assertEquals(await tensor([NaN, Infinity]).toArray(), [NaN, Infinity]);
});

onEngines("numbers beyond those of float32 become infinite, as in NumPy and PyTorch", async () => {
  assertEquals(await tensor([1e40, -1e40, 3.4e38]).data(), Float32Array.of(1e40, -1e40, 3.4e38));
  assertEquals(await tensor(Float64Array.of(1e40)).toArray(), [Infinity]);
  assertEquals(await complexTensor([-1e40, 1], [1]).data(), Float32Array.of(-Infinity, 1));
});

onEngines("complexTensor() and complex() take interleaved values, pairs and parts", async () => {
  const expected = new Float32Array([1, 2, 3, 4]);
  assertEquals(await complexTensor([1, 2, 3, 4]).data(), expected);
  assertEquals(await complexTensor(expected, [2, 1]).data(), expected);
  assertEquals(await complexTensor([{ re: 1, im: 2 }, { re: 3, im: 4 }]).data(), expected);
  assertEquals(await complexTensor({ re: 1, im: 2 }).item(), { re: 1, im: 2 });
  assertEquals(await complex([1, 3], [2, 4]).data(), expected);
  assertEquals(await complex(tensor([1, 3]), 0).data(), new Float32Array([1, 0, 3, 0]));
  assertEquals(complex([[1], [2]], [3, 4]).shape, [2, 2]);
  assertEquals(await complex(1).item(), { re: 1, im: 0 });
  assertClose(await polar([1, 2], Math.PI / 2).data(), [0, 1, 0, 2], 1e-6);
  assertEquals(await complex([[1]], [[2]]).toArray(), [[{ re: 1, im: 2 }]]);
});

onEngines("zeros(), ones(), full(), eye(), arange(), linspace() and meshgrid()", async () => {
  assertEquals(await zeros([2, 2]).toArray(), [[0, 0], [0, 0]]);
  assertEquals(await ones([2]).toArray(), [1, 1]);
  assertEquals(await full([2], -1.5).toArray(), [-1.5, -1.5]);
  assertEquals(await full([1], { re: 1, im: 2 }).data(), new Float32Array([1, 2]));
  assertEquals(await eye(2, 3).toArray(), [[1, 0, 0], [0, 1, 0]]);
  assertEquals(await arange(3).toArray(), [0, 1, 2]);
  assertEquals(await arange(5, 0, -2).toArray(), [5, 3, 1]);
  assertEquals(await linspace(-1, 1, 3).toArray(), [-1, 0, 1]);
  assertEquals(await linspace(4, 9, 1).toArray(), [4]);
  const [y, x] = meshgrid(arange(2), arange(3));
  assertEquals(await y.toArray(), [[0, 0, 0], [1, 1, 1]]);
  assertEquals(await x.toArray(), [[0, 1, 2], [0, 1, 2]]);
});

onEngines("the data of the host are copied at creation and when read", async () => {
  const real = Float32Array.of(1, 2);
  const interleaved = Float32Array.of(3, 4);
  const shape = [2];
  const [x, z] = [tensor(real, shape), complexTensor(interleaved)];
  real[0] = interleaved[0] = shape[0] = 99;
  assertEquals(await x.toArray(), [1, 2]);
  assertEquals(await z.item(), { re: 3, im: 4 });
  (await x.data())[0] = 99;
  assertEquals(await x.toArray(), [1, 2]);
  assertEquals(x.shape, [2]);
});

Deno.test("complex() of the two views of a tensor is that tensor", () => {
  const z = complexTensor([1, 2, 3, 4]);
  assertStrictEquals(complex(z.real, z.imag).node, z.node);
  const w = z.mul(z);
  assertStrictEquals(complex(w.real, w.imag).node, w.node);
  const [x, y] = [tensor([1]), tensor([2])];
  assertStrictEquals(complex(x, y).real.node, x.node);
  assertStrictEquals(complex(x, y).imag.node, y.node);
  assertStrictEquals(z.conj().conj().node, z.node);
  assertNotEquals(complex(z.imag, z.real).node, z.node);
});

Deno.test("tensors print kind, shape and, once read, their values", async () => {
  const x = tensor([[1, -2.5], [1e-7, 3e9]]).mul(1);
  assertEquals(String(x), "RealTensor [2, 2] (not read yet; await x.format() shows the values)");
  assertEquals(await x.format(), "RealTensor [2, 2]\n[[1, -2.5000],\n [1.000e-7, 3.000e+9]]");
  assertEquals(String(x), await x.format());
  assertEquals(await complex(1, -2).format(), "ComplexTensor [] 1-2i");
  assertEquals(await complex([0.5], [NaN]).format(), "ComplexTensor [1] [0.50000+NaNi]");
  assertEquals(await arange(20).format(), "RealTensor [20] [0, 1, 2, …, 17, 18, 19]");
  assertEquals(await tensor([-0, Infinity]).format(), "RealTensor [2] [-0, Infinity]");
  assertEquals(Deno.inspect(tensor(3)), "RealTensor [] 3");
});

onEngines(
  "the same seed gives the same bits, the next draw and another seed give others",
  async () => {
    manualSeed(12345);
    const first = [rand([7]), randn([7]), randnComplex([7]), rand([7])];
    manualSeed(12345);
    const again = [rand([7]), randn([7]), randnComplex([7]), rand([7])];
    for (const k of first.keys()) assertEquals(await first[k].data(), await again[k].data());
    assertNotEquals(await first[0].data(), await first[3].data());
    manualSeed(2 ** 40 + 12345);
    assertNotEquals(await rand([7]).data(), await first[0].data());
  },
);

Deno.test("without a seed every process draws other numbers, and the state shows which", async () => {
  // A module loaded again begins as it does in another process.
  const url = new URL("../../complex/ops/random.ts", import.meta.url).href;
  const fresh = ["one", "other"].map((which) => import(`${url}?${which}`));
  const [one, other] = (await Promise.all(fresh)).map(({ generator }) => generator.state);
  assertNotEquals(one.seed, other.seed);
  for (const { seed, draws } of [one, other]) {
    assert(Number.isSafeInteger(seed) && seed >= 0 && draws === 0);
  }
  const state = getRandomState();
  const first = await randn([5]).data();
  setRandomState(state);
  assertEquals(await randn([5]).data(), first);
});

onEngines("a random tensor keeps its numbers, however it is used", async () => {
  manualSeed(5);
  const x = rand([6]);
  const doubled = await x.mul(2).data();
  evaluate(x);
  assertEquals(doubled, (await x.data()).map((v) => 2 * v));
  assertClose(await x.reshape([2, 3]).T.sum().data(), await x.sum().data(), 1e-6);
});

onEngines("random numbers have the moments of their distributions", async () => {
  manualSeed(9);
  const moments = (data: InexactArray) => {
    const mean = [...data].reduce((a, x) => a + x, 0) / data.length;
    const power = (p: number) => [...data].reduce((a, x) => a + (x - mean) ** p, 0) / data.length;
    return [mean, power(2), power(4)];
  };
  const near = (actual: number[], expected: number[], within: number) =>
    actual.forEach((x, k) => assert(Math.abs(x - expected[k]) < within, `${actual}`));
  const n = 40000;
  const uniform = await rand([n], -1, 3).data();
  near(moments(uniform), [1, 16 / 12, 256 / 80], 0.05);
  assert(uniform.every((x) => x >= -1 && x < 3));
  near(moments(await randn([n]).data()), [0, 1, 3], 0.1);
  const z = randnComplex([n]);
  near(moments(await z.real.data()), [0, 0.5, 0.75], 0.04);
  near(moments(await z.imag.data()), [0, 0.5, 0.75], 0.04);
  near([await z.real.mul(z.imag).mean().item()], [0], 0.02);
});

Deno.test("random numbers are the same on both engines", async () => {
  const draws: InexactArray[][] = [];
  for (const engine of await engines()) {
    await use(engine.kind);
    manualSeed(77);
    const made = [rand([1000]), randn([1000]), randnComplex([1000])];
    draws.push(await Promise.all(made.map((x) => x.data())));
  }
  for (const other of draws.slice(1)) {
    assertEquals(other[0], draws[0][0]);
    for (const k of [1, 2]) assertClose(other[k], draws[0][k], 1e-6);
  }
});

onEngines("parameter() starts with the value of any tensor, real or complex", async () => {
  const w = parameter(randnComplex([2]).mul(0).add({ re: 1, im: 2 }), { name: "w" });
  assertEquals(await w.data(), new Float32Array([1, 2, 1, 2]));
  assertEquals([w.requiresGrad, w.grad, w.dtype], [true, null, "complex64"]);
  assertEquals(parameter(ones([1]), { requiresGrad: false }).requiresGrad, false);
});

onEngines("numbers that are only read make tensors", async () => {
  const rows = [[1, 2], [3, 4]] as const;
  const entries: readonly (readonly { re: number; im: number }[])[] = [[{ re: 1, im: -1 }]];
  assertEquals(await tensor(rows).toArray(), [[1, 2], [3, 4]]);
  assertEquals(await complexTensor(entries).toArray(), [[{ re: 1, im: -1 }]]);
});
