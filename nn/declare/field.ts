/** Rules for options, as data: from them come the check, the words of its error, and the schema. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { range } from "../../complex/lazy/shape.ts";
import { checkPositive, LARGEST, LEAST, numberIn } from "../checks.ts";
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";
import { Layer } from "../layer.ts";

/** The rule for a value. */
export type Rule =
  | { readonly is: "integer"; readonly low: number; readonly high: number }
  | { readonly is: "number"; readonly low: number; readonly high: number }
  | { readonly is: "positive" }
  | { readonly is: "flag" }
  | { readonly is: "null" }
  | { readonly is: "word"; readonly words: readonly string[] }
  /** One value for all axes, or a list of one for each. */
  | { readonly is: "perAxis"; readonly axes: number; readonly of: Rule }
  /** A list of so many, or of any number. */
  | { readonly is: "list"; readonly of: Rule; readonly length: number | null }
  | { readonly is: "either"; readonly rules: readonly Rule[] }
  /** A layer, and in JSON its description; null stands for the one that is usual. */
  | { readonly is: "layer" }
  /** A function that makes such a layer. */
  | { readonly is: "layerMaker" }
  /** Layers as the last arguments, each by itself. */
  | { readonly is: "layers" }
  /** A number of modes, or a basis of them, which the state dict holds: in JSON its shape. */
  | { readonly is: "basis" }
  /** A tensor, which no description holds. */
  | { readonly is: "tensor" };

/** An option or an argument of type T: neither a narrower nor a wider one. */
export interface Field<T> {
  /** The rule for its values. */
  readonly rule: Rule;
  /** Absent: it makes the type hold for both reading and writing. */
  readonly type?: (value: T) => T;
}

/** An option that has a default. */
export interface Optional<T> extends Field<T> {
  /** The value where the option is absent. */
  readonly default: T;
  /** Whether descriptions leave it out where it has its default. */
  readonly brief?: boolean;
}

/** The fields of an interface of options: those of its optional members have defaults. */
export type FieldsOf<O> = {
  readonly [K in keyof O]-?: Record<never, never> extends Pick<O, K>
    ? Optional<Exclude<O[K], undefined>>
    : Field<O[K]> & { readonly default?: undefined };
};

/** Any fields by name. */
export type Fields = Readonly<
  Record<
    string,
    { readonly rule: Rule; readonly default?: unknown; readonly brief?: boolean }
  >
>;

/** The values of fields. */
export type ValuesOf<F> = { readonly [K in keyof F]: F[K] extends Field<infer T> ? T : never };

const field = <T>(rule: Rule): Field<T> => ({ rule });

/** The same with a default. */
export function optional<T>({ rule }: Field<T>, value: T): Optional<T> {
  return { rule, default: value };
}

/** The same where descriptions leave the default out, for options that layers have not always had. */
export function brief<T>(field: Optional<T>): Optional<T> {
  return { ...field, brief: true };
}

/** An integer in [low, high]. */
export function integer(low = -Infinity, high = Infinity): Field<number> {
  return field({ is: "integer", low, high });
}

/** An integer of at least 1. */
export const positiveInteger: Field<number> = integer(1);

/** A finite number in [low, high]. */
export function number(low = -Infinity, high = Infinity): Field<number> {
  return field({ is: "number", low, high });
}

/** A number above 0, in float32 as well. */
export const positiveNumber: Field<number> = field({ is: "positive" });

/** True or false. */
export const flag: Field<boolean> = field({ is: "flag" });

/** One of these words. */
export function word<const W extends string>(...words: readonly W[]): Field<W> {
  return field({ is: "word", words });
}

/** A value, or null. */
export function nullable<T>(of: Field<T>): Field<T | null> {
  return either(of, field<null>({ is: "null" }));
}

/** A value of one kind or the other. */
export function either<A, B>(one: Field<A>, other: Field<B>): Field<A | B> {
  return field({ is: "either", rules: [one.rule, other.rule] });
}

/** A list. */
export function list<T>(of: Field<T>): Field<readonly T[]> {
  return field({ is: "list", of: of.rule, length: null });
}

/** A list of one alone. */
export function listOfOne<T>(of: Field<T>): Field<readonly [T]> {
  return field({ is: "list", of: of.rule, length: 1 });
}

