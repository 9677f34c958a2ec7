/** Models in one file: what they are made of, and their values. */
import * as z from "zod";
import { actionOn } from "../../complex/files/array.ts";
import { replaceFile } from "../../complex/files/replace.ts";
import {
  formatSafetensors,
  readSafetensors,
  SAFETENSORS_DTYPES,
} from "../../complex/files/safetensors.ts";
import { getRandomState, setRandomState } from "../../complex/create/random.ts";
import type { Node } from "../../complex/lazy/graph.ts";
import { checkDtype } from "../../complex/lazy/precision.ts";
import type { State } from "../../complex/lazy/state.ts";
import { convert } from "../../complex/lazy/updates.ts";
import { cast } from "../../complex/ops/arithmetic.ts";
import { Tensor } from "../../complex/tensor/tensor.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { classNameOf, nameOfClass } from "../../gpu/contract/class_names.ts";
import { type InexactDType, precisionOf } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { buildModule, describeModule } from "../descriptions/description.ts";
import type { ModuleClass } from "../declare/declaration.ts";
import { allowanceOf, withAtMost } from "../allowance.ts";
import { type Json, jsonSchema } from "../json.ts";
import { Module, type StateDict } from "../module.ts";
import { CHECKPOINT } from "./checkpoint.ts";
import { type FileFormat, headerMetadata, parseFile } from "./header.ts";

/** The description of a model in both kinds of files. */
interface Described {
  readonly description?: Json;
}

const MODEL: FileFormat<Described> = {
  name: "model",
  version: 1,
  schema: z.object({ description: jsonSchema }),
};

/** Modules that any file may have, even without values. */
const MODULES = 1000;

const DTYPES = Object.keys(SAFETENSORS_DTYPES) as InexactDType[];

/** The first values of a model are not drawn: they give way to those of the file, or to nothing. */
function forgetFirstValues(model: Module): void {
  for (const [, part] of model.parts()) if (part instanceof Tensor) part.state!.rollback();
}

/** Gives the model, which has no values yet, the precision of those of the file. */
function takePrecision(model: Module, dict: StateDict): void {
  const others = model.parts().flatMap(([path, part]): [State, Node][] => {
    if (!(part instanceof Tensor)) return [];
    const entry = dict.get(path)?.dtype;
    const dtype = DTYPES.find((dtype) => SAFETENSORS_DTYPES[dtype] === entry);
    if (!dtype || precisionOf(dtype) === precisionOf(part.dtype)) return [];
    return [[part.state!, cast(part.node, precisionOf(checkDtype("load a model", dtype)))]];
  });
  if (others.length === 0) return;
  convert(others);
  forgetFirstValues(model);
}

/**
 * The bytes of a model, as {@link saveModel} writes them.
 *
 * @throws {ArgandError} if a class in it is not known; see {@link registerModule}.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const net = new nn.Sequential(new nn.Linear(3, 4), new nn.CTanh());
 * const again = nn.parseModel(await nn.formatModel(net), nn.Sequential);
 * const z = randnComplex([2, 3]);
 * assertEquals(await again.apply(z).data(), await net.apply(z).data());
 * ```
 */
export async function formatModel(model: Module): Promise<Uint8Array<ArrayBuffer>> {
  const header = { description: describeModule(model) as Json };
  const metadata = headerMetadata("save a model", MODEL, header);
  return formatSafetensors(await model.stateDict(), metadata);
}

/**
 * A model from its bytes, as {@link loadModel} gives it from a file.
 *
 * @param bytes From {@link formatModel}, or of a checkpoint.
 * @param of The class that the model must be of; any module, if absent.
 * @param name What errors call the file.
 * @throws {ArgandError} if anything is wrong with it, or it is another model.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const bytes = await nn.formatModel(new nn.Conv2d(1, 4, 3, { padding: "same" }));
 * const conv = nn.parseModel(bytes, nn.Conv2d);
 * assert(conv.weight.shape.join() === "4,1,3,3");
 * ```
 */
export function parseModel<M extends Module = Module>(
  bytes: Uint8Array,
  of?: ModuleClass<M>,
  name = "a model",
): M {
  const what = actionOn("load", name, bytes);
  const wanted: ModuleClass<Module> = of ?? Module;
  if (typeof wanted !== "function") {
    throw cannot(what, `of must be a class of modules, such as nn.Sequential, got ${describe(of)}`);
  }
  const formats: FileFormat<Described>[] = [MODEL, CHECKPOINT];
  const { header, tensors, format } = parseFile(what, bytes, name, formats);
  if (header.description === undefined) {
    throw cannot(
      what,
      "it holds the values of a model and not what it is made of; build the model as it was, and " +
        "nn.loadCheckpoint(path, { model }) gives it the values",
    );
  }
  const prefix = format === CHECKPOINT ? "model." : "";
  const dict: StateDict = new Map();
  for (const [path, entry] of tensors) {
    if (path.startsWith(prefix)) dict.set(path.slice(prefix.length), entry);
  }
  const before = getRandomState();
  try {
    const { description } = header;
    const modules = allowanceOf(description, MODULES, dict.size);
    const model = withAtMost(modules, () => buildModule(description));
    forgetFirstValues(model);
    takePrecision(model, dict);
    const kind = classNameOf(model);
    if (!(model instanceof wanted)) {
      throw new TypeError(`it holds a ${kind}, not a ${nameOfClass(wanted)}`);
    }
    model.loadStateDict(dict);
    return model as M;
  } catch (error) {
    throw cannot(what, (error as Error).message);
  } finally {
    setRandomState(before);
  }
}

/**
 * Saves a model in one safetensors file, from which {@link loadModel} builds it without the source
 * that made it: its values as in the state dict, and in the metadata, as JSON under `argand`, its
 * description; see {@link describeModule}. The file is replaced as a whole, as by
 * {@link saveCheckpoint}. Needs permission to read and write in the folder.
 *
 * A class of one's own is known after {@link registerModule}. Without it,
 * `nn.saveCheckpoint(path, { model })` saves the values, and `nn.loadCheckpoint(path, { model })` gives
 * them to a model that the program builds as before.
 *
 * @throws {ArgandError} if a class in it is not known, or the file cannot be written.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 *
 * await Deno.mkdir("out", { recursive: true });
 * await nn.saveModel("out/model.safetensors", new nn.Sequential(new nn.Linear(3, 2)));
 * ```
 */
export async function saveModel(path: string | URL, model: Module): Promise<void> {
  await replaceFile(path, await formatModel(model));
}

/**
 * Builds the model of a file of {@link saveModel}, or of a checkpoint, and gives it its values. It is
 * in training, like every new module, and in the precision of the file, whatever the default dtype. The
 * random numbers go on as if nothing had been drawn. Needs permission to read the file.
 *
 * @param path The file.
 * @param of The class that the model must be of; any module, if absent.
 * @throws {ArgandError} that names the file, if it cannot be read, is damaged, foreign or of a newer
 * version, holds another model, or what it describes cannot be built.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * await Deno.mkdir("out", { recursive: true });
 * await nn.saveModel("out/linear.safetensors", new nn.Linear(3, 2));
 * const model = await nn.loadModel("out/linear.safetensors", nn.Linear);
 * assert(model.weight.shape.join() === "2,3");
 * ```
 */
export async function loadModel<M extends Module = Module>(
  path: string | URL,
  of?: ModuleClass<M>,
): Promise<M> {
  return parseModel(await readSafetensors(path), of, String(path));
}
