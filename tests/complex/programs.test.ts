/**
 * Whole programs: random ones, with first and second derivatives, in WebAssembly, on WebGPU and in plain
 * TypeScript.
 */
import { assert } from "@std/assert";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { use } from "../../gpu/engines/device.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { compareEngines, type Order } from "../support/compare_engines.ts";
import { onWebGpu } from "../support/engines.ts";
import { OPERATIONS } from "../support/operations.ts";
import { randomProgram, textOf } from "../support/random_program.ts";

/** Programs of these seeds agree with plain TypeScript, and most of their results can be compared. */
async function compareAll(
  engine: Engine,
  seeds: number,
  length: (seed: number) => number,
  orders: (seed: number) => readonly Order[],
): Promise<void> {
  const plain = new CpuEngine(null);
  let agree = 0, ill = 0;
  try {
    for (let seed = 1; seed <= seeds; seed++) {
      const program = randomProgram(seed, length(seed), OPERATIONS);
      for (const order of orders(seed)) {
        const found = await compareEngines(program, order, [plain, engine], seed);
        const what = `program ${seed}, derivative ${order}`;
        assert(!found.refused, `${what} is refused: ${found.refused}\n${textOf(program)}`);
        assert(found.wrong.length === 0, `${what}: ${found.wrong.join("\n")}\n${textOf(program)}`);
        agree += found.agree;
        ill += found.ill;
      }
    }
  } finally {
    plain.destroy();
    await use("cpu");
  }
  assert(agree > 9 * ill, `${ill} of ${agree + ill} results are too ill conditioned to compare`);
}

for (const workers of [0, 1]) {
  Deno.test(`random programs and their derivatives are right in WebAssembly, workers: ${workers}`, async () => {
    const engine = new CpuEngine({ workers });
    await compareAll(engine, 25, (seed) => 3 + seed % 10, () => [0, 1, 2]);
    engine.destroy();
  });
}

onWebGpu(
  "random programs and their derivatives are right",
  (engine) => compareAll(engine, 6, () => 3, (seed) => [([0, 1, 2] as const)[seed % 3]]),
);
