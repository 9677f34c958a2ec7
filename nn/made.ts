/** What layers were made with, by name: from it they are described, and made again. */
import type { Module } from "./module.ts";

const made = new WeakMap<Module, Readonly<Record<string, unknown>>>();

/** Notes what a layer was made with, in a copy; absent options are left out. */
export function madeWith(layer: Module, options: Readonly<Record<string, unknown>>): void {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  made.set(layer, structuredClone(Object.fromEntries(given)));
}

/** What a layer was made with. */
export function optionsOf(layer: Module): Record<string, unknown> {
  return structuredClone(made.get(layer) ?? {});
}
