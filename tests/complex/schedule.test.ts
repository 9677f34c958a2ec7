import { assertEquals } from "@std/assert";
import { complex, ones, parameter, tensor } from "../../complex/create/create.ts";
import { randnComplex } from "../../complex/create/random.ts";
import { evaluate, valueAndGrad } from "../../complex/transforms/transform.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { count, kernelsOf } from "../support/dispatches.ts";
import { onEngines } from "../support/engines.ts";

onEngines("a chain of elementwise operations is one kernel", () => {
  const z = randnComplex([100]);
  const chain = z.mul(2).exp().add(z.conj()).sin().mul({ re: 0, im: 1 }).real.add(1).sqrt();
  assertEquals(kernelsOf(chain).length, 1, `${kernelsOf(chain)}`); // z is worked out twice, not stored
});

onEngines("views and the parts of complex tensors cost no kernel of their own", () => {
  const z = complex(
    tensor(new Float32Array(24), [2, 3, 4]),
    tensor(new Float32Array(24), [2, 3, 4]),
  );
  const y = z.permute([2, 0, 1]).slice([0, 4, 2]).flip(1).reshape([4, 3]);
  const kernels = kernelsOf(complex(y.real, y.imag).mul(2));
  assertEquals(kernels.length, 1, `${kernels}`);
});

onEngines("a sum reads the chain that it sums", () => {
  const z = complex(tensor(new Float32Array(100)), tensor(new Float32Array(100)));
  assertEquals(kernelsOf(z.mul(2).add(1).absSquared().sum()), ["reduce"]);
});

onEngines(
  "the same structure with other numbers, data and seeds compiles nothing new",
  (engine) => {
    const step = (k: number) => {
      const x = tensor(new Float32Array(64).fill(k));
      const f = (z: ComplexTensor) => z.mul(0.1 * k).add(x).absSquared().sum();
      const [, [g]] = valueAndGrad(f)(randnComplex([64]));
      evaluate(g.slice([k, k + 10]));
    };
    step(1);
    assertEquals(count(engine, () => step(2)).compiled, 0);
  },
);

onEngines("a broadcast transcendental is computed once, not for every repetition", () => {
  const row = tensor(new Float32Array(64));
  const x = tensor(new Float32Array(64 * 64), [64, 64]);
  assertEquals(kernelsOf(x.mul(row.exp())), ["exp", "mul"]);
});

onEngines(
  "an expression with more inputs than a kernel binds is split and stays right",
  async () => {
    const list = Array.from({ length: 30 }, (_, k) => tensor(new Float32Array(8).fill(k)));
    const total = list.reduce((a, b) => a.add(b));
    assertEquals((await total.data())[3], 435);
  },
);

onEngines("repeated self-reference through views does not blow up", async () => {
  let x = ones([16]);
  for (let k = 0; k < 30; k++) x = x.add(x.roll(1, 0)).mul(0.5);
  assertEquals((await x.data())[0], 1);
});

onEngines("asking for an updated state runs its update and no copy", () => {
  const w = parameter(tensor(new Float32Array(100)));
  evaluate(w);
  w.assign(w.add(1));
  assertEquals(kernelsOf(w), ["add"]);
  evaluate(w);
});
