import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { deviation } from "../../bench/numbers.ts";
import type { Row } from "../../bench/run.ts";
import { exponent, median, quantile } from "../../bench/statistics.ts";
import { asMarkdown, asText, cells } from "../../bench/table.ts";
import { verdicts } from "../../bench/targets.ts";

const row = (key: string, ms: number, more: Partial<Row> = {}): Row => (
  { engine: "webgpu", key, ms, peers: {}, ...more }
);

Deno.test("median() and quantile() take elements of the sorted list", () => {
  assertEquals(median([10, 9, 100]), 10);
  assertEquals(quantile([3, 1, 2, 4], 0), 1);
  assertEquals(quantile([3, 1, 2, 4], 1), 4);
});

Deno.test("exponent() finds the power of a power law", () => {
  assertAlmostEquals(exponent([2, 4, 8], [8, 64, 512]), 3);
});

Deno.test("deviation() is relative to the samples' root mean square, and infinite for NaN", () => {
  const wanted = [{ at: 0, value: 3 }, { at: 2, value: 4 }];
  assertEquals(deviation(new Float32Array([3, 0, 4]), wanted), 0);
  assertAlmostEquals(deviation(new Float32Array([3, 0, 5]), wanted), 1 / Math.sqrt(12.5));
  assertEquals(deviation(new Float32Array([3, 0, NaN]), wanted), Infinity);
});

Deno.test("verdicts() are of the rows that are there, met or missed with the figure", () => {
  const rows = [
    row("complex matmul 512", 10, { fraction: 0.5 }),
    row("real matmul 512", 9, { peers: { tfjs: { ms: 15, ratio: 1.7 } } }),
  ];
  assertEquals(verdicts(rows), [
    { engine: "webgpu", key: rows[0].key, met: false, text: "0.50 of the limit ≥ 0.55" },
    { engine: "webgpu", key: rows[0].key, met: true, text: "6.00 × tfjs, real, per flop ≥ 5" },
  ]);
  assertEquals(verdicts([row("complex matmul 7", 1)]), []);
});

Deno.test("the table shows times, rates, the others and verdicts", () => {
  const rows = [
    row("complex matmul 512", 12.34, {
      rate: 2.5e10,
      unit: "flop/s",
      fraction: 0.6,
      peers: { tfjs: { ms: 100, ratio: 8.1, once: true }, "jax wasm": { word: "fails" } },
    }),
  ];
  const table = cells(rows, verdicts(rows));
  const text = asText(table);
  for (
    const part of ["12.3", "25 GFLOP/s", "~100 (8.1×)", "fails", "met: 0.60 of the limit ≥ 0.55"]
  ) {
    assertStringIncludes(text, part);
  }
  assertEquals(new Set(asMarkdown(table).split("\n").map((l) => l.split("|").length)).size, 1);
});
