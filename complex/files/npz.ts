/**
 * NumPy's files of several arrays: a zip archive of .npy files. Nothing in it is trusted: offsets and sizes
 * are checked before anything is allocated, inflated bytes are counted as they come, and every array
 * must match its checksum.
 */
import { Inflate, zipSync } from "fflate";
import { nameClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { withDefaults } from "../ops/options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { actionOn, pairsOf } from "./array.ts";
import { readBytes } from "./disk.ts";
import {
  formatNpy,
  NPY_DTYPES,
  type NpyEntry,
  npyEntry,
  npyHeader,
  type NpyLayout,
  type NpyOutline,
  npyOutline,
  npyStart,
  type Refuse,
  strangeness,
} from "./npy.ts";
import { isText, type NpyText, npyText } from "./npy_text.ts";
import { withPath } from "./path.ts";
import { replaceFile } from "./replace.ts";
import { arraysOf } from "./tensor_array.ts";

/** Options of {@link parseNpz} and {@link readNpz}. */
export interface NpzLimits {
  /**
   * The most bytes that all arrays together may take; if absent, 100 times those of the file, at least
   * 2²⁸ and at most 2³¹.
   */
  readonly maxBytes?: number;
}

/** Options of {@link formatNpz} and {@link writeNpz}. */
export interface NpzOptions extends NpyLayout {
  /** Whether arrays are deflated, as by `numpy.savez_compressed`; false, if absent. */
  readonly compress?: boolean;
}

/** One file of the archive, as its directory states it. */
interface Part {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  /** The offset of its own header. */
  readonly offset: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const ENCRYPTED = 1;
const [STORED, DEFLATED] = [0, 8];
/** The most bytes that one deflated byte can stand for. */
const MOST_RATIO = 1032;
/** The limits of what arrays may take unless the caller sets one: a small file can claim gigabytes. */
const [USUAL_RATIO, USUAL_BYTES, MOST_BYTES] = [100, 2 ** 28, 2 ** 31];
/** Deflated bytes a push: their output is checked before the next. */
const PIECE = 4096;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1;
  return n;
});

const EMPTY_CRC = 0xffffffff;

/** The checksum of zip archives, before its bits are turned over; it goes on from that of earlier bytes. */
function crc32(bytes: Uint8Array, crc = EMPTY_CRC): number {
  for (let k = 0; k < bytes.length; k++) crc = CRC_TABLE[(crc ^ bytes[k]) & 255] ^ crc >>> 8;
  return crc;
}

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The offset of the record at the end of the archive, which ends with a comment and the file. */
function findEnd(view: DataView, refuse: Refuse): number {
  const size = view.byteLength;
  for (let at = size - 22; at >= Math.max(0, size - 22 - 65_535); at--) {
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === size - 22 - at) {
      return at;
    }
  }
  throw refuse(`its ${size} bytes do not end as a zip archive does`);
}

function decodeName(bytes: Uint8Array, refuse: Refuse): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refuse(`the name of an entry, ${bytes.length} bytes, is not UTF-8`);
  }
}

/** The archive's directory. */
function directory(bytes: Uint8Array, refuse: Refuse): Part[] {
  const view = viewOf(bytes);
  const end = findEnd(view, refuse);
  const entries = view.getUint16(end + 10, true);
  const size = view.getUint32(end + 12, true);
  const start = view.getUint32(end + 16, true);
  if (entries === 0xffff || size === 0xffffffff || start === 0xffffffff) {
    throw refuse("it is a ZIP64 archive, of 4 GiB or 65 535 entries and more");
  }
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== entries) {
    throw refuse("it is one of several parts of an archive");
  }
  if (start + size !== end) {
    throw refuse(`its directory of ${size} bytes from ${start} does not end at ${end}`);
  }
  const parts: Part[] = [];
  let at = start;
  for (let k = 0; k < entries; k++) {
    if (at + 46 > end || view.getUint32(at, true) !== CENTRAL) {
      throw refuse(`its directory has ${k} entries, not ${entries}`);
    }
    const [name, extra, comment] = [28, 30, 32].map((o) => view.getUint16(at + o, true));
    const next = at + 46 + name + extra + comment;
    if (next > end) throw refuse(`entry ${k} of its directory is cut short`);
    const part = {
      name: decodeName(bytes.subarray(at + 46, at + 46 + name), refuse),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      offset: view.getUint32(at + 42, true),
    };
    const wrong = (why: string) => refuse(`entry ${describe(part.name)}: ${why}`);
    if (view.getUint16(at + 8, true) & ENCRYPTED) throw wrong("it is encrypted");
    if (part.method !== STORED && part.method !== DEFLATED) {
      throw wrong(`its method is ${part.method}, not 0 (stored) or 8 (deflated)`);
    }
    if (part.packed === 0xffffffff || part.size === 0xffffffff) throw wrong("it has 4 GiB or more");
    if (part.method === STORED && part.packed !== part.size) {
      throw wrong(`it is stored, but its ${part.size} bytes take ${part.packed}`);
    }
    if (part.size > MOST_RATIO * part.packed) {
      throw wrong(`${part.packed} deflated bytes cannot stand for ${part.size}`);
    }
    parts.push(part);
    at = next;
  }
  if (at !== end) throw refuse(`its directory has ${end - at} bytes after its ${entries} entries`);
  return parts;
}

