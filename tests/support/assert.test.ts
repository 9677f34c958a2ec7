/** What the tests rely on in `@std/assert`: it must hold there and for its stand-in. */
import {
  assertAlmostEquals,
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

const fails = (fn: () => unknown) => assertThrows(fn, AssertionError);

Deno.test("assertEquals() compares by structure, with -0 equal to 0 and NaN to NaN", () => {
  assertEquals({ a: [1, -0, NaN] }, { a: [1, 0, NaN] });
  assertEquals(new Float32Array([-0, NaN]), new Float32Array([0, NaN]));
  assertEquals(new Map([["k", [1n]]]), new Map([["k", [1n]]]));
  fails(() => assertEquals(new Float32Array([1]), new Float32Array([2])));
  fails(() => assertEquals<ArrayLike<number>>(new Float32Array([1]), [1]));
  assertNotEquals([0], [1]);
  fails(() => assertNotEquals([0], [-0]));
});

Deno.test("assertAlmostEquals() takes a tolerance, 1e-7 of the expected value where there is none", () => {
  assertAlmostEquals(100, 100 + 5e-6);
  fails(() => assertAlmostEquals(100, 100 + 5e-5));
  assertAlmostEquals(1, 1.5, 0.5);
  assertAlmostEquals(Infinity, Infinity);
  fails(() => assertAlmostEquals(NaN, 0, 1));
});

Deno.test("assertThrows() checks class and text, and gives the error", async () => {
  const raise = () => {
    throw new RangeError("too far");
  };
  assertStringIncludes(assertThrows(raise, RangeError, "far").message, "too");
  fails(() => assertThrows(raise, TypeError));
  fails(() => assertThrows(raise, RangeError, "near"));
  fails(() => assertThrows(() => 1));
  const error = await assertRejects(() => Promise.reject(new RangeError("far")), RangeError, "far");
  assertEquals(error.message, "far");
  await assertRejects(() => assertRejects(() => Promise.resolve(1)), AssertionError);
});
