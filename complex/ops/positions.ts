/** Positions of patches on the host: checked at the call, then held as indices. */
import { type Sizes, tilesAlong } from "../../gpu/kernels/gathers/patches.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import type { Node } from "../lazy/graph.ts";
import { sameShape, type Shape, sizeOf } from "../lazy/shape.ts";
import { indices, type Labels } from "./labels.ts";

/** Where patches begin: an entry of one integer an axis for each, or all integers one after the other. */
export type Positions = readonly ArrayLike<number>[] | Labels;

/** What covers the tiles of a canvas. */
export interface Tiles {
  readonly tile: Sizes;
  /** Where the list of each tile begins, uint32 [tiles + 1]. */
  readonly offsets: Node;
  /** The patches that reach into each tile, one list after the other; what is left over is not used. */
  readonly lists: Node;
}

/** The most elements of a canvas, whose places are held as uint32. */
const MOST_ELEMENTS = 2 ** 31;

/** Sizes along three axes, of which the first have 1. */
export const threeAxes = (sizes: Shape): Sizes => [1, 1, 1, ...sizes].slice(-3) as unknown as Sizes;

/** How far a tile reaches along an axis: about half a patch, so that few reach into it in vain. */
const tileOf = (canvas: number, size: number) =>
  Math.min(canvas, Math.max(8, 4 * Math.ceil(size / 8)));

/** Positions that have been checked. */
export class CheckedPositions {
  readonly count: number;
  /** The coordinates along `axes` axes of one patch after the other. */
  readonly #coordinates: Uint32Array;
  readonly #axes: number;
  readonly #largest: readonly number[];
  #starts: { readonly canvas: Shape; readonly node: Node } | null = null;
  #tiles: { readonly canvas: Shape; readonly size: Shape; readonly tiles: Tiles } | null = null;
  #halves: readonly [CheckedPositions, CheckedPositions] | null = null;

  /** The array must not change afterwards. */
  constructor(coordinates: Uint32Array, axes: number) {
    this.#coordinates = coordinates;
    this.#axes = axes;
    this.count = coordinates.length / axes;
    const largest = Array<number>(axes).fill(0);
    coordinates.forEach((c, k) => largest[k % axes] = Math.max(largest[k % axes], c));
    this.#largest = largest;
  }

  /** Whether these are the same positions, and patches of that size there lie within the canvas. */
  are(positions: Positions, canvas: Shape, size: Shape): boolean {
    const own = this.#coordinates, axes = this.#axes;
    if (axes !== size.length) return false;
    if (this.#largest.some((c, d) => c + size[d] > canvas[d])) return false;
    if (!isNested(positions)) {
      return positions.length === own.length && own.every((c, k) => positions[k] === c);
    }
    if (positions.length !== this.count) return false;
    for (let p = 0, k = 0; p < positions.length; p++) {
      if (positions[p]?.length !== axes) return false;
      for (let d = 0; d < axes; d++) if (positions[p][d] !== own[k++]) return false;
    }
    return true;
  }

  /** The index in the canvas of the first element of each patch, uint32 [count]. */
  starts(canvas: Shape): Node {
    if (!this.#starts || !sameShape(this.#starts.canvas, canvas)) {
      const starts = new Uint32Array(this.count);
      this.#coordinates.forEach((c, k) => {
        const d = k % this.#axes, p = (k - d) / this.#axes;
        starts[p] = starts[p] * canvas[d] + c;
      });
      this.#starts = { canvas, node: indices(starts) };
    }
    return this.#starts.node;
  }

  /** The patches of this size that reach into each tile of the canvas. */
  tiles(canvas: Shape, size: Shape): Tiles {
    const last = this.#tiles;
    if (last && sameShape(last.canvas, canvas) && sameShape(last.size, size)) return last.tiles;
    const tiles = this.#sort(threeAxes(canvas), threeAxes(size));
    this.#tiles = { canvas, size, tiles };
    return tiles;
  }

  /** The first of them, and the others. */
  halves(): readonly [CheckedPositions, CheckedPositions] {
    const half = this.#axes * Math.floor(this.count / 2);
    return this.#halves ??= [
      new CheckedPositions(this.#coordinates.slice(0, half), this.#axes),
      new CheckedPositions(this.#coordinates.slice(half), this.#axes),
    ];
  }

  /** The lists of tiles, by counting their entries. */
  #sort(canvas: Sizes, size: Sizes): Tiles {
    const tile = canvas.map((n, d) => tileOf(n, size[d])) as unknown as Sizes;
    const along = tilesAlong(canvas, tile);
    const corners = new Uint32Array(3 * this.count);
    this.#coordinates.forEach((c, k) => {
      const d = k % this.#axes, p = (k - d) / this.#axes;
      corners[3 * p + 3 - this.#axes + d] = c;
    });
    const eachTile = (visit: (tile: number, patch: number) => void) => {
      for (let p = 0; p < this.count; p++) {
        const from = tile.map((n, d) => Math.floor(corners[3 * p + d] / n));
        const to = tile.map((n, d) => Math.floor((corners[3 * p + d] + size[d] - 1) / n));
        for (let z = from[0]; z <= to[0]; z++) {
          for (let y = from[1]; y <= to[1]; y++) {
            for (let x = from[2]; x <= to[2]; x++) visit((z * along[1] + y) * along[2] + x, p);
          }
        }
      }
    };
    const offsets = new Uint32Array(along[0] * along[1] * along[2] + 1);
    eachTile((t) => offsets[t + 1]++);
    for (let t = 1; t < offsets.length; t++) offsets[t] += offsets[t - 1];
    // As long as any positions need, so that the next ones have the same schedule.
    const most = tile.map((n, d) => Math.min(along[d], Math.floor((size[d] + n - 2) / n) + 1));
    const lists = new Uint32Array(this.count * most[0] * most[1] * most[2]);
    const next = offsets.slice();
    eachTile((t, patch) => lists[next[t]++] = patch);
    return { tile, offsets: indices(offsets), lists: indices(lists) };
  }
}

