/**
 * Measures kernels and training steps on the engine in use, prints a table and writes
 * out/bench.json. Machines are noisy: compare figures of one run, and medians of several.
 *
 *   deno task bench
 *   ARGAND_DEVICE=cpu deno task bench
 */
import { gpu } from "@argand/argand";
import { median, time, timeByTurns } from "./measure.ts";
import { trainingStep } from "./training.ts";
import { kernels } from "./work.ts";

const engine = gpu.engine();
console.log(`${engine.kind}: ${engine.adapter.name}\n`);
const rows: Record<string, number | string>[] = [];
const line = (name: string, ms: number, note: string) =>
  console.log(`${name.padEnd(56)} ${ms.toFixed(2).padStart(9)} ms  ${note}`);

let copyRate = 0;
const works = await kernels();
for (const work of works) {
  await work.check();
  const ms = await time(work.run);
  const rate = (work.flop ?? work.bytes!) / ms / 1e6;
  copyRate ||= rate;
  const bound = work.bytes ? `, ${(rate / copyRate).toFixed(2)} of the copy rate` : "";
  line(work.name, ms, `${rate.toFixed(1)} ${work.flop ? "GFLOP/s" : "GB/s"}${bound}`);
  rows.push({ name: work.name, ms, rate });
}
const steps = engine.kind === "cpu" ? 15 : 60;
for (const norm of ["covariance", "naive", "none"] as const) {
  const { first, step, script, bytes } = await trainingStep(norm, steps);
  const name = `training step, batch 64, norm ${norm}`;
  line(name, step, `${script.toFixed(2)} ms of JavaScript; the first ${first.toFixed(0)} ms`);
  rows.push({ name, ms: step, script, first, bytes });
}

// Ratios are of neighbouring measurements, by turns: the machine's other load cancels.
const [copy, covariance, naive] = (["copy", "covariance", "naive"] as const)
  .map((key) => works.find((work) => work.key === key)!);
const turns = await timeByTurns([copy.run, covariance.run, naive.run]);
const copies = covariance.bytes! / copy.bytes!;
const ratios = [
  {
    name: "covariance batch norm, forward + backward, to the naive one",
    ratio: median(turns.map(([, whole, parts]) => whole / parts)),
    limit: 1.2,
  },
  {
    name: "the same to 8 traversals of its 16 MiB at the copy rate",
    ratio: median(turns.map(([once, whole]) => whole / (copies * once))),
    limit: 2,
  },
];
console.log();
for (const { name, ratio, limit } of ratios) {
  const verdict = ratio <= limit ? "within" : "above";
  console.log(`${name}: ${ratio.toFixed(2)}, ${verdict} the limit of ${limit}`);
}
await Deno.mkdir("out", { recursive: true });
await Deno.writeTextFile(
  "out/bench.json",
  JSON.stringify({ engine: engine.kind, adapter: engine.adapter.name, rows, ratios }, null, 2) +
    "\n",
);
