/** Derivatives checked against finite differences. */
import { type InexactArray, type Precision, precisionOf } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { hostNode, type Node } from "../lazy/graph.ts";
import { withDefaults } from "../ops/options.ts";
import { read, run } from "../lazy/realize.ts";
import { checkInteger, checkList, checkScalar } from "../lazy/shape.ts";
import { checkReal, checkTensor, type RealTensor, Tensor, wrap } from "../tensor/tensor.ts";
import { valueAndGrad } from "./transform.ts";

/** Options of {@link gradcheck}. */
export interface GradcheckOptions {
  /**
   * The longest step, relative to the input's root mean square (to 1 if that is zero); if absent 1/32, or
   * 1/4096 where all inputs are in double precision.
   */
  readonly step?: number;
  /**
   * The largest error that passes, relative to the largest derivative of the input; if absent 1e-3, or 1e-9
   * where all inputs are in double precision.
   */
  readonly tolerance?: number;
  /** How many derivatives of each input are checked; 24, if absent. */
  readonly checks?: number;
}

/** The steps that measure best in a precision, and how well they do. */
const DEFAULTS: Readonly<Record<Precision, Required<GradcheckOptions>>> = {
  single: { step: 2 ** -5, tolerance: 1e-3, checks: 24 },
  double: { step: 2 ** -12, tolerance: 1e-9, checks: 24 },
};

/** One derivative, as computed and as measured. */
export interface GradcheckDerivative {
  /** Which input. */
  readonly input: number;
  /** Which number of its data (re, im, re, im, … if complex); null where all move, with random signs. */
  readonly entry: number | null;
  /** The derivative by `grad`. */
  readonly computed: number;
  /** The finite difference. */
  readonly measured: number;
  /** Their difference, relative to the largest derivative of the input. */
  readonly error: number;
}

/** The result of {@link gradcheck}. */
export interface GradcheckReport {
  /** Whether every error is within the tolerance. */
  readonly ok: boolean;
  /** The derivative with the largest error. */
  readonly worst: GradcheckDerivative;
  /** All derivatives that were checked. */
  readonly derivatives: readonly GradcheckDerivative[];
}

/** A direction in the data of an input, and the values of f at ±step and ±step/2 along it. */
interface Probe {
  readonly input: number;
  readonly entry: number | null;
  readonly points: readonly { readonly data: InexactArray; readonly value: Node }[];
}

/** One number of the data alone, or, if there are more than `checks`, random signs for all. */
function* directions(length: number, checks: number): Generator<[number | null, Float64Array]> {
  let seed = 1;
  for (let k = 0; k < Math.min(length, checks); k++) {
    if (length <= checks) {
      const unit = new Float64Array(length);
      unit[k] = 1;
      yield [k, unit];
      continue;
    }
    const signs = Float64Array.from({ length }, () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed >= 2 ** 31 ? 1 : -1;
    });
    yield [null, signs];
  }
}

function dot(g: InexactArray, a: InexactArray, b: InexactArray): number {
  let total = 0;
  for (let k = 0; k < g.length; k++) total += g[k] * (a[k] - b[k]);
  return total;
}

/**
 * Compares the gradients of a real function with central differences, improved by one step of Richardson
 * extrapolation. A complex input counts as its real and imaginary parts. In float32, the differences are
 * accurate to about 1e-3 of the largest derivative: enough to find a wrong formula, not to measure
 * rounding. Inputs in double precision, on the CPU engine, are checked to 1e-9. Keep inputs at least a step
 * away from kinks of the function.
 *
 * A wrong derivative does not throw: the report says where it is.
 *
 * @param f A function of tensors that gives one real number, the same at every call.
 * @param inputs Where to differentiate.
 * @throws {ArgandError} if `f` does not give one real number.
 *
 * @example
 * ```ts
 * import { complex, gradcheck } from "@argand/argand";
 * import { assert } from "@std/assert";
 *
 * const z = complex([1, -2], [0.5, 3]);
 * const { ok } = await gradcheck((z) => z.exp().absSquared().log().sum(), [z]);
 * assert(ok);
 * ```
 */
