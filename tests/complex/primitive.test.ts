import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { squareReal } from "../../gpu/functions/arithmetic.ts";
import { type Kernel, linearGrid, linearMain, single } from "../../gpu/contract/kernel.ts";
import { complex, tensor } from "../../complex/create/create.ts";
import { evaluate } from "../../complex/transforms/transform.ts";
import { definePrimitive } from "../../complex/transforms/primitive.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
import { grad } from "../../complex/transforms/transform.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";

/** f(x) = x³ as one function of elements. */
const cube = definePrimitive<[RealTensor], RealTensor>({
  name: "cube",
  shape: ([x]) => x,
  elementwise: {
    name: "cube",
    inputs: ["real"],
    output: "real",
    wgsl: (x) => `cubed(${x})`,
    uses: [{ name: "cubed", source: "fn cubed(x: f32) -> f32 { return x * x * x; }" }],
    cpu(n, out, x) {
      for (let k = 0; k < n; k++) out[k] = x[k] ** 3;
    },
  },
  vjp: ({ inputs: [x], gradient }) => [gradient.mul(x.square().mul(3))],
});

/** Differences of neighbours along the last axis, with a step: y[k] = x[k + step] − x[k]. */
const differences: Kernel<{ rows: number; n: number; step: number }> = {
  name: "differences",
  bindings: () => ({ inputs: ["complex64"], outputs: ["complex64"] }),
  wgsl: ({ rows, n, step }) => ({
    source: linearMain(
      rows * (n - step),
      `  let at = (i / ${n - step}u) * ${n}u + i % ${n - step}u;
  out0[i] = in0[at + ${step}u] - in0[at];`,
    ),
    workgroups: linearGrid(rows * (n - step)),
  }),
  cpu({ rows, n, step }, [x], [y]) {
    for (let r = 0; r < rows; r++) {
      for (let k = 0; k < 2 * (n - step); k++) {
        y[2 * r * (n - step) + k] = x[2 * (r * n + step) + k] - x[2 * r * n + k];
      }
    }
  },
};
const difference = definePrimitive<[ComplexTensor], ComplexTensor, { step: number }>({
  name: "difference",
  shape([{ shape, dtype }], { step }) {
    return { shape: [shape[0], shape[1] - step], dtype };
  },
  program: ([{ shape: [rows, n] }], _, { step }) => single(differences, { rows, n, step }),
  vjp({ gradient, attrs: { step } }) {
    return [gradient.pad([[0, 0], [step, 0]]).sub(gradient.pad([[0, 0], [0, step]]))];
  },
});

onEngines(
  "an elementwise primitive of the user's fuses and has derivatives of every order",
  async () => {
    const x = tensor([1, 2, 3]);
    assertEquals([...await cube(x.add(1)).mul(2).data()], [16, 54, 128]);
    const second = grad((x: RealTensor) => grad((x: RealTensor) => cube(x).sum())(x).sum());
    assertEquals([...await second(x).data()], [6, 12, 18]);
  },
);

onEngines(
  "a chain with a function of the user's in its middle is right, and its gradient",
  async () => {
    const values = Float32Array.from({ length: 5000 }, (_, k) => k / 5000);
    const chain = (x: RealTensor, third: (x: RealTensor) => RealTensor) =>
      third(x.add(1).sqrt()).mul(0.5).exp().square();
    const composed = (x: RealTensor) => x.square().mul(x);
    const x = tensor(values);
    assertClose(await chain(x, cube).data(), await chain(x, composed).data(), 1e-6, "the chain");
    const slope = (third: (x: RealTensor) => RealTensor) =>
      grad((x: RealTensor) => chain(x, third).mean())(x).data();
    assertClose(await slope(cube), await slope(composed), 1e-5, "its gradient");
  },
);

