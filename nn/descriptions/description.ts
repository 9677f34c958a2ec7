/** Modules as plain JSON, and back. */
import { describe } from "../../complex/lazy/describe.ts";
import { allOrNothing } from "../../complex/lazy/updates.ts";
import { classNameOf, nameClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { allowanceOf, withAtMost } from "../allowance.ts";
import type { Json } from "../json.ts";
import { Module } from "../module.ts";
import { declarations } from "../declare/declaration.ts";
import "../layers/mod.ts"; // declares all layers
import { declaredKind } from "./declared.ts";
import { type AnyKind, inside, type ModuleDescription, type ModuleKind } from "./kind.ts";

/** How deep modules may lie within one another. */
const DEEPEST = 100;

/** Modules that any description may make; those that it names come on top. */
const MODULES = 10_000;

/** The kinds by type; not by the classes' own names, which bundlers shorten. */
const kinds = new Map<string, AnyKind>(declarations().map((one) => [one.type, declaredKind(one)]));

/** The types by class. */
const types = new Map<unknown, string>(Array.from(kinds, ([type, kind]) => [kind.of, type]));

const under = (path: string, name: string) => (path ? `${path}.${name}` : name);
const at = (path: string) => (path ? ` at ${path}` : "");

/**
 * Makes a class of one's own known to {@link describeModule} and {@link buildModule}.
 *
 * @param type The name for it in descriptions.
 * @param kind The class, a zod schema of the options, and how to get and use them.
 * @throws {ArgandError} if the type or the class is known already.
 *
 * @example
 * ```ts
 * import { type ComplexTensor, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 * import * as z from "zod";
 *
 * class Residual extends nn.Layer {
 *   constructor(readonly inner: nn.Layer, readonly scale: number) {
 *     super();
 *   }
 *   override apply(z: ComplexTensor) {
 *     return z.add(this.inner.apply(z).mul(this.scale));
 *   }
 * }
 *
 * nn.registerModule("Residual", {
 *   of: Residual,
 *   schema: z.strictObject({ inner: z.looseObject({ type: z.string() }), scale: z.number() }),
 *   describe: ({ inner, scale }, child) => ({ inner: child(inner, "inner"), scale }),
 *   build: ({ inner, scale }, child) => new Residual(child(inner, "inner") as nn.Layer, scale),
 * });
 *
 * const json = nn.describeModule(new Residual(new nn.CReLU(), 0.5));
 * assertEquals(json, { type: "Residual", inner: { type: "CReLU" }, scale: 0.5 });
 * ```
 */
export function registerModule<M extends Module, O>(type: string, kind: ModuleKind<M, O>): void {
  const what = `register ${describe(type)}`;
  if (typeof type !== "string" || type === "") throw cannot(what, "the type must be a word");
  const { of, schema, describe: take, build } = (kind ?? {}) as Partial<ModuleKind<M, O>>;
  if (!((of as { prototype?: unknown } | undefined)?.prototype instanceof Module)) {
    throw cannot(what, `of must be a class of modules, got ${describe(of)}`);
  }
  if (typeof schema?.safeParse !== "function") {
    throw cannot(what, `schema must be a schema of zod, got ${describe(schema)}`);
  }
  if (typeof take !== "function" || typeof build !== "function") {
    const got = `${describe(take)} and ${describe(build)}`;
    throw cannot(what, `describe and build must be functions, got ${got}`);
  }
  if (kinds.has(type)) throw cannot(what, "the type is taken");
  if (types.has(of)) throw cannot(what, `its class is known as "${types.get(of)}"`);
  kinds.set(type, kind);
  types.set(of, type);
  nameClass(of!, type);
}

/**
 * A module in plain JSON: its type, its options, and the modules within. Values of parameters and
 * buffers are not in it, they are in the state dict.
 *
 * @throws {ArgandError} if a module within is of a class that is not known; see {@link registerModule}.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const json = nn.describeModule(new nn.Sequential(new nn.Linear(4, 2), new nn.CReLU()));
 * assertEquals(json, {
 *   type: "Sequential",
 *   layers: [
 *     { type: "Linear", inFeatures: 4, outFeatures: 2, bias: true },
 *     { type: "CReLU" },
 *   ],
 * });
 * ```
 */
export function describeModule(module: Module): ModuleDescription {
  return descriptionAt("", module, 0);
}

/** The description of a module; absent where a class in it is not known. */
export function descriptionOf(module: Module): ModuleDescription | undefined {
  const known = module.modules().every((m) => types.has(m.constructor));
  return known ? describeModule(module) : undefined;
}

function descriptionAt(path: string, module: Module, depth: number): ModuleDescription {
  const what = "describe a module";
  if (!(module instanceof Module)) {
    throw cannot(what, `it takes a Module${at(path)}, got ${describe(module)}`);
  }
  if (depth > DEEPEST) throw cannot(what, `modules lie deeper than ${DEEPEST} in one another`);
  const type = types.get(module.constructor);
  if (type === undefined) {
    throw cannot(
      what,
      `the class ${classNameOf(module)}${
        at(path)
      } is not known; nn.registerModule makes it so, and ` +
        "nn.saveCheckpoint(path, { model }) saves the values of models of any class",
    );
  }
  const child = (inner: Module, place: string) =>
    descriptionAt(under(path, place), inner, depth + 1);
  const kind = kinds.get(type)!;
  return { type, ...checked(what, type, kind, kind.describe(module, child), path) };
}

/** The options as the schema gives them; refuses wrong ones with their place. */
function checked(
  what: string,
  type: string,
  { schema }: AnyKind,
  options: unknown,
  path: string,
): Record<string, Json> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const { path: inner, message } = parsed.error.issues[0];
  const place = inner.reduce<string>((all, name) => under(all, String(name)), path);
  throw cannot(what, `the options of ${type} are wrong${at(place)}: ${message}`);
}

