/**
 * The package, with its engine open: see `mod.ts`.
 *
 * @module
 */
import "./open.ts";
export * from "../mod.ts";
