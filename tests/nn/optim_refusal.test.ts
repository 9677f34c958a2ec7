import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { complex, parameter, tensor } from "../../complex/create/create.ts";
import { manualSeed, rand, randnComplex } from "../../complex/create/random.ts";
import type { Tensor } from "../../complex/tensor/tensor.ts";
import { evaluate } from "../../complex/transforms/transform.ts";
import * as nn from "../../nn/mod.ts";
import { onEngines } from "../support/engines.ts";

const OLDER = "an older value of";

const makers: [name: string, make: (params: Iterable<Tensor>) => nn.SGD | nn.Adam][] = [
  ["SGD", (p) => new nn.SGD(p, { lr: 0.1 })],
  ["SGD with momentum", (p) => new nn.SGD(p, { lr: 0.1, momentum: 0.9 })],
  ["Adam with amsgrad", (p) => new nn.Adam(p, { lr: 0.1, amsgrad: true })],
];

/** All values that a step may change, as they are once everything pending has run. */
async function snapshot(optimizer: nn.SGD | nn.Adam, ...tensors: Tensor[]) {
  const values = await Promise.all(tensors.map((t) => t.data()));
  return [await optimizer.stateDict(), values.map((v) => [...v])];
}

/** Two parameters, and a loss that is linear in `a`: the gradient in `a` needs no older value. */
function problem() {
  const a = parameter(tensor([1, 2]), { name: "a" });
  const b = parameter(tensor([3, 4]), { name: "b" });
  return { a, b, loss: () => a.mul(3).sum().add(b.square().sum()) };
}

for (const [name, make] of makers) {
  for (const steps of [0, 2]) {
    onEngines(
      `${name} after ${steps} steps refuses an older loss and changes nothing`,
      async () => {
        const { a, b, loss } = problem();
        const optimizer = make([a, b]);
        const train = () => {
          loss().backward();
          optimizer.step();
        };
        for (let k = 0; k < steps; k++) train();
        const old = loss();
        a.assign(a.add(1));
        evaluate(a);
        old.backward();
        const gradients = [a.grad, b.grad];
        const before = await snapshot(optimizer, a, b);
        for (let k = 0; k < 2; k++) {
          assertThrows(() => optimizer.step(), ArgandError, `${OLDER} a`);
          assertEquals(await snapshot(optimizer, a, b), before);
          assertEquals([a.grad?.node, b.grad?.node], gradients.map((g) => g?.node));
        }
        // From here on it goes as if nothing had happened.
        optimizer.zeroGrad();
        for (let k = 0; k < 2; k++) train();
        const twin = problem();
        const undisturbed = make([twin.a, twin.b]);
        for (let k = 0; k < steps + 2; k++) {
          if (k === steps) twin.a.assign(twin.a.add(1));
          twin.loss().backward();
          undisturbed.step();
        }
        assertEquals(await snapshot(optimizer, a, b), await snapshot(undisturbed, twin.a, twin.b));
      },
    );
  }

  onEngines(
    `${name} refuses an older value asked for with the step and changes nothing`,
    async () => {
      const { a, b, loss } = problem();
      const optimizer = make([a, b]);
      const old = b.mul(2);
      loss().backward();
      optimizer.step();
      loss().backward();
      const before = await snapshot(optimizer, a, b);
      assertThrows(() => optimizer.step(old), ArgandError, `${OLDER} b`);
      assertEquals(await snapshot(optimizer, a, b), before);
      optimizer.step(); // the gradients are still there
    },
  );

  onEngines(`${name} goes on after moments were loaded for one of its parameters`, async () => {
    const twins = [problem(), problem()].map(({ a, b, loss }) => {
      const optimizer = make([a, b]);
      a.square().sum().backward();
      b.square().sum().backward();
      optimizer.step();
      return { a, b, loss, optimizer };
    });
    const [{ optimizer }] = twins;
    const dict = await optimizer.stateDict();
    for (const path of dict.keys()) if (path.startsWith("state.0.")) dict.delete(path);
    for (const [k, twin] of twins.entries()) {
      twin.optimizer.loadStateDict(dict);
      if (k === 1) await twin.optimizer.stateDict(); // runs what is pending
      twin.loss().backward();
      twin.optimizer.step();
    }
    const [one, other] = await Promise.all(twins.map((t) => snapshot(t.optimizer, t.a, t.b)));
    assertEquals(one, other);
  });
}

