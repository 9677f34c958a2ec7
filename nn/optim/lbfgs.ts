/** L-BFGS. */
import { noteStep } from "../../complex/lazy/copies.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { nameClass } from "../../gpu/contract/class_names.ts";
import { type HostArray, type InexactArray, lanesOf } from "../../gpu/contract/dtype.ts";
import { hostNode, type Node } from "../../complex/lazy/graph.ts";
import { hasGradient } from "../../complex/lazy/losses.ts";
import { readStates, runPending } from "../../complex/lazy/realize.ts";
import { checkInteger, checkScalar } from "../../complex/lazy/shape.ts";
import type { State } from "../../complex/lazy/state.ts";
import { takeGradients } from "../../complex/lazy/step.ts";
import { assign } from "../../complex/lazy/updates.ts";
import { checkReal, type RealTensor } from "../../complex/tensor/tensor.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { countEntry, type EntryReader, numbersEntry } from "../entries.ts";
import type { StateDict } from "../module.ts";
import { checkNumber, checkWord } from "../checks.ts";
import { type Correction, direction, dot, largest, withCorrection } from "./curvature.ts";
import { OptimizerBase, type OptimizerParameters } from "./groups.ts";
import { strongWolfe, type Trial } from "./strong_wolfe.ts";

/** Options of {@link LBFGS}. */
export interface LBFGSOptions {
  /** The length of a step, or of the first trial of a line search; 1, if absent. */
  lr: number;
  /** The iterations of a `step`; 20, if absent. */
  maxIter: number;
  /** The evaluations from which on a `step` ends; a quarter more than `maxIter`, if null or absent. */
  maxEval: number | null;
  /** A `step` ends where no entry of the gradient is larger; 1e-7, if absent. */
  toleranceGrad: number;
  /** A `step` ends where parameters or loss change by less; 1e-9, if absent. */
  toleranceChange: number;
  /** How many steps are remembered; 100, if absent. */
  historySize: number;
  /** How the length of a step is found: `"strong_wolfe"`, or null for `lr`; null, if absent. */
  lineSearchFn: "strong_wolfe" | null;
}

/** The values that go from iteration to iteration. */
interface Progress {
  readonly iterations: number;
  readonly evaluations: number;
  /** The last step and the gradient before it; empty before the first. */
  readonly step: Float64Array;
  readonly gradient: Float64Array;
  readonly corrections: readonly Correction[];
}

const NOTHING = new Float64Array(0);
const BEGINNING: Progress = {
  iterations: 0,
  evaluations: 0,
  step: NOTHING,
  gradient: NOTHING,
  corrections: [],
};

