import { assert, assertEquals, assertThrows } from "@std/assert";
import { mnistDigits, SIDE } from "../../examples/mnist/data.ts";

Deno.test("mnistDigits() gives images in 0 to 1 and labels in the order of the file", () => {
  const { count, images, labels } = mnistDigits("training", 10);
  assertEquals(count, 10);
  assertEquals([...labels], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  assertEquals(images.length, 10 * SIDE * SIDE);
  assertEquals(images.reduce((a, b) => Math.max(a, b)), 1);
  assertEquals(images.reduce((a, b) => Math.min(a, b)), 0);
});

Deno.test("mnistDigits() gives the same digits in pieces and from any start", () => {
  const all = mnistDigits("testing", 1100);
  const part = mnistDigits("testing", 30, 985);
  assertEquals(all.labels.slice(985, 1015), part.labels);
  assertEquals(all.images.slice(985 * SIDE * SIDE, 1015 * SIDE * SIDE), part.images);
  const ink = all.images.reduce((a, b) => a + b) / all.images.length;
  assert(ink > 0.1 && ink < 0.16, `mean ${ink}`);
});

Deno.test("mnistDigits() refuses more than the file has", () => {
  assertThrows(() => mnistDigits("testing", 20, 9990), Error, "from 9990 on there are 10");
  assertThrows(() => mnistDigits("testing", 0), Error, "count must be a positive integer");
  assertThrows(() => mnistDigits("testing", 5, -1), Error, "start, which is -1");
});
