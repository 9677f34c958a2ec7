/**
 * Safetensors: named arrays in one file, as 8 bytes of header length, a JSON header
 * `{ name: { dtype, shape, data_offsets } }` and the arrays' bytes, little-endian, without holes.
 * See https://github.com/huggingface/safetensors.
 */
import type { InexactDType } from "../../gpu/contract/dtype.ts";
import * as z from "zod";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import type { Tensor } from "../tensor/tensor.ts";
import {
  actionOn,
  checkArray,
  checkEntry,
  complaint,
  count,
  type FileArray,
  fromHalf,
  pairsOf,
} from "./array.ts";
import { parseBounded } from "./bounded_json.ts";
import { readBytes } from "./disk.ts";
import { withPath } from "./path.ts";
import { replaceFile } from "./replace.ts";
import { arraysOf } from "./tensor_array.ts";

/** The dtypes of a file. */
export type SafetensorsDType =
  | "F64"
  | "F32"
  | "F16"
  | "BF16"
  | "C64"
  | "C128"
  | "I64"
  | "I32"
  | "I16"
  | "I8"
  | "U64"
  | "U32"
  | "U16"
  | "U8"
  | "BOOL";

/** The arrays of entries: F16 and BF16 widened to float32, C64 interleaved, BOOL as 0 and 1. */
export type SafetensorsArray = FileArray;

/** One array in a file. */
export interface SafetensorsEntry {
  /** The dtype of its elements in the file. */
  readonly dtype: SafetensorsDType;
  /** Its sizes, empty for a single number. */
  readonly shape: readonly number[];
  /** The elements in row-major order; 2 numbers an element for C64. */
  readonly data: SafetensorsArray;
}

/** The contents of a file. */
export interface Safetensors {
  /** The free text of the header's `__metadata__`. */
  readonly metadata: Record<string, string>;
  /** The arrays by name, in the order of the header. */
  readonly tensors: Map<string, SafetensorsEntry>;
}

interface Format {
  /** Bytes of one element. */
  readonly bytes: number;
  /** The array over a buffer that holds exactly the entry's bytes. */
  view(buffer: ArrayBuffer): SafetensorsArray;
}

const FORMATS: Readonly<Record<SafetensorsDType, Format>> = {
  F64: { bytes: 8, view: (b) => new Float64Array(b) },
  F32: { bytes: 4, view: (b) => new Float32Array(b) },
  F16: { bytes: 2, view: (b) => Float32Array.from(new Uint16Array(b), fromHalf) },
  BF16: { bytes: 2, view: fromBrainFloats },
  C64: { bytes: 8, view: (b) => new Float32Array(b) },
  C128: { bytes: 16, view: (b) => new Float64Array(b) },
  I64: { bytes: 8, view: (b) => new BigInt64Array(b) },
  I32: { bytes: 4, view: (b) => new Int32Array(b) },
  I16: { bytes: 2, view: (b) => new Int16Array(b) },
  I8: { bytes: 1, view: (b) => new Int8Array(b) },
  U64: { bytes: 8, view: (b) => new BigUint64Array(b) },
  U32: { bytes: 4, view: (b) => new Uint32Array(b) },
  U16: { bytes: 2, view: (b) => new Uint16Array(b) },
  U8: { bytes: 1, view: (b) => new Uint8Array(b) },
  BOOL: { bytes: 1, view: (b) => new Uint8Array(b) },
};

/** The format's names for the dtypes of tensors. */
export const SAFETENSORS_DTYPES = {
  float32: "F32",
  complex64: "C64",
  float64: "F64",
  complex128: "C128",
} as const satisfies Readonly<Record<InexactDType, SafetensorsDType>>;

/** A bfloat16 is the upper half of a float32. */
function fromBrainFloats(buffer: ArrayBuffer): Float32Array {
  return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer);
}

/** The longest header that the format allows. */
const MAX_HEADER = 100_000_000;

const size = z.int().nonnegative();
const headerSchema = z.looseObject({
  __metadata__: z.record(z.string(), z.string()).optional(),
});
const entrySchema = z.object({
  dtype: z.enum(Object.keys(FORMATS) as SafetensorsDType[]),
  shape: z.array(size).max(64),
  data_offsets: z.tuple([size, size]),
});
type Entry = z.infer<typeof entrySchema>;

