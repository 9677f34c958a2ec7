import { assert, assertEquals, assertThrows } from "@std/assert";
import { complexTensor, ones, polar, tensor } from "../../complex/create/create.ts";
import { fft2, ifft2 } from "../../complex/fft/fft.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { manualSeed, randn, randnComplex } from "../../complex/create/random.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { mixed, random, slopes } from "./support.ts";

/** Waves e^{2πi(ky·y/H + kx·x/W)}, [1, 1, H, W]. */
function wave([h, w]: readonly number[], ky: number, kx: number): ComplexTensor {
  const values = Array.from({ length: h * w }, (_, k) => {
    const angle = 2 * Math.PI * (ky * Math.floor(k / w) / h + kx * (k % w) / w);
    return [Math.cos(angle), Math.sin(angle)];
  });
  return complexTensor(values.flat(), [1, 1, h, w]);
}

onEngines("SpectralConv2d gives each wave its own weight, and none to fast ones", async () => {
  const layer = new nn.SpectralConv2d(1, 1, [1, 2]);
  const weight = random([1, 1, 2, 4], 1);
  layer.weight.assign(weight);
  for (const size of [[2, 4], [3, 5], [6, 7]]) {
    for (const [ky, kx] of [[0, 0], [-1, 1], [-1, -2], [0, -1], [0, 1]]) {
      const z = wave(size, ky, kx);
      const factor = weight.slice(null, null, [ky + 1, ky + 2], [kx + 2, kx + 3]);
      assertClose(await layer.apply(z).data(), await z.mul(factor).data(), 1e-6, `${[ky, kx]}`);
    }
  }
  for (const [ky, kx] of [[1, 0], [0, 2], [0, 3], [-2, 0]]) {
    const silent = layer.apply(wave([6, 7], ky, kx)).abs().max();
    assert(await silent.item() < 1e-6, `${[ky, kx]}`);
  }
});

onEngines("SpectralConv1d sums over channels as its formula says", async () => {
  const [n, c, o, length, m] = [2, 3, 2, 7, 2];
  const layer = new nn.SpectralConv1d(c, o, m);
  const z = random([n, c, length], 2);
  const [x, w] = [await z.data(), await layer.weight.data()];
  const expected = new Float64Array(2 * n * o * length);
  const times = (
    a: number[],
    b: number[],
  ) => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
  const turn = (t: number) => [Math.cos(2 * Math.PI * t), Math.sin(2 * Math.PI * t)];
  for (let row = 0; row < n; row++) {
    for (let p = 0; p < 2 * m; p++) {
      for (let from = 0; from < c; from++) {
        let coefficient = [0, 0];
        for (let j = 0; j < length; j++) {
          const at = 2 * ((row * c + from) * length + j);
          const term = times([x[at], x[at + 1]], turn(-(p - m) * j / length));
          coefficient = [coefficient[0] + term[0] / length, coefficient[1] + term[1] / length];
        }
        for (let to = 0; to < o; to++) {
          const at = 2 * ((from * o + to) * 2 * m + p);
          const mode = times(coefficient, [w[at], w[at + 1]]);
          for (let j = 0; j < length; j++) {
            const [re, im] = times(mode, turn((p - m) * j / length));
            const place = 2 * ((row * o + to) * length + j);
            expected[place] += re;
            expected[place + 1] += im;
          }
        }
      }
    }
  }
  assertClose(await layer.apply(z).data(), expected, 1e-5);
});

/** Smooth periodic fields of the waves −2…2, sampled on a grid of n×n. */
function smooth(count: number, n: number, seed: number): ComplexTensor {
  const coefficients = random([count, 1, 5, 5], seed);
  const room: [number, number] = [0, n - 5];
  const spectrum = coefficients.pad([[0, 0], [0, 0], room, room]).roll([-2, -2], [2, 3]);
  return ifft2(spectrum, { norm: "forward" }).mul(0.15);
}

