import { assert, assertEquals } from "@std/assert";
import { LENGTH, Link } from "../../../complex/lazy/link.ts";

/** Links of one field that is evaluated again and again. */
function chain(length: number): Link<string>[] {
  const links: Link<string>[] = [];
  for (let k = 0; k < length; k++) {
    links.push(new Link(links.slice(-1), [`value ${k + 1}`], k));
  }
  return links;
}

Deno.test("a value without parents starts a chain", () => {
  const first = new Link<string>([], ["first"], 7);
  assertEquals([first.generation, first.lastUsed], [1, 7]);
  assert(!first.stays && !first.isAnchor);
});

Deno.test("a value lengthens the longest of its parents' chains", () => {
  const long = chain(5).at(-1)!, short = chain(2).at(-1)!;
  const next = new Link([short, long], ["next"], 9);
  assertEquals(next.generation, 6);
  assertEquals(next.anchors, long.anchors);
});

Deno.test("the second value stays, its recipe too; a first one may be a constant of the loop", () => {
  const [first, second, third] = chain(3);
  assertEquals([first, second, third].map(({ stays }) => stays), [false, true, false]);
  assert(!second.isAnchor);
});

Deno.test("every so many evaluations an anchor takes the place of the one before", () => {
  const links = chain(2 * LENGTH + 2);
  const anchors = links.filter(({ isAnchor }) => isAnchor);
  assertEquals(anchors.map(({ generation }) => generation), [LENGTH + 2, 2 * LENGTH + 2]);
  assertEquals(links.filter(({ stays }) => stays), [anchors[1]]);
});

Deno.test("fields that are computed from one another have an anchor each", () => {
  let q = new Link<string>([], ["q"], 0), p = new Link<string>([], ["p"], 0);
  for (let k = 1; k <= LENGTH + 1; k++) {
    [q, p] = [new Link([q, p], ["q"], k), new Link([q, p], ["p"], k)];
  }
  assert(q.isAnchor && p.isAnchor);
  const next = new Link([q, p], ["q"], LENGTH + 2);
  assertEquals(new Set(next.anchors), new Set([q, p]));
});

Deno.test("a value waits as long as its patience, and longer once it came back", () => {
  const [first] = chain(1);
  assert(!first.hasWaited(first.lastUsed + 1));
  assert(first.hasWaited(first.lastUsed + 2));
  first.comeBack(10);
  assert(!first.hasWaited(14));
  assert(first.hasWaited(15));
});

Deno.test("patience is handed down", () => {
  const [first] = chain(1);
  first.comeBack(3);
  assertEquals(new Link([first], ["next"], 4).patience, first.patience);
});

Deno.test("an anchor never waits to be given back until it is replaced", () => {
  const links = chain(LENGTH + 1), [, second] = links;
  assert(!second.hasWaited(10_000));
  new Link(links.slice(-1), ["anchor"], LENGTH + 1);
  assert(second.hasWaited(10_000));
});