/** Where the header of a file of `size` bytes ends, of which `bytes` are the first. */
function headerEnd(bytes: Uint8Array, size: number, what: string): number {
  if (size < 8) {
    throw cannot(what, `it has ${size} bytes, fewer than the 8 of the header's length`);
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER) {
    throw cannot(what, `its header claims ${length} bytes, over the limit of ${MAX_HEADER}`);
  }
  const start = 8 + Number(length);
  if (start > size) {
    throw cannot(what, `its header claims ${length} bytes, but ${size - 8} follow`);
  }
  return start;
}

function parseHeader(bytes: Uint8Array, what: string): { header: object; start: number } {
  const start = headerEnd(bytes, bytes.length, what);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, start));
  } catch (error) {
    throw cannot(what, `its header is not JSON (${(error as Error).message})`);
  }
  const header = parseBounded(text, (why) => cannot(what, `its header ${why}`));
  const parsed = headerSchema.safeParse(header);
  if (!parsed.success) throw cannot(what, `its header is wrong, ${complaint(parsed.error)}`);
  return { header: header as object, start };
}

function parseEntry(name: string, value: unknown, available: number, what: string): Entry {
  const parsed = entrySchema.safeParse(value);
  const refuse = (why: string) => cannot(what, `entry ${describe(name)}: ${why}`);
  if (!parsed.success) throw refuse(complaint(parsed.error));
  const { dtype, shape, data_offsets: [begin, end] } = parsed.data;
  if (begin > end || end > available) {
    throw refuse(`bytes ${begin} to ${end} are not within the ${available} bytes of data`);
  }
  const needed = count(shape) * FORMATS[dtype].bytes;
  if (end - begin !== needed) {
    throw refuse(
      `${dtype} of shape [${shape.join(", ")}] takes ${needed} bytes, not ${end - begin}`,
    );
  }
  return parsed.data;
}

/** Refuses entries that overlap, and bytes outside all entries. */
function checkLayout(entries: ReadonlyMap<string, Entry>, available: number, what: string): void {
  const spans = [...entries].map(([name, { data_offsets: [begin, end] }]) => ({
    name,
    begin,
    end,
  }));
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  let last = "";
  for (const { name, begin, end } of spans) {
    if (begin < reached) {
      throw cannot(what, `entries ${describe(last)} and ${describe(name)} overlap`);
    }
    if (begin > reached) {
      throw cannot(
        what,
        `bytes ${reached} to ${begin}, before entry ${describe(name)}, belong to no entry`,
      );
    }
    reached = end;
    last = name;
  }
  if (reached !== available) {
    throw cannot(what, `it has ${available} bytes of data, its entries take ${reached}`);
  }
}

/** Refuses an entry that could not be read again. */
function checkWritable(what: string, entry: SafetensorsEntry): void {
  checkEntry(what, entry);
  if (!Object.hasOwn(FORMATS, entry.dtype)) {
    throw cannot(what, `unknown dtype ${describe(entry.dtype)}`);
  }
  const sizes = entrySchema.shape.shape.safeParse(entry.shape);
  if (!sizes.success) throw cannot(what, `its shape is wrong, ${complaint(sizes.error)}`);
}

/**
 * Reads the bytes of a safetensors file. Nothing is trusted: the form of the header, dtypes,
 * shapes and offsets are checked before any array is made, and every array is a copy.
 *
 * @param name The name of the file in errors.
 * @throws {ArgandError} that says what is wrong with the bytes.
 *
 * @example
 * ```ts
 * import { formatSafetensors, parseSafetensors } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) } as const;
 * const { tensors } = parseSafetensors(formatSafetensors([["x", x]]));
 * assertEquals(tensors.get("x")?.data, x.data);
 * ```
 */
