/** Windows cut at positions, and their sum; see ../../kernels/gathers/patches.ts. */
import { copyRow } from "./gather";
import { word } from "./vector";

/**
 * Words: x, starts, result, patches, patches over all outer places, and those of a chunk; floats of an
 * element; the sizes of the canvas, and of a patch, along three axes.
 */
export function cutPatches(args: usize, chunk: i32, _scratch: usize): void {
  const count = word(args, 3), shift = word(args, 6) + 1;
  const first = chunk * word(args, 5), last = min(first + word(args, 5), word(args, 4));
  const high = word(args, 8), wide = word(args, 9);
  const volume = word(args, 7) * high * wide;
  const depth = word(args, 10), height = word(args, 11), width = word(args, 12);
  const bytes = <usize> width << shift, line = <usize> wide << shift;
  let to = <usize> word(args, 2) + <usize> (first * depth * height) * bytes;
  for (let p = first; p < last; p++) {
    const start = load<i32>(<usize> word(args, 1) + (<usize> (p % count) << 2));
    const patch = <usize> word(args, 0) + (<usize> (p / count * volume + start) << shift);
    for (let d = 0; d < depth; d++) {
      let from = patch + <usize> (d * high) * line;
      for (let h = 0; h < height; h++, to += bytes, from += line) copyRow(to, from, bytes);
    }
  }
}

/** to += from over `bytes`, a multiple of 4. */
function addRow(to: usize, from: usize, bytes: usize): void {
  const end = to + bytes;
  for (; to + 16 <= end; to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
  for (; to < end; to += 4, from += 4) store<f32>(to, load<f32>(to) + load<f32>(from));
}

/**
 * Words: g, starts, offsets of the tiles' lists, lists, result, patches, tiles over all outer places, and
 * those of a chunk; floats of an element; the sizes of the canvas, of a patch and of a tile, and the
 * number of tiles, along three axes.
 */
export function sumPatches(args: usize, chunk: i32, _scratch: usize): void {
  const starts: usize = word(args, 1),
    offsets: usize = word(args, 2),
    lists: usize = word(args, 3);
  const count = word(args, 5), shift = word(args, 8) + 1;
  const deep = word(args, 9), high = word(args, 10), wide = word(args, 11);
  const depth = word(args, 12), height = word(args, 13), width = word(args, 14);
  const tiles = word(args, 18) * word(args, 19) * word(args, 20);
  const first = chunk * word(args, 7), last = min(first + word(args, 7), word(args, 6));
  for (let t = first; t < last; t++) {
    const tile = t % tiles, outer = t / tiles;
    const z0 = tile / word(args, 20) / word(args, 19) * word(args, 15);
    const y0 = tile / word(args, 20) % word(args, 19) * word(args, 16);
    const x0 = tile % word(args, 20) * word(args, 17);
    const z1 = min(z0 + word(args, 15), deep), y1 = min(y0 + word(args, 16), high);
    const x1 = min(x0 + word(args, 17), wide);
    const canvas = <usize> word(args, 4) + (<usize> (outer * deep * high * wide) << shift);
    for (let z = z0; z < z1; z++) {
      for (let y = y0; y < y1; y++) {
        memory.fill(
          canvas + (<usize> ((z * high + y) * wide + x0) << shift),
          0,
          <usize> (x1 - x0) << shift,
        );
      }
    }
    const offset = offsets + (<usize> tile << 2);
    for (let k = load<i32>(offset); k < load<i32>(offset, 4); k++) {
      const patch = load<i32>(lists + (<usize> k << 2));
      const start = load<i32>(starts + (<usize> patch << 2)), line = start / wide;
      const cz = line / high, cy = line % high, cx = start % wide;
      const left = max(x0, cx);
      const bytes = <usize> (min(x1, cx + width) - left) << shift;
      const from = <usize> word(args, 0) +
        (<usize> ((outer * count + patch) * depth * height * width + left - cx) << shift);
      const to = canvas + (<usize> left << shift);
      for (let z = max(z0, cz); z < min(z1, cz + depth); z++) {
        for (let y = max(y0, cy); y < min(y1, cy + height); y++) {
          const row = (z - cz) * height + y - cy;
          addRow(
            to + (<usize> ((z * high + y) * wide) << shift),
            from + (<usize> (row * width) << shift),
            bytes,
          );
        }
      }
    }
  }
}
