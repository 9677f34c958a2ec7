/** Recurrences of complex numbers in float64, written as plain loops. */
import type { ComplexTensor } from "../../complex/tensor/tensor.ts";

/** Interleaved complex numbers. */
export type Host = Float64Array;

/** The values of a tensor. */
export async function hostOf(x: ComplexTensor): Promise<Host> {
  return Float64Array.from(await x.data());
}

/** One layer: sizes, weights and biases of input and hidden state. */
export interface HostLayer {
  readonly steps: number;
  readonly n: number;
  readonly features: number;
  readonly hidden: number;
  readonly wi: Host;
  readonly wh: Host;
  readonly bi: Host;
  readonly bh: Host;
}

type Z = readonly [re: number, im: number];
const at = (x: Host, k: number): Z => [x[2 * k], x[2 * k + 1]];
const add = (a: Z, b: Z): Z => [a[0] + b[0], a[1] + b[1]];
const mul = (a: Z, b: Z): Z => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const sigmoid = ([re, im]: Z): Z => [logistic(re), logistic(im)];
const tanh = ([re, im]: Z): Z => [Math.tanh(re), Math.tanh(im)];

/** Row `row` of w times the vector x, and b. */
function affine(w: Host, b: Host, row: number, x: readonly Z[]): Z {
  return x.reduce((sum, z, k) => add(sum, mul(at(w, row * x.length + k), z)), at(b, row));
}

/** All hidden states [steps, n, hidden], where `update` gives the next hidden and cell state. */
function unrolled(
  inputs: Host,
  layer: HostLayer,
  update: (k: number, product: Product, h: readonly Z[], c: readonly Z[]) => readonly [Z, Z],
): Host {
  const { steps, n, features, hidden } = layer;
  const out = new Float64Array(2 * steps * n * hidden);
  for (let item = 0; item < n; item++) {
    let h: Z[] = Array.from({ length: hidden }, () => [0, 0]);
    let c = h;
    for (let t = 0; t < steps; t++) {
      const x = Array.from(
        { length: features },
        (_, k) => at(inputs, (t * n + item) * features + k),
      );
      const product: Product = (gate, k) => [
        affine(layer.wi, layer.bi, gate * hidden + k, x),
        affine(layer.wh, layer.bh, gate * hidden + k, h),
      ];
      const next = h.map((_, k) => update(k, product, h, c));
      h = next.map(([state]) => state);
      c = next.map(([, cell]) => cell);
      h.forEach((z, k) => out.set(z, 2 * ((t * n + item) * hidden + k)));
    }
  }
  return out;
}

/** Of a gate's element k the products of the input and of the hidden state. */
type Product = (gate: number, k: number) => readonly [Z, Z];

/** r, z, n: h′ = (1 − z)n + zh. */
export function gruOnHost(inputs: Host, layer: HostLayer): Host {
  return unrolled(inputs, layer, (k, product, h) => {
    const r = sigmoid(add(...product(0, k)));
    const z = sigmoid(add(...product(1, k)));
    const [x, u] = product(2, k);
    const n = tanh(add(x, mul(r, u)));
    return [add(mul([1 - z[0], -z[1]], n), mul(z, h[k])), [0, 0]];
  });
}

/** i, f, g, o: c′ = fc + ig, h′ = o tanh c′. */
export function lstmOnHost(inputs: Host, layer: HostLayer): Host {
  return unrolled(inputs, layer, (k, product, _, c) => {
    const [i, f, g, o] = [0, 1, 2, 3].map((gate) => add(...product(gate, k)));
    const cell = add(mul(sigmoid(f), c[k]), mul(sigmoid(i), tanh(g)));
    return [mul(sigmoid(o), tanh(cell)), cell];
  });
}
