import { assert, assertEquals } from "@std/assert";
import { allocate, releases } from "../../../../complex/lazy/schedule/memory.ts";
import type { Lifetime } from "../../../../complex/lazy/schedule/lifetimes.ts";
import { sizeClass } from "../../../../gpu/engines/shared/pool.ts";

/** A value that is shared: its bytes, its first and its last launch. */
const life = (bytes: number, first: number, last: number, alone = false): Lifetime => (
  { bytes, first, last, alone }
);

Deno.test("values whose lifetimes are apart share a buffer, those that overlap don't", () => {
  const { bufferOf, bytes } = allocate([life(64, 0, 1), life(64, 1, 2), life(64, 2, 3)]);
  assertEquals([...bufferOf], [0, 1, 0]);
  assertEquals(bytes, [64, 64]);
});

Deno.test("the largest value is allocated first, each in the smallest buffer that is free", () => {
  const { bufferOf, bytes } = allocate([
    life(32, 4, 5), // fits behind the small one, and behind the large one
    life(512, 0, 3),
    life(64, 0, 2),
  ]);
  assertEquals(bytes, [512, 64]);
  assertEquals([...bufferOf], [1, 0, 1]);
});

Deno.test("what was made before the schedule shares its buffer with nothing", () => {
  const { bufferOf } = allocate([life(64, 0, 0, true), life(64, 1, 2), life(64, 3, 3, true)]);
  assertEquals(new Set(bufferOf).size, 3);
});

Deno.test("what stays after the schedule takes no buffer of a larger value", () => {
  const small = 4, large = 4096;
  assert(sizeClass(small) < sizeClass(large));
  const { bufferOf, bytes } = allocate([life(large, 0, 0), life(small, 1, Infinity)]);
  assert(bufferOf[0] !== bufferOf[1]);
  assertEquals(bytes[bufferOf[1]], small);
});

Deno.test("values share buffers only when their lifetimes are apart", () => {
  let seed = 7;
  const random = (n: number) => {
    seed = Math.imul(seed, 1664525) + 1013904223 | 0;
    return (seed >>> 8) % n;
  };
  for (let round = 0; round < 20; round++) {
    const lifetimes = Array.from({ length: 60 }, (): Lifetime => {
      const first = random(40);
      return {
        bytes: 4 << random(14),
        first,
        last: random(8) === 0 ? Infinity : first + random(10),
        alone: random(10) === 0,
      };
    });
    const { bufferOf, bytes } = allocate(lifetimes);
    lifetimes.forEach((a, i) => {
      assert(bytes[bufferOf[i]] >= a.bytes);
      if (a.last === Infinity && !a.alone) {
        assertEquals(sizeClass(bytes[bufferOf[i]]), sizeClass(a.bytes));
      }
      lifetimes.forEach((b, j) => {
        if (i === j || bufferOf[i] !== bufferOf[j]) return;
        assert(!a.alone && !b.alone);
        assert(a.last < b.first || b.last < a.first, `${i} and ${j} share a buffer`);
      });
    });
  }
});

Deno.test("a buffer is released after the last launch that touches one of its values", () => {
  const allocation = { bufferOf: Int32Array.of(0, 1, 0, 2), bytes: [4, 4, 4] };
  const launches = [
    { inputs: [0], outputs: [1] },
    { inputs: [1], outputs: [2] },
    { inputs: [2], outputs: [3] },
  ];
  assertEquals(releases(launches, allocation, [3]), [[], [1], [0]]);
  assertEquals(releases(launches, allocation, [2]), [[], [1], [2]], "that of a result stays");
});