/** Several arrays of float32 as one of float64. */
function flat(arrays: readonly HostArray[], size: number): Float64Array {
  const all = new Float64Array(size);
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/**
 * L-BFGS (Liu and Nocedal 1989) with PyTorch's procedure: a quasi-Newton method for losses that are
 * smooth and not drawn at random, such as those of physics. Each `step` makes up to `maxIter`
 * iterations x ← x + t·d, d = −H∇L, with H from the steps and gradients remembered; t is `lr` (in the
 * very first iteration at most lr/Σ|∇L|), or found by a search for the strong Wolfe conditions.
 *
 * Complex parameters count as their real and imaginary parts: all inner products are Re⟨a, b⟩, which
 * is right for real losses (PyTorch 1.13 takes complex ones). Directions are computed on the host in
 * float64: an evaluation reads loss and gradients back.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, something is not a parameter, or
 * there are several groups.
 *
 * @example
 * ```ts
 * import { complex, nn, parameter } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const z = parameter(complex([3], [-1]));
 * const optimizer = new nn.LBFGS([z], { lineSearchFn: "strong_wolfe" });
 * await optimizer.step(() => {
 *   const loss = z.square().add(1).absSquared().sum(); // |z² + 1|², least at ±i
 *   loss.backward();
 *   return loss;
 * });
 * const { re, im } = await z.item();
 * assert(Math.abs(re) < 1e-3 && Math.abs(Math.abs(im) - 1) < 1e-3);
 * ```
 */
export class LBFGS extends OptimizerBase<LBFGSOptions> {
  static {
    nameClass(this, "LBFGS");
  }

  #progress = BEGINNING;
  #busy = false;
  /** Whether the parameters have come back from a copy since the step began. */
  #restored = false;

  /** An optimiser of parameters, all in one group. */
  constructor(parameters: OptimizerParameters<LBFGSOptions>, options?: Partial<LBFGSOptions>) {
    super(parameters, options, {
      lr: 1,
      maxIter: 20,
      maxEval: null,
      toleranceGrad: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      lineSearchFn: null,
    });
    const { length } = this.groups;
    if (length > 1) throw cannot("make LBFGS", `it takes one group of parameters, got ${length}`);
  }

  /** Refuses numbers out of range. */
  protected check(what: string, options: LBFGSOptions): void {
    const { lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize } = options;
    checkNumber(what, "lr", lr);
    checkInteger(what, "maxIter", maxIter, 1);
    if (maxEval !== null) checkInteger(what, "maxEval", maxEval, 1);
    checkNumber(what, "toleranceGrad", toleranceGrad);
    checkNumber(what, "toleranceChange", toleranceChange);
    checkInteger(what, "historySize", historySize, 1);
    if (options.lineSearchFn !== null) {
      checkWord(what, "lineSearchFn", options.lineSearchFn, ["strong_wolfe"]);
    }
  }

  /**
   * Makes up to `maxIter` iterations. Where something fails on the way the parameters are as before.
   *
   * @param closure Computes the loss from the parameters as they are, calls its `backward()` and
   * returns it. Gradients of the evaluation before have been forgotten.
   * @returns The loss before the first iteration.
   * @throws {ArgandError} if the closure returns no real number or leaves no gradient, the loss or a
   * gradient is not finite at the beginning or after a step without a search, or the `step` before has not ended.
   */
  async step(closure: () => RealTensor): Promise<number> {
    const what = "step LBFGS";
    if (typeof closure !== "function") {
      throw cannot(what, `it takes a function that returns the loss, got ${describe(closure)}`);
    }
    this.check(what, this.groups[0]);
    if (this.#busy) throw cannot(what, "the step before has not ended: await it");
    this.#busy = true;
    this.#restored = false;
    const states = this.#states();
    let before: InexactArray[] = [];
    try {
      before = (await readStates(states)).map((x) => x.slice() as InexactArray);
      const { loss, progress } = await this.#iterate(what, closure, before);
      this.#progress = progress;
      noteStep();
      return loss;
    } catch (error) {
      try {
        runPending();
      } catch {
        // This drops updates that can't be carried out.
      }
      if (before.length > 0 && !this.#restored) this.#put(before);
      throw error;
    } finally {
      this.#busy = false;
      this.zeroGrad();
    }
  }

  async #iterate(
    what: string,
    closure: () => RealTensor,
    begin: readonly InexactArray[],
  ): Promise<{ loss: number; progress: Progress }> {
    const { lr, maxIter, toleranceGrad, toleranceChange, historySize, lineSearchFn, maxEval } =
      this.groups[0];
    const mostEvaluations = maxEval ?? Math.floor(maxIter * 5 / 4);
    let { iterations, evaluations, step, gradient: older, corrections } = this.#progress;
    let x = begin;
    let { loss, gradient } = await this.#evaluate(what, closure, true);
    let here = 1;
    const first = loss;
    for (let n = 1; n <= maxIter && largest(gradient) > toleranceGrad; n++) {
      iterations++;
      if (step.length > 0) {
        corrections = withCorrection(
          corrections,
          { step, change: gradient.map((g, k) => g - older[k]) },
          historySize,
        );
      }
      const d = direction(gradient, corrections);
      older = gradient;
      const slope = dot(gradient, d);
      let t = lr;
      if (iterations === 1) t *= Math.min(1, 1 / gradient.reduce((sum, g) => sum + Math.abs(g), 0));
      if (slope > -toleranceChange) {
        step = new Float64Array(d.length);
        break;
      }
      const previous = loss;
      if (lineSearchFn !== null) {
        const evaluate = async (t: number): Promise<Trial> => {
          this.#put(this.#moved(x, t, d));
          const { loss, gradient } = await this.#evaluate(what, closure, false);
          const slope = dot(gradient, d);
          return { t, loss: Number.isFinite(slope) ? loss : Infinity, gradient, slope };
        };
        const start = { t: 0, loss, gradient, slope };
        const { trial, trials } = await strongWolfe(evaluate, start, t, largest(d));
        ({ t, loss, gradient } = trial);
        here += trials;
      }
      const next = this.#moved(x, t, d);
      this.#put(next);
      if (lineSearchFn === null && n < maxIter) {
        ({ loss, gradient } = await this.#evaluate(what, closure, true));
        here++;
      }
      // As it was rounded: between these points the gradients differ.
      step = flat(next, d.length);
      flat(x, d.length).forEach((value, k) => step[k] -= value);
      x = next;
      if (here >= mostEvaluations || largest(step) <= toleranceChange) break;
      if (n < maxIter && Math.abs(loss - previous) < toleranceChange) break;
    }
    evaluations += here;
    return {
      loss: first,
      progress: { iterations, evaluations, step, gradient: older, corrections },
    };
  }

  /** Loss and gradient with the parameters as they are now. */
  async #evaluate(
    what: string,
    closure: () => RealTensor,
    finite: boolean,
  ): Promise<{ loss: number; gradient: Float64Array }> {
    this.zeroGrad();
    const returned = checkReal(what, closure());
    checkScalar(what, returned.shape);
    const states = this.#states();
    const found = states.filter(hasGradient);
    if (found.length === 0) {
      throw cannot(
        what,
        "no parameter has a gradient; the closure must call backward() on its loss",
      );
    }
    const taken = await takeGradients(returned.node, found);
    const arrays = states.map((s) => {
      const k = found.indexOf(s);
      return k < 0 ? new Float32Array(lengthOf(s)) : taken.gradients[k];
    });
    const gradient = flat(arrays, arrays.reduce((sum, { length }) => sum + length, 0));
    const loss = taken.loss[0];
    if (!finite || Number.isFinite(loss) && gradient.every(Number.isFinite)) {
      return { loss, gradient };
    }
    const culprit = Number.isFinite(loss) ? "a gradient is not finite" : `the loss is ${loss}`;
    throw cannot(what, `${culprit}; a smaller lr or lineSearchFn: "strong_wolfe" may help`);
  }

  /** x + t·d in the precision of x. */
  #moved(x: readonly InexactArray[], t: number, d: Float64Array): InexactArray[] {
    let at = 0;
    return x.map((values) => values.map((value) => value + t * d[at++]));
  }

  #put(values: readonly InexactArray[]): void {
    assign(
      ...this.#states().map((state, k): [State, Node] => {
        return [state, hostNode(values[k], state.shape, state.dtype)];
      }),
    );
  }

  #states(): State[] {
    return this.groups[0].params.map(({ state }) => state!);
  }

  /**
   * The values that go from iteration to iteration.
   * @internal
   */
  protected progress(): unknown {
    return this.#progress;
  }

  /**
   * Goes on from there, where the parameters do.
   * @internal
   */
  protected goBack(progress: Progress, restored: ReadonlySet<State>): void {
    if (!this.#states().some((state) => restored.has(state))) return;
    this.#progress = progress;
    this.#restored = true;
  }

  /**
   * `state.iterations`, `state.evaluations`, the last step and the gradient before it, and the corrections.
   * @internal
   */
  protected save(dict: StateDict): Promise<void> {
    const { iterations, evaluations, step, gradient, corrections } = this.#progress;
    if (evaluations === 0) return Promise.resolve();
    dict.set("state.iterations", countEntry(iterations));
    dict.set("state.evaluations", countEntry(evaluations));
    if (step.length > 0) {
      dict.set("state.step", numbersEntry(step));
      dict.set("state.gradient", numbersEntry(gradient));
    }
    corrections.forEach(({ step, change }, k) => {
      dict.set(`state.pairs.${k}.step`, numbersEntry(step));
      dict.set(`state.pairs.${k}.change`, numbersEntry(change));
    });
    return Promise.resolve();
  }

  /**
   * Reads them back.
   * @internal
   */
  protected restore(reader: EntryReader): () => void {
    const shape = [this.#states().reduce((sum, s) => sum + lengthOf(s), 0)];
    const copy = (path: string) => Float64Array.from(reader.take(path, "F64", shape) ?? NOTHING);
    let progress = BEGINNING;
    if (reader.has("state.evaluations")) {
      const moved = reader.has("state.step");
      const corrections: Correction[] = [];
      for (let k = 0; reader.has(`state.pairs.${k}.step`); k++) {
        const path = `state.pairs.${k}.`;
        corrections.push({ step: copy(`${path}step`), change: copy(`${path}change`) });
      }
      progress = {
        iterations: reader.count("state.iterations"),
        evaluations: reader.count("state.evaluations"),
        step: moved ? copy("state.step") : NOTHING,
        gradient: moved ? copy("state.gradient") : NOTHING,
        corrections,
      };
    }
    return () => this.#progress = progress;
  }
}

/** How many real numbers a parameter has. */
function lengthOf({ shape, dtype }: State): number {
  return shape.reduce((product, n) => product * n, lanesOf(dtype));
}
