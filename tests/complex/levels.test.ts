/**
 * Derivatives where eigenvalues or singular values coincide or nearly do, of functions that do not depend
 * on the choice of vectors, beside closed forms in float64; and NaN for functions that do.
 */
import {
  type ComplexTensor,
  complexTensor,
  eigh,
  eigvalsh,
  eye,
  grad,
  gradcheck,
  norm,
  type RealTensor,
  svd,
  svdvals,
  type Tensor,
  tensor,
} from "@argand/argand";
import { assert } from "@std/assert";
import { type DeviceKind, use } from "../../gpu/engines/device.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { withSpectrum } from "../support/matrices.ts";
import { block, dilation, hermitianFunction, type Spectral } from "../support/spectral.ts";

/** By how much two values differ in the matrices of a stack; all others are far apart. */
const GAPS = [0.3, 0.1, 1e-2, 1e-3, 3e-4, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 0];

/** Matrices as interleaved numbers, and the stack of them as a tensor. */
interface Stack {
  readonly list: readonly Float64Array[];
  readonly tensor: Tensor;
}

/** A stack of matrices [m, n] with the numbers that float32 holds; real ones where asked for. */
function stackOf(list: readonly Float64Array[], [m, n]: readonly number[], real: boolean): Stack {
  const rounded = list.map((x) => Float64Array.from(x, Math.fround));
  const all = rounded.flatMap((x) => [...x]);
  const shape = [list.length, m, n];
  if (!real) return { list: rounded, tensor: complexTensor(all, shape) };
  return { list: rounded, tensor: tensor(all.filter((_, k) => k % 2 === 0), shape) };
}

/** Σ of the products of real and of imaginary parts. */
function inner(x: Tensor, w: Tensor): RealTensor {
  if ("real" in x) return (x as ComplexTensor).mul((w as ComplexTensor).conj()).real.sum();
  return (x as RealTensor).mul(w as RealTensor).sum();
}

/** The conjugate transposes of a stack. */
const adjoint = (x: Tensor): Tensor => "H" in x ? (x as ComplexTensor).H : x.transpose();
// deno-lint-ignore no-explicit-any
const product = (x: any, y: any): Tensor => x.matmul(y);
// deno-lint-ignore no-explicit-any
const scaled = (x: any, by: RealTensor): Tensor => x.mul(by.unsqueeze(1));
// deno-lint-ignore no-explicit-any
const gradient = (f: (x: any) => RealTensor, x: Tensor): Tensor => grad(f)(x as RealTensor);

/** All of them on the CPU engine; the first where the shaders of each take seconds to compile. */
function some<T>(kind: DeviceKind, list: readonly T[], count = 1): readonly T[] {
  return kind === "cpu" ? list : list.slice(0, count);
}

/** Compares a stack of gradients with closed forms, matrix by matrix. */
async function compare(
  found: Tensor,
  expected: readonly Float64Array[],
  name: string,
  tolerance: number,
) {
  const values = await found.data();
  const size = values.length / expected.length;
  for (const [k, one] of expected.entries()) {
    const wanted = one.length === size ? one : one.filter((_, p) => p % 2 === 0);
    assertClose(values.slice(k * size, (k + 1) * size), wanted, tolerance, `${name}, matrix ${k}`);
  }
}

/** A function of the values, and 0 outside ]low, high[. */
const within = (low: number, high: number, { f, slope }: Spectral): Spectral => ({
  f: (x) => x > low && x < high ? f(x) : 0,
  slope: (x) => x > low && x < high ? slope(x) : 0,
});
const ONE: Spectral = { f: () => 1, slope: () => 0 };
const EXP: Spectral = { f: Math.exp, slope: Math.exp };

