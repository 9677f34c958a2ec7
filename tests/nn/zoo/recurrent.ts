/** Recurrences, embeddings and attention. */
import type { Case } from "./case.ts";

export const recurrent: Case[] = [];
