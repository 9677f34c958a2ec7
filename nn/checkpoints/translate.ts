/** Checkpoints of other libraries, renamed and recombined into a state dict of ours. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../../complex/lazy/describe.ts";
import type { SafetensorsEntry } from "../../complex/files/safetensors.ts";
import { ComplexTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import { Counter, Module } from "../module.ts";
import { checkOptions, withDefaults } from "../checks.ts";
import { optionsOf } from "../declare/declaration.ts";
import { type Entries, Reader } from "./reader.ts";

/** How one kind of layer is stored there; what is not named has the same name in snake_case. */
export interface Convention {
  /** The layers that are stored so. */
  readonly of: abstract new (...options: never[]) => Module;
  /** The place there of a layer within, by its name, where the two differ; see `Reader.at`. */
  child?(name: string, module: Module): string | undefined;
  /** How our parts follow from the entries there. */
  readonly parts?: Readonly<
    Record<string, (there: Reader, module: Module) => SafetensorsEntry | null>
  >;
}

/** Options of the loaders. */
export interface CheckpointOptions {
  /**
   * Names of modules there by our paths, where they differ beyond camelCase and snake_case:
   * `{ "features.2": "bn" }`; none, if absent.
   */
  readonly names?: Readonly<Record<string, string>>;
}

/** A complex map made of two real ones, A + iB, each with a bias of its own. */
export function two(of: Convention["of"], a: string, b: string): Convention {
  return {
    of,
    parts: {
      weight: (there) => there.pair(`${a}.weight`, `${b}.weight`),
      bias: (there) => there.pair(`${a}.bias`, `${b}.bias`, (p, q) => [p - q, p + q]),
    },
  };
}

/** The parts of two real norms, as complex numbers. */
const both = (name: string) => (there: Reader) => there.pair(`bn_r.${name}`, `bn_i.${name}`);

/** A norm of both parts, which is stored as two real ones. */
export const bothNorms: Convention["parts"] = {
  weight: both("weight"),
  bias: both("bias"),
  runningMean: both("running_mean"),
  runningVar: both("running_var"),
  numBatchesTracked(there) {
    there.count("bn_i.num_batches_tracked");
    return there.count("bn_r.num_batches_tracked");
  },
};

/** A single number as a vector of one. */
export function asVector(entry: SafetensorsEntry | null): SafetensorsEntry | null {
  return entry && entry.shape.length === 0 ? { ...entry, shape: [1] } : entry;
}

const snake = (name: string) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);

/** Where a module is stored, and how. */
interface Place {
  readonly path: string;
  readonly there: string;
  readonly module: Module;
  readonly convention?: Convention;
}

const under = (path: string, name: string) => (path ? `${path}.${name}` : name);

/** The values of `entries` under our names; refuses with every name that does not match. */
export function translate(
  what: string,
  module: Module,
  entries: Entries,
  conventions: readonly Convention[],
  options?: CheckpointOptions,
): Map<string, SafetensorsEntry> {
  if (!(module instanceof Module)) throw cannot(what, `it takes a Module, got ${describe(module)}`);
  if (!(entries instanceof Map)) {
    throw cannot(what, `it takes a Map of entries, got ${describe(entries)}`);
  }
  const { names } = withDefaults<Required<CheckpointOptions>>(what, options, { names: {} });
  checkOptions(what, names);
  const own = new Set(module.namedModules().map(([path]) => path));
  const strangers = Object.keys(names).filter((path) => !own.has(path));
  if (strangers.length > 0) {
    throw cannot(what, `there is no module ${strangers.join(", ")} to name`);
  }

  const root = new Reader(entries);
  const found = new Map<string, SafetensorsEntry>();
  const places: Place[] = [];
  for (const [path, part] of module.parts()) {
    // The module around it; it comes first, and between the two there may be arrays.
    const around = places.filter((p) => p.path === "" || path.startsWith(`${p.path}.`))
      .reduce<Place | null>((a, b) => (a && a.path.length > b.path.length ? a : b), null);
    const name = around?.path ? path.slice(around.path.length + 1) : path;
    if (part instanceof Module) {
      // Real layers are PyTorch's own there, and so are their names.
      const isReal = optionsOf(part).kind === "real";
      const convention = isReal ? undefined : conventions.find((c) => part instanceof c.of);
      const there = names[path] ?? (around ? placeWithin(around, name, root) : "");
      places.push({ path, there, module: part, convention });
      continue;
    }
    const reader = root.at(around!.there);
    const rule = around!.convention?.parts?.[name];
    const value = rule ? rule(reader, around!.module) : reader[kindOf(part)](snake(name));
    if (value) found.set(path, value);
  }
  const faults = root.faults();
  if (faults.length > 0) throw cannot(what, faults.join("; "));
  return found;
}

/** The name there of a module within another. */
function placeWithin(around: Place, name: string, root: Reader): string {
  const renamed = around.convention?.child?.(name, around.module);
  if (renamed !== undefined) return under(around.there, renamed);
  const same = under(around.there, name);
  return root.holds(same) ? same : under(around.there, snake(name));
}

function kindOf(part: Tensor | Counter): "complex" | "real" | "count" {
  if (part instanceof Counter) return "count";
  return part instanceof ComplexTensor ? "complex" : "real";
}
