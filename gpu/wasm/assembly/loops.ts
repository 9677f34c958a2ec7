/**
 * Loops over a block. `T` is a class with one method `f`, which is inlined; no object of it is ever
 * made. All loops go on to a multiple of 64 bytes: blocks have room for that. Those for short functions
 * do as much in a round, since every round costs a look at the engine's interrupts.
 */
import { imagAt, realAt } from "./lanes";

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
