/**
 * Second moments along principal axes. Where real and imaginary part are nearly proportional, both
 * det V = Vrr·Vii − Vri² and W (x − μ) are small differences of large numbers. Such a channel is
 * turned first: p = s·conj(u (1 + ik)) (x − μ) − m has its moments λ1 and λ2 along the axes, and the
 * second part of p is computed to the digits of its own size. The axis u is a float32 number of
 * modulus 1, the tilt k what rounding it left, s a power of two that makes λ1 about 1, and m the mean
 * of p. Whitening is p₁/σ₁ and p₂/σ₂ with σ² = λ + s² eps, turned back.
 */

/** The words of a channel's stats: μr, μi, Vrr, Vii, Vri, the words of its frame, λ1 and λ2, zeros. */
export const STATS = 16;
/** Where the frame begins in the stats, and its words: kind, ur, ui, k, m1, m2, s. */
export const FRAME = 5, FRAME_WORDS = 7;

/** The words of a frame with λ1 and λ2. */
export const FRAME_AND_MOMENTS: number = FRAME_WORDS + 2;

/** What the first word of a frame says. */
export const Kind = {
  /** The channel is not turned; its other words are 0. */
  plain: 0,
  /** The channel is turned. */
  turned: 1,
  /** It is turned, and its values lie on a line as exactly as can be told: p₂ counts as 0. */
  line: 2,
} as const;

/** |Vri| / √(Vrr·Vii) from which a channel is turned: the closed form has lost 4 of its 24 digits. */
const CORRELATED = 0.97;
/** What a part's variance is of its mean's square where rounding the mean costs 7 of 24 digits. */
const SHARE = 2 ** -14;
/** Traces out of this range are measured again with another scale: cubes of them leave float32. */
const LEAST = 1e-20, MOST = 1e20;
/** The scale of that measurement, as a power of two. */
const FAR = 70;
/** Relative to the moments that it is a difference of, λ2 below this is rounding. */
const ROUNDING = 2 ** -80;

/** A frame with its moments: kind, ur, ui, k, m1, m2, s, λ1 and λ2. */
export type Frame = readonly number[];

/** Whether powers of a channel's moments leave float32. */
export function isFar(rr: number, ii: number): boolean {
  return !(rr + ii > LEAST && rr + ii < MOST);
}

/** Whether a channel's real and imaginary part are nearly proportional. */
export function isCorrelated(rr: number, ii: number, ri: number): boolean {
  return Math.abs(ri) > CORRELATED * Math.sqrt(rr) * Math.sqrt(ii);
}

/** Whether the mean of a part is so far from 0 that it must not be rounded. */
export function isDistant(mr: number, mi: number, rr: number, ii: number): boolean {
  return SHARE * mr * mr > rr || SHARE * mi * mi > ii;
}

/** The direction of the larger principal axis, of modulus 1. */
export function axisOf(rr: number, ii: number, ri: number): [number, number] {
  const h = Math.hypot(rr - ii, 2 * ri);
  if (h === 0) return [1, 0];
  const [x, y] = rr >= ii ? [rr - ii + h, 2 * ri] : [2 * ri, ii - rr + h];
  const r = Math.hypot(x, y);
  return [Math.fround(x / r), Math.fround(y / r)];
}

/** The frame along u of values conj(u) (x − μ), from their means and second moments in float64. */
export function frameAlong(ur: number, ui: number, moments: Float64Array): Frame {
  const [m1, m2, l1, across, both] = moments;
  const tilt = across < 0.25 * l1 ? both / (l1 - across) : 0;
  const l2 = across - 2 * tilt * both + tilt * tilt * l1;
  const scale = l1 > 0 ? 2 ** -Math.round(0.5 * Math.log2(l1)) : 1;
  const line = l2 <= ROUNDING * 2 * (ur * ui) ** 2 * l1;
  const [kind, second] = line ? [Kind.line, 0] : [Kind.turned, l2 * scale * scale];
  const centre = [scale * (m1 + tilt * m2), scale * (m2 - tilt * m1)];
  return [kind, ur, ui, tilt, ...centre, scale, l1 * scale * scale, second];
}

/** The frame of given moments, which need not be those of any values. */
export function frameOf(rr: number, ii: number, ri: number): Frame {
  const [ur, ui] = axisOf(rr, ii, ri);
  const along = ur * ur * rr + 2 * ur * ui * ri + ui * ui * ii;
  const both = ur * ui * (ii - rr) + (ur * ur - ui * ui) * ri;
  // Products of float32 numbers are exact in float64.
  const across = Math.max(0, rr * ii - ri * ri) / along;
  const scale = 2 ** -Math.round(0.5 * Math.log2(along)), square = scale * scale;
  const tilt = both / (along - across);
  return [Kind.turned, ur, ui, tilt, 0, 0, scale, along * square, across * square];
}

