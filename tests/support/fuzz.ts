/**
 * Wrong arguments for everything that can be called: each function is given arguments that fit and then
 * the same with one of them replaced. A refusal must read `Cannot <do>: <why>` and change nothing.
 */
import { ArgandError, complex, ones, Tensor, tensor } from "../../complex/mod.ts";
import { runPending } from "../../complex/lazy/realize.ts";
import { memory } from "../../gpu.ts";
import * as nn from "../../nn/mod.ts";
import { Seeded } from "./seeded.ts";

// deno-lint-ignore no-explicit-any
export type Any = any;

/** Something to call, with arguments that fit as far as they are known. */
export interface Subject {
  readonly name: string;
  readonly call: (this: Any, ...args: Any[]) => unknown;
  /** The object of which it is a method, made anew for each call. */
  readonly self?: () => unknown;
  /** Whether a refusal may come late, after something has been computed. */
  readonly late?: boolean;
  /** Lists of arguments that fit, made anew for each call. */
  readonly fitting?: readonly (() => unknown[])[];
}

class Unknown {
  readonly shape = "none";
}

/** An array that holds itself. */
function circle(): unknown[] {
  const list: unknown[] = [1];
  list.push(list);
  return list;
}

const nested = (depth: number): unknown => {
  let list: unknown = 1;
  for (let k = 0; k < depth; k++) list = [list];
  return list;
};

/** What nobody expects, by name. */
export const WRONG: readonly (readonly [name: string, make: () => unknown])[] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["NaN", () => NaN],
  ["Infinity", () => Infinity],
  ["-Infinity", () => -Infinity],
  ["-1", () => -1],
  ["-0", () => -0],
  ["0", () => 0],
  ["0.5", () => 0.5],
  ["2 ** 31", () => 2 ** 31],
  ["2 ** 32 + 1", () => 2 ** 32 + 1],
  ["2 ** 53", () => 2 ** 53],
  ["1e300", () => 1e300],
  ["true", () => true],
  ["a BigInt", () => 3n],
  ["a long BigInt", () => 7n ** 9000n],
  ["a Symbol", () => Symbol("s")],
  ["an empty string", () => ""],
  ["a number in a string", () => "2"],
  ["__proto__", () => "__proto__"],
  ["a long string", () => "x".repeat(1e5)],
  ["a surrogate", () => "\ud800"],
  ["a RegExp", () => /x/],
  ["a Date", () => new Date(0)],
  ["an Error", () => new Error("mine")],
  ["a Promise", () => Promise.resolve(1)],
  ["a Map", () => new Map([["a", 1]])],
  ["a Set", () => new Set([1])],
  ["a WeakRef", () => new WeakRef({})],
  ["a function", () => () => undefined],
  ["an instance", () => new Unknown()],
  ["an object without a prototype", () => Object.create(null)],
  ["an object", () => ({})],
  ["unknown options", () => ({ nonesuch: 1 })],
  ["options with a number for a name", () => ({ 0: 1 })],
  ["an object that refuses to be text", () => ({ toString: null, valueOf: null })],
  ["an object of length 2", () => ({ length: 2 })],
  ["an object that holds itself", () => {
    const x: Record<string, unknown> = {};
    x.x = x;
    return x;
  }],
  ["a Proxy", () => new Proxy({}, {})],
  ["a Proxy of a list", () => new Proxy([1, 2], {})],
  ["a frozen object", () => Object.freeze({ a: 1 })],
  ["an empty list", () => []],
  ["a frozen list", () => Object.freeze([1, 2])],
  ["a list with a hole", () => [1, , 2]], // deno-lint-ignore no-sparse-arrays
  ["a list of holes", () => new Array(3)],
  ["a list of undefined", () => [undefined]],
  ["a list of null", () => [null, null]],
  ["a list of strings", () => ["a", "b"]],
  ["a list of negative numbers", () => [-1, -2]],
  ["a list of fractions", () => [0.5, NaN]],
  ["a list of Symbols", () => [Symbol("s")]],
  ["a list of BigInts", () => [1n, 2n]],
  ["a list of objects", () => [{}, {}]],
  ["a ragged list", () => [[1, 2], [3]]],
  ["a list of mixed depth", () => [1, [2]]],
  ["a list that holds itself", circle],
  ["a list that begins with itself", () => {
    const list: unknown[] = [];
    list.push(list);
    return list;
  }],
  ["a deep list", () => nested(5000)],
  ["a list of numbers too large", () => [2 ** 40, 2 ** 40]],
  ["bytes", () => Uint8Array.of(1, 2, 3)],
  ["no bytes", () => new Uint8Array(0)],
  ["a DataView", () => new DataView(new ArrayBuffer(8))],
  ["an ArrayBuffer", () => new ArrayBuffer(8)],
  ["a BigInt64Array", () => new BigInt64Array(2)],
  ["float32 numbers", () => Float32Array.of(NaN, 1)],
  ["a real scalar", () => ones([])],
  ["a real tensor", () => tensor([[1, 2, 3], [4, 5, 6]])],
  ["a complex tensor", () => complex(ones([2, 5]), 1)],
  ["a tensor of five axes", () => ones([1, 2, 1, 2, 1])],
  ["a list of tensors", () => [ones([2]), complex(ones([3]), 1)]],
  ["a module", () => new nn.CReLU()],
];

