/**
 * The operations that random programs are made of. Arguments are kept where an operation is smooth and
 * its result of the order of its input, so that a program of many stays well conditioned.
 */
import * as complex from "../../complex/mod.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/mod.ts";
import * as fn from "../../nn/functional/mod.ts";
import { isComplex, type Operation, Unsuited } from "./random_program.ts";
import type { Seeded } from "./seeded.ts";

const isReal = (x: Tensor) => !isComplex(x);
const small = (x: Tensor) => x.size <= 1500;
const times = (x: Tensor, factor: number | complex.Complex): Tensor => complex.mul(x, factor);
const toComplex = (x: Tensor): ComplexTensor => (x as RealTensor | ComplexTensor).toComplex();

type Map = (x: Tensor) => Tensor;
/** |x|² + ½, which can be divided by. */
const positive = (x: Tensor): RealTensor => x.absSquared().add(0.5);

const MAPS: Record<string, Map> = {
  neg: (x) => x.neg(),
  square: (x) => x.square(),
  exp: (x) => x.tanh().exp(),
  log: (x) => positive(x).log(),
  sqrt: (x) => positive(x).sqrt(),
  sin: (x) => times(x, 0.5).sin(),
  cos: (x) => times(x, 0.5).cos(),
  tan: (x) => times(x, 0.2).tan(),
  sinh: (x) => times(x, 0.3).sinh(),
  cosh: (x) => times(x, 0.3).cosh(),
  tanh: (x) => x.tanh(),
  sgn: (x) => x.sgn(),
  relu: (x) => x.relu(),
  abs: (x) => x.abs(),
  absSquared: (x) => x.absSquared(),
  angle: (x) => x.angle(),
  reciprocal: (x) => positive(x).reciprocal(),
  power: (x) => positive(x).pow(0.7),
  scaled: (x) => complex.add(times(x, { re: 0.6, im: -0.8 }), 0.25),
  detach: (x) => x.detach(),
};
const REAL_MAPS: Record<string, (x: RealTensor) => Tensor> = {
  sigmoid: (x) => x.sigmoid(),
  expm1: (x) => x.tanh().expm1(),
  erf: (x) => x.erf(),
  toComplex: (x) => x.toComplex(),
  clamped: (x) => x.maximum(-0.3).minimum(0.4),
  softmax: (x) => fn.softmax(x.rank === 0 ? x.reshape([1]) : x),
  logSoftmax: (x) => fn.logSoftmax(x.rank === 0 ? x.reshape([1]) : x),
};
const COMPLEX_MAPS: Record<string, (x: ComplexTensor) => Tensor> = {
  conj: (x) => x.conj(),
  real: (x) => x.real,
  imag: (x) => x.imag,
  "complex log": (x) => x.add({ re: 0.1, im: 0.2 }).log(),
  "complex sqrt": (x) => x.add({ re: 0.1, im: 0.2 }).sqrt(),
  crelu: (x) => fn.crelu(x),
  cgelu: (x) => fn.cgelu(x),
  celu: (x) => fn.celu(x),
  csigmoid: (x) => fn.csigmoid(x),
  cleakyRelu: (x) => fn.cleakyRelu(x, 0.1),
  zRelu: (x) => fn.zRelu(x),
  cardioid: (x) => fn.cardioid(x),
  polarTanh: (x) => fn.polarTanh(x),
  sigLog: (x) => fn.sigLog(x),
};

const mapped = <T extends Tensor>(
  maps: Record<string, (x: T) => Tensor>,
  suits: (x: Tensor) => boolean,
): Operation =>
({ random, any }) => {
  const text = random.of(Object.keys(maps));
  return { text, of: [any(suits)], apply: maps[text] };
};