onEngines(
  "functions of eigenvectors that no turn within a level changes have their gradient",
  async ({ kind }) => {
    for (const real of some(kind, [false, true])) {
      const n = 5;
      const options = { real, hermitian: true };
      const of = (values: number[], seed: number) => withSpectrum([n, n], values, seed, options);
      // The level is that of the second and third value.
      const a = stackOf(GAPS.map((gap, k) => of([-1, 1, 1 + gap, 2, 3], k)), [n, n], real);
      const w = stackOf(GAPS.map((_, k) => of([1, -0.5, 0.3, 0.8, -1], 50 + k)), [n, n], real);
      const part = (v: Tensor, from: number, to: number) =>
        v.slice(null, null, [from, to]) as Tensor;
      const both = (
        x: RealTensor,
        low: number,
        high: number,
        f?: (x: RealTensor) => RealTensor,
      ) => {
        const { values, vectors } = eigh(x);
        const v = part(vectors, low, high);
        const factor = f && f(values.slice(null, [low, high]));
        return product(factor ? scaled(v, factor) : v, adjoint(v));
      };
      const cases: Record<string, [(x: RealTensor) => Tensor, Spectral]> = {
        "the projector on a level": [(x) => both(x, 1, 3), within(0.5, 1.5, ONE)],
        "the exponential": [(x) => both(x, 0, n, (y) => y.exp()), EXP],
        "that of a level": [(x) => both(x, 1, 3, (y) => y.exp()), within(0.5, 1.5, EXP)],
        "that outside": [(x) => both(x, 3, 5, (y) => y.exp()), within(1.5, 4, EXP)],
      };
      for (const [name, [f, spectral]] of Object.entries(cases)) {
        const expected = a.list.map((x, k) =>
          hermitianFunction(x, w.list[k], n, spectral).gradient
        );
        const found = gradient((x) => inner(f(x), w.tensor), a.tensor);
        await compare(found, expected, `${name}, ${real ? "real" : "complex"}`, 1e-3);
      }
      if (kind !== "cpu") return;
      // Values that have no part in the vectors' gradient leave its digits.
      const found = gradient((x) => {
        const { values } = eigh(x);
        return inner(both(x, 1, 3), w.tensor).add(values.slice(null, [1, 3]).sum());
      }, a.tensor);
      const expected = a.list.map((x, k) => {
        const { gradient } = hermitianFunction(x, w.list[k], n, within(0.5, 1.5, ONE));
        const { value } = hermitianFunction(x, x, n, within(0.5, 1.5, ONE));
        return gradient.map((y, p) => y + value[p]);
      });
      await compare(found, expected, "a projector and values", 1e-4);
    }
  },
);

onEngines(
  "functions of singular vectors that no common turn changes have their gradient",
  async ({ kind }) => {
    for (const shape of some(kind, [[7, 5], [5, 8], [5, 5]] as const)) {
      for (const real of some(kind, [false, true])) {
        const [m, n] = shape;
        const of = (values: number[], seed: number) => withSpectrum([m, n], values, seed, { real });
        const stacks = GAPS.map((gap, q) => of([3, 2, 1 + gap, 1, 0.6], q));
        const a = stackOf(stacks, shape, real);
        const w = stackOf(GAPS.map((_, q) => of([1, -0.5, 0.3, 0.8, -1], 50 + q)), shape, real);
        const both = (x: RealTensor, low: number, f?: (x: RealTensor) => RealTensor) => {
          const { u, s, vh } = svd(x);
          const left = u.slice(null, null, [low, 5]) as Tensor;
          const factor = f && f(s.slice(null, [low, 5]));
          return product(factor ? scaled(left, factor) : left, vh.slice(null, [low, 5]));
        };
        const signs: Spectral = { f: (x) => Math.abs(x) < 0.3 ? 0 : Math.sign(x), slope: () => 0 };
        const cases: Record<string, [(x: RealTensor) => Tensor, Spectral]> = {
          "the polar factor": [(x) => both(x, 0), signs],
          "that of a level and less": [(x) => both(x, 2), within(-1.6, 1.6, signs)],
          "the matrix itself": [(x) => both(x, 0, (y) => y), { f: (x) => x, slope: () => 1 }],
          "U·S³·Vh": [
            (x) => both(x, 0, (y) => y.pow(3)),
            { f: (x) => x ** 3, slope: (x) => 3 * x * x },
          ],
        };
        for (const [name, [f, spectral]] of some(kind, Object.entries(cases), 3)) {
          const expected = a.list.map((x, q) => {
            const [h, hw] = [dilation(x, m, n), dilation(w.list[q], m, n)];
            return block(hermitianFunction(h, hw, m + n, spectral).gradient, m, n);
          });
          const found = gradient((x) => inner(f(x), w.tensor), a.tensor);
          await compare(found, expected, `${name} of ${shape}, ${real ? "real" : "complex"}`, 1e-3);
        }
      }
    }
  },
);

