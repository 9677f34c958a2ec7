import { assertEquals } from "@std/assert";
import { verdict } from "./verdict.ts";

const SUMMARY = "a test ... ok (3ms)\n\nok | 12 passed | 0 failed (1s)\n";

Deno.test("verdict() counts a run that ended well", () => {
  const counted = { ok: true, passed: 12, failed: 0 };
  assertEquals(verdict(SUMMARY, { code: 0, signal: null }), counted);
});

Deno.test("verdict() fails a run with failures, however it ended", () => {
  const text = "FAILED | 11 passed | 1 failed (1s)\n";
  const failed = { ok: false, passed: 11, failed: 1 };
  assertEquals(verdict(text, { code: 1, signal: null }), failed);
  const killed = { ...failed, signal: "SIGSEGV" };
  assertEquals(verdict(text, { code: 139, signal: "SIGSEGV" }), killed);
});

Deno.test("verdict() fails a run that died before its summary, or exited with a code", () => {
  assertEquals(verdict("a test ...", { code: 134, signal: "SIGABRT" }).ok, false);
  assertEquals(verdict(SUMMARY, { code: 1, signal: null }).ok, false);
});

Deno.test("verdict() passes a run that a signal ended after a clean summary, and says so", () => {
  const died = { ok: true, passed: 12, failed: 0, signal: "SIGSEGV" };
  assertEquals(verdict(SUMMARY, { code: 139, signal: "SIGSEGV" }), died);
  const coloured = SUMMARY.replace("ok |", "\x1b[0m\x1b[32mok\x1b[0m |");
  assertEquals(verdict(coloured, { code: 139, signal: "SIGSEGV" }), died);
});