const PAIRS: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
  add: (a, b) => complex.add(a, b),
  sub: (a, b) => complex.sub(a, b),
  mul: (a, b) => complex.mul(a, b),
  div: (a, b) => complex.div(a, positive(b)),
  "divide by complex": (a, b) => complex.div(a, complex.add(times(b, 0.3), { re: 1, im: 1 })),
  pow: (a, b) => complex.pow(positive(a), times(b, 0.3)),
  where: (a, b) => complex.where(a.abs().greater(0.4), a, b),
  atan2: (a, b) => complex.atan2(a.abs().add(0.1), positive(b)),
  maximum: (a, b) => a.abs().maximum(b.abs()),
};

/** Whether two shapes broadcast. */
function broadcast(a: Tensor, b: Tensor): boolean {
  const [x, y] = [[...a.shape].reverse(), [...b.shape].reverse()];
  return x.every((n, d) => n === 1 || y[d] === undefined || y[d] === 1 || y[d] === n);
}

const combined: Operation = ({ random, any, fresh }) => {
  const text = random.of(Object.keys(PAIRS)), a = any();
  const choice = random.whole(0, 4);
  const b = choice === 0
    ? fresh(a.shape.slice(random.whole(0, a.rank + 1)).map((n) => random.of([1, n])))
    : any((b) => broadcast(a, b));
  return { text, of: choice === 1 ? [b, a] : [a, b], apply: PAIRS[text] };
};

/** Some of the axes, perhaps all. */
const someAxes = (random: Seeded, x: Tensor): number[] => {
  const axes = x.shape.map((_, d) => d).filter(() => random.next() < 0.5);
  return axes.length > 0 ? axes : x.rank > 0 ? [random.whole(0, x.rank)] : [];
};

const reduced: Operation = ({ random, any }) => {
  const x = any(), axes = someAxes(random, x), keep = random.of([true, false]);
  const axis = axes[0] ?? 0, scale = 1 / Math.sqrt(axes.reduce((n, d) => n * x.shape[d], 1));
  const ways: Record<string, Map> = {
    sum: (x) => times(x.sum(axes, keep), scale),
    "whole sum": (x) => times(x.sum(), 1 / Math.sqrt(x.size)),
    mean: (x) => x.mean(axes, keep),
    prod: (x) => complex.add(times(x, 0.3), 1).prod(axes, keep),
    max: (x) => x.abs().max(axes, keep),
    min: (x) => complex.min(x.abs(), axes, keep),
    norm: (x) => complex.norm(x, { axes: [axis] }),
    cumsum: (x) => times(x.cumsum(axis), 0.3),
    argmax: (x) => x.abs().argmax(axis, keep),
  };
  const text = random.of(Object.keys(ways));
  if (x.rank === 0) throw new Unsuited();
  return { text: `${text} [${axes}]`, of: [x], apply: ways[text] };
};

const viewed: Operation = ({ random, any }) => {
  const x = any(), axes = someAxes(random, x);
  if (x.rank === 0) throw new Unsuited();
  const order = x.shape.map((_, d) => d).sort(() => random.next() - 0.5);
  const axis = axes[0], n = x.shape[axis];
  const from = random.whole(0, n), to = random.whole(from + 1, n + 1), step = random.whole(1, 4);
  const ranges = x.shape.map((_, d) => d === axis ? [from, to, step] as const : null);
  const widths = x.shape.map(() => [random.whole(0, 3), random.whole(0, 3)] as const);
  const divisors = [2, 3, 4, 5, 7, 8].filter((d) => x.size % d === 0);
  const rows = random.of(divisors.length > 0 ? divisors : [1]);
  const shift = random.whole(-n, 2 * n), labels = [0, n - 1, n >> 1, 0];
  const last = x.shape[x.rank - 1], wide = Math.ceil(last / 2);
  const ways: Record<string, Map> = {
    [`reshape ${rows}`]: (x) => x.reshape([rows, -1]),
    [`permute ${order}`]: (x) => x.permute(order),
    [`slice ${from}:${to}:${step} of axis ${axis}`]: (x) => x.slice(...ranges),
    [`flip ${axes}`]: (x) => x.flip(axes),
    [`roll ${shift} of axis ${axis}`]: (x) => x.roll(shift, axis),
    [`pad ${widths.join(" ")}`]: (x) => x.pad(widths, random.of([0, 0.5])),
    [`take ${labels} of axis ${axis}`]: (x) => complex.take(x, labels, axis),
    [`patches ${wide} wide of the last axis`]: (x) =>
      complex.patches(x, [0, last - wide, 0], [wide]),
    [`at ${from} of axis ${axis}`]: (x) => x.at(...Array(axis).fill(null), from),
    [`repeat before axis ${axis}`]: (x) =>
      x.unsqueeze(axis).expand([...x.shape.slice(0, axis), 3, ...x.shape.slice(axis)]),
    flatten: (x) => x.flatten(),
    diagonal: (x) => x.rank > 1 ? complex.diagonal(x) : complex.diag(x),
    fftshift: (x) => complex.fftshift(x),
    halves: (x) => complex.split(x, [from + 1, n - from - 1].filter((k) => k > 0), axis)[0],
  };
  const text = random.of(Object.keys(ways));
  const pads = ways[text];
  return {
    text,
    of: [x],
    apply: text.startsWith("pad") ? (x: Tensor) => x.pad(widths, 0.5) : pads,
  };
};

