/** Determinants from the factors of `eliminate`, without overflow on the way. */
import {
  type InexactArray,
  type InexactDType,
  isReal,
  realOf,
  wgslOf,
} from "../../contract/dtype.ts";
import { type Kernel, linearGrid, type Program, single, sizedMain } from "../../contract/kernel.ts";
import { linkWgsl } from "../../contract/map_function.ts";
import { realLogWgsl } from "../../functions/exponential.ts";
import { exponentWgsl, nanWgsl, pow2Wgsl } from "../../functions/scaling.ts";
import { part, put } from "./columns.ts";
import { NOT_FINITE, ODD } from "./eliminate.ts";

/** The determinant of each of `batch` matrices, or its direction and the logarithm of its modulus. */
export interface DeterminantSpec {
  readonly dtype: InexactDType;
  readonly batch: number;
  readonly n: number;
  readonly form: "det" | "log";
}

/** The product of the pivots as a number of modulus about 1 and a power of two. */
const productOfPivots: Kernel<DeterminantSpec> = {
  name: "determinant",
  bindings: ({ dtype, form }) => ({
    inputs: [dtype, "uint32"],
    outputs: form === "det" ? [dtype] : [dtype, realOf(dtype)],
  }),
  params: () => 2,
  wgsl({ dtype, batch, n, form }) {
    const real = isReal(dtype);
    const [one, nan] = real ? ["1.0", "lost"] : ["vec2<f32>(1.0, 0.0)", "vec2<f32>(lost)"];
    const size = (z: string) => real ? `abs(${z})` : `max(abs(${z}.x), abs(${z}.y))`;
    const modulus = real ? "abs(product)" : "sqrt(dot(product, product))";
    const times = real
      ? "product * pivot"
      : "vec2<f32>(product.x * pivot.x - product.y * pivot.y, product.x * pivot.y + product.y * pivot.x)";
    const last = form === "det"
      ? `  let half = clamp(power / 2, -126, 126);
  let rest = clamp(power - half, -126, 127);
  out0[i] = select(product * pow2(half) * pow2(rest), ${nan}, bad);`
      : `  let r = ${modulus};
  let log_size = real_log(r) + f32(power) * 0.693147181;
  out0[i] = select(select(product / r, ${wgslOf(dtype)}(), r == 0.0), ${nan}, bad);
  out1[i] = select(log_size, lost, bad);`;
    return {
      source: linkWgsl([exponentWgsl, nanWgsl, pow2Wgsl, realLogWgsl]) + sizedMain(
        ["n"],
        `  let state = in1[i * (n + 1u) + n];
  let bad = (state & ${NOT_FINITE}u) != 0u;
  let lost = nan_from(bitcast<f32>(state));
  var product = ${one};
  if ((state & ${ODD}u) != 0u) { product = -product; }
  var power = 0;
  for (var k = 0u; k < n; k += 1u) {
    var pivot = in0[i * n * n + k * (n + 1u)];
    let e = exponent_of(${size("pivot")});
    pivot = pivot * pow2(-e);
    product = ${times};
    let f = exponent_of(${size("product")});
    product = product * pow2(-f);
    power += select(e + f, 0, ${size("product")} == 0.0);
  }
${last}`,
      ),
      workgroups: linearGrid(batch),
      rounds: n,
    };
  },
  cpu({ dtype, batch, n, form }, inputs, outputs) {
    const [lu, order] = inputs as [InexactArray, Uint32Array];
    const [direction, logarithm] = outputs as InexactArray[];
    for (let matrix = 0; matrix < batch; matrix++) {
      const state = order[matrix * (n + 1) + n];
      let re = state & NOT_FINITE ? NaN : state & ODD ? -1 : 1;
      let im = 0;
      let power = 0;
      for (let k = 0; k < n; k++) {
        const [x, y] = part(dtype, lu, matrix * n * n + k * (n + 1));
        [re, im] = [re * x - im * y, re * y + im * x];
        const size = Math.max(Math.abs(re), Math.abs(im));
        if (!(size > 0 && size < Infinity)) continue;
        const e = Math.floor(Math.log2(size));
        [re, im] = [re * 2 ** -e, im * 2 ** -e];
        power += e;
      }
      const r = Math.hypot(re, im);
      const scale = form === "log" ? (r === 0 ? 0 : 1 / r) : 2 ** (power / 2) * 2 ** (power / 2);
      put(dtype, direction, matrix, re * scale, im * scale);
      if (form === "log") logarithm[matrix] = Math.log(r) + power * Math.LN2;
    }
  },
};

/**
 * L and U in one matrix, the order of the rows → det; or det/|det| and ln|det|, which are 0 and −∞ where
 * det is 0.
 */
export function determinant(spec: DeterminantSpec): Program {
  const { steps: [step] } = single(productOfPivots, spec);
  return { steps: [{ ...step, params: [spec.batch, spec.n] }] };
}
