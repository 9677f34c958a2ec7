import { assertEquals, assertThrows } from "@std/assert";
import { complex, full, zeros } from "../../complex/create.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor.ts";
import { ArgandError } from "../../gpu/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { golden } from "../support/golden.ts";
import {
  against,
  biasOf,
  compareGradients,
  complexOf,
  random,
  setComplex,
  slopes,
  weightOf,
} from "./support.ts";

const CELL = {
  resetInput: "linear_reset_w1",
  resetHidden: "linear_reset_r1",
  updateInput: "linear_reset_w2",
  updateHidden: "linear_reset_r2",
  candidateInput: "linear_gate_w3",
  candidateHidden: "linear_gate_r3",
} as const;

onEngines("GRUCell agrees with the golden case gru_cell", async () => {
  const g = await golden("gru_cell");
  const h = complexOf(g, "h");
  const make = () => {
    const cell = new nn.GRUCell(5, 4);
    for (const [name, path] of Object.entries(CELL)) {
      const map = cell[name as keyof typeof CELL];
      setComplex(map.weight, weightOf(g, "param.", `${path}.fc`));
      setComplex(map.bias, biasOf(g, "param.", `${path}.fc`));
    }
    return cell;
  };
  for (const [name, path] of Object.entries(CELL)) {
    const cell = make();
    const map = cell[name as keyof typeof CELL];
    await compareGradients(g, map, (x) => cell.apply(x, h), `${path}.fc`);
  }
  const [cell, x] = [make(), complexOf(g, "x")];
  const y = cell.apply(x, h);
  assertClose(await y.data(), g.complex("y").data, 1e-5, "y");
  const [yr, yi] = cell.forward(x.real, x.imag, h.real, h.imag);
  assertEquals(await complex(yr, yi).data(), await y.data());
  const slope = slopes(
    ((z: ComplexTensor) => against(cell.apply(z, h), complexOf(g, "gy"))) as (
      ...args: Tensor[]
    ) => RealTensor,
  );
  const power = g.complex("gx").data.reduce((sum, v) => sum + v * v, 0);
  assertClose([await slope(x).item()], [power], 2e-5, "|gx|²");
});

onEngines("GRUCell starts from zeros without a hidden state", async () => {
  const cell = new nn.GRUCell(3, 2);
  const x = random([4, 3], 1);
  const zero = full([4, 2], { re: 0, im: 0 });
  assertEquals(await cell.apply(x).data(), await cell.apply(x, zero).data());
  const [yr, yi] = cell.forward(x.real, x.imag);
  assertEquals(await complex(yr, yi).data(), await cell.apply(x).data());
});

onEngines(
  "BNGRUCell norms all six products and the candidate by one norm of one channel",
  async () => {
    const [x, h] = [random([5, 3], 1), random([5, 4], 2)];
    const cell = new nn.BNGRUCell(3, 4);
    const norm = new nn.BatchNorm1d(1);
    const normed = (z: ComplexTensor) => norm.apply(z.reshape([5, 1, 4])).reshape([5, 4]);
    const { csigmoid, ctanh } = nn.functional;
    const [w1, r1] = [normed(cell.resetInput.apply(x)), normed(cell.resetHidden.apply(h))];
    const [w2, r2] = [normed(cell.updateInput.apply(x)), normed(cell.updateHidden.apply(h))];
    const [w3, r3] = [normed(cell.candidateInput.apply(x)), normed(cell.candidateHidden.apply(h))];
    const [r, z] = [csigmoid(w1.add(r1)), csigmoid(w2.add(r2))];
    const n = ctanh(normed(w3.add(r.mul(r3))));
    const expected = z.neg().add(1).mul(n).add(z.mul(h));
    assertClose(await cell.apply(x, h).data(), await expected.data(), 1e-5, "h′");
    assertEquals(cell.norm.numBatchesTracked!.value, 7);
    assertClose(await cell.norm.runningMean!.data(), await norm.runningMean!.data(), 1e-5, "mean");
    assertClose(
      await cell.norm.runningCovar!.data(),
      await norm.runningCovar!.data(),
      1e-5,
      "covar",
    );
  },
);

onEngines("a cell that refuses its input has moved no running statistic", () => {
  const cell = new nn.BNGRUCell(3, 4);
  for (
    const [x, h] of [[[5, 2], [5, 4]], [[5, 3], [5, 3]], [[5, 3], [4, 4]], [[1, 5, 3], [5, 4]]]
  ) {
    assertThrows(
      () => cell.apply(random(x, 1), random(h, 2)),
      ArgandError,
      "Cannot apply BNGRUCell",
    );
  }
  const [re, im] = [zeros([5, 3]), zeros([5, 4])];
  assertThrows(() => cell.forward(re, re, im), ArgandError, "Cannot apply BNGRUCell");
  assertThrows(() => cell.forward(re, im), ArgandError, "[5, 3] and the imaginary part [5, 4]");
  assertEquals(cell.norm.numBatchesTracked!.value, 0);
});