/** What often fits. */
const FITTING: readonly (() => unknown)[] = [
  () => 1,
  () => 2,
  () => 3,
  () => [2, 3],
  () => [3],
  () => [0, 1],
  () => ones([3]),
  () => tensor([[1, 2, 3], [4, 5, 6]]),
  () => tensor([[2, 1], [1, 3]]),
  () => complex(ones([2, 3]), 1),
  () => complex([[2, 1], [1, 3]], 1),
  () => complex(ones([1, 2, 4, 4]), 1),
  () => complex(ones([2, 3, 5]), 1),
  () => Uint8Array.of(0, 1),
  () => new nn.Linear(3, 2),
  () => (x: unknown) => x,
  () => (x: Any) => x instanceof Tensor ? x.abs().sum() : x,
  () => ({}),
];

/** Milliseconds that one call may take on a machine that does other things as well. */
const LONGEST = 15_000;

/** Says what went wrong, if anything, with an error that a call ended with. */
function faultOf(error: unknown): string | null {
  if (!(error instanceof ArgandError)) {
    const shown = error instanceof Error ? error.stack : String(error);
    return `a raw error: ${String(shown).split("\n").slice(0, 3).join("\n").slice(0, 400)}`;
  }
  if (error.message.length > 4001) return `an error of ${error.message.length} letters`;
  return /^Cannot [^]+?: [^]/.test(error.message) ? null : `no sentence: ${error.message}`;
}

/** Everything that is behind a result: it is computed, if it is small. */
async function settle(result: unknown): Promise<void> {
  const value = await result;
  const some = Array.isArray(value) ? value.slice(0, 3) : [value];
  for (const x of some) if (x instanceof Tensor && x.size < 1e4) await x.data();
}

