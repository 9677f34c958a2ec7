/** Running sums along an axis, in float64. */
import { word } from "./vector";

/**
 * One chunk of one line of rows: running sums on top of the sum of the chunks before, or the sum alone.
 *
 * Words: x, result, sums over chunks (0 for none), whether sums alone are asked for, floats of a row,
 * rows of a line, chunks of a line, rows of a chunk, whether the line is walked from its end.
 */
export function scanChunk(args: usize, chunk: i32, scratch: usize): void {
  const x: usize = word(args, 0), y: usize = word(args, 1), carry: usize = word(args, 2);
  const row = word(args, 4), length = word(args, 5), chunks = word(args, 6), size = word(args, 7);
  const line = chunk / chunks, place = chunk % chunks;
  const bytes = <usize> row << 2;
  if (carry && place > 0) {
    const before = carry + <usize> (chunk - 1) * bytes;
    for (let i = 0; i < row; i++) {
      store<f64>(scratch + (<usize> i << 3), load<f32>(before + (<usize> i << 2)));
    }
  } else memory.fill(scratch, 0, <usize> row << 3);

  const sumsAlone = word(args, 3), reverse = word(args, 8);
  const end = min((place + 1) * size, length);
  for (let k = place * size; k < end; k++) {
    const at = <usize> (line * length + (reverse ? length - 1 - k : k)) * bytes;
    for (let i: usize = 0; i < bytes; i += 4) {
      const sum = load<f64>(scratch + (i << 1)) + load<f32>(x + at + i);
      store<f64>(scratch + (i << 1), sum);
      if (!sumsAlone) store<f32>(y + at + i, <f32> sum);
    }
  }
  if (!sumsAlone) return;
  for (let i: usize = 0; i < bytes; i += 4) {
    store<f32>(y + <usize> chunk * bytes + i, <f32> load<f64>(scratch + (i << 1)));
  }
}