export function parseSafetensors(bytes: Uint8Array, name = "safetensors data"): Safetensors {
  const what = actionOn("read", name, bytes);
  const { header, start } = parseHeader(bytes, what);
  const available = bytes.length - start;
  const entries = new Map<string, Entry>();
  let metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(header)) {
    if (key === "__metadata__") metadata = value;
    else entries.set(key, parseEntry(key, value, available, what));
  }
  checkLayout(entries, available, what);
  const tensors = new Map<string, SafetensorsEntry>();
  for (const [key, { dtype, shape, data_offsets: [begin, end] }] of entries) {
    const buffer = new Uint8Array(bytes.subarray(start + begin, start + end)).buffer;
    tensors.set(key, { dtype, shape, data: FORMATS[dtype].view(buffer) });
  }
  return { metadata, tensors };
}

/** The bytes of a safetensors file, whose size and first bytes are checked before it is read. */
export function readSafetensors(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  return readBytes(path, (head, size) => headerEnd(head, size, `read ${path}`));
}

/**
 * Reads a safetensors file; needs permission to read it.
 *
 * @throws {ArgandError} that says what is wrong with the file.
 *
 * @example
 * ```ts
 * import { loadSafetensors, nn, writeSafetensors } from "@argand/argand";
 *
 * const layer = new nn.Linear(3, 2);
 * await Deno.mkdir("out", { recursive: true });
 * await writeSafetensors("out/layer.safetensors", await layer.stateDict());
 * layer.loadStateDict((await loadSafetensors("out/layer.safetensors")).tensors);
 * ```
 */
export async function loadSafetensors(path: string | URL): Promise<Safetensors> {
  return parseSafetensors(await readSafetensors(path), String(path));
}

/**
 * The bytes of a safetensors file with these arrays, the widest elements first so that all are aligned.
 * F16 and BF16 can only be read.
 *
 * @throws {ArgandError} if a name is taken, or an array does not fit its dtype and shape.
 *
 * @example
 * ```ts
 * import { formatSafetensors } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const z = { dtype: "C64", shape: [1], data: Float32Array.of(3, 4) } as const;
 * const bytes = formatSafetensors([["z", z]], { made: "by hand" });
 * assert(bytes.length % 8 === 0);
 * ```
 */
export function formatSafetensors(
  tensors: Iterable<readonly [string, SafetensorsEntry]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const all = "write safetensors data";
  const texts = headerSchema.safeParse({ __metadata__: metadata });
  if (!texts.success) throw cannot(all, `its metadata are wrong, ${complaint(texts.error)}`);
  const entries = pairsOf(all, tensors);
  for (const [name, entry] of entries) checkWritable(`write entry ${describe(name)}`, entry);
  entries.sort((a, b) => FORMATS[b[1].dtype].bytes - FORMATS[a[1].dtype].bytes);
  const header = new Map<string, unknown>([["__metadata__", metadata]]);
  let end = 0;
  for (const [name, entry] of entries) {
    const { dtype, shape } = entry;
    const what = `write entry ${describe(name)}`;
    if (header.has(name)) throw cannot(what, "the name is taken");
    const needed = count(shape) * FORMATS[dtype].bytes;
    checkArray(what, entry, needed, FORMATS[dtype].view(new ArrayBuffer(0)).constructor);
    header.set(name, { dtype, shape, data_offsets: [end, end += needed] });
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const start = 8 + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let at = start;
  for (const [, { data }] of entries) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Writes a safetensors file of tensors, as F32 and C64, and of arrays of any dtype, by name. A file
 * that is there is replaced as a whole: whatever fails, the old one or the new one stands under its
 * name. Needs permission to read and write in the folder.
 *
 * @throws {ArgandError} as {@link formatSafetensors} does, or if the file cannot be written.
 *
 * @example
 * ```ts
 * import { randnComplex, writeSafetensors } from "@argand/argand";
 *
 * const counts = { dtype: "U16", shape: [2], data: Uint16Array.of(7, 9) } as const;
 * await Deno.mkdir("out", { recursive: true });
 * const arrays = [["z", randnComplex([2, 3])], ["counts", counts]] as const;
 * await writeSafetensors("out/z.safetensors", arrays, { made: "by hand" });
 * ```
 */
export async function writeSafetensors(
  path: string | URL,
  tensors: Iterable<readonly [string, SafetensorsEntry | Tensor]>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = await arraysOf(withPath("write", path), tensors, SAFETENSORS_DTYPES);
  await replaceFile(path, formatSafetensors(entries, metadata));
}
