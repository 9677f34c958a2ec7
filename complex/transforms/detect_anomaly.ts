/** Finds the tensor in which NaN or Infinity began. */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { AnomalySearch } from "./anomaly.ts";

/** The search that is going on, and how often it was asked for. */
let search: AnomalySearch | null = null;
let scopes = 0;
let isSet = false;

/** Begins or ends the search, as it is asked for. */
function update(): void {
  const wanted = isSet || scopes > 0;
  if (wanted === (search !== null)) return;
  if (wanted) (search = new AnomalySearch()).begin();
  else {
    search!.end();
    search = null;
  }
}

/**
 * Runs `work` and looks for the first tensor that holds NaN or Infinity, forward or in a derivative;
 * PyTorch's `torch.autograd.detect_anomaly`. Where a result that is read, a loss or the next value
 * of a parameter is not finite, the search goes back from it to the operation that made it from finite
 * inputs, and throws an error that names this operation, its shape, the line at which it was recorded,
 * whether it belongs to a derivative and of what, and the parameters beside it.
 *
 * It is thrown by the next `await x.data()` or `item()`, else by the next schedule, else by this call's
 * promise. By then an optimiser has made the step at fault. Tensors that were recorded before have no line.
 *
 * Meanwhile every operation notes its stack, every schedule keeps all values and reads a figure of
 * each: a small network takes ten times as long and more, and several times as much memory. While it is off,
 * it costs nothing. Infinities on the way that do no harm, such as those that mask attention, are left alone.
 *
 * @param work What to run; it may be asynchronous, and the search goes on until its promise is settled.
 * @returns Its result.
 * @throws {ArgandError} if something is not finite; and whatever `work` throws.
 *
 * @example
 * ```ts
 * import { detectAnomaly, parameter, tensor } from "@argand/argand";
 * import { assertRejects } from "@std/assert";
 *
 * const w = parameter(tensor([4, 0]), { name: "w" });
 * await assertRejects(
 *   () =>
 *     detectAnomaly(async () => {
 *       w.mul(3).sqrt().sum().backward(); // √ has an infinite slope at 0
 *       await w.grad!.data();
 *     }),
 *   Error,
 *   "in the derivative of sqrt, reciprocal gives Infinity (float32 [2])",
 * );
 * ```
 */
export async function detectAnomaly<T>(work: () => T | Promise<T>): Promise<T> {
  if (typeof work !== "function") {
    throw cannot("detect anomalies", `it takes a function, got ${describe(work)}`);
  }
  scopes++;
  update();
  try {
    const result = await work();
    await search!.settled();
    return result;
  } finally {
    scopes--;
    update();
  }
}

/**
 * Looks for anomalies from now on, or no longer: {@link detectAnomaly} for a whole program, PyTorch's
 * `torch.autograd.set_detect_anomaly`.
 *
 * @example
 * ```ts
 * import { setDetectAnomaly, tensor } from "@argand/argand";
 * import { assertRejects } from "@std/assert";
 *
 * setDetectAnomaly(true);
 * const y = tensor([1, -1]).log();
 * await assertRejects(() => y.data(), Error, "log gives NaN (float32 [2]) from finite inputs");
 * setDetectAnomaly(false);
 * ```
 */
export function setDetectAnomaly(on: boolean): void {
  if (typeof on !== "boolean") {
    throw cannot("detect anomalies", `the switch must be true or false, got ${describe(on)}`);
  }
  isSet = on;
  update();
}