const joined: Operation = ({ random, any }) => {
  const a = any((x) => x.rank > 0), axis = random.whole(0, a.rank);
  const alike = (x: Tensor) =>
    x.rank === a.rank && x.dtype === a.dtype &&
    x.shape.every((n, d) => d === axis || n === a.shape[d]);
  const b = any(alike), same = b.shape[axis] === a.shape[axis];
  const text = random.of(same ? ["concat", "stack", "parts"] : ["concat"]);
  const real = (x: Tensor) => isComplex(x) ? (x as ComplexTensor).imag : x as RealTensor;
  return {
    text: `${text} axis ${axis}`,
    of: [a, b],
    apply: (a: RealTensor, b: RealTensor) =>
      text === "concat"
        ? complex.concat([a, b, a], axis)
        : text === "stack"
        ? complex.stack([b, a], axis)
        : complex.complex(real(a), real(b)),
  };
};

const multiplied: Operation = ({ random, any, fresh }) => {
  const a = any((x) => x.rank > 1 && small(x)), k = a.shape.at(-1)!;
  const n = random.of([1, 2, 5, 17, 33]), turned = random.of([true, false]);
  const b = fresh(turned ? [n, k] : [...random.of([[], a.shape.slice(0, -2)]), k, n]);
  const ways: Record<string, (a: Tensor, b: Tensor) => Tensor> = {
    matmul: (a, b) => complex.matmul(a, b),
    "product of transposes": (a, b) => complex.matmul(b.T, a.T),
    einsum: (a, b) => complex.einsum(b.rank === 2 ? "...ij,jk->k...i" : "...ij,...jk->...ki", a, b),
    "product with its adjoint": (a) => complex.matmul(a, toComplex(a).H),
    outer: (a, b) => complex.outer(a.flatten().slice([0, 20]), b.flatten().slice([0, 30])),
  };
  const text = random.of(Object.keys(ways));
  const apply = (a: Tensor, b: Tensor) => times(ways[text](a, turned ? b.T : b), 1 / Math.sqrt(k));
  return { text, of: [a, b], apply };
};

const transformed: Operation = ({ random, any }) => {
  const x = any((x) => x.rank > 0), axis = random.whole(0, x.rank), norm = "ortho" as const;
  const n = random.of([undefined, 1, 2, 7, 13, 17, 30, 31, 64, 67, 101]);
  const options = { axis, n, norm };
  const ways: Record<string, (x: Tensor) => Tensor> = {
    fft: (x) => complex.fft(x, options),
    ifft: (x) => complex.ifft(x, options),
    fftn: (x) => complex.fftn(x, { norm }),
    rfft: (x) => complex.rfft(x.abs(), options),
    irfft: (x) => complex.irfft(x, { ...options, n: n ?? 12 }),
    fftConvolve: (x) => times(complex.fftConvolve(x.flatten(), x.flatten().slice([0, 9])), 0.3),
  };
  const text = random.of(Object.keys(ways));
  return { text: `${text} ${JSON.stringify(options)}`, of: [x], apply: ways[text] };
};

