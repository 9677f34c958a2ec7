/** What the thread of a run tells: how far it is, and how it ended. */
import { z } from "zod";
import { resultSchema } from "./plan.ts";

export const messageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("step"), step: z.int(), loss: z.number() }),
  z.strictObject({ type: z.literal("done"), result: resultSchema }),
  z.strictObject({ type: z.literal("failed"), why: z.string() }),
]);
export type Message = z.infer<typeof messageSchema>;
