/** Layers, losses and optimisers in double precision, beside themselves in single. */
import { assert, assertEquals } from "@std/assert";
import { type ComplexTensor, grad, manualSeed, nn, setDefaultDtype } from "@argand/argand";
import { use } from "../../gpu/engines/device.ts";
import { assertClose } from "../support/close.ts";
import { random } from "./support.ts";
import { native } from "./zoo/case.ts";
import { zoo } from "./zoo/mod.ts";

const PRECISION = {
  complex64: ["float32", "complex64"],
  complex128: ["float64", "complex128"],
};

Deno.test("every layer computes in double precision what it does in single, and its gradient", async () => {
  await use("cpu");
  for (const one of zoo) {
    const run = async (dtype: "complex64" | "complex128") => {
      manualSeed(11);
      const layer = one.make().to(dtype);
      const x = random([...one.shape], 3).to(dtype);
      const apply = (z: ComplexTensor) => {
        manualSeed(12);
        return native(one, layer, z);
      };
      const y = apply(x);
      // Uneven weights: norms hold the sum of all squares.
      const weights = random([...y.shape], 4).real;
      const loss = (z: ComplexTensor) => apply(z).absSquared().mul(weights).mean();
      const slope = grad(loss)(x);
      for (const p of [y, slope, ...layer.parameters()]) {
        assert(PRECISION[dtype].includes(p.dtype), `${one.name}: ${p.dtype}`);
      }
      return { values: await y.data(), slope, loss, x };
    };
    const [single, double] = [await run("complex64"), await run("complex128")];
    assertClose(single.values, double.values, 2e-5, one.name);
    // The gradient of a norm behind a norm loses digits in single precision.
    const slope = await double.slope.data();
    assertClose(await single.slope.data(), slope, 3e-4, `the gradient of ${one.name}`);
    // In double precision it is the difference quotient.
    const way = random([...one.shape], 8).to("complex128"), step = 2e-5;
    const at = (h: number) => double.loss(double.x.add(way.mul(h))).item();
    const quotient = async (h: number) => (await at(h) - await at(-h)) / (2 * h);
    const measured = (4 * await quotient(step / 2) - await quotient(step)) / 3;
    const computed = await double.slope.mul(way.conj()).real.sum().item();
    const scale = Math.hypot(...slope) * Math.hypot(...await way.data());
    assert(
      Math.abs(measured - computed) <= 1e-9 * scale + 1e-10,
      `${one.name}: ${computed} and ${measured}`,
    );
  }
});

Deno.test("a module's state dict keeps its digits, and takes no other precision", async () => {
  await use("cpu");
  const [{ make }] = zoo;
  const layer = make().to("float64");
  const dict = await layer.stateDict();
  const kinds = new Set([...dict.values()].map(({ dtype }) => dtype));
  assertEquals([...kinds].filter((kind) => kind !== "C128" && kind !== "F64"), []);
  const other = make().to("float64");
  other.loadStateDict(dict);
  assertEquals(await other.stateDict(), dict);
});

Deno.test("a model is loaded in the precision of its file", async () => {
  await use("cpu");
  const single = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
  const double = new nn.Sequential(new nn.Linear(2, 3).to("float64"), new nn.Linear(3, 1));
  for (const dtype of ["float32", "float64"] as const) {
    for (const model of [single, double]) {
      const bytes = await nn.formatModel(model);
      try {
        setDefaultDtype(dtype);
        const again = nn.parseModel(bytes);
        assertEquals(await again.stateDict(), await model.stateDict(), dtype);
        const dtypes = (m: nn.Module) => m.parameters().map((p) => p.dtype);
        assertEquals(dtypes(again), dtypes(model), dtype);
      } finally {
        setDefaultDtype("float32");
      }
    }
  }
});
