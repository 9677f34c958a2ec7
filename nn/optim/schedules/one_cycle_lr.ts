/** One cycle: up to a high rate, and far down. */
import { checkInteger } from "../../../complex/lazy/shape.ts";
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { checkNumber, checkPositive, checkWord, noDefault, withDefaults } from "../../checks.ts";
import { perGroup, Schedule, type Scheduled } from "./schedule.ts";
import { setInitialLr } from "../initial_lr.ts";

/** Options of {@link OneCycleLR}. */
export interface OneCycleLROptions {
  /** The highest rate, of all groups or of each. */
  readonly maxLr: number | readonly number[];
  /** The steps of the cycle; if absent `epochs · stepsPerEpoch`. */
  readonly totalSteps?: number;
  /** The epochs, in place of `totalSteps`; none, if absent. */
  readonly epochs?: number;
  /** The steps of each; none, if absent. */
  readonly stepsPerEpoch?: number;
  /** The share of the cycle in which the rate rises; 0.3, if absent. */
  readonly pctStart?: number;
  /** Along a cosine or a line; `"cos"`, if absent. */
  readonly annealStrategy?: "cos" | "linear";
  /** Whether the momentum (β₁ of Adam) falls as the rate rises; true, if absent. */
  readonly cycleMomentum?: boolean;
  /** The least momentum; 0.85, if absent. */
  readonly baseMomentum?: number | readonly number[];
  /** The largest momentum; 0.95, if absent. */
  readonly maxMomentum?: number | readonly number[];
  /** `maxLr` is so many times the rate at the beginning; 25, if absent. */
  readonly divFactor?: number;
  /** The rate at the beginning is so many times that at the end; 10⁴, if absent. */
  readonly finalDivFactor?: number;
  /** Whether to fall as long as to rise first, and then to the end; false, if absent. */
  readonly threePhase?: boolean;
}

/** One part of the cycle, up to step `end`; how far up rate and momentum are, at both ends. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [from: "low" | "high" | "last", to: "low" | "high" | "last"];
  readonly momentum: readonly [from: 0 | 1, to: 0 | 1];
}

/** A group with the option that carries its momentum. */
type Moving = { lr: number; momentum?: number; betas?: readonly [number, number] };

/**
 * The 1-cycle policy (Smith and Topin 2019) as PyTorch has it: the rate rises from
 * `maxLr`/`divFactor` to `maxLr` and falls to `maxLr`/`divFactor`/`finalDivFactor`, the momentum
 * falls and rises again. `step` goes after every batch.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, or the optimiser has no momentum;
 * in `step` after the end of the cycle.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const optimizer = new nn.Adam([parameter(tensor([1]))]);
 * const schedule = new nn.OneCycleLR(optimizer, { maxLr: 0.5, totalSteps: 10 });
 * schedule.step();
 * schedule.step();
 * assertAlmostEquals(optimizer.groups[0].lr, 0.5, 1e-12);
 * assertAlmostEquals(optimizer.groups[0].betas[0], 0.85, 1e-12);
 * ```
 */
export class OneCycleLR extends Schedule {
  static {
    nameClass(this, "OneCycleLR");
  }