/** The stored or deflated bytes of each part; refuses parts that leave the file or overlap. */
function packedBytes(bytes: Uint8Array, parts: readonly Part[], refuse: Refuse): Uint8Array[] {
  const view = viewOf(bytes);
  const spans = parts.map(({ name, method, packed, offset }) => {
    const wrong = (why: string) => refuse(`entry ${describe(name)}: ${why}`);
    if (offset + 30 > bytes.length || view.getUint32(offset, true) !== LOCAL) {
      throw wrong(`it has no header at byte ${offset} of ${bytes.length}`);
    }
    const [nameBytes, extra] = [26, 28].map((o) => view.getUint16(offset + o, true));
    const start = offset + 30 + nameBytes + extra;
    const end = start + packed;
    if (end > bytes.length) {
      throw wrong(`its bytes ${start} to ${end} are not within the ${bytes.length} of the file`);
    }
    const own = decodeName(bytes.subarray(offset + 30, offset + 30 + nameBytes), refuse);
    if (own !== name || view.getUint16(offset + 8, true) !== method) {
      throw wrong(`its own header, ${describe(own)}, is not that of the directory`);
    }
    return { name, offset, start, end };
  });
  const sorted = [...spans].sort((a, b) => a.offset - b.offset);
  for (let k = 1; k < sorted.length; k++) {
    const [a, b] = [sorted[k - 1], sorted[k]];
    if (b.offset < a.end) {
      throw refuse(`entries ${describe(a.name)} and ${describe(b.name)} overlap`);
    }
  }
  return spans.map(({ start, end }) => bytes.subarray(start, end));
}

/** An .npy file of the archive: its header, and the bytes of its elements. */
interface Member {
  readonly outline: NpyOutline;
  readonly elements: Uint8Array<ArrayBuffer>;
}

/** Whether an array is read at all: numbers and texts are. */
const isRead = ({ descr }: NpyOutline) => strangeness(descr) === null || isText(descr);

/** Refuses a header of numbers that does not agree with the size of the file. */
function checkOutline(outline: NpyOutline, size: number, refuse: Refuse): void {
  if (strangeness(outline.descr) === null) npyHeader(outline, size, refuse);
}

function checkCrc(crc: number, told: number, refuse: Refuse): void {
  if (~crc >>> 0 === told) return;
  const [found, given] = [~crc >>> 0, told].map((n) => n.toString(16).padStart(8, "0"));
  throw refuse(`its checksum is ${found}, not ${given}`);
}

/** A stored .npy file. */
function unpack(whole: Uint8Array, part: Part, refuse: Refuse): Member {
  const outline = npyOutline(whole, refuse);
  if (!isRead(outline)) return { outline, elements: new Uint8Array() };
  checkOutline(outline, part.size, refuse);
  checkCrc(crc32(whole), part.crc, refuse);
  return { outline, elements: new Uint8Array(whole.subarray(outline.start)) };
}

/**
 * Inflates an .npy file. Memory for its elements is allocated once the header has come and agrees with
 * the size in the directory; more bytes than that are refused as they come. An array that is
 * not read is not inflated beyond its header.
 */
