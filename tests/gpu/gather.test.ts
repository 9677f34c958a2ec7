/** Gathers and their adjoint: every form against a loop, on all engines and numbers of threads. */
import { assertEquals } from "@std/assert";
import { lanesOf } from "../../gpu/contract/dtype.ts";
import { single } from "../../gpu/contract/kernel.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { gather, type GatherSpec } from "../../gpu/kernels/gathers/gather.ts";
import { LONGEST_SEGMENT, scatterAdd } from "../../gpu/kernels/gathers/segment_sum.ts";
import { assertClose } from "../support/close.ts";
import { runOnAll, runProgram } from "../support/program.ts";
import { Seeded } from "../support/seeded.ts";

/** Rows of one number, of a few, of some vectors with a rest, and of so many that they are copied whole. */
const CASES: GatherSpec[] = [
  { dtype: "float32", outer: 1, rows: 1, picks: 1, inner: 1 },
  { dtype: "float32", outer: 2, rows: 65, picks: 300, inner: 1 },
  { dtype: "float32", outer: 3, rows: 5, picks: 9, inner: 31 },
  { dtype: "float32", outer: 1, rows: 900, picks: 40, inner: 3 },
  { dtype: "complex64", outer: 3, rows: 7, picks: 11, inner: 5 },
  { dtype: "complex64", outer: 1, rows: 400, picks: 40_000, inner: 1 },
  { dtype: "complex64", outer: 2, rows: 50, picks: 30, inner: 301 },
];

/** Labels, the order that sorts them, and the offsets of each row's labels in it. */
function sortedLabels(random: Seeded, { rows, picks }: GatherSpec) {
  const labels = Uint32Array.from({ length: picks }, () => random.whole(0, rows));
  const places = [...labels.keys()].sort((a, b) => labels[a] - labels[b] || a - b);
  const offsets = Uint32Array.from(
    { length: rows + 1 },
    (_, r) => labels.reduce((n, label) => n + Number(label < r), 0),
  );
  return { labels, order: Uint32Array.from(places), offsets };
}

Deno.test("gather and scatterAdd choose rows and add them back", async () => {
  const random = new Seeded(13);
  for (const spec of CASES) {
    const { dtype, outer, rows, picks, inner } = spec;
    const w = inner * lanesOf(dtype);
    const x = random.floats(outer * rows * w);
    const g = random.floats(outer * picks * w);
    const { labels, order, offsets } = sortedLabels(random, spec);
    const chosen = new Float32Array(g.length);
    const added = new Float64Array(x.length);
    for (let o = 0; o < outer; o++) {
      for (let p = 0; p < picks; p++) {
        for (let i = 0; i < w; i++) {
          const [from, to] = [(o * rows + labels[p]) * w + i, (o * picks + p) * w + i];
          chosen[to] = x[from];
          added[from] += g[to];
        }
      }
    }
    for (const { kind, out } of await runOnAll(single(gather, spec), [x, labels], [g.length])) {
      assertEquals(out[0], chosen, `gather on ${kind}, ${JSON.stringify(spec)}`);
    }
    const put = scatterAdd({ dtype, outer, picks, inner, segments: [rows] });
    const all = await runOnAll(put, [g, order, offsets], [x.length]);
    for (const { kind, out } of all) {
      assertClose(out[0], added, 2e-6, `scatterAdd on ${kind}, ${JSON.stringify(spec)}`);
      assertEquals(out[0], all[0].out[0], `the order of the sums on ${kind}`);
    }
  }
});

Deno.test("scatterAdd adds up parts of segments, then the parts", async () => {
  const random = new Seeded(14);
  const lengths = [3 * LONGEST_SEGMENT + 5, 0, 1, LONGEST_SEGMENT];
  const parts = [0, 128, 256, 384, 389, 390, 518, 518, 518]; // two are left over
  assertEquals(LONGEST_SEGMENT, 128);
  const picks = lengths.reduce((a, b) => a + b);
  const order = Uint32Array.from({ length: picks }, (_, k) => picks - 1 - k);
  const g = random.floats(2 * picks * 3);
  const sums = new Float64Array(2 * lengths.length * 3);
  for (let o = 0; o < 2; o++) {
    let k = 0;
    lengths.forEach((length, row) => {
      const end = k + length;
      for (; k < end; k++) {
        for (let i = 0; i < 3; i++) {
          sums[(o * lengths.length + row) * 3 + i] += g[(o * picks + order[k]) * 3 + i];
        }
      }
    });
  }
  const segments = [parts.length - 1, lengths.length];
  const program = scatterAdd({ dtype: "float32", outer: 2, picks, inner: 3, segments });
  const inputs = [g, order, Uint32Array.from(parts), Uint32Array.of(0, 4, 4, 5, 6)];
  for (const { kind, out } of await runOnAll(program, inputs, [sums.length])) {
    assertClose(out[0], sums, 1e-5, kind);
  }
});

Deno.test("gathers and their adjoint are the same on any number of threads", async () => {
  const random = new Seeded(15);
  const one = new CpuEngine({ workers: 0 }), three = new CpuEngine({ workers: 3 });
  for (let round = 0; round < 3; round++) { // the first job starts the threads
    for (const spec of CASES) {
      const { dtype, outer, rows, picks, inner } = spec;
      const w = inner * lanesOf(dtype);
      const x = random.floats(outer * rows * w), g = random.floats(outer * picks * w);
      const { labels, order, offsets } = sortedLabels(random, spec);
      const put = scatterAdd({ dtype, outer, picks, inner, segments: [rows] });
      const results = [one, three].map(async (engine) => [
        ...await runProgram(engine, single(gather, spec), [x, labels], [g.length]),
        ...await runProgram(engine, put, [g, order, offsets], [x.length]),
      ]);
      const [a, b] = await Promise.all(results);
      assertEquals(b, a, JSON.stringify(spec));
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  one.destroy();
  three.destroy();
});
