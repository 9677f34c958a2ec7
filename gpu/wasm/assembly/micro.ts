/**
 * The inner loops of matrix products: tile = Σ_k a[k] ⊗ b[k] for panels of 4 or 5 rows of A, the rows of
 * one k side by side, and 32 bytes of columns of B. The sums stay in registers: with two vectors of B and
 * a number of A, 5 rows fill the sixteen that processors have.
 */
import { madd, nmadd } from "./vector";

/** 5 rows of (re, im) by 4 columns, given as 4 real and 4 imaginary parts. */
export function complex5(n: i32, a: usize, b: usize, tile: usize): void {
  let r0 = f32x4.splat(0), i0 = f32x4.splat(0);
  let r1 = f32x4.splat(0), i1 = f32x4.splat(0);
  let r2 = f32x4.splat(0), i2 = f32x4.splat(0);
  let r3 = f32x4.splat(0), i3 = f32x4.splat(0);
  let r4 = f32x4.splat(0), i4 = f32x4.splat(0);
  for (const end = a + <usize> n * 40; a < end; a += 40, b += 32) {
    const p = v128.load(b), q = v128.load(b, 16);
    let s: v128;
    s = v128.load32_splat(a, 0);
    r0 = madd(s, p, r0);
    i0 = madd(s, q, i0);
    s = v128.load32_splat(a, 4);
    r0 = nmadd(s, q, r0);
    i0 = madd(s, p, i0);
    s = v128.load32_splat(a, 8);
    r1 = madd(s, p, r1);
    i1 = madd(s, q, i1);
    s = v128.load32_splat(a, 12);
    r1 = nmadd(s, q, r1);
    i1 = madd(s, p, i1);
    s = v128.load32_splat(a, 16);
    r2 = madd(s, p, r2);
    i2 = madd(s, q, i2);
    s = v128.load32_splat(a, 20);
    r2 = nmadd(s, q, r2);
    i2 = madd(s, p, i2);
    s = v128.load32_splat(a, 24);
    r3 = madd(s, p, r3);
    i3 = madd(s, q, i3);
    s = v128.load32_splat(a, 28);
    r3 = nmadd(s, q, r3);
    i3 = madd(s, p, i3);
    s = v128.load32_splat(a, 32);
    r4 = madd(s, p, r4);
    i4 = madd(s, q, i4);
    s = v128.load32_splat(a, 36);
    r4 = nmadd(s, q, r4);
    i4 = madd(s, p, i4);
  }
  v128.store(tile, r0, 0);
  v128.store(tile, i0, 16);
  v128.store(tile, r1, 32);
  v128.store(tile, i1, 48);
  v128.store(tile, r2, 64);
  v128.store(tile, i2, 80);
  v128.store(tile, r3, 96);
  v128.store(tile, i3, 112);
  v128.store(tile, r4, 128);
  v128.store(tile, i4, 144);
}

/** 4 rows of (re, im) by 4 columns. */
export function complex4(n: i32, a: usize, b: usize, tile: usize): void {
  let r0 = f32x4.splat(0), i0 = f32x4.splat(0);
  let r1 = f32x4.splat(0), i1 = f32x4.splat(0);
  let r2 = f32x4.splat(0), i2 = f32x4.splat(0);
  let r3 = f32x4.splat(0), i3 = f32x4.splat(0);
  for (const end = a + <usize> n * 32; a < end; a += 32, b += 32) {
    const p = v128.load(b), q = v128.load(b, 16);
    let s: v128;
    s = v128.load32_splat(a, 0);
    r0 = madd(s, p, r0);
    i0 = madd(s, q, i0);
    s = v128.load32_splat(a, 4);
    r0 = nmadd(s, q, r0);
    i0 = madd(s, p, i0);
    s = v128.load32_splat(a, 8);
    r1 = madd(s, p, r1);
    i1 = madd(s, q, i1);
    s = v128.load32_splat(a, 12);
    r1 = nmadd(s, q, r1);
    i1 = madd(s, p, i1);
    s = v128.load32_splat(a, 16);
    r2 = madd(s, p, r2);
    i2 = madd(s, q, i2);
    s = v128.load32_splat(a, 20);
    r2 = nmadd(s, q, r2);
    i2 = madd(s, p, i2);
    s = v128.load32_splat(a, 24);
    r3 = madd(s, p, r3);
    i3 = madd(s, q, i3);
    s = v128.load32_splat(a, 28);
    r3 = nmadd(s, q, r3);
    i3 = madd(s, p, i3);
  }
  v128.store(tile, r0, 0);
  v128.store(tile, i0, 16);
  v128.store(tile, r1, 32);
  v128.store(tile, i1, 48);
  v128.store(tile, r2, 64);
  v128.store(tile, i2, 80);
  v128.store(tile, r3, 96);
  v128.store(tile, i3, 112);
}

