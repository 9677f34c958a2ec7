/** Fourier transforms against float64, PyTorch and the laws they obey. */
import * as argand from "@argand/argand";
import {
  absSquared,
  complex,
  type ComplexTensor,
  complexTensor,
  evaluate,
  fft,
  fft2,
  fftfreq,
  fftn,
  fftshift,
  gradcheck,
  ifft,
  ifft2,
  ifftn,
  irfft,
  irfft2,
  ones,
  randnComplex,
  RealTensor,
  rfft,
  rfft2,
  roll,
  type Tensor,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { assertClose, assertFlat } from "../support/close.ts";
import { dft64, dft64Along, errorBound, relativeError } from "../support/dft.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

/** Random complex numbers, as data and as a tensor. */
function field(seed: number, shape: readonly number[]): [Float32Array<ArrayBuffer>, ComplexTensor] {
  const data = new Seeded(seed).floats(2 * shape.reduce((a, n) => a * n, 1));
  return [data, complexTensor(data, shape)];
}

const references = new Map<number, Float64Array>();

async function assertTransform(n: number): Promise<void> {
  const [data, x] = field(n, [n]);
  const reference = references.get(n) ?? dft64(data);
  references.set(n, reference);
  const error = relativeError(await fft(x).data(), reference);
  assert(error <= errorBound(n), `${n} points: ${error} above ${errorBound(n)}`);
}

onEngines("fft() of every length up to 20 is within 2e-7·log2(n) of float64", async () => {
  for (let n = 1; n <= 20; n++) await assertTransform(n);
});

onEngines("fft() of every length from 21 to 64 is within 2e-7·log2(n) of float64", async () => {
  for (let n = 21; n <= 64; n++) await assertTransform(n);
}, { exhaustive: ["webgpu"] });

onEngines("fft() of long, odd and prime lengths is within 2e-7·log2(n) of float64", async () => {
  for (const n of [97, 101, 127, 210, 343, 1000, 1021, 1024, 6144, 4096, 65536]) {
    await assertTransform(n);
  }
});

onEngines("fft() of 2^20 points is within 2e-7·log2(n) of float64", async () => {
  await assertTransform(2 ** 20);
});

onEngines("fft() of a prime length overflows no earlier than its result", async () => {
  const { re } = await fft(ones([1021]).mul(1e35)).at(0).item();
  assertClose([re], [1021e35], 1e-6);
});

onEngines("fft2() equals transforms in float64 along one axis and then the other", async () => {
  for (const [rows, columns] of [[1, 7], [12, 17], [45, 32], [128, 96]]) {
    const [data, x] = field(rows, [2, rows, columns]);
    const lines = dft64Along(data, [2 * rows, columns, 1]);
    const wanted = dft64Along(lines, [2, rows, columns]);
    const error = relativeError(await fft2(x).data(), wanted);
    assert(error <= errorBound(rows * columns), `${rows}×${columns}: ${error}`);
    const back = relativeError(await ifft2(fft2(x)).data(), data);
    assert(back <= 2 * errorBound(rows * columns), `${rows}×${columns} and back: ${back}`);
  }
});

onEngines(
  "fft2() of a 2048×2048 product of two lines is the product of their transforms",
  async () => {
    const n = 2048;
    const [a, b] = [new Seeded(41).floats(2 * n), new Seeded(42).floats(2 * n)];
    const outer = (x: ArrayLike<number>, y: ArrayLike<number>): Float32Array => {
      const z = new Float32Array(2 * n * n);
      for (let i = 0; i < n; i++) {
        const re = x[2 * i];
        const im = x[2 * i + 1];
        for (let j = 0; j < n; j++) {
          z[2 * (i * n + j)] = re * y[2 * j] - im * y[2 * j + 1];
          z[2 * (i * n + j) + 1] = re * y[2 * j + 1] + im * y[2 * j];
        }
      }
      return z;
    };
    const spectrum = await fft2(complexTensor(outer(a, b), [n, n])).data();
    assert(relativeError(spectrum, outer(dft64(a), dft64(b))) <= errorBound(n * n));
  },
);

onEngines("a unitary transform keeps the energy", async () => {
  for (const n of [36, 34, 1000]) {
    const [data, x] = field(n, [2, n]);
    const energy = await absSquared(fft(x, { norm: "ortho" })).sum().item();
    assertClose([energy], [data.reduce((sum, value) => sum + value * value, 0)], 1e-6);
  }
});

onEngines("every axis is transformed as the last one is", async () => {
  const shape = [3, 10, 4, 5];
  const [data, x] = field(3, shape);
  for (let axis = 0; axis < 4; axis++) {
    const before = shape.slice(0, axis).reduce((a, n) => a * n, 1);
    const after = shape.slice(axis + 1).reduce((a, n) => a * n, 1);
    for (const inverse of [false, true]) {
      const wanted = dft64Along(data, [before, shape[axis], after], inverse);
      const y = (inverse ? ifft : fft)(x, {
        axis: axis - 4,
        norm: inverse ? "forward" : "backward",
      });
      assert(relativeError(await y.data(), wanted) <= errorBound(10));
    }
  }
  const all = await fftn(x).data();
  const some = await fftn(fftn(x, { axes: [3, 1] }), { axes: [0, 2] }).data();
  assertClose(some, all, 1e-6);
  assertClose(await ifftn(fftn(x)).data(), data, 1e-6);
  const sized = fftn(x, { size: [6, 2], axes: [2, -3] });
  assertEquals(sized.shape, [3, 2, 6, 5]);
  assertEquals(fftn(x, { size: [7] }).shape, [3, 10, 4, 7]);
  assertClose(
    await sized.data(),
    await fft(fft(x, { n: 6, axis: 2 }), { n: 2, axis: 1 }).data(),
    1e-6,
  );
});

onEngines("the norms divide where they say", async () => {
  const [, x] = field(4, [12]);
  const plain = await fft(x).data();
  const over = (y: ArrayLike<number>, c: number) => Array.from(y, (value) => value / c);
  assertClose(await fft(x, { norm: "ortho" }).data(), over(plain, Math.sqrt(12)), 1e-6);
  assertClose(await fft(x, { norm: "forward" }).data(), over(plain, 12), 1e-6);
  const back = await ifft(x, { norm: "forward" }).data();
  assertClose(await ifft(x).data(), over(back, 12), 1e-6);
  for (const norm of ["backward", "ortho", "forward"] as const) {
    assertClose(await ifft(fft(x, { norm }), { norm }).data(), await x.data(), 1e-6);
    const real = x.real;
    assertClose(await irfft(rfft(real, { norm }), { norm }).data(), await real.data(), 1e-6);
    const size = [3, 4];
    const grid = real.reshape(size);
    const pairs = [[fft2, ifft2], [fftn, ifftn]] as const;
    for (const [there, and] of pairs) {
      assertClose(await and(there(grid, { norm }), { norm }).real.data(), await grid.data(), 1e-6);
    }
    assertClose(await irfft2(rfft2(grid, { norm }), { norm }).data(), await grid.data(), 1e-6);
  }
});

onEngines("n cuts the axis or fills it up with zeros", async () => {
  const [, x] = field(5, [2, 6]);
  assertClose(
    await fft(x, { n: 4 }).data(),
    await fft(x.slice(null, [0, 4])).data(),
    1e-6,
  );
  assertClose(
    await ifft(x, { n: 5, axis: 0 }).data(),
    await ifft(x.pad([[0, 3], [0, 0]]), { axis: 0 }).data(),
    1e-6,
  );
  assertClose(await rfft(x.real, { n: 9 }).data(), await rfft(x.real.pad([[0, 0], [0, 3]])).data());
  assertEquals(irfft(x, { n: 4 }).shape, [2, 4]);
  assertClose(await irfft(x, { n: 4 }).data(), await irfft(x.slice(null, [0, 3])).data());
  assertEquals(irfft2(x, { size: [3, 5] }).shape, [3, 5]);
});

onEngines("a shift turns the phases, and a product is a convolution", async () => {
  const n = 30;
  const [, x] = field(8, [n]);
  const [, y] = field(9, [n]);
  const phases = fftfreq(n).mul(-2 * Math.PI * 7);
  const turned = fft(x).mul(complex(phases.cos(), phases.sin()));
  assertClose(await fft(roll(x, 7, 0)).data(), await turned.data(), 2e-6);
  const round = Array.from({ length: n }, (_, k) => x.mul(roll(y.flip(), k + 1, 0)).sum());
  const products = await Promise.all(round.map((z) => z.data()));
  assertClose(
    await ifft(fft(x).mul(fft(y))).data(),
    products.flatMap((z) => [...z]),
    2e-6,
  );
});

/** A real number of a tensor: its product with fixed weights. */
function reading(y: Tensor): RealTensor {
  const random = new Seeded(99);
  if (y instanceof RealTensor) return y.mul(tensor(random.floats(y.size), y.shape)).sum();
  const weights = complexTensor(random.floats(2 * y.size), y.shape);
  return (y as ComplexTensor).mul(weights).real.sum();
}

const [, z] = field(10, [2, 6]);
// deno-lint-ignore no-explicit-any
const DERIVED: [string, (x: any) => Tensor, Tensor][] = [
  ["fft", (x) => fft(x.square(), { axis: 0, n: 3 }), z],
  ["fft in several passes", (x) => fft(x.square()), field(11, [36])[1]],
  ["fft by Bluestein", (x) => fft(x.square(), { norm: "ortho" }), field(12, [19])[1]],
  ["fft of reals", (x) => fft(x).square(), z.real],
  ["ifft2", (x) => ifft2(x.square(), { norm: "forward", size: [3, 4] }), z],
  ["rfft", (x) => rfft(x).square(), z.real],
  ["rfft of odd length", (x) => rfft(x, { n: 5 }).square(), z.real],
  ["irfft", (x) => irfft(x).square(), z],
  ["irfft of odd length", (x) => irfft(x, { n: 7 }).square(), z],
  ["irfft2", (x) => irfft2(x).square(), z],
  ["fftshift", (x) => fftshift(x, 1).square(), z],
];

onEngines("first and second derivatives agree with finite differences", async () => {
  for (const [name, f, x] of DERIVED) {
    const first = await gradcheck((w) => reading(f(w)), [x], { step: 1 / 64, checks: 6 });
    assert(first.ok, `${name}: ${JSON.stringify(first.worst)}`);
    const slope = (w: Tensor) => {
      const [, [g]] = valueAndGrad((v: Tensor) => reading(f(v)))(w);
      return reading(g);
    };
    const options = { step: 1 / 64, checks: 3, tolerance: 3e-3 };
    const second = await gradcheck(slope, [x], options);
    assert(second.ok, `${name}, second: ${JSON.stringify(second.worst)}`);
  }
});

onEngines("a loop of transforms keeps device memory flat", (engine) => {
  const bytes: number[] = [];
  let psi = randnComplex([24, 19]);
  const once = ones([24, 19]);
  for (let k = 0; k < 200; k++) {
    psi = ifft2(fft2(psi).mul(once));
    evaluate(psi);
    if (k % 50 === 20) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
});

Deno.test("what does not fit is refused at the call", () => {
  // deno-lint-ignore no-explicit-any
  const a: any = argand;
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  const cases: [() => unknown, string][] = [
    [() => a.fft([1, 2]), "Cannot take the fft: it takes a tensor, got an array"],
    [
      () => a.fft(x, { n: 0 }),
      "Cannot take the fft: n must be an integer from 1 to 1073741824, got 0",
    ],
    [() => a.ifft(x, { n: 2.5 }), "got 2.5"],
    [() => a.fft(x, { axis: 2 }), "axis 2 is not one of the 2 axes of shape [2, 3]"],
    [() => a.fft(tensor(1)), "axis -1 is not one of the 0 axes of shape []"],
    [() => a.fft(x, { norm: "unitary" }), 'norm must be "backward" or "ortho" or "forward", got'],
    [() => a.fft(x, { dim: 1 }), 'unknown option "dim"; it knows n, axis, norm'],
    [() => a.fft(x, 4), "the options must be an object, got 4"],
    [() => a.fft2(x.at(0)), "Cannot take the fft2: axis -2 is not one of the 1 axes"],
    [() => a.fft2(x, { axes: [0, 0] }), "an axis is named twice in [0, 0]"],
    [() => a.fft2(x, { axes: 1 }), "it takes 2 axes, got [1]"],
    [() => a.ifft2(x, { size: [2] }), "sizes [2] do not match 2 axes"],
    [
      () => a.fftn(x, { size: [2, 0] }),
      "a size must be an integer from 1 to 1073741824, got 0",
    ],
    [() => a.ifftn(tensor(1)), "Cannot take the ifftn: there is no axis to transform in shape []"],
    [() => a.fft(x, { n: 2 ** 40 }), "from 1 to 1073741824, got 1099511627776"],
    [() => a.fft2(x, { axes: null }), "axes are an integer or an array of them, got null"],
    [() => a.fftshift(x, null), "axes are an integer or an array of them, got null"],
    [() => a.fftn(x, { axes: "0" }), 'axes are an integer or an array of them, got "0"'],
    [() => a.rfft(x.toComplex()), "Cannot take the rfft: it takes a real tensor"],
    [
      () => a.irfft(tensor([1])),
      "shape [1] has one frequency along axis 0: give the number of points",
    ],
    [() => a.fftshift(x, 5), "Cannot shift frequencies: axis 5"],
    [() => a.fftfreq(0), "Cannot list frequencies: n must be an integer from 1"],
    [() => a.rfftfreq(4, 0), "the spacing must be a finite number other than 0, got 0"],
    [() => a.fftfreq(4, "1"), 'the spacing must be a number, got "1"'],
    [
      () => a.fftConvolve(x, x.at(0)),
      "Cannot convolve: shapes [2, 3] and [3] differ in the number of axes",
    ],
    [() => a.fftConvolve(x, x, { mode: "all" }), 'mode must be "full" or "same" or "valid"'],
    [() => a.fftConvolve(x, x.T, { axes: 0 }), "do not broadcast: 3 against 2"],
    [() => a.fftConvolve(x, x.T, { mode: "valid" }), "neither of the shapes [2, 3] and [3, 2]"],
  ];
  for (const [call, message] of cases) assertThrows(call, argand.ArgandError, message);
});
