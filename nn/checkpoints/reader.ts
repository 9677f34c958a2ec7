/** Reading a foreign checkpoint by its own names, with an account of what is missing and what is left. */
import { describe } from "../../complex/lazy/describe.ts";
import type { SafetensorsEntry } from "../../complex/files/safetensors.ts";
import { sameShape, show } from "../../complex/lazy/shape.ts";

/** The entries of a checkpoint. */
export type Entries = ReadonlyMap<string, SafetensorsEntry>;

const REAL = ["F32", "F64", "F16", "BF16"];

/** How a complex tensor `name` may be split into two real ones. */
const SPLITS = [[".real", ".imag"], ["_r", "_i"]];

/** Takes entries of a checkpoint at one place. An entry that is asked for and missing is a fault. */
export class Reader {
  readonly #entries: Entries;
  readonly #place: string;
  readonly #used: Set<string>;
  readonly #faults: string[];

  /** The whole of a checkpoint. */
  constructor(entries: Entries, place = "", used = new Set<string>(), faults: string[] = []) {
    this.#entries = entries;
    this.#place = place;
    this.#used = used;
    this.#faults = faults;
  }

  /**
   * The same checkpoint at another place, on the same account. A place is a path, or has a `*` where
   * the names of parts stand.
   */
  at(place: string): Reader {
    return new Reader(this.#entries, place, this.#used, this.#faults);
  }

  /** Everything that was missing or of the wrong kind, then what nobody asked for. */
  faults(): string[] {
    const left = [...this.#entries.keys()].filter((name) => !this.#used.has(name));
    return [...this.#faults, ...left.map((name) => `${name} is not known`)];
  }

  /** Notes that an entry cannot be taken. */
  fault(name: string, why: string): null {
    this.#faults.push(`${this.#full(name)} ${why}`);
    return null;
  }

  /** Whether there is such an entry. */
  has(name: string): boolean {
    return this.#entries.has(this.#full(name));
  }

  /** Whether any entry of the checkpoint lies under a path. */
  holds(path: string): boolean {
    return [...this.#entries.keys()].some((name) => name.startsWith(`${path}.`));
  }

  /** A real array. */
  real(name: string): SafetensorsEntry | null {
    const entry = this.#take(name);
    if (!entry) return null;
    if (!REAL.includes(entry.dtype)) {
      return this.fault(name, `is ${entry.dtype} and should be real`);
    }
    const data = Float32Array.from(entry.data as Float64Array);
    return { dtype: "F32", shape: [...entry.shape], data };
  }

  /** A complex array, of kind C64 or as two real ones. */
  complex(name: string): SafetensorsEntry | null {
    const split = SPLITS.find(([re, im]) => this.has(name + re) || this.has(name + im));
    if (!this.has(name) && split) return this.pair(name + split[0], name + split[1]);
    const entry = this.#take(name);
    if (!entry) return null;
    if (entry.dtype !== "C64") return this.fault(name, `is ${entry.dtype} and should be C64`);
    return {
      dtype: "C64",
      shape: [...entry.shape],
      data: Float32Array.from(entry.data as Float32Array),
    };
  }

  /** Two real arrays of one shape, put together by `combine`; as a + ib, if it is absent. */
  pair(
    a: string,
    b: string,
    combine: (a: number, b: number) => readonly [number, number] = (a, b) => [a, b],
  ): SafetensorsEntry | null {
    const [one, other] = [this.real(a), this.real(b)];
    if (!one || !other) return null;
    if (!sameShape(one.shape, other.shape)) {
      return this.fault(a, `has shape ${show(one.shape)} and ${b} ${show(other.shape)}`);
    }
    const data = new Float32Array(2 * one.data.length);
    for (let k = 0; k < one.data.length; k++) {
      data.set(combine(Number(one.data[k]), Number(other.data[k])), 2 * k);
    }
    return { dtype: "C64", shape: one.shape, data };
  }

  /** A count. */
  count(name: string): SafetensorsEntry | null {
    const entry = this.#take(name);
    if (!entry) return null;
    if (entry.dtype !== "I64") return this.fault(name, `is ${entry.dtype} and should be I64`);
    return entry;
  }

  /** An entry that is there, and not asked for by anybody else. */
  #take(name: string): SafetensorsEntry | null {
    const full = this.#full(name);
    const entry = this.#entries.get(full);
    if (entry === undefined) return this.fault(name, "is missing");
    this.#used.add(full);
    const whole = typeof entry === "object" && entry !== null && Array.isArray(entry.shape) &&
      ArrayBuffer.isView(entry.data);
    return whole
      ? entry
      : this.fault(name, `is not an entry { dtype, shape, data } but ${describe(entry)}`);
  }

  #full(name: string): string {
    if (this.#place.includes("*")) return this.#place.replace("*", name);
    return this.#place ? `${this.#place}.${name}` : name;
  }
}
