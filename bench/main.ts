/**
 * `deno task bench`: how fast the kernels and training steps are, against what the device can do and
 * against other libraries on the same machine. One table, and out/bench.json.
 *
 *   deno task bench                  in less than two minutes: what the targets need
 *   deno task bench --full           all sizes, more rounds, and how times grow
 *   deno task bench --full --write   the same, and bench/RESULTS.md
 *   deno task bench --cpu            the CPU engine only, or --webgpu
 *   deno task bench fft conv2d       what has one of these words in its name
 */
import type { Measured } from "./engine.ts";
import { conditions, report } from "./report.ts";
import { asText, cells } from "./table.ts";
import { verdicts } from "./targets.ts";

const started = performance.now();
const full = Deno.args.includes("--full");
const words = Deno.args.filter((arg) => !arg.startsWith("--"));

/** The engines to measure. */
function engines(): ("webgpu" | "cpu")[] {
  if (Deno.args.includes("--cpu")) return ["cpu"];
  return Deno.args.includes("--webgpu") ? ["webgpu"] : ["webgpu", "cpu"];
}

/**
 * Measures an engine in a process of its own, so that threads and memory of one do not weigh on the
 * other; null where the engine is missing.
 */
async function measured(engine: "webgpu" | "cpu", whole: boolean): Promise<Measured | null> {
  const file = `out/bench-${engine}.json`;
  const here = (path: string) => `${import.meta.dirname}/${path}`;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--config", here("deno.json")],
      ...["--allow-read", "--allow-write=out", "--allow-run", "--allow-env", "--allow-sys"],
      ...[here("engine.ts"), engine, file, full ? "full" : whole ? "quick" : "targets", ...words],
    ],
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code === 3) return null;
  if (code !== 0) throw new Error(`Cannot measure ${engine}: the process ended with ${code}`);
  const text = await Deno.readTextFile(file);
  await Deno.remove(file);
  return JSON.parse(text);
}

await Deno.mkdir("out", { recursive: true });
const parts: Measured[] = [];
for (const engine of engines()) {
  // Beside WebGPU's table the quick run of the CPU engine has only what its targets need.
  const part = await measured(engine, parts.length === 0);
  if (part) parts.push(part);
  else console.error(`There is no ${engine} here.`);
}
const results = {
  conditions: await conditions(parts, full),
  rows: parts.flatMap((part) => part.rows),
  growths: parts.flatMap((part) => part.growths),
};
const reached = verdicts(results.rows);
console.log(asText(cells(results.rows, reached)));
console.log(`\n${report.notes(results)}`);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${reached.filter((v) => v.met).length} of ${reached.length} targets met; ${seconds} s`,
);
await Deno.writeTextFile(
  "out/bench.json",
  JSON.stringify({ ...results, verdicts: reached }, null, 2) + "\n",
);
if (Deno.args.includes("--write")) {
  await Deno.writeTextFile(
    new URL("RESULTS.md", import.meta.url),
    report.markdown(results, reached),
  );
}
