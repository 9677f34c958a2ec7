/**
 * Tensors and their derivatives, with the engine open: see `complex/mod.ts`.
 *
 * @module
 */
import "./open.ts";
export * from "../complex/mod.ts";
