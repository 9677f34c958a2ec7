/** Integers of the host that choose rows: checked at the call, then held as indices. */
import { LONGEST_SEGMENT } from "../../gpu/kernels/gathers/segment_sum.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { hostNode, type Node } from "../lazy/graph.ts";

/** Integers: an array or a typed array of integers. */
export type Labels =
  | readonly number[]
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array;

/** Labels in the order of the rows that they name. */
export interface SortedLabels {
  /** How many rows there are to name. */
  readonly rows: number;
  /** The places of the labels, those of equal labels in a row; uint32. */
  readonly order: Node;
  /**
   * The offsets of segments in that order, uint32: where a row is named so often that its segment is cut
   * in parts, first those of the parts, then those of each row's parts among all.
   */
  readonly offsets: readonly Node[];
}

/** Integers of the host as uint32 [count]; the array must not change afterwards. */
export function indices(data: Uint32Array): Node {
  return hostNode(data, [data.length], "uint32");
}

/** Labels that have been checked. */
export class CheckedLabels {
  /** The labels as uint32 [count]. */
  readonly node: Node;
  readonly #labels: Uint32Array;
  readonly #largest: number;
  #sorted: SortedLabels | null = null;

  /** The array must not change afterwards. */
  constructor(labels: Uint32Array, largest: number) {
    this.node = indices(labels);
    this.#labels = labels;
    this.#largest = largest;
  }

  /** Whether these are the same labels, and each below a number. */
  are(labels: Labels, below: number): boolean {
    const own = this.#labels;
    if (labels.length !== own.length || this.#largest >= below) return false;
    for (let k = 0; k < own.length; k++) if (own[k] !== labels[k]) return false;
    return true;
  }

  /** Their order by the rows that they name, worked out when it is first asked for. */
  sorted(rows: number): SortedLabels {
    if (this.#sorted?.rows !== rows) this.#sorted = sort(this.#labels, rows);
    return this.#sorted;
  }
}

/** The order of labels below `rows`, by counting them. */
function sort(labels: Uint32Array, rows: number): SortedLabels {
  const starts = new Uint32Array(rows + 1);
  for (let k = 0; k < labels.length; k++) starts[labels[k] + 1]++;
  let longest = 0;
  for (let r = 1; r <= rows; r++) {
    longest = Math.max(longest, starts[r]);
    starts[r] += starts[r - 1];
  }
  const next = starts.slice();
  const order = new Uint32Array(labels.length);
  for (let k = 0; k < labels.length; k++) order[next[labels[k]]++] = k;

  const offsets: Uint32Array[] = [];
  let [last, most]: [Uint32Array, number] = [starts, labels.length];
  for (; longest > LONGEST_SEGMENT; longest = Math.ceil(longest / LONGEST_SEGMENT)) {
    const [parts, ofParts] = cut(last, most);
    offsets.push(parts);
    last = ofParts;
    most = parts.length - 1;
  }
  return { rows, order: indices(order), offsets: [...offsets, last].map(indices) };
}

/**
 * Cuts segments of `total` elements at most in parts of {@link LONGEST_SEGMENT} at most: the offsets of
 * the parts, and those of the segments among the parts. How many parts there are does not depend on the
 * segments' lengths, so that the next labels have the same schedule; those left over are empty.
 */
function cut(
  segments: Uint32Array,
  total: number,
): [parts: Uint32Array, segments: Uint32Array] {
  const count = segments.length - 1;
  const most = Math.min(count, total) + Math.floor(total / LONGEST_SEGMENT);
  const parts = new Uint32Array(most + 1).fill(segments[count]);
  const ofParts = new Uint32Array(count + 1);
  let part = 0;
  for (let s = 0; s < count; s++) {
    for (let k = segments[s]; k < segments[s + 1]; k += LONGEST_SEGMENT) parts[part++] = k;
    ofParts[s + 1] = part;
  }
  return [parts, ofParts];
}

/** The labels of arrays as they were when last used: a training step mostly takes the same ones again. */
const known = new WeakMap<object, CheckedLabels>();

/** Labels, each an integer in [0, below); there must be `count` of them, if given. */
export function checkLabels(
  what: string,
  labels: Labels,
  below: number,
  count?: number,
): CheckedLabels {
  const typed = ArrayBuffer.isView(labels) && !(labels as ArrayBufferView instanceof DataView);
  if (!typed && !Array.isArray(labels)) {
    throw cannot(what, `the labels must be an array of integers, got ${describe(labels)}`);
  }
  if (labels.length !== (count ?? labels.length)) {
    throw cannot(what, `there are ${labels.length} labels for ${count} rows`);
  }
  if (labels.length === 0) throw cannot(what, "there are no labels");
  const before = known.get(labels);
  if (before?.are(labels, below)) return before;
  const copy = new Uint32Array(labels.length);
  let largest = 0;
  for (let k = 0; k < labels.length; k++) {
    const label = labels[k];
    if (!Number.isInteger(label) || label < 0 || label >= below) {
      const range = `an integer from 0 to ${below - 1}`;
      throw cannot(what, `label ${k} must be ${range}, got ${describe(label)}`);
    }
    copy[k] = label;
    if (label > largest) largest = label;
  }
  const made = new CheckedLabels(copy, largest);
  known.set(labels, made);
  return made;
}
