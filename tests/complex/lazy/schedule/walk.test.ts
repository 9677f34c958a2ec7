import { assert, assertEquals, assertThrows } from "@std/assert";
import { gather, graphOf, hasValue } from "../../../../complex/lazy/schedule/walk.ts";
import { Node, parts, type Primitive } from "../../../../complex/lazy/graph.ts";
import { State } from "../../../../complex/lazy/state.ts";
import { add, data, exp, fill, neg, sum } from "../../../support/hand_made.ts";

/** The key of a structure, copied. */
const keyOf = (...roots: Node[]) => [...gather(roots).key];

Deno.test("inputs come before what is computed from them, each node once", () => {
  const x = data([8]), y = exp(x), z = add(y, x), total = sum(add(z, y));
  const walk = gather([total, y]);
  assertEquals(walk.nodes.length, 5);
  const { inputs, leaf, roots } = graphOf(walk);
  inputs.forEach((list, k) => list.forEach((input) => assert(input < k)));
  assertEquals(leaf.filter(Boolean).length, 1);
  assertEquals(roots.map((k) => walk.nodes[k]), [total, y]);
});

Deno.test("the walk ends at what has a value", () => {
  const y = exp(data([8]));
  const z = neg(y);
  y.stored = data([8]).stored;
  assertEquals(gather([z]).nodes, [y, z]);
  assert(hasValue(y) && !hasValue(z));
});

Deno.test("a chain of 100 000 operations is walked without recursion", () => {
  let x = data([1]);
  for (let k = 0; k < 100_000; k++) x = neg(x);
  assertEquals(gather([x]).nodes.length, 100_001);
});

Deno.test("the key tells structures apart, not data and params", () => {
  const make = (n = 8, bits = 1, op = exp) => op(add(data([n]), fill([n], bits)));
  const key = keyOf(make());
  assertEquals(keyOf(make()), key);
  assertEquals(keyOf(make(8, 2)), key, "another number");
  const others = [
    keyOf(make(9)), // another shape
    keyOf(make(8, 1, neg)), // another operation
    keyOf(make(), make()), // another root
    keyOf(exp(add(fill([8], 1), data([8])))), // another order
  ];
  for (const other of others) assert(`${other}` !== `${key}`);
});

Deno.test("the key says where a node is used twice and where two alike are used", () => {
  const x = data([8]);
  const shared = exp(x);
  assert(`${keyOf(add(shared, shared))}` !== `${keyOf(add(exp(x), exp(x)))}`);
});

const BOTH: Primitive = {
  name: "both",
  lowering: { kind: "program", program: () => ({ steps: [] }) },
};

Deno.test("a stand-in is taken where its program runs anyway, and not elsewhere", () => {
  const make = () => {
    const x = data([8]);
    const [first, second] = parts(new Node(BOTH, [x], [x, x]));
    const alone = exp(x);
    alone.standIn = second;
    return { first, alone };
  };
  const together = make();
  const walk = gather([together.first, together.alone]);
  assert(!walk.nodes.includes(together.alone));
  assertEquals(walk.nodes[walk.roots[1]].primitive.name, "part");
  const { alone } = make();
  assertEquals(gather([alone]).nodes.map(({ primitive }) => primitive.name), ["host data", "exp"]);
});

Deno.test("a pending update is its recipe, and an old version is refused", () => {
  const state = new State(data([8]), "w", false);
  try {
    const first = state.current;
    const walk = gather([first]);
    assertEquals(walk.nodes.map(({ primitive }) => primitive.name), ["host data"]);
    assertEquals(walk.roots, [0]);
    state.rollback();
    const later = new State(exp(data([8])), "v", false);
    const old = later.current;
    later.rollback();
    later.assign(neg(data([8])));
    assertThrows(() => gather([old]), Error, "Cannot compute with an older value of v");
    later.rollback();
  } finally {
    state.rollback();
  }
});
