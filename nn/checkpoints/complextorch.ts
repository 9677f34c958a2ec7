/** Checkpoints of complextorch. */
import type { SafetensorsEntry } from "../../complex/files/safetensors.ts";
import { show } from "../../complex/lazy/shape.ts";
import { CPReLU } from "../layers/activation.ts";
import { type BatchNormBase, CovarianceBatchNorm, NaiveBatchNorm } from "../layers/batchnorm.ts";
import { Conv1d, Conv2d, Conv3d } from "../layers/conv.ts";
import { ConvTranspose1d, ConvTranspose2d, ConvTranspose3d } from "../layers/conv_transpose.ts";
import { Linear } from "../layers/linear.ts";
import { ModReLU } from "../layers/modulus.ts";
import { GroupNorm, LayerNorm } from "../layers/norm.ts";
import { GRU, LSTM, type Recurrent } from "../layers/recurrent.ts";
import { GRUCell } from "../layers/recurrent_cells.ts";
import { RecurrentParameters } from "../layers/recurrent_parameters.ts";
import type { Module } from "../module.ts";
import type { Entries, Reader } from "./reader.ts";
import {
  asVector,
  bothNorms,
  type CheckpointOptions,
  type Convention,
  translate,
} from "./translate.ts";

type Part = (there: Reader, module: Module) => SafetensorsEntry | null;

/** Norms whose Γ may be symmetric or full. */
type Norm = { readonly weight: { readonly shape: readonly number[] } | null };

/** A complex map, whose parameters are in a layer of PyTorch's, or in two real ones (`nn.gauss`). */
function inner(of: Convention["of"], name: string, gauss = name): Convention {
  return {
    of,
    parts: {
      weight(there) {
        return there.has(`${gauss}_r.weight`)
          ? there.pair(`${gauss}_r.weight`, `${gauss}_i.weight`)
          : there.complex(`${name}.weight`);
      },
      bias: (there) => there.complex(there.has("bias_r") ? "bias" : `${name}.bias`),
    },
  };
}

/** Numbers [2, …] as complex […]. */
const rows = (name: string): Part => (there) => {
  const entry = there.real(name);
  if (!entry) return null;
  const [two, ...shape] = entry.shape;
  if (two !== 2) return there.fault(name, `has shape ${show(entry.shape)} and should be [2, …]`);
  const n = entry.data.length / 2, out = new Float32Array(2 * n);
  for (let k = 0; k < n; k++) out.set([Number(entry.data[k]), Number(entry.data[n + k])], 2 * k);
  return { dtype: "C64", shape, data: out };
};

/** Matrices [2, 2, …] as […, 3], rr, ii, ri, or where `full` as […, 4] with ir. */
function matrices(there: Reader, name: string, full: boolean): SafetensorsEntry | null {
  const entry = there.real(name);
  if (!entry) return null;
  const [two, pair, ...shape] = entry.shape;
  if (two !== 2 || pair !== 2) {
    return there.fault(name, `has shape ${show(entry.shape)} and should be [2, 2, …]`);
  }
  const n = entry.data.length / 4, width = full ? 4 : 3, out = new Float32Array(width * n);
  for (let k = 0; k < n; k++) {
    const [rr, ri, ir, ii] = [0, 1, 2, 3].map((j) => Number(entry.data[j * n + k]));
    if (!full && ri !== ir) {
      return there.fault(name, `is not symmetric at ${k}: ${ri} and ${ir}; see \`mixing\``);
    }
    out.set([rr, ii, ri, ir].slice(0, width), width * k);
  }
  return { dtype: "F32", shape: [...shape, width], data: out };
}

/** Γ and β of a norm. */
const MIXING: Readonly<Record<string, Part>> = {
  weight: (there, module) =>
    matrices(there, "weight", (module as Module & Norm).weight!.shape.at(-1) === 4),
  bias: rows("bias"),
};

/** The running covariance without the eps that it has there. */
const covariance: Part = (there, module) => {
  const entry = matrices(there, "running_var", false);
  const { eps } = module as BatchNormBase<never, never>;
  entry?.data.forEach((value, k) => {
    if (k % 3 < 2) entry.data[k] = Number(value) - eps;
  });
  return entry;
};

