/**
 * jax-js: every function is compiled by its `jit`. Its arrays belong to whoever uses them last;
 * here operations borrow them, and what a function made is disposed when the function ends.
 */
import * as jax from "@jax-js/jax";
import { type ConvShape, convShape, type Operations, type Peer, type Real } from "./peer.ts";

const { numpy: np, lax } = jax;
type Made = jax.Array;

const a = (x: Real) => x as Made;
/** A number, or an array that the operation may use up. */
const operand = (x: Real | number) => typeof x === "number" ? x : a(x).ref;

/** What the functions now running have made, innermost last. */
const scopes: Made[][] = [];

function made(x: Made): Made {
  scopes.at(-1)?.push(x);
  return x;
}

/** Runs `f` and disposes what it made, the results aside. */
function scoped(f: () => Real[]): Made[] {
  const scope: Made[] = [];
  scopes.push(scope);
  try {
    const results = f().map((x) => a(x).ref);
    for (const x of scope) x.dispose();
    return results;
  } finally {
    scopes.pop();
  }
}

/** `f` as jax-js wants a function: it uses up its arguments. */
function owning(f: (...inputs: Real[]) => Real[]): (...inputs: Made[]) => Made[] {
  return (...inputs) => {
    const results = scoped(() => f(...inputs));
    for (const x of inputs) x.dispose();
    return results;
  };
}

function conv(c: ConvShape, image: Made, weight: Made): Made {
  const [s, p] = [c.stride, c.padding];
  return lax.convGeneralDilated(image, weight, [s, s], [[p, p], [p, p]], {
    featureGroupCount: c.groups,
  });
}

/** The gradient of a bilinear function: its transpose at `output`. */
function transposed(f: (x: Made) => Made, like: Made, output: Made): Made {
  const [value, pull] = jax.vjp(f, [like]);
  (value as Made).dispose();
  const [gradient] = pull(output) as unknown as [Made];
  pull.dispose();
  return gradient;
}

const axesOf = (axes: number[] | null) => axes ?? undefined;

function makeOps(): Operations {
  return {
    add: (x, y) => made(a(x).ref.add(operand(y))),
    sub: (x, y) => made(a(x).ref.sub(operand(y))),
    mul: (x, y) => made(a(x).ref.mul(operand(y))),
    div: (x, y) => made(a(x).ref.div(operand(y))),
    sqrt: (x) => made(np.sqrt(a(x).ref)),
    matmul: (x, y) => made(np.matmul(a(x).ref, a(y).ref)),
    sum: (x, axes) => made(a(x).ref.sum(axesOf(axes))),
    mean: (x, axes, keepdims) => made(a(x).ref.mean(axes, { keepdims })),
    gradients(f, inputs) {
      const scalar = (...x: Made[]) => owning((...y) => [f(...y)])(...x)[0];
      const argnums = inputs.map((_, k) => k);
      const found = jax.grad(scalar, { argnums })(...inputs.map((x) => a(x).ref));
      return (found as unknown as Made[]).map(made);
    },
    conv: (c, image, weight) => made(conv(c, a(image).ref, a(weight).ref)),
    convImageGradient(c, output, weight) {
      const like = np.zeros([c.batch, c.channels, c.size, c.size]);
      return made(transposed((x) => conv(c, x, a(weight).ref), like, a(output).ref));
    },
    convWeightGradient(c, image, output) {
      const like = np.zeros([c.outputs, c.channels / c.groups, c.kernel, c.kernel]);
      return made(transposed((w) => conv(c, a(image).ref, w), like, a(output).ref));
    },
    fft([re, im], axes) {
      const z = { real: a(re).ref, imag: a(im).ref };
      const { real, imag } = axes === 1 ? np.fft.fft(z, -1) : np.fft.fft2(z);
      return [made(real), made(imag)];
    },
  };
}

/** jax-js on one of its devices. */
export async function jaxJs(device: "webgpu" | "wasm"): Promise<Peer> {
  if (!(await jax.init(device)).includes(device)) throw new Error(`jax-js has no ${device} here`);
  jax.defaultDevice(device);
  const probe = np.array(new Float32Array(4096));
  const upload = (data: Float32Array, shape: number[]) =>
    np.array(data as Float32Array<ArrayBuffer>).reshape(shape);
  const read = async (x: Real) => await a(x).ref.data() as Float32Array;
  const unfinished: Made[] = [];
  return {
    name: `jax-js ${device}`,
    column: `jax ${device}`,
    ops: makeOps(),
    longestFft: Infinity,
    begin() {
      jax.defaultDevice(device);
    },
    upload,
    uploadConv: (data, c, role) => upload(data, convShape(c, role)),
    read,
    readConv: read,
    free(list) {
      for (const x of list) a(x).dispose();
    },
    compile: (f) => {
      const compiled = jax.jit(owning(f));
      return (...inputs) => compiled(...inputs.map((x) => a(x).ref)) as Made[];
    },
    async start(results) {
      if (device === "wasm") await jax.blockUntilReady(results as Made[]);
      else {
        for (const x of results) {
          await a(x).ref.gpuBuffer(); // has it submitted
          unfinished.push(a(x).ref); // memory is given back after the work: its freeing would wait
        }
      }
    },
    async settle() {
      await probe.ref.data();
      for (const x of unfinished.splice(0)) x.dispose();
    },
  };
}
