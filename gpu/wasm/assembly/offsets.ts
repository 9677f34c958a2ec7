/** Addresses along an index of three digits, such as image, row and column. */
import { word } from "./vector";

/** The words of a description: extents of the two inner digits, and the bytes of a step of each. */
export const DESCRIPTION = 5;

/**
 * Writes at `target` the byte offsets of `count` indices from `first` on; the description is at word
 * `at`. An index beyond `last` has the offset of `last`.
 */
export function offsets(
  target: usize,
  first: i32,
  count: i32,
  last: i32,
  args: usize,
  at: i32,
): void {
  const middle = word(args, at), inner = word(args, at + 1);
  const s0 = word(args, at + 2), s1 = word(args, at + 3), s2 = word(args, at + 4);
  let c = first % inner, rest = first / inner;
  let b = rest % middle, offset = (rest / middle) * s0 + b * s1 + c * s2;
  for (let k = 0; k < count; k++) {
    store<i32>(target + (<usize> k << 2), offset);
    if (first + k >= last) continue;
    offset += s2;
    if (++c == inner) {
      c = 0;
      offset += s1 - inner * s2;
      if (++b == middle) {
        b = 0;
        offset += s0 - middle * s1;
      }
    }
  }
}