/**
 * Builds the module that a description tells of, with fresh weights; see `manualSeed`.
 *
 * @param description From {@link describeModule}; nothing of it is trusted.
 * @throws {ArgandError} that names the place in the JSON, if a type or an option is unknown or an
 * option is none that fits, or if it asks for thousands of modules more than it
 * names.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const net = nn.buildModule({
 *   type: "Sequential",
 *   layers: [{ type: "Linear", inFeatures: 4, outFeatures: 2 }, { type: "CReLU" }],
 * }) as nn.Sequential;
 * assert(net.apply(randnComplex([3, 4])).shape[1] === 2);
 * ```
 */
export function buildModule(description: unknown): Module {
  let module: Module;
  // Of a description that is refused halfway no first values stay, which the next schedule would draw.
  allOrNothing(() => {
    module = withAtMost(
      allowanceOf(description, MODULES),
      () => moduleAt("", description, 0),
    );
  });
  return module!;
}

function moduleAt(path: string, description: unknown, depth: number): Module {
  const what = "build a module";
  const parsed = inside.safeParse(description);
  if (!parsed.success) {
    throw cannot(what, `it takes { type, … }${at(path)}, got ${describe(description)}`);
  }
  if (depth > DEEPEST) throw cannot(what, `modules lie deeper than ${DEEPEST} in one another`);
  const { type, ...rest } = parsed.data;
  const kind = kinds.get(type);
  if (!kind) throw cannot(what, `the type ${describe(type)}${at(path)} is not known`);
  const options = checked(what, type, kind, rest, path);
  const child = (inner: { readonly type: string }, place: string) =>
    moduleAt(under(path, place), inner, depth + 1);
  try {
    return kind.build(options, child);
  } catch (error) {
    const { message } = error as Error;
    if (message.startsWith(`Cannot ${what}`)) throw error; // of a module within
    throw cannot(what, `the ${type}${at(path)} can't be made: ${message}`);
  }
}
