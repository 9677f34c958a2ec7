/** Infinite and lost numbers, by Annex G of C. */
import { angle, complex, type ComplexTensor, div, sin, tensor, where } from "@argand/argand";
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { onCpu, onEngines } from "../support/engines.ts";

const inf = Infinity;
const number = (re: number, im = 0): ComplexTensor => complex([re], [im]);

onEngines("quotients and moduli of infinite numbers are those of C", async () => {
  const cases: [ComplexTensor, ComplexTensor, number[]][] = [
    [number(1), number(inf), [0, 0]],
    [number(-3, 2), number(inf, -inf), [0, 0]],
    [number(1, 1), number(NaN, inf), [0, 0]],
    [number(inf, 1), number(2, 1), [inf, -inf]],
    [number(-inf, NaN), number(1, 1), [-inf, inf]],
    [number(inf), number(inf), [NaN, NaN]],
    [number(NaN), number(1), [NaN, NaN]],
  ];
  for (const [a, b, want] of cases) {
    // +0 and −0 are one here.
    assertEquals(Array.from(await div(a, b).data(), (x) => x + 0), want);
  }
  for (const z of [number(inf), number(-inf, 3), number(2, inf), number(inf, NaN)]) {
    assertEquals(Array.from(await z.reciprocal().data(), (x) => x + 0), [0, 0]);
    assertEquals([...await z.abs().data()], [inf]);
  }
  assertEquals([...await number(NaN, 1).abs().data()], [NaN]);
  // One lost number among others changes none of these.
  const row = complex([inf, 1, NaN, 2, 4], [0, 0, 0, 0, 0]);
  assertEquals([...await row.reciprocal().real.data()], [0, 1, NaN, 0.5, 0.25]);
});

onEngines("finite numbers give no NaN, and NaN is not 0", async () => {
  assertEquals([...await number(2e38).square().data()], [inf, 0]);
  assertEquals([...await sin(tensor([inf, -inf, NaN])).data()], [NaN, NaN, NaN]);
  assertEquals([...await where(tensor([NaN, 0]), 1, 2).data()], [1, 2]);
  assertEquals([...await angle(tensor([NaN, -0.0, 3])).data()], [NaN, Math.fround(Math.PI), 0]);
  for (const [x, y, turn] of [[inf, inf, 0.25], [-inf, inf, 0.75], [-inf, -inf, -0.75]]) {
    assertAlmostEquals((await angle(number(x, y)).data())[0], turn * Math.PI, 1e-6);
  }
});

onCpu("square roots of numbers below the normal ones keep their digits", async () => {
  const tiny = [2 ** -149, 2 ** -140 * 1.25, 2 ** -127];
  for (const x of [0, ...tiny, ...tiny.map((x) => -x)]) {
    for (const y of tiny) {
      const { re, im } = await number(x, y).sqrt().at(0).item();
      const r = Math.sqrt(Math.hypot(x, y)), half = Math.atan2(y, x) / 2;
      assertAlmostEquals(re / r, Math.cos(half), 1e-6, `of ${x} + ${y}i`);
      assertAlmostEquals(im / r, Math.sin(half), 1e-6, `of ${x} + ${y}i`);
    }
  }
});
