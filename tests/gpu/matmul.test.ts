import { assert, assertEquals } from "@std/assert";
import { sizeOf } from "../../complex/lazy/shape.ts";
import { matmul, type MatmulSpec } from "../../gpu/kernels/products/matmul.ts";
import { kernelEngines, onHardware, runProgram } from "../support/program.ts";
import { hashed } from "../support/seeded.ts";

const plain: MatmulSpec = {
  dtype: "complex64",
  m: 1,
  n: 1,
  k: 1,
  batchShape: [],
  aBatchStrides: [],
  bBatchStrides: [],
  transposeA: false,
  transposeB: false,
  conjA: false,
  conjB: false,
  bias: false,
};

/** Matrices that an operand holds: one past the largest that its strides reach. */
function matrices(shape: readonly number[], strides: readonly number[]): number {
  return 1 + shape.reduce((sum, d, k) => sum + (d - 1) * strides[k], 0);
}

function operands(spec: MatmulSpec): Float32Array<ArrayBuffer>[] {
  const words = spec.dtype === "complex64" ? 2 : 1;
  const { m, n, k } = spec;
  const inputs = [
    hashed(matrices(spec.batchShape, spec.aBatchStrides) * m * k * words, 1),
    hashed(matrices(spec.batchShape, spec.bBatchStrides) * k * n * words, 2),
  ];
  if (spec.bias) inputs.push(hashed(n * words, 3));
  return inputs;
}

/** The product by its definition, one float64 sum at a time. */
function direct(spec: MatmulSpec, [a, b, bias]: readonly Float32Array[]): Float64Array {
  const { m, n, k, batchShape } = spec;
  const complex = spec.dtype === "complex64";
  const batch = sizeOf(batchShape);
  const out = new Float64Array(batch * m * n * (complex ? 2 : 1));
  const at = (data: Float32Array, e: number, conj: boolean): [number, number] =>
    complex ? [data[2 * e], conj ? -data[2 * e + 1] : data[2 * e + 1]] : [data[e], 0];
  for (let z = 0; z < batch; z++) {
    let rest = z, za = 0, zb = 0;
    for (let d = batchShape.length - 1; d >= 0; d--) {
      za += (rest % batchShape[d]) * spec.aBatchStrides[d];
      zb += (rest % batchShape[d]) * spec.bBatchStrides[d];
      rest = Math.floor(rest / batchShape[d]);
    }
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let [re, im] = spec.bias ? at(bias, j, false) : [0, 0];
        for (let q = 0; q < k; q++) {
          const [ar, ai] = at(
            a,
            za * m * k + (spec.transposeA ? q * m + i : i * k + q),
            spec.conjA,
          );
          const [br, bi] = at(
            b,
            zb * k * n + (spec.transposeB ? j * k + q : q * n + j),
            spec.conjB,
          );
          re += ar * br - ai * bi;
          im += ar * bi + ai * br;
        }
        const e = (z * m + i) * n + j;
        if (complex) [out[2 * e], out[2 * e + 1]] = [re, im];
        else out[e] = re;
      }
    }
  }
  return out;
}

/** Asserts that every engine gives the direct product to float32 rounding of sums of k terms. */
async function check(change: Partial<MatmulSpec>): Promise<void> {
  const spec = { ...plain, ...change };
  const inputs = operands(spec);
  const expected = direct(spec, inputs);
  const program = matmul(spec);
  for (const engine of await kernelEngines()) {
    const variants = engine.kind === "cpu" ? [program] : [program, onHardware(program)];
    for (const variant of variants) {
      const [got] = await runProgram(engine, variant, inputs, [expected.length]);
      assertEquals(got.length, expected.length);
      for (let e = 0; e < got.length; e++) {
        const size = Math.sqrt(spec.k) + Math.abs(expected[e]);
        // Plain TypeScript sums in float64; all else in float32, in chains.
        const exact = engine.adapter.name === "CPU (TypeScript)";
        const allowed = (exact ? 1 : 16) * 2 ** -23 * size;
        const error = Math.abs(got[e] - expected[e]);
        assert(
          error <= allowed,
          `${engine.kind} ${JSON.stringify(spec)} [${e}]: ${got[e]}, expected ${expected[e]}`,
        );
      }
    }
  }
}

const shapes = [[1, 1, 1], [1, 7, 3], [5, 1, 9], [13, 11, 17], [16, 24, 8], [33, 10, 50]];

for (const dtype of ["float32", "complex64"] as const) {
  Deno.test(`matmul() of ${dtype} agrees with the direct sum, however operands are stored`, async () => {
    for (const [m, n, k] of shapes) {
      for (const transposeA of [false, true]) {
        for (const transposeB of [false, true]) {
          await check({ dtype, m, n, k, transposeA, transposeB, bias: transposeA });
        }
      }
    }
  });
}

Deno.test("matmul() conjugates either operand, or both", async () => {
  for (const conjA of [false, true]) {
    for (const conjB of [false, true]) await check({ m: 3, n: 4, k: 6, conjA, conjB });
  }
});

Deno.test("matmul() broadcasts batch dimensions of stride 0", async () => {
  const batch = { m: 5, n: 6, k: 4, batchShape: [2, 3] };
  await check({ ...batch, aBatchStrides: [3, 1], bBatchStrides: [3, 1] });
  await check({ ...batch, aBatchStrides: [0, 1], bBatchStrides: [1, 0] });
  await check({ ...batch, aBatchStrides: [0, 0], bBatchStrides: [3, 1], bias: true });
});

Deno.test("matmul() keeps long sums accurate, few outputs or many", async () => {
  await check({ m: 3, n: 5, k: 4099, bias: true });
  await check({ m: 8, n: 4, k: 2048, batchShape: [2], aBatchStrides: [1], bBatchStrides: [1] });
  await check({ m: 160, n: 224, k: 1301 });
  await check({ dtype: "float32", m: 2, n: 2, k: 5003, bias: true });
});

Deno.test("matmul() of ones counts the terms of a split sum exactly", async () => {
  const k = 3001;
  const spec: MatmulSpec = { ...plain, dtype: "float32", m: 2, n: 3, k };
  const ones = [new Float32Array(2 * k).fill(1), new Float32Array(3 * k).fill(1)];
  for (const engine of await kernelEngines()) {
    const [got] = await runProgram(engine, matmul(spec), ones, [6]);
    assertEquals([...got], Array(6).fill(k));
  }
});