/** 5 rows by 8 columns. */
export function real5(n: i32, a: usize, b: usize, tile: usize): void {
  let x0 = f32x4.splat(0), y0 = f32x4.splat(0);
  let x1 = f32x4.splat(0), y1 = f32x4.splat(0);
  let x2 = f32x4.splat(0), y2 = f32x4.splat(0);
  let x3 = f32x4.splat(0), y3 = f32x4.splat(0);
  let x4 = f32x4.splat(0), y4 = f32x4.splat(0);
  for (const end = a + <usize> n * 20; a < end; a += 20, b += 32) {
    const p = v128.load(b), q = v128.load(b, 16);
    let s: v128;
    s = v128.load32_splat(a, 0);
    x0 = madd(s, p, x0);
    y0 = madd(s, q, y0);
    s = v128.load32_splat(a, 4);
    x1 = madd(s, p, x1);
    y1 = madd(s, q, y1);
    s = v128.load32_splat(a, 8);
    x2 = madd(s, p, x2);
    y2 = madd(s, q, y2);
    s = v128.load32_splat(a, 12);
    x3 = madd(s, p, x3);
    y3 = madd(s, q, y3);
    s = v128.load32_splat(a, 16);
    x4 = madd(s, p, x4);
    y4 = madd(s, q, y4);
  }
  v128.store(tile, x0, 0);
  v128.store(tile, y0, 16);
  v128.store(tile, x1, 32);
  v128.store(tile, y1, 48);
  v128.store(tile, x2, 64);
  v128.store(tile, y2, 80);
  v128.store(tile, x3, 96);
  v128.store(tile, y3, 112);
  v128.store(tile, x4, 128);
  v128.store(tile, y4, 144);
}

/** 4 rows by 8 columns. */
export function real4(n: i32, a: usize, b: usize, tile: usize): void {
  let x0 = f32x4.splat(0), y0 = f32x4.splat(0);
  let x1 = f32x4.splat(0), y1 = f32x4.splat(0);
  let x2 = f32x4.splat(0), y2 = f32x4.splat(0);
  let x3 = f32x4.splat(0), y3 = f32x4.splat(0);
  for (const end = a + <usize> n * 16; a < end; a += 16, b += 32) {
    const p = v128.load(b), q = v128.load(b, 16);
    let s: v128;
    s = v128.load32_splat(a, 0);
    x0 = madd(s, p, x0);
    y0 = madd(s, q, y0);
    s = v128.load32_splat(a, 4);
    x1 = madd(s, p, x1);
    y1 = madd(s, q, y1);
    s = v128.load32_splat(a, 8);
    x2 = madd(s, p, x2);
    y2 = madd(s, q, y2);
    s = v128.load32_splat(a, 12);
    x3 = madd(s, p, x3);
    y3 = madd(s, q, y3);
  }
  v128.store(tile, x0, 0);
  v128.store(tile, y0, 16);
  v128.store(tile, x1, 32);
  v128.store(tile, y1, 48);
  v128.store(tile, x2, 64);
  v128.store(tile, y2, 80);
  v128.store(tile, x3, 96);
  v128.store(tile, y3, 112);
}
