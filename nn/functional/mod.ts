/** The layers and losses as pure functions of tensors. */
export * from "./activation.ts";
export * from "./attention.ts";
export * from "./batchnorm.ts";
export * from "./conv.ts";
export * from "./conv_transpose.ts";
export * from "./dropout.ts";
export * from "./embedding.ts";
export { intensity } from "./intensity.ts";
export * from "./linear.ts";
export * from "./loss.ts";
export * from "./metrics.ts";
export * from "./modulus.ts";
export * from "./norm.ts";
export * from "./pool.ts";
export * from "./recurrent.ts";
export * from "./softmax.ts";
export { transmit } from "./transmission.ts";
export * from "./upsample.ts";
