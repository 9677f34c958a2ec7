/**
 * `deno task bench`: how fast the kernels and training steps are, against what the device can do and
 * against other libraries on the same machine. One table, and out/bench.json.
 *
 *   deno task bench                  in less than two minutes: what the targets need
 *   deno task bench --full           all sizes, more rounds, and how times grow
 *   deno task bench --full --write   the same, and bench/RESULTS.md
 *   deno task bench --cpu            the CPU engine only, or --webgpu
 */
import { gpu } from "@argand/argand";
import { FAMILIES, type Growth, growth } from "./growth.ts";
import type { Patience } from "./measure.ts";
import type { Peer } from "./peers/peer.ts";
import { conditions, report } from "./report.ts";
import { measure, type Row } from "./run.ts";
import { asText, cells } from "./table.ts";
import { verdicts } from "./targets.ts";
import { batchNorms } from "./work/batchnorm.ts";
import { convs } from "./work/conv.ts";
import { elementwise } from "./work/elementwise.ts";
import { transforms } from "./work/fft.ts";
import { complexProduct, matmuls, realProduct } from "./work/matmul.ts";
import { NORMS, trainingStep } from "./work/training.ts";
import type { Work } from "./work/work.ts";

const started = performance.now();
const full = Deno.args.includes("--full");
const patience: Patience = full
  ? { rounds: 7, sample: 120, longest: 3000 }
  : { rounds: 3, sample: 40, longest: 250 };

/** The engines to measure; a machine without an adapter has only one. */
async function engines(): Promise<("webgpu" | "cpu")[]> {
  if (Deno.args.includes("--cpu")) return ["cpu"];
  if (Deno.args.includes("--webgpu")) return ["webgpu"];
  try {
    await gpu.use("webgpu");
    return ["webgpu", "cpu"];
  } catch {
    console.error("No WebGPU adapter here: the CPU engine only.");
    return ["cpu"];
  }
}

/** The other libraries on the device of an engine; one that does not start is left out, in words. */
async function peersOf(engine: "webgpu" | "cpu"): Promise<Peer[]> {
  const { tfjs } = await import("./peers/tfjs.ts");
  const { jaxJs } = await import("./peers/jax.ts");
  const starts = engine === "webgpu"
    ? [() => tfjs("webgpu"), () => jaxJs("webgpu"), () => jaxJs("wasm")]
    : [() => tfjs("cpu"), () => jaxJs("wasm")];
  const peers: Peer[] = [];
  for (const start of starts) {
    try {
      peers.push(await start());
    } catch (error) {
      console.error(`Left out: ${(error as Error).message}`);
    }
  }
  return peers;
}

/** What is measured; the CPU engine's quick run beside WebGPU's has what targets need. */
function works(engine: "webgpu" | "cpu", alone: boolean): Work[] {
  if (engine === "cpu" && !full && !alone) {
    return [complexProduct({ m: 512, k: 512, n: 512 }), realProduct(512)];
  }
  return [...matmuls(full), ...convs(full), ...batchNorms(), ...elementwise(), ...transforms(full)];
}

const rows: Row[] = [];
const growths: Growth[] = [];
const limits: Record<string, gpu.Limits> = {};
const names: Record<string, string> = {};
const list = await engines();
for (const engine of list) {
  await gpu.use(engine);
  names[engine] = gpu.engine().adapter.name;
  limits[engine] = await gpu.limits();
  const peers = await peersOf(engine);
  const done = (row: Row) => {
    rows.push(row);
    console.error(`${engine.padEnd(7)} ${row.key}: ${row.ms.toFixed(2)} ms`);
  };
  for (const work of works(engine, list.length === 1)) done(await measure(work, peers, patience));
  const steps = engine === "cpu" ? 25 : 60;
  for (const norm of NORMS) done(await trainingStep(norm, steps));
  for (const family of full ? FAMILIES : []) {
    growths.push(await growth(engine, family, (work) => measure(work, [], patience)));
  }
}

const results = { conditions: await conditions(names, limits, full), rows, growths };
const reached = verdicts(rows);
console.log(asText(cells(rows, reached)));
console.log(`\n${report.notes(results)}`);
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${reached.filter((v) => v.met).length} of ${reached.length} targets met; ${seconds} s`,
);
await Deno.mkdir("out", { recursive: true });
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
Deno.exit(0); // the other libraries keep threads
