/** The description of a class of modules: a schema of its options, and how a module is made of them. */
import * as z from "zod";
import type { Json } from "../json.ts";
import type { ModuleClass } from "../declare/declaration.ts";
import type { Module } from "../module.ts";

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
  /** The schema of the options. */
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

/** The description of a module inside another. */
export const inside: z.ZodType<ModuleDescription> = z.looseObject({
  type: z.string(),
}) as unknown as z.ZodType<ModuleDescription>;