/** The maps of all gates, one below the other; a GRU's are r, z, n, an LSTM's i, f, g, o. */
const gates = (from: "i" | "h", part: "weight" | "bias"): Part => (there) => {
  const names = there.has(`w_${from}r.linear.weight`) ? "rzn" : "ifgo";
  const all = [...names].map((gate) => there.complex(`w_${from}${gate}.linear.${part}`));
  if (!all.every((entry) => entry !== null)) return null;
  const data = new Float32Array(all.reduce((n, entry) => n + entry.data.length, 0));
  let at = 0;
  for (const entry of all) {
    data.set(entry.data as Float32Array, at);
    at += entry.data.length;
  }
  const [hidden, ...rest] = all[0].shape;
  return { dtype: "C64", shape: [hidden * all.length, ...rest], data };
};

/** `cells.3` of two directions is `cells_bwd.1`. */
function cell(name: string, { directions }: Recurrent<unknown>): string {
  const k = Number(name.split(".")[1]);
  return `cells_${k % directions ? "bwd" : "fwd"}.${Math.floor(k / directions)}`;
}

/** The linear maps of a GRU cell. */
const CELL: Readonly<Record<string, string>> = {
  resetInput: "w_ir",
  resetHidden: "w_hr",
  updateInput: "w_iz",
  updateHidden: "w_hz",
  candidateInput: "w_in",
  candidateHidden: "w_hn",
};

const CONVENTIONS: readonly Convention[] = [
  inner(Linear, "linear"),
  inner(Conv1d, "conv"),
  inner(Conv2d, "conv"),
  inner(Conv3d, "conv"),
  inner(ConvTranspose1d, "conv_transposed", "convt"),
  inner(ConvTranspose2d, "conv_transposed", "convt"),
  inner(ConvTranspose3d, "conv_transposed", "convt"),
  {
    of: CovarianceBatchNorm,
    parts: { ...MIXING, runningMean: rows("running_mean"), runningCovar: covariance },
  },
  { of: NaiveBatchNorm, parts: bothNorms },
  { of: LayerNorm, parts: MIXING },
  { of: GroupNorm, parts: MIXING },
  { of: GRU, child: cell },
  { of: LSTM, child: cell },
  {
    of: RecurrentParameters,
    parts: {
      weightIh: gates("i", "weight"),
      weightHh: gates("h", "weight"),
      biasIh: gates("i", "bias"),
      biasHh: gates("h", "bias"),
    },
  },
  { of: GRUCell, child: (name) => CELL[name] },
  {
    of: CPReLU,
    parts: { weight: (there) => there.pair("activation_r.weight", "activation_i.weight") },
  },
  { of: ModReLU, parts: { bias: (there) => asVector(there.real("activation_mag.bias")) } },
];

/**
 * Takes over a checkpoint of complextorch, written as safetensors from its state dict: `Linear`,
 * convolutions (those of `nn.gauss`, too), batch, layer and group norms, `GRU`, `LSTM`, `GRUCell`,
 * `CPReLU`, `modReLU` and `AdaptiveModReLU`. Complex tensors may be of kind C64, or two real ones
 * `name.real` and `name.imag`. The Γ of its norms is any 2×2 matrix: a batch norm that was trained is
 * made here with `mixing: "full"`, and layer and group norms take a symmetric Γ alone. Its running
 * covariance has eps in it, which is taken off. Modules have the names that they have there, in
 * snake_case or camelCase, or those of `names`. Its `RMSNorm` and attention follow other formulas.
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
 * nn.loadComplextorch(layer, new Map([["linear.weight", weight]]));
 * assertEquals(await layer.weight.item(), { re: 3, im: 4 });
 * ```
 */
export function loadComplextorch(
  module: Module,
  tensors: Entries,
  options?: CheckpointOptions,
): void {
  const what = "load a checkpoint of complextorch";
  const translated = translate(what, module, tensors, CONVENTIONS, options);
  module.loadStateDict(translated);
}
