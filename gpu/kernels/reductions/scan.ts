/** Running sums along an axis. */
import { bytesOf, type InexactDType, lanesOf, wgslOf } from "../../contract/dtype.ts";
import {
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  type Slot,
  type Step,
  type WasmRun,
} from "../../contract/kernel.ts";
import { SCRATCH, type WasmModule } from "../../contract/wasm_module.ts";

/** A running sum along the middle axis of [outer, length, inner], from the end where `reverse`. */
export interface ScanSpec {
  readonly dtype: InexactDType;
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
  readonly reverse: boolean;
}

/** Elements of a line that one thread sums. */
const CHUNK = 512;

interface Chunked extends ScanSpec {
  readonly chunks: number;
  /** Whether the running sums over chunks are a second input. */
  readonly carry: boolean;
}

/** WGSL: one thread a chunk; `body` sees `line`, `chunk` and `at(k)`, the places from k to `end`. */
function perChunk(s: Chunked, body: string): string {
  const { outer, length, inner, chunks, reverse } = s;
  return linearMain(
    outer * chunks * inner,
    `  let column = i % ${inner}u;
  let chunk = (i / ${inner}u) % ${chunks}u;
  let base = (i / ${inner * chunks}u) * ${length * inner}u + column;
  let end = min((chunk + 1u) * ${CHUNK}u, ${length}u);
  var part = ${wgslOf(s.dtype)}();
  for (var k = chunk * ${CHUNK}u; k < end; k = k + 1u) {
    let at = base + ${reverse ? `(${length - 1}u - k)` : "k"} * ${inner}u;
    part = part + in0[at];
${body}
  }`,
  );
}

/** Visits the elements in the order of the sum: the place of the element and of its chunk's result. */
function eachElement(s: Chunked, visit: (at: number, chunk: number, first: boolean) => void): void {
  const row = s.inner * lanesOf(s.dtype);
  for (let o = 0; o < s.outer; o++) {
    for (let k = 0; k < s.length; k++) {
      const from = (o * s.length + (s.reverse ? s.length - 1 - k : k)) * row;
      const chunk = (o * s.chunks + Math.floor(k / CHUNK)) * row;
      for (let i = 0; i < row; i++) visit(from + i, chunk + i, k % CHUNK === 0);
    }
  }
}

/** The sum of each chunk: [outer, chunks, inner]. */
const chunkSums: Kernel<Chunked> = {
  name: "cumsumOfChunks",
  bindings: ({ dtype }) => ({ inputs: [dtype], outputs: [dtype] }),
  wgsl: (s) => ({
    source: perChunk(s, "    out0[i] = part;"),
    workgroups: linearGrid(s.outer * s.chunks * s.inner),
  }),
  cpu(s, [x], [sums]) {
    const total = new Float64Array(sums.length);
    eachElement(s, (at, chunk) => total[chunk] += x[at]);
    sums.set(total);
  },
  wasm: (s, module) => scanWasm(s, module, "sums"),
};

/** The running sums within chunks, on top of the sum of the chunks before. */
const withinChunks: Kernel<Chunked> = {
  name: "cumsum",
  bindings: ({ dtype, carry }) => ({ inputs: carry ? [dtype, dtype] : [dtype], outputs: [dtype] }),
  wgsl(s) {
    const before = `in1[i - ${s.inner}u]`;
    const body = s.carry
      ? `    if (chunk == 0u) { out0[at] = part; } else { out0[at] = ${before} + part; }`
      : "    out0[at] = part;";
    return { source: perChunk(s, body), workgroups: linearGrid(s.outer * s.chunks * s.inner) };
  },
  cpu(s, [x, sums], [y]) {
    const row = s.inner * lanesOf(s.dtype);
    const total = new Float64Array(row * s.outer * s.chunks);
    eachElement(s, (at, chunk, first) => {
      const isFirstChunk = Math.floor(chunk / row) % s.chunks === 0;
      if (first && s.carry && !isFirstChunk) total[chunk] = sums[chunk - row];
      y[at] = total[chunk] += x[at];
    });
  },
  wasm: (s, module) => scanWasm(s, module, "within"),
};

/** Both in assembly: a chunk of one line is a thread's; the sums of its columns lie in scratch memory. */
function scanWasm(s: Chunked, module: WasmModule, what: "sums" | "within"): WasmRun | null {
  const row = s.inner * lanesOf(s.dtype);
  if (8 * row > SCRATCH) return null;
  const { length, chunks, reverse, outer } = s;
  return ([x, sums], [y]) => {
    const carry = s.carry && what === "within" ? sums : 0;
    const words = [x, y, carry, Number(what === "sums"), row, length, chunks, CHUNK];
    const args = module.args([...words, Number(reverse)]);
    module.parallel("scanChunk", args, outer * chunks, outer * length * row);
  };
}

/** The running sum x → y, chunk by chunk where a line is long. */
export function scan(spec: ScanSpec): Program {
  const { dtype, outer, length, inner } = spec;
  const chunks = Math.ceil(length / CHUNK);
  const whole: Chunked = { ...spec, chunks, carry: chunks > 1 };
  if (chunks === 1) {
    return { steps: [{ kernel: withinChunks, spec: whole, inputs: ["in0"], outputs: ["out0"] }] };
  }
  // The sums over chunks lie in the order of the sum: their running sum goes forward.
  const above = scan({ dtype, outer, length: chunks, inner, reverse: false });
  const bytes = outer * chunks * inner * bytesOf(dtype);
  const slotOf = (slot: Slot): Slot => {
    if (slot === "in0") return "tmp0";
    return slot === "out0" ? "tmp1" : `tmp${Number(slot.slice(3)) + 2}`;
  };
  const lifted = above.steps.map((step): Step => ({
    ...step,
    inputs: step.inputs.map(slotOf),
    outputs: step.outputs.map(slotOf),
  }));
  return {
    steps: [
      { kernel: chunkSums, spec: whole, inputs: ["in0"], outputs: ["tmp0"] },
      ...lifted,
      { kernel: withinChunks, spec: whole, inputs: ["in0", "tmp1"], outputs: ["out0"] },
    ],
    scratch: [bytes, bytes, ...above.scratch ?? []],
  };
}
