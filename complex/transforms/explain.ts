/** The next schedule, shown before it runs. */
import { explain as explainNodes } from "../lazy/realize.ts";
import { type ExplainOptions, Schedule } from "../lazy/schedule/explanation.ts";
import { withDefaults } from "../ops/options.ts";
import { checkTensor, Tensor } from "../tensor/tensor.ts";

export { type ExplainOptions, Schedule };
export type { ScheduleBuffer, ScheduleRow } from "../lazy/schedule/explanation.ts";

/**
 * The schedule that evaluating these tensors would run on the engine in use: its kernels with what is
 * fused into each, shapes, bytes, and the buffers with their lifetimes. The updates of parameters that
 * are pending run in the same schedule, and are shown even without a tensor. Nothing runs, and the
 * tensors stay recipes.
 *
 * The environment variable `ARGAND_DEBUG=1` writes the schedule of every new structure to the standard
 * error before it runs, those of an optimiser's steps among them.
 *
 * @param tensors The tensors, and options last: with `{ wgsl: true }` the shaders are written out.
 * @throws {ArgandError} if it is given anything else, or where the schedule can't be made.
 *
 * @example
 * ```ts
 * import { gpu, randnComplex } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const a = randnComplex([64, 64]);
 * // A table of the kernels, and one of the buffers.
 * const schedule = gpu.explain(a.matmul(a.H).mul(0.5).relu().sum());
 * console.log(schedule);
 * assertEquals(schedule.rows.at(-1)!.operations, ["sum"]);
 * ```
 */
export function explain(...tensors: readonly Tensor[]): Schedule;
/**
 * The same, with options last.
 *
 * @example
 * ```ts
 * import { gpu, tensor } from "@argand/argand";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const { rows: [row] } = gpu.explain(tensor([1, 2]).exp(), { wgsl: true });
 * assertStringIncludes(row.wgsl!, "fn main(");
 * ```
 */
export function explain(...tensors: readonly [...Tensor[], ExplainOptions]): Schedule;
export function explain(...list: readonly (Tensor | ExplainOptions)[]): Schedule {
  const last = list.at(-1);
  const given = list.length > 0 && !(last instanceof Tensor) ? last : undefined;
  const tensors = given === undefined ? list : list.slice(0, -1);
  const options = withDefaults<ExplainOptions>("explain", given, { wgsl: false });
  return explainNodes(tensors.map((x) => checkTensor("explain", x).node), options);
}
