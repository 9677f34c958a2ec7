import { assert, assertEquals } from "@std/assert";
import { ALWAYS, testsFor } from "./changed.ts";

const TESTS = [
  "tests/complex/fft.test.ts",
  "tests/complex/fft_convolve.test.ts",
  "tests/complex/replay.test.ts",
  "tests/complex/schedule.test.ts",
  "tests/docs/examples.test.ts",
  "tests/nn/fft.test.ts",
  "tests/nn/zoo/zoo.test.ts",
];

Deno.test("testsFor() finds the tests of a file by its name and its room's", () => {
  const few = ["tests/complex/replay.test.ts"];
  assertEquals(testsFor([], TESTS), few);
  assertEquals(testsFor(["complex/fft/real_fft.ts"], TESTS), [...TESTS.slice(0, 2), ...few]);
  assertEquals(testsFor(["complex/lazy/schedule/plan.ts"], TESTS), TESTS.slice(2, 4));
  assertEquals(testsFor(["tests/nn/fft.test.ts"], TESTS), [...few, "tests/nn/fft.test.ts"]);
  assertEquals(testsFor(["docs/start.md"], TESTS), [...few, "tests/docs/examples.test.ts"]);
  assertEquals(testsFor(["gone/fft.ts"], TESTS), few);
});

Deno.test("the tests that testsFor() always takes exist", async () => {
  assertEquals(testsFor([], ALWAYS), ALWAYS);
  for (const path of ALWAYS) assert((await Deno.stat(path)).isFile, path);
});
