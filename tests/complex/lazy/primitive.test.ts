import { assert, assertEquals } from "@std/assert";
import { fill, mul } from "../../../complex/ops/arithmetic.ts";
import { gradients } from "../../../complex/ops/autograd.ts";
import { variable } from "../../../complex/ops/views.ts";
import { Node, type Primitive } from "../../../complex/lazy/graph.ts";

interface Factor {
  readonly factor: Node;
}

/** x, with the gradient g · factor, where the factor is saved and not an input. */
const GATE: Primitive<string, Factor> = {
  name: "gate",
  lowering: { kind: "view", alias: true, source: (at) => ({ at }) },
  vjp: ({ saved: { factor } }, [g]) => [mul(g!, factor)],
};

const SHAPE = [2];
const gate = (x: Node, attrs: string, factor: number) => {
  const result = { shape: SHAPE, dtype: "float32" } as const;
  return new Node(GATE, [x], [result], attrs, null, undefined, { factor: fill(SHAPE, factor) });
};

Deno.test("calls that differ in what they save have one structure, and each its own gradient", () => {
  const x = variable(fill(SHAPE, 1));
  const [twice, thrice] = [gate(x, "a", 2), gate(x, "a", 3)];
  assertEquals(twice.signature, thrice.signature);
  assert(twice.signature !== gate(x, "b", 2).signature);
  const seed = fill(SHAPE, 1);
  for (const call of [twice, thrice]) {
    const g = gradients(call, seed, [x]).get(x)!;
    assert(g.inputs.includes(call.saved.factor));
  }
});

Deno.test("a value that drops its recipe lets go of what was saved for its derivative", () => {
  const call = gate(variable(fill(SHAPE, 1)), "a", 2);
  call.dropRecipe();
  assertEquals(call.saved, null as unknown);
});
