/** Integers of the host that choose rows: checked at the call, then held as a tensor of indices. */
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

/** The node of labels, each an integer in [0, below); there must be `count` of them, if given. */
export function labelNode(what: string, labels: Labels, below: number, count?: number): Node {
  const typed = ArrayBuffer.isView(labels) && !(labels as ArrayBufferView instanceof DataView);
  if (!typed && !Array.isArray(labels)) {
    throw cannot(what, `the labels must be an array of integers, got ${describe(labels)}`);
  }
  if (labels.length !== (count ?? labels.length)) {
    throw cannot(what, `there are ${labels.length} labels for ${count} rows`);
  }
  if (labels.length === 0) throw cannot(what, "there are no labels");
  const words = new Uint32Array(labels.length);
  for (let k = 0; k < labels.length; k++) {
    const label = labels[k];
    if (!Number.isInteger(label) || label < 0 || label >= below) {
      const range = `an integer from 0 to ${below - 1}`;
      throw cannot(what, `label ${k} must be ${range}, got ${describe(label)}`);
    }
    words[k] = label;
  }
  return hostNode(words, [words.length], "uint32");
}
