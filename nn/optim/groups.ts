/** Groups of parameters with options of their own, and the state dict of whatever updates them. */
import { accompany } from "../../complex/lazy/companions.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { clearGradient } from "../../complex/lazy/losses.ts";
import { show } from "../../complex/lazy/shape.ts";
import type { State } from "../../complex/lazy/state.ts";
import { guide } from "../../complex/tensor/habits.ts";
import { checkTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { classNameOf } from "../../gpu/contract/class_names.ts";
import { isIterable } from "../../gpu/contract/collections.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { OPTIMIZER_HABITS } from "../habits.ts";
import { EntryReader, numbersEntry, optionEntry } from "../entries.ts";
import type { StateDict } from "../module.ts";
import { withDefaults } from "../checks.ts";
import { initialLr, noteLoaded, setInitialLr } from "./initial_lr.ts";

/** Parameters with options of their own; absent ones are those of the optimiser. */
export type ParameterGroup<O> = Partial<O> & {
  /** The parameters. */
  readonly params: Iterable<Tensor>;
};

/** The parameters of an optimiser, or groups of them. */
export type OptimizerParameters<O> = Iterable<Tensor> | Iterable<ParameterGroup<O>>;

/** A group as an optimiser holds it; its options may be changed from step to step. */
export type Group<O> = O & {
  /** The parameters. */
  readonly params: readonly Tensor[];
};

/**
 * The base of all optimisers: groups of parameters with their options, and a state dict.
 *
 * @example
 * ```ts
 * import { nn, parameter, zeros } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const [slow, fast] = [parameter(zeros([2])), parameter(zeros([3]))];
 * const optimizer = new nn.Adam([{ params: [slow], lr: 1e-4 }, { params: [fast] }], { lr: 0.01 });
 * optimizer.groups[1].lr /= 2; // counts from the next step on
 * assert(optimizer.groups[0].lr === 1e-4);
 * ```
 */
export abstract class OptimizerBase<O extends object> {
  /** The groups; `optimizer.groups[0].lr = 0.01` counts from the next step on. */
  readonly groups: Group<O>[];

  /** Groups with `defaults` where they say nothing. */
  constructor(parameters: OptimizerParameters<O>, options: Partial<O> | undefined, defaults: O) {
    const what = `make ${classNameOf(this)}`;
    const common = withDefaults(what, options, defaults);
    if (!isIterable(parameters)) {
      throw cannot(what, `it takes a list of parameters or groups, got ${describe(parameters)}`);
    }
    const list = [...parameters] as (Tensor | ParameterGroup<O>)[];
    if (list.length === 0) throw cannot(what, "there are no parameters");
    list.forEach((item, k) => {
      if (typeof item === "object" && item !== null) return;
      throw cannot(what, `number ${k + 1} of the parameters is ${describe(item)}`);
    });
    const given = list.every((item) => item instanceof Tensor)
      ? [{ params: list as Tensor[] } as unknown as ParameterGroup<O>]
      : list as ParameterGroup<O>[];
    const seen = new Set<State>();
    this.groups = given.map((group) => {
      const { params, ...own } = group;
      if (!isIterable(params)) {
        throw cannot(what, "it takes parameters, or groups { params, … }, and not both");
      }
      const options = withDefaults<O>(what, own as unknown as Partial<O>, common);
      const tensors = [...params].map((p) => checkTensor(what, p));
      for (const { state, requiresGrad, shape } of tensors) {
        if (!state || !requiresGrad) {
          throw cannot(what, `a tensor of shape ${show(shape)} is not a parameter with a gradient`);
        }
        if (seen.has(state)) throw cannot(what, `${state.name} is there twice`);
        seen.add(state);
      }
      this.check(what, options);
      return { ...options, params: tensors };
    });
    accompany(this);
  }

  /**
   * The options and what the steps so far have left on the host, for a copy of the states.
   * @internal
   */
  note(): unknown {
    return { groups: this.groups.map((group) => ({ ...group })), progress: this.progress() };
  }

  /**
   * Goes back to a copy.
   * @internal
   */
  comeBack(
    { groups, progress }: { groups: Group<O>[]; progress: unknown },
    restored: ReadonlySet<State>,
  ): void {
    this.groups.forEach((group, k) => Object.assign(group, groups[k]));
    this.goBack(progress, restored);
  }

  /**
   * What the steps so far have left on the host.
   * @internal
   */
  protected abstract progress(): unknown;

  /**
   * Goes back to what {@link progress} gave, as far as it counts for the parameters that are restored.
   * @internal
   */
  protected abstract goBack(progress: unknown, restored: ReadonlySet<State>): void;

  /** Refuses options that make no sense. */
  protected abstract check(what: string, options: O): void;

  /**
   * Adds to a state dict what the steps so far have left.
   * @internal
   */
  protected abstract save(dict: StateDict): Promise<void>;

  /**
   * Reads it back; the returned function, called where nothing was wrong, takes it over.
   * @internal
   */
  protected abstract restore(reader: EntryReader, options: readonly O[]): () => void;

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const { params } of this.groups) {
      for (const { state } of params) clearGradient(state!);
    }
  }

  /**
   * A copy of everything that the next steps depend on beside the parameters: `groups.0.lr` and the
   * other options of each group (float64), `groups.0.initialLr` where it has a schedule, and what is remembered of parameter `state.0` and those
   * that follow, counted through all groups. Loaded into an optimiser of the same parameters it makes
   * a resumed run the same bit for bit.
   *
   * @returns Entries as `formatSafetensors` takes them.
   *
   * @example
   * ```ts
   * import { nn, parameter, tensor } from "@argand/argand";
   *
   * const w = parameter(tensor([1]));
   * const optimizer = new nn.SGD([w], { lr: 0.1, momentum: 0.9 });
   * const dict = await optimizer.stateDict();
   * new nn.SGD([w], { momentum: 0.5 }).loadStateDict(dict); // options included
   * ```
   */
  async stateDict(): Promise<StateDict> {
    const what = `save the state of ${classNameOf(this)}`;
    const dict: StateDict = new Map();
    this.groups.forEach((group, k) => {
      for (const [name, value] of this.#options(group)) {
        dict.set(`groups.${k}.${name}`, optionEntry(what, name, value));
      }
      const lr = initialLr(group);
      if (lr !== undefined) dict.set(`groups.${k}.initialLr`, numbersEntry([lr], []));
    });
    await this.save(dict);
    return dict;
  }

  /**
   * Takes over a state dict, options included. All of it must fit, else nothing is changed.
   *
   * @param dict From {@link stateDict} or a safetensors file.
   * @throws {ArgandError} that names every entry that is missing, left over, or of another kind or
   * shape; or if an option is out of range.
   */
  loadStateDict(dict: StateDict): void {
    this.prepareStateDict(dict)();
  }

  /**
   * Checks a state dict; the returned function takes it over.
   * @internal
   */
  prepareStateDict(dict: StateDict): () => void {
    const what = `load the state of ${classNameOf(this)}`;
    const reader = new EntryReader(what, dict);
    const loaded = this.groups.map((group, k) =>
      Object.fromEntries(
        this.#options(group).map(([name, value]) => [
          name,
          reader.option(`groups.${k}.${name}`, value),
        ]),
      ) as O
    );
    const initial = this.groups.map((_, k) => {
      const path = `groups.${k}.initialLr`;
      return reader.has(path) ? reader.numbers(path, [])[0] : undefined;
    });
    const takeOver = this.restore(reader, loaded);
    reader.finish();
    for (const options of loaded) this.check(what, options);
    return () => {
      takeOver();
      this.groups.forEach((group, k) => {
        Object.assign(group, loaded[k]);
        setInitialLr(group, initial[k]);
        noteLoaded(group);
      });
    };
  }

  #options(group: Group<O>): [string, unknown][] {
    return Object.entries(group).filter(([name]) => name !== "params");
  }
}

guide(OptimizerBase.prototype, OPTIMIZER_HABITS);
