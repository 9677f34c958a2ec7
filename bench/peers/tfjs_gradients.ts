/**
 * The gradients of the operations that the bench uses. TensorFlow.js keeps them in modules that only
 * bundlers find; these are the same formulas, registered in the same way.
 */
import * as tf from "@tensorflow/tfjs-core";

/** The gradient with respect to an operand that was broadcast. */
function reduced(gradient: tf.Tensor, shape: number[], out: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, out);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, shape);
}

type Slopes = (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => [() => tf.Tensor, () => tf.Tensor];

function binary(kernelName: string, slopes: Slopes): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ["a", "b"],
    gradFunc(dy, [a, b]) {
      const gradient = dy as tf.Tensor;
      const [da, db] = slopes(gradient, a, b);
      return {
        a: () => reduced(da(), a.shape, gradient.shape),
        b: () => reduced(db(), b.shape, gradient.shape),
      };
    },
  });
}

/** The gradient of a sum, or a mean, along axes: the same for every element. */
function reduction(kernelName: string, mean: boolean): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: ["x"],
    gradFunc(dy, [x], attributes) {
      const { axis } = attributes as { axis: number | number[] | null };
      const axes = tf.util.parseAxisParam(axis as number | number[], x.shape);
      const kept = x.shape.map((n, d) => axes.includes(d) ? 1 : n);
      const count = mean ? axes.reduce((product, d) => product * x.shape[d], 1) : 1;
      const each = () => tf.mul(tf.reshape(dy as tf.Tensor, kept), tf.ones(x.shape));
      return { x: () => count === 1 ? each() : tf.div(each(), count) };
    },
  });
}

/** Registers them. */
export function registerGradients(): void {
  binary(tf.Add, (dy) => [() => dy, () => dy]);
  binary(tf.Sub, (dy) => [() => dy, () => tf.neg(dy)]);
  binary(tf.Multiply, (dy, a, b) => [() => tf.mul(dy, b), () => tf.mul(dy, a)]);
  binary(tf.RealDiv, (dy, a, b) => [
    () => tf.div(dy, b),
    () => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ]);
  reduction(tf.Sum, false);
  reduction(tf.Mean, true);
  tf.registerGradient({
    kernelName: tf.Sqrt,
    inputsToSave: ["x"],
    gradFunc: (dy, [x]) => ({ x: () => tf.div(dy as tf.Tensor, tf.mul(tf.sqrt(x), 2)) }),
  });
}
