/** The sums of batch norms over the parts of channels; see ../../kernels/norms/moments.ts. */
import { channelOf, Channels, countOf, gatherTile, LANES, swapped, tileOf } from "./channels";
import { cross, number, same, scale, swap, turned, write } from "./frame";
import { madd } from "./vector";

/** The words of one partial result. */
const PARTIAL: i32 = 6;

/** How many of a tile's numbers fall to a lane. */
function inLane(count: i32, lane: i32): i32 {
  return (count - lane + LANES - 1) / LANES;
}

/** 1 / max(1, count) of two lanes, for their means. */
function shares(count: i32, lane: i32): v128 {
  const a = <f32> 1 / <f32> max(1, inLane(count, lane));
  const b = <f32> 1 / <f32> max(1, inLane(count, lane + 1));
  return f32x4(a, a, b, b);
}

/** Adds what is left behind the last whole eight to the sums of its lanes. */
function tail(sum: v128, value: v128, k: i32, count: i32): v128 {
  if (k + 1 < count) return f32x4.add(sum, value);
  return k < count ? f32x4.add(sum, v128.shuffle<f32>(value, f32x4.splat(0), 0, 1, 4, 4)) : sum;
}

/** The two numbers at k of a tile of `count`, without reading behind its end. */
function pairAt(tile: usize, k: i32, count: i32): v128 {
  const at = tile + 8 * <usize> k;
  if (k + 1 < count) return v128.load(at);
  return k < count ? v128.load_zero<u64>(at) : f32x4.splat(0);
}

/** Writes two lanes' results: their counts, means, squares and products. */
function writeMoments(
  out: usize,
  count: i32,
  lane: i32,
  mean: v128,
  squares: v128,
  cross: v128,
): void {
  const o = out + 4 * <usize> (PARTIAL * lane);
  store<f32>(o, <f32> inLane(count, lane));
  v128.store(o, v128.shuffle<f32>(mean, squares, 0, 1, 4, 5), 4);
  store<f32>(o, f32x4.extract_lane(cross, 0), 20);
  store<f32>(o, <f32> inLane(count, lane + 1), 24);
  v128.store(o, v128.shuffle<f32>(mean, squares, 2, 3, 6, 7), 28);
  store<f32>(o, f32x4.extract_lane(cross, 2), 44);
}

/**
 * in0: x → out0: `size` tiles of parts, each count, means from the channel's first number, and centred
 * second moments, in two passes over a tile.
 */
export function partialMoments(args: usize, chunk: i32, room: usize): void {
  const d = changetype<Channels>(args);
  const x = d.in0, out = d.out0;
  const end = min((chunk + 1) * d.size, d.channels * d.tiles);
  for (let task = chunk * d.size; task < end; task++) {
    const channel = channelOf(d, task), tile = tileOf(d, task), count = countOf(d, tile);
    const z = gatherTile(d, x, channel, tile, count, room);
    const origin = v128.load_splat<u64>(x + 8 * <usize> channel * <usize> d.inner);
    const whole = z + 8 * <usize> (count & ~(LANES - 1));
    let m0 = f32x4.splat(0), m1 = m0, m2 = m0, m3 = m0;
    let at = z;
    for (; at < whole; at += 64) {
      m0 = f32x4.add(m0, f32x4.sub(v128.load(at), origin));
      m1 = f32x4.add(m1, f32x4.sub(v128.load(at, 16), origin));
      m2 = f32x4.add(m2, f32x4.sub(v128.load(at, 32), origin));
      m3 = f32x4.add(m3, f32x4.sub(v128.load(at, 48), origin));
    }
    const rest = count & (LANES - 1);
    if (rest > 0) {
      m0 = tail(m0, f32x4.sub(pairAt(whole, 0, rest), origin), 0, rest);
      m1 = tail(m1, f32x4.sub(pairAt(whole, 2, rest), origin), 2, rest);
      m2 = tail(m2, f32x4.sub(pairAt(whole, 4, rest), origin), 4, rest);
      m3 = tail(m3, f32x4.sub(pairAt(whole, 6, rest), origin), 6, rest);
    }
    m0 = f32x4.mul(m0, shares(count, 0));
    m1 = f32x4.mul(m1, shares(count, 2));
    m2 = f32x4.mul(m2, shares(count, 4));
    m3 = f32x4.mul(m3, shares(count, 6));
    let q0 = f32x4.splat(0), q1 = q0, q2 = q0, q3 = q0, c0 = q0, c1 = q0, c2 = q0, c3 = q0;
    for (at = z; at < whole; at += 64) {
      const d0 = f32x4.sub(f32x4.sub(v128.load(at), origin), m0);
      const d1 = f32x4.sub(f32x4.sub(v128.load(at, 16), origin), m1);
      const d2 = f32x4.sub(f32x4.sub(v128.load(at, 32), origin), m2);
      const d3 = f32x4.sub(f32x4.sub(v128.load(at, 48), origin), m3);
      q0 = madd(d0, d0, q0);
      q1 = madd(d1, d1, q1);
      q2 = madd(d2, d2, q2);
      q3 = madd(d3, d3, q3);
      c0 = madd(d0, swapped(d0), c0);
      c1 = madd(d1, swapped(d1), c1);
      c2 = madd(d2, swapped(d2), c2);
      c3 = madd(d3, swapped(d3), c3);
    }
    if (rest > 0) {
      const d0 = f32x4.sub(f32x4.sub(pairAt(whole, 0, rest), origin), m0);
      const d1 = f32x4.sub(f32x4.sub(pairAt(whole, 2, rest), origin), m1);
      const d2 = f32x4.sub(f32x4.sub(pairAt(whole, 4, rest), origin), m2);
      const d3 = f32x4.sub(f32x4.sub(pairAt(whole, 6, rest), origin), m3);
      q0 = tail(q0, f32x4.mul(d0, d0), 0, rest);
      q1 = tail(q1, f32x4.mul(d1, d1), 2, rest);
      q2 = tail(q2, f32x4.mul(d2, d2), 4, rest);
      q3 = tail(q3, f32x4.mul(d3, d3), 6, rest);
      c0 = tail(c0, f32x4.mul(d0, swapped(d0)), 0, rest);
      c1 = tail(c1, f32x4.mul(d1, swapped(d1)), 2, rest);
      c2 = tail(c2, f32x4.mul(d2, swapped(d2)), 4, rest);
      c3 = tail(c3, f32x4.mul(d3, swapped(d3)), 6, rest);
    }
    const o = out + 4 * <usize> ((channel * d.tiles + tile) * LANES * PARTIAL);
    writeMoments(o, count, 0, m0, q0, c0);
    writeMoments(o, count, 2, m1, q1, c1);
    writeMoments(o, count, 4, m2, q2, c2);
    writeMoments(o, count, 6, m3, q3, c3);
  }
}