onEngines("the same layers on a finer grid give the same function", async () => {
  manualSeed(3);
  const [coarse, fine] = [smooth(2, 12, 1), smooth(2, 24, 1)];
  const every = (z: ComplexTensor) => z.slice(null, null, [0, 24, 2], [0, 24, 2]);
  assertClose(await every(fine).data(), await coarse.data(), 1e-6);
  const layer = new nn.SpectralConv2d(1, 3, [2, 3]);
  assertClose(await every(layer.apply(fine)).data(), await layer.apply(coarse).data(), 1e-5);
});

onEngines("gradients of spectral convolutions and of unitary agree with differences", async () => {
  const cases: [(...args: ComplexTensor[]) => ComplexTensor, ComplexTensor[]][] = [
    [nn.functional.spectralConv, [random([2, 2, 3, 5], 1), random([2, 2, 2, 4], 2)]],
    [nn.functional.spectralConv, [random([2, 2, 4], 1), random([2, 1, 2], 2)]],
    [nn.functional.unitary, [random([3, 3], 1)]],
  ];
  for (const [apply, inputs] of cases) {
    const f = (...args: ComplexTensor[]) => mixed(apply(...args));
    for (const g of [f, slopes(f as never)]) {
      const { ok, worst } = await gradcheck(g as (...args: Tensor[]) => RealTensor, inputs, {
        checks: 4,
      });
      assert(ok, JSON.stringify(worst));
    }
  }
});

/** Paraxial diffraction: each wave k turns by −k²/4. */
function diffracted(z: ComplexTensor): ComplexTensor {
  const n = z.shape[3];
  const k2 = Float32Array.from({ length: n }, (_, k) => (k < n / 2 ? k : k - n) ** 2);
  const phase = tensor(k2).add(tensor(k2, [n, 1])).mul(-0.25);
  return ifft2(fft2(z).mul(polar(1, phase)));
}

onEngines("FNO2d learns the diffraction of light, and applies it on a finer grid", async () => {
  manualSeed(1);
  const net = new nn.FNO2d({
    inChannels: 1,
    outChannels: 1,
    modes: 3,
    width: 4,
    layers: 1,
    hidden: 8,
  });
  const z = smooth(16, 8, 5);
  const target = diffracted(z);
  const optimizer = new nn.Adam(net.parameters(), { lr: 0.02 });
  for (let k = 0; k < 50; k++) {
    nn.mse(net.apply(z), target).backward();
    optimizer.step();
  }
  const off = async (n: number) => {
    const fresh = smooth(8, n, 9);
    const [error, still] = [net.apply(fresh), fresh].map((y) => nn.mse(y, diffracted(fresh)));
    return await error.item() / await still.item();
  };
  const [same, finer] = [await off(8), await off(16)];
  assert(
    same < 0.01 && finer < 0.01,
    `${same} of the error of no change, on a finer grid ${finer}`,
  );
});

onEngines("UnitaryLinear keeps ‖z‖, before and after it has learned a unitary map", async () => {
  manualSeed(2);
  const n = 5;
  const layer = new nn.UnitaryLinear(n);
  const lossless = async () => {
    const u = layer.weight;
    const identity = Array.from({ length: 2 * n * n }, (_, k) => (k % (2 * n + 2) === 0 ? 1 : 0));
    assertClose(await u.matmul(u.H).data(), identity, 1e-5);
    const z = random([20, n], 4);
    const [before, after] = [z, layer.apply(z)].map((x) => x.absSquared().sum(1).sqrt());
    assertClose(await after.data(), await before.data(), 1e-5);
  };
  await lossless();
  const goal = nn.functional.unitary(randnComplex([n, n]));
  const x = random([32, n], 1);
  const y = nn.functional.linear(x, goal);
  const optimizer = new nn.Adam(layer.parameters(), { lr: 0.05 });
  let [first, last] = [NaN, NaN];
  for (let k = 0; k < 200; k++) {
    const loss = nn.mse(layer.apply(x), y);
    loss.backward();
    optimizer.step();
    if (k === 0) first = await loss.item();
    if (k === 199) last = await loss.item();
  }
  assert(last < 1e-4 * first, `${first}, then ${last}`);
  await lossless();
});

