/** Runs a program of kernels on an engine, for tests of kernels below the tensors. */
import type { Engine } from "../../gpu/contract/engine.ts";
import { bytesOf, type DType, type HostArray, hostView, realOf } from "../../gpu/contract/dtype.ts";
import type { Adapter, Program, Slot, Step } from "../../gpu/contract/kernel.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { use } from "../../gpu/engines/device.ts";
import { isSet } from "./environment.ts";

/** The CPU engine, and the WebGPU engine where there is an adapter. */
export async function engines(): Promise<Engine[]> {
  const cpu = await use("cpu");
  try {
    return [cpu, await use("webgpu")];
  } catch (error) {
    if (isSet("ARGAND_REQUIRE_GPU")) throw error;
    return [cpu];
  }
}

/** The CPU engine without WebAssembly: the kernels' plain TypeScript. */
const plain = new CpuEngine(null);

/** All that can run a kernel: the engines, and plain TypeScript. */
export async function kernelEngines(): Promise<Engine[]> {
  return [plain, ...await engines()];
}

/**
 * Uploads `inputs`, runs the program and reads the outputs back. `outputs` gives each output's length
 * in numbers; its dtype is that of the step that writes it.
 */
export async function runProgram(
  engine: Engine,
  program: Program,
  inputs: readonly HostArray[],
  outputs: readonly number[],
  params?: Uint32Array,
): Promise<HostArray[]> {
  const ins = inputs.map((data) => {
    const buffer = engine.acquire(data.byteLength);
    engine.upload(buffer, data);
    return buffer;
  });
  const dtypes = new Map<Slot, DType>();
  for (const { kernel, spec, outputs } of program.steps) {
    kernel.bindings(spec).outputs.forEach((dtype, k) => dtypes.set(outputs[k], dtype));
  }
  const kinds = outputs.map((_, k): DType => dtypes.get(`out${k}`)!);
  const bytes = outputs.map((n, k) => n * bytesOf(realOf(kinds[k])));
  const outs = bytes.map((n) => engine.acquire(n));
  const tmps = (program.scratch ?? []).map((bytes) => engine.acquire(bytes));
  const find = (slot: Slot) => {
    const k = Number(slot.replace(/\D+/, ""));
    return (slot.startsWith("in") ? ins : slot.startsWith("out") ? outs : tmps)[k];
  };
  const pass = engine.begin();
  for (const step of program.steps) {
    pass.dispatch(
      engine.compile(step.kernel, step.spec),
      step.inputs.map(find),
      step.outputs.map(find),
      paramsOf(step, params),
    );
  }
  const failure = await pass.submit();
  if (failure) throw failure;
  const read = await engine.read(
    outs.map((buffer, k) => ({ buffer, offset: 0, bytes: bytes[k] })),
  );
  for (const buffer of [...ins, ...outs, ...tmps]) engine.release(buffer);
  return read.map((memory, k) => hostView(kinds[k], memory));
}

function paramsOf({ params, more }: Step, words?: Uint32Array): Uint32Array | undefined {
  if (params) return Uint32Array.from(params);
  return more ? Uint32Array.from([...words ?? [], ...more]) : words;
}

/** Runs the program on every engine there is, in plain TypeScript first. */
export async function runOnAll(
  program: Program,
  inputs: readonly HostArray[],
  outputs: readonly number[],
  params?: Uint32Array,
): Promise<{ kind: string; out: HostArray[] }[]> {
  const results = [];
  for (const engine of await kernelEngines()) {
    const out = await runProgram(engine, program, inputs, outputs, params);
    results.push({ kind: engine.kind, out });
  }
  return results;
}

/** The same program as a hardware adapter would run it: small tiles. */
export function onHardware(program: Program): Program {
  const steps = program.steps.map((step) => ({
    ...step,
    kernel: {
      ...step.kernel,
      name: `${step.kernel.name} on hardware`,
      wgsl: (spec: unknown, adapter: Adapter) =>
        step.kernel.wgsl(spec, { ...adapter, software: false, texels: false }),
    },
  }));
  return { ...program, steps };
}