/**
 * in0: x, in1: whether a channel is measured, its μ and its axis u, in float64 → out0: the sums Σp₁, Σp₂,
 * Σp₁², Σp₂² and Σp₁p₂ in float64 of p = conj(u) (x − μ), of `size` tiles.
 */
export function sumsAlong(args: usize, chunk: i32, room: usize): void {
  const d = changetype<Channels>(args);
  const x = d.in0, table = d.in1, out = d.out0;
  const end = min((chunk + 1) * d.size, d.channels * d.tiles);
  for (let task = chunk * d.size; task < end; task++) {
    const channel = channelOf(d, task), tile = tileOf(d, task), count = countOf(d, tile);
    const axis = table + 48 * <usize> channel;
    if (load<f64>(axis) == 0) continue;
    const mean = v128.load(axis, 8);
    const along = v128.load_splat<u64>(axis, 24);
    const across = f64x2(load<f64>(axis, 32), -load<f64>(axis, 32));
    let at = gatherTile(d, x, channel, tile, count, room);
    const stop = at + 8 * <usize> count;
    const pairs = at + 16 * <usize> (count >> 1);
    let sum = f64x2.splat(0), squares = sum, both = sum;
    let sum1 = sum, squares1 = sum, both1 = sum;
    for (; at < pairs; at += 16) {
      const p = turned(f64x2.sub(number(at), mean), along, across);
      const p1 = turned(f64x2.sub(number(at + 8), mean), along, across);
      sum = f64x2.add(sum, p);
      sum1 = f64x2.add(sum1, p1);
      squares = f64x2.add(squares, f64x2.mul(p, p));
      squares1 = f64x2.add(squares1, f64x2.mul(p1, p1));
      both = f64x2.add(both, f64x2.mul(p, swap(p)));
      both1 = f64x2.add(both1, f64x2.mul(p1, swap(p1)));
    }
    if (at < stop) {
      const p = turned(f64x2.sub(number(at), mean), along, across);
      sum = f64x2.add(sum, p);
      squares = f64x2.add(squares, f64x2.mul(p, p));
      both = f64x2.add(both, f64x2.mul(p, swap(p)));
    }
    sum = f64x2.add(sum, sum1);
    squares = f64x2.add(squares, squares1);
    both = f64x2.add(both, both1);
    const o = out + 40 * <usize> (channel * d.tiles + tile);
    v128.store(o, sum);
    v128.store(o, squares, 16);
    v128.store_lane<u64>(o, both, 0, 32);
  }
}

