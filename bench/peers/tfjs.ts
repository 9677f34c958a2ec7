/** TensorFlow.js: eager, channels last; temporaries are freed by `tidy`. */
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgpu";
import {
  type ConvRole,
  type ConvShape,
  convShape,
  type Operations,
  type Peer,
  type Real,
} from "./peer.ts";
import { registerGradients } from "./tfjs_gradients.ts";

const t = (x: Real) => x as tf.Tensor;
const operand = (x: Real | number) => x as tf.Tensor | number;
const four = (x: Real) => x as tf.Tensor4D;

/** Where the channels-first axes of a role go: images become NHWC, weights HWIO. */
const ORDER: Record<ConvRole, number[]> = {
  image: [0, 2, 3, 1],
  output: [0, 2, 3, 1],
  weight: [2, 3, 1, 0],
};

/** Depthwise weights are [h, w, channels, 1] here. */
const isDepthwise = ({ channels, outputs, groups }: ConvShape) =>
  groups > 1 && groups === channels && outputs === channels;

function orderOf(c: ConvShape, role: ConvRole): number[] {
  return role === "weight" && isDepthwise(c) ? [2, 3, 0, 1] : ORDER[role];
}

/** The axes of `data` in another order. */
function permuted(data: Float32Array, shape: number[], order: number[]): Float32Array {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, n) => a * n, 1));
  const [size, step] = [order.map((d) => shape[d]), order.map((d) => strides[d])];
  const out = new Float32Array(data.length);
  let at = 0;
  for (let i = 0; i < size[0]; i++) {
    for (let j = 0; j < size[1]; j++) {
      for (let k = 0; k < size[2]; k++) {
        const base = i * step[0] + j * step[1] + k * step[2];
        for (let l = 0; l < size[3]; l++) out[at++] = data[base + l * step[3]];
      }
    }
  }
  return out;
}

const attributes = ({ stride, padding }: ConvShape) => ({
  strides: stride,
  pad: padding,
  dataFormat: "NHWC",
  dimRoundingMode: "floor",
});

function kernel(name: string, c: ConvShape, inputs: Record<string, Real>, role: ConvRole): Real {
  const shape = orderOf(c, role).map((d) => convShape(c, role)[d]);
  return tf.engine().runKernel(
    isDepthwise(c) ? `DepthwiseConv2dNative${name}` : `Conv2D${name}`,
    inputs as unknown as tf.NamedTensorMap,
    {
      ...attributes(c),
      dilations: [1, 1],
      [role === "weight" ? "filterShape" : "inputShape"]: shape,
    } as unknown as tf.NamedAttrMap,
  );
}

const ops: Operations = {
  add: (a, b) => tf.add(t(a), operand(b)),
  sub: (a, b) => tf.sub(t(a), operand(b)),
  mul: (a, b) => tf.mul(t(a), operand(b)),
  div: (a, b) => tf.div(t(a), operand(b)),
  sqrt: (a) => tf.sqrt(t(a)),
  matmul: (a, b) => tf.matMul(t(a), t(b)),
  sum: (a, axes) => tf.sum(t(a), axes ?? undefined),
  mean: (a, axes, keep) => tf.mean(t(a), axes, keep),
  gradients: (f, inputs) =>
    tf.grads((...x: tf.Tensor[]) => t(f(...x)))(inputs as unknown as tf.Tensor[]),
  conv(c, image, weight) {
    return isDepthwise(c)
      ? tf.depthwiseConv2d(four(image), four(weight), c.stride, c.padding, "NHWC", 1, "floor")
      : tf.conv2d(four(image), four(weight), c.stride, c.padding, "NHWC", 1, "floor");
  },
  convImageGradient: (c, output, weight) =>
    kernel("BackpropInput", c, { dy: output, filter: weight }, "image"),
  convWeightGradient: (c, image, output) =>
    kernel("BackpropFilter", c, { x: image, dy: output }, "weight"),
  fft([re, im], axes) {
    let z: tf.Tensor = tf.fft(tf.complex(t(re), t(im)));
    if (axes === 2) {
      const turned = (x: tf.Tensor) =>
        tf.complex(tf.transpose(tf.real(x)), tf.transpose(tf.imag(x)));
      z = turned(tf.fft(turned(z)));
    }
    return [tf.real(z), tf.imag(z)];
  },
};

/** TensorFlow.js on one of its backends. */
export async function tfjs(backend: "webgpu" | "cpu"): Promise<Peer> {
  registerGradients();
  tf.env().set("IS_NODE", false); // no advice about other backends
  tf.env().set("WEBGPU_CPU_FORWARD", false); // small tensors too on the device that is measured
  if (!await tf.setBackend(backend)) throw new Error(`tfjs has no ${backend} here`);
  await tf.ready();
  const probe = tf.tensor([1]);
  return {
    name: `tfjs ${backend}`,
    column: "tfjs",
    ops,
    longestFft: backend === "cpu" ? 256 : 1024, // its transform is a sum over all pairs
    async begin() {
      await tf.setBackend(backend);
    },
    upload: (data, shape) => tf.tensor(data, shape),
    uploadConv(data, c, role) {
      const [shape, order] = [convShape(c, role), orderOf(c, role)];
      return tf.tensor(permuted(data, shape, order), order.map((d) => shape[d]));
    },
    read: async (x) => await t(x).data() as Float32Array,
    async readConv(x, c, role) {
      const order = orderOf(c, role);
      const back = order.map((_, d) => order.indexOf(d));
      return permuted(await t(x).data() as Float32Array, t(x).shape, back);
    },
    free: (list) => tf.dispose(list as tf.Tensor[]),
    compile: (f) => (...inputs) => tf.tidy(() => f(...inputs) as tf.Tensor[]),
    start() {},
    async settle() {
      const one = tf.add(probe, 1);
      await one.data();
      one.dispose();
    },
  };
}

/** The version in use. */
export const version: string = tf.version_core;