/** A frame as plain TypeScript turns with it: u (1 + ik), m and s. */
export interface HostFrame {
  readonly ur: number;
  readonly ui: number;
  readonly m1: number;
  readonly m2: number;
  readonly scale: number;
}

/** The frame at word `at` of `words`; null where there is none. */
export function hostFrame(words: ArrayLike<number>, at: number): HostFrame | null {
  if (!words[at]) return null;
  const [ur, ui, k] = [words[at + 1], words[at + 2], words[at + 3]];
  const [m1, m2, scale] = [words[at + 4], words[at + 5], words[at + 6]];
  return { ur: ur - k * ui, ui: ui + k * ur, m1, m2, scale };
}

/** The value p of x − μ = (dr, di). */
export function turned(
  { ur, ui, m1, m2, scale }: HostFrame,
  dr: number,
  di: number,
): [number, number] {
  return [scale * (ur * dr + ui * di) - m1, scale * (ur * di - ui * dr) - m2];
}

/** Of a gradient, its parts along the axes. */
export function inFrame({ ur, ui }: HostFrame, gr: number, gi: number): [number, number] {
  return [ur * gr + ui * gi, ur * gi - ui * gr];
}

/** σ₁ and σ₂ of the stats at word `at`, and what p₁ and p₂ are multiplied by: 1/σ₁, and 1/σ₂ or 0. */
export function deviations(stats: ArrayLike<number>, at: number, eps: number): number[] {
  const frame = at + FRAME, scale = stats[frame + 6], behind = frame + FRAME_WORDS;
  const s1 = Math.sqrt(stats[behind] + scale * scale * eps);
  const s2 = Math.sqrt(stats[behind + 1] + scale * scale * eps);
  const w2 = stats[frame] === Kind.line && eps > 0 ? 0 : 1 / s2;
  // Without a deviation there is no norm, and NaN says so.
  return [s1, s2, s1 > 0 ? 1 / s1 : NaN, w2 < Infinity ? w2 : NaN];
}

/**
 * WGSL: `kept(x)`, `exact_product(a, b)`, and `in_axes(u, d, low)` = conj(u) (d + low). `hide` tells them a
 * number that is never negative.
 */
const inAxesWgsl = `
// 0, which compilers cannot know.
var<private> zero: u32;
fn hide(positive: f32) { zero = bitcast<u32>(positive) >> 31u; }
// x, so that compilers do not regroup sums through it.
fn kept(x: vec2<f32>) -> vec2<f32> {
  return bitcast<vec2<f32>>(bitcast<vec2<u32>>(x) ^ vec2<u32>(zero));
}
fn upper(x: vec2<f32>) -> vec2<f32> {
  return bitcast<vec2<f32>>(bitcast<vec2<u32>>(x) & vec2<u32>(0xfffff000u));
}
struct Product { whole: vec2<f32>, rest: vec2<f32> }
fn exact_product(a: vec2<f32>, b: vec2<f32>) -> Product {
  let ah = upper(a);
  let al = a - ah;
  let bh = upper(b);
  let bl = b - bh;
  let whole = kept(a * b);
  let first = kept(kept(ah * bh) - whole);
  let second = kept(first + kept(ah * bl));
  return Product(whole, kept(second + kept(al * bh)) + al * bl);
}
fn in_axes(u: vec2<f32>, d: vec2<f32>, low: vec2<f32>) -> vec2<f32> {
  let p = exact_product(u, d.yx);
  let rough = kept(vec2<f32>(u.x * d.x + u.y * d.y, p.whole.x - p.whole.y));
  let rest = (p.rest.x - p.rest.y) + (u.x * low.y - u.y * low.x);
  return rough + vec2<f32>(u.x * low.x + u.y * low.y, rest);
}
`;

/** WGSL: `Frame`, and `turned(x, mean, frame)` = p. */
const turnedWgsl = `${inAxesWgsl}
struct Frame { axis: vec2<f32>, centre: vec2<f32>, tilt: f32, scale: f32 }
fn turned(x: vec2<f32>, mean: vec2<f32>, f: Frame) -> vec2<f32> {
  // x − mean in two parts, without an error.
  let near = kept(x - mean);
  let back = kept(near - x);
  let low = (x - kept(near - back)) - (mean + back);
  let a = in_axes(f.axis, near * f.scale, low * f.scale);
  let across = a.y - f.tilt * a.x;
  return vec2<f32>(a.x + f.tilt * across, across) - f.centre;
}
`;

