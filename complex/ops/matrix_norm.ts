/** Norms of matrices. */
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "../lazy/graph.ts";
import { abs } from "./elementwise.ts";
import { euclidean } from "./norm.ts";
import { max, min } from "./reduce.ts";
import { svdvals } from "./svd.ts";
import { narrow, permute, reshape, sum } from "./views.ts";

/** The norm of matrices with rows along axis m and columns along n; both stay with size 1. */
export function matrixNorm(
  what: string,
  x: Node,
  ord: number | "fro" | "nuc",
  [m, n]: readonly number[],
): Node {
  if (ord === "fro") return euclidean(x, [m, n]);
  const sums = (along: number, across: number, sign: number) => {
    const lengths = sum(abs(x), along, true);
    return sign > 0 ? max(lengths, across, true) : min(lengths, across, true);
  };
  if (ord === 1 || ord === -1) return sums(m, n, ord);
  if (ord === Infinity || ord === -Infinity) return sums(n, m, ord);
  if (ord === "nuc" || ord === 2 || ord === -2) {
    const rest = x.shape.map((_, d) => d).filter((d) => d !== m && d !== n);
    const values = svdvals(permute(x, [...rest, m, n]));
    const last = rest.length;
    // They are sorted, the largest first.
    const at = ord === 2 ? 0 : values.shape[last] - 1;
    const found = ord === "nuc" ? sum(values, last) : narrow(values, last, at, 1);
    return reshape(found, x.shape.map((size, d) => (d === m || d === n ? 1 : size)));
  }
  throw cannot(
    what,
    `ord ${ord} is not a norm of matrices: they have "fro", "nuc", ±1, ±2, ±Infinity`,
  );
}
