/**
 * Values of a channel along its principal axes, in float64; see ../../kernels/norms/principal_axes.ts. The
 * words of a frame are its kind, ur, ui, k, m1, m2 and s.
 */

/** (im, re) of a number (re, im). */
export function swap(z: v128): v128 {
  return v128.shuffle<f64>(z, z, 1, 0);
}

/** The complex number at that address. */
export function number(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load_zero<u64>(at));
}

/** The real part of u (1 + ik), twice. */
export function same(frame: usize): v128 {
  const u = number(frame + 4), k = <f64> load<f32>(frame, 12);
  return f64x2.splat(f64x2.extract_lane(u, 0) - k * f64x2.extract_lane(u, 1));
}

/** Its imaginary part, and that negated. */
export function cross(frame: usize): v128 {
  const u = number(frame + 4), k = <f64> load<f32>(frame, 12);
  const im = f64x2.extract_lane(u, 1) + k * f64x2.extract_lane(u, 0);
  return f64x2(im, -im);
}

/** s, twice. */
export function scale(frame: usize): v128 {
  return f64x2.splat(<f64> load<f32>(frame, 24));
}

/** conj(u) z, with u as {@link same} and {@link cross}. */
export function turned(z: v128, same: v128, cross: v128): v128 {
  return f64x2.add(f64x2.mul(same, z), f64x2.mul(cross, swap(z)));
}

/** u z. */
export function turnedBack(z: v128, same: v128, cross: v128): v128 {
  return f64x2.sub(f64x2.mul(same, z), f64x2.mul(cross, swap(z)));
}

/** A column of a real matrix by rows, whose float32 numbers begin at that address. */
export function column(at: usize, k: usize): v128 {
  return f64x2(<f64> load<f32>(at + 4 * k), <f64> load<f32>(at + 4 * k + 8));
}

/** A z + y, for a real matrix by its columns. */
export function mixed(first: v128, second: v128, z: v128, y: v128): v128 {
  const re = f64x2.mul(first, v128.shuffle<f64>(z, z, 0, 0));
  return f64x2.add(f64x2.add(re, f64x2.mul(second, v128.shuffle<f64>(z, z, 1, 1))), y);
}

/** Writes a complex number. */
export function write(at: usize, z: v128): void {
  v128.store_lane<u64>(at, f32x4.demote_f64x2_zero(z), 0);
}
