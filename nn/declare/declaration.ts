/**
 * The arguments and options of a layer, declared once beside it: from them come the defaults and checks
 * of its options, the record of how it was made, and its description in JSON.
 */
import { nameClassLater, nameOfClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { Tensor } from "../../complex/tensor/tensor.ts";
import type { Module } from "../module.ts";
import { copyOf, withDefaults } from "../checks.ts";
import { check, type Fields, type FieldsOf, type Rule, type ValuesOf } from "./field.ts";

/** Arguments as a constructor takes them: absent ones have a default. */
type Given<A> = { readonly [K in keyof A]: A[K] | undefined };

/** A class of modules, whatever its constructor takes. */
// deno-lint-ignore no-explicit-any
export type ModuleClass<M extends Module> = abstract new (...args: any[]) => M;

/** The options of a function or a layer. */
export class OptionsDeclaration<O extends object> {
  /** The rule and the default of each option. */
  readonly fields: Fields;
  readonly #defaults: Readonly<Record<string, unknown>>;
  readonly #required: readonly string[];

  /** Options that are such fields. */
  constructor(fields: FieldsOf<O>) {
    this.fields = fields as unknown as Fields;
    const entries = Object.entries(this.fields);
    this.#defaults = Object.fromEntries(entries.map(([name, one]) => [name, one.default]));
    this.#required = entries.filter(([, one]) => !("default" in one)).map(([name]) => name);
  }

  /** The options in full, copied; refuses unknown names and values that do not fit. */
  complete(what: string, given: O | undefined): Required<O> {
    const full = withDefaults(what, given, this.#defaults) as Record<string, unknown>;
    if (given) {
      for (const name of Object.keys(given)) check(what, name, this.fields[name], full[name]);
    }
    for (const name of this.#required) check(what, name, this.fields[name], full[name]);
    return full as Required<O>;
  }
}

/** Declares options; the compiler holds the fields equal to the interface O. */
export function declareOptions<O extends object>(fields: FieldsOf<O>): OptionsDeclaration<O> {
  return new OptionsDeclaration<O>(fields);
}

const made = new WeakMap<Module, Readonly<Record<string, unknown>>>();

/** How a class of layers is made: arguments A by name in the constructor's order, then options O. */
export class LayerDeclaration<A, O extends object> {
  /** The action in errors, such as `make a Linear`. */
  readonly what: string;
  /** Its type in descriptions. */
  readonly type: string;
  /** The rule of each argument and each option, in the order in which they are described. */
  readonly fields: Fields;
  readonly #arguments: Fields;
  readonly #options: OptionsDeclaration<O> | null;
  readonly #brief: boolean;

  /** See {@link declareLayer}. */
  constructor(
    name: string,
    /** The class, which is not there yet when it is declared. */
    readonly of: () => ModuleClass<Module>,
    given: Fields,
    options: OptionsDeclaration<O> | null,
    brief: boolean,
  ) {
    this.what = `make ${name}`;
    this.type = name.slice(name.indexOf(" ") + 1);
    this.#arguments = given;
    this.#options = options;
    this.#brief = brief;
    this.fields = { ...given, ...options?.fields };
  }

  /** The arguments and options in full, checked before anything else happens. */
  complete(given: Given<A>, options?: O): A & Required<O> {
    const full: Record<string, unknown> = {};
    for (const [name, field] of Object.entries(this.#arguments)) {
      const value = (given as Record<string, unknown>)[name];
      full[name] = value === undefined ? field.default : value;
      check(this.what, name, field, full[name]);
    }
    return { ...full, ...this.#options?.complete(this.what, options) } as A & Required<O>;
  }

  /** Like {@link complete}, and notes with what the layer is made. */
  take(layer: Module, given: Given<A>, options?: O): A & Required<O> {
    const full = this.complete(given, options);
    this.note(layer, this.#brief ? { ...given, ...options } : full);
    return full;
  }

  /** Notes with what a layer is made, beside what is noted; absent options are left out. */
  note(layer: Module, values: object): void {
    const noted = { ...made.get(layer) };
    for (const [name, value] of Object.entries(values)) {
      const { rule: { is }, brief, default: usual } = this.fields[name];
      if (value === undefined || is === "tensor" || brief && value === usual) continue;
      const plain = is === "basis" && value instanceof Tensor ? value.shape : value;
      noted[name] = is.startsWith("layer") ? value : copyOf(plain);
    }
    made.set(layer, noted);
  }

  /** A layer of these values by name. */
  make(values: Readonly<Record<string, unknown>>): Module {
    const names = Object.keys(this.#arguments);
    const given = names.map((name) => values[name]);
    const options = Object.entries(values).filter(([name]) => !names.includes(name));
    // deno-lint-ignore no-explicit-any
    const Class = this.of() as new (...args: any[]) => Module;
    const spread = names.some((name) => this.#arguments[name].rule.is === "layers");
    if (spread) return new Class(...given[0] as unknown[]);
    return this.#options ? new Class(...given, Object.fromEntries(options)) : new Class(...given);
  }
}

// deno-lint-ignore no-explicit-any
type AnyDeclaration = LayerDeclaration<any, any>;

const declared: AnyDeclaration[] = [];
let byClass = new Map<unknown, AnyDeclaration>();

/**
 * Declares a layer.
 *
 * @param name Its name with the article, `"a Linear"`: errors read `Cannot make a Linear: …`, and
 * descriptions have the type `Linear`.
 * @param of The class.
 * @param given The constructor's arguments before the options, by name and in order.
 * @param options Its options.
 * @param brief Descriptions leave out options that are not given: for layers that hand their options
 * on to a function, which has the defaults.
 */
export function declareLayer<F extends object, O extends object = Record<never, never>>(
  name: string,
  of: () => ModuleClass<Module>,
  given: F & Readonly<Record<keyof F, { readonly rule: Rule }>>,
  options: OptionsDeclaration<O> | null = null,
  { brief = false }: { readonly brief?: boolean } = {},
): LayerDeclaration<ValuesOf<F>, O> {
  const one = new LayerDeclaration<ValuesOf<F>, O>(name, of, given as Fields, options, brief);
  declared.push(one);
  nameClassLater(of, one.type);
  return one;
}

/** All declarations of layers. */
export function declarations(): readonly AnyDeclaration[] {
  return declared;
}

/** The declaration of a class, or of the class that it extends. */
export function declarationOf<A, O extends object>(
  of: ModuleClass<Module>,
): LayerDeclaration<A, O> {
  if (byClass.size < declared.length) byClass = new Map(declared.map((one) => [one.of(), one]));
  for (let base: unknown = of; base; base = Object.getPrototypeOf(base)) {
    const one = byClass.get(base);
    if (one) return one as unknown as LayerDeclaration<A, O>;
  }
  throw cannot(`make a ${nameOfClass(of)}`, "it extends no class that can be made itself");
}

/** With what a layer was made, by name. */
export function optionsOf(layer: Module): Readonly<Record<string, unknown>> {
  return made.get(layer) ?? {};
}
