/** Values and gradients of operations against PyTorch in complex128. */
import {
  abs,
  angle,
  type ComplexTensor,
  complexTensor,
  conj,
  cos,
  cosh,
  cumsum,
  det,
  div,
  exp,
  fft,
  fft2,
  fftshift,
  flip,
  ifft,
  ifft2,
  imag,
  inv,
  log,
  matmul,
  mean,
  mul,
  neg,
  norm,
  outer,
  polar,
  pow,
  prod,
  real,
  type RealTensor,
  reciprocal,
  roll,
  sgn,
  sin,
  sinh,
  solve,
  sqrt,
  square,
  sub,
  sum,
  tan,
  tanh,
  tensor,
  valueAndGrad,
  vdot,
} from "@argand/argand";
import { assertEquals } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { golden } from "../support/golden.ts";

type Operation = (x: ComplexTensor, b: ComplexTensor) => RealTensor | ComplexTensor;

const row = (x: ComplexTensor, k: number) => x.at(k);
const softmax = (x: RealTensor) => {
  const e = exp(sub(x, x.max(1, true).detach()));
  return div(e, e.sum(1, true));
};

const OPERATIONS: Record<string, Operation> = {
  op_abs: abs,
  op_add: (x, b) => x.add(b),
  op_angle: angle,
  op_bmm: matmul,
  op_conj: conj,
  op_cos: cos,
  op_cosh: cosh,
  op_cumsum_1: (x) => cumsum(x, 1),
  op_det: det,
  op_div: div,
  op_exp: exp,
  op_fft2: (x) => fft2(x),
  op_fftshift2: (x) => fftshift(x, [-2, -1]),
  op_flip_1: (x) => flip(x, 1),
  op_ifft2: (x) => ifft2(x),
  op_imag: imag,
  op_inv: inv,
  op_log: log,
  op_matmul_bcast: matmul,
  op_mean_1: (x) => mean(x, 1),
  op_mul: mul,
  op_neg: neg,
  op_norm: (x) => norm(x),
  op_outer: (x) => outer(row(x, 0), row(x, 1)),
  op_polar: (x) => polar(x.real, x.imag),
  op_pow_3: (x) => pow(x, 3),
  op_pow_complex: pow,
  op_pow_half: (x) => pow(x, 0.5),
  op_prod: (x) => prod(x),
  op_rdiv: (x, b) => div(b, x),
  op_real: real,
  op_reciprocal: reciprocal,
  op_roll_2_1: (x) => roll(x, 2, 1),
  op_sgn: sgn,
  op_sin: sin,
  op_sinh: sinh,
  op_slice: (x) => x.slice([1, 3], [0, 9, 2]),
  op_solve: solve,
  op_softmax_abs: (x) => softmax(abs(x)),
  op_sqrt: sqrt,
  op_square: square,
  op_sub: sub,
  op_sum: (x) => sum(x),
  op_sum_0: (x) => sum(x, 0),
  op_tan: tan,
  op_tanh: tanh,
  op_transpose: (x) => x.T,
  op_vdot: (x) => vdot(row(x, 0), row(x, 1)),
  matmul: matmul,
};
for (const n of [8, 12, 17, 35]) {
  OPERATIONS[`op_fft_${n}`] = (x) => fft(x);
  OPERATIONS[`op_fft_${n}_ortho`] = (x) => fft(x, { norm: "ortho" });
  OPERATIONS[`op_ifft_${n}`] = (x) => ifft(x);
}
/** These are held to 1e-6, the others to 1e-5. */
const CLOSE = /fft|norm/;

/** Where PyTorch 1.13 is wrong: what the file should hold. */
const WRONG: Record<string, (y: Float32Array, gx: Float32Array, x: Float32Array) => void> = {
  // Its derivative by the radius has the sign of |r|.
  op_polar(_, gx, x) {
    for (let k = 0; k < x.length; k += 2) gx[k] *= Math.sign(x[k]);
  },
  // Its zdotc gave 0; the sum over the first two rows of nine.
  op_vdot(y, _, x) {
    for (let k = 0; k < 18; k += 2) {
      y[0] += x[k] * x[k + 18] + x[k + 1] * x[k + 19];
      y[1] += x[k] * x[k + 19] - x[k + 1] * x[k + 18];
    }
  },
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  onEngines(`golden ${name}: value and gradient`, async () => {
    const cases = await golden(name);
    const read = (key: string) => {
      const { data, shape } = cases.complex(key);
      return complexTensor(data, shape);
    };
    const b = cases.has("b") ? read("b") : complexTensor([0, 0], [1]);
    let y!: RealTensor | ComplexTensor;
    const [, [gx]] = valueAndGrad((x: ComplexTensor) => {
      y = operation(x, b);
      if (y.dtype === "float32") {
        const { data, shape } = cases.real("gy");
        return y.mul(tensor(data, shape)).sum();
      }
      return y.mul(read("gy").conj()).real.sum();
    })(read("x"));
    const gradient = cases.complex("gx").data;
    const expected = cases.isComplex("y") ? cases.complex("y") : cases.real("y");
    assertEquals(y.shape, expected.shape);
    WRONG[name]?.(expected.data, gradient, cases.complex("x").data);
    const bound = CLOSE.test(name) ? 1e-6 : 1e-5;
    assertClose(await y.data(), expected.data, bound, "the values");
    assertClose(await gx.data(), gradient, bound, "the gradients");
  });
}

Deno.test("every golden operation is tested", () => {
  const files = Array.from(Deno.readDirSync(new URL("../golden", import.meta.url)), (f) => f.name);
  const own = files.filter((f) => f.startsWith("op_")).map((f) => f.replace(".safetensors", ""));
  assertEquals(own.filter((name) => !(name in OPERATIONS)), []);
});
