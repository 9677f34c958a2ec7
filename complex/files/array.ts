/** Pieces that the formats of array files share: arrays as files hold them, half floats, checks. */
import type { z } from "zod";
import { isIterable } from "../../gpu/contract/collections.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";

/** The arrays that files are read into and written from: complex numbers interleaved, booleans as 0 and 1. */
export type FileArray =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | BigUint64Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

/** The value of an IEEE half with these 16 bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = bits >> 10 & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
}

/** The bits of the IEEE half nearest to `x`, ties to even; infinite from 65520 on. */
export function toHalf(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const size = Math.abs(x);
  if (size >= 65520) return sign | 0x7c00;
  // Halves are multiples of this step up to the next power of two; below 2⁻¹⁴ they are denormal.
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = size / 2 ** (exponent - 10);
  const below = Math.floor(steps);
  const rest = steps - below;
  const rounded = below + (rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? 1 : 0);
  // A carry out of the fraction is the next exponent's first half.
  return sign | (rounded + (exponent + 14) * 1024);
}

/** The number of elements; `Infinity` if float64 cannot hold it exactly. */
export function count(shape: readonly number[]): number {
  const n = shape.includes(0) ? 0 : shape.reduce((a, b) => a * b, 1);
  return Number.isSafeInteger(n) ? n : Infinity;
}

/** The most letters of a complaint. */
const MOST_LETTERS = 200;

/** The first issue that zod reports, in one line. */
export function complaint(error: z.ZodError): string {
  const { path, message } = error.issues[0];
  const whole = path.length > 0 ? `${path.join(".")}: ${message}` : message;
  // Names in files may be long.
  return whole.length > MOST_LETTERS ? `${whole.slice(0, MOST_LETTERS)}…` : whole;
}

/** Refuses what is not an array of bytes. */
export function checkBytes(what: string, bytes: unknown): void {
  if (bytes instanceof Uint8Array) return;
  throw cannot(what, `it takes the bytes as a Uint8Array, got ${describe(bytes)}`);
}

/** What is done with the bytes of a file, for errors, such as `read a.npy`; refuses other things. */
export function actionOn(verb: string, name: unknown, bytes: unknown): string {
  if (typeof name !== "string") {
    throw cannot(`${verb} a file`, `its name must be a string, got ${describe(name)}`);
  }
  checkBytes(`${verb} ${name}`, bytes);
  return `${verb} ${name}`;
}

/** The pairs of name and array that a file is to hold; refuses anything else. */
export function pairsOf<E>(what: string, given: Iterable<readonly [string, E]>): [string, E][] {
  const refuse = (why: string) => cannot(what, `it takes pairs of name and array, got ${why}`);
  if (!isIterable(given)) throw refuse(describe(given));
  return Array.from(given, (pair: unknown, k) => {
    if (!Array.isArray(pair)) throw refuse(`${describe(pair)} in place ${k}`);
    const [name, array] = pair;
    if (typeof name !== "string") {
      throw cannot(`write entry ${describe(name)}`, "its name is not a string");
    }
    return [name, array];
  });
}

/** Refuses what is not an entry of a file, such as undefined for a name that does not exist. */
export function checkEntry(what: string, entry: unknown): void {
  const { dtype, shape, data } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype === "string" && Array.isArray(shape) && ArrayBuffer.isView(data)) return;
  const parts = typeof entry === "object" && entry !== null && !Array.isArray(entry)
    ? ` of ${[dtype, shape, data].map(describe).join(", ")}`
    : "";
  throw cannot(what, `it takes { dtype, shape, data }, got ${describe(entry)}${parts}`);
}

/** Refuses to write an array that does not fit its dtype and shape. */
export function checkArray(
  what: string,
  { dtype, shape, data }: {
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly data: FileArray;
  },
  bytes: number,
  kind: { readonly name: string },
): void {
  if (data.constructor === kind && data.byteLength === bytes) return;
  throw cannot(
    what,
    `${dtype} of shape [${shape.join(", ")}] takes ${bytes} bytes in a ${kind.name}, ` +
      `not ${data.byteLength} in a ${data.constructor.name}`,
  );
}
