/** Checkpoints of torchcvnn, and of PyTorch's own layers in complex64. */
import type { SafetensorsEntry } from "../../complex/files/safetensors.ts";
import { CPReLU } from "../layers/activation.ts";
import { CovarianceBatchNorm } from "../layers/batchnorm.ts";
import { ConvTranspose2d } from "../layers/conv_transpose.ts";
import { ModReLU } from "../layers/modulus.ts";
import { show } from "../../complex/lazy/shape.ts";
import type { Module } from "../module.ts";
import type { Entries, Reader } from "./reader.ts";
import { asVector, type CheckpointOptions, type Convention, translate, two } from "./translate.ts";

/** The entries rr, ii, ri of 2×2 matrices that lie row after row, and all of them with ir. */
const SYMMETRIC = [0, 3, 1];
const FULL = [0, 3, 1, 2];

/** 2×2 matrices as the columns that we keep of them. */
function matrices(there: Reader, name: string, kept: readonly number[]): SafetensorsEntry | null {
  const entry = there.real(name);
  if (!entry) return null;
  const { shape: [channels, ...rest], data } = entry;
  if (rest.join() !== "2,2") {
    return there.fault(name, `has shape ${show(entry.shape)} and should be [channels, 2, 2]`);
  }
  const width = kept.length;
  const out = new Float32Array(channels * width);
  for (let k = 0; k < out.length; k++) {
    out[k] = Number(data[4 * Math.floor(k / width) + kept[k % width]]);
  }
  return { ...entry, shape: [channels, width], data: out };
}

const CONVENTIONS: readonly Convention[] = [
  {
    of: CovarianceBatchNorm,
    parts: {
      weight: (there) => matrices(there, "weight", FULL),
      runningCovar: (there) => matrices(there, "running_var", SYMMETRIC),
    },
  },
  two(ConvTranspose2d, "m_real", "m_imag"),
  { of: CPReLU, parts: { weight: (there) => there.pair("act_real.weight", "act_imag.weight") } },
  { of: ModReLU, parts: { bias: (there) => asVector(there.real("b")) } },
];

/**
 * Takes over a checkpoint of torchcvnn, or of PyTorch's own layers in complex64 (`Linear`, `Conv2d`),
 * written as safetensors from its state dict. Complex tensors may be of kind C64, or two real ones
 * `name.real` and `name.imag`. A batch norm there has a full matrix Γ, so its counterpart here is made
 * with `mixing: "full"`. Modules have the names that they have there, in snake_case or camelCase, or
 * those of `names`. Its attention and layer norms follow other formulas and do not match.
 *
 * @param module The network, built like the one there.
 * @param tensors The entries by name, as `parseSafetensors` and `loadSafetensors` give them.
 * @throws {ArgandError} that lists every entry that is missing, left over, or of another kind or
 * shape; then nothing is loaded.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const layer = new nn.Linear(1, 1, { bias: false });
 * const weight = { dtype: "C64", shape: [1, 1], data: Float32Array.of(3, 4) } as const;
 * nn.loadTorchcvnn(layer, new Map([["weight", weight]]));
 * assertEquals(await layer.weight.item(), { re: 3, im: 4 });
 * ```
 */
export function loadTorchcvnn(
  module: Module,
  tensors: Entries,
  options?: CheckpointOptions,
): void {
  const what = "load a checkpoint of torchcvnn";
  const translated = translate(what, module, tensors, CONVENTIONS, options);
  module.loadStateDict(translated);
}
