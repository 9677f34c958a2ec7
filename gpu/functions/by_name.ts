/** The elementwise functions by the names under which they are exported. */
import type { MapFunction } from "../contract/map_function.ts";
import * as exported from "./mod.ts";

function isFunction(entry: [string, unknown]): entry is [string, MapFunction] {
  return typeof entry[1] === "object" && "cpu" in (entry[1] as object);
}

/** Every elementwise function, by name. */
export const functionsByName: ReadonlyMap<string, MapFunction> = new Map(
  Object.entries(exported).filter(isFunction),
);
