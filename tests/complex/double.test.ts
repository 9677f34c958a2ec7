/** Double precision on the CPU engine: values, dtypes through the operations, and what is refused. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  arange,
  ArgandError,
  atan2,
  complex,
  type ComplexTensor,
  complexTensor,
  complexTensorFromNpy,
  concat,
  det,
  expm,
  eye,
  fft,
  fftConvolve,
  full,
  getDefaultDtype,
  grad,
  gradcheck,
  greater,
  ifft,
  inv,
  irfft,
  linspace,
  manualSeed,
  matmul,
  maximum,
  nn,
  ones,
  parameter,
  polar,
  qr,
  rand,
  randn,
  randnComplex,
  type RealTensor,
  rfft,
  setDefaultDtype,
  solve,
  type Tensor,
  tensor,
  tensorFromNpy,
  where,
  zeros,
} from "@argand/argand";
import { onCpu, onWebGpu } from "../support/engines.ts";

const double = { dtype: "float64" } as const;
const complexDouble = { dtype: "complex128" } as const;

/** The largest modulus. */
const most = async (x: Tensor) => await (x as RealTensor).abs().max().item();

onCpu("every function that makes a tensor takes a dtype", () => {
  const real = [
    tensor([1], double),
    tensor([1, 2], [1, 2], double),
    zeros([1], double),
    ones([1], double),
    full([1], 2, double),
    arange(3, double),
    arange(1, 3, double),
    arange(1, 3, 1, double),
    linspace(0, 1, 3, double),
    eye(2, double),
    eye(2, 3, double),
    rand([2], double),
    rand([2], 1, 2, double),
    randn([2], double),
    tensor([1]).to("float64"),
  ];
  for (const x of real) assertEquals(x.dtype, "float64", String(x));
  const made = [
    complexTensor([1, 2], complexDouble),
    complexTensor([1, 2], [1], complexDouble),
    complex(1, 2, complexDouble),
    complex(tensor([1]), 2, complexDouble),
    full([1], { re: 1, im: 2 }, complexDouble),
    randnComplex([2], complexDouble),
    tensor([1]).to("complex128"),
    complex([1], [2]).to("complex128"),
  ];
  for (const z of made) assertEquals(z.dtype, "complex128", String(z));
  assertEquals(tensor(Float64Array.of(1)).dtype, "float32", "whatever the array");
});

onCpu("numbers keep 53 bits", async () => {
  const x = tensor([0.1, 0.2], double);
  assertEquals(await x.data(), Float64Array.of(0.1, 0.2));
  assertEquals(await x.mul(0.1).add(1e-17).toArray(), [0.1 * 0.1 + 1e-17, 0.2 * 0.1 + 1e-17]);
  assertEquals(await linspace(0, 1, 4, double).toArray(), [0, 1 / 3, 2 * (1 / 3), 1]);
  assertEquals(await tensor([1e300], double).mul(1e5).item(), 1e300 * 1e5);
  assertEquals(await complex([0.1], [0.2], complexDouble).toArray(), [{ re: 0.1, im: 0.2 }]);
  assertEquals(await x.exp().toArray(), [Math.exp(0.1), Math.exp(0.2)]);
  assertEquals(x.toString().startsWith("RealTensor [2] float64"), true, x.toString());
});

onCpu("dtypes are promoted as NumPy promotes them, and numbers of the host are weak", () => {
  const [f, d] = [tensor([1, 2]), tensor([1, 2], double)];
  const [c, z] = [complex([1, 2], [3, 4]), complex([1, 2], [3, 4], complexDouble)];
  const cases: [Tensor, string][] = [
    [f.add(d), "float64"],
    [d.add(f), "float64"],
    [d.mul(c), "complex128"],
    [c.mul(d), "complex128"],
    [f.mul(z), "complex128"],
    [f.mul(0.1), "float32"],
    [d.mul(0.1), "float64"],
    [f.mul({ re: 1, im: 2 }), "complex64"],
    [d.mul({ re: 1, im: 2 }), "complex128"],
    [z.real, "float64"],
    [z.abs(), "float64"],
    [complex(f, d), "complex128"],
    [where(f.less(2), f, d), "float64"],
    [where(d.less(2), f, f), "float32"],
    [matmul(eye(2), d), "float64"],
    [concat([f, d]), "float64"],
    [solve(eye(2, double), f), "float64"],
    [fft(d), "complex128"],
    [d.sum(), "float64"],
    [d.argmax(), "float64"],
  ];
  for (const [x, dtype] of cases) assertEquals(x.dtype, dtype, String(x));
});

