import { assert, assertEquals, assertThrows } from "@std/assert";
import { complexTensor } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { vdot } from "../../complex/functions/products.ts";
import { sizeOf } from "../../complex/lazy/shape.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { golden } from "../support/golden.ts";
import { Seeded } from "../support/seeded.ts";
import { type Geometry, reference } from "./direct_conv.ts";
import {
  against,
  biasOf,
  compare,
  compareGradients,
  mixed,
  optionsOf,
  random,
  setComplex,
  slopes,
  weightOf,
} from "./support.ts";

type Convolve = (
  x: ComplexTensor,
  w: ComplexTensor,
  b: ComplexTensor | null,
  // deno-lint-ignore no-explicit-any
  options?: any,
) => ComplexTensor;

const { conv1d, conv2d, conv3d, convTranspose1d, convTranspose2d, convTranspose3d } = nn.functional;
const FORWARD: Convolve[] = [conv1d, conv2d, conv3d];
const TRANSPOSED: Convolve[] = [convTranspose1d, convTranspose2d, convTranspose3d];

for (const name of ["convT2d_k4_s2", "convT2d_k3_s2_p1_op1", "convT2d_groups2_nobias"]) {
  onEngines(`ConvTranspose2d agrees with the golden case ${name}`, async () => {
    const g = await golden(name);
    const { kernelSize, ...options } = optionsOf(g);
    const layer = new nn.ConvTranspose2d(
      Number(g.meta.in),
      Number(g.meta.out),
      kernelSize,
      options,
    );
    setComplex(layer.weight, weightOf(g, "param.", "conv_tran"));
    if (layer.bias) setComplex(layer.bias, biasOf(g, "param.", "conv_tran"));
    await compare(g, layer);
    await compareGradients(g, layer, (x) => layer.apply(x), "conv_tran");
  });
}

/** Compares a call with the reference: values and the gradients of x, w and bias. */
async function check(
  f: Convolve,
  s: Geometry,
  transposed: boolean,
  options: unknown,
  seed: number,
): Promise<void> {
  const [from, to] = transposed ? [s.y, s.x] : [s.x, s.y];
  const inputs = [from, s.w, [to[1]]].map((shape, k) => random([...shape], seed + k));
  const gy = random([...to], seed + 3);
  const data = await Promise.all([...inputs, gy].map((t) => t.data()));
  let y!: ComplexTensor;
  const loss = (x: ComplexTensor, w: ComplexTensor, b: ComplexTensor): RealTensor => {
    y = f(x, w, b, options);
    return against(y, gy);
  };
  const [, gradients] = valueAndGrad(loss)(inputs[0], inputs[1], inputs[2]);
  const what = JSON.stringify({ ...s, ...options as object, transposed });
  assertEquals(y.shape, to, what);
  const expected = reference(s, transposed, data);
  for (const [k, t] of [y, ...gradients].entries()) {
    assertClose(await t.data(), expected[k], 2e-6, `${["y", "gx", "gw", "gb"][k]} of ${what}`);
  }
}

/** Fewer on WebGPU, which compiles kernels for every geometry. */
const trials = ({ kind }: Engine) => kind === "cpu" ? 20 : 3;

/** Channels and movement over so many axes. */
function drawn(random: Seeded, axes: number) {
  const list = (low: number, high: number) =>
    Array.from({ length: axes }, () => random.whole(low, high));
  const groups = random.whole(1, 4);
  return {
    list,
    groups,
    stride: list(1, 4),
    padding: list(0, 3),
    dilation: list(1, 3),
    kernel: list(1, 4),
    channels: [groups * random.whole(1, 3), random.whole(1, 3)],
  };
}

