/**
 * Layers, losses and optimisers, with the engine open: see `nn/mod.ts`.
 *
 * @module
 */
import "./open.ts";
export * from "../nn/mod.ts";
