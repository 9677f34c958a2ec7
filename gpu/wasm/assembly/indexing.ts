/**
 * Index arithmetic over blocks, and loads from the places that come out. Indices lie below 2³¹.
 */
import { Op } from "../opcodes";

/** The quotients of indices below 2³¹ by a constant: the upper bits of products with `magic`. */
function divide(n: i32, out: usize, a: usize, magic: u32, right: i32): void {
  const m = i32x4.splat(magic);
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 16) {
    const x = v128.load(a + i);
    const low = i64x2.extmul_low_i32x4_u(x, m), high = i64x2.extmul_high_i32x4_u(x, m);
    v128.store(out + i, i32x4.shr_u(v128.shuffle<i32>(low, high, 1, 3, 5, 7), right));
  }
}

function remainder(n: i32, out: usize, a: usize, magic: u32, right: i32, divisor: i32): void {
  divide(n, out, a, magic, right);
  const d = i32x4.splat(divisor);
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 16) {
    const q = v128.load(out + i);
    v128.store(out + i, i32x4.sub(v128.load(a + i), i32x4.mul(q, d)));
  }
}

function count(n: i32, out: usize, start: i32): void {
  let k = i32x4.add(i32x4.splat(start), i32x4(0, 1, 2, 3));
  for (let end = out + ((<usize> n) << 2); out < end; out += 16) {
    v128.store(out, k);
    k = i32x4.add(k, i32x4.splat(4));
  }
}

/** The first index of each stretch of `period` that meets [start, start + n). */
function firsts(stretches: i32, out: usize, start: i32, period: i32): void {
  store<i32>(out, start);
  let next = start - start % period;
  for (let k = 1; k < stretches; k++) {
    next += period;
    store<i32>(out + (<usize> k << 2), next);
  }
}

export function fill(n: i32, out: usize, value: i32): void {
  for (let end = out + ((<usize> n) << 2); out < end; out += 16) {
    v128.store(out, i32x4.splat(value));
  }
}

export function fillComplex(n: i32, out: usize, re: i32, im: i32): void {
  const z = i32x4(re, im, re, im);
  for (let end = out + ((<usize> n) << 3); out < end; out += 16) v128.store(out, z);
}

/** The words of a block as they are. */
export function copy(n: i32, out: usize, a: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 64) {
    v128.store(out + i, v128.load(a + i));
    v128.store(out + i, v128.load(a + i, 16), 16);
    v128.store(out + i, v128.load(a + i, 32), 32);
    v128.store(out + i, v128.load(a + i, 48), 48);
  }
}

/** Runs the index operation `op`; the words x, y and z are its constants, b an operand too of sums. */
export function places(
  op: i32,
  n: i32,
  out: usize,
  a: usize,
  b: usize,
  start: i32,
  x: i32,
  y: i32,
  z: i32,
): void {
  const end = (<usize> n) << 2;
  switch (op) {
    case Op.linear: {
      if (x) firsts(n, out, start, x);
      else count(n, out, start);
      return;
    }
    case Op.constant:
      return fill(n, out, x);
    case Op.addIndex: {
      for (let i: usize = 0; i < end; i += 16) {
        v128.store(out + i, i32x4.add(v128.load(a + i), v128.load(b + i)));
      }
      return;
    }
    case Op.mulIndex: {
      for (let i: usize = 0; i < end; i += 16) {
        v128.store(out + i, i32x4.mul(v128.load(a + i), i32x4.splat(x)));
      }
      return;
    }
    case Op.divIndex:
      return divide(n, out, a, x, y);
    case Op.modIndex:
      return remainder(n, out, a, x, y, z);
    case Op.reverse: {
      for (let i: usize = 0; i < end; i += 16) {
        v128.store(out + i, i32x4.sub(i32x4.splat(x), v128.load(a + i)));
      }
      return;
    }
    case Op.shift: {
      for (let i: usize = 0; i < end; i += 16) {
        const moved = i32x4.sub(v128.load(a + i), i32x4.splat(x));
        v128.store(out + i, v128.and(moved, i32x4.lt_u(moved, i32x4.splat(y))));
      }
    }
  }
}

/** Loads from the places `at`. T is the type of one element, as bits. */
export function gather<T>(n: i32, out: usize, at: usize, from: usize): void {
  for (let end = at + ((<usize> n) << 2); at < end; at += 4, out += sizeof<T>()) {
    store<T>(out, load<T>(from + <usize> load<u32>(at) * sizeof<T>()));
  }
}

/**
 * Loads in stretches of `period` elements, in each of which places grow by `slope`; `at` holds the
 * first place of each. T is the type of one element, as bits.
 */
export function stretches<T>(
  n: i32,
  out: usize,
  at: usize,
  from: usize,
  start: i32,
  period: i32,
  slope: i32,
): void {
  let length = period - start % period;
  for (; n > 0; n -= length, at += 4, length = period) {
    const stop = out + <usize> min(n, length) * sizeof<T>();
    let source = from + <usize> load<u32>(at) * sizeof<T>();
    if (slope == 1) {
      for (; out + 16 <= stop; out += 16, source += 16) v128.store(out, v128.load(source));
      for (; out < stop; out += sizeof<T>(), source += sizeof<T>()) store<T>(out, load<T>(source));
    } else if (slope == 0) {
      const value = sizeof<T>() == 4
        ? i32x4.splat(load<i32>(source))
        : i64x2.splat(load<i64>(source));
      // The next stretch overwrites what is too much, and blocks have room.
      for (; out < stop; out += 16) v128.store(out, value);
      out = stop;
    } else {
      const step = <usize> slope * sizeof<T>();
      for (; out < stop; out += sizeof<T>(), source += step) store<T>(out, load<T>(source));
    }
  }
}

export function guardReal(n: i32, out: usize, a: usize, at: usize, low: i32, size: i32): void {
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 16) {
    const moved = i32x4.sub(v128.load(at + i), i32x4.splat(low));
    v128.store(out + i, v128.and(v128.load(a + i), i32x4.lt_u(moved, i32x4.splat(size))));
  }
}

export function guardComplex(n: i32, out: usize, a: usize, at: usize, low: i32, size: i32): void {
  for (let i: usize = 0, end = (<usize> n) << 3; i < end; i += 32, at += 16) {
    const moved = i32x4.sub(v128.load(at), i32x4.splat(low));
    const inside = i32x4.lt_u(moved, i32x4.splat(size));
    const first = v128.shuffle<i32>(inside, inside, 0, 0, 1, 1);
    const second = v128.shuffle<i32>(inside, inside, 2, 2, 3, 3);
    v128.store(out + i, v128.and(v128.load(a + i), first));
    v128.store(out + i, v128.and(v128.load(a + i, 16), second), 16);
  }
}
