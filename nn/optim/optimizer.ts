/** Optimisers whose step is one schedule: the memory of each parameter, and the step itself. */
import { SAFETENSORS_DTYPES } from "../../complex/files/safetensors.ts";
import { classNameOf } from "../../gpu/contract/class_names.ts";
import { inexact } from "../../gpu/contract/dtype.ts";
import { copied, type Node } from "../../complex/lazy/graph.ts";
import { hasGradient } from "../../complex/lazy/losses.ts";
import { readStates } from "../../complex/lazy/realize.ts";
import { sameShape, show } from "../../complex/lazy/shape.ts";
import { State } from "../../complex/lazy/state.ts";
import { accumulate, step } from "../../complex/lazy/step.ts";
import { assign, settle } from "../../complex/lazy/updates.ts";
import { checkTensor, type Tensor, wrapPresent } from "../../complex/tensor/tensor.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { countEntry, type EntryReader } from "../entries.ts";
import type { StateDict } from "../module.ts";
import { type Group, OptimizerBase } from "./groups.ts";

/** The moments of one parameter. Recipes go in, and the step updates the states. */
export interface Moments {
  /** The steps of this parameter, this one included. */
  readonly step: number;
  /** The present value under a name; null before the first step. */
  get(name: string): Tensor | null;
  /** Gives it its next value, of the parameter's kind and shape. */
  set(name: string, value: Tensor): void;
}

interface Memory {
  step: number;
  readonly states: Map<string, State>;
}

/** The memory of a parameter at a moment. */
interface Noted {
  readonly step: number;
  readonly names: ReadonlySet<string>;
}

/**
 * The base of optimisers: a subclass checks its options and says what a parameter's next value is.
 *
 * Gradients of several losses add up until the step, so that a batch may come in pieces. All pieces
 * are computed in the schedule of the step; with {@link accumulate} after each `backward` they are
 * computed one at a time, in the device memory of one.
 *
 * @example
 * ```ts
 * import { add, mul, nn, parameter, sgn, type Tensor, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * // Steps of one length: w ← w − lr·g/|g|.
 * class SignDescent extends nn.Optimizer<{ lr: number }> {
 *   constructor(parameters: Iterable<Tensor>, lr: number) {
 *     super(parameters, { lr }, { lr: 0.1 });
 *   }
 *   protected check() {}
 *   protected update(w: Tensor, g: Tensor, _: nn.Moments, { lr }: { lr: number }): Tensor {
 *     return add(w, mul(sgn(g), -lr));
 *   }
 * }
 *
 * const w = parameter(tensor([2]));
 * const optimizer = new SignDescent([w], 0.5);
 * w.square().sum().backward();
 * optimizer.step();
 * assert(await w.item() === 1.5);
 * ```
 */
export abstract class Optimizer<O extends object> extends OptimizerBase<O> {
  readonly #memory = new Map<State, Memory>();

  /** The next value of parameter `p` with gradient `g`. */
  protected abstract update(p: Tensor, g: Tensor, moments: Moments, options: O): Tensor;

  /** The names under which `update` remembers something of a parameter; none, if not overridden. */
  protected moments(_options: O): readonly string[] {
    return [];
  }

  /**
   * Updates the parameters that have a gradient, and takes the gradients from them. In the same
   * schedule run the pending statistics, the loss on which `backward` was called, its gradients in
   * parameters of other optimisers, and `also`: their values stay readable. Of values from which the
   * `also` of later steps are computed, such as the state of a recurrent network, only the latest
   * stay. Returns without waiting.
   *
   * @param also More tensors to compute with the parameters as they were before the step.
   * @throws {ArgandError} if no parameter has a gradient, or a group's options make no sense.
   */
  step(...also: Tensor[]): void {
    const what = `step ${classNameOf(this)}`;
    const targets = also.map((t) => checkTensor(what, t).node);
    for (const group of this.groups) this.check(what, group);
    const ready = this.#ready(what);
    // Else an assignment below would run them, with a part of the step and without the losses.
    settle(this.#updated(ready));
    const undo: (() => void)[] = [];
    step(ready.map(({ state }) => state), targets, () => {
      for (const { group, p, state } of ready) {
        const moments = this.#momentsOf(state, group, undo);
        const next = this.update(wrapPresent(state), p.grad!, moments, group);
        assign([state, next.node]);
      }
    }, () => undo.forEach((back) => back()));
  }

  /**
   * Computes the gradients so far, with the losses they come from, and keeps their sums on the
   * device: device memory for the sums, but no graph and no batch. Call it after the `backward` of
   * each piece of a large batch, and {@link step} after the last. Returns without waiting.
   *
   * @throws {ArgandError} if no parameter has a gradient.
   *
   * @example
   * ```ts
   * import { nn, parameter, tensor } from "@argand/argand";
   * import { assert } from "@std/assert";
   *
   * const w = parameter(tensor([1]));
   * const optimizer = new nn.SGD([w], { lr: 0.1 });
   * for (const piece of [1, 2, 3]) {
   *   w.mul(piece).sum().div(3).backward(); // the mean over three pieces
   *   optimizer.accumulate();
   * }
   * optimizer.step();
   * assert(Math.abs(await w.item() - 0.8) < 1e-6);
   * ```
   */
  accumulate(): void {
    const ready = this.#ready(`accumulate gradients for ${classNameOf(this)}`);
    accumulate(ready.map(({ state }) => state));
  }

  /** The parameters that have a gradient, with their groups. */
  #ready(what: string): { group: Group<O>; p: Tensor; state: State }[] {
    const ready = this.groups.flatMap((group) =>
      group.params.map((p) => ({ group, p, state: p.state! }))
    ).filter(({ state }) => hasGradient(state));
    if (ready.length > 0) return ready;
    throw cannot(what, "no parameter has a gradient; call backward() on a loss first");
  }