/** A complex value as [n, channels, …] with `axes` more axes. */
const asImage = (x: Tensor, axes: number, random: Seeded): number[] | null => {
  const shape: number[] = [];
  let rest = x.size;
  for (let d = 0; d <= axes; d++) {
    const divisors = [1, 2, 3, 4, 5, 6, 7, 8, 9].filter((k) => rest % k === 0);
    shape.push(random.of(d < 2 ? divisors : divisors.slice(-3)));
    rest /= shape[d];
  }
  return rest <= 40 ? [...shape, rest] : null;
};

const convolved: Operation = ({ random, any, fresh }) => {
  const axes = random.of([1, 2, 2, 2, 3]), x = any((x) => x.size >= 8 && small(x));
  const shape = asImage(x, axes, random);
  if (!shape) throw new Unsuited();
  const [, channels, ...sizes] = shape, transposed = random.next() < 0.3;
  const groups = random.of([1, 2, 3].filter((g) => channels % g === 0));
  const outputs = groups * random.of([1, 2, 5]);
  const kernel = sizes.map(() => random.whole(1, 4));
  const stride = sizes.map(() => random.whole(1, 3)),
    dilation = sizes.map(() => random.whole(1, 3));
  const padding = kernel.map((k) => random.whole(0, k));
  const reach = kernel.map((k, d) => dilation[d] * (k - 1));
  if (!transposed && sizes.some((n, d) => n + 2 * padding[d] <= reach[d])) throw new Unsuited();
  if (transposed && sizes.some((n, d) => (n - 1) * stride[d] + reach[d] < 2 * padding[d])) {
    throw new Unsuited();
  }
  const outer = transposed ? [channels, outputs / groups] : [outputs, channels / groups];
  const weight = fresh([...outer, ...kernel], "complex");
  const bias = random.of([true, false]) ? [fresh([outputs], "complex")] : [];
  const options = { stride, padding, dilation, groups };
  const maps = transposed
    ? [fn.convTranspose1d, fn.convTranspose2d, fn.convTranspose3d]
    : [fn.conv1d, fn.conv2d, fn.conv3d];
  // deno-lint-ignore no-explicit-any
  const map = maps[axes - 1] as any;
  const one = axes === 1
    ? { stride: stride[0], padding: padding[0], dilation: dilation[0], groups }
    : options;
  return {
    text: `${transposed ? "transposed " : ""}convolution of [${shape}] ${JSON.stringify(options)}`,
    of: [x, weight, ...bias],
    apply: (x: Tensor, w: Tensor, b?: Tensor) =>
      map(toComplex(x).reshape(shape), w, b ?? null, one).mul(0.5),
  };
};

const pooled: Operation = ({ random, any }) => {
  const x = any((x) => x.size >= 8), shape = asImage(x, 2, random);
  if (!shape) throw new Unsuited();
  const [, , height, width] = shape, ceilMode = random.of([true, false]);
  const kernel = [
    random.whole(1, 1 + Math.min(3, height)),
    random.whole(1, 1 + Math.min(3, width)),
  ];
  const pair = kernel as [number, number];
  const stride = pair.map(() => random.whole(1, 4)) as [number, number];
  const padding = pair.map((k) => random.whole(0, (k >> 1) + 1)) as [number, number];
  const options = { stride, padding, ceilMode };
  const ways: Record<string, (x: ComplexTensor) => Tensor> = {
    maxPool2d: (x) => fn.maxPool2d(x, pair, options),
    avgPool2d: (x) => fn.avgPool2d(x, pair, { ...options, countIncludePad: ceilMode }),
    adaptiveAvgPool2d: (x) => fn.adaptiveAvgPool2d(x, [stride[0], stride[1]]),
    upsample: (x) => fn.upsample(x, { size: [stride[0] + 2, stride[1] + 3], mode: "bilinear" }),
  };
  const text = random.of(Object.keys(ways));
  return {
    text: `${text} ${kernel} of [${shape}] ${JSON.stringify(options)}`,
    of: [x],
    apply: (x: Tensor) => ways[text](toComplex(x).reshape(shape)),
  };
};

