import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  ArgandError,
  complex,
  definePrimitive,
  evaluate,
  fft,
  gpu,
  ones,
  parameter,
  randnComplex,
  type RealTensor,
  type Tensor,
  tensor,
} from "@argand/argand";
import type { Engine } from "../../../gpu/contract/engine.ts";
import { CpuEngine } from "../../../gpu/engines/cpu.ts";
import { use, useEngine } from "../../../gpu/engines/device.ts";
import { count } from "../../support/dispatches.ts";
import { onEngines } from "../../support/engines.ts";

/** Some work of several kernels: a product, a transform, sums, views. */
function work(): Tensor[] {
  const x = complex(tensor(new Float32Array(1024).fill(0.5), [32, 32]));
  const y = x.matmul(x.T).mul(0.5).relu();
  return [fft(y).absSquared().sum(), y.slice([1, 3]), y];
}

/** f(x) = x / (1 + x), of the user's own. */
const saturate = definePrimitive<[RealTensor], RealTensor>({
  name: "saturate",
  shape: ([x]) => x,
  elementwise: {
    name: "saturate",
    inputs: ["real"],
    output: "real",
    wgsl: (x) => `(${x} / (1.0 + ${x}))`,
    cpu(n, out, x) {
      for (let k = 0; k < n; k++) out[k] = x[k] / (1 + x[k]);
    },
  },
});

onEngines("explain() names the kernels that then run, and runs nothing", (engine) => {
  const tensors = work();
  const before = engine.memory();
  let schedule: gpu.Schedule | null = null;
  const explained = count(engine, () => schedule = gpu.explain(...tensors));
  assertEquals(explained, { dispatches: [], compiled: 0 });
  assertEquals(engine.memory(), before);
  const { dispatches } = count(engine, () => evaluate(...tensors));
  assertEquals(schedule!.rows.map(({ kernel }) => kernel), dispatches);
  assertEquals(gpu.explain(...tensors).rows, [], "everything has its value now");
  assertStringIncludes(`${gpu.explain(...tensors)}`, "nothing to run");
});

onEngines("explain() says what is fused into each kernel, and between which buffers", () => {
  const x = tensor(new Float32Array(8));
  const { rows, buffers } = gpu.explain(x.add(1).exp().sum());
  assertEquals(rows.length, 1);
  const [row] = rows;
  assertEquals(row.kernel, "reduce");
  assertEquals(row.operations.slice(0, 3), ["add", "exp", "sum"]);
  assertEquals([row.reads, row.writes, row.bytes], [[0], [1], 32 + 4]);
  assertEquals(buffers.map(({ values }) => values), [["data of the host [8]"], ["sum [1]"]]);
  assertEquals(buffers.map(({ first, last }) => [first, last]), [[-1, 0], [0, Infinity]]);
});

onEngines("explain() shows updates that are pending, and where they are written", (engine) => {
  const w = parameter(ones([8]));
  evaluate(w);
  w.assign(w.add(1));
  const { rows, buffers } = gpu.explain();
  assertEquals(rows.map(({ kernel }) => kernel), ["add"]);
  const [{ first, last, values }] = buffers;
  assertEquals(values, ["a parameter [8]"]);
  if (engine.atomicSubmit) {
    assertEquals([rows[0].reads, rows[0].writes, first, last], [[], [0], -1, Infinity]);
  } else assertEquals([rows[0].reads, rows[0].writes, first, last], [[0], [1], -1, 0]);
  evaluate(w);
  assertEquals(gpu.explain(w).rows, []);
});

onEngines("explain({ wgsl: true }) gives whole shaders, which otherwise are left out", () => {
  const x = tensor([1, 2]).exp();
  assertEquals(gpu.explain(x).rows[0].wgsl, null);
  const schedule = gpu.explain(x, { wgsl: true });
  assertStringIncludes(schedule.rows[0].wgsl!, "var<storage, read> in0: array<f32>");
  assertStringIncludes(schedule.rows[0].wgsl!, "fn main(");
  assertStringIncludes(`${schedule}`, "\n// 0: exp\n@group(0)");
});

