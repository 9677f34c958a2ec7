/** Every shader of the package: programs that use all kernels, run on a device that only records. */
import { dtypeOf } from "../../gpu/contract/dtype.ts";
import { call } from "../../gpu/contract/expression.ts";
import * as ag from "../../complex/mod.ts";
import { use } from "../../gpu/engines/device.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { functionsByName } from "../../gpu/functions/by_name.ts";
import { linear } from "../../gpu/contract/indexing.ts";
import type { Kernel } from "../../gpu/contract/kernel.ts";
import { mapKernel } from "../../gpu/kernels/elementwise/map.ts";
import * as nn from "../../nn/mod.ts";
import { variantNames } from "../support/variants.ts";
import { native } from "../nn/zoo/case.ts";
import { zoo } from "../nn/zoo/mod.ts";
import { type Recorded, recordingDevice } from "./recording_device.ts";

/** The pipelines by their code, and the names of the kernels that were compiled. */
export interface Shaders {
  readonly pipelines: readonly Recorded[];
  readonly kernels: ReadonlySet<string>;
}

/** Adapters that kernels tell apart: one that runs shaders on the processor, and hardware. */
const ADAPTERS = ["llvmpipe", "a GPU"];

/**
 * All that the programs below compile, in every variant, as the adapters want it; of shaders that
 * differ in numbers alone, one.
 */
export async function collectShaders(): Promise<Shaders> {
  const pipelines = new Map<string, Recorded>();
  const kernels = new Set<string>();
  for (const name of ADAPTERS) {
    const engine = await use(
      recordingDevice(name, (made) => pipelines.set(made.code.replace(/\d+/g, "#"), made)),
    );
    const { compile } = engine;
    engine.compile = <Spec>(kernel: Kernel<Spec>, spec: Spec) => {
      kernels.add(kernel.name);
      for (const variant of variantNames(kernel, spec, engine.adapter)) {
        const wgsl: typeof kernel.wgsl = (s, adapter) => kernel.wgsl(s, adapter, variant);
        compile.call(engine, { ...kernel, variants: undefined, wgsl } as Kernel<unknown>, spec);
      }
      return compile.call(engine, kernel as Kernel<unknown>, spec);
    };
    for (const program of [layers, tensors, products, convolutions, transforms, factorisations]) {
      ag.evaluate(...program());
    }
    elementwise(engine);
  }
  await use("cpu");
  return { pipelines: [...pipelines.values()], kernels };
}

type Programs = readonly ag.Tensor[];

const real = (...shape: number[]) => ag.rand(shape);
const complex = (...shape: number[]) => ag.randnComplex(shape);

/** A result and the gradients of its squared modulus. */
function both<T extends ag.Tensor>(f: (...x: T[]) => ag.Tensor, ...x: T[]): ag.Tensor[] {
  const loss = (...y: T[]) => f(...y).absSquared().sum();
  // deno-lint-ignore no-explicit-any
  const gradients = (ag.grad as any)(loss, x.map((_, k) => k))(...x) as T[];
  return [f(...x), ...[gradients].flat()];
}

/** A training step of every layer, and its gradient with respect to the input. */
function layers(): Programs {
  return zoo.flatMap((one) => {
    const layer = one.make();
    const parameters = layer.parameters();
    const input = complex(...one.shape);
    if (parameters.length > 0) {
      native(one, layer, input).absSquared().mean().backward();
      new nn.Adam(parameters).step();
    }
    return both((z) => native(one, layer, z), input);
  });
}

function tensors(): Programs {
  const [a, z] = [real(6, 70, 5), complex(6, 70, 5)];
  const long = real(3, 70_000);
  return [
    ...[0, 1, 2].flatMap((axis) => [a.sum(axis), z.sum(axis), z.prod(axis), a.max(axis)]),
    ...[a.argmax(1), a.argmin(), a.min(), z.mean(), z.cumsum(1), a.cumsum(0), long.cumsum(1)],
    ...[long.sum(), long.sum(0), long.max(1), ag.norm(z)],
    ...[ag.take(z, [3, 1, 1], 1), ag.flip(z, 1), ag.roll(z, 3, 1), ag.concat([z, z], 2)],
    ...[
      ag.pad(z, [[1, 2], [0, 0], [3, 1]]),
      z.transpose(),
      ag.rand([9]),
      ag.randn([9]),
      ag.poisson(a),
    ],
    ...both((x) => ag.take(x, [3, 1, 1], 1), z),
    ...both((x) => ag.take(x, [...Array(300).keys()].map((k) => k % 2), 1), a),
    ...both((x) => ag.patches(x, [[3, 1], [0, 0]], [9, 4]), z),
    ...both((x) => ag.patches(x, [[1, 3, 1], [2, 0, 0]], [3, 9, 4]), a),
    ...both((x) => x.prod(1), z),
    ...both((x) => x.max(1), a),
    ...both((x) => x.cumsum(1), z),
  ];
}

function products(): Programs {
  const sizes = [[3, 5, 2], [64, 64, 64], [33, 130, 67], [256, 256, 256], [1, 300, 40], [
    2,
    40_000,
    3,
  ]];
  return sizes.flatMap(([m, k, n]) => [
    ...both((a, b) => ag.matmul(a, b), complex(m, k), complex(k, n)),
    ...both((a, b) => ag.matmul(a, b), real(m, k), real(k, n)),
    ...both((a, b) => ag.matmul(a, b), complex(3, m, k), complex(k, n)),
    ag.matmul(real(m, k), complex(k, n)),
  ]);
}

function convolutions(): Programs {
  const options = [{}, { stride: 2, padding: 1 }, { dilation: 2 }, { groups: 2 }];
  return options.flatMap((o) => [
    ...both(
      (x, w) => nn.functional.conv2d(x, w, null, o),
      complex(2, 4, 17, 19),
      complex(8, 4 / (o.groups ?? 1), 3, 3),
    ),
  ]);
}

function transforms(): Programs {
  const lengths = [2, 8, 12, 17, 35, 60, 64, 128, 500, 1024, 2048, 4096, 8192];
  return [
    ...lengths.flatMap((n) => [ag.fft(complex(3, n)), ag.ifft(complex(3, n)), ag.rfft(real(2, n))]),
    ag.fft2(complex(2, 64, 48)),
    ag.fft(complex(64, 48), { axis: 0 }),
    ag.irfft(complex(2, 33)),
    ag.fftConvolve(complex(50), complex(7)),
  ];
}

/** What a decomposition consists of. */
const tensorsOf = (parts: object): ag.Tensor[] => Object.values(parts);

function factorisations(): Programs {
  return [3, 20, 70].flatMap((n) => {
    const [a, b] = [complex(n, n), complex(n, 2)];
    const [r, s] = [real(n, n), real(n, 2)];
    const hermitian = a.add(a.transpose().conj());
    return [
      ...[ag.solve(a, b), ag.solve(r, s), ag.inv(a), ag.det(a), ag.det(r), ag.expm(a)],
      ...[ag.qr(a), ag.qr(r), ag.eigh(hermitian), ag.svd(a), ag.svd(r)].flatMap(tensorsOf),
      ag.svdvals(r),
    ];
  });
}

/** Every elementwise function by itself. */
function elementwise(engine: Engine): void {
  for (const [name, fn] of functionsByName) {
    const inputs = fn.inputs.map((kind) => dtypeOf(kind, "single"));
    const args = inputs.map((dtype, input) =>
      ({ op: "load", input, dtype, at: linear(100) }) as const
    );
    engine.compile(mapKernel(name), { size: 100, value: call(fn, args), inputs, words: 0 });
  }
}
