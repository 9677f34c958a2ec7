/** How a layer is described and made again, from its declaration alone. */
import * as z from "zod";
import { full } from "../../complex/create/create.ts";
import { type LayerDeclaration, optionsOf } from "../declare/declaration.ts";
import { LARGEST, LEAST } from "../checks.ts";
import type { Rule } from "../declare/field.ts";
import type { Module } from "../module.ts";
import { type AnyKind, inside, type ModuleDescription } from "./kind.ts";

type Describe = (module: Module, place: string) => ModuleDescription;
type Build = (description: ModuleDescription, place: string) => Module;

/** The schema of what the JSON holds for a value; the one that the layer's own check is, for JSON. */
export function schemaOf(rule: Rule): z.ZodType {
  switch (rule.is) {
    case "integer":
      return z.int().min(rule.low).max(rule.high);
    case "number":
      return z.number().min(rule.low).max(rule.high);
    case "positive":
      return z.number().min(LEAST).max(LARGEST);
    case "flag":
      return z.boolean();
    case "null":
      return z.null();
    case "word":
      return z.enum(rule.words as [string, ...string[]]);
    case "perAxis": {
      const one = schemaOf(rule.of);
      if (rule.axes === 1) return z.union([one, z.tuple([one]).transform(([value]) => value)]);
      return z.union([one, rule.axes === 2 ? z.tuple([one, one]) : z.tuple([one, one, one])]);
    }
    case "list":
      return rule.length === null
        ? z.array(schemaOf(rule.of))
        : z.array(schemaOf(rule.of)).length(rule.length);
    case "either":
      return z.union(rule.rules.map(schemaOf));
    case "basis":
      return z.union([z.int().min(1), z.tuple([z.int().min(1), z.int().min(1)])]);
    case "layer":
    case "layerMaker":
      return inside;
    case "layers":
      return z.array(inside);
    case "tensor":
      return z.never();
  }
}

/** A value in JSON; layers by their descriptions. */
function toJson({ is }: Rule, value: unknown, name: string, child: Describe): unknown {
  if (is === "layers") {
    return (value as Module[]).map((layer, k) => child(layer, `${name}.${k}`));
  }
  return is === "layer" || is === "layerMaker" ? child(value as Module, name) : value;
}

/** A value as the constructor takes it. */
function fromJson({ is }: Rule, json: unknown, name: string, child: Build): unknown {
  switch (is) {
    case "layers":
      return (json as ModuleDescription[]).map((layer, k) => child(layer, `${name}.${k}`));
    case "layer":
      return child(json as ModuleDescription, name);
    case "layerMaker":
      return () => child(json as ModuleDescription, name);
    case "basis": // its values are in the state dict
      return Array.isArray(json) ? full(json, { re: 0, im: 0 }) : json;
    default:
      return json;
  }
}

/** The kind of a layer that has a declaration. */
// deno-lint-ignore no-explicit-any
export function declaredKind(declaration: LayerDeclaration<any, any>): AnyKind {
  const { fields } = declaration;
  const described = Object.entries(fields).filter(([, { rule }]) => rule.is !== "tensor");
  const shape = described.map(([name, field]) => {
    const schema = schemaOf(field.rule);
    return [name, "default" in field ? schema.optional() : schema] as const;
  });
  /** Values by name, each converted as its rule says. */
  const converted = (values: object, how: (rule: Rule, value: unknown, name: string) => unknown) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, how(fields[name].rule, value, name)]),
    );
  return {
    of: declaration.of(),
    schema: z.strictObject(Object.fromEntries(shape)),
    describe: (module, child) =>
      converted(optionsOf(module), (rule, value, name) => toJson(rule, value, name, child)),
    build: (options, child) =>
      declaration.make(
        converted(options, (rule, json, name) => fromJson(rule, json, name, child)),
      ),
  };
}
