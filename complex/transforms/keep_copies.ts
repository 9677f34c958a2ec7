/** Copies on the host of what a training has reached, in case the device is lost. */
import { cannot } from "../../gpu/contract/errors.ts";
import { type Copies, CopyKeeper, type Restored, setCopyKeeper } from "../lazy/copies.ts";
import { describe } from "../lazy/describe.ts";
import { checkInteger } from "../lazy/shape.ts";
import { withDefaults } from "../ops/options.ts";

export type { Copies, Restored };

/** Options of {@link keepCopies}. */
export interface CopyOptions {
  /** Steps of optimisers from one copy to the next, all optimisers counted together. */
  readonly everySteps: number;
  /** Called when states have come back from a copy; nothing, if absent. */
  readonly onRestore?: (restored: Restored) => void;
}

/**
 * Keeps a copy of all states on the host: parameters, running statistics, and the moments of optimisers,
 * with the counts of steps, learning rates, their schedules, and the random numbers. After a device is
 * lost, the states have the values of the last complete copy on the device that takes its place, by
 * themselves or with {@link use}; `onRestore` is told, and `steps` of the object that is returned counts
 * from there again. A loop that runs by `steps` so repeats what was lost. Nothing else comes back: the
 * order of data is the program's, or {@link fit}'s, which has `recover`.
 *
 * The first copy is taken at once, another after the first step, and then one every so many steps. A step
 * does not wait for it: it is read behind the step, all states of one moment, and counts when all of it
 * has arrived; one that is under way when the device is lost does not count, but the one before. On
 * the device a copy takes the states' bytes once more while it is under way, on the host twice then and
 * once afterwards (`gpu.memory().copies`). On the CPU engine nothing can be lost, and nothing is
 * copied.
 *
 * @param options How often, and whom to tell; null or false keeps none from now on, and drops the last.
 * @returns What has been copied and brought back so far; null where none are kept.
 * @throws {ArgandError} if `everySteps` is not a positive integer, or an option is unknown.
 *
 * @example
 * ```ts
 * import { gpu, nn, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Linear(4, 4);
 * const optimizer = new nn.Adam(model.parameters(), { lr: 0.01 });
 * const x = randnComplex([64, 4]);
 * const copies = gpu.keepCopies({
 *   everySteps: 10,
 *   onRestore: ({ steps, lost }) => console.error(`Back to step ${steps}, ${lost} are repeated.`),
 * });
 * while (copies.steps < 100) {
 *   const { restorations } = copies;
 *   try {
 *     const loss = nn.mse(model.apply(x), x);
 *     loss.backward();
 *     optimizer.step();
 *     if (copies.steps % 10 === 0) await loss.item();
 *   } catch (error) {
 *     await gpu.use(gpu.engine().kind); // waits for another device, if this one is lost
 *     if (copies.restorations === restorations) throw error; // it was not lost
 *     optimizer.zeroGrad();
 *   }
 * }
 * assertEquals(copies.restorations, 0);
 * gpu.keepCopies(null);
 * ```
 */
export function keepCopies(options: CopyOptions): Copies;
/** Keeps none from now on, and drops the last. */
export function keepCopies(options: null | false): null;
export function keepCopies(options: CopyOptions | null | false): Copies | null {
  const what = "keep copies";
  if (options === null || options === false) {
    setCopyKeeper(null);
    return null;
  }
  const absent = undefined as never;
  const { everySteps, onRestore } = withDefaults<CopyOptions>(what, options, {
    everySteps: absent,
    onRestore: absent,
  });
  checkInteger(what, "everySteps", everySteps, 1);
  if (onRestore !== undefined && typeof onRestore !== "function") {
    throw cannot(what, `onRestore must be a function, got ${describe(onRestore)}`);
  }
  const keeper = new CopyKeeper(everySteps, onRestore);
  setCopyKeeper(keeper);
  keeper.take();
  return keeper;
}
