/**
 * A kernel: one dispatch, written twice side by side, as WGSL and as plain TypeScript. The
 * TypeScript is the reference in the tests; the CPU engine runs it where a kernel has no
 * WebAssembly form.
 *
 * A `spec` holds what is fixed when the shader is compiled (shapes, strides, options) and is plain
 * JSON: the pipeline cache is keyed by it. `params` are 32-bit words that may change from run to run
 * without a new pipeline (scalars, offsets, seeds).
 */

import { doubleOf, type DType, type HostArray, precisionOf, wgslOf, wordsOf } from "./dtype.ts";
import { cannot } from "./errors.ts";
import type { WasmModule } from "./wasm_module.ts";

/** The properties of the adapter that a kernel may use when it writes its shader. */
export interface Adapter {
  /** A readable name, such as `llvmpipe (LLVM 15.0.6, 256 bits)`. */
  readonly name: string;
  /** True where shaders run on the processor: big register tiles, no workgroup memory. */
  readonly software: boolean;
  /** True where shaders may read inputs as texels, {@link Shader.texels}, and gain from it. */
  readonly texels?: boolean;
}

/** Texels in a row of a texture that holds an input: {@link Shader.texels}. */
export const TEXELS_ACROSS = 4096;

/** A compute shader with entry point `main`, and the number of workgroups it wants in all. */
export interface Shader {
  /** The WGSL, without the declarations of the bindings. */
  readonly source: string;
  /**
   * The workgroups along x, y and z. With `[n, 1, 1]` and n over 65535 the engine folds the grid into
   * x and y; such a shader takes its index as {@link linearMain}.
   */
  readonly workgroups: readonly [number, number, number];
  /**
   * Inputs that are bound as uniform buffers, by their number: how many `vec4<f32>` each holds, at most
   * {@link MOST_UNIFORMS}. The shader sees them as `array<vec4<f32>, n>` under their usual name.
   */
  readonly uniforms?: Readonly<Record<number, number>>;
  /**
   * Inputs that are copied to a texture before the dispatch, by their number, where {@link Adapter.texels}
   * allows it. The shader reads the four numbers from 4 · `at` on of input k as `texel{k}(at)`.
   */
  readonly texels?: readonly number[];
  /** The most loop iterations of a thread, stated by kernels where there can be many. */
  readonly rounds?: number;
}

/** The entry of that name, or else the first one: kernels find the requested variant with it. */
export function named<T extends { readonly name: string }>(list: readonly T[], name?: string): T {
  return list.find((entry) => entry.name === name) ?? list[0];
}

/** One dispatch: the same function for both engines. */
export interface Kernel<Spec = unknown> {
  /** Appears in pipeline labels and in errors. */
  readonly name: string;
  /** The element kinds of inputs and outputs, in binding order; outputs follow inputs. */
  bindings(spec: Spec): { readonly inputs: readonly DType[]; readonly outputs: readonly DType[] };
  /** How many 32-bit words of params it reads; absent means none. */
  params?(spec: Spec): number;
  /** The floating-point operations of one dispatch, a complex product-sum counted as 8; for profiles. */
  flops?(spec: Spec): number;
  /**
   * Names of the few ways in which {@link Kernel.wgsl} can write this spec's shader, the one
   * expected to be fastest first. All bind the same buffers and compute the same; sums may round
   * differently. Absent where there is only one way. A tuner times them and keeps the fastest.
   */
  variants?(spec: Spec, adapter: Adapter): readonly string[];
  /**
   * The body of the shader; {@link declare} prepends the declarations of the bindings. `variant` is
   * one of {@link Kernel.variants}; the first of them if it is omitted or unknown.
   */
  wgsl(spec: Spec, adapter: Adapter, variant?: string): Shader;
  /** The plain TypeScript of the same function. */
  cpu(
    spec: Spec,
    inputs: readonly HostArray[],
    outputs: readonly HostArray[],
    params: Params,
  ): void;
  /**
   * The same function in WebAssembly, for the CPU engine; null where this spec has no such form and the
   * plain TypeScript runs.
   */
  wasm?(spec: Spec, module: WasmModule): WasmRun | null;
}

/** Runs a kernel whose buffers lie in the linear memory; pointers are byte addresses there. */
export type WasmRun = (
  inputs: readonly number[],
  outputs: readonly number[],
  params: Params,
) => void;