function isNested(positions: Positions): positions is readonly ArrayLike<number>[] {
  return typeof positions[0] === "object";
}

/** The positions of arrays as they were when last used. */
const known = new WeakMap<object, CheckedPositions>();

const isTyped = (x: unknown) => ArrayBuffer.isView(x) && !(x instanceof DataView);
const times = (sizes: Shape) => sizes.join(" × ");

/** Positions at which patches of this size lie within the canvas. */
export function checkPositions(
  what: string,
  positions: Positions,
  canvas: Shape,
  size: Shape,
): CheckedPositions {
  if (!Array.isArray(positions) && !isTyped(positions)) {
    throw cannot(what, `the positions must be an array of integers, got ${describe(positions)}`);
  }
  if (positions.length === 0) throw cannot(what, "there are no positions");
  const before = known.get(positions);
  if (before?.are(positions, canvas, size)) return before;
  if (size.some((n, d) => n > canvas[d])) {
    throw cannot(what, `patches of ${times(size)} are larger than the ${times(canvas)} elements`);
  }
  if (sizeOf(canvas) > MOST_ELEMENTS) {
    throw cannot(what, `indices among ${times(canvas)} elements have more than 32 bits`);
  }
  const axes = size.length;
  const nested = isNested(positions);
  if (!nested && positions.length % axes !== 0) {
    throw cannot(what, `${positions.length} numbers are not positions along ${axes} axes`);
  }
  const count = nested ? positions.length : positions.length / axes;
  const coordinates = new Uint32Array(count * axes);
  for (let p = 0; p < count; p++) {
    const entry = nested ? positions[p] : null;
    if (entry && !((Array.isArray(entry) || isTyped(entry)) && entry.length === axes)) {
      const got = Array.isArray(entry) ? `${entry.length} numbers` : describe(entry);
      throw cannot(what, `position ${p} must be ${axes} integers, got ${got}`);
    }
    for (let d = 0; d < axes; d++) {
      const c = entry ? entry[d] : positions[p * axes + d] as number;
      if (!Number.isInteger(c) || c < 0 || c + size[d] > canvas[d]) {
        throw cannot(
          what,
          `a patch of ${times(size)} in ${times(canvas)} begins from 0 to ` +
            `${canvas[d] - size[d]} along axis ${d - axes}, got ${describe(c)} at position ${p}`,
        );
      }
      coordinates[p * axes + d] = c;
    }
  }
  const made = new CheckedPositions(coordinates, axes);
  known.set(positions, made);
  return made;
}
