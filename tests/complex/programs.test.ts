/**
 * Whole programs: random ones, with first and second derivatives, in WebAssembly, on WebGPU and in plain
 * TypeScript.
 */
import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { use } from "../../gpu/engines/device.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { compareEngines, type Order } from "../support/compare_engines.ts";
import { onWebGpu } from "../support/engines.ts";
import { OPERATIONS } from "../support/operations.ts";
import { programOf, type Recipe, recipes, textOf } from "../support/random_program.ts";

/** Programs of these recipes agree with plain TypeScript, and most of their results can be compared. */
async function compareAll(
  engine: Engine,
  runs: number,
  programs: fc.Arbitrary<Recipe>,
  orders: (seed: number) => readonly Order[],
): Promise<void> {
  const plain = new CpuEngine(null);
  let agree = 0, ill = 0;
  const holds = fc.asyncProperty(programs, async (recipe) => {
    const program = programOf(recipe, OPERATIONS), [seed] = recipe.inputs;
    for (const order of orders(seed)) {
      const found = await compareEngines(program, order, [plain, engine], seed);
      const what = `derivative ${order}`;
      assert(!found.refused, `${what} is refused: ${found.refused}\n${textOf(program)}`);
      assert(found.wrong.length === 0, `${what}: ${found.wrong.join("\n")}\n${textOf(program)}`);
      agree += found.agree;
      ill += found.ill;
    }
  });
  try {
    await fc.assert(holds, { seed: 1, numRuns: runs });
  } finally {
    plain.destroy();
    await use("cpu");
  }
  assert(agree > 9 * ill, `${ill} of ${agree + ill} results are too ill conditioned to compare`);
}

for (const workers of [0, 1]) {
  Deno.test(`random programs and their derivatives are right in WebAssembly, workers: ${workers}`, async () => {
    const engine = new CpuEngine({ workers });
    await compareAll(engine, 25, recipes(4, 14), () => [0, 1, 2]);
    engine.destroy();
  });
}

onWebGpu(
  "random programs and their derivatives are right",
  (engine) => compareAll(engine, 6, recipes(4, 4), (seed) => [([0, 1, 2] as const)[seed % 3]]),
);

Deno.test("a random program at fault shrinks to the instruction that is", () => {
  const innocent = (recipe: Recipe) =>
    programOf(recipe, OPERATIONS).instructions.every(({ text }) => !text.startsWith("tanh"));
  const found = fc.check(fc.property(recipes(0, 20), innocent), { seed: 1, numRuns: 200 });
  assert(found.counterexample, "some program has a tanh");
  assertEquals(programOf(found.counterexample[0], OPERATIONS).instructions.length, 1);
});