/** The params of one dispatch, readable as unsigned, signed and floating 32-bit words. */
export interface Params {
  /** The words as unsigned numbers. */
  readonly u32: Uint32Array;
  /** The same words as signed numbers. */
  readonly i32: Int32Array;
  /** The same words as floating numbers. */
  readonly f32: Float32Array;
}

/** The number in the words from `at` on, in the precision of a dtype: one word, or two. */
export function numberAt({ u32, f32 }: Params, at: number, dtype: DType): number {
  return precisionOf(dtype) === "single" ? f32[at] : doubleOf(u32[at], u32[at + 1]);
}

/** As many numbers from the words from `at` on, in the precision of a dtype. */
export function numbersAt(params: Params, at: number, count: number, dtype: DType): number[] {
  const words = wordsOf(0, precisionOf(dtype)).length;
  return Array.from({ length: count }, (_, k) => numberAt(params, at + k * words, dtype));
}

/** Where a step of a program finds a buffer: the program's inputs, outputs or scratch. */
export type Slot = `in${number}` | `out${number}` | `tmp${number}`;

/** One dispatch of a program. */
export interface Step {
  /** The kernel that is dispatched. */
  readonly kernel: Kernel;
  /** The part that is fixed when the kernel is compiled. */
  readonly spec: unknown;
  /** The buffers it reads, in binding order. */
  readonly inputs: readonly Slot[];
  /** The buffers it writes, in binding order. */
  readonly outputs: readonly Slot[];
  /** Its own params, in place of the primitive's: they tell the rounds of one pipeline apart. */
  readonly params?: readonly number[];
  /** Params of its own that follow the primitive's. */
  readonly more?: readonly number[];
}

/** One or more dispatches that compute one primitive; `scratch` lists the bytes of each `tmp` buffer. */
export interface Program {
  /** The dispatches, in order. */
  readonly steps: readonly Step[];
  /** The bytes of each scratch buffer. */
  readonly scratch?: readonly number[];
}

function checkKernel(what: string, kernel: unknown): void {
  if (typeof (kernel as Kernel | undefined)?.bindings === "function") return;
  throw cannot(
    what,
    `it takes a kernel { name, bindings, … }, got a value of type ${typeof kernel}`,
  );
}

function checkCounts(what: string, counts: Readonly<Record<string, unknown>>): void {
  for (const [name, n] of Object.entries(counts)) {
    if (Number.isSafeInteger(n) && n as number >= 1) continue;
    const got = typeof n === "number" ? n : `a value of type ${typeof n}`;
    throw cannot(what, `${name} must be a positive integer, got ${got}`);
  }
}

/**
 * A program of a single dispatch that takes its inputs and outputs in order.
 *
 * @example
 * ```ts
 * import { definePrimitive, gpu, type RealTensor, tensor } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const twice: gpu.Kernel<{ size: number }> = {
 *   name: "twice",
 *   bindings: () => ({ inputs: ["float32"], outputs: ["float32"] }),
 *   wgsl: ({ size }) => ({
 *     source: gpu.linearMain(size, "out0[i] = 2.0 * in0[i];"),
 *     workgroups: gpu.linearGrid(size),
 *   }),
 *   cpu({ size }, [x], [y]) {
 *     for (let i = 0; i < size; i++) y[i] = 2 * x[i];
 *   },
 * };
 * const double = definePrimitive<[RealTensor], RealTensor>({
 *   name: "double",
 *   shape: ([x]) => x,
 *   program: ([{ shape }]) => gpu.single(twice, { size: shape.reduce((a, n) => a * n, 1) }),
 * });
 * assertEquals(await double(tensor([1, 2])).toArray(), [2, 4]);
 * ```
 */
export function single<Spec>(kernel: Kernel<Spec>, spec: Spec): Program {
  checkKernel("make a program", kernel);
  const { inputs, outputs } = kernel.bindings(spec);
  return {
    steps: [{
      kernel,
      spec,
      inputs: inputs.map((_, k): Slot => `in${k}`),
      outputs: outputs.map((_, k): Slot => `out${k}`),
    }],
  };
}

/** The most `vec4<f32>` that a uniform buffer holds on every adapter. */
export const MOST_UNIFORMS = 4096;

/**
 * The threads of a workgroup in kernels that walk over a linear index.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gpu.linearGrid(10 * gpu.WORKGROUP), [10, 1, 1]);
 * ```
 */