function inflate(packed: Uint8Array, { size, crc: told }: Part, refuse: Refuse): Member {
  let first = new Uint8Array();
  let outline: NpyOutline | null = null;
  let elements = new Uint8Array();
  let [filled, crc] = [0, EMPTY_CRC];
  const begin = (found: NpyOutline) => {
    outline = found;
    if (!isRead(found)) return;
    checkOutline(found, size, refuse);
    elements = new Uint8Array(size - found.start);
    elements.set(first.subarray(found.start));
  };
  const stream = new Inflate((piece) => {
    if (filled + piece.length > size) {
      throw refuse(`it inflates to ${filled + piece.length} bytes and more, not to ${size}`);
    }
    crc = crc32(piece, crc);
    if (outline) elements.set(piece, filled - outline.start);
    else {
      const grown = new Uint8Array(filled + piece.length);
      grown.set(first);
      grown.set(piece, filled);
      first = grown;
      const enough = first.length >= Math.min(size, 12);
      if (enough && first.length >= npyStart(first, refuse).start) begin(npyOutline(first, refuse));
    }
    filled += piece.length;
  });
  for (let at = 0; at < packed.length; at += PIECE) {
    if (outline && !isRead(outline)) return { outline, elements };
    const last = at + PIECE >= packed.length;
    try {
      stream.push(packed.subarray(at, at + PIECE), last);
    } catch (error) {
      // Errors of the library have a numeric code.
      const { code, message } = error as { code?: unknown; message: string };
      throw typeof code === "number" ? refuse(`its deflated bytes are broken, ${message}`) : error;
    }
  }
  if (outline && !isRead(outline)) return { outline, elements };
  if (filled !== size) throw refuse(`it inflates to ${filled} bytes, not to ${size}`);
  checkCrc(crc, told, refuse);
  return { outline: outline ?? npyOutline(first, refuse), elements };
}

/**
 * The arrays of numbers in an .npz file by name, in the order of the archive, and beside them what else
 * is in it. Texts, as `numpy.savez("run.npz", field=field, unit="mV")` writes them, are in `texts`;
 * pickled objects, dates, records and files other than .npy are in `unread`, with the reason.
 *
 * @example
 * ```ts
 * import { formatNpz, parseNpz } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = { dtype: "float64", shape: [2], data: Float64Array.of(1, 2) } as const;
 * const file = parseNpz(formatNpz([["x", x]]));
 * assertEquals([file.size, file.texts.size, file.unread.size], [1, 0, 0]);
 * ```
 */
export class NpzFile extends Map<string, NpyEntry> {
  static {
    nameClass(this, "NpzFile");
  }

  /** The texts by name. */
  readonly texts: Map<string, NpyText> = new Map();
  /** Why an entry was not read, by name. */
  readonly unread: Map<string, string> = new Map();
}

/**
 * Reads the bytes of an .npz file: its arrays by name, without the ending .npy, in the order of the
 * archive. Texts and what is not an array of numbers stand beside them, see {@link NpzFile}. See {@link parseNpy} for the dtypes of arrays, {@link complexTensorFromNpy} for tensors.
 *
 * @param name The name of the file in errors.
 * @throws {ArgandError} that says what is wrong with the bytes: `Cannot read <file>: entry <name>: …`.
 *
 * @example
 * ```ts
 * import { formatNpz, parseNpz } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const x = { dtype: "float64", shape: [2], data: Float64Array.of(1, 2) } as const;
 * assertEquals(parseNpz(formatNpz([["x", x]])).get("x"), x);
 * ```
 */
export function parseNpz(
  bytes: Uint8Array,
  name = "npz data",
  limits?: NpzLimits,
): NpzFile {
  const what = actionOn("read", name, bytes);
  const refuse: Refuse = (why) => cannot(what, why);
  const { maxBytes } = withDefaults<Required<NpzLimits>>(what, limits, {
    maxBytes: Math.min(MOST_BYTES, Math.max(USUAL_BYTES, USUAL_RATIO * bytes.length)),
  });
  if (!(typeof maxBytes === "number" && maxBytes >= 0)) {
    throw refuse(`maxBytes must be a number of at least 0, got ${describe(maxBytes)}`);
  }
  const parts = directory(bytes, refuse);
  const total = parts.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    throw refuse(
      `its entries take ${total} bytes, over the limit of ${maxBytes}; the option maxBytes sets another`,
    );
  }
  const packed = packedBytes(bytes, parts, refuse);
  const file = new NpzFile();
  const names = new Set<string>();
  parts.forEach((part, k) => {
    const key = part.name.replace(/\.npy$/, "");
    const wrong: Refuse = (why) => refuse(`entry ${describe(key)}: ${why}`);
    if (names.has(part.name)) throw wrong("it is there twice");
    names.add(part.name);
    if (key === part.name) {
      file.unread.set(key, "its name does not end in .npy");
      return;
    }
    const { outline, elements } = part.method === DEFLATED
      ? inflate(packed[k], part, wrong)
      : unpack(packed[k], part, wrong);
    if (isText(outline.descr)) file.texts.set(key, npyText(elements, outline, wrong));
    else if (!isRead(outline)) file.unread.set(key, strangeness(outline.descr)!);
    else file.set(key, npyEntry(elements, npyHeader(outline, part.size, wrong), wrong));
  });
  return file;
}

