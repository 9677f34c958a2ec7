import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, ones } from "../../complex/create/create.ts";
import { manualSeed } from "../../complex/create/random.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";

for (const planes of [[3, 5], [7]]) {
  onEngines(`Dropout2d drops whole channels of ${planes.length + 2} axes`, async () => {
    const [n, c, p] = [40, 50, 0.3];
    const layer = new nn.Dropout2d(p);
    const z = complex(ones([n, c, ...planes]), ones([n, c, ...planes]).mul(-2));
    const draw = async (seed: number) => {
      manualSeed(seed);
      return await layer.apply(z).data();
    };
    const y = await draw(5);
    const length = y.length / (n * c);
    let kept = 0;
    for (let at = 0; at < y.length; at += length) {
      const scale = y[at];
      if (scale !== 0) {
        kept++;
        assertClose([scale], [1 / (1 - p)], 1e-6); // scaled once
      }
      for (let k = at; k < at + length; k += 2) assertEquals([y[k], y[k + 1]], [scale, -2 * scale]);
    }
    assertClose([kept / (n * c)], [1 - p], 0.03); // two standard deviations over 2000 channels
    assertEquals(await draw(5), y);
    assert((await draw(6)).some((v, k) => v !== y[k]));
  });
}

onEngines("the gradient passes through the channels that were kept", async () => {
  const z = complex(ones([4, 9, 2, 2]), ones([4, 9, 2, 2]));
  let y!: ComplexTensor;
  const [, [g]] = valueAndGrad((x: ComplexTensor) => {
    y = nn.functional.dropout2d(x, 0.5);
    return y.absSquared().sum();
  })(z);
  // y = m·z/(1 − p) with m/(1 − p) = 2 or 0: the gradient of |y|² is 2·2·y.
  assertEquals(await g.data(), await y.mul(4).data());
});

onEngines(
  "Dropout2d in evaluation, and with p = 0, gives its input, with p = 1 zeros",
  async () => {
    const z = complex(ones([2, 3, 4]), ones([2, 3, 4]));
    assert(new nn.Dropout2d().eval().apply(z) === z);
    assert(nn.functional.dropout2d(z, 0) === z);
    assertEquals(await nn.functional.dropout2d(z, 1).absSquared().sum().item(), 0);
  },
);

Deno.test("dropout2d() refuses other axes and probabilities, and draws nothing then", async () => {
  const z = complex(ones([2, 3, 4]));
  manualSeed(9);
  const expected = await nn.functional.dropout2d(z).data();
  manualSeed(9);
  for (const p of [-0.1, 1.1, NaN]) {
    const why = `Cannot drop channels: p must be a number from 0 to 1, got ${p}`;
    assertThrows(() => nn.functional.dropout2d(z, p), ArgandError, why);
    assertThrows(() => new nn.Dropout2d(p), ArgandError, "Cannot make a Dropout2d");
  }
  const why = "it takes [N, C, H, W] or [N, C, L], got [2, 3]";
  for (const layer of [new nn.Dropout2d(), new nn.Dropout2d().eval()]) {
    assertThrows(() => layer.apply(complex(ones([2, 3]))), ArgandError, why);
  }
  assertEquals(await nn.functional.dropout2d(z).data(), expected);
});