onEngines("a kernel of the user's runs with its attributes and derivative", async () => {
  const z = complex([[1, 2, 4, 8]], [[0, 1, 0, 2]]);
  assertEquals([...await difference(z, { step: 2 }).data()], [3, 0, 6, 1]);
  assertEquals([...await difference(z, { step: 3 }).data()], [7, 2]);
  const g = grad((z: ComplexTensor) => difference(z, { step: 2 }).absSquared().sum())(z);
  const expected = [-6, 0, -12, -2, 6, 0, 12, 2];
  (await g.data()).forEach((v, k) => assertAlmostEquals(v, expected[k], 1e-5));
});

Deno.test("definePrimitive() refuses what can't be carried out, and wrong calls", () => {
  assertThrows(
    () => definePrimitive<[RealTensor], RealTensor>({ name: "nothing", shape: ([x]) => x }),
    ArgandError,
    'Cannot define the primitive "nothing"',
  );
  for (const wrong of [{ inputs: ["float32"] }, { inputs: undefined }, { output: "complex64" }]) {
    assertThrows(
      () =>
        definePrimitive<[RealTensor], RealTensor>({
          name: "squared",
          shape: ([x]) => x,
          elementwise: { ...squareReal, ...wrong } as typeof squareReal,
        }),
      ArgandError,
      'are each "real", "complex" or "integer", got ',
    );
  }
  // deno-lint-ignore no-explicit-any
  const loose = cube as any;
  assertThrows(
    () => loose(complex([1], [1])),
    ArgandError,
    "Cannot apply cube: input 0 is complex64",
  );
  assertThrows(() => loose(tensor([1]), tensor([1])), ArgandError, "it takes 1 tensors, got 2");
  const shaped = (shape: number[], dtype: "float32" | "complex64") =>
    definePrimitive<[RealTensor], RealTensor>({
      name: "odd",
      shape: () => ({ shape, dtype }),
      elementwise: squareReal,
      vjp: ({ gradient }) => [gradient.sum()],
    });
  assertThrows(
    () => shaped([3], "float32")(tensor([1, 2])),
    ArgandError,
    "Cannot apply odd: input 0 has shape [2], the result [3]",
  );
  assertThrows(
    () => shaped([2], "complex64")(tensor([1, 2])),
    ArgandError,
    "the shape rule gives complex64 and the function real",
  );
  assertThrows(
    () => grad((x: RealTensor) => shaped([2], "float32")(x).sum())(tensor([1, 2])),
    ArgandError,
    "Cannot differentiate odd: its vjp gives float32 [] for an input float32 [2]",
  );
});

onEngines("a program that does not bind what its kernels say is refused in words", () => {
  const kernel = (dtype = "float32"): Kernel => ({
    name: "copied",
    bindings: () => ({ inputs: [dtype as "float32"], outputs: ["float32"] }),
    wgsl: () => ({ source: linearMain(3, "out0[i] = in0[i];"), workgroups: linearGrid(3) }),
    cpu(_, [x], [y]) {
      y.set(x);
    },
  });
  const step = (inputs: string[], outputs: string[], dtype?: string) => ({
    steps: [{ kernel: kernel(dtype), spec: 0, inputs, outputs }],
  });
  const wrong: [unknown, string][] = [
    [undefined, "program() must return { steps: […] }, got undefined"],
    [{ steps: [] }, "program() must return { steps: […] }"],
    [step(["in0", "in0"], ["out0"]), 'kernel "copied" binds 1 inputs and is given 2'],
    [step(["in1"], ["out0"]), 'is given "in1" among its inputs; there are 1 in, 1 out and 0 tmp'],
    [step(["in0"], ["tmp0"]), 'is given "tmp0" among its outputs'],
    [step(["in0"], ["in0"]), 'is given "in0" among its outputs'],
    [step(["out0"], ["out0"]), 'is given "out0" twice, once to write'],
    [step(["in0"], ["out0"], "float16"), 'binds "float16", which is not a dtype'],
  ];
  for (const [program, words] of wrong) {
    const run = definePrimitive<[RealTensor], RealTensor>({
      name: "copied",
      shape: ([x]) => x,
      program: () => program as ReturnType<typeof single>,
    });
    assertThrows(() => evaluate(run(tensor([1, 2, 3]))), ArgandError, words);
  }
});