  readonly #phases: readonly Phase[];
  readonly #total: number;
  readonly #rates: readonly Readonly<Record<"low" | "high" | "last", number>>[];
  readonly #momenta: readonly (readonly [low: number, high: number])[] | null;
  readonly #anneal: (from: number, to: number, part: number) => number;

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: OneCycleLROptions) {
    super(optimizer);
    const what = "make OneCycleLR";
    const given = withDefaults<Required<OneCycleLROptions>>(what, options, {
      maxLr: noDefault(),
      totalSteps: noDefault(),
      epochs: noDefault(),
      stepsPerEpoch: noDefault(),
      pctStart: 0.3,
      annealStrategy: "cos",
      cycleMomentum: true,
      baseMomentum: 0.85,
      maxMomentum: 0.95,
      divFactor: 25,
      finalDivFactor: 1e4,
      threePhase: false,
    });
    const { pctStart, divFactor, finalDivFactor, threePhase } = given;
    const high = perGroup(what, "maxLr", given.maxLr, optimizer);
    checkNumber(what, "pctStart", pctStart, 0, threePhase ? 0.5 : 1);
    checkWord(what, "annealStrategy", given.annealStrategy, ["cos", "linear"]);
    checkPositive(what, "divFactor", divFactor);
    checkPositive(what, "finalDivFactor", finalDivFactor);
    this.#total = stepsOf(what, given);
    this.#momenta = given.cycleMomentum ? momentaOf(what, optimizer, given) : null;
    this.#rates = high.map((high) => {
      const low = high / divFactor;
      return { low, high, last: low / finalDivFactor };
    });
    const top = pctStart * this.#total - 1;
    const end = this.#total - 1;
    this.#phases = threePhase
      ? [
        { end: top, lr: ["low", "high"], momentum: [1, 0] },
        { end: 2 * top, lr: ["high", "low"], momentum: [0, 1] },
        { end, lr: ["low", "last"], momentum: [1, 1] },
      ]
      : [
        { end: top, lr: ["low", "high"], momentum: [1, 0] },
        { end, lr: ["high", "last"], momentum: [0, 1] },
      ];
    this.#anneal = given.annealStrategy === "cos"
      ? (from, to, part) => to + (from - to) / 2 * (Math.cos(Math.PI * part) + 1)
      : (from, to, part) => (to - from) * part + from;
    optimizer.groups.forEach((group, k) => setInitialLr(group, this.#rates[k].low));
    this.restart();
  }

  /** The rate at `lastEpoch`. */
  protected rate(_lr: number, _base: number, group: number): number {
    const { phase: { lr: [from, to] }, part } = this.#phase();
    const rates = this.#rates[group];
    return this.#anneal(rates[from], rates[to], part);
  }

  /**
   * Goes to step 0, momentum included.
   * @internal
   */
  override begin(from?: readonly number[]): void {
    super.begin(from);
    this.#setMomentum();
  }

  /** Sets the learning rates, and the momentum, of the next step. */
  override step(): void {
    if (this.lastEpoch >= this.#total) {
      throw cannot("step OneCycleLR", `its ${this.#total} steps are over`);
    }
    super.step();
    this.#setMomentum();
  }

  /** Which phase `lastEpoch` is in, and how far. After the last step all stays as at its end. */
  #phase(): { phase: Phase; part: number } {
    let start = 0;
    for (const phase of this.#phases) {
      if (this.lastEpoch <= phase.end || phase === this.#phases.at(-1)) {
        const length = phase.end - start;
        return { phase, part: length > 0 ? Math.min(1, (this.lastEpoch - start) / length) : 1 };
      }
      start = phase.end;
    }
    throw new Error("a cycle has a last phase");
  }

  #setMomentum(): void {
    if (!this.#momenta) return;
    const { phase: { momentum: [from, to] }, part } = this.#phase();
    this.optimizer.groups.forEach((group: Moving, k) => {
      const range = this.#momenta![k];
      const value = this.#anneal(range[from], range[to], part);
      if (group.betas) group.betas = [value, group.betas[1]];
      else group.momentum = value;
    });
  }
}

/** The length of the cycle. */
function stepsOf(what: string, options: OneCycleLROptions): number {
  const { totalSteps, epochs, stepsPerEpoch } = options;
  if (totalSteps !== undefined) {
    checkInteger(what, "totalSteps", totalSteps, 1);
    return totalSteps;
  }
  if (epochs === undefined || stepsPerEpoch === undefined) {
    throw cannot(what, "it takes totalSteps, or epochs and stepsPerEpoch");
  }
  checkInteger(what, "epochs", epochs, 1);
  checkInteger(what, "stepsPerEpoch", stepsPerEpoch, 1);
  return epochs * stepsPerEpoch;
}

/** The range of the momentum in each group. */
function momentaOf(
  what: string,
  optimizer: Scheduled,
  { baseMomentum, maxMomentum }: Required<OneCycleLROptions>,
): (readonly [number, number])[] {
  const low = perGroup(what, "baseMomentum", baseMomentum, optimizer);
  const high = perGroup(what, "maxMomentum", maxMomentum, optimizer);
  for (const momentum of [...low, ...high]) checkNumber(what, "a momentum", momentum, 0, 1, true);
  if (!optimizer.groups.every((group: Moving) => "betas" in group || "momentum" in group)) {
    throw cannot(what, "the optimiser has no momentum: give cycleMomentum: false");
  }
  return low.map((least, k) => [least, high[k]] as const);
}