onEngines(
  "singular values that vanish leave smooth functions their gradient, others have NaN",
  async ({ kind }) => {
    for (const shape of some(kind, [[6, 4], [4, 4], [4, 7]] as const)) {
      const real = shape[0] === 4;
      const [m, n] = shape;
      const of = (values: number[], seed: number) => withSpectrum(shape, values, seed, { real });
      const stacks = [of([2, 1, 0, 0], 1), of([2, 1, 0.7, 0], 2), new Float64Array(2 * m * n)];
      const a = stackOf(stacks, shape, real);
      const w = stackOf([1, 2, 3].map((q) => of([1, -0.5, 0.3, 0.8], 50 + q)), shape, real);
      const sine = (x: RealTensor) => {
        const { u, s, vh } = svd(x);
        return product(scaled(u, s.sin()), vh);
      };
      const expected = a.list.map((x, q) => {
        const [h, hw] = [dilation(x, m, n), dilation(w.list[q], m, n)];
        const { gradient } = hermitianFunction(h, hw, m + n, { f: Math.sin, slope: Math.cos });
        return block(gradient, m, n);
      });
      const found = gradient((x) => inner(sine(x), w.tensor), a.tensor);
      await compare(found, expected, `U·sin(S)·Vh of ${shape}`, 1e-5);
      const polar = (x: RealTensor) => product(svd(x).u, svd(x).vh);
      const lost = await gradient((x) => inner(polar(x), w.tensor), a.tensor).data();
      const size = lost.length / 3;
      const isLost = [0, 1, 2].map((q) => lost.slice(q * size, (q + 1) * size).some(Number.isNaN));
      // One vanishing value of a square matrix leaves its two vectors a sign or a phase.
      assert(isLost[0] && isLost[2], `the polar factors of ${shape}: ${isLost}`);
    }
  },
);

onEngines(
  "functions that depend on the choice of vectors have NaN in a level alone",
  async ({ kind }) => {
    const n = 4;
    const gaps = [0.3, 0.05, 1e-4, 1e-6, 0];
    const options = { real: true, hermitian: true };
    const of = (values: number[], seed: number) => withSpectrum([n, n], values, seed, options);
    const a = stackOf(gaps.map((gap, k) => of([1, 1 + gap, 2, 3], k)), [n, n], true);
    const w = stackOf(gaps.map((_, k) => of([1, -0.5, 0.3, 0.8], 50 + k)), [n, n], true);
    const single = (v: Tensor) => {
      const first = v.slice(null, null, [0, 1]) as Tensor;
      return inner(product(first, adjoint(first)), w.tensor);
    };
    const mixed = (x: RealTensor) => {
      const { values, vectors } = eigh(x);
      return inner(
        product(scaled(vectors, values.add(tensor([1, 0, 0, 0]))), adjoint(vectors)),
        w.tensor,
      );
    };
    const right = (x: RealTensor) => adjoint(svd(x).vh).slice(null, null, [2, 4]) as Tensor;
    const functions: [string, (x: RealTensor) => RealTensor][] = [
      ["eigh", (x) => single(eigh(x).vectors)],
      ["eigh with values", mixed],
      ["svd", (x) => single(right(x))],
    ];
    const found: Tensor[] = [];
    for (const [name, f] of some(kind, functions)) {
      found.push(gradient(f, a.tensor));
      const values = await found.at(-1)!.data();
      for (const [k, gap] of gaps.entries()) {
        const own = [...values.slice(k * n * n, (k + 1) * n * n)];
        const lost = own.some(Number.isNaN);
        assert(lost === gap < 1e-3, `${name} for a gap of ${gap}: ${own}`);
      }
    }
    const expected = [0, 1].map((k) =>
      hermitianFunction(a.list[k], w.list[k], n, within(0, 1 + gaps[k] / 2, ONE)).gradient
    );
    await compare(found[0].slice([0, 2]) as Tensor, expected, "of values apart", 1e-3);
  },
);

