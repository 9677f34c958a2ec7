import { assertEquals } from "@std/assert";
import { complexTensor, parameter, tensor } from "../../complex/create/create.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { golden, type GoldenArray } from "../support/golden.ts";
import { complexOf, optionsOf } from "./support.ts";

/** Row k of an array of steps. */
function row({ shape: [steps], data }: GoldenArray, k: number): Float32Array {
  const length = data.length / steps;
  return data.subarray(k * length, (k + 1) * length);
}

for (const Optim of [nn.SGD, nn.Adam, nn.AdamW, nn.RMSprop, nn.Adagrad]) {
  onEngines(`${Optim.name} agrees with PyTorch over ten steps`, async () => {
    const g = await golden(`optim_${Optim.name.toLowerCase()}`);
    const cases = Object.values(optionsOf(g));
    for (const [k, given] of cases.entries()) {
      const options = optionsOf({ ...g, meta: { options: JSON.stringify(given) } });
      for (const kind of ["real", "complex"] as const) {
        const real = kind === "real";
        const of = (x: Float32Array): Tensor => real ? tensor(x) : complexTensor(x, [x.length / 2]);
        const w = parameter(of(real ? g.real("w_r").data : g.complex("w").data));
        const slopes = real ? g.real("g_r") : g.complex("g");
        const path = g[kind](`${kind}${k}`);
        const optimizer = new Optim([w], options);
        for (let step = 0; step < slopes.shape[0]; step++) {
          w.grad = of(row(slopes, step));
          optimizer.step();
          const what = `${kind} ${JSON.stringify(options)} step ${step}`;
          assertClose(await w.data(), row(path, step), 5e-6, what);
        }
      }
    }
  });
}

onEngines("clipGradNorm() agrees with PyTorch, complex gradients by their moduli", async () => {
  const g = await golden("clip_grad_norm");
  const cases = Object.values(optionsOf(g)) as { maxNorm: number; normType: number | "inf" }[];
  for (const [k, { maxNorm, normType }] of cases.entries()) {
    const a = parameter(complexTensor(new Float32Array(6), [3]));
    const b = parameter(tensor([[0, 0], [0, 0]]));
    const c = parameter(tensor([1])); // without a gradient
    a.grad = complexOf(g, "a");
    b.grad = tensor(g.real("b").data, [2, 2]);
    const norm = nn.clipGradNorm([a, b, c], maxNorm, { normType: Number(normType) || Infinity });
    assertClose(await a.grad!.data(), g.complex(`a${k}`).data, 2e-6, `a of case ${k}`);
    assertClose(await b.grad!.data(), g.real(`b${k}`).data, 2e-6, `b of case ${k}`);
    assertClose([await norm.item()], [g.real("norm").data[k]], 2e-6, `norm of case ${k}`);
    assertEquals(c.grad, null);
  }
});
