/**
 * A tensor [n, channels, inner] walked channel by channel: every channel's elements go to
 * threads in parts, neighbouring threads beside one another in memory.
 */
import { type Adapter, linearGrid, linearMain } from "../../contract/kernel.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";
import { threadsWanted } from "../costs.ts";

/** The shape [n, channels, inner] of a tensor, such as N,C,H,W with H·W flattened to `inner`. */
export interface ChannelSpec {
  readonly n: number;
  readonly channels: number;
  readonly inner: number;
}

/** Neighbouring threads that take neighbouring elements: a full memory sector a step. */
const LANES = 8;

/** How a channel's elements are cut into parts: {@link LANES} parts interleave over `tile` elements in a row. */
export interface Partition {
  readonly elements: number;
  readonly length: number;
  readonly tile: number;
  readonly parts: number;
}

/** Cuts so that about `threads` threads have work, with `fewest` to `most` elements each where there are any. */
export function partition(s: ChannelSpec, threads = 32768, fewest = 16, most = 128): Partition {
  const elements = s.n * s.inner;
  const ideal = Math.log2((elements * s.channels) / threads);
  const length = Math.min(most, Math.max(fewest, 2 ** Math.floor(ideal)));
  const tile = LANES * length;
  return { elements, length, tile, parts: LANES * Math.ceil(elements / tile) };
}

/** Where element `k` of a channel lies in the tensor. */
export function place(s: ChannelSpec, channel: number, k: number): number {
  const row = Math.floor(k / s.inner);
  return (row * s.channels + channel) * s.inner + (k - row * s.inner);
}

/** WGSL: `place(channel, k)`, where element k of a channel lies in the tensor. */
export function placeWgsl({ channels, inner }: ChannelSpec): string {
  return `
fn place(channel: u32, k: u32) -> u32 {
  return ${
    inner === 1
      ? `k * ${channels}u + channel`
      : `k + (k / ${inner}u * ${channels - 1}u + channel) * ${inner}u`
  };
}
`;
}

/** WGSL: one thread a part. `body` sees `i`, `channel`, `part`, `count` and calls `at(j)`, j < count. */
export function walk(s: ChannelSpec, d: Partition, body: (at: (j: string) => string) => string) {
  const { channels, inner } = s;
  const oneRow = inner % d.tile === 0;
  const at = (j: string) =>
    oneRow ? `(base + (${j}) * ${LANES}u)` : `place(channel, first + (${j}) * ${LANES}u)`;
  const count = d.elements % d.tile === 0
    ? `${d.length}u`
    : `min(${d.length}u, (max(${d.elements}u, first) - first + ${LANES - 1}u) / ${LANES}u)`;
  // Where rows are short it is neighbouring channels that lie near each other in memory.
  const split = inner >= LANES
    ? `let channel = i / ${d.parts}u; let part = i % ${d.parts}u;`
    : `let channel = i % ${channels}u; let part = i / ${channels}u;`;
  const threads = channels * d.parts;
  const source = `${placeWgsl(s)}${
    linearMain(
      threads,
      `  ${split}
  let first = part / ${LANES}u * ${d.tile}u + part % ${LANES}u;
  let count = ${count};
  ${oneRow ? "let base = place(channel, first);" : ""}
${body(at)}`,
    )
  }`;
  return { source, workgroups: linearGrid(threads) };
}

/** WGSL: `one` for every element of a part, four at a time so that their loads overlap. */
export function forEach(at: (j: string) => string, one: (k: string) => string): string {
  return `  var j = 0u;
  for (; j + 4u <= count; j += 4u) {
${[0, 1, 2, 3].map((b) => `    { let k = ${at(`j + ${b}u`)}; ${one("k")} }`).join("\n")}
  }
  for (; j < count; j += 1u) { let k = ${at("j")}; ${one("k")} }`;
}

/** WGSL of a thread: what it sets up for its channel, and what it does with every element of its part. */
export interface Visit {
  readonly setup: string;
  readonly one: (k: string) => string;
}