/**
 * Reads an .npz file; needs permission to read it.
 *
 * @throws {ArgandError} that says what is wrong with the file.
 *
 * @example
 * ```ts
 * import { complexTensorFromNpy, readNpz, writeNpz } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * await Deno.mkdir("out", { recursive: true });
 * const field = { dtype: "complex64", shape: [1], data: Float32Array.of(3, 4) } as const;
 * await writeNpz("out/fields.npz", [["field", field]], { compress: true });
 * const entries = await readNpz("out/fields.npz");
 * assertEquals(await complexTensorFromNpy(entries.get("field")!).item(), { re: 3, im: 4 });
 * ```
 */
export async function readNpz(
  path: string | URL,
  limits?: NpzLimits,
): Promise<NpzFile> {
  return parseNpz(await readBytes(path), String(path), limits);
}

/**
 * The bytes of an .npz file with these arrays; the same arrays always give the same bytes.
 *
 * @throws {ArgandError} if a name is taken or too long, an array does not fit its dtype and shape, or
 * together they take 4 GiB.
 *
 * @example
 * ```ts
 * import { formatNpz } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const x = { dtype: "uint8", shape: [9999], data: new Uint8Array(9999) } as const;
 * assert(formatNpz([["x", x]], { compress: true }).length < 400);
 * ```
 */
export function formatNpz(
  arrays: Iterable<readonly [string, NpyEntry]>,
  options?: NpzOptions,
): Uint8Array<ArrayBuffer> {
  const all = "write npz data";
  const { compress, ...layout } = withDefaults<Required<NpzOptions>>(all, options, {
    compress: false,
    byteOrder: "little",
    fortranOrder: false,
    version: 1,
  });
  const files: Record<string, Uint8Array> = {};
  let total = 0;
  for (const [name, entry] of pairsOf(all, arrays)) {
    const what = `write entry ${describe(name)}`;
    const file = `${name}.npy`;
    const bytes = formatNpy(entry, layout);
    const nameBytes = new TextEncoder().encode(file).length;
    total += bytes.length + 2 * nameBytes + 100;
    if (Object.hasOwn(files, file)) throw cannot(what, "the name is taken");
    if (nameBytes > 0xffff) throw cannot(what, `its name takes ${nameBytes} bytes`);
    if (total >= 0xffffffff) throw cannot(what, `with it the archive takes ${total} bytes`);
    files[file] = bytes;
  }
  if (Object.keys(files).length >= 0xffff) {
    throw cannot(all, `${Object.keys(files).length} entries are too many`);
  }
  // The earliest date of zip archives.
  return zipSync(files, { level: compress ? 6 : 0, mtime: "1980-01-01T00:00:00" });
}

/**
 * Writes an .npz file of tensors, as float32 and complex64, and of arrays of any dtype, by name. A file
 * that is there is replaced as a whole: whatever fails, the old one or the new one stands under its
 * name. Needs permission to read and write in the folder.
 *
 * @throws {ArgandError} as {@link formatNpz} does, or if the file cannot be written.
 *
 * @example
 * ```ts
 * import { randn, randnComplex, writeNpz } from "@argand/argand";
 *
 * await Deno.mkdir("out", { recursive: true });
 * await writeNpz("out/fields.npz", [["x", randn([4])], ["z", randnComplex([2, 3])]]);
 * ```
 */
export async function writeNpz(
  path: string | URL,
  arrays: Iterable<readonly [string, NpyEntry | Tensor]>,
  options?: NpzOptions,
): Promise<void> {
  const entries = await arraysOf(withPath("write", path), arrays, NPY_DTYPES);
  await replaceFile(path, formatNpz(entries, options));
}
