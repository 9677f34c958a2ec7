/** The JSON that files of ours have in their metadata, under the name `argand`. */
import * as z from "zod";
import { complaint } from "../../complex/files/array.ts";
import { excessOf, parseBounded } from "../../complex/files/bounded_json.ts";
import { parseSafetensors, type SafetensorsEntry } from "../../complex/files/safetensors.ts";
import { cannot } from "../../gpu/contract/errors.ts";

const KEY = "argand";
const formatSchema = z.looseObject({ format: z.string(), version: z.int().positive() });

/** A kind of file, and the newest version of it that is known here. */
export interface FileFormat<H> {
  readonly name: string;
  readonly version: number;
  /** The schema of its header beside `format` and `version`. */
  readonly schema: z.ZodType<H>;
}

/** Metadata with a header. */
export function headerMetadata<H>(
  what: string,
  { name, version, schema }: FileFormat<H>,
  header: H,
): Record<string, string> {
  let text: string;
  try {
    text = JSON.stringify({ format: name, version, ...header });
  } catch (error) { // a circle, or a bigint
    throw cannot(what, (error as Error).message);
  }
  const excess = excessOf(text); // it could not be loaded again
  if (excess !== null) throw cannot(what, `its header ${excess}`);
  const parsed = schema.safeParse(header);
  if (!parsed.success) throw cannot(what, complaint(parsed.error));
  return { [KEY]: text };
}

/** Header and arrays of a file in one of these formats, whose errors call it `name`. */
export function parseFile<H>(
  what: string,
  bytes: Uint8Array,
  name: string,
  formats: readonly FileFormat<H>[],
): { header: H; tensors: Map<string, SafetensorsEntry>; format: FileFormat<H> } {
  const { metadata, tensors } = parseSafetensors(bytes, name);
  const known = formats.map((f) => `"${f.name}"`).join(" or ");
  if (!Object.hasOwn(metadata, KEY)) {
    throw cannot(what, `it is a safetensors file, but no ${known}: its metadata lack "${KEY}"`);
  }
  const json = parseBounded(metadata[KEY], (why) => cannot(what, `its header ${why}`));
  const kind = formatSchema.safeParse(json);
  if (!kind.success) throw cannot(what, `its header is wrong, ${complaint(kind.error)}`);
  const { format, version, ...rest } = kind.data;
  const own = formats.find((f) => f.name === format);
  if (!own) {
    const hint = format === "model" ? "; nn.loadModel and nn.parseModel read it" : "";
    throw cannot(what, `it is of format "${format}" and should be ${known}${hint}`);
  }
  if (version > own.version) {
    throw cannot(
      what,
      `it is of version ${version}, newer than ${own.version}, the last that is known here`,
    );
  }
  const parsed = own.schema.safeParse(rest);
  if (!parsed.success) throw cannot(what, `its header is wrong, ${complaint(parsed.error)}`);
  return { header: parsed.data, tensors, format: own };
}
