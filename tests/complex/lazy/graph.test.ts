import { assert, assertEquals } from "@std/assert";
import { ones, tensor } from "../../../complex/create/create.ts";

Deno.test("what is computed has a recipe, and so has what needs no inputs for it", () => {
  assert(tensor([1]).mul(2).node.hasRecipe);
  assert(ones([3]).node.hasRecipe);
});

Deno.test("data of the host have no recipe", () => {
  assert(!tensor([1]).node.hasRecipe);
});

Deno.test("a node that drops its recipe holds nothing that it was computed from", () => {
  const { node } = tensor([1]).mul(2);
  node.dropRecipe();
  assert(!node.hasRecipe);
  assertEquals(node.inputs, []);
});
