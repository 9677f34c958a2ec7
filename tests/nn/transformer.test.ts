import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { concat } from "../../complex/functions/arrange.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { mixed, random } from "./support.ts";

const small = { feedForward: 6, dropout: 0 };

onEngines("TransformerEncoderLayer is attention, sum, norm, maps, sum, norm", async () => {
  const layer = new nn.TransformerEncoderLayer(4, 2, small);
  const x = random([3, 2, 4], 1);
  const s = layer.norm1.apply(x.add(layer.selfAttention.apply(x)));
  const mapped = layer.linear2.apply(nn.functional.crelu(layer.linear1.apply(s)));
  assertClose(await layer.apply(x).data(), await layer.norm2.apply(s.add(mapped)).data(), 1e-5);
});

onEngines("TransformerEncoderLayer with normFirst norms what attention and maps get", async () => {
  const activation = new nn.CTanh();
  const layer = new nn.TransformerEncoderLayer(4, 2, { ...small, normFirst: true, activation });
  const x = random([3, 2, 4], 1);
  const s = x.add(layer.selfAttention.apply(layer.norm1.apply(x)));
  const between = nn.functional.ctanh(layer.linear1.apply(layer.norm2.apply(s)));
  const expected = s.add(layer.linear2.apply(between));
  assertClose(await layer.apply(x).data(), await expected.data(), 1e-5);
});

onEngines("a causal TransformerEncoderLayer does not look ahead, batchFirst or not", async () => {
  const layer = new nn.TransformerEncoderLayer(4, 2, small);
  const turned = new nn.TransformerEncoderLayer(4, 2, { ...small, batchFirst: true });
  turned.loadStateDict(await layer.stateDict());
  const x = random([4, 2, 4], 1);
  const other = concat([x.slice([0, 2]), random([2, 2, 4], 2)]);
  const causal = (z: ComplexTensor) => layer.apply(z, { causal: true });
  assertClose(
    await causal(other).slice([0, 2]).data(),
    await causal(x).slice([0, 2]).data(),
    1e-6,
  );
  const y = turned.apply(x.transpose(0, 1), { causal: true }).transpose(0, 1);
  assertClose(await y.data(), await causal(x).data(), 1e-5);
});

onEngines("TransformerEncoderLayer drops in training only", async () => {
  const layer = new nn.TransformerEncoderLayer(4, 2, { feedForward: 6, dropout: 0.5 });
  const x = random([3, 2, 4], 1);
  assertNotEquals(await layer.apply(x).data(), await layer.apply(x).data());
  layer.eval();
  assertEquals(await layer.apply(x).data(), await layer.apply(x).data());
});

onEngines("derivatives through a TransformerEncoderLayer pass gradcheck", async () => {
  const activation = new nn.CTanh();
  const layer = new nn.TransformerEncoderLayer(4, 2, { ...small, activation, scores: "modulus" });
  const f = (x: ComplexTensor) => mixed(layer.apply(x));
  const { ok, worst } = await gradcheck(f, [random([3, 1, 4], 1)], {
    checks: 4,
    tolerance: 5e-3,
    step: 1 / 64,
  });
  assert(ok, JSON.stringify(worst));
});

onEngines("TransformerEncoderLayer refuses options that do not fit", () => {
  // deno-lint-ignore no-explicit-any
  const refused = (options: any, text: string, heads = 2) =>
    assertThrows(() => new nn.TransformerEncoderLayer(4, heads, options), ArgandError, text);
  refused({ feedForward: 0 }, "feedForward");
  refused({ dropout: -1 }, "dropout");
  refused({ activation: "relu" }, `must be a Layer, got "relu"`);
  refused({ scores: "imag" }, `"modulus", got "imag"`);
  refused({ heads: 2 }, `unknown option "heads"`);
  refused(small, "4 features do not split into 3 heads", 3);
  const layer = new nn.TransformerEncoderLayer(4, 2, small);
  const why = "Cannot apply TransformerEncoderLayer: it takes a complex tensor, got undefined";
  assertThrows(() => layer.apply(undefined as never), ArgandError, why);
});
