/**
 * A transform of n numbers in scratch, several side by side: y[k] = Σ_j x[j] e^{−2πi jk/n}, by passes of
 * radix 4, 2, 3, 5 or another odd prime. Real parts lie as [n, batch], the imaginary ones behind them.
 */
import { madd, nmadd } from "./vector";

/*
 * A pass takes what is left, a transform of radix · rest points, at a stride in bytes; imaginary parts
 * lie `behind` the real ones. Its twiddles are radix − 1 numbers for each p < rest, and for `odd` behind
 * them the e^{−2πi k/radix}.
 */

/**
 * Transforms the numbers at `x`. `passes` points at the number of passes, then for each at its radix and the
 * offset of its twiddles in bytes. Returns the pointer of the result: `x` or behind it.
 */
export function fftSubpasses(passes: usize, n: i32, batch: i32, x: usize): usize {
  const behind: usize = <usize> (n * batch) << 2;
  const count = load<i32>(passes);
  let at = x, other = x + 2 * behind;
  let rest = n;
  let stride: usize = <usize> batch << 2;
  for (let k = 0; k < count; k++) {
    const radix = load<i32>(passes + 8 * k, 4);
    const twiddles = passes + load<i32>(passes + 8 * k, 8);
    rest /= radix;
    if (radix == 4) four(at, other, rest, stride, behind, twiddles);
    else if (radix == 2) two(at, other, rest, stride, behind, twiddles);
    else if (radix == 3) three(at, other, rest, stride, behind, twiddles);
    else odd(at, other, radix, rest, stride, behind, twiddles);
    stride *= radix;
    const was = at;
    at = other;
    other = was;
  }
  return at;
}

/** Stores (re, im) times (cos, sin). */
function put(y: usize, behind: usize, re: v128, im: v128, cos: v128, sin: v128): void {
  v128.store(y, nmadd(sin, im, f32x4.mul(cos, re)));
  v128.store(y + behind, madd(sin, re, f32x4.mul(cos, im)));
}

function two(x: usize, y: usize, rest: i32, stride: usize, behind: usize, twiddles: usize): void {
  const step = stride * <usize> rest;
  for (let p = 0; p < rest; p++, twiddles += 8) {
    const cos = v128.load_splat<u32>(twiddles), sin = v128.load_splat<u32>(twiddles, 4);
    for (const end = x + stride; x < end; x += 16, y += 16) {
      const a = v128.load(x), b = v128.load(x + step);
      const c = v128.load(x + behind), d = v128.load(x + step + behind);
      v128.store(y, f32x4.add(a, b));
      v128.store(y + behind, f32x4.add(c, d));
      const re = f32x4.sub(a, b), im = f32x4.sub(c, d);
      if (p > 0) put(y + stride, behind, re, im, cos, sin);
      else {
        v128.store(y + stride, re);
        v128.store(y + stride + behind, im);
      }
    }
    y += stride;
  }
}

function four(x: usize, y: usize, rest: i32, stride: usize, behind: usize, twiddles: usize): void {
  const step = stride * <usize> rest;
  for (let p = 0; p < rest; p++, twiddles += 24) {
    const c1 = v128.load_splat<u32>(twiddles), s1 = v128.load_splat<u32>(twiddles, 4);
    const c2 = v128.load_splat<u32>(twiddles, 8), s2 = v128.load_splat<u32>(twiddles, 12);
    const c3 = v128.load_splat<u32>(twiddles, 16), s3 = v128.load_splat<u32>(twiddles, 20);
    for (const end = x + stride; x < end; x += 16, y += 16) {
      const xr = x + step, xi = x + behind;
      const ar = v128.load(x), br = v128.load(xr);
      const cr = v128.load(xr + step), dr = v128.load(xr + 2 * step);
      const ai = v128.load(xi), bi = v128.load(xi + step);
      const ci = v128.load(xi + 2 * step), di = v128.load(xi + 3 * step);
      const sumR = f32x4.add(ar, cr), sumI = f32x4.add(ai, ci);
      const offR = f32x4.sub(ar, cr), offI = f32x4.sub(ai, ci);
      const sideR = f32x4.add(br, dr), sideI = f32x4.add(bi, di);
      const rotatedR = f32x4.sub(bi, di), rotatedI = f32x4.sub(dr, br);
      v128.store(y, f32x4.add(sumR, sideR));
      v128.store(y + behind, f32x4.add(sumI, sideI));
      const y1 = y + stride, y2 = y1 + stride, y3 = y2 + stride;
      if (p > 0) {
        put(y1, behind, f32x4.add(offR, rotatedR), f32x4.add(offI, rotatedI), c1, s1);
        put(y2, behind, f32x4.sub(sumR, sideR), f32x4.sub(sumI, sideI), c2, s2);
        put(y3, behind, f32x4.sub(offR, rotatedR), f32x4.sub(offI, rotatedI), c3, s3);
      } else {
        v128.store(y1, f32x4.add(offR, rotatedR));
        v128.store(y1 + behind, f32x4.add(offI, rotatedI));
        v128.store(y2, f32x4.sub(sumR, sideR));
        v128.store(y2 + behind, f32x4.sub(sumI, sideI));
        v128.store(y3, f32x4.sub(offR, rotatedR));
        v128.store(y3 + behind, f32x4.sub(offI, rotatedI));
      }
    }
    y += 3 * stride;
  }
}

