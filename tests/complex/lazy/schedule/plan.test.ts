import { assertEquals } from "@std/assert";
import { compile, planGraph } from "../../../../complex/lazy/schedule/plan.ts";
import { Node, type Primitive } from "../../../../complex/lazy/graph.ts";
import type { Engine } from "../../../../gpu/contract/engine.ts";
import {
  capable,
  data,
  exp,
  fill,
  graphOf,
  kernel,
  neg,
  product,
  sum,
} from "../../../support/hand_made.ts";

/** Capabilities that also compile: an executable is its kernel's name. */
function compiler(compiled: string[] = []): Engine {
  const engine = capable();
  engine.compile = ({ name }) => (compiled.push(name), { name });
  return engine;
}

/** A plan of roots. */
function planned(...roots: Node[]) {
  const compiled: string[] = [];
  const engine = compiler(compiled);
  const graph = graphOf(...roots);
  return { ...compile(planGraph(graph, engine, []), engine), compiled };
}

Deno.test("planning asks an engine for nothing but what it can do", () => {
  const { draft, allocation } = planGraph(graphOf(sum(exp(data([8])))), capable(), []);
  assertEquals(draft.launches.length, 1);
  assertEquals(allocation.bufferOf.length, draft.bytes.length);
});

Deno.test("each launch is compiled once, and buffers are released when they are last used", () => {
  const y = exp(data([8]));
  const { compiled, launches, allocation } = planned(sum(neg(y)), product(y, y));
  assertEquals(compiled, ["exp", "fold", "pack", "multiply"]);
  const released = launches.map(({ release }) => release.length);
  assertEquals(released, [1, 0, 0, 2], "the data; y with the scratch");
  assertEquals(allocation.bytes.length, 5);
});

Deno.test("a launch has room for the words of its run, where it takes any", () => {
  const { launches } = planned(exp(fill([8], 1)), exp(data([8])));
  assertEquals(launches.map(({ scratch }) => scratch?.length ?? null), [1, null]);
});

Deno.test("plans are told apart by their numbers", () => {
  assertEquals(planned(exp(data([8]))).id === planned(exp(data([8]))).id, false);
});

/** Reads the first of two inputs; the second is a table that only other engines need. */
const PARTIAL: Primitive = {
  name: "partial",
  lowering: {
    kind: "program",
    program: () => ({
      steps: [{ kernel: kernel("read", 1), spec: {}, inputs: ["in0"], outputs: ["out0"] }],
    }),
  },
};

Deno.test("a leaf that no launch reads is not a leaf of the plan", () => {
  const x = data([8]), table = data([4]);
  const node = new Node(PARTIAL, [x, table], [{ shape: [8], dtype: "float32" }]);
  assertEquals(planned(node).leaves, [[0, 0]]);
});
