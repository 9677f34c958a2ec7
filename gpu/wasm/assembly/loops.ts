/**
 * Loops over a block. `T` is a class with one method `f`, which is inlined; no object of it is ever
 * made. All loops go on to a multiple of 64 bytes: blocks have room for that. Those for short functions
 * do as much in a round, since every round costs a look at the engine's interrupts.
 */
import { imagAt, isFinite, realAt, splat } from "./lanes";

/** A short function of four lanes to four lanes, over `n` lanes. */
export function map1<T>(n: i32, out: usize, a: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 64) {
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i)));
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i, 16)), 16);
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i, 32)), 32);
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i, 48)), 48);
  }
}

/** A short function of two times four lanes to four lanes. */
export function map2<T>(n: i32, out: usize, a: usize, b: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 64) {
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i), v128.load(b + i)));
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i, 16), v128.load(b + i, 16)), 16);
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i, 32), v128.load(b + i, 32)), 32);
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i, 48), v128.load(b + i, 48)), 48);
  }
}

/** A short function from complex to real. */
export function complexToReal<T>(n: i32, out: usize, z: usize): void {
  for (let end = out + ((<usize> n) << 2); out < end; out += 32, z += 64) {
    v128.store(out, changetype<T>(0).f(realAt(z), imagAt(z)));
    v128.store(out, changetype<T>(0).f(realAt(z + 32), imagAt(z + 32)), 16);
  }
}

/** A short function from two complex numbers to real. */
export function complexesToReal<T>(n: i32, out: usize, z: usize, w: usize): void {
  for (let end = out + ((<usize> n) << 2); out < end; out += 16, z += 32, w += 32) {
    v128.store(out, changetype<T>(0).f(realAt(z), imagAt(z), realAt(w), imagAt(w)));
  }
}

/** A short function from complex to complex, which leaves its result itself. */
export function complex1<T>(n: i32, out: usize, z: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 3; i < end; i += 64) {
    const p = z + i;
    changetype<T>(0).f(out + i, realAt(p), imagAt(p));
    changetype<T>(0).f(out + i + 32, realAt(p + 32), imagAt(p + 32));
  }
}

/** A short function from two complex numbers to complex, which leaves its result itself. */
export function complex2<T>(n: i32, out: usize, z: usize, w: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 3; i < end; i += 64) {
    const p = z + i, q = w + i;
    changetype<T>(0).f(out + i, realAt(p), imagAt(p), realAt(q), imagAt(q));
    changetype<T>(0).f(
      out + i + 32,
      realAt(p + 32),
      imagAt(p + 32),
      realAt(q + 32),
      imagAt(q + 32),
    );
  }
}

/**
 * A function from complex to complex that is wrong for some infinite numbers. Its `f` also returns
 * numbers that are infinite or NaN then; if their sum is, `g` mends the results of the block. A branch
 * in every round would cost more. Operands that are overwritten must be mended at once; the type makes
 * another copy of `f` for that, so that both are inlined.
 */
export function guarded1<T>(n: i32, out: usize, z: usize): void {
  const bytes = (<usize> n) << 3;
  let sum = splat(0);
  if (out == z) {
    for (let end = out + bytes; out < end; out += 32) {
      const x = realAt(out), y = imagAt(out);
      changetype<T>(0).f<i64>(out, x, y);
      changetype<T>(0).g(out, x, y);
    }
    return;
  }
  for (let to = out, from = z, end = z + bytes; from < end; from += 32, to += 32) {
    sum = f32x4.add(sum, changetype<T>(0).f<i32>(to, realAt(from), imagAt(from)));
  }
  if (i32x4.all_true(isFinite(sum))) return;
  for (let i: usize = 0; i < bytes; i += 32) {
    changetype<T>(0).g(out + i, realAt(z + i), imagAt(z + i));
  }
}

/** The same from two complex numbers. */
export function guarded2<T>(n: i32, out: usize, z: usize, w: usize): void {
  const bytes = (<usize> n) << 3;
  let sum = splat(0);
  if (out == z || out == w) {
    for (let i: usize = 0; i < bytes; i += 32) {
      const p = z + i, q = w + i;
      const a = realAt(p), b = imagAt(p), c = realAt(q), d = imagAt(q);
      changetype<T>(0).f<i64>(out + i, a, b, c, d);
      changetype<T>(0).g(out + i, a, b, c, d);
    }
    return;
  }
  for (let to = out, p = z, q = w, end = z + bytes; p < end; p += 64, q += 64, to += 64) {
    const first = changetype<T>(0).f<i32>(to, realAt(p), imagAt(p), realAt(q), imagAt(q));
    const second = changetype<T>(0).f<i32>(
      to + 32,
      realAt(p + 32),
      imagAt(p + 32),
      realAt(q + 32),
      imagAt(q + 32),
    );
    sum = f32x4.add(sum, f32x4.add(first, second));
  }
  if (i32x4.all_true(isFinite(sum))) return;
  for (let i: usize = 0; i < bytes; i += 32) {
    const p = z + i, q = w + i;
    changetype<T>(0).g(out + i, realAt(p), imagAt(p), realAt(q), imagAt(q));
  }
}

/** A function from two reals to complex, which leaves its result itself. */
export function realsToComplex<T>(n: i32, out: usize, a: usize, b: usize): void {
  for (let end = out + ((<usize> n) << 3); out < end; out += 32, a += 16, b += 16) {
    changetype<T>(0).f(out, v128.load(a), v128.load(b));
  }
}

/** A long function of four lanes to four lanes. */
export function long1<T>(n: i32, out: usize, a: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 16) {
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i)));
  }
}

/** A long function of two times four lanes to four lanes. */
export function long2<T>(n: i32, out: usize, a: usize, b: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 16) {
    v128.store(out + i, changetype<T>(0).f(v128.load(a + i), v128.load(b + i)));
  }
}

/** A long function from complex to complex, which leaves its result itself. */
export function longComplex1<T>(n: i32, out: usize, z: usize): void {
  for (let end = out + ((<usize> n) << 3); out < end; out += 32, z += 32) {
    changetype<T>(0).f(out, realAt(z), imagAt(z));
  }
}

/** A long function from two complex numbers to complex, which leaves its result itself. */
export function longComplex2<T>(n: i32, out: usize, z: usize, w: usize): void {
  for (let end = out + ((<usize> n) << 3); out < end; out += 32, z += 32, w += 32) {
    changetype<T>(0).f(out, realAt(z), imagAt(z), realAt(w), imagAt(w));
  }
}
