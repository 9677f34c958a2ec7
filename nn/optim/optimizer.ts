/** What optimisers have in common: groups of parameters, and the step that runs as one schedule. */
import { cannot } from "../../gpu/errors.ts";
import { describe } from "../../complex/describe.ts";
import { type State, withoutGradients } from "../../complex/graph.ts";
import { clearGradient, holdGradient, lossesOf, statesOf } from "../../complex/losses.ts";
import { run, runPending } from "../../complex/realize.ts";
import { show } from "../../complex/shape.ts";
import { assign, makeState } from "../../complex/state.ts";
import { checkTensor, Tensor, wrap } from "../../complex/tensor.ts";
import { withDefaults } from "../options.ts";

/** Parameters with options of their own; absent ones are those of the optimiser. */
export type ParameterGroup<O> = Partial<O> & {
  /** The parameters. */
  readonly params: Iterable<Tensor>;
};

/** What an optimiser takes: parameters, or groups of them. */
export type OptimizerParameters<O> = Iterable<Tensor> | Iterable<ParameterGroup<O>>;

/** A group as an optimiser holds it; its options may be changed from step to step. */
export type Group<O> = O & {
  /** The parameters. */
  readonly params: readonly Tensor[];
};

/** What an optimiser remembers of one parameter. Recipes go in, and the step updates the states. */
export interface Moments {
  /** The steps of this parameter, this one included. */
  readonly step: number;
  /** The present value under a name; null before the first step. */
  get(name: string): Tensor | null;
  /** Gives it its next value. */
  set(name: string, value: Tensor): void;
}

/**
 * The base of optimisers: a subclass checks its options and says what a parameter's next value is.
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
export abstract class Optimizer<O extends object> {
  /** The groups; `optimizer.groups[0].lr = 0.01` counts from the next step on. */
  readonly groups: Group<O>[];
  readonly #memory = new Map<State, { step: number; readonly states: Map<string, State> }>();

  /** Groups with `defaults` where they say nothing. */
  constructor(parameters: OptimizerParameters<O>, options: Partial<O> | undefined, defaults: O) {
    const what = `make ${this.constructor.name}`;
    const common = withDefaults(what, options, defaults);
    if (typeof parameters?.[Symbol.iterator] !== "function") {
      throw cannot(what, `it takes a list of parameters or groups, got ${describe(parameters)}`);
    }
    const list = [...parameters] as (Tensor | ParameterGroup<O>)[];
    if (list.length === 0) throw cannot(what, "there are no parameters");
    const given = list.every((item) => item instanceof Tensor)
      ? [{ params: list as Tensor[] } as unknown as ParameterGroup<O>]
      : list as ParameterGroup<O>[];
    const seen = new Set<State>();
    this.groups = given.map((group) => {
      const { params, ...own } = group;
      if (typeof params?.[Symbol.iterator] !== "function") {
        throw cannot(what, "it takes parameters, or groups { params, … }, and not both");
      }
      const options = withDefaults<O>(what, own as unknown as Partial<O>, common);
      const tensors = [...params].map((p) => checkTensor(what, p));
      for (const { state, requiresGrad, shape } of tensors) {
        if (!state || !requiresGrad) {
          throw cannot(what, `a tensor of shape ${show(shape)} is no parameter with a gradient`);
        }
        if (seen.has(state)) throw cannot(what, `${state.name} is there twice`);
        seen.add(state);
      }
      this.check(what, options);
      return { ...options, params: tensors };
    });
  }

  /** Refuses options that make no sense. */
  protected abstract check(what: string, options: O): void;

  /** The next value of parameter `p` with gradient `g`. */
  protected abstract update(p: Tensor, g: Tensor, moments: Moments, options: O): Tensor;

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const { params } of this.groups) {
      for (const { state } of params) clearGradient(state!);
    }
  }

  /**
   * Updates the parameters that have a gradient, and takes the gradients from them. In the same
   * schedule run the pending statistics, the loss on which `backward` was called, its gradients in
   * parameters of other optimisers, and `also`: their values stay readable. Returns without waiting.
   *
   * @param also More tensors to compute with the parameters as they were before the step.
   * @throws {ArgandError} if no parameter has a gradient, or a group's options make no sense.
   */
  step(...also: Tensor[]): void {
    const what = `step ${this.constructor.name}`;
    const targets = also.map((t) => checkTensor(what, t).node);
    for (const group of this.groups) this.check(what, group);
    const ready = this.groups.flatMap((group) =>
      group.params.map((p) => ({ group, state: p.state! }))
    ).filter(({ state }) => state.gradient !== null);
    if (ready.length === 0) {
      throw cannot(what, "no parameter has a gradient; call backward() on a loss first");
    }
    // Else the first assignment below would run them, and compute the gradients twice.
    if (ready.some(({ state }) => state.pending)) runPending();
    const losses = new Set(ready.flatMap(({ state }) => [...lossesOf(state)]));
    const mine = new Set(ready.map(({ state }) => state));
    // Gradients for other optimisers may depend on the parameters that this one is about to update.
    const others = new Set([...losses].flatMap((loss) => [...statesOf(loss)]));
    for (const state of mine) others.delete(state);
    const hold: (() => void)[] = [];
    const undo: (() => void)[] = [];
    try {
      withoutGradients(() => {
        for (const state of others) hold.push(holdGradient(state));
        for (const { group, state } of ready) {
          const moments = this.#momentsOf(state, undo);
          const next = this.update(wrap(state.current), wrap(state.gradient!), moments, group);
          assign([state, next.node]);
        }
      });
      run([...losses, ...targets]);
    } catch (error) { // the schedule has dropped the updates
      for (const back of undo) back();
      throw error;
    }
    for (const { state } of ready) clearGradient(state);
    for (const settle of hold) settle();
    // Nothing can be differentiated through older parameters: a kept loss holds no batch alive.
    for (const loss of losses) loss.inputs = [];
  }

  #momentsOf(parameter: State, undo: (() => void)[]): Moments {
    const memory = this.#memory.get(parameter) ?? { step: 0, states: new Map() };
    this.#memory.set(parameter, memory);
    const { states } = memory;
    memory.step++;
    undo.push(() => memory.step--);
    return {
      step: memory.step,
      get(name) {
        const state = states.get(name);
        return state ? wrap(state.current) : null;
      },
      set(name, { node }) {
        const state = states.get(name);
        if (state) return assign([state, node]);
        states.set(name, makeState(node, `${name} of ${parameter.name}`, false));
        undo.push(() => states.delete(name));
      },
    };
  }
}