for (const [k, f] of FORWARD.entries()) {
  onEngines(`${f.name} and its gradients agree with direct sums in float64`, async (engine) => {
    const random = new Seeded(5 + k);
    for (let trial = 0; trial < trials(engine); trial++) {
      const { list, channels: [o, perGroup], kernel, ...move } = drawn(random, k + 1);
      const more = list(0, 5);
      const size = kernel.map((n, d) =>
        Math.max(1, move.dilation[d] * (n - 1) + 1 - 2 * move.padding[d]) + more[d]
      );
      const out = size.map((n, d) =>
        Math.floor(
          (n + 2 * move.padding[d] - move.dilation[d] * (kernel[d] - 1) - 1) /
            move.stride[d],
        ) + 1
      );
      const s: Geometry = {
        ...move,
        x: [2, perGroup * move.groups, ...size],
        w: [o, perGroup, ...kernel],
        y: [2, o, ...out],
      };
      const { stride, padding, dilation, groups } = move;
      await check(f, s, false, { stride, padding, dilation, groups }, 10 * trial);
    }
  });
}

for (const [k, f] of TRANSPOSED.entries()) {
  onEngines(`${f.name} and its gradients agree with direct sums in float64`, async (engine) => {
    const random = new Seeded(15 + k);
    for (let trial = 0; trial < trials(engine); trial++) {
      const { list, channels: [c, perGroup], kernel, ...move } = drawn(random, k + 1);
      const { stride, padding, dilation, groups } = move;
      const outputPadding = stride.map((n, d) => random.whole(0, Math.max(n, dilation[d])));
      const more = list(1, 4);
      const whole = (n: number, d: number) =>
        (n - 1) * stride[d] - 2 * padding[d] + dilation[d] * (kernel[d] - 1) + outputPadding[d] + 1;
      // Larger until something is left without the padding.
      const size = more.map((n, d) => {
        while (whole(n, d) < 1) n++;
        return n;
      });
      const s: Geometry = {
        ...move,
        x: [2, perGroup * groups, ...size.map(whole)],
        w: [c, perGroup, ...kernel],
        y: [2, c, ...size],
      };
      const options = { stride, padding, dilation, groups, outputPadding };
      await check(f, s, true, options, 10 * trial);
    }
  });
}

onEngines(
  "an output padding between stride and dilation adds places beyond the steps",
  async () => {
    const s: Geometry = {
      groups: 1,
      stride: [1, 2],
      padding: [1, 0],
      dilation: [3, 1],
      x: [2, 2, 9, 8],
      w: [3, 2, 3, 3],
      y: [2, 3, 3, 3],
    };
    const { stride, padding, dilation } = s;
    await check(convTranspose2d, s, true, { stride, padding, dilation, outputPadding: [2, 1] }, 1);
  },
);

onEngines('padding "same" keeps the size, with the odd zero at the end', async () => {
  for (const [k, f] of FORWARD.entries()) {
    const axes = k + 1;
    for (const [taps, step] of [[2, 1], [3, 2], [4, 3]].slice(0, 3 - k)) {
      const ones = Array<number>(axes).fill(1);
      const kernel = ones.map((_, d) => d === 0 ? taps : 2);
      const dilation = ones.map((_, d) => d === 0 ? step : 1);
      const s: Geometry = {
        groups: 1,
        stride: ones,
        padding: kernel.map((n, d) => Math.floor(dilation[d] * (n - 1) / 2)),
        dilation,
        x: [1, 2, ...ones.map((_, d) => 5 + d)],
        w: [2, 2, ...kernel],
        y: [1, 2, ...ones.map((_, d) => 5 + d)],
      };
      await check(f, s, false, { padding: "same", dilation }, 3);
    }
  }
});

onEngines('padding "valid" is none', async () => {
  const [x, w] = [random([1, 2, 6, 5], 1), random([3, 2, 2, 3], 2)];
  assertEquals(
    await conv2d(x, w, null, { padding: "valid" }).data(),
    await conv2d(x, w, null).data(),
  );
});

