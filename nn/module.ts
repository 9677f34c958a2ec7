/** What layers and networks have in common: both forms of application, and their parts by name. */
import { cannot } from "../gpu/errors.ts";
import { complex, complexTensor, tensor } from "../complex/create.ts";
import type { SafetensorsEntry } from "../complex/files/safetensors.ts";
import { read } from "../complex/realize.ts";
import { sameShape, show } from "../complex/shape.ts";
import {
  checkComplex,
  checkReal,
  type ComplexTensor,
  type RealTensor,
  Tensor,
} from "../complex/tensor.ts";

/** A whole number that a module counts on the host and keeps in its state dict. */
export class Counter {
  /** The count. */
  value = 0;
}

/** The values of a module by name: what `formatSafetensors` writes and `parseSafetensors` reads. */
export type StateDict = Map<string, SafetensorsEntry>;

type Part = Tensor | Counter | Module;

/**
 * The base of layers and networks. A subclass assigns its parameters, buffers and layers to
 * properties (or arrays in properties) and implements `apply`, from complex tensor to complex tensor,
 * or `forward`, from real and imaginary part to real and imaginary part; the other form follows. The
 * pair costs nothing: both parts are views of the complex tensor.
 *
 * Parts are named by their path, such as `conv1.weight`. Tensors made with `parameter` count as
 * parameters, those of them without a gradient as buffers.
 *
 * @example
 * ```ts
 * import { type ComplexTensor, nn, randnComplex } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(8, 16);
 *   out = new nn.Linear(16, 2);
 *   relu = new nn.CReLU();
 *   override apply(z: ComplexTensor): ComplexTensor {
 *     return this.out.apply(this.relu.apply(this.hidden.apply(z)));
 *   }
 * }
 *
 * const net = new Net();
 * console.log(net.namedParameters().map(([name]) => name)); // hidden.weight, hidden.bias, …
 * const z = randnComplex([4, 8]);
 * const [yr, yi] = net.forward(z.real, z.imag);
 * assert(yr.shape[1] === 2 && yi.shape[0] === 4);
 * ```
 */
export abstract class Module {
  #training = true;

  /** Whether the module is being trained: dropout drops, batch norms use and track batch statistics. */
  get training(): boolean {
    return this.#training;
  }

  /**
   * The native form.
   *
   * @param z The input.
   * @returns The output.
   */
  apply(z: ComplexTensor): ComplexTensor {
    const what = `apply ${this.constructor.name}`;
    if (this.forward === Module.prototype.forward) {
      throw cannot(what, "it defines neither apply nor forward");
    }
    checkComplex(what, z);
    return complex(...this.forward(z.real, z.imag));
  }

  /**
   * The pair form: `const [yr, yi] = layer.forward(xr, xi)`.
   *
   * @param xr The real part.
   * @param xi The imaginary part, of the same shape.
   * @returns Both parts of the output.
   */
  forward(xr: RealTensor, xi: RealTensor): [RealTensor, RealTensor] {
    const what = `apply ${this.constructor.name}`;
    if (!sameShape(checkReal(what, xr).shape, checkReal(what, xi).shape)) {
      throw cannot(
        what,
        `the real part has shape ${show(xr.shape)} and the imaginary part ${show(xi.shape)}`,
      );
    }
    const y = this.apply(complex(xr, xi));
    return [y.real, y.imag];
  }