const normalised: Operation = ({ random, any, fresh }) => {
  const x = any((x) => x.size >= 8), shape = asImage(x, 1, random);
  if (!shape || shape[0] * shape[2] < 4) throw new Unsuited();
  const [, channels, inner] = shape, eps = { eps: 0.01 };
  const bias = fresh([channels], "complex");
  const triple = fresh([channels, 3], "real"), pair = fresh([channels], "complex");
  const ways: Record<string, (x: ComplexTensor, bias: ComplexTensor, w: Tensor) => Tensor> = {
    batchNorm: (x, bias, w) => fn.batchNorm(x, { weight: w as RealTensor, bias, ...eps }),
    naiveBatchNorm: (x, bias, w) =>
      fn.naiveBatchNorm(x, { weight: w as ComplexTensor, bias, ...eps }),
    layerNorm: (x) => fn.layerNorm(x, [channels, inner], null, null, eps),
    groupNorm: (x) => fn.groupNorm(x, channels, null, null, eps),
    rmsNorm: (x) => fn.rmsNorm(x, inner, null, eps),
  };
  const usable = Object.keys(ways).filter((name) => inner > 3 || name.endsWith("BatchNorm"));
  const text = random.of(usable);
  return {
    text: `${text} of [${shape}]`,
    of: [x, bias, text === "naiveBatchNorm" ? pair : triple],
    apply: (x: Tensor, bias: ComplexTensor, w: Tensor) =>
      ways[text](toComplex(x).reshape(shape), bias, w),
  };
};

const factorised: Operation = ({ random, any, fresh }) => {
  const n = random.of([1, 2, 3, 5, 9]), x = any((x) => x.size >= n * n);
  const matrix = (x: Tensor): ComplexTensor =>
    toComplex(x.flatten().slice([0, n * n]).reshape([n, n]))
      .mul(0.3 / Math.sqrt(n)).add(complex.eye(n).mul(2));
  const ways: Record<string, (a: ComplexTensor, b: Tensor) => Tensor> = {
    solve: (a, b) => complex.solve(a, b),
    inv: (a) => complex.inv(a),
    det: (a) => complex.det(a.mul(0.5)),
    expm: (a) => complex.expm(a),
    qr: (a) => complex.qr(a).r,
    svdvals: (a) => complex.svdvals(a),
    eigvalsh: (a) => complex.eigvalsh(a.add(a.H)),
  };
  const text = random.of(Object.keys(ways)), b = fresh([n, 2]);
  return {
    text: `${text} ${n}`,
    of: [x, b],
    apply: (x: Tensor, b: Tensor) => ways[text](matrix(x), b),
  };
};

/** All of them; those of which there are most kinds come up most often. */
export const OPERATIONS: readonly Operation[] = [
  ...Array(4).fill(mapped(MAPS, () => true)),
  ...Array(2).fill(mapped(REAL_MAPS, isReal)),
  ...Array(3).fill(mapped(COMPLEX_MAPS, isComplex)),
  ...Array(6).fill(combined),
  ...Array(5).fill(reduced),
  ...Array(7).fill(viewed),
  ...Array(2).fill(joined),
  ...Array(4).fill(multiplied),
  ...Array(3).fill(transformed),
  ...Array(4).fill(convolved),
  ...Array(3).fill(pooled),
  ...Array(3).fill(normalised),
  factorised,
];
