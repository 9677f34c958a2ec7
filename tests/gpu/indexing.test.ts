/** Index expressions: their simplification, and what they become in a stretch of the linear index. */
import { assert, assertEquals } from "@std/assert";
import * as at from "../../gpu/contract/indexing.ts";
import type { Index } from "../../gpu/contract/indexing.ts";
import { Seeded } from "../support/seeded.ts";

/** The value of an index at the linear index i, exactly. */
function valueOf(index: Index, i: number, params: readonly number[]): number {
  const of = (part: Index) => valueOf(part, i, params);
  switch (index.op) {
    case "linear":
      return i;
    case "const":
      return index.value;
    case "param":
      return params[index.at];
    case "add":
      return of(index.a) + of(index.b);
    case "mul":
      return of(index.a) * index.n;
    case "div":
      return Math.floor(of(index.a) / index.n);
    case "mod":
      return of(index.a) % index.n;
    case "reverse":
      return index.n - 1 - of(index.a);
    case "shift": {
      const moved = of(index.a) - index.n;
      return moved >= 0 && moved < index.size ? moved : 0;
    }
  }
}

Deno.test("rebase() gives in each stretch what the expression gives there, within its bound", () => {
  const random = new Seeded(5);
  for (let round = 0; round < 300; round++) {
    const shape = Array.from({ length: 4 }, () => random.of([1, 2, 3, 5, 8]));
    const size = shape.reduce((a, n) => a * n, 1);
    const other = round % 2 ? shape : [shape[0] * shape[1], shape[3], shape[2]];
    const coords = at.split(at.linear(size), other).map((c, d) =>
      round % 3 === d ? at.reverse(c, other[d]) : c
    );
    const index = at.join(
      coords.filter((_, d) => round % 5 !== d),
      other.filter((_, d) => round % 5 !== d),
    );
    const length = random.of([1, 2, 3, shape[3], shape[2] * shape[3]]);
    const count = Math.ceil(size / length);
    const place = at.within(
      at.add(at.mul(at.param(0, count - 1), length), at.linear(length)),
      size - 1,
    );
    const own = at.rebase(index, place);
    for (let i = 0; i < size; i++) {
      const params = [Math.floor(i / length)];
      const value = valueOf(own, i % length, params);
      assertEquals(value, valueOf(index, i, []), `${own.key} for ${index.key} at ${i}`);
      assert(value <= own.max);
    }
  }
});

Deno.test("div() and mod() of a multiple and a rest need no division by what divides the multiple", () => {
  const place = at.add(at.mul(at.param(0, 9), 12), at.linear(12));
  assertEquals(at.div(place, 12).key, "p0");
  assertEquals(at.mod(place, 4).key, "(i%4)");
  assertEquals(at.div(place, 36).key, "(p0/3)");
  assertEquals(at.mod(place, 36).key, "(((p0%3)*12)+i)");
});