onEngines("UnitaryLinear starts as 1, or with eigenvalues all round the circle", async () => {
  const z = random([3, 4], 1);
  const still = new nn.UnitaryLinear(4, { init: "identity" });
  assertClose(await still.apply(z).data(), await z.data(), 1e-6);
  manualSeed(8);
  const n = 20;
  const u = new nn.UnitaryLinear(n).weight;
  // |tr U|/n is 1 for the identity; round the circle the eigenvalues cancel.
  const diagonal = complexTensor(
    Array.from({ length: 2 * n * n }, (_, k) => (k % (2 * n + 2) === 0 ? 1 : 0)),
    [n, n],
  );
  assert(await u.mul(diagonal).sum().abs().item() < 0.5 * n);
});

Deno.test("spectral and unitary layers refuse what does not fit, in words", () => {
  const refused = (make: () => unknown, why: string) => assertThrows(make, ArgandError, why);
  refused(
    () => new nn.SpectralConv1d(0, 1, 1),
    "Cannot make a SpectralConv1d: inChannels must be",
  );
  refused(() => new nn.SpectralConv2d(1, 1, [1, 0]), "modes must be a positive integer");
  refused(
    () => new nn.SpectralConv2d(1, 1, 3).apply(random([1, 1, 8, 5], 1)),
    "Cannot apply a spectral convolution: the input [1, 1, 8, 5] has 5 points for 6 modes",
  );
  const odd = random([1, 1, 3], 1);
  refused(() => nn.functional.spectralConv(random([1, 1, 8], 1), odd), "must be [in, out, 2m]");
  refused(() => nn.functional.spectralConv(ones([1, 1, 8]) as never, odd), "must be [in, out");
  const fno = { inChannels: 1, outChannels: 1, modes: 2 };
  refused(() => new nn.FNO2d({} as never), "Cannot make an FNO2d: inChannels must be");
  refused(() => new nn.FNO2d({ ...fno, layers: 0 }), "layers must be an integer from 1 to 4096");
  refused(() => new nn.FNO2d({ ...fno, depth: 2 } as never), 'unknown option "depth"');
  refused(
    () => new nn.FNO2d({ ...fno, activation: 1 as never }),
    "activation must be a function that makes a layer, got 1",
  );
  refused(
    () => new nn.FNO2d({ ...fno, activation: nn.CGELU as never }),
    "activation must make a layer, as () => new CGELU(), got the class CGELU",
  );
  refused(
    () => new nn.FNO2d({ ...fno, activation: (() => 3) as never }),
    "activation must make a layer, it made 3",
  );
  refused(
    () => new nn.FNO2d({ ...fno, modes: undefined as never }),
    "Cannot make an FNO2d: modes must be",
  );
  refused(() => new nn.UnitaryLinear(1.5), "features must be a positive integer");
  refused(() => new nn.UnitaryLinear(2, { init: "zeros" as never }), "init must be");
  refused(() => nn.functional.unitary(random([2, 3], 1)), "it takes a square matrix, got [2, 3]");
  assertEquals(new nn.FNO2d({ ...fno, layers: 3 }).spectral.length, 3);
});

Deno.test("a refused FNO2d draws no random numbers", async () => {
  const fno = { inChannels: 1, outChannels: 1, modes: 2 };
  const next = async (options: object) => {
    manualSeed(4);
    assertThrows(() => new nn.FNO2d({ ...fno, ...options }), ArgandError);
    return [...await randn([3]).data()];
  };
  const untouched = await next({ width: 0 });
  assertEquals(await next({ modes: [2, 0] }), untouched);
  assertEquals(await next({ activation: () => null }), untouched);
});