/**
 * WGSL: `frame_at(o)`, the frame at word o of what `words(k)` reads, `turned(x, mean, frame)` = p,
 * `in_frame(g, frame)` = conj(u (1 + ik)) g, and `out_of_frame(p, frame)` = u p.
 */
export const frameWgsl = `${turnedWgsl}
fn frame_at(o: u32) -> Frame {
  hide(words(o + 6u));
  return Frame(vec2<f32>(words(o + 1u), words(o + 2u)), vec2<f32>(words(o + 4u), words(o + 5u)),
    words(o + 3u), words(o + 6u));
}
fn in_frame(g: vec2<f32>, f: Frame) -> vec2<f32> {
  let a = in_axes(f.axis, g, vec2<f32>());
  return a + f.tilt * vec2<f32>(a.y, -a.x);
}
fn out_of_frame(p: vec2<f32>, f: Frame) -> vec2<f32> {
  return vec2<f32>(f.axis.x * p.x - f.axis.y * p.y, f.axis.y * p.x + f.axis.x * p.y);
}
`;

/**
 * WGSL: `deviations(lambda, scale, eps)`, σ₁ and σ₂, or NaN in place of 0, and
 * `whitening(kind, sigma, eps)`, what p₁ and p₂ are multiplied by.
 */
export const deviationsWgsl = `
fn deviation(l: f32, e: f32) -> f32 {
  let most = max(sqrt(l), e);
  if (most == 0.0) { return bitcast<f32>(bitcast<u32>(l) | 0x7fc00000u); }
  let least = min(sqrt(l), e) / most;
  return most * sqrt(1.0 + least * least);
}
fn deviations(l: vec2<f32>, scale: f32, eps: f32) -> vec2<f32> {
  let e = scale * sqrt(eps);
  return vec2<f32>(deviation(l.x, e), deviation(l.y, e));
}
fn whitening(kind: f32, sigma: vec2<f32>, eps: f32) -> vec2<f32> {
  return vec2<f32>(1.0 / sigma.x, select(1.0 / sigma.y, 0.0, kind == ${Kind.line}.0 && eps > 0.0));
}
`;

/** WGSL: `axis_of(v)` as {@link axisOf} for a trace of 1, and `scale_of(trace)`, near 1/√trace. */
const axisWgsl = `
fn axis_of(v: vec3<f32>) -> vec2<f32> {
  let h = sqrt((v.x - v.y) * (v.x - v.y) + 4.0 * v.z * v.z);
  if (h == 0.0) { return vec2<f32>(1.0, 0.0); }
  let u = select(vec2<f32>(2.0 * v.z, v.y - v.x + h), vec2<f32>(v.x - v.y + h, 2.0 * v.z), v.x >= v.y);
  return u / sqrt(dot(u, u));
}
fn scale_of(trace: f32) -> f32 {
  let half = clamp((i32((bitcast<u32>(trace) >> 23u) & 255u) - 127) / 2, -56, 56);
  return bitcast<f32>(u32(127 - half) << 23u);
}
fn is_correlated(v: vec3<f32>) -> bool {
  return abs(v.z) > ${CORRELATED} * sqrt(v.x) * sqrt(v.y);
}
`;

/**
 * WGSL for workgroups of a channel each: declarations, and what measures `frame`, `kind` and
 * `lambda` of the `elements` values `value(k)`, if they are to be turned. It sees `lane`, `mean`,
 * `spread` (Vrr, Vii, Vri) and the array `folded` of partial moments, which it writes over.
 */