/** What is wrong with one call; null if nothing is. */
async function attempt(call: () => unknown): Promise<{ fault: string | null; threw: Any }> {
  const start = performance.now();
  let threw: Any = null;
  try {
    const result = call();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it has not ended after ${LONGEST} ms`)), LONGEST);
    });
    await Promise.race([settle(result), late]).finally(() => clearTimeout(timer));
  } catch (error) {
    threw = error;
  }
  const took = performance.now() - start;
  if (took > LONGEST) return { fault: `it took ${Math.round(took)} ms`, threw };
  return { fault: threw === null ? null : faultOf(threw), threw };
}

/** Bytes that a refused call has left on the device, beside what was due before and after it. */
async function left({ call, self }: Subject, args: unknown[]): Promise<number> {
  const of = self?.();
  runPending();
  const before = memory().live;
  await attempt(() => call.apply(of, args));
  runPending();
  return memory().live - before;
}

/** What a run of the fuzzer has found. */
export interface Findings {
  /** The faults, each with the call in words. */
  readonly faults: string[];
  /** Calls, and those that were refused. */
  calls: number;
  refused: number;
  /** Subjects for which no arguments that fit are known. */
  readonly unfit: string[];
}

/** Gives each subject `rounds` lists of random arguments, and its fitting ones with each wrong value. */
export async function fuzz(
  subjects: readonly Subject[],
  { seed: first, rounds, share }: {
    readonly seed: number;
    readonly rounds: number;
    readonly share: number;
  },
): Promise<Findings> {
  const findings: Findings = { faults: [], calls: 0, refused: 0, unfit: [] };
  const known = new Set<string>();
  const call = async (subject: Subject, words: string, make: () => unknown[]): Promise<Any> => {
    findings.calls++;
    const [args, self] = [make(), subject.self?.()];
    const before = memory().live;
    let { fault, threw } = await attempt(() => subject.call.apply(self, args));
    if (threw !== null) findings.refused++;
    // A call may also carry out what earlier ones have left to do; a second one has nothing of it.
    if (threw !== null && fault === null && memory().live > before && !subject.late) {
      const bytes = await left(subject, make());
      if (bytes > 0) fault = `it left ${bytes} bytes`;
    }
    const kind = `${subject.name} ${fault?.replace(/\d+/g, "").slice(0, 200)}`;
    if (fault !== null && !known.has(kind)) {
      known.add(kind);
      findings.faults.push(`${subject.name}(${words}): ${fault}`);
    }
    return threw;
  };
  for (const subject of subjects) {
    // Of its own, so that what is tried of one does not depend on which others there are.
    const letters = Array.from(subject.name, (letter) => letter.charCodeAt(0));
    const random = new Seeded(letters.reduce((a, b) => Math.imul(a, 31) + b, first));
    const seeds = [...subject.fitting ?? []];
    const options = new Set<string>();
    const note = (error: Any) => {
      const list = /it knows ([\w, ]+)$/.exec(error?.message ?? "")?.[1];
      for (const name of list?.split(", ") ?? []) options.add(name);
    };
    for (const count of seeds.length > 0 ? [] : [1, 2]) {
      for (const make of FITTING) {
        const args = () => Array.from({ length: count }, make);
        const threw = await call(subject, "arguments that often fit", args);
        if (threw === null && seeds.length < 2) seeds.push(args);
      }
    }
    for (let k = 0; k < rounds; k++) {
      const makes = Array.from(
        { length: random.whole(0, 4) },
        () => random.next() < 0.85 ? random.of(FITTING) : random.of(WRONG)[1],
      );
      const threw = await call(subject, "random arguments", () => makes.map((make) => make()));
      note(threw);
      if (threw === null && seeds.length < 3) seeds.push(() => makes.map((make) => make()));
    }
    if (seeds.length === 0) findings.unfit.push(subject.name);
    for (const seed of seeds) {
      const { length } = seed();
      for (let at = 0; at <= length; at++) {
        for (const [name, make] of WRONG) {
          if (random.next() > share) continue;
          const args = () => seed().toSpliced(at, 1, make());
          note(await call(subject, `argument ${at} is ${name}`, args));
        }
      }
      for (const option of options) {
        for (const [name, make] of WRONG) {
          if (random.next() > share) continue;
          const args = () => {
            const list = seed();
            const found = list.findIndex((x) => Object.getPrototypeOf(x ?? 0) === Object.prototype);
            const at = found < 0 ? length : found;
            return list.toSpliced(at, 1, { ...list[at] as object, [option]: make() });
          };
          await call(subject, `{ ${option}: ${name} }`, args);
        }
      }
      for (let at = 0; at < length; at++) {
        const value = seed()[at];
        if (!Array.isArray(value)) continue;
        for (const [name, make] of WRONG) {
          if (random.next() > share) continue;
          const place = random.whole(0, value.length + 1);
          const args = () => {
            const list = seed();
            return list.toSpliced(at, 1, (list[at] as unknown[]).toSpliced(place, 1, make()));
          };
          await call(subject, `an entry of argument ${at} is ${name}`, args);
        }
      }
    }
  }
  return findings;
}
