/** Einstein summation over any number of operands, by batched matrix products. */
import { cannot } from "../../gpu/contract/errors.ts";
import type { Node } from "../lazy/graph.ts";
import { type Shape, show, sizeOf } from "../lazy/shape.ts";
import { mul } from "./arithmetic.ts";
import { diagonal } from "./diagonal.ts";
import { matmul } from "./matmul.ts";
import { permute, reshape, sum } from "./views.ts";

/** A node and the index of each of its axes; those of "..." are ".0" (the last), ".1", … */
interface Term {
  readonly node: Node;
  readonly axes: readonly string[];
}

/** How errors show an index. */
const named = (index: string) => index.startsWith(".") ? 'an axis of "..."' : `index "${index}"`;

/** The indices of one term, where "..." stands for `hidden` axes. */
function indices(what: string, term: string, hidden: number): string[] {
  const list: string[] = [];
  for (const part of term.match(/\.\.\.|./gsu) ?? []) {
    if (part === "...") {
      for (let k = hidden - 1; k >= 0; k--) list.push(`.${k}`);
    } else if (/^[A-Za-z]$/.test(part)) list.push(part);
    else throw cannot(what, `"${part}" in the term "${term}" is not a letter`);
  }
  return list;
}

/** The indices of the operands and of the result; checks that sizes agree or are 1. */
function parse(what: string, equation: string, shapes: readonly Shape[]): [string[][], string[]] {
  const sides = equation.replaceAll(" ", "").split("->");
  if (sides.length > 2) throw cannot(what, `there is more than one "->"`);
  const terms = sides[0].split(",");
  if (terms.length !== shapes.length) {
    throw cannot(what, `there are ${terms.length} terms and ${shapes.length} operands`);
  }
  let hidden = 0;
  const first = new Map<string, { size: number; where: string }>();
  const inputs = terms.map((term, k) => {
    const shape = shapes[k];
    const where = `the term "${term}" of shape ${show(shape)}`;
    if (term.split("...").length > 2) throw cannot(what, `the term "${term}" has "..." twice`);
    const visible = term.replace("...", "").length;
    const rest = shape.length - visible;
    if (rest < 0 || (rest > 0 && !term.includes("..."))) {
      throw cannot(what, `${where} names ${visible} axes and the operand has ${shape.length}`);
    }
    const list = indices(what, term, rest);
    if (term.includes("...")) hidden = Math.max(hidden, rest);
    list.forEach((index, d) => {
      const before = list.indexOf(index);
      if (shape[before] !== shape[d]) {
        throw cannot(
          what,
          `${named(index)} has sizes ${shape[before]} and ${shape[d]} in ${where}`,
        );
      }
      const known = first.get(index);
      if (known && known.size !== 1 && shape[d] !== 1 && known.size !== shape[d]) {
        const both = `size ${known.size} in ${known.where} and ${shape[d]} in ${where}`;
        throw cannot(what, `${named(index)} has ${both}`);
      }
      if (!known || known.size === 1) first.set(index, { size: shape[d], where });
    });
    return list;
  });
  if (sides.length === 2) {
    if (sides[1].split("...").length > 2) {
      throw cannot(what, `the result "${sides[1]}" has "..." twice`);
    }
    const output = indices(what, sides[1], hidden);
    for (const index of output) {
      if (!first.has(index)) {
        throw cannot(what, `${named(index)} of the result is in no term`);
      }
      if (output.indexOf(index) !== output.lastIndexOf(index)) {
        throw cannot(what, `${named(index)} is twice in the result "${sides[1]}"`);
      }
    }
    return [inputs, output];
  }
  const all = inputs.flat();
  const once = [...first.keys()].filter((x) => !x.startsWith("."))
    .filter((x) => all.indexOf(x) === all.lastIndexOf(x)).sort();
  return [inputs, [...indices(what, "...", hidden), ...once]];
}

/** Takes the diagonal over indices that an operand repeats. */
function withoutRepeats({ node, axes }: Term): Term {
  const second = axes.findIndex((index, d) => axes.indexOf(index) < d);
  if (second < 0) return { node, axes };
  const first = axes.indexOf(axes[second]);
  const rest = axes.map((_, d) => d).filter((d) => d !== first && d !== second);
  const line = diagonal(permute(node, [...rest, first, second]));
  return withoutRepeats({ node: line, axes: [...rest.map((d) => axes[d]), axes[second]] });
}

