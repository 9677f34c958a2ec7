/** Derivatives as functions, and what passes through them. */
import {
  complex,
  type ComplexTensor,
  evaluate,
  grad,
  noGrad,
  ones,
  parameter,
  type RealTensor,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { assertEquals, assertThrows } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";

onEngines(
  "valueAndGrad() gives a gradient for every argument, zero where it has no part",
  async () => {
    const f = (x: RealTensor, z: ComplexTensor, _: RealTensor) => z.mul(x).absSquared().sum();
    const [value, [gx, gz, unused]] = valueAndGrad(f)(tensor([2]), complex([3], [4]), ones([2, 2]));
    assertEquals(await value.item(), 100);
    assertEquals(await gx.toArray(), [100]);
    assertEquals(await gz.data(), new Float32Array([24, 32]));
    assertEquals(await unused.toArray(), [[0, 0], [0, 0]]);
  },
);

onEngines("the gradient of a real function descends: z - lr * grad", async () => {
  const goal = complex(1, -2);
  const loss = (z: ComplexTensor) => z.sub(goal).absSquared();
  let z: ComplexTensor = complex(5, 5);
  for (let k = 0; k < 30; k++) {
    z = z.sub(grad(loss)(z).mul(0.25));
    evaluate(z);
  }
  assertClose(await z.data(), [1, -2], 1e-5);
});

onEngines("grad() nests to any depth", async () => {
  const f = (x: RealTensor) => x.pow(5).sum();
  const third = grad((x: RealTensor) => grad((y: RealTensor) => grad(f)(y).sum())(x).sum());
  assertClose(await third(tensor([2])).data(), [5 * 4 * 3 * 4], 1e-5);
  const exponential = [1, 2, 3, 4].reduce(
    (g: (x: RealTensor) => RealTensor) => grad((x: RealTensor) => g(x).sum()),
    (x: RealTensor) => x.exp(),
  );
  assertClose(await exponential(tensor([1])).data(), [Math.E], 1e-6);
});

onEngines("grad() leaves what it closes over alone", async () => {
  const w = parameter(tensor([2]));
  const g = grad((x: RealTensor) => x.mul(w).sum())(tensor([3]));
  assertEquals(await g.item(), 2);
  assertEquals(w.grad, null);
  const outer = tensor([1]).add(1);
  assertEquals(await grad((x: RealTensor) => x.mul(outer).sum())(outer).item(), 2);
});

onEngines("no derivative passes through detach() and noGrad()", async () => {
  const x = tensor([3]);
  assertEquals(await grad((t: RealTensor) => t.mul(t.detach()).sum())(x).item(), 3);
  assertEquals(await grad((t: RealTensor) => t.mul(noGrad(() => t.square())).sum())(x).item(), 9);
  const w = parameter(tensor([1]));
  assertThrows(() => noGrad(() => w.mul(2).sum()).backward(), Error, "depends on no parameter");
  assertThrows(() => w.detach().sum().backward(), Error, "depends on no parameter");
  assertThrows(
    () =>
      noGrad(() => {
        throw new Error("from inside");
      }),
    Error,
    "from inside",
  );
  w.sum().backward();
  assertEquals(await w.grad!.item(), 1);
});

onEngines(
  "backward() leaves gradients in the parameters, and adds to those that are there",
  async () => {
    const w = parameter(complex([1, 2], [3, 4]));
    const b = parameter(tensor([5]), { requiresGrad: false });
    const loss = () => w.absSquared().mul(b).sum();
    loss().backward();
    assertEquals(await w.grad!.data(), new Float32Array([10, 30, 20, 40]));
    loss().backward();
    assertEquals(await w.grad!.data(), new Float32Array([20, 60, 40, 80]));
    assertEquals(b.grad, null);
    w.grad = null;
    loss().backward();
    assertEquals(await w.grad!.data(), new Float32Array([10, 30, 20, 40]));
  },
);

onEngines("backward() sums over every way to a parameter, through both of its parts", async () => {
  const w = parameter(complex([2], [3]));
  const u = complex(w.real.square(), w.imag);
  u.real.add(u.imag.mul(w.real)).sum().backward();
  assertEquals(await w.grad!.data(), new Float32Array([2 * 2 + 3, 2]));
});

onEngines("derivatives pass through what evaluate() and data() have computed", async () => {
  const f = (x: RealTensor) => {
    const y = x.square();
    evaluate(y);
    return y.mul(x).sum();
  };
  assertEquals(await grad(f)(tensor([2])).item(), 12);
  const w = parameter(tensor([2]));
  const loss = w.square().sum();
  assertEquals(await loss.item(), 4);
  loss.backward();
  assertEquals(await w.grad!.item(), 4);
});
