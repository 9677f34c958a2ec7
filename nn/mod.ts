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
export * from "./activation.ts";
export * from "./batchnorm.ts";
export * from "./conv2d.ts";
export * from "./dropout.ts";
export * from "./flatten.ts";
export * from "./linear.ts";
export * from "./loss.ts";
export * from "./module.ts";
export * from "./optim/adam.ts";
export * from "./optim/optimizer.ts";
export * from "./optim/sgd.ts";
export * from "./pool2d.ts";
export * from "./sequential.ts";
export * from "./softmax.ts";
export type { Pair } from "./options.ts";
export type { AvgPool2dOptions, Conv2dOptions, MaxPool2dOptions } from "./functional.ts";
/** The layers, activations and losses as pure functions of tensors. */
export * as functional from "./functional.ts";
/** Initial values of complex weights. */
export * as init from "./init.ts";