/** Sums over the indices for which `keep` is false. */
function sumOut({ node, axes }: Term, keep: (index: string) => boolean): Term {
  const gone = axes.map((_, d) => d).filter((d) => !keep(axes[d]));
  if (gone.length === 0) return { node, axes };
  return { node: sum(node, gone), axes: axes.filter(keep) };
}

const sizeIn = ({ node, axes }: Term, index: string) => node.shape[axes.indexOf(index)];

/** A term with its axes in this order; indices that it lacks become axes of size 1. */
function arrange({ node, axes }: Term, order: readonly string[]): Node {
  const own = order.filter((index) => axes.includes(index));
  const permuted = permute(node, own.map((index) => axes.indexOf(index)));
  return reshape(
    permuted,
    order.map((index) => axes.includes(index) ? sizeIn({ node, axes }, index) : 1),
  );
}

/** A term as [batch…, rows, columns]; a transpose where its elements lie that way. */
function matrix(
  term: Term,
  batch: readonly string[],
  rows: readonly string[],
  columns: readonly string[],
): Node {
  const size = (list: readonly string[]) => sizeOf(list.map((index) => sizeIn(term, index)));
  const shape = batch.map((index) => sizeIn(term, index));
  const lies = [...batch, ...columns, ...rows].every((index, d) => term.axes[d] === index);
  if (!lies) {
    return reshape(arrange(term, [...batch, ...rows, ...columns]), [
      ...shape,
      size(rows),
      size(columns),
    ]);
  }
  const x = reshape(term.node, [...shape, size(columns), size(rows)]);
  const r = shape.length;
  return permute(x, [...shape.map((_, d) => d), r + 1, r]);
}

/** The product of two terms, summed over the indices that are not needed any more. */
function pair(a: Term, b: Term, needed: (index: string) => boolean): Term {
  a = sumOut(a, (index) => needed(index) || b.axes.includes(index));
  b = sumOut(b, (index) => needed(index) || a.axes.includes(index));
  // An axis of size 1 broadcasts, so that the other operand alone is summed.
  const uneven = a.axes.filter((index) =>
    b.axes.includes(index) && !needed(index) && sizeIn(a, index) !== sizeIn(b, index)
  );
  a = sumOut(a, (index) => !uneven.includes(index));
  b = sumOut(b, (index) => !uneven.includes(index));
  const shared = a.axes.filter((index) => b.axes.includes(index));
  const batch = shared.filter(needed);
  const inner = shared.filter((index) => !needed(index));
  const left = a.axes.filter((index) => !shared.includes(index));
  const right = b.axes.filter((index) => !shared.includes(index));
  const kept = [...batch, ...left, ...right];
  if (inner.length === 0 || (left.length === 0 && right.length === 0)) {
    const order = [...kept, ...inner];
    const node = mul(arrange(a, order), arrange(b, order));
    return sumOut({ node, axes: order }, needed);
  }
  const product = matmul(matrix(a, batch, left, inner), matrix(b, batch, inner, right));
  const shape = [
    ...product.shape.slice(0, -2),
    ...left.map((index) => sizeIn(a, index)),
    ...right.map((index) => sizeIn(b, index)),
  ];
  return { node: reshape(product, shape), axes: kept };
}

/** How many multiplications a product of two terms takes. */
function cost(a: Term, b: Term): number {
  const all = [...new Set([...a.axes, ...b.axes])];
  return sizeOf(all.map((index) => Math.max(sizeIn(a, index) ?? 1, sizeIn(b, index) ?? 1)));
}

/** The sum that the equation describes; multiplies the cheapest pair of operands first. */
export function einsum(equation: string, operands: readonly Node[]): Node {
  const what = `einsum "${equation}"`;
  const [inputs, output] = parse(what, equation, operands.map((x) => x.shape));
  let terms = operands.map((node, k) => withoutRepeats({ node, axes: inputs[k] }));
  while (terms.length > 1) {
    let best = [0, 1];
    let least = Infinity;
    terms.forEach((a, i) =>
      terms.slice(i + 1).forEach((b, j) => {
        const c = cost(a, b);
        if (c < least) [least, best] = [c, [i, i + 1 + j]];
      })
    );
    const [a, b] = best.map((k) => terms[k]);
    const rest = terms.filter((_, k) => !best.includes(k));
    const needed = new Set([...output, ...rest.flatMap((t) => t.axes)]);
    terms = [...rest, pair(a, b, (index) => needed.has(index))];
  }
  const last = sumOut(terms[0], (index) => output.includes(index));
  return permute(last.node, output.map((index) => last.axes.indexOf(index)));
}
