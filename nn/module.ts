/** The base of layers and networks: their parts by name. */
import { classNameOf, nameClass } from "../gpu/contract/class_names.ts";
import { cannot } from "../gpu/contract/errors.ts";
import { describe } from "../complex/lazy/describe.ts";
import { SAFETENSORS_DTYPES, type SafetensorsEntry } from "../complex/files/safetensors.ts";
import { accompany } from "../complex/lazy/companions.ts";
import { copied, type Node } from "../complex/lazy/graph.ts";
import { clearStale } from "../complex/lazy/losses.ts";
import { read } from "../complex/lazy/realize.ts";
import { checkFlag } from "../complex/lazy/shape.ts";
import type { State } from "../complex/lazy/state.ts";
import { checkDtype } from "../complex/lazy/precision.ts";
import { assign, convert } from "../complex/lazy/updates.ts";
import { cast } from "../complex/ops/arithmetic.ts";
import { type InexactDType, precisionOf } from "../gpu/contract/dtype.ts";
import { guide } from "../complex/tensor/habits.ts";
import { Tensor } from "../complex/tensor/tensor.ts";
import { countModule } from "./allowance.ts";
import { countEntry, EntryReader } from "./entries.ts";
import { MODULE_HABITS } from "./habits.ts";

/**
 * An integer that a module counts on the host and keeps in its state dict.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const norm = new nn.BatchNorm1d(2);
 * norm.numBatchesTracked!.value = 7;
 * assertEquals((await norm.stateDict()).get("numBatchesTracked")?.data, BigInt64Array.of(7n));
 * ```
 */
export class Counter {
  static {
    nameClass(this, "Counter");
  }

  /** The count. */
  value = 0;

  /** A count that goes back where the states that it belongs to do. */
  constructor() {
    accompany(this);
  }

  /**
   * The count, for a copy of the states.
   * @internal
   */
  note(): unknown {
    return this.value;
  }

  /**
   * Counts on from there.
   * @internal
   */
  comeBack(noted: number): void {
    this.value = noted;
  }
}

/** The values of a module by name: what `formatSafetensors` writes and `parseSafetensors` reads. */
export type StateDict = Map<string, SafetensorsEntry>;

/**
 * A part of a module.
 * @internal
 */
export type Part = Tensor | Counter | Module;

/** The contents of an array, a plain object, a `Map` or a `Set`, by name; null for anything else. */
function contents(value: object): Iterable<readonly [string | number, unknown]> | null {
  if (Array.isArray(value)) return value.entries();
  if (value instanceof Set) return [...value].entries();
  if (value instanceof Map) return Array.from(value, ([key, item]) => [nameOf(key), item]);
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? Object.entries(value) : null;
}

/** The name of a key of a `Map`. */
const nameOf = (key: unknown) => typeof key === "object" ? describe(key) : String(key);

/**
 * The base of whatever has parameters. A subclass assigns its parameters, buffers and modules to
 * properties, or to arrays, plain objects, `Map`s and `Set`s in properties, and has methods as it needs
 * them; what maps one complex tensor to another is a `Layer`. Private properties (`#weight`) and objects
 * of other classes are not looked into.
 *
 * Parts are named by their path, such as `conv1.weight`: in arrays and sets by their place, in objects
 * and maps by their key. Tensors made with `parameter` count as
 * parameters, those of them without a gradient as buffers.
 *
 * @example
 * ```ts
 * import { nn, parameter, type RealTensor, zeros } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * class Line extends nn.Module {
 *   readonly slope = parameter(zeros([1]));
 *   readonly offset = parameter(zeros([1]));
 *   at(x: RealTensor): RealTensor {
 *     return this.slope.mul(x).add(this.offset);
 *   }
 * }
 *
 * assertEquals(new Line().namedParameters().map(([name]) => name), ["slope", "offset"]);
 * ```
 */
export abstract class Module {
  #training = true;

  /** A module, which its class fills. */
  constructor() {
    countModule();
  }

  /** Whether the module is being trained: dropout drops, batch norms use and track batch statistics. */
  get training(): boolean {
    return this.#training;
  }

  /** The module's own properties by name, among which `parts` finds parts. */
  protected members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  /**
   * Everything below this module with its path, each once, in the order of the properties.
   * @internal
   */
  parts(): [path: string, part: Part][] {
    const found: [string, Part][] = [];
    const seen = new Set<unknown>();
    const paths = new Set<string>();
    const visit = (path: string, value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      const isTensor = value instanceof Tensor;
      const isModule = !isTensor && value instanceof Module;
      const isPart = isTensor || isModule || value instanceof Counter;
      const inner = isModule ? value.members() : isPart ? null : contents(value);
      if (!isPart && inner === null) return;
      const identity = isTensor ? value.state : value;
      if (identity === null || seen.has(identity)) return;
      seen.add(identity);
      if (isPart) {
        if (paths.has(path)) {
          throw cannot(
            `name the parts of ${classNameOf(this)}`,
            `two of them would be called "${path}"`,
          );
        }
        paths.add(path);
        found.push([path, value]);
      }
      if (isTensor && !value.state!.name.endsWith(`.${path}`)) value.state!.name = path;
      for (const [name, child] of inner ?? []) {
        if (typeof child === "object") visit(path ? `${path}.${name}` : `${name}`, child);
      }
    };
    visit("", this);
    return found;
  }

