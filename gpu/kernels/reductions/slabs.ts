/**
 * Reductions of more elements than 31 bits count. Nothing of that size is stored: the expression is
 * folded as it is computed. It is cut into slabs, each a stretch of the linear index, and the
 * indices in the expression are written anew, as functions of the slab and of the place within it.
 */
import { countsWithin, rebased, type Value } from "../../contract/expression.ts";
import { add, type Index, linear, mul, operands, param, within } from "../../contract/indexing.ts";
import { cannot } from "../../contract/errors.ts";
import { type FoldSpec, MOST_ELEMENTS, product } from "./fold.ts";

/** More slabs than this take a day. */
const MOST_SLABS = 2 ** 14;

/** Reductions in parts. */
interface Parted {
  readonly parts: number;
}

/** The first dispatches of a reduction, which leave each result in so many parts in all. */
export interface Cut<Spec extends FoldSpec> {
  readonly parts: number;
  readonly dispatches: readonly {
    readonly spec: Spec & Parted;
    /** The params of a slab. */
    readonly more?: readonly number[];
  }[];
}

/** A stretch of the linear index. */
interface Stretch<Spec extends FoldSpec> {
  readonly spec: Spec;
  /** The words that its value reads. */
  readonly place: readonly [outer: number, chunk: number];
  /** The first of its results, and its number among the slabs that are folded into them. */
  readonly first: number;
  readonly fold: number;
  /** Its first place in the run. */
  readonly firstPlace: number;
}

function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}

/** The numbers by which an expression divides its indices. */
function divisorsOf(value: Value): Set<number> {
  const found = new Set<number>();
  const ofIndex = (index: Index): void => {
    if (index.op === "div" || index.op === "mod") found.add(index.n);
    operands(index).forEach(ofIndex);
  };
  const seen = new Set<Value>();
  const walk = (v: Value): void => {
    if (seen.has(v)) return;
    seen.add(v);
    if (v.op === "call") v.args.forEach(walk);
    else if (v.op === "guard") {
      walk(v.of);
      ofIndex(v.index);
    } else if (v.op !== "scalar") ofIndex(v.at);
  };
  walk(value);
  return found;
}

/** How many steps of `stride` elements a slab takes: where it can be, a multiple of all divisors. */
function stepsOf(stride: number, divisors: Iterable<number>, most: number): number {
  let unit = stride;
  for (const n of divisors) {
    const both = unit / gcd(unit, n) * n;
    if (both <= most) unit = both;
  }
  return Math.floor(most / unit) * (unit / stride);
}

/** The stretches of a reduction, and how many are folded into each result; null where it can't be cut. */
function stretchesOf<Spec extends FoldSpec>(
  spec: Spec,
  most: number,
): { readonly stretches: readonly Stretch<Spec>[]; readonly folds: number } | null {
  const { shape, folded, value, words } = spec;
  const size = product(shape);
  const axis = shape.findIndex((_, d) => product(shape.slice(d + 1)) <= most);
  const n = shape[axis], stride = product(shape.slice(axis + 1));
  const steps = Math.min(n, stepsOf(stride, divisorsOf(value), most));
  const chunks = Math.ceil(n / steps);
  const before = shape.slice(0, axis);
  const outers = product(before);
  if (outers * chunks > MOST_SLABS) {
    throw cannot(`fold ${size} elements`, `more than ${MOST_SLABS * most} take days`);
  }

  const place = linear(steps * stride);
  const chunk = chunks === 1
    ? place
    : add(mul(param(words + 1, chunks - 1), steps * stride), place);
  const line = within(chunk, n * stride - 1);
  const outer = outers === 1 ? line : add(mul(param(words, outers - 1), n * stride), line);
  const own = rebased(value, within(outer, size - 1));
  if (!countsWithin(own, 31)) return null;

  const inner = (which: boolean) =>
    product(shape.filter((_, d) => d > axis && folded[d] === which));
  const kept = inner(false), run = inner(true);
  const [keptLine, runLine] = folded[axis] ? [kept, n * run] : [n * kept, run];
  const specOf = (length: number): Spec => ({
    ...spec,
    shape: [length, ...shape.slice(axis + 1)],
    folded: folded.slice(axis),
    value: own,
  });
  const whole = specOf(steps), rest = specOf(n - (chunks - 1) * steps);
  const stretches: Stretch<Spec>[] = [];
  for (let o = 0; o < outers; o++) {
    // The digits of o over the kept and the folded ones of the axes before.
    let [at, ofKept, ofFolded, keptStep, foldedStep] = [o, 0, 0, 1, 1];
    for (let d = axis - 1; d >= 0; d--) {
      const digit = at % shape[d];
      at = (at - digit) / shape[d];
      if (folded[d]) {
        [ofFolded, foldedStep] = [ofFolded + digit * foldedStep, foldedStep * shape[d]];
      } else [ofKept, keptStep] = [ofKept + digit * keptStep, keptStep * shape[d]];
    }
    for (let c = 0; c < chunks; c++) {
      stretches.push({
        spec: c < chunks - 1 ? whole : rest,
        place: [o, c],
        first: ofKept * keptLine + (folded[axis] ? 0 : c * steps * kept),
        fold: folded[axis] ? ofFolded * chunks + c : ofFolded,
        firstPlace: ofFolded * runLine + (folded[axis] ? c * steps * run : 0),
      });
    }
  }
  const outerFolds = product(before.filter((_, d) => folded[d]));
  return { stretches, folds: folded[axis] ? outerFolds * chunks : outerFolds };
}

/**
 * The first dispatches of a reduction whose neighbouring axes are of different sorts, each of them in as
 * many parts as `partsOf` says. One that can't be cut is left whole.
 */
export function cut<Spec extends FoldSpec>(
  spec: Spec,
  partsOf: (spec: FoldSpec) => number,
  most: number = MOST_ELEMENTS,
): Cut<Spec> {
  const found = product(spec.shape) > most ? stretchesOf(spec, most) : null;
  if (!found) {
    const parts = partsOf(spec);
    return { parts, dispatches: [{ spec: { ...spec, parts } }] };
  }
  const { stretches, folds } = found;
  const each = partsOf(stretches[0].spec);
  const parts = each * folds;
  const specs = new Map<Spec, Spec & Parted>();
  for (const { spec } of stretches) specs.set(spec, { ...spec, parts: each, slab: { parts } });
  const dispatches = stretches.map(({ spec, place, first, fold, firstPlace }) => ({
    spec: specs.get(spec)!,
    more: [...place, first * parts + fold * each, firstPlace],
  }));
  return { parts, dispatches };
}
