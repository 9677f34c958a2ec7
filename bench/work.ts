/** The pieces of work that are measured. Each checks its result before it is timed. */
import {
  complex,
  type ComplexTensor,
  eval as evaluate,
  fftn,
  nn,
  parameter,
  randnComplex,
  type RealTensor,
  valueAndGrad,
  zeros,
} from "@argand/argand";

/** A piece of work; `flop` and `bytes` are what the mathematics asks for in one run. */
export interface Work {
  readonly name: string;
  readonly run: () => void;
  readonly check: () => Promise<void>;
  readonly flop?: number;
  readonly bytes?: number;
  /** By which it is found for the ratios. */
  readonly key?: "copy" | "covariance" | "naive";
}

/** Host data, so that a run measures the work and not the random numbers. */
async function held(shape: number[]): Promise<ComplexTensor> {
  const x = randnComplex(shape);
  await x.data();
  return x;
}

/** Has results written over one another, as a parameter's are: no new memory in every run. */
function sink(shape: number[]): (result: ComplexTensor) => void {
  const last = parameter(complex(zeros(shape)), { requiresGrad: false });
  return (result) => {
    last.assign(result);
    evaluate(last);
  };
}

function close(name: string, got: number, wanted: number, tolerance: number): void {
  if (Math.abs(got - wanted) > tolerance) {
    throw new Error(`Cannot measure ${name}: it gives ${got} and not ${wanted}`);
  }
}

/** The real part of a product of elements of two interleaved complex arrays. */
function realProduct(a: Float32Array, p: number, b: Float32Array, q: number): number {
  return a[2 * p] * b[2 * q] - a[2 * p + 1] * b[2 * q + 1];
}

async function matmul(n: number): Promise<Work> {
  const [a, b] = [await held([n, n]), await held([n, n])];
  const into = sink([n, n]);
  const name = `complex matmul ${n}`;
  return {
    name,
    flop: 8 * n ** 3,
    run: () => into(a.matmul(b)),
    async check() {
      const [x, y, z] = [await a.data(), await b.data(), await a.matmul(b).data()];
      const [row, column] = [n >> 1, n - 1];
      let re = 0;
      for (let k = 0; k < n; k++) re += realProduct(x, row * n + k, y, k * n + column);
      close(name, z[2 * (row * n + column)], re, 1e-4 * Math.sqrt(n));
    },
  };
}

async function conv(): Promise<Work> {
  const layer = new nn.Conv2d(10, 20, 5);
  const x = await held([64, 10, 12, 12]);
  const into = sink([64, 20, 8, 8]);
  const name = "conv2d 10→20 k5, 64×12×12, forward";
  return {
    name,
    flop: 8 * 64 * 20 * 8 * 8 * 10 * 25,
    run: () => into(layer.apply(x)),
    async check() {
      const [w, b, v] = [await layer.weight.data(), await layer.bias!.data(), await x.data()];
      let re = b[0];
      for (let c = 0; c < 10; c++) {
        for (let t = 0; t < 25; t++) {
          re += realProduct(v, c * 144 + Math.floor(t / 5) * 12 + t % 5, w, c * 25 + t);
        }
      }
      close(name, (await layer.apply(x).data())[0], re, 1e-4);
    },
  };
}

async function conv3d(): Promise<Work> {
  const layer = new nn.Conv3d(8, 16, 3);
  const x = await held([4, 8, 10, 18, 18]);
  const into = sink([4, 16, 8, 16, 16]);
  const name = "conv3d 8→16 k3, 4×10×18×18, forward";
  return {
    name,
    flop: 8 * 4 * 16 * 8 * 16 * 16 * 8 * 27,
    run: () => into(layer.apply(x)),
    async check() {
      const [w, b, v] = [await layer.weight.data(), await layer.bias!.data(), await x.data()];
      let re = b[0];
      for (let c = 0; c < 8; c++) {
        for (let t = 0; t < 27; t++) {
          const [d, h] = [Math.floor(t / 9), Math.floor(t / 3) % 3];
          re += realProduct(v, ((c * 10 + d) * 18 + h) * 18 + t % 3, w, c * 27 + t);
        }
      }
      close(name, (await layer.apply(x).data())[0], re, 1e-4);
    },
  };
}

