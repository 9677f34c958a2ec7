/** Checkpoints of complexPyTorch. */
import type { SafetensorsEntry } from "../../complex/files/safetensors.ts";
import { CovarianceBatchNorm, NaiveBatchNorm } from "../layers/batchnorm.ts";
import { CPReLU } from "../layers/activation.ts";
import { Conv2d } from "../layers/conv.ts";
import { ConvTranspose2d } from "../layers/conv_transpose.ts";
import { Linear } from "../layers/linear.ts";
import { GRU, LSTM, type Recurrent } from "../layers/recurrent.ts";
import { GRUCell } from "../layers/recurrent_cells.ts";
import type { Module } from "../module.ts";
import type { Entries, Reader } from "./reader.ts";
import { bothNorms, type CheckpointOptions, type Convention, translate, two } from "./translate.ts";

/** [channels, 2] as complex [channels]. */
function columns(there: Reader, name: string): SafetensorsEntry | null {
  const entry = there.real(name);
  if (!entry) return null;
  const { shape } = entry;
  if (shape.length !== 2 || shape[1] !== 2) {
    return there.fault(name, `has shape [${shape}] and should be [channels, 2]`);
  }
  return { ...entry, dtype: "C64", shape: [shape[0]] };
}

/** Two real recurrences of PyTorch, `gru_re` and `gru_im`: `gru_re.weight_ih_l0_reverse`. */
function recurrence(of: Convention["of"], kind: string): Convention {
  return {
    of,
    child(name, { directions }: Recurrent<unknown>) {
      const [part, index] = name.split(".");
      const layer = Math.floor(Number(index) / directions);
      const reverse = Number(index) % directions === 1 ? "_reverse" : "";
      return `${kind}_${part}.*_l${layer}${reverse}`;
    },
  };
}

/** The linear maps of a GRU cell. */
const CELL: Readonly<Record<string, string>> = {
  resetInput: "linear_reset_w1",
  resetHidden: "linear_reset_r1",
  updateInput: "linear_reset_w2",
  updateHidden: "linear_reset_r2",
  candidateInput: "linear_gate_w3",
  candidateHidden: "linear_gate_r3",
  norm: "bn",
};

const CONVENTIONS: readonly Convention[] = [
  two(Linear, "fc_r", "fc_i"),
  two(Conv2d, "conv_r", "conv_i"),
  two(ConvTranspose2d, "conv_tran_r", "conv_tran_i"),
  recurrence(GRU, "gru"),
  recurrence(LSTM, "lstm"),
  { of: GRUCell, child: (name) => CELL[name] },
  { of: CPReLU, parts: { weight: (there) => there.pair("r_prelu.weight", "i_prelu.weight") } },
  { of: CovarianceBatchNorm, parts: { bias: (there) => columns(there, "bias") } },
  { of: NaiveBatchNorm, parts: bothNorms },
];

/**
 * Takes over a checkpoint of complexPyTorch, written as safetensors from its state dict. There a
 * complex linear map is two real layers A and B (`fc_r` and `fc_i`, `conv_r` and `conv_i`, …): the
 * weight is A + iB and the bias (b_A − b_B) + i (b_A + b_B). Complex buffers may be of kind C64, or
 * two real tensors `name.real` and `name.imag`, or `name_r` and `name_i`. Modules have the names that
 * they have there, in snake_case or camelCase, or those of `names`.
 *
 * @param module The network, built like the one there.
 * @param tensors The entries by name, as `parseSafetensors` and `loadSafetensors` give them.
 * @throws {ArgandError} that lists every entry that is missing, left over, or of another kind or
 * shape; then nothing is loaded.
 *
 * @example
 * ```ts
 * import { nn, type SafetensorsEntry } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const real = (shape: number[], ...values: number[]): SafetensorsEntry => {
 *   return { dtype: "F32", shape, data: Float32Array.from(values) };
 * };
 * const layer = new nn.Linear(1, 1);
 * nn.loadComplexPyTorch(
 *   layer,
 *   new Map([
 *     ["fc_r.weight", real([1, 1], 3)],
 *     ["fc_i.weight", real([1, 1], 4)],
 *     ["fc_r.bias", real([1], 1)],
 *     ["fc_i.bias", real([1], 2)],
 *   ]),
 * );
 * assertEquals(await layer.bias!.item(), { re: -1, im: 3 });
 * ```
 */
export function loadComplexPyTorch(
  module: Module,
  tensors: Entries,
  options?: CheckpointOptions,
): void {
  const what = "load a checkpoint of complexPyTorch";
  const translated = translate(what, module, tensors, CONVENTIONS, options);
  module.loadStateDict(translated);
}
