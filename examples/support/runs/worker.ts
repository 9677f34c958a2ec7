/**
 * Does one run in a thread of its own: it starts with an engine that holds nothing, and nothing of it is
 * left behind.
 */
import { gpu } from "@argand/argand";
import type { z } from "zod";
import type { Message } from "./messages.ts";

/** Hears how many steps are done, and the loss of the last. */
export type Note = (step: number, loss: number) => void;

/** The thread's own end; the types that Deno checks by are those of the main thread. */
const thread = globalThis as unknown as {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: Message<unknown>): void;
};

/** Milliseconds between two messages on the progress. */
const QUIET = 100;

/** Makes this thread one that does the run it is sent, on the engine which that names. */
export function serve<Run extends { readonly engine: "cpu" | "webgpu" }>(
  schema: z.ZodType<Run>,
  doRun: (run: Run, note: Note) => Promise<unknown>,
): void {
  thread.onmessage = async ({ data }) => {
    try {
      const run = schema.parse(data);
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
}