async function convTranspose(): Promise<Work> {
  const layer = new nn.ConvTranspose2d(16, 16, 4, { stride: 2, padding: 1 });
  const x = await held([32, 16, 14, 14]);
  const into = sink([32, 16, 28, 28]);
  const name = "convTranspose2d 16→16 k4 s2, 32×14×14, forward";
  return {
    name,
    flop: 8 * 32 * 16 * 14 * 14 * 16 * 16,
    run: () => into(layer.apply(x)),
    async check() {
      const [w, b, v] = [await layer.weight.data(), await layer.bias!.data(), await x.data()];
      // Pixel [2, 2] gets tap 3 of pixel 0 and tap 1 of pixel 1 along either axis.
      const meeting = [[0, 3], [1, 1]];
      let re = b[0];
      for (let c = 0; c < 16; c++) {
        for (const [row, ky] of meeting) {
          for (const [column, kx] of meeting) {
            re += realProduct(v, c * 196 + row * 14 + column, w, c * 256 + ky * 4 + kx);
          }
        }
      }
      close(name, (await layer.apply(x).data())[2 * (2 * 28 + 2)], re, 1e-4);
    },
  };
}

async function batchNorm(kind: "covariance" | "naive"): Promise<Work> {
  const shape = [32, 64, 32, 32];
  const layer = kind === "covariance" ? new nn.BatchNorm2d(64) : new nn.NaiveBatchNorm2d(64);
  const x = await held(shape);
  const target = await held(shape);
  const into = sink(shape);
  const weighted = (z: ComplexTensor): RealTensor => layer.apply(z).mul(target).real.sum();
  const name = `${kind} batch norm 32×64×32×32, forward + backward`;
  return {
    name,
    key: kind,
    bytes: 8 * 8 * 32 * 64 * 32 * 32,
    run() {
      const [, [gradient]] = valueAndGrad(weighted)(x);
      into(gradient);
    },
    async check() {
      const y = layer.apply(x);
      close(name, (await y.mean().item()).re, 0, 1e-4);
      close(name, await y.absSquared().mean().item(), kind === "covariance" ? 1 : 2, 1e-2);
    },
  };
}

/** A transform along some axes; the bytes are those of one traversal for each. */
async function fourier(shape: number[], axes: number[]): Promise<Work> {
  const x = await held(shape);
  const into = sink(shape);
  const name = `fft ${shape.join("×")}${axes.length > 1 ? ` in ${axes.length} dimensions` : ""}`;
  const size = shape.reduce((a, n) => a * n, 1);
  return {
    name,
    bytes: axes.length * 2 * 8 * size,
    run: () => into(fftn(x, { axes })),
    async check() {
      // One frequency of the last line, or of the plane, by definition.
      const [v, y] = [await x.data(), await fftn(x, { axes }).data()];
      const bins = shape.map((n, d) => (axes.includes(d) ? Math.floor(0.3 * n) : n - 1));
      const columns = shape[shape.length - 1];
      let re = 0;
      for (let k = axes.length > 1 ? 0 : size - columns; k < size; k++) {
        const [row, column] = [Math.floor(k / columns), k % columns];
        const turns = axes.length > 1 ? row * bins[0] / shape[0] : 0;
        const phase = -2 * Math.PI * ((turns + column * bins[bins.length - 1] / columns) % 1);
        re += v[2 * k] * Math.cos(phase) - v[2 * k + 1] * Math.sin(phase);
      }
      const at = bins.reduce((a, k, d) => a * shape[d] + k, 0);
      close(name, y[2 * at], re, 1e-5 * Math.sqrt(size));
    },
  };
}

async function copy(): Promise<Work> {
  const x = await held([1 << 21]);
  const into = sink([1 << 21]);
  return {
    name: "copy of 16 MiB, read + write",
    key: "copy",
    bytes: 2 * 8 * (1 << 21),
    run: () => into(x.mul({ re: 0, im: 1 })),
    check: () => Promise.resolve(),
  };
}

/** Everything that `deno task bench` measures beside training. */
export async function kernels(): Promise<Work[]> {
  return [
    await copy(),
    await matmul(256),
    await matmul(512),
    await conv(),
    await conv3d(),
    await convTranspose(),
    await fourier([64, 1024], [1]),
    await fourier([512, 512], [0, 1]),
    await fourier([1 << 20], [0]),
    await fourier([2048, 2048], [0, 1]),
    await batchNorm("covariance"),
    await batchNorm("naive"),
  ];
}
