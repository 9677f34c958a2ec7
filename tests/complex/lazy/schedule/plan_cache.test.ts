import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { PlanCache } from "../../../../complex/lazy/schedule/plan_cache.ts";
import type { Plan } from "../../../../complex/lazy/schedule/plan.ts";

/** A plan with a number and without launches. */
const plan = (id: number) => ({ id, launches: [] } as Partial<Plan> as Plan);

/** A cache that counts the plans it has made. */
function counted() {
  const cache = new PlanCache();
  let made = 0;
  const take = (...key: number[]) => cache.take(Int32Array.from(key), () => plan(made++));
  return { take, made: () => made };
}

Deno.test("a structure met before gets the plan it got then", () => {
  const { take, made } = counted();
  const first = take(1, 2, 3);
  assertEquals(take(1, 2, 4) === first, false);
  assertEquals(take(1, 2) === first, false);
  assertStrictEquals(take(1, 2, 3), first);
  assertEquals(made(), 3);
});

Deno.test("the key is copied: the walk's array is written over", () => {
  const cache = new PlanCache();
  const key = Int32Array.of(1, 2);
  const first = cache.take(key, () => plan(0));
  key[0] = 9;
  assertStrictEquals(cache.take(Int32Array.of(1, 2), () => plan(1)), first);
});

Deno.test("of 512 plans those used longest ago go first", () => {
  const { take, made } = counted();
  for (let k = 0; k < 512; k++) take(k);
  take(0); // used again
  take(512); // one too many
  assertEquals(made(), 513);
  take(0);
  assertEquals(made(), 513, "0 is still there");
  take(1);
  assertEquals(made(), 514, "1 is not");
});

Deno.test("a plan that can't be made is not remembered", () => {
  const cache = new PlanCache();
  const key = Int32Array.of(7);
  assertThrows(
    () =>
      cache.take(key, () => {
        throw new Error("too large");
      }),
    Error,
    "too large",
  );
  assertEquals(cache.take(key, () => plan(1)).id, 1);
});

Deno.test("beyond a budget of bytes the plans used longest ago go first, and the newest stays", () => {
  const cache = new PlanCache(400_000);
  let made = 0;
  const take = (first: number, length: number) =>
    cache.take(Int32Array.from({ length }, (_, k) => first + k), () => {
      made++;
      return plan(made);
    });
  take(0, 1000);
  take(1, 1000);
  take(0, 1000);
  take(2, 1000); // in the place of 1
  assertEquals([made, cache.count], [3, 2]);
  take(0, 1000);
  assertEquals(made, 3);
  take(3, 10_000); // larger than the budget
  assertEquals([made, cache.count], [4, 1]);
  take(3, 10_000);
  assertEquals(made, 4);
});
