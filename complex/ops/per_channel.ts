/** Values of channels, as they broadcast with x [n, channels, inner]. */
import type { Node } from "../lazy/graph.ts";
import { narrow, reshape } from "./views.ts";

/** The axes of such an x over which a channel's statistics are taken. */
export const AXES: readonly number[] = [0, 2];

/** One value a channel, as [1, channels, 1]. */
export function perChannel(x: Node): Node {
  return reshape(x, [1, x.size, 1]);
}

/** The columns of a real [channels, k] as [1, channels, 1] each. */
export function columns(x: Node): Node[] {
  return Array.from({ length: x.shape[1] }, (_, c) => perChannel(narrow(x, 1, c, 1)));
}