  /** The module's own parts by name; whatever is no tensor, module or array of such is passed over. */
  protected members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  /** Everything below this module with its path, each once, in the order of the properties. */
  #parts(): [path: string, part: Part][] {
    const found: [string, Part][] = [];
    const seen = new Set<unknown>();
    const visit = (path: string, part: unknown): void => {
      const isTensor = part instanceof Tensor;
      if (Array.isArray(part)) {
        part.forEach((item, k) => visit(`${path}.${k}`, item));
        return;
      }
      if (!isTensor && !(part instanceof Counter) && !(part instanceof Module)) return;
      const identity = isTensor ? part.state : part;
      if (identity === null || seen.has(identity)) return;
      seen.add(identity);
      found.push([path, part]);
      if (isTensor && !part.state!.name.endsWith(`.${path}`)) part.state!.name = path;
      if (!(part instanceof Module)) return;
      for (const [name, child] of part.members()) visit(path ? `${path}.${name}` : name, child);
    };
    visit("", this);
    return found;
  }

  /** This module and all below it, outermost first. */
  modules(): Module[] {
    return this.#parts().map(([, part]) => part).filter((part) => part instanceof Module);
  }

  /** All parameters with their paths. */
  namedParameters(): [name: string, parameter: Tensor][] {
    return this.#parts().filter((p): p is [string, Tensor] =>
      p[1] instanceof Tensor && p[1].requiresGrad
    );
  }

  /** All parameters, as optimisers take them. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** All buffers (tensors that are updated but not learned, such as running statistics) with their paths. */
  namedBuffers(): [name: string, buffer: Tensor][] {
    return this.#parts().filter((p): p is [string, Tensor] =>
      p[1] instanceof Tensor && !p[1].requiresGrad
    );
  }

  /** Puts this module and all below it into training, or out of it. */
  train(on = true): this {
    if (typeof on !== "boolean") {
      throw cannot("train", `the switch must be true or false, got ${String(on)}`);
    }
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
    const parts = this.#parts().filter((p): p is [string, Tensor | Counter] =>
      !(p[1] instanceof Module)
    );
    const tensors = parts.map(([, part]) => part).filter((part) => part instanceof Tensor);
    const counts = parts.map(([, part]) => part instanceof Counter ? part.value : 0);
    const values = await read(tensors.map((t) => t.node));
    let next = 0;
    return new Map(parts.map(([path, part], k): [string, SafetensorsEntry] => {
      if (part instanceof Counter) {
        return [path, { dtype: "I64", shape: [], data: BigInt64Array.of(BigInt(counts[k])) }];
      }
      const data = new Float32Array(values[next++]);
      return [path, { dtype: kindOf(part), shape: [...part.shape], data }];
    }));
  }

  /**
   * Takes over the values of a state dict. All of it must fit, else nothing is changed.
   *
   * @param dict Values by path, from {@link stateDict} or a safetensors file.
   * @throws {ArgandError} that names every entry that is missing, left over, or of another kind or shape.
   */
  loadStateDict(dict: ReadonlyMap<string, SafetensorsEntry>): void {
    const what = `load the state of ${this.constructor.name}`;
    if (!(dict instanceof Map)) throw cannot(what, `it takes a Map, got ${typeof dict}`);
    const faults: string[] = [];
    const updates: (() => void)[] = [];
    const paths = new Set<string>();
    for (const [path, part] of this.#parts()) {
      if (part instanceof Module) continue;
      paths.add(path);
      const entry = dict.get(path);
      const [kind, shape] = part instanceof Counter ? ["I64", []] : [kindOf(part), part.shape];
      if (!entry) faults.push(`${path} is missing`);
      else if (entry.dtype !== kind || !sameShape(entry.shape, shape)) {
        faults.push(
          `${path} is ${entry.dtype} ${show(entry.shape)} and should be ${kind} ${show(shape)}`,
        );
      } else updates.push(() => load(part, entry));
    }
    for (const path of dict.keys()) if (!paths.has(path)) faults.push(`${path} is not known`);
    if (faults.length > 0) throw cannot(what, faults.join("; "));
    for (const update of updates) update();
  }
}

function kindOf(x: Tensor): "C64" | "F32" {
  return x.dtype === "complex64" ? "C64" : "F32";
}

function load(part: Tensor | Counter, { data, shape }: SafetensorsEntry): void {
  if (part instanceof Counter) part.value = Number(data[0]);
  else if (part.dtype === "complex64") part.assign(complexTensor(data as Float32Array, shape));
  else part.assign(tensor(data as Float32Array, shape));
}
