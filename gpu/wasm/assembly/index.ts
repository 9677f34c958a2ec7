/**
 * The functions of the CPU engine that run in WebAssembly. A job is a function
 * `(args: usize, chunk: i32, scratch: usize): void`: `args` points at 32-bit words, `scratch` at memory
 * of the thread's own. Nothing here has a state, so that every thread can have an instance.
 */
export * from "./batchnorm";
export * from "./dense";
export { mapExpression } from "./interpreter";
export * from "./fft";
export { gatherRows, sumSegments } from "./gather";
export * from "./limits";
export * from "./moments";
export { padPlanes } from "./pad";
export { packRows } from "./panels";
export * from "./partial_sums";
export { cutPatches, sumPatches } from "./patches";
export * from "./pool2d";
export { product } from "./product";
export { reduceExpression } from "./reduce";
export { scanChunk } from "./scan";