export async function gradcheck<A extends readonly Tensor[]>(
  f: (...args: A) => RealTensor,
  inputs: readonly [...A],
  options?: GradcheckOptions,
): Promise<GradcheckReport> {
  const what = "check a gradient";
  const list: readonly Tensor[] = Array.isArray(inputs) ? inputs : [];
  const isDouble = list.length > 0 &&
    list.every((x) => x instanceof Tensor && precisionOf(x.dtype) === "double");
  const defaults = DEFAULTS[isDouble ? "double" : "single"];
  const { step, tolerance, checks } = withDefaults(what, options, defaults);
  if (typeof f !== "function") throw cannot(what, `it takes a function, got ${describe(f)}`);
  if (!Array.isArray(inputs)) {
    throw cannot(what, `the inputs must be an array of tensors, got ${describe(inputs)}`);
  }
  checkList(what, "the inputs", inputs);
  if (inputs.length === 0) throw cannot(what, "there are no inputs");
  checkInteger(what, "the number of checks", checks, 1);
  for (const [name, x] of Object.entries({ step, tolerance })) {
    if (!(typeof x === "number" && x > 0)) {
      throw cannot(what, `the ${name} must be a number above 0, got ${describe(x)}`);
    }
  }
  const data = await Promise.all(inputs.map((x) => checkTensor(what, x).data()));
  const at = (changed?: number, values?: InexactArray): Node => {
    const args = inputs.map((x, i) =>
      wrap(hostNode((i === changed ? values! : data[i]).slice(), x.shape, x.node.dtype))
    );
    const { node } = checkReal(what, f(...args as unknown as A));
    checkScalar(what, node.shape);
    run([node], true);
    return node;
  };

  const probes: Probe[] = [];
  const steps = data.map((values) =>
    step * (Math.sqrt([...values].reduce((a, x) => a + x * x, 0) / values.length) || 1)
  );
  data.forEach((values, input) => {
    for (const [entry, direction] of directions(values.length, checks)) {
      const points = [1, -1, 0.5, -0.5].map((part) => {
        const moved = values.map((x, k) => x + part * steps[input] * direction[k]);
        return { data: moved, value: at(input, moved) };
      });
      probes.push({ input, entry, points });
    }
  });

  const [, gradients] = valueAndGrad(f)(...inputs as unknown as A);
  const gradientData = await Promise.all(gradients.map((g) => g.data()));
  const nodes = probes.flatMap(({ points }) => points.map((p) => p.value));
  const values = (await read(nodes)).map((value) => value[0]);

  const raw = probes.map(({ input, entry, points }, p) => {
    // Compares the steps that the inputs really took, not those that were intended.
    const g = gradientData[input];
    const differences = [0, 2].map((k) => {
      const length = (k === 0 ? 2 : 1) * steps[input];
      return {
        computed: dot(g, points[k].data, points[k + 1].data) / length,
        measured: (values[4 * p + k] - values[4 * p + k + 1]) / length,
      };
    });
    const improved = (pick: (d: typeof differences[0]) => number) =>
      (4 * pick(differences[1]) - pick(differences[0])) / 3;
    return {
      input,
      entry,
      computed: improved((d) => d.computed),
      measured: improved((d) => d.measured),
    };
  });

  const largest = inputs.map((_, i) => {
    const mine = raw.filter((d) => d.input === i);
    const derivative = Math.max(...mine.flatMap((d) => [d.computed, d.measured].map(Math.abs)));
    // Smaller derivatives do not show in the last digits of f.
    const visible = 1e-3 * Math.max(...values.map(Math.abs)) / steps[i] * defaults.step;
    return Math.max(derivative, visible, Number.MIN_VALUE);
  });
  const derivatives = raw.map((d) => {
    const error = Math.abs(d.computed - d.measured) / largest[d.input];
    return { ...d, error: Number.isNaN(error) ? Infinity : error };
  });
  const worst = derivatives.reduce((a, b) => (b.error > a.error ? b : a));
  return { ok: worst.error <= tolerance, worst, derivatives };
}