  /** All that a step updates: parameters and their moments. */
  *#updated(ready: Iterable<{ state: State }>): Iterable<State> {
    for (const { state } of ready) {
      yield state;
      const moments = this.#memory.get(state)?.states;
      if (moments) yield* moments.values();
    }
  }

  #momentsOf(parameter: State, options: O, undo: (() => void)[]): Moments {
    const memory = this.#memory.get(parameter) ?? { step: 0, states: new Map() };
    this.#memory.set(parameter, memory);
    const { states } = memory;
    memory.step++;
    undo.push(() => memory.step--);
    return {
      step: memory.step,
      get(name) {
        const state = states.get(name);
        return state ? wrapPresent(state) : null;
      },
      set: (name, { node }) => {
        const state = states.get(name);
        if (state?.isPending) {
          throw cannot(`remember ${name} of ${parameter.name}`, "the step has set it already");
        }
        if (state) return assign([state, node]);
        states.set(name, this.#momentState(name, parameter, node, options));
        undo.push(() => states.delete(name));
      },
    };
  }

  /** A new moment of a parameter. */
  #momentState(name: string, parameter: State, node: Node, options: O): State {
    const what = `remember ${name} of ${parameter.name}`;
    if (!this.moments(options).includes(name)) {
      throw cannot(what, `${classNameOf(this)} does not name it among its moments`);
    }
    if (node.dtype !== parameter.dtype || !sameShape(node.shape, parameter.shape)) {
      throw cannot(
        what,
        `it is ${node.dtype} ${show(node.shape)} and the parameter ${parameter.dtype} ${
          show(parameter.shape)
        }`,
      );
    }
    return new State(node, `${name} of ${parameter.name}`, false);
  }

  /**
   * For each parameter its steps and the names of its moments.
   * @internal
   */
  protected progress(): unknown {
    const entries = [...this.#memory].map(([parameter, { step, states }]): [State, Noted] => [
      parameter,
      { step, names: new Set(states.keys()) },
    ]);
    return new Map(entries);
  }

  /**
   * Counts from there again; moments that there were not yet go.
   * @internal
   */
  protected goBack(progress: Map<State, Noted>, restored: ReadonlySet<State>): void {
    for (const [parameter, memory] of this.#memory) {
      if (!restored.has(parameter)) continue;
      const noted = progress.get(parameter);
      if (!noted) {
        this.#memory.delete(parameter);
        continue;
      }
      memory.step = noted.step;
      for (const name of memory.states.keys()) {
        if (!noted.names.has(name)) memory.states.delete(name);
      }
    }
  }

  /**
   * For each parameter that has made steps, `state.0.step` and its moments.
   * @internal
   */
  protected async save(dict: StateDict): Promise<void> {
    const moments: [string, State][] = [];
    this.#parameters().forEach(({ state: parameter }, k) => {
      const { step = 0, states } = this.#memory.get(parameter) ?? {};
      if (step === 0) return;
      dict.set(`state.${k}.step`, countEntry(step));
      for (const [name, state] of states!) moments.push([`state.${k}.${name}`, state]);
    });
    const values = await readStates(moments.map(([, state]) => state));
    moments.forEach(([path, { dtype, shape }], k) => {
      const data = values[k].slice();
      dict.set(path, { dtype: SAFETENSORS_DTYPES[inexact(dtype)], shape: [...shape], data });
    });
  }

  /**
   * Reads them back.
   * @internal
   */
  protected restore(reader: EntryReader, options: readonly O[]): () => void {
    const loaded = this.#parameters().flatMap(({ state: parameter, group }, k) => {
      if (!reader.has(`state.${k}.step`)) return [];
      const { dtype, shape } = parameter;
      const values = this.moments(options[group]).map((name) => {
        const data = reader.take(
          `state.${k}.${name}`,
          SAFETENSORS_DTYPES[inexact(dtype)],
          shape,
        );
        if (!data) return null;
        return { name, node: copied(data, shape, inexact(dtype)) };
      });
      return [{ parameter, step: reader.count(`state.${k}.step`), values }];
    });
    return () => {
      const known = new Map(this.#memory);
      this.#memory.clear();
      for (const { parameter, step, values } of loaded) {
        const before = known.get(parameter)?.states;
        const states = new Map<string, State>();
        for (const value of values) {
          const { name, node } = value!;
          const state = before?.get(name);
          if (state) assign([state, node]);
          states.set(name, state ?? new State(node, `${name} of ${parameter.name}`, false));
        }
        this.#memory.set(parameter, { step, states });
      }
    };
  }

  #parameters(): { state: State; group: number }[] {
    return this.groups.flatMap(({ params }, group) =>
      params.map(({ state }) => ({ state: state!, group }))
    );
  }
}
