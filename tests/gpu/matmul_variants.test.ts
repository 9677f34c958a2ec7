import { assert, assertEquals } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { lanesOf } from "../../gpu/contract/dtype.ts";
import { matmul, type MatmulSpec } from "../../gpu/kernels/products/matmul.ts";
import { engines, runProgram } from "../support/program.ts";
import { hashed, Seeded } from "../support/seeded.ts";
import { inVariant, variantNames } from "../support/variants.ts";
import { noAdapter, unless } from "../support/ignored.ts";

const reference = new CpuEngine(null);
const webgpu = (await engines()).find((engine) => engine.kind === "webgpu");
/** Products of all sorts: odd sizes and even, batches, split sums, sums of one term. */
function randomSpec(random: Seeded): MatmulSpec {
  const dtype = random.of(["complex64", "complex64", "float32"] as const);
  const even = random.of([1, 4]); // wide loads need multiples
  const batched = random.of([true, false]);
  const maybe = () => random.of([true, false]);
  return {
    dtype,
    m: even * random.whole(1, 30),
    n: even * random.whole(1, 30),
    k: random.of([1, even * random.whole(2, 30), even * random.whole(2, 30), 1031]),
    batchShape: batched ? [2, 2] : [],
    aBatchStrides: batched ? [random.of([0, 2]), 1] : [],
    bBatchStrides: batched ? [1, random.of([0, 2])] : [],
    transposeA: maybe(),
    transposeB: maybe(),
    conjA: dtype === "complex64" && maybe(),
    conjB: dtype === "complex64" && maybe(),
    bias: maybe(),
  };
}

/** An operand of matrices of `size` elements, as many as its strides reach. */
function operand(spec: MatmulSpec, strides: readonly number[], size: number, seed: number) {
  const last = spec.batchShape.reduce((sum, d, k) => sum + (d - 1) * (strides[k] ?? 0), 0);
  return hashed((last + 1) * size * lanesOf(spec.dtype), seed);
}

async function compareVariants(spec: MatmulSpec): Promise<string[]> {
  const program = matmul(spec);
  const inputs = [
    operand(spec, spec.aBatchStrides, spec.m * spec.k, 1),
    operand(spec, spec.bBatchStrides, spec.k * spec.n, 2),
    ...(spec.bias ? [operand(spec, [], spec.n, 3)] : []),
  ];
  const batch = spec.batchShape.reduce((p, d) => p * d, 1);
  const words = batch * spec.m * spec.n * lanesOf(spec.dtype);
  const [expected] = await runProgram(reference, program, inputs, [words]);
  const { kernel, spec: first } = program.steps[0];
  const names = variantNames(kernel, first, webgpu!.adapter);
  for (const name of names) {
    const [got] = await runProgram(webgpu!, inVariant(program, name), inputs, [words]);
    for (let e = 0; e < words; e++) {
      const allowed = 16 * 2 ** -23 * (Math.sqrt(spec.k) + Math.abs(expected[e]));
      assert(
        Math.abs(got[e] - expected[e]) <= allowed,
        `${name} of ${JSON.stringify(spec)} [${e}]: ${got[e]}, expected ${expected[e]}`,
      );
    }
  }
  return names;
}

Deno.test({
  ...unless(
    noAdapter,
    "every variant of matmul() agrees with the plain TypeScript on random shapes (webgpu)",
  ),
  fn: async () => {
    const seen = new Set<string>();
    const random = new Seeded(5);
    const specs = Array.from({ length: 5 }, () => randomSpec(random));
    // Large enough to be worth copies to textures, of more than a row of these.
    const large = { m: 70, n: 90, k: 140, batchShape: [3], aBatchStrides: [1], bBatchStrides: [1] };
    specs.push({ ...specs[0], ...large, dtype: "complex64", transposeA: false, transposeB: true });
    specs.push({
      ...specs[0],
      ...large,
      n: 88,
      dtype: "float32",
      transposeA: false,
      transposeB: false,
    });
    for (const spec of specs) {
      for (const name of await compareVariants(spec)) seen.add(name.split(" ")[0]);
    }
    const kinds = webgpu!.adapter.texels
      ? ["registers", "staged", "texels"]
      : ["registers", "staged"];
    assertEquals([...seen].sort(), kinds);
  },
});
