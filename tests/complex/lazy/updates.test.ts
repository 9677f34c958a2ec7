import { assert, assertEquals, assertThrows } from "@std/assert";
import { ones, parameter, tensor } from "../../../complex/create/create.ts";
import { run } from "../../../complex/lazy/realize.ts";
import { allOrNothing, assign, settle } from "../../../complex/lazy/updates.ts";
import { ArgandError } from "../../../gpu/contract/errors.ts";
import { onEngines } from "../../support/engines.ts";

/** A state of two numbers that has run. */
function made() {
  const { state } = parameter(tensor([1, 2]));
  run([]);
  return state!;
}
const next = () => ones([2]).node;

onEngines("assign() refuses all updates if one does not fit", () => {
  const [a, b] = [made(), made()];
  assertThrows(() => assign([a, next()], [b, ones([3]).node]), ArgandError, "Cannot assign");
  assert(!a.isPending && !b.isPending);
});

onEngines("assign() runs an update that is pending before it makes another", () => {
  const w = made();
  assign([w, next()]);
  assign([w, next()]);
  assertEquals([w.version, w.pendingVersion], [2, 3]);
  run([]);
});

onEngines("settle() runs what is pending only for those states", () => {
  const [a, b] = [made(), made()];
  assign([a, next()]);
  settle([b]);
  assert(a.isPending);
  settle([b, a]);
  assert(!a.isPending);
});

onEngines("allOrNothing() takes back what failed work has assigned, and no more", () => {
  const [before, a] = [made(), made()];
  assign([before, next()]);
  const failing = () =>
    allOrNothing(() => {
      assign([a, next()]);
      throw new Error("no");
    });
  assertThrows(failing, Error, "no");
  assertEquals([before.isPending, a.isPending, a.version], [true, false, 1]);
  run([]);
});

onEngines("allOrNothing() takes back an update that took the place of one that ran", () => {
  const w = made();
  assign([w, next()]);
  const failing = () =>
    allOrNothing(() => {
      assign([w, next()]);
      throw new Error("no");
    });
  assertThrows(failing, Error, "no");
  assertEquals([w.isPending, w.version], [false, 2]);
});

onEngines("allOrNothing() keeps what work that succeeds has assigned", () => {
  const w = made();
  allOrNothing(() => assign([w, next()]));
  assert(w.isPending);
  run([]);
});