onEngines("of a user's own function only its own kernel leaves WebAssembly", (engine) => {
  const x = tensor(new Float32Array(100).fill(0.5));
  const chain = (f: (x: RealTensor) => RealTensor) => f(x.add(1).exp()).mul(2).sqrt();
  const forms = gpu.explain(chain(saturate)).rows.map(({ kernel, form }) => [kernel, form]);
  if (engine.kind === "webgpu") assertEquals(forms, [["sqrt+mul+saturate+exp+add", "WGSL"]]);
  else {
    assertEquals(forms, [
      ["exp+add", "WebAssembly"],
      ["saturate", "TypeScript"],
      ["sqrt+mul", "WebAssembly"],
    ]);
  }
});

Deno.test("explain() tells the most bytes that are held at a time", async () => {
  const engine: Engine = new CpuEngine();
  useEngine(engine);
  try {
    const x = randnComplex([64, 64]);
    const tensors = [fft(x.matmul(x).exp()).absSquared().sum(0), x.matmul(x.T).slice([0, 2])];
    const { peak, buffers } = gpu.explain(...tensors);
    let most = 0;
    const { begin } = engine;
    engine.begin = () => {
      const pass = begin.call(engine);
      const { dispatch } = pass;
      pass.dispatch = (...args) => {
        most = Math.max(most, engine.memory().live);
        dispatch.apply(pass, args);
      };
      return pass;
    };
    evaluate(...tensors);
    assertEquals(peak, most);
    const staying = buffers.filter(({ last }) => last === Infinity);
    assertEquals(staying.reduce((sum, { bytes }) => sum + bytes, 0), engine.memory().live);
  } finally {
    engine.destroy();
    await use("cpu");
  }
});

Deno.test("printed, a schedule is two tables", async () => {
  await use("cpu");
  const x = complex(tensor(new Float32Array(1024), [32, 32]));
  const text = `${gpu.explain(x.matmul(x).relu().absSquared().sum())}`;
  const lines = text.split("\n").map((line) => line.replace(/ {2,}/g, "  ").trim());
  assertStringIncludes(lines[0], "cpu, CPU (");
  assertEquals(lines.slice(1, 3).map((line) => line.replace("TypeScript", "WebAssembly")), [
    "kernel  computes  result  runs as  buffers  bytes",
    "0  complex  reshape, expand, complex  complex64 [32, 32]  WebAssembly  0 → 1  12 KiB",
  ]);
  assert(lines.includes("buffer  from  to  bytes"));
  assert(lines.includes("0  data of the host [32, 32]  before  0  4 KiB"), text);
});

Deno.test("explain() refuses what is neither a tensor nor its options", () => {
  // deno-lint-ignore no-explicit-any
  const explain = gpu.explain as any;
  assertThrows(() => explain(ones([1]), 3), ArgandError, "Cannot explain: ");
  assertThrows(() => explain(3, ones([1])), ArgandError, "Cannot explain: ");
  assertThrows(
    () => explain({ shaders: true }),
    ArgandError,
    'Cannot explain: unknown option "shaders"; it knows wgsl',
  );
  assertThrows(
    () => explain({ wgsl: 1 }),
    ArgandError,
    "Cannot explain: wgsl must be true or false, got 1",
  );
});

/** What a program of one addition, run three times, writes to the standard error. */
async function debugged(...flags: string[]): Promise<string> {
  const program = `
    import { evaluate, tensor } from "./mod.ts";
    for (let k = 0; k < 3; k++) evaluate(tensor([k, 1]).add(1));`;
  const { stderr, success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--no-lock",
      "--import-map=tests/support/closed_network.json",
      ...flags,
      program,
    ],
    env: { ARGAND_DEBUG: "1", ARGAND_DEVICE: "cpu" },
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert(success, text);
  return text;
}

Deno.test("ARGAND_DEBUG=1 shows each schedule once, before it runs", async () => {
  const text = await debugged();
  assertEquals(text.match(/1 kernel, 2 buffers/g)?.length, 1, text);
  assertStringIncludes(text, "data of the host [2]");
});
