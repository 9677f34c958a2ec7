import { assert, assertEquals } from "@std/assert";
import { EMPTY, extendBy, extendByCall, typeOf } from "../../../complex/lazy/signature.ts";

/** Whether no two of the numbers are equal. */
const distinct = (numbers: number[]) => new Set(numbers).size === numbers.length;

Deno.test("a type is known by the shapes and kinds of all results", () => {
  const of = (...shape: number[]) => typeOf([{ shape, dtype: "float32" }]);
  assertEquals(of(2, 3), of(2, 3));
  assert(distinct([
    of(),
    of(1),
    of(2, 3),
    of(3, 2),
    of(2, 3, 1),
    typeOf([{ shape: [2, 3], dtype: "complex64" }]),
    typeOf([{ shape: [2], dtype: "float32" }, { shape: [3], dtype: "float32" }]),
  ]));
});

Deno.test("sizes that agree in their lowest 31 or 32 bits give other types", () => {
  const of = (...shape: number[]) => typeOf([{ shape, dtype: "float32" }]);
  const [wide, wider] = [2 ** 31, 2 ** 32];
  assert(distinct([
    of(5, 7),
    of(wide + 5, 7),
    of(5, wide + 7),
    of(wider + 5, 7),
    of(5, wider + 7),
    of(wide + 5, wide + 7),
    of(5, 7, 1, 0),
  ]));
  assertEquals(of(wider + 5, 7), of(wider + 5, 7));
});

Deno.test("a call is known by primitive, inputs and words, large numbers of them included", () => {
  const calls = [0, 1, 1 << 16].flatMap((primitive) =>
    [0, 1, 127, 128].flatMap((inputs) =>
      [-1, 0, 126, 127].map((words) => extendByCall(EMPTY, primitive, inputs, words))
    )
  );
  assert(distinct(calls));
});

Deno.test("no two attributes are spelled alike", () => {
  const attributes = [0, 0.5, "0", "", [], [0], [[0]], [0, 0], {}, { a: 0 }, { b: 0 }, true, null];
  const numbers = (of: unknown[]) => of.map((value) => extendBy(EMPTY, value));
  assert(distinct(numbers(attributes)));
  assertEquals(numbers(structuredClone(attributes)), numbers(attributes));
});