function three(x: usize, y: usize, rest: i32, stride: usize, behind: usize, twiddles: usize): void {
  const step = stride * <usize> rest;
  const half = f32x4.splat(0.5), root = f32x4.splat(0.8660254037844386);
  for (let p = 0; p < rest; p++, twiddles += 16) {
    const c1 = v128.load_splat<u32>(twiddles), s1 = v128.load_splat<u32>(twiddles, 4);
    const c2 = v128.load_splat<u32>(twiddles, 8), s2 = v128.load_splat<u32>(twiddles, 12);
    for (const end = x + stride; x < end; x += 16, y += 16) {
      const ar = v128.load(x), br = v128.load(x + step), cr = v128.load(x + 2 * step);
      const xi = x + behind;
      const ai = v128.load(xi), bi = v128.load(xi + step), ci = v128.load(xi + 2 * step);
      const sumR = f32x4.add(br, cr), sumI = f32x4.add(bi, ci);
      const rotatedR = f32x4.mul(root, f32x4.sub(bi, ci)),
        rotatedI = f32x4.mul(root, f32x4.sub(cr, br));
      const midR = nmadd(half, sumR, ar), midI = nmadd(half, sumI, ai);
      v128.store(y, f32x4.add(ar, sumR));
      v128.store(y + behind, f32x4.add(ai, sumI));
      put(y + stride, behind, f32x4.add(midR, rotatedR), f32x4.add(midI, rotatedI), c1, s1);
      put(y + 2 * stride, behind, f32x4.sub(midR, rotatedR), f32x4.sub(midI, rotatedI), c2, s2);
    }
    y += 2 * stride;
  }
}

/** An odd prime: pairs x[k] ± x[p − k] meet cosines and sines. */
function odd(
  x: usize,
  y: usize,
  radix: i32,
  rest: i32,
  stride: usize,
  behind: usize,
  twiddles: usize,
): void {
  const step = stride * <usize> rest;
  const roots = twiddles + (<usize> (rest * (radix - 1)) << 3);
  for (let p = 0; p < rest; p++) {
    for (const end = x + stride; x < end; x += 16, y += 16) {
      let sumR = v128.load(x), sumI = v128.load(x + behind);
      for (let k = 1; k < radix; k++) {
        const at = x + <usize> k * step;
        sumR = f32x4.add(sumR, v128.load(at));
        sumI = f32x4.add(sumI, v128.load(at + behind));
      }
      v128.store(y, sumR);
      v128.store(y + behind, sumI);
      for (let j = 1; 2 * j < radix; j++) {
        let evenR = v128.load(x), evenI = v128.load(x + behind);
        let oddR = f32x4.splat(0), oddI = oddR;
        for (let k = 1; 2 * k < radix; k++) {
          const root = roots + (<usize> (j * k % radix) << 3);
          const cos = v128.load_splat<u32>(root), sin = v128.load_splat<u32>(root, 4);
          const a = x + <usize> k * step, b = x + <usize> (radix - k) * step;
          const ar = v128.load(a), br = v128.load(b);
          const ai = v128.load(a + behind), bi = v128.load(b + behind);
          evenR = madd(cos, f32x4.add(ar, br), evenR);
          evenI = madd(cos, f32x4.add(ai, bi), evenI);
          oddR = madd(sin, f32x4.sub(ar, br), oddR);
          oddI = madd(sin, f32x4.sub(ai, bi), oddI);
        }
        // x[k] e^{iφ} + x[p − k] e^{−iφ} = (sum) cos φ + i (difference) sin φ.
        const t = twiddles + (<usize> (j - 1) << 3), u = twiddles + (<usize> (radix - j - 1) << 3);
        const to = y + <usize> j * stride, mirror = y + <usize> (radix - j) * stride;
        put(
          to,
          behind,
          f32x4.sub(evenR, oddI),
          f32x4.add(evenI, oddR),
          v128.load_splat<u32>(t),
          v128.load_splat<u32>(t, 4),
        );
        put(
          mirror,
          behind,
          f32x4.add(evenR, oddI),
          f32x4.sub(evenI, oddR),
          v128.load_splat<u32>(u),
          v128.load_splat<u32>(u, 4),
        );
      }
    }
    twiddles += <usize> (radix - 1) << 3;
    y += <usize> (radix - 1) * stride;
  }
}
