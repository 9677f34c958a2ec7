/** A rate by a function of the epoch. */
import { describe } from "../../../complex/lazy/describe.ts";
import { nameClass } from "../../../gpu/contract/class_names.ts";
import { cannot } from "../../../gpu/contract/errors.ts";
import { noDefault, withDefaults } from "../../checks.ts";
import { Schedule, type Scheduled } from "./schedule.ts";

/** Options of {@link LambdaLR}. */
export interface LambdaLROptions {
  /** The factor at an epoch: one function for all groups, or one for each. */
  readonly lrLambda: ((epoch: number) => number) | readonly ((epoch: number) => number)[];
}

/**
 * The learning rate times a function of the epoch: lr = lr₀ · λ(epoch). Its state dict does not hold
 * the function.
 *
 * @throws {ArgandError} if there is no function for each group, or, in `step`, one gives no rate.
 *
 * @example
 * ```ts
 * import { nn, parameter, tensor } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const optimizer = new nn.SGD([parameter(tensor([1]))], { lr: 1 });
 * const schedule = new nn.LambdaLR(optimizer, { lrLambda: (epoch) => 1 / (1 + epoch) });
 * schedule.step();
 * assert(optimizer.groups[0].lr === 0.5);
 * ```
 */
export class LambdaLR extends Schedule {
  static {
    nameClass(this, "LambdaLR");
  }

  readonly #lambdas: readonly ((epoch: number) => number)[];

  /** A schedule of an optimiser. */
  constructor(optimizer: Scheduled, options: LambdaLROptions) {
    super(optimizer);
    const what = "make LambdaLR";
    const { lrLambda } = withDefaults(what, options, {
      lrLambda: noDefault<LambdaLROptions["lrLambda"]>(),
    });
    const { length } = optimizer.groups;
    const list: readonly unknown[] = Array.isArray(lrLambda)
      ? lrLambda
      : Array(length).fill(lrLambda);
    if (list.length !== length || !list.every((f) => typeof f === "function")) {
      throw cannot(
        what,
        `lrLambda must be a function, or one for each of ${length} groups, got ${
          describe(lrLambda)
        }`,
      );
    }
    this.#lambdas = list as ((epoch: number) => number)[];
    this.restart();
  }

  /** The rate at `lastEpoch`. */
  protected rate(_: number, base: number, group: number): number {
    return base * this.#lambdas[group](this.lastEpoch);
  }
}
