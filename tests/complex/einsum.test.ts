/** Einstein's summation against plain loops in float64. */
import * as argand from "@argand/argand";
import {
  type ComplexTensor,
  complexTensor,
  einsum,
  gradcheck,
  type RealTensor,
  type Tensor,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { assertEquals, assertThrows } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

/** Complex numbers with their shape. */
interface Numbers {
  readonly shape: readonly number[];
  readonly values: Float64Array;
  readonly real: boolean;
}

/** The sum by loops over all indices; the equation has letters only, and `->`. */
function byLoops(equation: string, operands: readonly Numbers[]): Numbers {
  const [left, output] = equation.split("->");
  const terms = left.split(",");
  const letters = [...new Set(terms.join(""))];
  const sizes = letters.map((x) =>
    Math.max(...terms.flatMap((t, k) => [...t].map((y, d) => y === x ? operands[k].shape[d] : 1)))
  );
  const of = (x: string) => sizes[letters.indexOf(x)];
  const shape = [...output].map(of);
  const values = new Float64Array(2 * shape.reduce((a, n) => a * n, 1));
  const at = new Map(letters.map((x) => [x, 0]));
  const place = (term: string, own: readonly number[]) =>
    [...term].reduce((k, x, d) => k * own[d] + (own[d] === 1 ? 0 : at.get(x)!), 0);
  const visit = (k: number): void => {
    if (k < letters.length) {
      for (let i = 0; i < sizes[k]; i++) {
        at.set(letters[k], i);
        visit(k + 1);
      }
      return;
    }
    let [re, im] = [1, 0];
    terms.forEach((term, t) => {
      const p = 2 * place(term, operands[t].shape);
      const [x, y] = [operands[t].values[p], operands[t].values[p + 1]];
      [re, im] = [re * x - im * y, re * y + im * x];
    });
    const p = 2 * place(output, shape);
    values[p] += re;
    values[p + 1] += im;
  };
  visit(0);
  return { shape, values, real: operands.every((x) => x.real) };
}

function numbers(random: Seeded, shape: readonly number[], real: boolean): Numbers {
  const values = Float64Array.from(random.floats(2 * shape.reduce((a, n) => a * n, 1)));
  if (real) { for (let k = 1; k < values.length; k += 2) values[k] = 0; }
  return { shape, values, real };
}

const reals = ({ values }: Numbers) => values.filter((_, k) => k % 2 === 0);

function tensorOf(x: Numbers): Tensor {
  return x.real ? tensor(reals(x), x.shape) : complexTensor(x.values, x.shape);
}

/** Each with the sizes of its operands; where loops can't read it, what it means without `...`. */
const SPECS: [equation: string, shapes: number[][], meaning?: string][] = [
  ["ij,jk->ik", [[3, 4], [4, 5]]],
  ["ij,jk", [[3, 4], [4, 5]], "ij,jk->ik"],
  ["ba", [[3, 4]], "ba->ab"],
  ["Ab,bC", [[2, 3], [3, 4]], "Ab,bC->AC"],
  ["ij,kj->ik", [[3, 4], [5, 4]]],
  ["ji,jk->ki", [[4, 3], [4, 5]]],
  [" i j , j k -> i k ", [[3, 4], [4, 5]], "ij,jk->ik"],
  ["bij,bjk->bik", [[2, 3, 4], [2, 4, 5]]],
  ["bij,bjk->bik", [[1, 3, 4], [2, 4, 5]]],
  ["ibj,jbk->kbi", [[3, 2, 4], [4, 2, 5]]],
  ["abc,dcb->ad", [[2, 3, 4], [5, 4, 3]]],
  ["abcd,efcd->aebf", [[2, 3, 2, 3], [2, 2, 2, 3]]],
  ["abij,bajk->abik", [[2, 3, 2, 4], [1, 2, 4, 3]]],
  ["i,i->", [[6], [6]]],
  ["i,i", [[6], [6]], "i,i->"],
  ["i,j->ij", [[3], [4]]],
  ["i,j->ji", [[3], [4]]],
  ["i,i->i", [[5], [5]]],
  ["bi,bi->b", [[3, 4], [3, 4]]],
  ["bi,bj->bij", [[3, 4], [3, 2]]],
  ["ij,j->i", [[3, 4], [4]]],
  ["i,ij->j", [[3], [3, 4]]],
  ["ij->", [[3, 4]]],
  ["ij->j", [[3, 4]]],
  ["ijk->kij", [[2, 3, 4]]],
  ["ii->i", [[4, 4]]],
  ["ii->", [[4, 4]]],
  ["ii", [[4, 4]], "ii->"],
  ["iij->j", [[3, 3, 2]]],
  ["iji->ji", [[3, 2, 3]]],
  ["iii->i", [[3, 3, 3]]],
  ["iijj->ij", [[2, 2, 3, 3]]],
  ["ii,ij->j", [[3, 3], [3, 4]]],
  ["ii,jj->", [[3, 3], [2, 2]]],
  ["ij,ij->ij", [[1, 4], [3, 4]]],
  ["ij,jk->ik", [[3, 1], [4, 5]]],
  ["ij,jk->ik", [[3, 4], [1, 5]]],
  ["ij,ij->", [[3, 1], [3, 4]]],
  ["i,i->", [[1], [4]]],
  ["ij,jk,kl->il", [[3, 4], [4, 2], [2, 5]]],
  ["ij,kl,jk->il", [[3, 4], [2, 5], [4, 2]]],
  ["a,b,c->abc", [[2], [3], [4]]],
  ["i,ij,j->", [[3], [3, 4], [4]]],
  ["i,ij,j,jk,k->ik", [[3], [3, 4], [4], [4, 2], [2]]],
  ["ai,aj,ak->ijk", [[5, 2], [5, 3], [5, 4]]],
  ["i,i,i->i", [[3], [1], [3]]],
  [",ij->ji", [[], [2, 3]]],
  ["->", [[]]],
  ["...ij,...jk->...ik", [[2, 3, 4], [2, 4, 5]], "aij,ajk->aik"],
  ["...ij,...jk", [[2, 3, 4], [4, 5]], "aij,jk->aik"],
  ["...ij,...jk->...ik", [[3, 1, 3, 4], [2, 4, 5]], "abij,bjk->abik"],
  ["...i->...", [[2, 3, 4]], "abi->ab"],
  ["i...->...", [[2, 3, 4]], "iab->ab"],
  ["...->...", [[2, 3]], "ab->ab"],
  ["...ij->ij", [[2, 3, 4]], "aij->ij"],
  ["i...,i...->i...", [[2, 3], [2, 1]], "ia,ia->ia"],
  ["b...,...c->c...b", [[2, 3], [3, 4]], "ba,ac->cab"],
  ["...ii->...i", [[2, 3, 3]], "aii->ai"],
];

onEngines("einsum() agrees with loops in float64, real and complex", async ({ kind: engine }) => {
  const random = new Seeded(11);
  const kinds = ["complex", "real", "mixed"];
  for (const [k, [equation, shapes, meaning = equation]] of SPECS.entries()) {
    // Each kind takes shaders of its own, and compiling them takes time.
    for (const kind of engine === "cpu" ? kinds : [kinds[k % 2]]) {
      if (kind === "mixed" && shapes.length < 2) continue;
      const operands = shapes.map((shape, k) =>
        numbers(random, shape, kind === "real" || (kind === "mixed" && k % 2 === 1))
      );
      const expected = byLoops(meaning, operands);
      const y = einsum(equation, ...operands.map(tensorOf));
      const name = `${equation} of ${JSON.stringify(shapes)}, ${kind}`;
      assertEquals(y.shape, expected.shape, name);
      assertEquals(y.dtype, expected.real ? "float32" : "complex64", name);
      const values = expected.real ? reals(expected) : expected.values;
      assertClose(await y.data(), values, 1e-6, name);
    }
  }
});

onEngines("einsum() multiplies the cheapest pair first", async () => {
  // From the left the first product alone would have 2^20 entries.
  const [a, b, c] = [[1024, 2], [2, 1024], [1024, 3]].map((shape, k) =>
    tensor(new Seeded(k).floats(shape[0] * shape[1]), shape)
  );
  const y = einsum("ij,jk,kl->il", a, b, c);
  const expected = a.matmul(b.matmul(c));
  assertClose(await y.data(), await expected.data(), 1e-6);
});

onEngines("the first and second derivatives of einsum() agree with differences", async () => {
  const random = new Seeded(5);
  for (
    const [equation, shapes, real] of [
      ["bij,bjk->bki", [[2, 2, 3], [1, 3, 2]], false],
      ["iij,jk->ik", [[2, 2, 3], [3, 2]], true],
      ["i,ij,j->", [[2], [2, 3], [3]], false],
    ] as [string, number[][], boolean][]
  ) {
    const inputs = shapes.map((shape) => tensorOf(numbers(random, shape, real)));
    const f = (...x: Tensor[]) => einsum(equation, ...x).absSquared().sum();
    const second = (...x: Tensor[]) =>
      valueAndGrad(f)(...x)[1].map((g) => g.absSquared().sum()).reduce((a, b) => a.add(b));
    for (const g of [f, second]) {
      const { ok, worst } = await gradcheck(g, inputs, { checks: 6 });
      assertEquals(ok, true, `${equation}: ${JSON.stringify(worst)}`);
    }
  }
});

Deno.test("einsum() knows real from complex, for the type checker too", () => {
  const x = tensor([1, 2]);
  const z = x.toComplex();
  const real: RealTensor = einsum("i,i", x, x);
  const mixed: ComplexTensor = einsum("i,i", x, z);
  const three: ComplexTensor = einsum("i,i,i", x, z, x);
  const many: RealTensor = einsum("i,i", ...[x, x]);
  const unknown: Tensor = einsum("i,i", x, x as Tensor);
  assertEquals(
    [real, mixed, three, many, unknown].map((y) => y.dtype),
    ["float32", "complex64", "complex64", "float32", "float32"],
  );
});

Deno.test("einsum() names the term and the sizes that do not fit", () => {
  const x = tensor([[1, 2, 3], [4, 5, 6]]);
  // deno-lint-ignore no-explicit-any
  const e: any = einsum;
  const misuses: [() => unknown, string][] = [
    [() => e("ij,jk->ik", x, x), 'index "j" has size 3 in the term "ij" of shape [2, 3] and 2 in'],
    [() => e("ij,jk->ik", x), "there are 2 terms and 1 operands"],
    [() => e("ijk->i", x), 'the term "ijk" of shape [2, 3] names 3 axes and the operand has 2'],
    [() => e("i->i", x), "names 1 axes and the operand has 2"],
    [() => e("ii->i", x), 'index "i" has sizes 2 and 3 in the term "ii" of shape [2, 3]'],
    [() => e("ij->k", x), 'index "k" of the result is in no term'],
    [() => e("ij->ii", x), 'index "i" is twice in the result "ii"'],
    [() => e("i1->i", x), '"1" in the term "i1" is not a letter'],
    [() => e("ij->i.", x), '"." in the term "i." is not a letter'],
    [() => e("i...j...->i", x), 'the term "i...j..." has "..." twice'],
    [() => e("ij->......", x), 'the result "......" has "..." twice'],
    [() => e("ij->i->j", x), 'there is more than one "->"'],
    [() => e("...,...", x, tensor([1, 2])), 'an axis of "..." has size 3 in the term "..."'],
    [() => e(x, x), "the equation must be a text"],
    [() => e("ij", [1]), "it takes a tensor, got an array"],
    [() => e(""), "there are 1 terms and 0 operands"],
  ];
  for (const [call, message] of misuses) {
    assertThrows(call, argand.ArgandError, message);
  }
});
