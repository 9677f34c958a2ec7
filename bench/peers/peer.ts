/**
 * What the bench asks of another library: real tensors and operations on them, of which complex work
 * is composed in one place for all. No operation frees its arguments; what a compiled function made
 * on the way is freed when it returns.
 */
import { join, split } from "../numbers.ts";
import type { Contender } from "../contender.ts";

/** A real tensor of the other library. */
export type Real = unknown;

/** A complex tensor as the other library can hold it. */
export type Pair = readonly [re: Real, im: Real];

/** A two-dimensional correlation, square in everything. */
export interface ConvShape {
  readonly batch: number;
  readonly channels: number;
  readonly size: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly groups: number;
}

/** The side of a correlation's result. */
export function outputSize({ size, kernel, stride, padding }: ConvShape): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1;
}

/** What a correlation takes and gives. */
export type ConvRole = "image" | "weight" | "output";

/** The shape of one of them, channels first. */
export function convShape(c: ConvShape, role: ConvRole): number[] {
  if (role === "weight") return [c.outputs, c.channels / c.groups, c.kernel, c.kernel];
  const side = role === "image" ? c.size : outputSize(c);
  return [c.batch, role === "image" ? c.channels : c.outputs, side, side];
}

/** Operations inside a compiled function. */
export interface Operations {
  add(a: Real, b: Real | number): Real;
  sub(a: Real, b: Real | number): Real;
  mul(a: Real, b: Real | number): Real;
  div(a: Real, b: Real | number): Real;
  sqrt(a: Real): Real;
  matmul(a: Real, b: Real): Real;
  /** Sums, or means, over axes. */
  sum(a: Real, axes: number[] | null): Real;
  mean(a: Real, axes: number[], keep: boolean): Real;
  /** Gradients of a scalar with respect to the inputs. */
  gradients(f: (...inputs: Real[]) => Real, inputs: Real[]): Real[];
  /** Tensors of roles "image" and "weight" give "output"; the two gradients take it in. */
  conv(c: ConvShape, image: Real, weight: Real): Real;
  convImageGradient(c: ConvShape, output: Real, weight: Real): Real;
  convWeightGradient(c: ConvShape, image: Real, output: Real): Real;
  /** A transform along the last axis, or the last two. */
  fft(z: Pair, axes: 1 | 2): Pair;
}

/** Another library on one of its devices. */
export interface Peer {
  /** Such as `tfjs webgpu`. */
  readonly name: string;
  /** The column of the table. */
  readonly column: string;
  /** Operations inside compiled functions. */
  readonly ops: Operations;
  /** The longest transform that it is asked for. */
  readonly longestFft: number;
  /** Makes it compute on its device; called before it is used. */
  begin(): void | Promise<void>;
  upload(data: Float32Array, shape: number[]): Real;
  /** Data whose axes are the channels-first ones of a role, in the layout that it computes in. */
  uploadConv(data: Float32Array, c: ConvShape, role: ConvRole): Real;
  read(x: Real): Promise<Float32Array>;
  readConv(x: Real, c: ConvShape, role: ConvRole): Promise<Float32Array>;
  free(list: Real[]): void;
  /** Makes a function ready, compiled as well as the library can. */
  compile(f: (...inputs: Real[]) => Real[]): (...inputs: Real[]) => Real[];
  /** Has results computed, without waiting for the device. */
  start(results: Real[]): void | Promise<void>;
  settle(): Promise<void>;
}

/** How a peer does a piece of work: `f` of inputs that are held on the device. */
export function contender(
  peer: Peer,
  inputs: Real[],
  f: (...inputs: Real[]) => Real[],
  read: (x: Real) => Promise<Float32Array> = (x) => peer.read(x),
): Contender {
  const compiled = peer.compile(f);
  return {
    async run() {
      const results = compiled(...inputs);
      const started = peer.start(results);
      if (started) await started;
      peer.free(results);
    },
    settle: () => peer.settle(),
    async result() {
      const results = compiled(...inputs);
      const parts: Float32Array[] = [];
      for (const x of results) parts.push(await read(x));
      peer.free(results);
      return parts.length === 2 ? join(parts[0], parts[1]) : parts[0];
    },
    release: () => peer.free(inputs),
  };
}

/** Both parts of interleaved data, uploaded. */
export function uploadPair(peer: Peer, data: Float32Array, shape: number[]): [Real, Real] {
  const [re, im] = split(data);
  return [peer.upload(re, shape), peer.upload(im, shape)];
}

/** A bilinear operation of complex numbers as four of real ones. */
export function bilinear(
  ops: Operations,
  f: (a: Real, b: Real) => Real,
  [ar, ai]: Pair,
  [br, bi]: Pair,
  conjugate: "neither" | "first" | "second" = "neither",
): [Real, Real] {
  const plus = (a: Real, b: Real) => ops.add(a, b);
  const minus = (a: Real, b: Real) => ops.sub(a, b);
  const re = (conjugate === "neither" ? minus : plus)(f(ar, br), f(ai, bi));
  const [ab, ba] = [f(ar, bi), f(ai, br)];
  if (conjugate === "neither") return [re, plus(ab, ba)];
  return [re, conjugate === "first" ? minus(ab, ba) : minus(ba, ab)];
}
