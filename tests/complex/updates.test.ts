/** Updates of states that share a kernel. */
import { assert, assertEquals } from "@std/assert";
import { parameter, tensor } from "../../complex/create.ts";
import type { RealTensor } from "../../complex/tensor.ts";
import { eval as evaluate } from "../../complex/transform.ts";
import * as nn from "../../nn/mod.ts";
import { count } from "../support/dispatches.ts";
import { onEngines, onWebGpu } from "../support/engines.ts";

const floats = (n: number, factor: number) =>
  Float32Array.from({ length: n }, (_, k) => Math.sin(factor * k));

onWebGpu("a step takes one dispatch for a large parameter and fewer for small ones", (engine) => {
  const small = [3, 5, 7, 11].map((n) => parameter(tensor(floats(n, 1))));
  const large = parameter(tensor(floats(4096, 1)));
  const optimizer = new nn.SGD([...small, large], { lr: 0.1, momentum: 0.9 });
  const step = () => {
    const losses = [...small, large].map((w) => w.square().sum());
    losses.reduce((a, b) => a.add(b)).backward();
    optimizer.step();
  };
  for (let k = 0; k < 3; k++) step();
  const updates = count(engine, step).dispatches.filter((name) => name.includes("sub"));
  // The gradients are part of it: four parameters and their momenta are the eight buffers of a kernel.
  assertEquals(updates.length, 1 + 1);
});

/** Values after some rounds of updates, which `update` makes of two states and a constant. */
async function rounds(
  size: number,
  update: (a: RealTensor, b: RealTensor, c: RealTensor) => [RealTensor, RealTensor],
): Promise<Float32Array[]> {
  const [a, b, c] = [1, 2, 3].map((factor) => parameter(tensor(floats(size, factor))));
  evaluate(a, b, c);
  for (let k = 0; k < 3; k++) {
    const [x, y] = update(a, b, c);
    a.assign(x);
    b.assign(y);
    evaluate(a, b, c);
  }
  return await Promise.all([a, b, c].map(async (t) => (await t.data()) as Float32Array));
}

/** The same on the host. */
function onHost(
  size: number,
  update: (a: Float32Array, b: Float32Array, c: Float32Array) => Float32Array[],
): Float32Array[] {
  let [a, b]: Float32Array[] = [floats(size, 1), floats(size, 2)];
  const c = floats(size, 3);
  for (let k = 0; k < 3; k++) [a, b] = update(a, b, c);
  return [a, b, c];
}

onEngines("updates that read one another are right, at any place and in any order", async () => {
  for (const size of [1, 30, 2050, 4096]) {
    const last = size - 1;
    const cases: [Parameters<typeof rounds>[1], Parameters<typeof onHost>[1]][] = [
      [(a, b) => [b.mul(1), a.mul(1)], (a, b) => [b, a]],
      [
        (a, b, c) => {
          const x = a.sub(c);
          return [x, b.add(x)];
        },
        (a, b, c) => {
          const x = a.map((v, k) => v - c[k]);
          return [x, b.map((v, k) => v + x[k])];
        },
      ],
      [ // one reads the other elsewhere
        (a, b, c) => {
          const x = a.sub(c);
          return [x, b.add(x.flip(0))];
        },
        (a, b, c) => {
          const x = a.map((v, k) => v - c[k]);
          return [x, b.map((v, k) => v + x[last - k])];
        },
      ],
      [ // through a sum
        (a, b, c) => {
          const x = a.sub(c);
          return [x, b.mul(x.mul(0).sum().add(0.5))];
        },
        (a, b, c) => [a.map((v, k) => v - c[k]), b.map((v) => v * 0.5)],
      ],
      [ // each reads the other's older value, one of them elsewhere
        (a, b, c) => [a.add(b), b.sub(a.flip(0)).add(c)],
        (a, b, c) => [a.map((v, k) => v + b[k]), b.map((v, k) => v - a[last - k] + c[k])],
      ],
      [ // the same recipe for both
        (a, b) => {
          const x = a.add(b);
          return [x, x];
        },
        (a, b) => [a.map((v, k) => v + b[k]), a.map((v, k) => v + b[k])],
      ],
    ];
    for (const [n, [onEngine, host]] of cases.entries()) {
      const found = await rounds(size, onEngine), expected = onHost(size, host);
      found.forEach((values, s) =>
        values.forEach((value, k) =>
          assert(Math.abs(value - expected[s][k]) < 1e-5, `case ${n}, size ${size}, state ${s}`)
        )
      );
    }
  }
});
