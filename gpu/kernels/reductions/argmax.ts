/** The place of the first largest value over axes of a fused expression, or of the first NaN. */
import { bytesOf, type DType } from "../../contract/dtype.ts";
import {
  type Kernel,
  linearGrid,
  linearMain,
  type Program,
  type Slot,
  type Step,
} from "../../contract/kernel.ts";
import {
  BLOCK,
  type BlockEvaluator,
  compileBlocks,
  valueDType,
} from "../../contract/expression.ts";
import { mod } from "../../contract/indexing.ts";
import {
  collapse,
  elementWgsl,
  FIRST_PLACE,
  type FoldSpec,
  paramsOf,
  partsOf,
  placeWgsl,
  resultsOf,
  resultWgsl,
  sizes,
  targets,
} from "./fold.ts";
import { cut } from "./slabs.ts";

interface Parted extends FoldSpec {
  readonly parts: number;
}

const evaluators = new WeakMap<Parted, BlockEvaluator>();

/** Known by its bits, since WGSL lets comparisons take NaN for any number. */
const NAN = `fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }`;

/** The largest value of each part of a run, and its place in the run. */
const best: Kernel<Parted> = {
  name: "argmax",
  bindings: ({ inputs, value }) => ({ inputs, outputs: [valueDType(value), "uint32"] }),
  params: paramsOf,
  wgsl(spec) {
    const { parts, slab, words } = spec;
    const first = slab ? `param_u32(${words + FIRST_PLACE}u) + ` : "";
    const { kept, run } = sizes(spec);
    return {
      source: `${NAN}
${elementWgsl(spec)}
${
        linearMain(
          kept * parts,
          `${placeWgsl(spec, parts)}
  var place = min(part, ${run - 1}u);
  var most = element(base, place);
  for (var r = part + ${parts}u; r < ${run}u; r = r + ${parts}u) {
    let v = element(base, r);
    if (!is_nan(most) && (v > most || is_nan(v))) { most = v; place = r; }
  }
  out0[${resultWgsl(spec, parts, "o")}] = most;
  out1[${resultWgsl(spec, parts, "o")}] = ${first}place;`,
        )
      }`,
      workgroups: linearGrid(kept * parts),
    };
  },
  cpu(spec, inputs, [values, places], params) {
    const { kept, run } = sizes(spec);
    const { first, stride } = resultsOf(spec, spec.parts, params);
    const firstPlace = spec.slab ? params.u32[spec.words + FIRST_PLACE] : 0;
    let evaluate = evaluators.get(spec);
    if (!evaluate) {
      const at = targets(spec);
      evaluate = compileBlocks([spec.value, at.kept, at.run, mod(at.run, spec.parts)]);
      evaluators.set(spec, evaluate);
    }
    for (let o = 0; o < kept; o++) {
      for (let part = run; part < spec.parts; part++) { // has no element
        const at = first + o * stride + part;
        [values[at], places[at]] = [-Infinity, firstPlace + run - 1];
      }
    }
    for (let start = 0; start < kept * run; start += BLOCK) {
      const n = Math.min(BLOCK, kept * run - start);
      const [v, o, r, part] = evaluate(start, n, inputs, params);
      for (let j = 0; j < n; j++) {
        const at = first + o[j] * stride + part[j];
        const better = !Number.isNaN(values[at]) && !(v[j] <= values[at]);
        if (r[j] === part[j] || better) [values[at], places[at]] = [v[j], firstPlace + r[j]];
      }
    }
  },
};

/** The best of the parts; of equal ones the first. A NaN is best. */
const choose: Kernel<{ dtype: DType; kept: number; parts: number }> = {
  name: "argmaxOfParts",
  bindings: ({ dtype }) => ({ inputs: [dtype, "uint32"], outputs: [dtype] }),
  wgsl: ({ kept, parts }) => ({
    source: `${NAN}
${
      linearMain(
        kept,
        `  var at = i * ${parts}u;
  for (var p = i * ${parts}u + 1u; p < (i + 1u) * ${parts}u; p = p + 1u) {
    let lost = is_nan(in0[p]);
    let beaten = !is_nan(in0[at]) && (lost || in0[p] > in0[at]);
    let equal = select(in0[p] == in0[at], lost, is_nan(in0[at]));
    if (beaten || (equal && in1[p] < in1[at])) { at = p; }
  }
  out0[i] = f32(in1[at]);`,
      )
    }`,
    workgroups: linearGrid(kept),
  }),
  cpu({ kept, parts }, [values, places], [out]) {
    for (let o = 0; o < kept; o++) {
      let at = o * parts;
      for (let p = at + 1; p < (o + 1) * parts; p++) {
        const [old, other] = [values[at], values[p]];
        const beaten = !Number.isNaN(old) && !(other <= old);
        const equal = other === old || (Number.isNaN(other) && Number.isNaN(old));
        if (beaten || (equal && places[p] < places[at])) at = p;
      }
      out[o] = places[at];
    }
  },
};

/** The program: an expression in, places (as numbers) out; see `reduce` for `most`. */
export function argmax(spec: FoldSpec, most?: number): Program {
  const now = collapse(spec);
  const { kept } = sizes(now);
  const { parts, dispatches } = cut(now, partsOf, most);
  const dtype = valueDType(spec.value);
  const steps = dispatches.map((own): Step => ({
    ...own,
    kernel: best,
    inputs: spec.inputs.map((_, k): Slot => `in${k}`),
    outputs: ["tmp0", "tmp1"],
  }));
  steps.push({
    kernel: choose,
    spec: { dtype, kept, parts },
    inputs: ["tmp0", "tmp1"],
    outputs: ["out0"],
  });
  return { steps, scratch: [bytesOf(dtype) * kept * parts, bytesOf("uint32") * kept * parts] };
}