/** One value, for layers over one axis. */
export function single(of: Field<number>): Field<number> {
  return field({ is: "perAxis", axes: 1, of: of.rule });
}

/** One value for both axes, or one for each. */
export function pairOf<T>(of: Field<T>): Field<T | readonly [T, T]> {
  return field({ is: "perAxis", axes: 2, of: of.rule });
}

/** One value for all three axes, or one for each. */
export function tripleOf<T>(of: Field<T>): Field<T | readonly [T, T, T]> {
  return field({ is: "perAxis", axes: 3, of: of.rule });
}

/** A layer, or null for the one that is usual. */
export const layer: Field<Layer | null> = field({ is: "layer" });

/** A function that makes a layer. */
export const layerMaker: Field<() => Layer> = field({ is: "layerMaker" });

/** Layers as the last arguments. */
export const layers: Field<readonly Layer[]> = field({ is: "layers" });

/** A number of modes, or a basis of them; the layer checks it. */
export const basis: Field<number | ComplexTensor> = field({ is: "basis" });

/** A tensor, which no description holds; the layer checks it. */
export function undescribed<T>(): Field<T> {
  return field({ is: "tensor" });
}

const inRange = (x: number, low: number, high: number) => x >= low && x <= high;

/** Whether a value is what it must be; tensors are left to the layer. */
export function fits(rule: Rule, value: unknown): boolean {
  switch (rule.is) {
    case "integer":
      return Number.isSafeInteger(value) && inRange(value as number, rule.low, rule.high);
    case "number":
      return Number.isFinite(value) && inRange(value as number, rule.low, rule.high);
    case "positive":
      return typeof value === "number" && inRange(value, LEAST, LARGEST);
    case "flag":
      return typeof value === "boolean";
    case "null":
      return value === null;
    case "word":
      return rule.words.includes(value as string);
    case "perAxis":
      if (!Array.isArray(value)) return fits(rule.of, value);
      return value.length === rule.axes && value.every((item) => fits(rule.of, item));
    case "list":
      return Array.isArray(value) && value.length === (rule.length ?? value.length) &&
        value.every((item) => fits(rule.of, item));
    case "either":
      return rule.rules.some((one) => fits(one, value));
    case "layer":
      return value === null || value instanceof Layer;
    case "layerMaker":
      return typeof value === "function";
    case "layers":
      return Array.isArray(value) && value.every((item) => item instanceof Layer);
    case "basis":
    case "tensor":
      return true;
  }
}

const MANY: Readonly<Record<number, string>> = { 2: " or a pair of them", 3: " or three of them" };

/** A rule in words. */
export function phrase(rule: Rule): string {
  switch (rule.is) {
    case "integer":
      return rule.low === 1 && rule.high === Infinity
        ? "a positive integer"
        : `an integer${range(rule.low, rule.high)}`;
    case "number":
      return numberIn(rule.low, rule.high);
    case "positive":
      return "a number above 0";
    case "flag":
      return "true or false";
    case "null":
      return "null";
    case "word":
      return rule.words.map((one) => `"${one}"`).join(" or ");
    case "perAxis":
      return phrase(rule.of) + (MANY[rule.axes] ?? "");
    case "list":
      return rule.length === 1 ? "a list of one" : `a list, each ${phrase(rule.of)}`;
    case "either":
      return rule.rules.map(phrase).join(" or ");
    case "layer":
      return "a Layer";
    case "layerMaker":
      return "a function that makes a layer";
    case "layers":
      return "layers";
    case "basis":
    case "tensor":
      return "a tensor";
  }
}

/** The part of a rule that is for such a value: of numbers errors need not say what lists may be. */
function partFor(rule: Rule, value: unknown): Rule {
  if (typeof value !== "number") return rule;
  if (rule.is === "perAxis") return partFor(rule.of, value);
  return rule.is === "either" ? partFor(rule.rules[0], value) : rule;
}

/** Refuses a value that is not what it must be. */
export function check(
  what: string,
  name: string,
  { rule }: { readonly rule: Rule },
  value: unknown,
): void {
  if (fits(rule, value)) return;
  if (rule.is === "positive") checkPositive(what, name, value);
  const short = Array.isArray(value) && value.length <= 8;
  const got = short ? `[${value.map(describe).join(", ")}]` : describe(value);
  throw cannot(what, `${name} must be ${phrase(partFor(rule, value))}, got ${got}`);
}
