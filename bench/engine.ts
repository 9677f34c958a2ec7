/**
 * Measures one engine: `engine.ts webgpu|cpu FILE full|quick|targets [WORD…]`; the results go into the
 * file. With words, only work that has one of them in its name.
 */
import { gpu } from "@argand/argand";
import { FAMILIES, type Growth, growth } from "./growth.ts";
import type { Patience } from "./measure.ts";
import type { Peer } from "./peers/peer.ts";
import { measure, type Row } from "./run.ts";
import { batchNorms } from "./work/batchnorm.ts";
import { convs } from "./work/conv.ts";
import { elementwise } from "./work/elementwise.ts";
import { transforms } from "./work/fft.ts";
import { gathers } from "./work/gathers.ts";
import { largeStep, largeStepKey } from "./work/large_step.ts";
import { complexProduct, matmuls, realProduct } from "./work/matmul.ts";
import { NORMS, trainingKey, trainingStep, warmScript } from "./work/training.ts";
import type { Work } from "./work/work.ts";

/** How much is measured: all sizes; what targets need and its neighbours; or that alone. */
type Extent = "full" | "quick" | "targets";

/** What was measured on an engine. */
export interface Measured {
  readonly engine: "webgpu" | "cpu";
  readonly adapter: string;
  readonly limits: gpu.Limits;
  readonly rows: readonly Row[];
  readonly growths: readonly Growth[];
}

/**
 * The other libraries on the device of an engine; jax-js' WebAssembly beside WebGPU only where time
 * does not matter. One that does not start is left out, in words.
 */
async function peersOf(engine: "webgpu" | "cpu", extent: Extent): Promise<Peer[]> {
  const { tfjs } = await import("./peers/tfjs.ts");
  const { jaxJs } = await import("./peers/jax.ts");
  const wasm = () => jaxJs("wasm");
  const starts = engine === "cpu"
    ? [() => tfjs("cpu"), wasm]
    : [() => tfjs("webgpu"), () => jaxJs("webgpu"), ...(extent === "full" ? [wasm] : [])];
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

function works(extent: Extent): Work[] {
  if (extent === "targets") return [complexProduct({ m: 512, k: 512, n: 512 }), realProduct(512)];
  const full = extent === "full";
  return [
    ...matmuls(full),
    ...convs(),
    ...batchNorms(),
    ...elementwise(),
    ...gathers(),
    ...transforms(full),
  ];
}

/** Work at which the others are so slow that only the full run waits for them. */
const LONG = "complex matmul 1024";

async function measureEngine(
  engine: "webgpu" | "cpu",
  extent: Extent,
  words: readonly string[],
): Promise<Measured> {
  const asked = (name: string) => words.length === 0 || words.some((word) => name.includes(word));
  const full = extent === "full";
  const patience: Patience = full
    ? { rounds: 5, sample: 80, longest: 600 }
    : { rounds: 3, sample: 40, longest: 250 };
  const peers = await peersOf(engine, extent);
  const rows: Row[] = [];
  const done = (row: Row) => {
    rows.push(row);
    console.error(`${engine.padEnd(7)} ${row.key}: ${row.ms.toFixed(2)} ms`);
  };
  for (const work of works(extent).filter(({ key }) => asked(key))) {
    done(await measure(work, !full && work.key === LONG ? [] : peers, patience));
  }
  const steps = engine === "cpu" || full ? 60 : 40;
  if (NORMS.some((norm) => asked(trainingKey(norm)))) await warmScript();
  for (const norm of NORMS) {
    if (asked(trainingKey(norm))) done(await trainingStep(norm, steps));
  }
  if (full && asked(largeStepKey(engine))) done(await largeStep(engine));
  const growths: Growth[] = [];
  for (const family of full ? FAMILIES.filter(({ name }) => asked(name)) : []) {
    growths.push(await growth(engine, family, (work) => measure(work, [], patience)));
  }
  return {
    engine,
    adapter: gpu.engine().adapter.name,
    limits: await gpu.limits(),
    rows,
    growths,
  };
}

const [engine, file, extent, ...words] = Deno.args as [
  "webgpu" | "cpu",
  string,
  Extent,
  ...string[],
];
try {
  await gpu.use(engine);
} catch {
  Deno.exit(3); // no such engine here
}
await Deno.writeTextFile(file, JSON.stringify(await measureEngine(engine, extent, words)));
Deno.exit(0); // the other libraries keep threads
