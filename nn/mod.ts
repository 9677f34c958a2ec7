/**
 * Layers, losses and optimisers for complex networks.
 *
 * @example
 * ```ts
 * import { nn, randnComplex } from "@argand/argand";
 *
 * const net = new nn.Sequential(new nn.Linear(4, 8), new nn.CReLU(), new nn.Linear(8, 1));
 * const optimizer = new nn.Adam(net.parameters(), { lr: 0.01 });
 * const x = randnComplex([16, 4]);
 * const target = x.sum(1, true);
 * for (let k = 0; k < 20; k++) {
 *   const loss = nn.mse(net.apply(x), target);
 *   loss.backward();
 *   optimizer.step();
 * }
 * ```
 *
 * @module
 */
export {
  type CheckpointParts,
  type CheckpointProgress,
  formatCheckpoint,
  loadCheckpoint,
  parseCheckpoint,
  saveCheckpoint,
} from "./checkpoints/checkpoint.ts";
export { formatModel, loadModel, parseModel, saveModel } from "./checkpoints/model.ts";
export type { Stateful } from "./checkpoints/take_over.ts";
export { loadComplexPyTorch } from "./checkpoints/complexpytorch.ts";
export type { Entries } from "./checkpoints/reader.ts";
export { loadComplextorch } from "./checkpoints/complextorch.ts";
export { loadTorchcvnn } from "./checkpoints/torchcvnn.ts";
export type { CheckpointOptions } from "./checkpoints/translate.ts";
export { collate, type Collated, type Dataset, type NumberArray } from "./data/dataset.ts";
export * from "./data/iterable_dataset.ts";
export * from "./data/loader.ts";
export { randomSplit, type RandomSplitOptions, Subset } from "./data/subset.ts";
export * from "./data/tensor_dataset.ts";
export { buildModule, describeModule, registerModule } from "./descriptions/description.ts";
export type { ModuleClass } from "./declare/declaration.ts";
export type { ModuleDescription, ModuleKind, OptionsSchema } from "./descriptions/kind.ts";
export * from "./functional/loss.ts";
export * from "./functional/softmax.ts";
export type { Json } from "./json.ts";
export * from "./layer.ts";
export * from "./layers/mod.ts";
export * from "./module.ts";
export * from "./optim/adagrad.ts";
export * from "./optim/adam.ts";
export * from "./optim/adamw.ts";
export * from "./optim/clip.ts";
export * from "./optim/groups.ts";
export * from "./optim/lbfgs.ts";
export * from "./optim/optimizer.ts";
export * from "./optim/rmsprop.ts";
export * from "./optim/schedules/cosine_annealing_lr.ts";
export * from "./optim/schedules/exponential_lr.ts";
export * from "./optim/schedules/lambda_lr.ts";
export * from "./optim/schedules/linear_lr.ts";
export * from "./optim/schedules/multi_step_lr.ts";
export * from "./optim/schedules/one_cycle_lr.ts";
export * from "./optim/schedules/reduce_lr_on_plateau.ts";
export { Schedule, type Scheduled } from "./optim/schedules/schedule.ts";
export * from "./optim/schedules/sequential_lr.ts";
export * from "./optim/schedules/step_lr.ts";
export * from "./optim/sgd.ts";
export type { EarlyStoppingOptions, MonitorOptions } from "./training/early_stopping.ts";
export { fit } from "./training/fit.ts";
export type { EpochRecord, FitEnd, FitHistory } from "./training/history.ts";
export type {
  Batches,
  FitAnswer,
  FitCallbacks,
  FitCheckpointOptions,
  FitOptimizer,
  FitOptions,
  FitRecoverOptions,
  FitSchedule,
  FitState,
} from "./training/fit_options.ts";
export type { FitProgress } from "./training/progress.ts";
export * from "./training/summary.ts";
export type { AdamOptions } from "./optim/adam_rule.ts";
export type { GeluOptions, SigLogOptions } from "./functional/activation_options.ts";
export type { RecurrentParameters } from "./layers/recurrent_parameters.ts";
export type { NormalizedShape, NormOptions } from "./functional/norm_options.ts";
export type { Size2d, Size3d } from "./checks.ts";
export type { AttentionMask, AttentionScores } from "./functional/attention.ts";
export type { Conv1dOptions, Conv2dOptions, Conv3dOptions } from "./functional/conv.ts";
export type {
  ConvTranspose1dOptions,
  ConvTranspose2dOptions,
  ConvTranspose3dOptions,
} from "./functional/conv_transpose.ts";
export type { ConvOptions, ConvTransposeOptions, Sizes } from "./functional/convolve.ts";
export type { Indices } from "./functional/embedding.ts";
export type { AvgPool1dOptions, MaxPool1dOptions, MaxPool2dOptions } from "./functional/pool.ts";
export type { IntensityOptions } from "./functional/intensity.ts";
export type { LensOptions } from "./functional/lens.ts";
export type { LightOptions } from "./functional/light.ts";
export type { ComplexMaskOptions } from "./functional/masks.ts";
export type { PropagationOptions } from "./functional/propagation.ts";
export type { RecurrentWeights } from "./functional/recurrent.ts";
export type { UpsampleOptions } from "./functional/resize.ts";
export type {
  AdaptiveSize,
  AvgPool2dOptions,
  AvgPoolOptions,
  MaxPoolOptions,
  ReturnIndices,
} from "./functional/windows.ts";
/** The layers, activations and losses as pure functions of tensors. */
export * as functional from "./functional/mod.ts";
/** Initial values of weights. */
export * as init from "./init.ts";
/** Real numbers that say how good a prediction is. */
export * as metrics from "./functional/metrics.ts";