onCpu("a number beside a double tensor is not rounded on the way", async () => {
  const d = tensor([3], double);
  assertEquals(await d.pow(0.1).item(), 3 ** 0.1);
  assertEquals(await d.mul({ re: 0.1, im: 0.3 }).toArray(), [{
    re: 3 * 0.1,
    im: 3 * 0.3,
  }]);
  assertEquals(await where(d.greater(0), d, 0.1).item(), 3);
  assertEquals(await where(d.less(0), d, 0.1).item(), 0.1);
  // The functions of two real numbers, with numbers that single precision does not have.
  const tenth = tensor([0.1], double);
  const cases: [RealTensor, number][] = [
    [tenth.sub(1).maximum(0.1), 0.1],
    [maximum(0.1, tenth.sub(1)), 0.1],
    [tenth.add(1).minimum(0.1), 0.1],
    [atan2(d, 0.1), Math.atan2(3, 0.1)],
    [atan2(0.1, d), Math.atan2(0.1, 3)],
    [tenth.less(0.1), 0],
    [tenth.lessEqual(0.1), 1],
    [greater(0.1, tenth), 0],
    [tenth.greaterEqual(0.1), 1],
    [tenth.equal(0.1), 1],
    [complex(d, 0.1).imag, 0.1],
    [complex(0.1, d).real, 0.1],
    [polar(0.1, d.mul(0)).real, 0.1],
    [polar(d, 0.1).imag, 3 * Math.sin(0.1)],
  ];
  for (const [k, [x, right]] of cases.entries()) {
    assertAlmostEquals(await x.item(), right, 1e-15, `case ${k}`);
    assertEquals(x.dtype, "float64", `case ${k}`);
  }
});

onCpu("a condition in double precision is not rounded to 0", async () => {
  const [condition, x] = [tensor([1e-60, 0, NaN], double), tensor([1, 2, 3])];
  assertEquals(await where(condition, x, 0).toArray(), [1, 0, 3]);
});

onCpu("what is single beside a double is taken to double before anything is computed", async () => {
  const [single, d] = [tensor([1.5, 0.25, -2]), tensor([0.1, 0.7, 0.3], double)];
  const both = [single, single.to("float64")];
  const convolved = both.map((x) => fftConvolve(d, x));
  assert(await most(convolved[0].sub(convolved[1])) < 1e-15, "fftConvolve");
  const functions = [
    nn.cosineSimilarity,
    nn.mse,
    nn.l1,
    nn.metrics.relativeError,
    nn.metrics.correlation,
    (a: Tensor, b: Tensor) => nn.metrics.psnr(a, b, { peak: 0.1 }),
  ];
  for (const f of functions) {
    const [a, b] = [f(d, both[0]), f(d, both[1])];
    assertAlmostEquals(
      await (a as RealTensor).item(),
      await (b as RealTensor).item(),
      1e-15,
      f.name,
    );
  }
  const ratio = await nn.metrics.psnr(d, d.mul(0.5), { peak: 0.1 }).item();
  const off = Math.sqrt((0.05 ** 2 + 0.35 ** 2 + 0.15 ** 2) / 3);
  assertAlmostEquals(ratio, 20 * Math.log10(0.1 / off), 1e-13);
});

onCpu("transforms, products and factorisations are right to 10⁻¹⁴", async () => {
  manualSeed(1);
  for (const n of [8, 12, 37, 100]) {
    const z = randnComplex([3, n], complexDouble);
    assert(await most(ifft(fft(z)).sub(z)) < 1e-14, `fft ${n}`);
    const x = randn([3, n], double);
    assert(await most(irfft(rfft(x), { n }).sub(x)) < 1e-14, `rfft ${n}`);
  }
  const a = randnComplex([6, 6], complexDouble);
  assert(await most(matmul(a, inv(a)).sub(eye(6, double))) < 1e-13, "inv");
  const { q, r } = qr(a);
  assert(await most(matmul(q, r).sub(a)) < 1e-14, "qr");
  const skew = a.sub(a.conj().T).mul(0.5);
  const u = expm(skew);
  assert(await most(matmul(u, u.conj().T).sub(eye(6, double))) < 1e-13, "expm");
  const d = await det(matmul(a, inv(a))).item();
  assertAlmostEquals(d.re, 1, 1e-12);
});

onCpu("derivatives have the dtype of what they are taken by", async () => {
  const x = tensor([0.1, 0.7], double);
  const slope = grad((x: RealTensor) => x.sin().sum())(x);
  assertEquals(slope.dtype, "float64");
  assertEquals(await slope.toArray(), [Math.cos(0.1), Math.cos(0.7)]);
  const single = tensor([1, 2]);
  const g = grad((w: RealTensor) => w.mul(x).sum())(single);
  assertEquals(g.dtype, "float32", "through a promotion");
  const z = complex([0.3], [0.4], complexDouble);
  const slopes = grad((z: ComplexTensor) => z.absSquared().sum());
  const twice = grad((z: ComplexTensor) => slopes(z).real.sum())(z);
  assertEquals(await twice.toArray(), [{ re: 2, im: 0 }]);
});

