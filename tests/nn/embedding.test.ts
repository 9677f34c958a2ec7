import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, ones, tensor } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { manualSeed } from "../../complex/create/random.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { against, mixed, random } from "./support.ts";

onEngines("Embedding gives the rows that indices name, in their shape", async () => {
  const table = new nn.Embedding(5, 3);
  const rows = await table.weight.data();
  const expected = [4, 0, 4, 2].flatMap((k) => [...rows.slice(6 * k, 6 * k + 6)]);
  for (
    const [indices, shape, own] of [
      [[4, 0, 4, 2], undefined, [4, 3]],
      [Uint8Array.of(4, 0, 4, 2), [2, 2], [2, 2, 3]],
      [[[4, 0], [4, 2]], undefined, [2, 2, 3]],
      [[[[4], [0], [4], [2]]], undefined, [1, 4, 1, 3]],
    ] as const
  ) {
    const y = table.apply(indices as nn.Indices, shape);
    assertEquals(y.shape, own);
    assertEquals([...await y.data()], expected);
    const [re, im] = table.forward(indices as nn.Indices, shape);
    assertEquals(await complex(re, im).data(), await y.data());
  }
});

onEngines("Embedding adds the gradients of a row, and gives the padding none", async () => {
  const table = new nn.Embedding(4, 2, { paddingIdx: 1 });
  const rows = await table.weight.data();
  assertEquals([...rows.slice(4, 8)], [0, 0, 0, 0]);
  assert(rows.slice(0, 4).every((v) => v !== 0));
  const g = random([5, 2], 7);
  against(table.apply([3, 1, 0, 3, 1]), g).backward();
  const d = await g.data();
  const sum = [0, 1, 2, 3].map((k) => d[k] + d[12 + k]);
  const expected = [...d.slice(8, 12), 0, 0, 0, 0, 0, 0, 0, 0, ...sum];
  assertClose(await table.weight.grad!.data(), expected, 1e-6);
  const { ok, worst } = await gradcheck(
    (w: ComplexTensor) => mixed(nn.functional.embedding([[2, 0, 2]], w)),
    [random([3, 2], 1)],
  );
  assert(ok, JSON.stringify(worst));
});

onEngines("Embedding starts with E|w|² = 1", async () => {
  manualSeed(4);
  const power = await new nn.Embedding(100, 50).weight.absSquared().mean().item();
  assertClose([power], [1], 0.05);
});

onEngines("Embedding refuses indices that are not rows or do not fill their shape", () => {
  const table = new nn.Embedding(5, 3);
  const refused = (f: () => unknown, text: string) => assertThrows(f, ArgandError, text);
  refused(() => table.apply([0, 5]), "an integer from 0 to 4, got 5");
  refused(() => table.apply([0, 1.5]), "got 1.5");
  refused(() => table.apply([]), "no labels");
  refused(
    () => table.apply(ones([2]) as never),
    "the indices must be an array of integers, got a RealTensor [2]",
  );
  refused(() => table.apply([[1, 2], [3]]), "Cannot look up an embedding");
  refused(() => table.apply([1, 2, 3], [2, 2]), "3 indices do not fill the shape [2, 2]");
  refused(() => table.apply(tensor([1]) as never), "Cannot");
  refused(() => new nn.Embedding(5, 3, { paddingIdx: 5 }), "from 0 to 4");
});