onEngines("matrices whose vectors are axes have the gradients of all others", async () => {
  // No diagonal element of W: the gradients of the values are 0 here.
  const w = tensor([[0, 2, -1], [2, 0, 3], [-1, 3, 0]]);
  const values = [...await w.data()];
  for (const [a, slope] of [[eye(3), Math.E], [eye(3).mul(0), 1]] as const) {
    const exponential = grad((x: RealTensor) => {
      const { values, vectors } = eigh(x);
      return vectors.mul(values.exp()).matmul(vectors.T).mul(w).sum();
    });
    assertClose(await exponential(a).data(), values.map((x) => slope * x), 1e-6);
    const itself = grad((x: RealTensor) => {
      const { u, s, vh } = svd(x);
      return u.mul(s).matmul(vh).mul(w).sum();
    });
    assertClose(await itself(a).data(), values, 1e-6);
    // Values and vectors that are asked for one by one belong together all the same.
    const apart = grad((x: RealTensor) => {
      const v = eigh(x).vectors;
      return v.mul(eigvalsh(x).exp()).matmul(v.T).mul(w).sum();
    });
    assertClose(await apart(a).data(), values.map((x) => slope * x), 1e-6);
  }
  // Tiny values are equal by what the exponential makes of them.
  for (const size of [1e-3, 1e-5, 1e-7]) {
    const tiny = tensor([[1, 2, 0], [2, -1, 3], [0, 3, 2]]).mul(size);
    const exponential = grad((x: RealTensor) => {
      const { values, vectors } = eigh(x);
      return vectors.mul(values.exp()).matmul(vectors.T).mul(w).sum();
    });
    const [flat, weights] = [tiny, w].map(async (x) => [...await x.data()].flatMap((y) => [y, 0]));
    const { gradient } = hermitianFunction(await flat, await weights, 3, EXP);
    const expected = gradient.filter((_, k) => k % 2 === 0);
    assertClose(await exponential(tiny).data(), expected, 1e-3, `size ${size}`);
  }
  const a = tensor([[1, 0, 0], [0, 1, 0], [0, 0, 2]]);
  const projector = (x: RealTensor) => {
    const v = eigh(x).vectors.slice(null, [0, 2]);
    return v.matmul(v.T).mul(w).sum();
  };
  const { ok, worst } = await gradcheck(projector, [a], { step: 1 / 64 });
  assert(ok, JSON.stringify(worst));
});

onEngines("functions of a level have their second derivatives", async ({ kind }) => {
  const n = 4;
  for (const real of some(kind, [true, false])) {
    for (const gap of some(kind, [1e-5, 0, 0.4])) {
      const name = `${real ? "real" : "complex"}, gap ${gap}`;
      const of = (values: number[], seed: number) =>
        withSpectrum([n, n], values, seed, { real, hermitian: true }).map(Math.fround);
      const one = (x: Float64Array) => stackOf([x], [n, n], real).tensor.reshape([n, n]) as Tensor;
      const [a64, e64] = [of([1, 1 + gap, 2, 3], 7), of([1, -0.7, 0.4, 0.8], 8)];
      const w64 = of([1, -0.5, 0.3, 0.8], 9);
      const [a, e, w] = [one(a64), one(e64), one(w64)];
      /** The derivative along e of the gradient of f, and by differences of the closed form. */
      const compareAlong = async (
        what: string,
        f: (x: RealTensor) => RealTensor,
        closed: (x: Float64Array) => Float64Array,
      ) => {
        const found = gradient((x) => inner(gradient(f, x), e), a);
        const step = 2e-4;
        const [more, less] = [step, -step].map((t) => closed(a64.map((x, k) => x + t * e64[k])));
        const expected = more.map((x, k) => (x - less[k]) / (2 * step));
        const wanted = real ? expected.filter((_, k) => k % 2 === 0) : expected;
        assertClose(await found.data(), wanted, 1e-4, `${what}, ${name}`);
      };
      const weighted = (spectral: Spectral) => (x: Float64Array) =>
        hermitianFunction(x, w64, n, spectral).gradient;
      const projector = (x: RealTensor) => {
        const v = eigh(x).vectors.slice(null, [0, 2]);
        return product(v, adjoint(v));
      };
      const exponential = (x: RealTensor) => {
        const { values, vectors } = eigh(x);
        return product(vectors.mul(values.exp()), adjoint(vectors));
      };
      await compareAlong("exp", (x) => inner(exponential(x), w), weighted(EXP));
      await compareAlong(
        "the projector",
        (x) => inner(projector(x), w),
        weighted(within(0, 1.7, ONE)),
      );
      await compareAlong("exp twice", (x) => {
        const y = exponential(x);
        return inner(y, y);
      }, (x) => {
        const { value } = hermitianFunction(x, w64, n, EXP);
        return hermitianFunction(x, value.map((y) => 2 * y), n, EXP).gradient;
      });
      const cube = { f: (x: number) => x ** 3, slope: (x: number) => 3 * x * x };
      await compareAlong("U·S³·Vh", (x) => {
        const { u, s, vh } = svd(x);
        return inner(product(u.mul(s.pow(3)), vh), w);
      }, (x) => {
        const [h, hw] = [dilation(x, n, n), dilation(w64, n, n)];
        return block(hermitianFunction(h, hw, 2 * n, cube).gradient, n, n);
      });
      const twice = [...await e.data()].map((x) => 2 * x);
      const squares = gradient((x) => inner(gradient((y) => svdvals(y).square().sum(), x), e), a);
      assertClose(await squares.data(), twice, 1e-5, `Σs², ${name}`);
    }
  }
}, { exhaustive: ["webgpu"] });