export const WORKGROUP = 64;

/**
 * The workgroups, of `size` threads each, that cover `threads` linear indices.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(gpu.linearGrid(65), [2, 1, 1]);
 * ```
 */
export function linearGrid(threads: number, size = WORKGROUP): [number, number, number] {
  checkCounts("make a grid", { threads, size });
  return [Math.ceil(threads / size), 1, 1];
}

/**
 * WGSL: a `main` whose `body` sees `i`, a linear index below `threads`. It goes with the grid of
 * {@link linearGrid}; see {@link single} for a whole kernel.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 * import { assertStringIncludes } from "@std/assert";
 *
 * assertStringIncludes(gpu.linearMain(100, "out0[i] = in0[i];"), "if (i >= 100u) { return; }");
 * ```
 */
export function linearMain(threads: number, body: string, size = WORKGROUP): string {
  checkCounts("write a shader", { threads, size });
  if (typeof body !== "string") throw cannot("write a shader", `the body is a ${typeof body}`);
  return `@compute @workgroup_size(${size})
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = gid.x + gid.y * groups.x * ${size}u;
  if (i >= ${threads}u) { return; }
${body}
}`;
}

/**
 * WGSL: a `main` whose `body` sees `i`, a linear index below word 0 of the params, and `names`, the words
 * that follow. It goes with the grid of `linearGrid`.
 */
export function sizedMain(names: readonly string[], body: string): string {
  const lets = names.map((name, k) => `  let ${name} = param_u32(${k + 1}u);`).join("\n");
  return `@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(global_invocation_id) gid: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = gid.x + gid.y * groups.x * ${WORKGROUP}u;
  if (i >= param_u32(0u)) { return; }
${lets}
${body}
}`;
}

/**
 * WGSL declarations of a kernel's bindings: `in0…`, `out0…` and, where it has params, `params`, whose
 * words `param_u32(k)` and `param_f32(k)` read. `uniforms` and `texels` are those of the {@link Shader}.
 *
 * @example
 * ```ts
 * import { gpu } from "@argand/argand";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const kernel: gpu.Kernel = {
 *   name: "nothing",
 *   bindings: () => ({ inputs: ["complex64"], outputs: [] }),
 *   wgsl: () => ({ source: gpu.linearMain(1, ""), workgroups: [1, 1, 1] }),
 *   cpu() {},
 * };
 * assertStringIncludes(gpu.declare(kernel, null), "in0: array<vec2<f32>>");
 * ```
 */
export function declare<Spec>(
  kernel: Kernel<Spec>,
  spec: Spec,
  buffers: Pick<Shader, "uniforms" | "texels"> = {},
): string {
  checkKernel("declare bindings", kernel);
  const { uniforms = {}, texels = [] } = buffers ?? {};
  const { inputs, outputs } = kernel.bindings(spec);
  const words = kernel.params?.(spec) ?? 0;
  const lines = [
    ...inputs.map((d, k) => {
      const binding = `@group(0) @binding(${k})`;
      if (uniforms[k]) return `${binding} var<uniform> in${k}: array<vec4<f32>, ${uniforms[k]}>;`;
      if (!texels.includes(k)) {
        return `${binding} var<storage, read> in${k}: array<${wgslOf(d)}>;`;
      }
      return `${binding} var image${k}: texture_storage_2d<rgba32float, read>;
fn texel${k}(at: u32) -> vec4<f32> {
  return textureLoad(image${k}, vec2<u32>(at % ${TEXELS_ACROSS}u, at / ${TEXELS_ACROSS}u));
}`;
    }),
    ...outputs.map((d, k) =>
      `@group(0) @binding(${inputs.length + k}) var<storage, read_write> out${k}: array<${
        wgslOf(d)
      }>;`
    ),
  ];
  if (words > 0) {
    const binding = inputs.length + outputs.length;
    lines.push(
      `@group(0) @binding(${binding}) var<uniform> params: array<vec4<u32>, ${
        Math.ceil(words / 4)
      }>;`,
      "fn param_u32(k: u32) -> u32 { return params[k / 4u][k % 4u]; }",
      "fn param_f32(k: u32) -> f32 { return bitcast<f32>(params[k / 4u][k % 4u]); }",
    );
  }
  return lines.join("\n") + "\n";
}