onCpu("random numbers in double precision have 53 bits, and begin as those in single", async () => {
  manualSeed(5);
  const fine = await rand([1000], double).data();
  manualSeed(5);
  const coarse = await rand([1000]).data();
  let bits = 0;
  fine.forEach((x, k) => {
    assert(x - coarse[k] >= 0 && x - coarse[k] < 2 ** -24, `${x} and ${coarse[k]}`);
    if (x * 2 ** 52 % 1 !== 0) bits++;
  });
  assert(bits > 400, `${bits} of 1000 have an odd last bit`);
  const normal = randn([20_000], double);
  assertAlmostEquals(await normal.mean().item(), 0, 0.03);
  assertAlmostEquals(await normal.square().mean().item(), 1, 0.05);
});

onCpu("setDefaultDtype() makes all that is made double", () => {
  try {
    setDefaultDtype("complex128");
    assertEquals(getDefaultDtype(), "float64");
    for (const x of [ones([1]), tensor([1]), rand([1]), complex(1, 2).real]) {
      assertEquals(x.dtype, "float64");
    }
  } finally {
    setDefaultDtype("float32");
  }
  assertEquals(ones([1]).dtype, "float32");
  const refused = () => setDefaultDtype("float16" as "float32");
  assertThrows(refused, ArgandError, "Cannot set the default dtype: the dtype is one of float32");
});

onCpu("a dtype of another kind, or of none, is refused in words", () => {
  const wrong: [() => unknown, string][] = [
    [() => ones([1], { dtype: "complex64" as "float32" }), "its numbers are real: the dtype is"],
    [() => randnComplex([1], { dtype: "float64" as "complex64" }), "its numbers are complex"],
    [() => ones([1], { dtype: "uint32" as "float32" }), 'got "uint32"'],
    [() => ones([1], { type: "float64" } as never), 'unknown option "type"'],
    [() => complex(1, 2).to("float64" as "complex64"), 'write z.real.to("float64")'],
    [() => ones([1]).to("cuda" as "float32"), "gpu.use() chooses the engine"],
    [() => parameter(ones([2])).assign(ones([2], double)), "float32 [2] and the value float64 [2]"],
  ];
  for (const [call, why] of wrong) assertThrows(call, ArgandError, why);
});

onCpu("files of NumPy keep their digits where that is asked for", async () => {
  const data = Float64Array.of(0.1, 0.2);
  const x = tensorFromNpy({ dtype: "float64", shape: [2], data }, double);
  assertEquals(await x.data(), data);
  const z = complexTensorFromNpy({ dtype: "complex128", shape: [1], data }, complexDouble);
  assertEquals(await z.toArray(), [{ re: 0.1, im: 0.2 }]);
});

onWebGpu("WebGPU refuses double precision at the call that asks for it", () => {
  const why = "on the WebGPU engine: WGSL has no numbers of 64 bits";
  for (const call of [() => ones([1], double), () => ones([1]).to("float64")]) {
    assertThrows(call, ArgandError, `Cannot compute in float64 ${why}`);
  }
  assertThrows(() => randnComplex([1], complexDouble), ArgandError, "in complex128");
  assertThrows(() => setDefaultDtype("float64"), ArgandError, why);
});

onCpu("gradcheck() in double precision finds what single precision hides", async () => {
  const z = randnComplex([5], complexDouble), x = randn([5], double);
  const smooth = await gradcheck(
    (z: ComplexTensor, x: RealTensor) => z.exp().mul(x).absSquared().sum().log(),
    [z, x],
  );
  assert(smooth.ok && smooth.worst.error < 1e-10, `${smooth.worst.error}`);
  // A derivative that is off by one part in 10⁶.
  const off = await gradcheck(
    (x: RealTensor) => x.sin().sum().add(x.detach().cos().mul(x).sum().mul(1e-6)),
    [x],
  );
  const right = await gradcheck((x: RealTensor) => x.sin().sum(), [x]);
  assertEquals([off.ok, right.ok], [false, true], `${off.worst.error}, ${right.worst.error}`);
  const second = await gradcheck(
    (z: ComplexTensor) =>
      grad((z: ComplexTensor) => z.sin().absSquared().sum())(z).absSquared().sum(),
    [z],
    { tolerance: 1e-8 },
  );
  assert(second.ok, `${second.worst.error}`);
});