const DERIVED: [Convolve, unknown, number[][]][] = [
  [conv1d, { stride: 2, padding: 1, dilation: 2, groups: 2 }, [[2, 2, 7], [4, 1, 3], [4]]],
  [conv2d, { padding: "same", groups: 2 }, [[2, 2, 3, 4], [2, 1, 2, 3], [2]]],
  [conv3d, { stride: [2, 1, 1], padding: [1, 0, 1], groups: 2 }, [
    [1, 2, 4, 3, 2],
    [2, 1, 2, 2, 2],
    [2],
  ]],
  [convTranspose1d, { stride: 2, padding: 1, outputPadding: 1 }, [[2, 2, 4], [2, 3, 3], [3]]],
  [convTranspose2d, { stride: 2, padding: 1, dilation: [1, 2], groups: 2 }, [
    [2, 2, 3, 2],
    [2, 2, 3, 2],
    [4],
  ]],
  [convTranspose3d, { stride: [1, 2, 1], padding: [1, 0, 0] }, [
    [1, 2, 3, 2, 2],
    [2, 1, 3, 2, 2],
    [1],
  ]],
];

onEngines("first and second derivatives of convolutions pass gradcheck", async () => {
  for (const [f, options, shapes] of DERIVED) {
    const inputs = shapes.map((shape, k) => random(shape, 20 + k));
    const value = (...args: Tensor[]) => {
      const [x, w, b] = args as ComplexTensor[];
      return mixed(f(x, w, b, options));
    };
    for (const [order, g] of [[1, value], [2, slopes(value)]] as const) {
      const { ok, worst } = await gradcheck(g, inputs, {
        checks: 6,
        tolerance: 3e-3,
        step: 1 / 64,
      });
      assert(ok, `${f.name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("a transposed convolution with conj(w) is the adjoint of the convolution", async () => {
  for (const [k, f] of FORWARD.entries()) {
    const options = { stride: 2, padding: 1, groups: 2 };
    const pixels = [7, 5, 9].slice(0, k + 1);
    const x = random([2, 4, ...pixels], 1);
    const w = random([6, 2, ...pixels.map(() => 3)], 2);
    const y = f(x, w, null, options);
    const z = random([...y.shape], 3);
    const back = TRANSPOSED[k](z, w.conj(), null, options);
    assertEquals(back.shape, x.shape);
    const left = await vdot(z, y).item();
    const right = await vdot(back, x).item();
    assertClose([right.re, right.im], [left.re, left.im], 1e-5, f.name);
  }
});

onEngines(
  "a convolution over a line or in space is the one over an image with idle axes",
  async () => {
    const [x, w, b] = [random([2, 3, 8], 1), random([4, 3, 3], 2), random([4], 3)];
    const line = await conv1d(x, w, b, { padding: 1, stride: 2 }).data();
    const image = conv2d(x.unsqueeze(3), w.unsqueeze(3), b, { padding: [1, 0], stride: [2, 1] });
    const space = conv3d(x.reshape([2, 3, 8, 1, 1]), w.reshape([4, 3, 3, 1, 1]), b, {
      padding: [1, 0, 0],
      stride: [2, 1, 1],
    });
    assertClose(await image.data(), line, 1e-6);
    assertClose(await space.data(), line, 1e-6);
  },
);

onEngines("weights of convolutions start with the modulus of complex Glorot", async () => {
  const layers = [
    new nn.Conv1d(40, 60, 5),
    new nn.Conv3d(20, 30, 3),
    new nn.ConvTranspose1d(60, 40, 5),
    new nn.ConvTranspose2d(20, 30, 5),
  ];
  for (const { weight, bias } of layers) {
    const [outer, inner, ...kernel] = weight.shape;
    const power = await weight.absSquared().mean().item();
    const wanted = 2 / ((outer + inner) * sizeOf(kernel));
    assertClose([power], [wanted], 0.06, `weight ${weight.shape}`);
    assertEquals(await bias!.absSquared().sum().item(), 0);
  }
});

// deno-lint-ignore no-explicit-any
type Any = any;

Deno.test("convolutions refuse what does not fit, with the figures", () => {
  const [line, image] = [random([1, 4, 8], 1), random([1, 4, 8, 8], 1)];
  const space = random([1, 2, 3, 4, 5], 1);
  const w2 = random([4, 2, 3, 3], 2);
  const cases: [() => unknown, string][] = [
    [() => conv1d(image, random([2, 4, 3], 1)), "conv1d: it takes x [N, C, L] and a weight"],
    [() => conv1d(line, random([2, 3, 3], 1)), "x [1, 4, 8] has 4 channels and the weight"],
    [() => conv1d(line, random([2, 4, 9], 1)), "the kernel 9 (dilation 1) is larger"],
    [() => conv1d(line, random([2, 4, 3], 1), random([3], 1)), "the bias must have shape [2]"],
    [
      () => conv1d(line, random([2, 4, 3], 1), null, { stride: 0 }),
      "stride must be a positive integer",
    ],
    [() => conv1d(line, random([2, 4, 1], 1), null, { dilation: 2 ** 32 }), "from 1 to 16777216"],
    [() => conv1d(line, random([2, 4, 3], 1), null, { stride: 2 ** 32 }), "from 1 to 16777216"],
    [() => conv1d(line, random([2, 4, 3], 1), null, { padding: 2 ** 31 }), "from 0 to 16777216"],
    [
      () => conv1d(line, random([2, 4, 3], 1), null, { padding: "same", dilation: 2 ** 40 }),
      "padding must be an integer from 0 to 16777216, got 1099511627776",
    ],
    [() => conv1d(line, random([2, 4, 3], 1), null, { padding: [1, 1] as Any }), "got [1, 1]"],
    [() => conv2d(line, w2, null, { padding: "same" }), "conv2d: it takes x [N, C, H, W]"],
    [() => conv2d(image, w2, null, { padding: "full" as Any }), '"same" or "valid", got "full"'],
    [
      () => conv2d(image, w2, null, { padding: "same", stride: 2 }),
      'padding "same" takes stride 1, got 2 × 2',
    ],
    [() => conv3d(space, random([1, 2, 4, 1, 1], 1)), "the kernel 4 × 1 × 1 (dilation 1 × 1 × 1)"],
    [() => conv3d(image, w2), "conv3d: it takes x [N, C, D, H, W]"],
    [
      () => conv3d(space, w2, null, { stride: [1, 2] as Any }),
      "a positive integer or three of them",
    ],
    [
      () => convTranspose1d(line, random([4, 1, 3], 1), null, { outputPadding: 1 }),
      "outputPadding 1",
    ],
    [() => convTranspose2d(image, random([3, 1, 3, 3], 1)), "has 4 channels and the weight"],
    [() => convTranspose2d(image, w2, null, { groups: 3 }), "4 input channels do not split into 3"],
    [() => convTranspose2d(image, w2, random([4], 1)), "the bias must have shape [2], got [4]"],
    [
      () => convTranspose2d(random([1, 4, 1, 1], 1), w2, null, { padding: 2 }),
      "nothing is left of the 3 elements along axis 2",
    ],
    [() => convTranspose3d(image, w2), "convTranspose3d: it takes x [N, C, D, H, W]"],
    [() => new nn.Conv1d(3, 4, 3, { groups: 2 }), "do not split into 2 groups"],
    [() => new nn.Conv3d(1, 1, [1, 2] as Any), "make a Conv3d: kernel must be"],
    [() => new nn.Conv2d(1, 1, 3, { padding: "same", stride: 2 }), "takes stride 1, got 2 × 2"],
    [() => new nn.Conv1d(1, 1, 3, { bias: 1 as Any }), "bias must be true or false"],
    [() => new nn.ConvTranspose1d(0, 1, 3), "inChannels must be a positive integer"],
    [
      () => new nn.ConvTranspose2d(1, 1, 3, { stride: 2, outputPadding: 2 }),
      "outputPadding 2 must be smaller than the stride 2 or the dilation 1",
    ],
    [
      () => new nn.ConvTranspose2d(1, 1, 3, { outPadding: 1 } as Any),
      'unknown option "outPadding"',
    ],
    [() => conv2d(complexTensor([1, 0], [1]) as Any, w2), "conv2d: it takes x [N, C, H, W]"],
  ];
  for (const [call, message] of cases) assertThrows(call, ArgandError, message);
});
