/** Fourier transforms against float64, PyTorch and the laws they obey. */
import {
  absSquared,
  complex,
  type ComplexTensor,
  complexTensor,
  eval as evaluate,
  fft,
  fft2,
  fftfreq,
  fftn,
  fftshift,
  gradcheck,
  ifft,
  ifft2,
  ifftn,
  ifftshift,
  irfft,
  irfft2,
  irfftn,
  ones,
  randnComplex,
  RealTensor,
  rfft,
  rfft2,
  rfftfreq,
  rfftn,
  roll,
  type Tensor,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { assert, assertEquals } from "@std/assert";
import { assertClose, assertFlat } from "../support/close.ts";
import { dft64, dft64Along, errorBound, relativeError } from "../support/dft.ts";
import { onEngines } from "../support/engines.ts";
import { golden } from "../support/golden.ts";
import { Seeded } from "../support/seeded.ts";

const GOLDEN: Record<string, (x: ComplexTensor) => ComplexTensor> = {
  op_fft2: (x) => fft2(x),
  op_ifft2: (x) => ifft2(x),
  op_fftshift2: (x) => fftshift(x, [-2, -1]),
};
for (const n of [8, 12, 17, 35]) {
  GOLDEN[`op_fft_${n}`] = (x) => fft(x);
  GOLDEN[`op_fft_${n}_ortho`] = (x) => fft(x, { norm: "ortho" });
  GOLDEN[`op_ifft_${n}`] = (x) => ifft(x);
}

onEngines("every golden Fourier transform: value and gradient", async () => {
  for (const [name, transform] of Object.entries(GOLDEN)) {
    const cases = await golden(name);
    const read = (key: string) => {
      const { data, shape } = cases.complex(key);
      return complexTensor(data, shape);
    };
    let y!: ComplexTensor;
    const [, [gx]] = valueAndGrad((x: ComplexTensor) => {
      y = transform(x);
      return y.mul(read("gy").conj()).real.sum();
    })(read("x"));
    assertEquals(y.shape, cases.complex("y").shape);
    assertClose(await y.data(), cases.complex("y").data, 1e-6, `the values of ${name}`);
    assertClose(await gx.data(), cases.complex("gx").data, 1e-6, `the gradients of ${name}`);
  }
});

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

onEngines("fft() of every length up to 64 is within 2e-7·log2(n) of float64", async () => {
  for (let n = 1; n <= 64; n++) await assertTransform(n);
});

onEngines("fft() of long, odd and prime lengths is within 2e-7·log2(n) of float64", async () => {
  for (const n of [97, 101, 127, 210, 343, 1000, 1021, 1024, 6144, 4096, 65536]) {
    await assertTransform(n);
  }
});

onEngines("fft() of 2^20 points is within 2e-7·log2(n) of float64", async () => {
  await assertTransform(2 ** 20);
});
