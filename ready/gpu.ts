/**
 * The engines, the chosen one open: see `gpu.ts`.
 *
 * @module
 */
import "./open.ts";
export * from "../gpu.ts";
