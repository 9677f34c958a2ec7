/** Indices as values: integers that say where an element is. */
import { indexToReal } from "../../gpu/functions/mod.ts";
import { Node, type Primitive } from "../lazy/graph.ts";
import type { Shape } from "../lazy/shape.ts";
import { applyMap, mapPrimitive } from "./arithmetic.ts";

const IOTA: Primitive = { name: "index", lowering: { kind: "iota" } };

/** The linear index of each element. */
export function iota(shape: Shape): Node {
  return new Node(IOTA, [], [{ shape, dtype: "uint32" }]);
}

const TO_REAL = mapPrimitive(indexToReal);

/** Indices as real numbers. */
export function fromIndex(x: Node): Node {
  return applyMap(TO_REAL, x);
}
