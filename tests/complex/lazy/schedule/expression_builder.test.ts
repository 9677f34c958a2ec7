import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ExpressionBuilder } from "../../../../complex/lazy/schedule/expression_builder.ts";
import type { Value } from "../../../../gpu/contract/expression.ts";
import { linear } from "../../../../gpu/contract/indexing.ts";
import type { Node } from "../../../../complex/lazy/graph.ts";
import { add, data, exp, fill, graphOf, neg, reverse, sum } from "../../../support/hand_made.ts";

/** A builder for the last node of a graph in which the leaves and `stored` are stored. */
function build(root: Node, ...stored: Node[]) {
  const graph = graphOf(root);
  const builder = new ExpressionBuilder(
    graph,
    graph.nodes.map((node, k) => graph.leaf[k] || stored.includes(node)),
  );
  const value = builder.compute(graph.nodes.length - 1, linear(root.size));
  return { builder, value, at: (node: Node) => graph.nodes.indexOf(node) };
}

Deno.test("what is stored is loaded, each node by one input; the rest is computed", () => {
  const x = data([8]), y = exp(x), z = add(add(y, x), y);
  const { builder, value, at } = build(z, y);
  assertEquals(builder.loads, [at(y), at(x)]);
  assertEquals(builder.inputs, ["in0", "in1"]);
  assertEquals(builder.dtypes, ["float32", "float32"]);
  assertEquals([...builder.computes], [at(z), at(z.inputs[0])]);
  assertEquals(value.op, "call");
});

Deno.test("a value that is needed twice is one object, so that it is computed once", () => {
  const shared = exp(data([8]));
  const { value } = build(add(shared, shared));
  const { args } = value as Extract<Value, { op: "call" }>;
  assertStrictEquals(args[0], args[1]);
});

Deno.test("a view is an index, and the same node at two places two values", () => {
  const x = exp(data([8]));
  const { builder, value, at } = build(add(x, reverse(x)));
  const { args } = value as Extract<Value, { op: "call" }>;
  assertEquals(args[0] === args[1], false);
  assertEquals(builder.loads, [at(x.inputs[0])]);
});

Deno.test("words of params stand together, those of a node once", () => {
  const two = fill([8], 2), three = fill([8], 3);
  const { builder, at } = build(add(add(two, three), two));
  assertEquals(builder.words, [[at(two), 0], [at(three), 0]]);
});

Deno.test("a kernel is named after its functions, the outermost first, each once", () => {
  assertEquals(build(exp(neg(exp(neg(data([8])))))).builder.name, "exp+neg");
  assertEquals(build(reverse(data([8]))).builder.name, "");
});

Deno.test("a sum is not computed inside an expression", () => {
  assertThrows(() => build(exp(sum(data([8])))), Error, "sum is not computed inside an expression");
});
