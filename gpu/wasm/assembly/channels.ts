/**
 * Tensors [n, channels, inner] of complex numbers channel by channel, in the tiles of `partition` in
 * ../../kernels/norms/channels.ts: eight parts interleave over a tile, two to a vector.
 */

/** The parts that interleave over a tile. */
export const LANES: i32 = 8;

/** The words of a job: a chunk is `size` tiles (task t is a tile of a channel), or `size` numbers. */
@unmanaged
export class Channels {
  n: i32;
  channels: i32;
  inner: i32;
  /** Complex numbers of a tile, and tiles of a channel. */
  tile: i32;
  tiles: i32;
  size: i32;
  in0: usize;
  in1: usize;
  in2: usize;
  out0: usize;
  /** The words of a channel's stats. */
  stride: i32;
}

/** (im, re) of two numbers (re, im). */
export function swapped(z: v128): v128 {
  return v128.shuffle<f32>(z, z, 1, 0, 3, 2);
}

/** The tile of a channel that a task takes; where rows hold whole tiles, tasks follow the memory. */
export function tileOf(d: Channels, task: i32): i32 {
  if (d.inner % d.tile != 0) return task % d.tiles;
  const inRow = d.inner / d.tile;
  return task / (d.channels * inRow) * inRow + task % inRow;
}

/** The channel that a task takes. */
export function channelOf(d: Channels, task: i32): i32 {
  if (d.inner % d.tile != 0) return task / d.tiles;
  return task / (d.inner / d.tile) % d.channels;
}

/** The complex numbers in a tile of a channel. */
export function countOf(d: Channels, tile: i32): i32 {
  return min(d.tile, d.n * d.inner - tile * d.tile);
}

/** Where a tile's numbers lie together: in the tensor itself, or copied to `room`. */
export function gatherTile(
  d: Channels,
  x: usize,
  channel: i32,
  tile: i32,
  count: i32,
  room: usize,
): usize {
  const inner = d.inner;
  const first = tile * d.tile;
  let row = first / inner;
  let column = first - row * inner;
  const start = x + 8 * (<usize> ((row * d.channels + channel) * inner) + <usize> column);
  if (column + count <= inner) return start;
  const skip: usize = 8 * <usize> (inner * (d.channels - 1));
  let at = start, to = room;
  const end = room + 8 * <usize> count;
  let run: usize = 8 * <usize> (inner - column);
  while (to < end) {
    const stop = min(to + run, end);
    for (; to + 16 <= stop; to += 16, at += 16) v128.store(to, v128.load(at));
    if (to < stop) {
      store<u64>(to, load<u64>(at));
      to += 8;
      at += 8;
    }
    at += skip;
    run = 8 * <usize> inner;
  }
  return room;
}
