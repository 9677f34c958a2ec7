/**
 * Measures kernels and training steps on the engine in use, prints a table and writes
 * out/bench.json. Machines are noisy: compare figures of one run, and medians of several.
 *
 *   deno task bench
 *   ARGAND_DEVICE=cpu deno task bench
 */
import { gpu } from "@argand/argand";
import { time } from "./measure.ts";
import { trainingStep } from "./training.ts";
import { kernels } from "./work.ts";

const engine = gpu.engine();
console.log(`${engine.kind}: ${engine.adapter.name}\n`);
const rows: Record<string, number | string>[] = [];
const line = (name: string, ms: number, note: string) =>
  console.log(`${name.padEnd(56)} ${ms.toFixed(2).padStart(9)} ms  ${note}`);

let copyRate = 0;
for (const work of await kernels()) {
  await work.check();
  const ms = await time(work.run);
  const rate = work.flop ? work.flop / ms / 1e6 : work.bytes! / ms / 1e6;
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
await Deno.mkdir("out", { recursive: true });
await Deno.writeTextFile(
  "out/bench.json",
  JSON.stringify({ engine: engine.kind, adapter: engine.adapter.name, rows }, null, 2) + "\n",
);