/** WGSL that visits the elements of a part; those of channels for which `when` holds in another way. */
export function visitPart(
  at: (j: string) => string,
  plain: Visit,
  turned?: Visit & { readonly when: string },
): string {
  const all = `${plain.setup}\n${forEach(at, plain.one)}`;
  if (!turned) return all;
  return `  if (${turned.when}) {
${turned.setup}
  for (var j = 0u; j < count; j += 1u) { let k = ${at("j")}; ${turned.one("k")} }
  } else {
${all}
  }`;
}

/** WGSL for an elementwise kernel whose threads set up one channel and then walk over a part of it. */
export function mapChannels(
  s: ChannelSpec,
  adapter: Adapter,
  plain: Visit,
  turned?: Visit & { readonly when: string },
): { source: string; workgroups: [number, number, number] } {
  const { threads, fewest } = threadsWanted(adapter);
  // A software adapter's threads go through both branches once: they are fewer, and take more.
  const cut = turned && adapter.software
    ? partition(s, threads / 8, fewest, 1024)
    : partition(s, threads, fewest);
  return walk(s, cut, (at) => visitPart(at, plain, turned));
}

/** Calls `visit(channel, first, end)` for every row of the tensor, in complex elements. */
export function eachRow(
  s: ChannelSpec,
  visit: (channel: number, first: number, end: number) => void,
): void {
  for (let row = 0; row < s.n * s.channels; row++) {
    visit(row % s.channels, row * s.inner, (row + 1) * s.inner);
  }
}

/** Calls `visit` with the part's index and the tensor's indices of its elements. */
export function eachPart(
  s: ChannelSpec,
  visit: (part: number, elements: Uint32Array) => void,
): void {
  const { parts, tile, length, elements } = partition(s);
  const indices = new Uint32Array(length);
  for (let i = 0; i < s.channels * parts; i++) {
    const channel = Math.floor(i / parts), part = i % parts;
    const start = Math.floor(part / LANES) * tile + part % LANES;
    const end = Math.min(elements, start - part % LANES + tile);
    let count = 0;
    for (let k = start; k < end; k += LANES) indices[count++] = place(s, channel, k);
    visit(i, indices.subarray(0, count));
  }
}

/** Complex numbers that a thread of the CPU engine takes at once. */
const CHUNK = 16384;

/** The words of a job over a tensor's tiles or its elements, in the order of `assembly/channels.ts`. */
function jobWords(
  s: ChannelSpec,
  size: number,
  [in0, in1 = 0, in2 = 0]: readonly number[],
  out: number,
): number[] {
  const { tile, parts } = partition(s);
  return [s.n, s.channels, s.inner, tile, parts / LANES, size, in0, in1, in2, out];
}

/** Runs `name` of the WebAssembly on every tile of every channel; `stride` is the last of its words. */
export function runTiles(
  module: WasmModule,
  name: string,
  s: ChannelSpec,
  inputs: readonly number[],
  out: number,
  stride = 0,
): void {
  const { tile, parts } = partition(s);
  const tasks = s.channels * parts / LANES, size = Math.max(1, Math.floor(CHUNK / tile));
  const args = module.args([...jobWords(s, size, inputs, out), stride]);
  module.parallel(name, args, Math.ceil(tasks / size), s.n * s.channels * s.inner);
}

/** Runs `name` of the WebAssembly on every element. */
export function runElements(
  module: WasmModule,
  name: string,
  s: ChannelSpec,
  inputs: readonly number[],
  out: number,
): void {
  const elements = s.n * s.channels * s.inner;
  const args = module.args(jobWords(s, CHUNK, inputs, out));
  module.parallel(name, args, Math.ceil(elements / CHUNK), elements);
}

/** Runs `name` of the WebAssembly on the partial results of every channel, `LANES` to a tile. */
export function runChannels(
  module: WasmModule,
  name: string,
  s: ChannelSpec,
  partial: number,
  out: number,
): void {
  const { parts } = partition(s), size = Math.max(1, Math.floor(CHUNK / 8 / parts));
  const args = module.args(jobWords(s, size, [partial], out));
  module.parallel(name, args, Math.ceil(s.channels / size), 4 * s.channels * parts);
}
