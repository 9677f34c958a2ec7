/**
 * NumPy's files of one array: a magic number, a version, a header in Python's notation
 * `{'descr': '<c16', 'fortran_order': False, 'shape': (2, 3), }` and the elements. See https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html.
 */
import * as z from "zod";
import { type ArgandError, cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { checkWord, withDefaults } from "../ops/options.ts";
import {
  actionOn,
  checkArray,
  checkEntry,
  complaint,
  count,
  type FileArray,
  fromHalf,
  toHalf,
} from "./array.ts";
import type { InexactDType } from "../../gpu/contract/dtype.ts";
import { readBytes } from "./disk.ts";
import { replaceFile } from "./replace.ts";
import { arrayOf } from "./tensor_array.ts";

/** The dtypes of a file, by NumPy's names. */
export type NpyDType =
  | "bool"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float16"
  | "float32"
  | "float64"
  | "complex64"
  | "complex128";

/** NumPy's names for the dtypes of tensors. */
export const NPY_DTYPES = {
  float32: "float32",
  complex64: "complex64",
  float64: "float64",
  complex128: "complex128",
} as const satisfies Readonly<Record<InexactDType, NpyDType>>;

/** An array in a file. */
export interface NpyEntry {
  /** The dtype of its elements in the file. */
  readonly dtype: NpyDType;
  /** Its sizes, empty for a single number. */
  readonly shape: readonly number[];
  /**
   * The elements in row-major order, whatever the order of the file: float16 as float32, bool as 0
   * and 1, complex numbers interleaved.
   */
  readonly data: FileArray;
}

/** How {@link formatNpy} lays an array out; every layout is read as the same array. */
export interface NpyLayout {
  /** The byte order of numbers; "little", if absent. */
  readonly byteOrder?: "little" | "big";
  /** Whether the first axis varies fastest; false, if absent. */
  readonly fortranOrder?: boolean;
  /** The version of the header; 1, if absent. */
  readonly version?: 1 | 2 | 3;
}

type Maker = { new (buffer: ArrayBuffer): FileArray; readonly name: string };

interface Kind {
  readonly dtype: NpyDType;
  /** Bytes of one real number in the file; complex elements take two. */
  readonly unit: 1 | 2 | 4 | 8;
  /** Real numbers of an element. */
  readonly width: 1 | 2;
  /** The array of an entry. */
  readonly array: Maker;
}

const kind = (
  dtype: NpyDType,
  unit: Kind["unit"],
  array: Maker,
  width: Kind["width"] = 1,
): Kind => ({
  dtype,
  unit,
  width,
  array,
});

/** The dtypes by what follows the byte order in `descr`. */
const KINDS: Readonly<Record<string, Kind>> = {
  b1: kind("bool", 1, Uint8Array),
  i1: kind("int8", 1, Int8Array),
  i2: kind("int16", 2, Int16Array),
  i4: kind("int32", 4, Int32Array),
  i8: kind("int64", 8, BigInt64Array),
  u1: kind("uint8", 1, Uint8Array),
  u2: kind("uint16", 2, Uint16Array),
  u4: kind("uint32", 4, Uint32Array),
  u8: kind("uint64", 8, BigUint64Array),
  f2: kind("float16", 2, Float32Array),
  f4: kind("float32", 4, Float32Array),
  f8: kind("float64", 8, Float64Array),
  c8: kind("complex64", 4, Float32Array, 2),
  c16: kind("complex128", 8, Float64Array, 2),
};

/** The header of an array of numbers. */
export interface NpyHeader {
  readonly kind: Kind;
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** Makes an error from a reason. */
export type Refuse = (why: string) => ArgandError;

const MAGIC = "\x93NUMPY";
/** Arrays of plain numbers need a few hundred bytes of header. */
const MAX_HEADER = 65_536;
const MAX_RANK = 64;

const headerSchema = z.strictObject({
  descr: z.string(),
  fortran_order: z.boolean(),
  shape: z.array(z.int().nonnegative()).max(MAX_RANK),
});

/** The value of a Python literal of the kinds that headers use; null for anything else. */
function literal(text: string): unknown {
  if (text === "True" || text === "False") return text === "True";
  if (/^['"]/.test(text)) return text.slice(1, -1);
  if (text.startsWith("[")) return text; // the fields of records, which nobody here asks for
  const inside = text.slice(1, -1).trim();
  if (inside === "") return [];
  const parts = inside.split(",").map((part) => part.trim());
  // (3,) is a tuple, (3) is not.
  if (parts.at(-1) === "") parts.pop();
  else if (parts.length === 1) return null;
  return parts.map((part) => /^\d+L?$/.test(part) ? Number.parseInt(part, 10) : NaN);
}

/** A dictionary in Python's notation; null unless its values are strings, booleans and tuples. */
function dictionary(text: string): Record<string, unknown> | null {
  const braces = /^\{(.*)\}$/s.exec(text.trim());
  if (!braces) return null;
  const pair = /\s*(['"])(\w+)\1\s*:\s*('[^']*'|"[^"]*"|True|False|\([^()]*\)|\[.*\])\s*(,\s*|$)/sy;
  const found = new Map<string, unknown>();
  let at = 0;
  while (at < braces[1].length) {
    pair.lastIndex = at;
    const match = pair.exec(braces[1]);
    if (!match || found.has(match[2])) return null;
    found.set(match[2], literal(match[3]));
    at = pair.lastIndex;
  }
  return Object.fromEntries(found);
}

/** Where the elements begin, from the first 12 bytes. */
export function npyStart(bytes: Uint8Array, refuse: Refuse): { start: number; version: number } {
  if (bytes.length < 12) throw refuse(`it has ${bytes.length} bytes, too few for a header`);
  const magic = String.fromCharCode(...bytes.subarray(0, 6));
  if (magic !== MAGIC) throw refuse("it does not start with NumPy's magic number");
  const [version, minor] = [bytes[6], bytes[7]];
  if (!(version >= 1 && version <= 3 && minor === 0)) {
    throw refuse(`its version is ${version}.${minor}, not 1.0, 2.0 or 3.0`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) {
    throw refuse(`its header claims ${length} bytes, over the limit of ${MAX_HEADER}`);
  }
  return { start: (version === 1 ? 10 : 12) + length, version };
}

/** The header of any array, of whatever elements. */
export interface NpyOutline {
  /** NumPy's name for its elements. */
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements start. */
  readonly start: number;
}

/** Reads the header of a file, of which `bytes` are the first. */
export function npyOutline(bytes: Uint8Array, refuse: Refuse): NpyOutline {
  const { start, version } = npyStart(bytes, refuse);
  const before = version === 1 ? 10 : 12;
  if (start > bytes.length) {
    throw refuse(`its header claims ${start - before} bytes, but ${bytes.length - before} follow`);
  }
  const encoding = version === 3 ? "utf-8" : "latin1";
  const text = new TextDecoder(encoding).decode(bytes.subarray(before, start));
  const parsed = headerSchema.safeParse(dictionary(text));
  if (!parsed.success) {
    const shown = text.trim().slice(0, 80);
    throw refuse(`its header ${JSON.stringify(shown)} is wrong, ${complaint(parsed.error)}`);
  }
  const { descr, fortran_order: fortranOrder, shape } = parsed.data;
  return { descr, fortranOrder, shape, start };
}

/** The kind of the elements of an array of numbers; null for other arrays. */
function kindOf(descr: string): Kind | null {
  const [order, code] = [descr.charAt(0), descr.slice(1)];
  const found = Object.hasOwn(KINDS, code) ? KINDS[code] : null;
  return found && (order === "<" || order === ">" || (order === "|" && found.unit === 1))
    ? found
    : null;
}

/** Why an array of such elements is not read as numbers; null if it is. */
export function strangeness(descr: string): string | null {
  if (kindOf(descr)) return null;
  return `its elements are ${describe(descr)}, known are < and > of ${
    Object.keys(KINDS).join(", ")
  }`;
}

/** The header of an array of numbers, whose file has `total` bytes. */
export function npyHeader(outline: NpyOutline, total: number, refuse: Refuse): NpyHeader {
  const { descr, fortranOrder, shape, start } = outline;
  const kind = kindOf(descr);
  if (!kind) throw refuse(strangeness(descr)!);
  const needed = count(shape) * kind.unit * kind.width;
  if (total - start !== needed) {
    throw refuse(
      `${kind.dtype} of shape [${shape.join(", ")}] takes ${needed} bytes, not ${total - start}`,
    );
  }
  return { kind, bigEndian: descr.startsWith(">"), fortranOrder, shape };
}

/** Reverses the bytes of every number. */
export function swap(bytes: Uint8Array, unit: number): void {
  for (let at = 0; at < bytes.length; at += unit) bytes.subarray(at, at + unit).reverse();
}

/** For every element in row-major order, its index if the first axis varies fastest. */
function* fortranOffsets(shape: readonly number[]): Generator<number> {
  const strides: number[] = [];
  shape.reduce((stride, n, axis) => (strides[axis] = stride) * n, 1);
  const index = new Array<number>(shape.length).fill(0);
  const total = count(shape);
  for (let k = 0, offset = 0; k < total; k++) {
    yield offset;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offset += strides[axis];
      if (++index[axis] < shape[axis]) break;
      offset -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}

/** Reorders elements of `size` bytes from the first axis varying fastest to the last, or back. */
export function reordered(
  bytes: Uint8Array<ArrayBuffer>,
  shape: readonly number[],
  size: number,
  toFortran: boolean,
): Uint8Array<ArrayBuffer> {
  if (shape.length < 2) return bytes;
  const result = new Uint8Array(bytes.length);
  let at = 0;
  for (const offset of fortranOffsets(shape)) {
    const [from, to] = toFortran ? [at, offset * size] : [offset * size, at];
    for (let k = 0; k < size; k++) result[to + k] = bytes[from + k];
    at += size;
  }
  return result;
}

/** The array of a file with this header, made of the bytes of its elements. */
export function npyEntry(
  elements: Uint8Array<ArrayBuffer>,
  { kind: { dtype, unit, width, array }, bigEndian, fortranOrder, shape }: NpyHeader,
  refuse: Refuse,
): NpyEntry {
  let own = elements;
  if (bigEndian && unit > 1) swap(own, unit);
  if (fortranOrder) own = reordered(own, shape, unit * width, false);
  if (dtype === "float16") {
    return { dtype, shape, data: Float32Array.from(new Uint16Array(own.buffer), fromHalf) };
  }
  if (dtype === "bool") checkTruth(own, refuse);
  return { dtype, shape, data: new array(own.buffer) };
}

/** Refuses booleans other than 0 and 1. */
function checkTruth(data: FileArray, refuse: Refuse): void {
  const wrong = (data as Uint8Array).findIndex((x) => x > 1);
  if (wrong >= 0) throw refuse(`bool ${wrong} is ${data[wrong]}, neither 0 nor 1`);
}

/**
 * Reads the bytes of an .npy file: booleans, integers of 1 to 8 bytes, floats of 2 to 8, complex numbers
 * of 8 and 16, in either byte order, with the first or the last axis varying fastest, with headers of
 * version 1 to 3. The header is checked against the bytes that exist before any array is made. See
 * {@link tensorFromNpy} for tensors.
 *
 * @param name The name of the file in errors.
 * @throws {ArgandError} that says what is wrong with the bytes.
 *
 * @example
 * ```ts
 * import { formatNpy, parseNpy } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = { dtype: "int16", shape: [3], data: Int16Array.of(1, -2, 3) } as const;
 * assertEquals(parseNpy(formatNpy(x, { byteOrder: "big" })), x);
 * ```
 */
export function parseNpy(bytes: Uint8Array, name = "npy data"): NpyEntry {
  const what = actionOn("read", name, bytes);
  const refuse: Refuse = (why) => cannot(what, why);
  const outline = npyOutline(bytes, refuse);
  const header = npyHeader(outline, bytes.length, refuse);
  return npyEntry(new Uint8Array(bytes.subarray(outline.start)), header, refuse);
}

/**
 * Reads an .npy file; needs permission to read it.
 *
 * @throws {ArgandError} that says what is wrong with the file.
 *
 * @example
 * ```ts
 * import { readNpy, tensorFromNpy, writeNpy } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * await Deno.mkdir("out", { recursive: true });
 * await writeNpy("out/x.npy", { dtype: "float32", shape: [2], data: Float32Array.of(1, 2) });
 * const x = tensorFromNpy(await readNpy("out/x.npy"));
 * assert(await x.sum().item() === 3);
 * ```
 */
export async function readNpy(path: string | URL): Promise<NpyEntry> {
  const refuse: Refuse = (why) => cannot(`read ${path}`, why);
  const bytes = await readBytes(path, (head, size) => {
    npyHeader(npyOutline(head, refuse), size, refuse);
  });
  return parseNpy(bytes, String(path));
}

/** The layout with defaults; refuses unknown options. */
function checkLayout(what: string, given?: NpyLayout): Required<NpyLayout> {
  const layout = withDefaults<Required<NpyLayout>>(what, given, {
    byteOrder: "little",
    fortranOrder: false,
    version: 1,
  });
  checkWord(what, "byteOrder", layout.byteOrder, ["little", "big"]);
  if ([1, 2, 3].includes(layout.version)) return layout;
  throw cannot(what, `version must be one of 1, 2, 3, got ${describe(layout.version)}`);
}

/** The elements as the file holds them, in the byte order of the machine. */
function elements({ dtype, data }: NpyEntry, refuse: Refuse): Uint8Array<ArrayBuffer> {
  if (dtype === "bool") checkTruth(data, refuse);
  if (dtype !== "float16") {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  }
  const halves = Uint16Array.from(data as Float32Array, (x, k) => {
    const bits = toHalf(x);
    if (Number.isFinite(x) && (bits & 0x7fff) === 0x7c00) {
      throw refuse(`element ${k} is ${x}, beyond the 65504 of float16`);
    }
    return bits;
  });
  return new Uint8Array(halves.buffer);
}

/**
 * The bytes of an .npy file. Elements of float16 are rounded to the nearest half.
 *
 * @param layout Byte order, order of the axes, version.
 * @throws {ArgandError} if the array does not fit its dtype and shape.
 *
 * @example
 * ```ts
 * import { formatNpy } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const z = { dtype: "complex64", shape: [1], data: Float32Array.of(3, 4) } as const;
 * assert(formatNpy(z).length === 128 + 8);
 * ```
 */
export function formatNpy(entry: NpyEntry, layout?: NpyLayout): Uint8Array<ArrayBuffer> {
  const what = "write an npy array";
  const refuse: Refuse = (why) => cannot(what, why);
  const { byteOrder, fortranOrder, version } = checkLayout(what, layout);
  checkEntry(what, entry);
  const { dtype, shape } = entry;
  const code = Object.keys(KINDS).find((key) => KINDS[key].dtype === dtype);
  if (!code) throw refuse(`unknown dtype ${JSON.stringify(dtype)}`);
  const sizes = headerSchema.shape.shape.safeParse(shape);
  if (!sizes.success) throw refuse(`its shape is wrong, ${complaint(sizes.error)}`);
  const { unit, width, array } = KINDS[code];
  // A half takes four bytes in memory and two in the file.
  checkArray(what, entry, count(shape) * width * (dtype === "float16" ? 4 : unit), array);
  let data = elements(entry, refuse);
  if (fortranOrder) data = reordered(data, shape, unit * width, true);
  if (byteOrder === "big") swap(data, unit);

  const order = unit === 1 ? "|" : byteOrder === "big" ? ">" : "<";
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const text = `{'descr': '${order}${code}', 'fortran_order': ${
    fortranOrder ? "True" : "False"
  }, 'shape': ${tuple}, }`;
  const before = version === 1 ? 10 : 12;
  // NumPy aligns the elements to 64 bytes.
  const start = Math.ceil((before + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(start + data.length).fill(0x20, before, start);
  bytes.set(Uint8Array.from(MAGIC, (c) => c.charCodeAt(0)));
  bytes[6] = version;
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, start - before, true);
  else view.setUint32(8, start - before, true);
  bytes.set(new TextEncoder().encode(text), before);
  bytes[start - 1] = 0x0a;
  bytes.set(data, start);
  return bytes;
}

/**
 * Writes an .npy file: a tensor, as float32 or complex64, or an array of any dtype. A file that is
 * there is replaced as a whole: whatever fails, the old one or the new one stands under its name.
 * Needs permission to read and write in the folder.
 *
 * @throws {ArgandError} if the array does not fit its dtype and shape, or the file cannot be written.
 *
 * @example
 * ```ts
 * import { randnComplex, writeNpy } from "@argand/argand";
 *
 * await Deno.mkdir("out", { recursive: true });
 * await writeNpy("out/z.npy", randnComplex([2, 3]));
 * await writeNpy("out/n.npy", { dtype: "int16", shape: [2], data: Int16Array.of(1, 2) });
 * ```
 */
export async function writeNpy(
  path: string | URL,
  array: NpyEntry | Tensor,
  layout?: NpyLayout,
): Promise<void> {
  const entry = await arrayOf(array, NPY_DTYPES);
  await replaceFile(path, formatNpy(entry, layout));
}
