import { assertEquals, assertThrows } from "@std/assert";
import { complex, full, zeros } from "../../complex/create/create.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
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
  setReal,
  stateOf,
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
  const of = (z: ComplexTensor) => against(cell.apply(z, h), complexOf(g, "gy"));
  const [, [gx]] = valueAndGrad(of)(x);
  assertClose(await gx.data(), g.complex("gx").data, 1e-5, "gx");
});

onEngines("GRUCell starts from zeros without a hidden state", async () => {
  const cell = new nn.GRUCell(3, 2);
  const x = random([4, 3], 1);
  const zero = full([4, 2], { re: 0, im: 0 });
  assertEquals(await cell.apply(x).data(), await cell.apply(x, zero).data());
  const [yr, yi] = cell.forward(x.real, x.imag);
  assertEquals(await complex(yr, yi).data(), await cell.apply(x).data());
});

onEngines("BNGRUCell agrees with the golden case bngru_cell", async () => {
  const g = await golden("bngru_cell");
  const cell = new nn.BNGRUCell(5, 4);
  const count = { dtype: "I64", shape: [], data: BigInt64Array.of(0n) } as const;
  nn.loadComplexPyTorch(cell, (await stateOf("bngru_cell")).set("bn.num_batches_tracked", count));
  const [x, h, gy] = ["x", "h", "gy"].map((name) => complexOf(g, name));
  const loss = against(cell.apply(x, h), gy);
  loss.backward();
  const { norm } = cell;
  assertClose(await norm.weight!.grad!.data(), g.real("grad.bn.weight").data, 1e-5, "weight.grad");
  assertClose(await norm.bias!.grad!.data(), g.real("grad.bn.bias").data, 1e-5, "bias.grad");
  assertEquals(norm.numBatchesTracked!.value, 7);
  assertClose(await norm.runningMean!.data(), g.complex("after.bn.running_mean").data, 1e-5);
  // complexPyTorch adds the covariances with their eps: each of the seven moves it by 0.1·eps·n/(n − 1).
  const theirs = g.real("after.bn.running_covar").data;
  const eps = 1e-5 * (12 / 11) * (1 - 0.9 ** 7);
  const ours = await norm.runningCovar!.data();
  assertClose(ours.map((v, k) => (k === 2 ? v : v + eps)), theirs, 1e-5, "running covariance");
  setReal(norm.runningCovar, g.real("after.bn.running_covar"));
  cell.eval();
  assertClose(await cell.apply(x, h).data(), g.complex("eval.y").data, 1e-5, "eval.y");
  const [, [gx]] = valueAndGrad((z: ComplexTensor) => against(cell.train().apply(z, h), gy))(x);
  assertClose(await gx.data(), g.complex("gx").data, 1e-5, "gx");
  assertClose(await cell.apply(x, h).data(), g.complex("y").data, 1e-5, "y");
});

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
