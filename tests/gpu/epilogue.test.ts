import { assert, assertEquals } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { call as callOf, type Value } from "../../gpu/contract/expression.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import * as fn from "../../gpu/functions/mod.ts";
import { add, div, linear, mod, mul } from "../../gpu/contract/indexing.ts";
import {
  type DType,
  type HostArray,
  type InexactDType,
  lanesOf,
} from "../../gpu/contract/dtype.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import {
  conv2d,
  conv2dInputGradient,
  type Conv2dSpec,
  conv2dWeightGradient,
} from "../../gpu/kernels/convolutions/conv2d.ts";
import { mapKernel } from "../../gpu/kernels/elementwise/map.ts";
import { type Epilogue, isEpilogue, withEpilogue } from "../../gpu/kernels/products/epilogue.ts";
import { matmul, type MatmulSpec } from "../../gpu/kernels/products/matmul.ts";
import { engines, kernelEngines, runProgram } from "../support/program.ts";
import { hashed, Seeded } from "../support/seeded.ts";
import { inVariant, variantNames } from "../support/variants.ts";

const reference = new CpuEngine(null);

/** A product, the elements of its inputs and those of its result. */
interface Product {
  readonly what: string;
  readonly dtype: InexactDType;
  readonly program: Program;
  readonly inputs: readonly number[];
  readonly size: number;
  readonly terms: number;
}

function matrices(random: Seeded, k: number): Product {
  const dtype = random.of(["complex64", "float32"] as const);
  const [m, n] = [random.whole(1, 40), random.whole(1, 40)];
  const spec: MatmulSpec = {
    dtype,
    m,
    n,
    k,
    batchShape: [2],
    aBatchStrides: [1],
    bBatchStrides: [0],
    transposeA: random.of([true, false]),
    transposeB: random.of([true, false]),
    conjA: dtype === "complex64",
    conjB: false,
    bias: random.of([true, false]),
  };
  const inputs = [2 * m * k, k * n, ...(spec.bias ? [n] : [])];
  const what = JSON.stringify(spec);
  return { what, dtype, program: matmul(spec), inputs, size: 2 * m * n, terms: k };
}

function convolution(random: Seeded, kind: "forward" | "input" | "weights"): Product {
  const dtype = random.of(["complex64", "float32"] as const);
  const groups = random.of([1, 2]), inner = random.whole(1, 12);
  const stride = random.whole(1, 3), height = random.whole(4, 9), width = random.whole(4, 9);
  const spec: Conv2dSpec = {
    dtype,
    batch: random.whole(1, 4),
    inChannels: groups * inner,
    outChannels: groups * random.of([3, 9]),
    inHeight: height,
    inWidth: width,
    outHeight: Math.floor((height - 1) / stride) + 1,
    outWidth: Math.floor((width - 1) / stride) + 1,
    kernel: [3, 3],
    stride: [stride, stride],
    padding: [1, 1],
    dilation: [1, 1],
    groups,
    bias: kind === "forward" && random.of([true, false]),
  };
  const x = spec.batch * spec.inChannels * height * width;
  const y = spec.batch * spec.outChannels * spec.outHeight * spec.outWidth;
  const w = spec.outChannels * inner * 9;
  const common = { what: `${kind} ${JSON.stringify(spec)}`, dtype };
  if (kind === "input") {
    const program = conv2dInputGradient(spec);
    return { ...common, program, inputs: [y, w], size: x, terms: 9 * spec.outChannels };
  }
  if (kind === "weights") {
    const program = conv2dWeightGradient(spec);
    return { ...common, program, inputs: [x, y], size: w, terms: y / spec.outChannels };
  }
  const inputs = [x, w, ...(spec.bias ? [spec.outChannels] : [])];
  return { ...common, program: conv2d(spec), inputs, size: y, terms: 9 * inner };
}

const call = (f: MapFunction, ...args: Value[]): Value => callOf(f, args);

/** Epilogues of `size` results of a kind, by name: what operands follow the product, and their sizes. */
function epilogues(dtype: InexactDType, size: number): Record<string, [Epilogue, number[]]> {
  const complex = dtype === "complex64";
  const at = linear(size);
  const load = (input: number, place = at, kind: DType = dtype): Value => (
    { op: "load", input, dtype: kind, at: place }
  );
  const own = load(0);
  const [relu, gate, plus, times, negative] = complex
    ? [fn.reluComplex, fn.reluGateComplex, fn.addComplex, fn.mulComplex, fn.negComplex]
    : [fn.reluReal, fn.reluGateReal, fn.addReal, fn.mulReal, fn.negReal];
  const scale: Value = { op: "scalar", at: 0, dtype };
  const own32 = complex ? call(fn.real, own) : own;
  const field = (x: Value) => complex ? call(fn.complex, x, x) : x;
  const kept: Value = { op: "guard", of: own, index: mod(at, 5), low: 1, size: 3 };
  return {
    relu: [{ value: call(relu, own), inputs: [], words: 0 }, []],
    "relu's gate": [{ value: call(gate, own, load(1)), inputs: [dtype], words: 0 }, [size]],
    "a bias and a number": [
      {
        value: call(plus, call(times, own, scale), load(1, mod(div(at, 2), 3))),
        inputs: [dtype],
        words: 2,
      },
      [3],
    ],
    "an operand in another order": [
      { value: call(plus, own, load(1, add(mul(at, 2), at))), inputs: [dtype], words: 0 },
      [3 * size],
    ],
    "two operands, one of them real": [
      {
        value: call(plus, call(times, own, load(1)), field(load(2, at, "float32"))),
        inputs: [dtype, "float32"],
        words: 0,
      },
      [size, size],
    ],
    "the conjugate": [{ value: call(complex ? fn.conj : negative, own), inputs: [], words: 0 }, []],
    "a mask": [{ value: kept, inputs: [], words: 0 }, []],
    "what is long": [
      {
        value: field(
          call(fn.sinReal, call(fn.tanhReal, call(fn.expReal, call(fn.sinReal, own32)))),
        ),
        inputs: [],
        words: 0,
      },
      [],
    ],
  };
}