/** The partial products of a tile whose channel has a frame, in float64; see {@link partialProducts}. */
function turnedProducts(z: usize, g: usize, count: i32, stats: usize, out: usize): void {
  const mean = number(stats), frame = stats + FRAME, centre = number(frame + 16);
  const re = same(frame), im = cross(frame), size = scale(frame);
  for (let lane = 0; lane < LANES; lane++) {
    let sum = f64x2.splat(0), first = sum, second = sum;
    for (let k = lane; k < count; k += LANES) {
      const at = z + 8 * <usize> k;
      const d = f64x2.mul(f64x2.sub(number(at), mean), size);
      const p = f64x2.sub(turned(d, re, im), centre), h = turned(number(at + g), re, im);
      sum = f64x2.add(sum, h);
      first = f64x2.add(first, f64x2.mul(v128.shuffle<f64>(h, h, 0, 0), p));
      second = f64x2.add(second, f64x2.mul(v128.shuffle<f64>(h, h, 1, 1), p));
    }
    const o = out + 4 * <usize> (PARTIAL * lane);
    write(o, sum);
    write(o + 8, first);
    write(o + 16, second);
  }
}

/** The words of stats with frames, and where in them the frame is. */
const STATS: i32 = 16, FRAME: usize = 20;

/** Writes two lanes' results: Σg, and Σgr·dr, Σgr·di, Σgi·dr, Σgi·di. */
function writeProducts(out: usize, lane: i32, sum: v128, same: v128, crossed: v128): void {
  const o = out + 4 * <usize> (PARTIAL * lane);
  // same = gr·dr, gi·di and crossed = gr·di, gi·dr of either lane.
  v128.store(o, v128.shuffle<f32>(sum, v128.shuffle<f32>(same, crossed, 0, 4, 2, 6), 0, 1, 4, 5));
  store<f32>(o, f32x4.extract_lane(crossed, 1), 16);
  store<f32>(o, f32x4.extract_lane(same, 1), 20);
  v128.store(
    o,
    v128.shuffle<f32>(sum, v128.shuffle<f32>(same, crossed, 0, 4, 2, 6), 2, 3, 6, 7),
    24,
  );
  store<f32>(o, f32x4.extract_lane(crossed, 3), 40);
  store<f32>(o, f32x4.extract_lane(same, 3), 44);
}

/**
 * in0: x, in1: gy, in2: stats of `stride` words a channel, the mean first → out0: `size` tiles of parts,
 * each Σg and Σ g dᵀ with d = x − μ, of a channel with a frame along its axes.
 */
export function partialProducts(args: usize, chunk: i32, room: usize): void {
  const d = changetype<Channels>(args);
  const x = d.in0, gy = d.in1, stats = d.in2, stride = d.stride, out = d.out0;
  const end = min((chunk + 1) * d.size, d.channels * d.tiles);
  for (let task = chunk * d.size; task < end; task++) {
    const channel = channelOf(d, task), tile = tileOf(d, task), count = countOf(d, tile);
    const z = gatherTile(d, x, channel, tile, count, room);
    const g = gatherTile(d, gy, channel, tile, count, room + 8 * <usize> d.tile) - z;
    const o = out + 4 * <usize> ((channel * d.tiles + tile) * LANES * PARTIAL);
    const own = stats + 4 * <usize> (channel * stride);
    if (stride == STATS && load<f32>(own + FRAME) != 0) {
      turnedProducts(z, g, count, own, o);
      continue;
    }
    const mean = v128.load_splat<u64>(own);
    const whole = z + 8 * <usize> (count & ~(LANES - 1));
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let p0 = s0, p1 = s0, p2 = s0, p3 = s0, c0 = s0, c1 = s0, c2 = s0, c3 = s0;
    let at = z;
    for (; at < whole; at += 64) {
      const d0 = f32x4.sub(v128.load(at), mean), g0 = v128.load(at + g);
      s0 = f32x4.add(s0, g0);
      p0 = madd(g0, d0, p0);
      c0 = madd(g0, swapped(d0), c0);
      const d1 = f32x4.sub(v128.load(at, 16), mean), g1 = v128.load(at + g, 16);
      s1 = f32x4.add(s1, g1);
      p1 = madd(g1, d1, p1);
      c1 = madd(g1, swapped(d1), c1);
      const d2 = f32x4.sub(v128.load(at, 32), mean), g2 = v128.load(at + g, 32);
      s2 = f32x4.add(s2, g2);
      p2 = madd(g2, d2, p2);
      c2 = madd(g2, swapped(d2), c2);
      const d3 = f32x4.sub(v128.load(at, 48), mean), g3 = v128.load(at + g, 48);
      s3 = f32x4.add(s3, g3);
      p3 = madd(g3, d3, p3);
      c3 = madd(g3, swapped(d3), c3);
    }
    const rest = count & (LANES - 1);
    if (rest > 0) {
      const d0 = f32x4.sub(pairAt(at, 0, rest), mean), g0 = pairAt(at + g, 0, rest);
      const d1 = f32x4.sub(pairAt(at, 2, rest), mean), g1 = pairAt(at + g, 2, rest);
      const d2 = f32x4.sub(pairAt(at, 4, rest), mean), g2 = pairAt(at + g, 4, rest);
      const d3 = f32x4.sub(pairAt(at, 6, rest), mean), g3 = pairAt(at + g, 6, rest);
      s0 = tail(s0, g0, 0, rest);
      s1 = tail(s1, g1, 2, rest);
      s2 = tail(s2, g2, 4, rest);
      s3 = tail(s3, g3, 6, rest);
      p0 = tail(p0, f32x4.mul(g0, d0), 0, rest);
      p1 = tail(p1, f32x4.mul(g1, d1), 2, rest);
      p2 = tail(p2, f32x4.mul(g2, d2), 4, rest);
      p3 = tail(p3, f32x4.mul(g3, d3), 6, rest);
      c0 = tail(c0, f32x4.mul(g0, swapped(d0)), 0, rest);
      c1 = tail(c1, f32x4.mul(g1, swapped(d1)), 2, rest);
      c2 = tail(c2, f32x4.mul(g2, swapped(d2)), 4, rest);
      c3 = tail(c3, f32x4.mul(g3, swapped(d3)), 6, rest);
    }
    writeProducts(o, 0, s0, p0, c0);
    writeProducts(o, 2, s1, p1, c1);
    writeProducts(o, 4, s2, p2, c2);
    writeProducts(o, 6, s3, p3, c3);
  }
}

