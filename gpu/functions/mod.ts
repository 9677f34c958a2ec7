/** Every elementwise function of the engines, and the pieces of WGSL that they share. */
export * from "./activation.ts";
export * from "./angle.ts";
export * from "./arithmetic.ts";
export * from "./cast.ts";
export * from "./comparison.ts";
export * from "./erf.ts";
export * from "./exponential.ts";
export * from "./hyperbolic.ts";
export * from "./modulus.ts";
export * from "./parts.ts";
export * from "./power.ts";
export * from "./random.ts";
export * from "./trigonometric.ts";
