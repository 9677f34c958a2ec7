/** Images with zeros around them and between their pixels. */
import { word } from "./vector";

/**
 * Words: source, target, planes, planes in a chunk, height and width of the source, height and width of
 * the target, where its first pixel comes to lie (y, x), steps from pixel to pixel (y, x), and the bytes
 * of an element, 4 or 8. What would lie outside is left out.
 */
export function padPlanes(args: usize, chunk: i32, _scratch: usize): void {
  const size = word(args, 3), last = min((chunk + 1) * size, word(args, 2));
  const height = word(args, 4), width = word(args, 5), high = word(args, 6), wide = word(args, 7);
  const y0 = word(args, 8), x0 = word(args, 9), dy = word(args, 10), dx = word(args, 11);
  const bytes = word(args, 12);
  const before = x0 < 0 ? (-x0 + dx - 1) / dx : 0;
  const end = min(width, x0 < wide ? (wide - 1 - x0) / dx + 1 : 0);
  for (let plane = chunk * size; plane < last; plane++) {
    const target: usize = word(args, 1) + plane * high * wide * bytes;
    memory.fill(target, 0, high * wide * bytes);
    if (end <= before) continue;
    for (let y = 0; y < height; y++) {
      const row = y0 + y * dy;
      if (row < 0 || row >= high) continue;
      let from: usize = word(args, 0) + ((plane * height + y) * width + before) * bytes;
      let to = target + (row * wide + x0 + before * dx) * bytes;
      if (dx == 1) {
        memory.copy(to, from, (end - before) * bytes);
        continue;
      }
      for (let x = before; x < end; x++, from += bytes, to += dx * bytes) {
        if (bytes == 8) store<i64>(to, load<i64>(from));
        else store<i32>(to, load<i32>(from));
      }
    }
  }
}
