/** The pieces of work that are measured. Each checks its result before it is timed. */
import {
  complex,
  type ComplexTensor,
  eval as evaluate,
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
      for (let k = 0; k < n; k++) {
        const [p, q] = [2 * (row * n + k), 2 * (k * n + column)];
        re += x[p] * y[q] - x[p + 1] * y[q + 1];
      }
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
          const p = 2 * (c * 144 + Math.floor(t / 5) * 12 + t % 5);
          const q = 2 * (c * 25 + t);
          re += v[p] * w[q] - v[p + 1] * w[q + 1];
        }
      }
      close(name, (await layer.apply(x).data())[0], re, 1e-4);
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

async function copy(): Promise<Work> {
  const x = await held([1 << 21]);
  const into = sink([1 << 21]);
  return {
    name: "copy of 16 MiB, read + write",
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
    await batchNorm("covariance"),
    await batchNorm("naive"),
  ];
}
