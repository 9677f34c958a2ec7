/** The messages of a run's thread: how far it is, and how it ended. */
import { z } from "zod";

/** A message of the thread of a run. */
export type Message<Result> =
  | { readonly type: "step"; readonly step: number; readonly loss: number }
  | { readonly type: "done"; readonly result: Result }
  | { readonly type: "failed"; readonly why: string };

/** The messages of runs that give such results. */
export function messageSchema<Result>(result: z.ZodType<Result>): z.ZodType<Message<Result>> {
  return z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("step"), step: z.int(), loss: z.number() }),
    z.strictObject({ type: z.literal("done"), result }),
    z.strictObject({ type: z.literal("failed"), why: z.string() }),
  ]);
}