/**
 * in0: the partial moments of `tiles` tiles of each channel → out0: those of the whole channels, `size`
 * of them, folded in float64.
 */
export function foldMoments(args: usize, chunk: i32, _scratch: usize): void {
  const d = changetype<Channels>(args);
  const parts = d.tiles * LANES, end = min((chunk + 1) * d.size, d.channels);
  const step: usize = 4 * PARTIAL;
  for (let c = chunk * d.size; c < end; c++) {
    const first = d.in0 + step * <usize> (c * parts), last = first + step * <usize> parts;
    let total: f64 = 0;
    let mean = f64x2.splat(0), squares = mean, cross: f64 = 0;
    for (let at = first; at < last; at += step) {
      const count = <f64> load<f32>(at);
      const own = f64x2.promote_low_f32x4(v128.load_zero<u64>(at, 4));
      total += count;
      mean = f64x2.add(mean, f64x2.mul(f64x2.splat(count), own));
    }
    mean = f64x2.div(mean, f64x2.splat(total));
    for (let at = first; at < last; at += step) {
      const count = <f64> load<f32>(at);
      const own = f64x2.promote_low_f32x4(v128.load_zero<u64>(at, 4));
      const off = f64x2.sub(own, mean), weighted = f64x2.mul(f64x2.splat(count), off);
      const within = f64x2.promote_low_f32x4(v128.load_zero<u64>(at, 12));
      squares = f64x2.add(squares, f64x2.add(within, f64x2.mul(weighted, off)));
      cross += <f64> load<f32>(at, 20) +
        f64x2.extract_lane(weighted, 0) * f64x2.extract_lane(off, 1);
    }
    const to = d.out0 + step * <usize> c;
    store<f32>(to, <f32> total);
    v128.store_lane<u64>(to, f32x4.demote_f64x2_zero(mean), 0, 4);
    v128.store_lane<u64>(to, f32x4.demote_f64x2_zero(squares), 0, 12);
    store<f32>(to, <f32> cross, 20);
  }
}

/** in0: the partial products of `tiles` tiles of each channel → out0: their sums, of `size` channels. */
export function foldProducts(args: usize, chunk: i32, _scratch: usize): void {
  const d = changetype<Channels>(args);
  const parts = d.tiles * LANES, end = min((chunk + 1) * d.size, d.channels);
  const step: usize = 4 * PARTIAL;
  for (let c = chunk * d.size; c < end; c++) {
    const first = d.in0 + step * <usize> (c * parts), last = first + step * <usize> parts;
    let s0 = f64x2.splat(0), s1 = s0, s2 = s0;
    for (let at = first; at < last; at += step) {
      s0 = f64x2.add(s0, f64x2.promote_low_f32x4(v128.load_zero<u64>(at)));
      s1 = f64x2.add(s1, f64x2.promote_low_f32x4(v128.load_zero<u64>(at, 8)));
      s2 = f64x2.add(s2, f64x2.promote_low_f32x4(v128.load_zero<u64>(at, 16)));
    }
    const to = d.out0 + step * <usize> c;
    v128.store_lane<u64>(to, f32x4.demote_f64x2_zero(s0), 0);
    v128.store_lane<u64>(to, f32x4.demote_f64x2_zero(s1), 0, 8);
    v128.store_lane<u64>(to, f32x4.demote_f64x2_zero(s2), 0, 16);
  }
}
