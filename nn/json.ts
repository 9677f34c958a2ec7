/** Values that JSON can hold. */
import * as z from "zod";

/** A value that JSON can hold: `null`, a switch, a finite number, text, or lists and records of such. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** The same as a schema. */
export const jsonSchema: z.ZodType<Json> = z.json() as z.ZodType<Json>;