export function measureFrame(elements: number, workgroup: number, aboutZero: boolean) {
  const declarations = `${turnedWgsl}${axisWgsl}
var<workgroup> frame: Frame;
var<workgroup> kind: f32;
var<workgroup> lambda: vec2<f32>;
var<workgroup> first_pass: u32;
// The first pass measures values whose squares have left float32, the second the axis, the third
// the moments.
fn begin(v: vec3<f32>, mean: vec2<f32>) {
  let trace = v.x + v.y;
  kind = 0.0;
  lambda = vec2<f32>();
  frame = Frame(vec2<f32>(), vec2<f32>(), 0.0, 0.0);
  first_pass = 3u;
  if (!(trace > ${LEAST} && trace < ${MOST.toExponential()})) {
    let scale = select(bitcast<f32>(${127 - FAR}u << 23u), bitcast<f32>(${
    127 + FAR
  }u << 23u), trace < 1.0);
    frame = Frame(vec2<f32>(1.0, 0.0), vec2<f32>(), 0.0, scale);
    first_pass = 0u;
  } else if (is_correlated(v) || any(${SHARE} * mean * mean > v.xy)) {
    frame = Frame(axis_of(v / trace), vec2<f32>(), 0.0, scale_of(trace));
    first_pass = 1u;
  }
}
fn advance(pass_: u32, sum: vec2<f32>, square: vec3<f32>) {
  let m = ${aboutZero ? "vec2<f32>()" : `sum / f32(${elements}u)`};
  let l = square / f32(${elements}u) - vec3<f32>(m * m, m.x * m.y);
  let u = frame.axis;
  frame.centre += m;
  let c = frame.centre;
  if (pass_ == 0u) {
    let trace = l.x + l.y;
    if (trace == 0.0) { return; }
    let grow = scale_of(trace);
    let v = axis_of(l / trace);
    frame = Frame(v, grow * vec2<f32>(v.x * c.x + v.y * c.y, v.x * c.y - v.y * c.x), 0.0, grow * frame.scale);
  } else if (pass_ == 1u) {
    if (l.y < 0.25 * l.x) { frame.tilt = l.z / (l.x - l.y); }
    frame.centre = c + frame.tilt * vec2<f32>(c.y, -c.x);
  } else {
    let line = l.y <= ${ROUNDING} * 2.0 * (u.x * u.y) * (u.x * u.y) * l.x;
    kind = select(${Kind.turned}.0, ${Kind.line}.0, line);
    lambda = vec2<f32>(l.x, select(l.y, 0.0, line));
  }
}
`;
  const measure = `
  hide(folded[0].count);
  if (lane == 0u) { begin(spread, mean); }
  workgroupBarrier();
  for (var pass_ = workgroupUniformLoad(&first_pass); pass_ < 3u; pass_ += 1u) {
    let f = frame;
    var sum = vec2<f32>();
    var square = vec3<f32>();
    for (var block = lane; block < ${elements}u; block += ${32 * workgroup}u) {
      var some = vec2<f32>();
      var more = vec3<f32>();
      for (var k = block; k < min(${elements}u, block + ${32 * workgroup}u); k += ${workgroup}u) {
        let p = turned(value(k), mean, f);
        some += p;
        more += vec3<f32>(p * p, p.x * p.y);
      }
      sum += some;
      square += more;
    }
    folded[lane] = Partial(0.0, sum, square);
    workgroupBarrier();
    for (var half = ${workgroup / 2}u; half > 0u; half /= 2u) {
      if (lane < half) {
        folded[lane].mean += folded[lane + half].mean;
        folded[lane].spread += folded[lane + half].spread;
      }
      workgroupBarrier();
    }
    if (lane == 0u) { advance(pass_, folded[0].mean, folded[0].spread); }
    workgroupBarrier();
  }
`;
  return { declarations, measure };
}

/** WGSL: `frame_of(v)` as {@link frameOf}, with λ1 and λ2. */
export const frameOfWgsl = `${turnedWgsl}${axisWgsl}
struct Measured { frame: Frame, lambda: vec2<f32> }
fn frame_of(spread: vec3<f32>) -> Measured {
  hide(spread.x);
  let scale = scale_of(spread.x + spread.y);
  let v = (spread * scale) * scale;
  let u = axis_of(v / (v.x + v.y));
  let d = exact_product(vec2<f32>(v.x, v.z), vec2<f32>(v.y, v.z));
  let det = (d.whole.x - d.whole.y) + (d.rest.x - d.rest.y);
  // V u in two parts.
  let first = exact_product(v.xz, u);
  let second = exact_product(v.zy, u);
  let a = vec2<f32>(first.whole.x, second.whole.x);
  let b = vec2<f32>(first.whole.y, second.whole.y);
  let near = kept(a + b);
  let back = kept(near - a);
  let low = (a - kept(near - back)) + (b - back);
  let rest = vec2<f32>(first.rest.x + first.rest.y, second.rest.x + second.rest.y);
  let moved = in_axes(u, near, low + rest);
  let across = max(det, 0.0) / moved.x;
  let tilt = moved.y / (moved.x - across);
  return Measured(Frame(u, vec2<f32>(), tilt, scale), vec2<f32>(moved.x, across));
}
`;