  /** This module and all below it, outermost first. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /** This module (with the path "") and all below it with their paths, outermost first. */
  namedModules(): [name: string, module: Module][] {
    return this.parts().filter((p): p is [string, Module] => p[1] instanceof Module);
  }

  /** All parameters with their paths. */
  namedParameters(): [name: string, parameter: Tensor][] {
    return this.parts().filter((p): p is [string, Tensor] =>
      p[1] instanceof Tensor && p[1].requiresGrad
    );
  }

  /**
   * Changes the precision of all parameters and statistics below this module, PyTorch's `to`. An optimiser
   * has moments in the precision of its parameters: make it afterwards.
   *
   * @param dtype A dtype of the wanted precision: complex parameters become complex128 by `"float64"`, too.
   * @returns This module.
   * @throws {ArgandError} if it is not a dtype, or the engine has no double precision.
   *
   * @example
   * ```ts
   * import { gpu, nn } from "@argand/argand";
   * import { assertEquals } from "@std/assert";
   *
   * await gpu.use("cpu");
   * const layer = new nn.Linear(3, 2).to("complex128");
   * assertEquals(layer.weight.dtype, "complex128");
   * ```
   */
  to(dtype: InexactDType): this {
    const what = `change the dtype of ${classNameOf(this)}`;
    const precision = precisionOf(checkDtype(what, dtype));
    const states = this.parts().flatMap(([, part]) => part instanceof Tensor ? [part.state!] : []);
    const others = states.filter((state) => precisionOf(state.dtype) !== precision);
    convert(others.map((state) => [state, cast(state.current, precision)]));
    return this;
  }

  /** All parameters, as optimisers take them. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** All buffers (tensors that are updated but not learned, such as running statistics) with their paths. */
  namedBuffers(): [name: string, buffer: Tensor][] {
    return this.parts().filter((p): p is [string, Tensor] =>
      p[1] instanceof Tensor && !p[1].requiresGrad
    );
  }

  /** Puts this module and all below it into training, or out of it. */
  train(on = true): this {
    checkFlag("train", "the switch", on);
    for (const module of this.modules()) module.#training = on;
    return this;
  }

  /** Puts this module and all below it out of training. */
  eval(): this {
    return this.train(false);
  }

  /**
   * A copy of the present values of all parameters, buffers and counters, by path.
   *
   * @returns Entries as `formatSafetensors` takes them: `F32`, `C64` interleaved, counters `I64`.
   *
   * @example
   * ```ts
   * import { nn } from "@argand/argand";
   * const one = new nn.Linear(3, 2);
   * const other = new nn.Linear(3, 2);
   * other.loadStateDict(await one.stateDict());
   * ```
   */
  async stateDict(): Promise<StateDict> {
    const parts = this.parts().filter((p): p is [string, Tensor | Counter] =>
      !(p[1] instanceof Module)
    );
    const tensors = parts.map(([, part]) => part).filter((part) => part instanceof Tensor);
    const counts = parts.map(([, part]) => part instanceof Counter ? part.value : 0);
    const values = await read(tensors.map((t) => t.node));
    let next = 0;
    return new Map(parts.map(([path, part], k): [string, SafetensorsEntry] => {
      if (part instanceof Counter) {
        return [path, countEntry(counts[k])];
      }
      const data = values[next++].slice();
      return [path, { dtype: SAFETENSORS_DTYPES[part.dtype], shape: [...part.shape], data }];
    }));
  }

  /**
   * Takes over the values of a state dict, and forgets the gradients, which come from other values.
   * All of it must fit, else nothing is changed.
   *
   * @param dict Values by path, from {@link stateDict} or a safetensors file.
   * @throws {ArgandError} that names every entry that is missing, left over, or of another kind or shape.
   */
  loadStateDict(dict: ReadonlyMap<string, SafetensorsEntry>): void {
    this.prepareStateDict(dict)();
  }

  /**
   * Checks a state dict; the returned function takes it over.
   * @internal
   */
  prepareStateDict(dict: ReadonlyMap<string, SafetensorsEntry>): () => void {
    const reader = new EntryReader(`load the state of ${classNameOf(this)}`, dict);
    const values: [State, Node][] = [];
    const counts: (() => void)[] = [];
    for (const [path, part] of this.parts()) {
      if (part instanceof Module) continue;
      if (part instanceof Counter) {
        const count = reader.count(path);
        counts.push(() => part.value = count);
        continue;
      }
      const { shape } = part;
      const data = reader.take(path, SAFETENSORS_DTYPES[part.dtype], shape);
      if (!data) continue;
      values.push([part.state!, copied(data, shape, part.dtype)]);
    }
    reader.finish();
    return () => {
      assign(...values);
      clearStale(values.map(([state]) => state));
      for (const count of counts) count();
    };
  }
}

guide(Module.prototype, MODULE_HABITS);
