import { assert, assertEquals } from "@std/assert";
import { gpu } from "@argand/argand";
import { bundle } from "../../examples/browser/bundle.ts";
import { testWith } from "../support/installed.ts";
import { core, type Outcome } from "./core.ts";
import { assertSame } from "./compare.ts";

const FOLDER = "out/tests/runtimes";

interface Report extends Outcome {
  readonly threads: number;
  readonly cores: number;
}

/** Runs the core in another runtime, on the main thread or in a worker of the program's own. */
const SCRIPT = `
import { core } from "./core.mjs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { availableParallelism } from "node:os";

if (isMainThread && process.argv[2] === "worker") {
  new Worker(new URL(import.meta.url)).on("message", (text) => console.log(text));
} else {
  const outcome = await core();
  // Threads are numbered as they start.
  const { threadId } = new Worker("", { eval: true });
  const threads = threadId - 1 - (isMainThread ? 0 : 1);
  const text = JSON.stringify({ ...outcome, threads, cores: availableParallelism() });
  if (isMainThread) console.log(text);
  else parentPort.postMessage(text);
}`;

async function outcomeIn(runtime: string, ...args: string[]): Promise<Report> {
  const { success, stdout, stderr } = await new Deno.Command(runtime, {
    args: [`${FOLDER}/main.mjs`, ...args],
  }).output();
  assertEquals([success, new TextDecoder().decode(stderr)], [true, ""]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

for (const [runtime, called] of [["node", "Node"], ["bun", "Bun"]]) {
  const name = `one bundled module computes in ${called} as in Deno, with threads and without`;
  await testWith(runtime, name, async () => {
    await Deno.mkdir(FOLDER, { recursive: true });
    await Deno.writeTextFile(`${FOLDER}/core.mjs`, await bundle("tests/portable/core.ts"));
    await Deno.writeTextFile(`${FOLDER}/main.mjs`, SCRIPT);
    await gpu.use("cpu");
    const here = await core();
    const main = await outcomeIn(runtime);
    assertSame(main.numbers, here.numbers);
    assertEquals([main.engine, main.threads], ["cpu", Math.min(7, main.cores - 1)]);
    const worker = await outcomeIn(runtime, "worker");
    assertEquals(worker.threads, 0);
    assertEquals(worker.numbers, main.numbers, "threads change the bits");
    assert(main.numbers[4] < main.numbers[0] / 2, "the loss falls");
  }, called);
}
