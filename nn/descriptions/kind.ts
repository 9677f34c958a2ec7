/** What the descriptions of a class of modules need: a schema of its options, and how it is made of them. */
import { z } from "zod";
import type { Json } from "../json.ts";
import { optionsOf } from "../made.ts";
import type { Module } from "../module.ts";

/** A class of modules, whatever its constructor takes. */
// deno-lint-ignore no-explicit-any
export type ModuleClass<M extends Module> = abstract new (...args: any[]) => M;

/** A module in plain JSON: its type, and its options by name. */
export interface ModuleDescription {
  /** The name under which its class is known. */
  readonly type: string;
  /** An option; in place of modules stand their descriptions. */
  readonly [option: string]: Json;
}

/** A schema of options, such as zod's. */
export interface OptionsSchema<O> {
  /** The checked options, or what is wrong with them and where. */
  safeParse(options: unknown): { readonly success: true; readonly data: O } | {
    readonly success: false;
    readonly error: {
      readonly issues: readonly {
        readonly path: readonly PropertyKey[];
        readonly message: string;
      }[];
    };
  };
}

/** How modules of a class are described in JSON, and built from it. */
export interface ModuleKind<M extends Module, O> {
  /** The class itself; subclasses are other kinds. */
  readonly of: ModuleClass<M>;
  /** What the options must be. */
  readonly schema: OptionsSchema<O>;
  /**
   * The options of a module. `child(module, "layers.0")` describes one inside; the place is for errors.
   */
  describe(module: M, child: (module: Module, place: string) => ModuleDescription): O;
  /** A module of these options, with fresh weights. */
  build(options: O, child: (description: { readonly type: string }, place: string) => Module): M;
}

// deno-lint-ignore no-explicit-any
export type AnyKind = ModuleKind<any, any>;

/** Kinds by type; not by the classes' own names, which bundlers shorten. */
export type Kinds = Readonly<Record<string, AnyKind>>;

/** The kind of a layer that keeps what it was made with. */
export function layer<M extends Module, S extends z.ZodRawShape>(
  of: ModuleKind<M, unknown>["of"],
  options: S,
  build: (options: z.output<z.ZodObject<S>>) => M,
): ModuleKind<M, z.output<z.ZodObject<S>>> {
  type O = z.output<z.ZodObject<S>>;
  const schema = z.strictObject(options) as unknown as z.ZodType<O>;
  return { of, schema, describe: (module) => optionsOf(module) as O, build };
}

/** An integer. */
export const whole: z.ZodInt = z.int();
/** A size: a positive integer. */
export const size: z.ZodInt = z.int().min(1);
/** A switch that may be absent. */
export const flag: z.ZodOptional<z.ZodBoolean> = z.boolean().optional();
/** A number that may be absent. */
export const number: z.ZodOptional<z.ZodNumber> = z.number().optional();

/** One value, or a list of it alone. */
export const oneOf = <T extends z.ZodType>(one: T) =>
  z.union([one, z.tuple([one]).transform(([value]) => value as z.output<T>)]);
/** One value for two axes, or one for each. */
export const pairOf = <T extends z.ZodType>(one: T) => z.union([one, z.tuple([one, one])]);
/** One value for three axes, or one for each. */
export const tripleOf = <T extends z.ZodType>(one: T) => z.union([one, z.tuple([one, one, one])]);

/** The description of a module inside another. */
export const inside: z.ZodType<ModuleDescription> = z.looseObject({
  type: z.string(),
}) as unknown as z.ZodType<ModuleDescription>;