Deno.test("decompositions and their gradients have the digits of double precision", async () => {
  await use("cpu");
  const n = 6;
  const of = (values: number[], seed: number) =>
    withSpectrum([n, n], values, seed, { real: true, hermitian: true });
  const double = (x: Float64Array) =>
    tensor(x.filter((_, k) => k % 2 === 0), [n, n], { dtype: "float64" });
  const w = of([1, -0.5, 0.3, 0.8, 0.1, -1], 2);
  // A small gap is divided by, and from 2⁻²⁷ of the largest value on it counts as 0.
  for (const [gap, tolerance] of [[0.1, 1e-13], [1e-7, 1e-8], [1e-12, 1e-11], [0, 1e-13]]) {
    const a = of([-1, 1, 1 + gap, 2, 3, 4], 1);
    const { u, s, vh } = svd(double(a));
    const back = await u.mul(s).matmul(vh).sub(double(a)).abs().max().item();
    assert(back < 2e-14, `U·S·Vh is off by ${back}`);
    const exponential = grad((x: RealTensor) => {
      const { values, vectors } = eigh(x);
      return inner(product(vectors.mul(values.exp()), vectors.T), double(w));
    });
    const expected = hermitianFunction(a, w, n, EXP).gradient.filter((_, k) => k % 2 === 0);
    assertClose(await exponential(double(a)).data(), expected, tolerance, `a gap of ${gap}`);
    if (gap === 1e-7) continue; // its square is all that is left of the digits
    const square = grad((x: RealTensor) => {
      const { values, vectors } = eigh(x);
      return inner(product(vectors.mul(values.square()), vectors.T), double(w));
    });
    const p = double(of([2, 1, -1, 0.5, 0.2, 3], 3));
    const twice = await grad((x: RealTensor) => inner(square(x), p))(double(a)).data();
    const wp = product(double(w), p) as RealTensor;
    assertClose(twice, await wp.add(wp.T).data(), 10 * tolerance, `twice, a gap of ${gap}`);
  }
});

onEngines("a function too long to be differentiated twice has NaN in a level alone", async () => {
  const a = tensor([[[1, 0, 0], [0, 1, 0], [0, 0, 2]], [[1, 0, 0], [0, 3, 0], [0, 0, 2]]]);
  const w = tensor([[1, 2, -1], [2, 0, 3], [-1, 3, 2]]);
  const long = (x: RealTensor) => {
    const { values, vectors } = eigh(x);
    let y = vectors.mul(values.exp().unsqueeze(1)).matmul(vectors.permute([0, 2, 1]));
    for (let k = 0; k < 300; k++) y = y.mul(0.01).sin().mul(100);
    return y.mul(w).sum();
  };
  const values = await grad(long)(a).data();
  assert(values.slice(0, 9).some(Number.isNaN) && values.slice(9).every(Number.isFinite));
}, { exhaustive: ["webgpu"] });

onEngines("norms by singular values have their gradient where values coincide", async () => {
  const a = tensor([[2, 0, 0], [0, 2, 0], [0, 0, 1]]);
  const nuclear = await grad((x: RealTensor) => norm(x, { ord: "nuc" }))(a).data();
  assertClose(nuclear, [1, 0, 0, 0, 1, 0, 0, 0, 1], 1e-6);
  const smallest = await grad((x: RealTensor) => norm(x, { ord: -2 }))(a).data();
  assertClose(smallest, [0, 0, 0, 0, 0, 0, 0, 0, 1], 1e-6);
});