const PARAMS = new Uint32Array(new Float32Array([0.5, -0.25]).buffer);

/** The product and then the expression as a pass of its own, in plain TypeScript or on an engine. */
async function inTwoPasses(
  engine: Engine,
  { dtype, program, size }: Product,
  { value, inputs, words }: Epilogue,
  data: readonly HostArray[],
  others: readonly HostArray[],
): Promise<HostArray> {
  const length = size * lanesOf(dtype);
  const [result] = await runProgram(engine, program, data, [length]);
  const spec = { size, value, inputs: [dtype, ...inputs], words };
  const kernel = mapKernel("epilogue");
  const slots = spec.inputs.map((_, k) => `in${k}` as const);
  const pass: Program = { steps: [{ kernel, spec, inputs: slots, outputs: ["out0"] }] };
  const [out] = await runProgram(engine, pass, [result, ...others], [length], PARAMS);
  return out;
}

/** Epilogues that are tried in every variant: each takes its time to compile. */
const IN_VARIANTS = ["a bias and a number", "two operands, one of them real"];

/** Compares every epilogue of the product with two passes, on every engine and in every variant. */
async function check(product: Product, seen: Set<string>): Promise<void> {
  const { dtype, program, size, terms } = product;
  const words = lanesOf(dtype);
  const data = product.inputs.map((n, k) => hashed(n * words, k + 1));
  for (const [name, [epilogue, sizes]] of Object.entries(epilogues(dtype, size))) {
    const others = sizes.map((n, k) => hashed(n * lanesOf(epilogue.inputs[k]), k + 7));
    const whole = withEpilogue(program, epilogue, { count: data.length, name });
    const expected = await inTwoPasses(reference, product, epilogue, data, others);
    for (const engine of await kernelEngines()) {
      const last = whole.steps[whole.steps.length - 1];
      const names = engine.kind === "cpu"
        ? [undefined]
        : [undefined, ...variantNames(last.kernel, last.spec, engine.adapter)];
      for (const variant of names) {
        if (variant && !IN_VARIANTS.includes(name)) continue;
        if (variant) seen.add(variant.split(" ")[0]);
        const run = variant ? inVariant(whole, variant) : whole;
        const inputs = [...data, ...others];
        const [got] = await runProgram(engine, run, inputs, [size * words], PARAMS);
        for (let e = 0; e < got.length; e++) {
          const allowed = 32 * 2 ** -23 * (Math.sqrt(terms) + Math.abs(expected[e]));
          const where = `${engine.adapter.name} ${variant} ${product.what} ${name} [${e}]`;
          assert(Math.abs(got[e] - expected[e]) <= allowed, `${where}: ${got[e]}, ${expected[e]}`);
        }
        if (engine.kind === "cpu") {
          assertEquals(got, await inTwoPasses(engine, product, epilogue, data, others), name);
        }
      }
    }
  }
}

Deno.test("products of matrices and their split sums take every epilogue, in every variant", async () => {
  const random = new Seeded(3), seen = new Set<string>();
  for (const k of [24, 1031]) await check(matrices(random, k), seen);
  if ((await engines()).length > 1) {
    assert(seen.has("registers") && seen.has("staged"), `${[...seen]}`);
  }
});

Deno.test("convolutions and both of their gradients take every epilogue, in every variant", async () => {
  const random = new Seeded(4), seen = new Set<string>();
  for (const kind of ["forward", "input", "weights"] as const) {
    await check(convolution(random, kind), seen);
  }
  if ((await engines()).length > 1) {
    assert(seen.has("registers") && seen.has("staged"), `${[...seen]}`);
  }
});

Deno.test("isEpilogue() takes what is short and looks at its own element of the product alone", () => {
  const list = epilogues("complex64", 12);
  for (const [name, [epilogue]] of Object.entries(list)) {
    assertEquals(isEpilogue(epilogue), name !== "what is long", name);
  }
  const at = mod(linear(12), 4);
  const value: Value = { op: "load", input: 0, dtype: "complex64", at };
  assertEquals(isEpilogue({ value, inputs: [], words: 0 }), false);
});
