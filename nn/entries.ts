/** Entries of state dicts: numbers as entries, and the check of a dict before anything is loaded. */
import { describe } from "../complex/lazy/describe.ts";
import type { SafetensorsEntry } from "../complex/files/safetensors.ts";
import { sameShape, type Shape, show, sizeOf } from "../complex/lazy/shape.ts";
import { cannot } from "../gpu/contract/errors.ts";

const ARRAYS = {
  C64: Float32Array,
  C128: Float64Array,
  F32: Float32Array,
  F64: Float64Array,
  I64: BigInt64Array,
  BOOL: Uint8Array,
  U8: Uint8Array,
} as const;

/** The kinds of entries in state dicts. */
type Kind = keyof typeof ARRAYS;

/** An integer as an entry. */
export function countEntry(value: number): SafetensorsEntry {
  return { dtype: "I64", shape: [], data: BigInt64Array.of(BigInt(value)) };
}

/** Numbers as an entry; float64, so that they come back as they were. */
export function numbersEntry(
  values: ArrayLike<number>,
  shape: Shape = [values.length],
): SafetensorsEntry {
  return { dtype: "F64", shape: [...shape], data: Float64Array.from(values) };
}

/** An option as an entry: a number, numbers, a switch, a word, or null (no letters). */
export function optionEntry(what: string, name: string, value: unknown): SafetensorsEntry {
  if (typeof value === "number") return numbersEntry([value], []);
  if (typeof value === "boolean") {
    return { dtype: "BOOL", shape: [], data: Uint8Array.of(Number(value)) };
  }
  if (Array.isArray(value) && value.every((x) => typeof x === "number")) return numbersEntry(value);
  if (typeof value === "string" || value === null) {
    const data = new TextEncoder().encode(value ?? "");
    return { dtype: "U8", shape: [data.length], data };
  }
  throw cannot(
    what,
    `the option ${name} is not a number, a switch or a word, got ${describe(value)}`,
  );
}

/** Why an entry can't be the value of a part; null where it can. */
function misfit({ dtype, shape, data }: SafetensorsEntry, kind: Kind, own: Shape): string | null {
  const should = `and should be ${kind} ${show(own)}`;
  if (!Array.isArray(shape)) return `is not an entry { dtype, shape, data } ${should}`;
  if (dtype !== kind || !sameShape(shape, own)) return `is ${dtype} ${show(shape)} ${should}`;
  const length = sizeOf(own) * (kind === "C64" || kind === "C128" ? 2 : 1);
  const array = ARRAYS[kind];
  if (!(data instanceof array) || data.length !== length) {
    const got = data instanceof array ? `${data.length} of them` : describe(data);
    return `has as its data ${got} ${should}: ${length} numbers in a ${array.name}`;
  }
  if (kind === "I64" && (data[0] < 0n || data[0] > Number.MAX_SAFE_INTEGER)) {
    return `is ${data[0]} and should be a count`;
  }
  return null;
}

/** Takes the entries of a state dict and collects what is wrong with them; `finish` throws it all. */
export class EntryReader {
  readonly #what: string;
  readonly #dict: ReadonlyMap<string, SafetensorsEntry>;
  readonly #taken = new Set<string>();
  readonly #faults: string[] = [];

  constructor(what: string, dict: ReadonlyMap<string, SafetensorsEntry>) {
    if (!(dict instanceof Map)) throw cannot(what, `it takes a Map, got ${typeof dict}`);
    this.#what = what;
    this.#dict = dict;
  }

  /** Whether there is an entry of this path. */
  has(path: string): boolean {
    return this.#dict.has(path);
  }

  /** The sizes of an entry; none where it is absent or no entry. */
  shapeOf(path: string): Shape {
    const shape = this.#dict.get(path)?.shape;
    return Array.isArray(shape) ? shape : [];
  }

  /** Notes what is wrong with an entry. */
  fault(path: string, why: string): void {
    this.#faults.push(`${path} ${why}`);
  }

  /** The data of an entry of this kind and shape; null, and a fault, where there is none such. */
  take<K extends Kind>(path: string, kind: K, shape: Shape): InstanceType<typeof ARRAYS[K]> | null {
    this.#taken.add(path);
    const entry = this.#dict.get(path);
    const fault = entry ? misfit(entry, kind, shape) : "is missing";
    if (fault) this.fault(path, fault);
    return fault ? null : entry!.data as InstanceType<typeof ARRAYS[K]>;
  }

  /** A count; 0, and a fault, where there is none. */
  count(path: string): number {
    return Number(this.take(path, "I64", [])?.[0] ?? 0n);
  }

  /** Numbers, as many as are asked for. */
  numbers(path: string, shape: Shape): number[] {
    return [...this.take(path, "F64", shape) ?? []];
  }

  /** An option of the same kind as the present one; where that is a number or null, either. */
  option(path: string, present: unknown): unknown {
    const either = present === null && this.#dict.get(path)?.dtype === "F64" ||
      typeof present === "number" && this.#dict.get(path)?.dtype !== "U8";
    if (either) return this.numbers(path, [])[0];
    if (typeof present === "number") {
      this.take(path, "U8", [0]);
      return null;
    }
    if (typeof present === "boolean") return this.take(path, "BOOL", [])?.[0] === 1;
    if (Array.isArray(present)) return this.numbers(path, [present.length]);
    const letters = this.take(path, "U8", [this.shapeOf(path)[0] ?? 0]);
    return letters?.length ? new TextDecoder().decode(letters) : null;
  }

  /** Throws if anything was wrong, or an entry was asked for by nobody. */
  finish(): void {
    const rest = [...this.#dict.keys()].filter((path) => !this.#taken.has(path));
    const faults = [...this.#faults, ...rest.map((path) => `${path} is not known`)];
    if (faults.length > 0) throw cannot(this.#what, faults.join("; "));
  }
}
