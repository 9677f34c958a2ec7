/** The results in words: conditions, how the others' complex work is composed, and RESULTS.md. */
import type { gpu } from "@argand/argand";
import type { Measured } from "./engine.ts";
import type { Growth } from "./growth.ts";
import type { Row } from "./run.ts";
import { asMarkdown, cells, milliseconds } from "./table.ts";
import type { Verdict } from "./targets.ts";

/** Where and with what was measured. */
export interface Conditions {
  readonly date: string;
  readonly commit: string;
  readonly cores: number;
  readonly deno: string;
  readonly full: boolean;
  /** By engine. */
  readonly adapters: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, gpu.Limits>>;
  /** By package. */
  readonly peers: Readonly<Record<string, string>>;
}

/** All that a run found. */
export interface Results {
  readonly conditions: Conditions;
  readonly rows: readonly Row[];
  readonly growths: readonly Growth[];
}

/** The commit that is checked out, and whether files differ from it. */
async function commit(): Promise<string> {
  const git = async (...args: string[]) => {
    const { stdout, success } = await new Deno.Command("git", { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).trim() : null;
  };
  try {
    const hash = await git("rev-parse", "--short", "HEAD");
    if (hash === null) return "unknown";
    const changed = await git("status", "--porcelain", "--", "gpu", "complex", "nn", "bench/work");
    return hash + (changed ? " and changes that are not committed" : "");
  } catch {
    return "unknown"; // no git
  }
}

/** The versions that the bench's import map asks for. */
async function versions(): Promise<Record<string, string>> {
  const map = JSON.parse(await Deno.readTextFile(new URL("deno.json", import.meta.url)));
  const imports = Object.entries<string>(map.imports);
  const others = imports.filter(([name]) => /^@(tensorflow|jax-js)\//.test(name));
  return Object.fromEntries(others.map(([name, target]) => [name, target.split("@").at(-1)!]));
}

/** The conditions of this run. */
export async function conditions(
  parts: readonly Measured[],
  full: boolean,
): Promise<Conditions> {
  const adapters = Object.fromEntries(parts.map(({ engine, adapter }) => [engine, adapter]));
  const limits = Object.fromEntries(parts.map(({ engine, limits }) => [engine, limits]));
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    commit: await commit(),
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    full,
    adapters,
    limits,
    peers: await versions(),
  };
}

const giga = (x: number) => x >= 1e10 ? (x / 1e9).toFixed(0) : (x / 1e9).toFixed(1);

function limitLines({ adapters, limits }: Conditions): string[] {
  return Object.entries(limits).map(([engine, l]) =>
    `${engine}, ${adapters[engine]}: ${giga(l.flopsPerSecond)} GFLOP/s of multiply-adds; copies ` +
    `(read + write) by a kernel ${giga(l.bytesPerSecond)} GB/s of 64 MiB and ` +
    `${giga(l.cachedBytesPerSecond)} GB/s of 16 MiB, by the copy command ` +
    `${giga(l.transferBytesPerSecond)} GB/s.`
  );
}

const READING = [
  "Times are medians in milliseconds of one run, of many between two waits, less the wait; all take " +
  "turns, round by round, and every result was compared with float64 first. A number in brackets is the " +
  "other's time to ours; ~ marks what was run once because it is slow, cold what was not even run a second time.",
  "The limit is the multiply-add rate or the copy rate, whichever allows less; a complex product-sum " +
  "counts as 8 flop, and bytes are those that must be read and written at least (batch norm: 3 " +
  "traversals forward, 8 with backward; a transform: one an axis).",
  "JS is what records, plans and encodes a step; device is the sum over its kernels; first is from the " +
  "start of a process to the first loss.",
];

const COMPOSED = [
  "The others have no complex products: a product of matrices and a convolution, or its gradient, is " +
  "four real ones and two sums. TensorFlow.js runs eagerly, channels last; jax-js compiles the whole " +
  "with `jit`.",
  "Batch norms are composed of means, products, quotients and square roots of real and imaginary part, " +
  "their gradients come from the other library's own derivatives.",
  "Elementwise work and sums are on two real tensors. TensorFlow.js' transform is a sum over all pairs " +
  "(`tf.fft` of complex64; two with transpositions in 2-D), jax-js' is `numpy.fft`. Neither has a " +
  "max-pool by modulus.",
  "The column tfjs is its backend webgpu beside the WebGPU engine, cpu beside the CPU engine.",
];

/** What is printed below the table. */
function notes({ conditions, growths }: Results): string {
  return [...limitLines(conditions), ...growthLines(growths), ...READING, ...COMPOSED].join("\n");
}

function growthLines(list: readonly Growth[]): string[] {
  return list.map(({ engine, name, sizes, ms, exponent }) =>
    `${engine}, ${name}: ${sizes.map((n, k) => `${n}: ${milliseconds(ms[k])} ms`).join(", ")}; ` +
    `time ∝ n^${exponent.toFixed(2)}`
  );
}

/** RESULTS.md. */
function markdown(results: Results, verdicts: readonly Verdict[]): string {
  const { conditions: c, rows, growths } = results;
  const peers = Object.entries(c.peers).map(([name, version]) => `${name} ${version}`);
  const bullets = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");
  const sections = [
    "<!-- deno-fmt-ignore-file -->",
    "# Results of the bench",
    `Measured at commit ${c.commit} on ${c.date} UTC by \`deno task bench${
      c.full ? " --full" : ""
    }\`: ` +
    `${Object.values(c.adapters).join("; ")}; ${c.cores} cores; Deno ${c.deno}; ${
      peers.join(", ")
    }.`,
    `${verdicts.filter((v) => v.met).length} of ${verdicts.length} targets are met.`,
    "## Limits",
    bullets(limitLines(c)),
    "## Table",
    asMarkdown(cells(rows, verdicts)),
    ...(growths.length > 0 ? ["## Growth with size", bullets(growthLines(growths))] : []),
    "## How to read it",
    bullets(READING),
    "## How the others' complex work is composed",
    bullets(COMPOSED),
  ];
  return sections.join("\n\n") + "\n";
}

/** The results in words. */
export const report = { notes, markdown };
