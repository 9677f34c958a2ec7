import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { concat } from "../../complex/functions/arrange.ts";
import { complex, full, zeros } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { manualSeed } from "../../complex/create/random.ts";
import { evaluate } from "../../complex/transforms/transform.ts";
import { ComplexTensor, type RealTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose, assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { type Golden, golden } from "../support/golden.ts";
import { complexOf, mixed, random, setReal, slopes } from "./support.ts";
import { gruOnHost, type Host, hostOf, lstmOnHost } from "./recurrent_host.ts";

/** Takes over PyTorch's real recurrences `re` and `im` of one layer. */
function setSplit(g: Golden, layer: nn.GRU | nn.LSTM, name: string): void {
  for (const part of ["re", "im"] as const) {
    const [weights] = layer[part];
    const path = `param.${name}_${part}.`;
    setReal(weights.weightIh, g.real(`${path}weight_ih_l0`));
    setReal(weights.weightHh, g.real(`${path}weight_hh_l0`));
    setReal(weights.biasIh, g.real(`${path}bias_ih_l0`));
    setReal(weights.biasHh, g.real(`${path}bias_hh_l0`));
  }
}

for (const [Layer, name] of [[nn.GRU, "gru"], [nn.LSTM, "lstm"]] as const) {
  onEngines(
    `${Layer.name} in split form agrees with the golden case of complexPyTorch`,
    async () => {
      const g = await golden(`${name}_complexpytorch`);
      const layer = new Layer(4, 3, { batchFirst: true, form: "split" });
      setSplit(g, layer, name);
      assertClose(await layer.apply(complexOf(g, "x")).data(), g.complex("y").data, 1e-5, "y");
    },
  );
}

/** A layer with biases that are not 0. */
function biased<L extends nn.GRU | nn.LSTM>(layer: L): L {
  layer.parameters().forEach((p, k) => {
    const more = random([...p.shape], 90 + k).mul(0.5);
    if (p instanceof ComplexTensor) p.assign(p.add(more));
    else p.assign((p as RealTensor).add(more.real));
  });
  return layer;
}

onEngines("complex GRU and LSTM agree with float64 loops on the host", async () => {
  const x = random([9, 2, 3], 4);
  for (
    const [layer, onHost] of [
      [biased(new nn.GRU(3, 4)), gruOnHost],
      [biased(new nn.LSTM(3, 4)), lstmOnHost],
    ] as const
  ) {
    const { weightIh, weightHh, biasIh, biasHh } = layer.cells[0];
    const [wi, wh, bi, bh] = await Promise.all(
      [weightIh, weightHh, biasIh!, biasHh!].map(hostOf),
    );
    const inputs = await hostOf(x);
    const expected = onHost(inputs as Host, {
      steps: 9,
      n: 2,
      features: 3,
      hidden: 4,
      wi,
      wh,
      bi,
      bh,
    });
    assertClose(await layer.apply(x).data(), expected, 1e-6, layer.constructor.name);
  }
});

for (const Layer of [nn.GRU, nn.LSTM]) {
  const { name } = Layer;
  const zero = (shape: number[]) => full(shape, { re: 0, im: 0 });

  onEngines(`${name} of any length is as many steps of length 1`, async () => {
    const layer = biased(new Layer(2, 3));
    for (const steps of Layer === nn.GRU ? [1, 7, 8, 50] : [8]) {
      const x = random([steps, 2, 2], steps);
      const whole = layer.unroll(x);
      const outputs: ComplexTensor[] = [];
      // deno-lint-ignore no-explicit-any
      let state: any = undefined;
      for (let t = 0; t < steps; t++) {
        const step: { output: ComplexTensor; state: unknown } = layer.unroll(
          x.slice([t, t + 1]),
          state,
        );
        state = step.state;
        outputs.push(step.output);
      }
      const expected = concat(outputs, 0) as ComplexTensor;
      assertClose(await whole.output.data(), await expected.data(), 1e-6, `${steps} steps`);
      const last = (s: ComplexTensor | nn.LSTMState) => ("cell" in s ? s.cell : s).data();
      assertClose(await last(whole.state), await last(state), 1e-6, "state");
    }
  });

  for (const form of ["complex", "split"] as const) {
    onEngines(`${name}, ${form}: both directions are two layers put together`, async () => {
      const both = biased(new Layer(3, 2, { bidirectional: true, form }));
      const single = [0, 1].map((k) => {
        const one = new Layer(3, 2, { form });
        one.parameters().forEach((p, i) => {
          const of = one.namedParameters()[i][0].replace(".0.", `.${k}.`);
          p.assign(new Map(both.namedParameters()).get(of)!);
        });
        return one;
      });
      const x = random([5, 2, 3], 4);
      const expected = concat([
        single[0].apply(x),
        single[1].apply(x.flip(0)).flip(0),
      ], 2);
      assertClose(await both.apply(x).data(), await expected.data(), 1e-6);
    });

    onEngines(`${name}, ${form}: a second layer runs on the output of the first`, async () => {
      const two = biased(new Layer(3, 2, { layers: 2, form }));
      const values = new Map(two.namedParameters());
      const [first, second] = [0, 1].map((k) => {
        const one = new Layer(k === 0 ? 3 : 2, 2, { form });
        for (const [path, p] of one.namedParameters()) {
          p.assign(values.get(path.replace(".0.", `.${k}.`))!);
        }
        return one;
      });
      const x = random([4, 2, 3], 5);
      if (form === "split") {
        // The real recurrences of the second layer each run on those of the first, not on their sum.
        const { output } = two.unroll(x);
        assertEquals(output.shape, [4, 2, 2]);
        assertNotEquals(await output.data(), await second.apply(first.apply(x)).data());
        return;
      }
      assertClose(await two.apply(x).data(), await second.apply(first.apply(x)).data(), 1e-6);
    });

    onEngines(`${name}, ${form}: batchFirst exchanges the first two axes`, async () => {
      const plain = new Layer(3, 2, { form });
      const turned = new Layer(3, 2, { form, batchFirst: true });
      turned.loadStateDict(await plain.stateDict());
      const x = random([5, 2, 3], 4);
      const expected = plain.apply(x).transpose(0, 1);
      assertEquals(await turned.apply(x.transpose(0, 1)).data(), await expected.data());
    });

    onEngines(`${name}, ${form}: dropout drops between layers, in training only`, async () => {
      const layer = new Layer(3, 2, { layers: 2, dropout: 0.5, form });
      const plain = new Layer(3, 2, { layers: 2, form });
      plain.loadStateDict(await layer.stateDict());
      const x = random([5, 2, 3], 4);
      manualSeed(3);
      const first = await layer.apply(x).data();
      assertNotEquals(first, await layer.apply(x).data());
      assertNotEquals(first, await plain.apply(x).data());
      manualSeed(3);
      assertEquals(first, await layer.apply(x).data());
      assertEquals(await layer.eval().apply(x).data(), await plain.apply(x).data());
      const single = new Layer(3, 2, { dropout: 0.5, form });
      assertEquals(await single.apply(x).data(), await single.apply(x).data());
    });
  }

  onEngines(`${name}: the state after the last step is where each direction ends`, async () => {
    const layer = new Layer(3, 2, { layers: 2, bidirectional: true });
    const { output, state } = layer.unroll(random([5, 2, 3], 4));
    const hidden = "cell" in state ? state.hidden : state;
    assertEquals(hidden.shape, [4, 2, 2]);
    const last = output.at(-1).slice(null, [0, 2]);
    const first = output.at(0).slice(null, [2, 4]);
    assertClose(await hidden.at(2).data(), await last.data(), 1e-6);
    assertClose(await hidden.at(3).data(), await first.data(), 1e-6);
  });

  onEngines(`${name} refuses states and options that do not fit`, () => {
    const x = random([5, 2, 3], 4);
    const state = (shape: number[]) =>
      (Layer === nn.GRU ? zero(shape) : { hidden: zero(shape), cell: zero(shape) }) as never;
    const layer = new Layer(3, 4, { layers: 2 });
    const wrong = () => layer.unroll(x, state([1, 2, 4]));
    assertThrows(wrong, ArgandError, "must be [2, 2, 4], got [1, 2, 4]");
    assertThrows(() => layer.unroll(x, zeros([2, 2, 4]) as never), ArgandError, "Cannot apply");
    const split = new Layer(3, 4, { form: "split" });
    assertThrows(() => split.unroll(x, state([1, 2, 4])), ArgandError, "4 real parts");
    assertThrows(() => new Layer(3, 0), ArgandError, "hidden must be a positive integer, got 0");
    assertThrows(() => new Layer(3, 4, { layers: 0 }), ArgandError, "layers");
    assertThrows(() => new Layer(3, 4, { dropout: 2 }), ArgandError, "dropout");
    assertThrows(() => new Layer(3, 4, { form: "real" as never }), ArgandError, `"split"`);
  });
}

onEngines("GRU of 200 steps goes forward and back", async () => {
  const layer = new nn.GRU(1, 2);
  const x = random([200, 1, 1], 8);
  const loss = layer.apply(x).at(-1).absSquared().sum();
  loss.backward();
  const gradients = await Promise.all(layer.parameters().map((p) => p.grad!.data()));
  for (const g of gradients) assert(g.every(Number.isFinite) && g.some((v) => v !== 0));
});

onEngines("training an LSTM holds the same bytes from the second step on", async (engine) => {
  manualSeed(2);
  const layer = new nn.LSTM(2, 3, { layers: 2, dropout: 0.1 });
  const optimizer = new nn.Adam(layer.parameters());
  const bytes: number[] = [];
  for (let k = 0; k < 20; k++) {
    const loss = layer.apply(random([3, 2, 2], k)).absSquared().mean();
    loss.backward();
    optimizer.step();
    if (k % 10 === 9) await loss.item();
    if (k >= 2) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
});

onEngines("a GRU that learns a sequence in pieces holds the same bytes", async (engine) => {
  manualSeed(2);
  const layer = new nn.GRU(2, 6);
  const optimizer = new nn.Adam(layer.parameters());
  let state: ComplexTensor | undefined;
  const bytes: number[] = [];
  for (let k = 0; k < 30; k++) {
    const { output, state: next } = layer.unroll(random([3, 4, 2], k), state);
    output.absSquared().mean().backward();
    state = next.detach();
    evaluate(state);
    optimizer.step();
    if (k >= 8) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
  assert((await state!.data()).every(Number.isFinite));
});

onEngines("small differences of states do not grow in a new recurrence", async () => {
  manualSeed(1);
  for (const layer of [new nn.GRU(8, 32), new nn.LSTM(8, 32)]) {
    const x = random([60, 1, 8], 1);
    const other = concat([x.slice([0, 1]).mul(1.01), x.slice([1, 60])]) as ComplexTensor;
    const apart = layer.apply(x).sub(layer.apply(other)).absSquared().sum([1, 2]);
    const [first, last] = await apart.data().then((d) => [d[0], d[59]]);
    assert(first > 1e-6 && last < 0.1 * first, `${layer.constructor.name}: ${first}, ${last}`);
  }
});

onEngines("the split form adds what it makes of either part", async () => {
  const [x, none] = [random([4, 2, 3], 1), full([4, 2, 3], { re: 0, im: 0 })];
  const [re, im] = [complex(x.real, none.real), complex(none.real, x.imag)];
  for (const Layer of [nn.GRU, nn.LSTM]) {
    for (const form of ["split", "complex"] as const) {
      const layer = biased(new Layer(3, 2, { layers: 2, form }));
      const [a, b, c, d] = [x, none, re, im].map((z) => layer.apply(z));
      const rest = await a.add(b).sub(c.add(d)).absSquared().max().item();
      assert(form === "split" ? rest < 1e-11 : rest > 1e-4, `${Layer.name}, ${form}: ${rest}`);
    }
  }
});

onEngines("first and second derivatives of recurrences pass gradcheck", async () => {
  const weights = (gates: number) => [[gates * 2, 3], [gates * 2, 2], [gates * 2], [gates * 2]];
  // deno-lint-ignore no-explicit-any
  const named = ([weightIh, weightHh, biasIh, biasHh]: any[]) => ({
    weightIh,
    weightHh,
    biasIh,
    biasHh,
  });
  const cases: [string, (...args: ComplexTensor[]) => ComplexTensor, number[][]][] = [
    [
      "gru",
      (x, h, ...w) => nn.functional.gru(x, h, named(w), { reverse: true }).output,
      [[2, 1, 3], [1, 2], ...weights(3)],
    ],
    [
      "lstm",
      (x, h, c, ...w) => nn.functional.lstm(x, h, c, named(w)).output,
      [[2, 1, 3], [1, 2], [1, 2], ...weights(4)],
    ],
  ];
  for (const [name, f, shapes] of cases) {
    const inputs = shapes.map((shape, k) => random(shape, 20 + k));
    const value = (...args: Tensor[]) => mixed(f(...args as ComplexTensor[]));
    for (const [order, g] of [[1, value], [2, slopes(value)]] as const) {
      const { ok, worst } = await gradcheck(g, inputs, {
        checks: 2,
        tolerance: 3e-3,
        step: 1 / 64,
      });
      assert(ok, `${name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("a real recurrence is the complex one of numbers without imaginary part", async () => {
  // Of real x and weights σ(0) = 1/2 stands in every gate's imaginary part, which meets only h.
  const real = (shape: number[], seed: number) => random(shape, seed).real;
  const [x, h] = [real([1, 2, 3], 1), zeros([2, 2])];
  const w = {
    weightIh: real([6, 3], 2),
    weightHh: real([6, 2], 3),
    biasIh: real([6], 4),
    biasHh: null,
  };
  const y = nn.functional.gru(x, h, w).output;
  const [r, z, n] = await Promise.all([0, 1, 2].map(async (gate) => {
    const rows = [2 * gate, 2 * gate + 2] as const;
    const sum = x.at(0).matmul(w.weightIh.slice(rows).T).add(w.biasIh.slice(rows));
    return await (gate < 2 ? sum.sigmoid() : sum.tanh()).data();
  }));
  assertEquals(r.length, 4);
  assertClose(await y.data(), n.map((v, k) => (1 - z[k]) * v), 1e-6);
});

onEngines("recurrences refuse weights and states of other shapes or kinds", () => {
  const { gru, lstm, gruUpdate } = nn.functional;
  const w = {
    weightIh: random([6, 3], 1),
    weightHh: random([6, 2], 2),
    biasIh: null,
    biasHh: null,
  };
  const [x, h] = [random([4, 2, 3], 3), random([2, 2], 4)];
  const refused = (f: () => unknown, text: string) => assertThrows(f, ArgandError, text);
  refused(() => gru(x.at(0), h, w), "it takes [steps, N, features], got [2, 3]");
  refused(() => gru(x, random([3, 2], 1), w), "the state must be [2, 2], got [3, 2]");
  refused(() => lstm(x, h, h, w), "must be [8, 3], got [6, 3]");
  refused(() => gru(x, h, { ...w, biasIh: random([5], 1) }), "the bias must be [6], got [5]");
  refused(() => gru(x, h.real as never, w), "complex64 [2, 2], got float32 [2, 2]");
  refused(() => gru(x, h, null as never), "the weights must be an object of tensors, got null");
  refused(
    () => gru(x, h, { ...w, weightHh: undefined } as never),
    "the weight of the hidden state must be a tensor, got undefined",
  );
  refused(() => gruUpdate([h, h] as never, [h, h, h], h), "it takes 3");
  refused(() => gruUpdate([h, h, h], [h, h, h], h, {} as never), "must be a function, got an obj");
  refused(() => gruUpdate([h, h, x.at(0)], [h, h, h], h), "must be [2, 2], got [2, 3]");
});
