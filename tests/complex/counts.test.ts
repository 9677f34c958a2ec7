/** Counts beyond 31 and 32 bits: of elements that are computed and not stored, and of sizes. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  arange,
  eye,
  fft,
  fftConvolve,
  fftfreq,
  full,
  grad,
  linspace,
  ones,
  parameter,
  rand,
  randnComplex,
  type RealTensor,
  tensor,
} from "../../mod.ts";
import { gpu } from "../../mod.ts";
import { onEngines } from "../support/engines.ts";

const MANY = 2 ** 31;

Deno.test("sums, means, maxima and gradients of 2^31 and more elements are right (cpu)", async () => {
  await gpu.use("cpu");
  assertEquals(await ones([MANY + 8]).sum().item(), MANY);
  assertEquals(await full([65536, 32768], 3).max().item(), 3);
  const p = parameter(tensor([3]));
  const loss = p.square().expand([MANY]).mean();
  loss.backward();
  assertEquals([await loss.item(), await p.grad!.item()], [9, 6]);
});

Deno.test("a sum over pairs and its gradient are right where there are more than 2^31 (cpu)", async () => {
  await gpu.use("cpu");
  const n = 46341;
  const pairs = (x: RealTensor) => x.reshape([n, 1]).mul(x.reshape([1, n])).sum();
  const slopes = await grad(pairs)(ones([n])).data();
  assertEquals(slopes.findIndex((slope) => slope !== 2 * n), -1);
  const rows = await ones([3, 1, 1]).cumsum(0).mul(ones([1, 32768, 1])).mul(ones([1, 1, 32768]))
    .sum([1, 2]).data();
  assertEquals([...rows], [2 ** 30, 2 ** 31, 3 * 2 ** 30]);
});

onEngines(
  "sums of more than 2^32 elements are right",
  async () => {
    const n = 65_540;
    const x = ones([n, 1]).mul(ones([1, n]));
    assert(Math.abs(await x.sum().item() / n ** 2 - 1) < 1e-6);
    const mean = await rand([2 ** 32]).mean().item();
    assert(Math.abs(mean - 0.5) < 1e-4, String(mean));
  },
  { exhaustive: ["cpu", "webgpu"] },
);

Deno.test("a view that picks among more than 2^32 elements finds the right ones (cpu)", async () => {
  await gpu.use("cpu");
  const n = 65_540;
  const x = arange(n).div(n);
  const products = x.reshape([n, 1]).mul(x.reshape([1, n])).reshape([n * n]);
  const diagonal = products.slice([0, n * n, n + 1]);
  assertEquals(await diagonal.data(), await x.square().data());
});

onEngines("sizes that can't be counted are refused at the line that asks for them", async () => {
  assertThrows(() => ones([2 ** 30, 2 ** 30]), Error, "Cannot");
  assertThrows(() => ones([2 ** 30, 1]).mul(ones([1, 2 ** 30])), Error, "more than 2^53 elements");
  assertThrows(() => rand([2 ** 32 + 1]), Error, "Cannot draw random numbers: shape [4294967297]");
  assertThrows(() => ones([2 ** 33]).slice([2 ** 32, 2 ** 33]), Error, "starts have 32 bits");
  assertThrows(() => ones([2 ** 25]).argmax(), Error, "Cannot take the argmax");
  assertThrows(() => fft(randnComplex([2 ** 29])), Error, "Cannot transform: 536870912 points");
  await assertRejects(
    () => ones([2 ** 46]).sum().item(),
    Error,
    "Cannot fold 70368744177664 elements",
  );
  assertEquals(await ones([2]).add(1).sum().item(), 4);
});

Deno.test("recording takes no longer for longer axes", () => {
  const n = 2 ** 28;
  const start = performance.now();
  arange(n);
  fftfreq(n);
  linspace(0, 1, n);
  eye(2 ** 15);
  fftConvolve(randnComplex([8]), ones([n]));
  fft(randnComplex([n]));
  fft(randnComplex([134217689])); // a prime
  assert(performance.now() - start < 1000);
});
