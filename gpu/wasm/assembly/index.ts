/**
 * The functions of the CPU engine that run in WebAssembly. A job is a function
 * `(args: usize, chunk: i32, scratch: usize): void`: `args` points at 32-bit words, `scratch` at memory
 * of the thread's own. Nothing here has a state, so that every thread can have an instance.
 */
export * from "./batchnorm";
export * from "./fft";
export * from "./moments";
export { packRows } from "./panels";
export { padPlanes } from "./pad";
export * from "./partial_sums";
export { product } from "./product";
export * from "./pool2d";
export { mapExpression } from "./expression";
export { reduceExpression } from "./reduce";