onEngines("accumulate() refuses an older loss and changes nothing", async () => {
  for (const held of [false, true]) {
    const { a, b, loss } = problem();
    const optimizer = new nn.SGD([a, b], { lr: 0.5 });
    const old = loss();
    a.assign(a.add(1));
    evaluate(a);
    if (held) {
      loss().backward();
      optimizer.accumulate();
    }
    old.backward();
    const gradients = [a.grad!.node, b.grad!.node];
    assertThrows(() => optimizer.accumulate(), ArgandError, `${OLDER} a`);
    assertEquals([a.grad!.node, b.grad!.node], gradients);
    evaluate(tensor([1]).add(1)); // runs what is pending, if anything is
    assertEquals([...await a.grad!.data()], held ? [6, 6] : [3, 3]);
    optimizer.zeroGrad();
    loss().backward();
    optimizer.accumulate();
    loss().backward();
    optimizer.step();
    assertEquals([...await a.data()], [-1, 0]);
    assertEquals([...await b.data()], [-3, -4]);
  }
});

onEngines("a step that is refused leaves statistics, random numbers and gradients", async () => {
  const make = () => {
    manualSeed(5);
    const norm = new nn.BatchNorm2d(2);
    const dropout = new nn.Dropout();
    const w = parameter(complex([1, 2], [0, 1]).reshape([1, 2, 1, 1]), { name: "w" });
    const gain = parameter(tensor([2]), { name: "gain" });
    const z = randnComplex([3, 2, 2, 2]);
    const optimizer = new nn.Adam([w, gain, ...norm.parameters()]);
    const loss = () => dropout.apply(norm.apply(z.mul(w))).absSquared().sum().mul(gain).sum();
    const values = async () => {
      const dict = [...(await norm.stateDict()).values()].map(({ data }) => [...data!]);
      return [dict, await optimizer.stateDict(), [...await w.data()], [...await gain.data()]];
    };
    return { gain, optimizer, loss, values };
  };
  const results = [];
  for (const disturbed of [true, false]) {
    const { gain, optimizer, loss, values } = make();
    loss().backward();
    optimizer.step();
    const old = gain.mul(3).sum();
    loss().backward();
    optimizer.step();
    loss().backward();
    if (disturbed) {
      const before = gain.grad!.node;
      assertThrows(() => optimizer.step(old), ArgandError, `${OLDER} gain`);
      assertEquals(gain.grad!.node, before);
    }
    optimizer.step();
    results.push([await values(), [...await rand([4]).data()]]);
  }
  assertEquals(results[0], results[1]);
});

onEngines(
  "of two values of which one is refused, evaluate computes none and keeps updates",
  async () => {
    const { a, b } = problem();
    const old = a.mul(2);
    a.assign(a.add(1));
    evaluate(a);
    b.assign(b.add(1));
    const fresh = b.mul(2);
    assertThrows(() => evaluate(fresh, old), ArgandError, `${OLDER} a`);
    assertEquals(fresh.node.stored, null);
    assertEquals([...await fresh.data()], [8, 10]);
    assertEquals([...await a.data()], [2, 3]);
  },
);

onEngines("LBFGS gives the parameters their values back whatever is pending", async () => {
  const { a, b } = problem();
  const optimizer = new nn.LBFGS([a], { lineSearchFn: "strong_wolfe" });
  const old = a.mul(2);
  a.assign(a.add(1));
  evaluate(a);
  let calls = 0;
  const closure = () => {
    const loss = a.square().sum();
    loss.backward();
    if (++calls < 2) return loss;
    b.assign(old); // can't be carried out
    throw new Error("from the closure");
  };
  await assertRejects(() => optimizer.step(closure), Error, "from the closure");
  assertEquals([...await a.data()], [2, 3]);
  assertEquals([...await b.data()], [3, 4]);
  const older = a.mul(2).sum();
  a.assign(a.add(1));
  evaluate(a);
  await assertRejects(
    () =>
      optimizer.step(() => {
        older.backward();
        return older;
      }),
    ArgandError,
    `${OLDER} a`,
  );
  assertEquals([...await a.data()], [3, 4]);
});
