/** Checkpoints: everything that a run goes on from, in one file. */
import * as z from "zod";
import { describe } from "../../complex/lazy/describe.ts";
import { actionOn } from "../../complex/files/array.ts";
import { replaceFile } from "../../complex/files/replace.ts";
import {
  formatSafetensors,
  readSafetensors,
  type SafetensorsEntry,
} from "../../complex/files/safetensors.ts";
import { getRandomState, setRandomState } from "../../complex/create/random.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { descriptionOf } from "../descriptions/description.ts";
import { type Json, jsonSchema } from "../json.ts";
import { Module, type StateDict } from "../module.ts";
import { noDefault, withDefaults } from "../checks.ts";
import { type FileFormat, headerMetadata, parseFile } from "./header.ts";
import { type Stateful, takeOver } from "./take_over.ts";

/** The parts of a checkpoint, from which it is made and into which it is loaded. */
export interface CheckpointParts {
  /** The network. */
  readonly model: Module;
  /** Its optimiser; none, if absent. */
  readonly optimizer?: Stateful;
  /** The schedule of learning rates; none, if absent. */
  readonly schedule?: Stateful;
  /** Where the data are: anything with `stateDict()` and `loadStateDict(dict)`; none, if absent. */
  readonly loader?: Stateful;
  /** How many epochs there have been; 0, if absent. Loading passes over it. */
  readonly epoch?: number;
  /** How many steps there have been; 0, if absent. Loading passes over it. */
  readonly step?: number;
  /** Anything that JSON can hold; null, if absent. Loading passes over it. */
  readonly extra?: unknown;
}

/** The progress that a checkpoint states beside the states. */
export interface CheckpointProgress {
  /** How many epochs there had been. */
  readonly epoch: number;
  /** How many steps there had been. */
  readonly step: number;
  /** The value that was saved as `extra`. */
  readonly extra: Json;
}

const PARTS = ["model", "optimizer", "schedule", "loader"] as const;

const count = z.int().nonnegative();
const headerSchema = z.object({
  parts: z.array(z.enum(PARTS)),
  description: jsonSchema.optional(),
  epoch: count,
  step: count,
  random: z.object({ seed: count, draws: count }),
  extra: jsonSchema,
});

/** The format of checkpoints. */
export const CHECKPOINT: FileFormat<z.infer<typeof headerSchema>> = {
  name: "checkpoint",
  version: 1,
  schema: headerSchema,
};

/** The parts that are there, checked. */
function partsOf(what: string, parts: CheckpointParts): [typeof PARTS[number], Stateful][] {
  const given = withDefaults<CheckpointParts>(what, parts, {
    model: noDefault<Module>(),
    optimizer: undefined,
    schedule: undefined,
    loader: undefined,
    epoch: 0,
    step: 0,
    extra: null,
  });
  if (!(given.model instanceof Module)) {
    throw cannot(what, `model must be a Module, got ${describe(given.model)}`);
  }
  return PARTS.flatMap((name): [typeof PARTS[number], Stateful][] => {
    const part = given[name];
    if (part === undefined) return [];
    if (typeof part?.stateDict === "function" && typeof part.loadStateDict === "function") {
      return [[name, part]];
    }
    throw cannot(what, `${name} has no stateDict() and loadStateDict(): ${describe(part)}`);
  });
}

/**
 * The bytes of a checkpoint, as {@link saveCheckpoint} writes them. All states are those at the call.
 *
 * @throws {ArgandError} if a part has no state dict, or `extra` is nothing that JSON can hold.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Linear(3, 2);
 * const optimizer = new nn.Adam(model.parameters(), { lr: 0.01 });
 * const bytes = await nn.formatCheckpoint({ model, optimizer, epoch: 7, extra: { best: 0.5 } });
 *
 * const { epoch, extra } = await nn.parseCheckpoint(bytes, { model, optimizer });
 * assertEquals([epoch, extra], [7, { best: 0.5 }]);
 * ```
 */
export async function formatCheckpoint(parts: CheckpointParts): Promise<Uint8Array<ArrayBuffer>> {
  const what = "make a checkpoint";
  const all = partsOf(what, parts);
  const metadata = headerMetadata(what, CHECKPOINT, {
    parts: all.map(([name]) => name),
    description: descriptionOf(parts.model),
    epoch: parts.epoch ?? 0,
    step: parts.step ?? 0,
    random: getRandomState(),
    extra: (parts.extra ?? null) as Json,
  });
  // All begun before anything is awaited: what the caller goes on with is not in them.
  const dicts = await Promise.all(all.map(([, part]) => part.stateDict()));
  const tensors: [string, SafetensorsEntry][] = dicts.flatMap((dict, k) =>
    [...dict].map(([path, entry]): [string, SafetensorsEntry] => [`${all[k][0]}.${path}`, entry])
  );
  return formatSafetensors(tensors, metadata);
}

