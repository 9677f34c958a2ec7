import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  complex,
  full,
  type InexactArray,
  manualSeed,
  poisson,
  type RealTensor,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { use } from "../../gpu/engines/device.ts";
import { kernelsOf } from "../support/dispatches.ts";
import { onEngines } from "../support/engines.ts";
import { engines } from "../support/program.ts";

/** The probabilities of 0, 1, … for a mean, by their logarithms. */
function law(mean: number, most: number): number[] {
  let log = -mean;
  return Array.from({ length: most }, (_, k) => {
    if (k > 0) log += Math.log(mean / k);
    return Math.exp(log);
  });
}

for (const mean of [0.02, 0.7, 6, 31.9, 32, 150]) {
  onEngines(`poisson() draws by Poisson's law with a mean of ${mean}`, async () => {
    const n = 40_000;
    manualSeed(3);
    const counts = await poisson(full([n], mean)).data();
    const chances = law(mean, 400);
    const seen = chances.map(() => 0);
    for (const k of counts) seen[k]++;
    // Cells of at least 20 expected counts, the tails in one each; then χ² has as many degrees of
    // freedom as cells less one, and lies within 5 standard deviations √(2·degrees) of their number.
    const cells: [seen: number, expected: number][] = [[0, 0]];
    chances.forEach((p, k) => {
      const last = cells.at(-1)!;
      if (last[1] >= 20) cells.push([seen[k], n * p]);
      else cells[cells.length - 1] = [last[0] + seen[k], last[1] + n * p];
    });
    const [few, expected] = cells.pop()!;
    const tail = cells.at(-1) ?? [0, 0];
    cells[Math.max(0, cells.length - 1)] = [tail[0] + few, tail[1] + expected];
    const chi = cells.reduce((sum, [o, e]) => sum + (o - e) ** 2 / e, 0);
    const degrees = cells.length - 1;
    assert(degrees >= 1 && Math.abs(chi - degrees) < 5 * Math.sqrt(2 * degrees) + 4, `χ² ${chi}`);
    assertEquals(seen.reduce((a, b) => a + b), n);
  });
}

onEngines("poisson() has mean and variance λ from few counts to many", async () => {
  const [n, means] = [40_000, [0.1, 4, 31, 33, 1e3, 1e6]];
  manualSeed(5);
  const lambda = tensor(means, [means.length, 1]);
  const off = poisson(lambda.expand([means.length, n])).sub(lambda);
  const [first, second] = [await off.mean(1).data(), await off.square().mean(1).data()];
  means.forEach((mean, k) => {
    const deviation = Math.sqrt(mean / n);
    assert(Math.abs(first[k]) < 4 * deviation, `the mean of ${mean} is off by ${first[k]}`);
    // Var (x − λ)² = 2λ² + λ.
    const spread = 4 * Math.sqrt((2 * mean ** 2 + mean) / n);
    assert(Math.abs(second[k] - mean) < spread, `the variance of ${mean} is ${second[k]}`);
  });
});

onEngines("poisson() gives 0 for means of 0 and below, and draws anew at each call", async () => {
  const none = poisson(tensor([0, -1, -1e30, 0]));
  assertEquals([...await none.data()], [0, 0, 0, 0]);
  const many = full([100], 50);
  assert((await poisson(many).equal(poisson(many)).min().item()) === 0);
});

onEngines("gradients pass through poisson() to the means", async () => {
  const [, [g]] = valueAndGrad((x: RealTensor) => poisson(x).mul(tensor([3, 5])).sum())(
    tensor([0.5, 90]),
  );
  assertEquals([...await g.data()], [3, 5]);
});

onEngines("counts have a kernel of their own, so that no reduction runs their loops", () => {
  const kernels = kernelsOf(poisson(full([64, 64], 9)).sum());
  assert(kernels.some((name) => name.includes("poisson")), kernels.join());
  assert(kernels.some((name) => !name.includes("poisson")), kernels.join());
});

Deno.test("counts are the same on both engines, but for draws within rounding of the next", async () => {
  const draws: InexactArray[] = [];
  const means = tensor(Float32Array.from({ length: 20_000 }, (_, k) => 1.001 ** (k / 2)));
  for (const engine of await engines()) {
    await use(engine.kind);
    manualSeed(12);
    draws.push(await poisson(means).data());
  }
  for (const other of draws.slice(1)) {
    const off = Array.from(draws[0], (count, k) => Math.abs(count - other[k]));
    assert(Math.max(...off) <= 1);
    assert(
      off.reduce((a, b) => a + b) < 1e-3 * off.length,
      `${off.reduce((a, b) => a + b)} differ`,
    );
  }
});

Deno.test("poisson() refuses complex means", () => {
  const wrong = complex([1]) as unknown as RealTensor;
  assertThrows(() => poisson(wrong), ArgandError, "Cannot draw Poisson counts: it takes a real");
});
