import { assert, assertEquals } from "@std/assert";
import * as nn from "../../nn/mod.ts";
import { layersOf } from "./zoo/mod.ts";

/** The rows of the table: cells without quotes, null for a dash. */
async function rows(): Promise<(string | null)[][]> {
  const text = await Deno.readTextFile("nn/LAYERS.md");
  const lines = text.split("\n").filter((line) => line.startsWith("| ")).slice(1);
  return lines.map((line) => {
    const cells = line.slice(1, -1).split(" | ").map((cell) => cell.trim());
    return cells.map((cell) => (cell === "—" ? null : cell.replace(/^`([^`]*)`.*$/, "$1")));
  }).filter(([name]) => !name!.startsWith("-"));
}

Deno.test("the table of layers names each exported layer once", async () => {
  const named = (await rows()).map(([name]) => name);
  assertEquals(named.toSorted(), layersOf(nn).toSorted());
});

Deno.test("the table of layers names functions that exist, and all that belong to layers", async () => {
  const named = (await rows()).map(([, name]) => name).filter((name) => name !== null);
  for (const name of named) assert(Object.hasOwn(nn.functional, name), `there is no ${name}()`);
  const others = new Set([
    ...Object.keys(nn.metrics),
    ...["cosineLoss", "cosineSimilarity", "crossEntropy", "huber", "l1", "mse", "nll", "phaseLoss"],
    ...["softmax", "logSoftmax", "normalize"],
  ]);
  const missing = Object.keys(nn.functional).filter((n) => !named.includes(n) && !others.has(n));
  assertEquals(missing, []);
});