/**
 * Loads a checkpoint from its bytes, as {@link loadCheckpoint} does from a file.
 *
 * @param bytes From {@link formatCheckpoint}.
 * @param parts What to load it into; of the parts in the file others are passed over.
 * @param name What errors call the file.
 * @throws {ArgandError} if anything is wrong with it or a part does not fit; then nothing is changed.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertRejects } from "@std/assert";
 *
 * const bytes = await nn.formatCheckpoint({ model: new nn.Linear(3, 2) });
 * const load = () => nn.parseCheckpoint(bytes, { model: new nn.Linear(2, 3) }, "run.safetensors");
 * await assertRejects(load, Error, "Cannot load run.safetensors: its model does not fit");
 * ```
 */
export async function parseCheckpoint(
  bytes: Uint8Array,
  parts: CheckpointParts,
  name = "a checkpoint",
): Promise<CheckpointProgress> {
  const what = actionOn("load", name, bytes);
  const all = partsOf(what, parts);
  const { header, tensors } = parseFile(what, bytes, name, [CHECKPOINT]);
  const dicts = new Map(header.parts.map((part): [string, StateDict] => [part, new Map()]));
  for (const [path, entry] of tensors) {
    const dot = path.indexOf(".");
    const dict = dicts.get(path.slice(0, dot));
    if (dot < 0 || !dict) throw cannot(what, `entry "${path}" belongs to no part of it`);
    dict.set(path.slice(dot + 1), entry);
  }
  const missing = all.map(([part]) => part).filter((part) => !dicts.has(part));
  if (missing.length > 0) {
    throw cannot(what, `it has no ${missing.join(" and no ")}, only ${header.parts.join(", ")}`);
  }
  await takeOver(what, all.map(([part, to]) => ({ name: part, part: to, dict: dicts.get(part)! })));
  if (all.length > 1) setRandomState(header.random);
  const { epoch, step, extra } = header;
  return { epoch, step, extra };
}

/**
 * Saves everything that a run goes on from in one safetensors file: the states of the parts under
 * `model.`, `optimizer.`, `schedule.` and `loader.`, and in the metadata, as JSON under `argand`,
 * the model's description (if all classes in it are known, see {@link describeModule}), epoch, step,
 * the state of the random numbers and `extra`.
 *
 * The file is replaced as a whole: a process that is killed at any moment leaves the old file or the
 * new one under this name, and at worst beside it a file `….part`, which the next process that saves
 * in the folder deletes a minute later or after. Needs
 * permission to read and write in the folder.
 *
 * @throws {ArgandError} as {@link formatCheckpoint} does, or if the file cannot be written.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 *
 * const model = new nn.Linear(3, 2);
 * const optimizer = new nn.Adam(model.parameters(), { lr: 0.01 });
 * await Deno.mkdir("out", { recursive: true });
 * await nn.saveCheckpoint("out/run.safetensors", { model, optimizer, epoch: 1 });
 * ```
 */
export async function saveCheckpoint(path: string | URL, parts: CheckpointParts): Promise<void> {
  await replaceFile(path, await formatCheckpoint(parts));
}

/**
 * Goes on from a file of {@link saveCheckpoint}: a run that is resumed makes the same losses as one
 * that was never interrupted, bit for bit. All is checked before anything is changed, and gradients are
 * forgotten. Needs permission to read the file.
 *
 * @param path The file.
 * @param parts What to load it into; of the parts in the file others are passed over. The random
 * numbers go on as saved, unless the model is all that is asked for.
 * @returns What was saved as epoch, step and extra.
 * @throws {ArgandError} that names the file, if it cannot be read, is damaged, foreign or of a newer
 * version, lacks a part, or a part does not fit; then nothing is changed.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const model = new nn.Linear(3, 2);
 * const optimizer = new nn.Adam(model.parameters(), { lr: 0.01 });
 * await Deno.mkdir("out", { recursive: true });
 * await nn.saveCheckpoint("out/resumed.safetensors", { model, optimizer, epoch: 3 });
 *
 * const { epoch } = await nn.loadCheckpoint("out/resumed.safetensors", { model, optimizer });
 * assert(epoch === 3);
 * ```
 */
export async function loadCheckpoint(
  path: string | URL,
  parts: CheckpointParts,
): Promise<CheckpointProgress> {
  return await parseCheckpoint(await readSafetensors(path), parts, String(path));
}
