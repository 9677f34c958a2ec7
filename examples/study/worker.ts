/**
 * Does one run of a study in a thread of its own: it starts with an engine that holds nothing, and
 * nothing of it is left behind.
 */
import { gpu } from "@argand/argand";
import type { Message } from "./messages.ts";
import { runSchema } from "./plan.ts";
import { doRun } from "./runs.ts";

/** The thread's own end; the types that Deno checks by are those of the main thread. */
const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: Message): void;
};

/** Milliseconds between two messages on the progress. */
const QUIET = 100;

thread.onmessage = async ({ data }) => {
  try {
    const run = runSchema.parse(data);
    await gpu.use(run.engine);
    let told = 0;
    const result = await doRun(run, (step, loss) => {
      const now = performance.now();
      if (now - told < QUIET) return;
      told = now;
      thread.postMessage({ type: "step", step, loss });
    });
    thread.postMessage({ type: "done", result });
  } catch (error) {
    thread.postMessage({ type: "failed", why: (error as Error).message });
  }
};
