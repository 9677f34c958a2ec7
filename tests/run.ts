/**
 * Runs the tests (`deno task test`) or the checks (`deno task check`) and ends with the line
 * `N passed, N failed`.
 *
 *   deno task test                    all tests, then every example in the documentation
 *   deno task test tests/nn           a part of the tests, without the examples
 *   deno task test --backend=gl       with DENO_WEBGPU_BACKEND=gl (dx12: no adapter on Linux)
 *
 * The tests take `@std/…` from JSR; where JSR does not answer, an import map puts the small modules
 * of tests/support in their place.
 */

import { type Verdict, verdict } from "./support/verdict.ts";

const CLOSED_MAP = "tests/support/closed_network.json";
const PUBLIC = ["mod.ts", "complex/mod.ts", "nn/mod.ts", "gpu/mod.ts"];
const DOCUMENTED = ["mod.ts", "complex/", "nn/", "gpu/", "README.md"];
/** Examples of a chapter build on one another, by files in out/: they run in order. */
const GUIDE = "docs/";
const TEST_PERMISSIONS = [
  "--allow-read",
  "--allow-write=out",
  "--allow-run",
  "--allow-net=127.0.0.1",
  "--allow-env=ARGAND_DEVICE,ARGAND_REQUIRE_GPU,ARGAND_REQUIRE_BROWSER,DENO_WEBGPU_BACKEND",
];

/** Asks JSR for one small package, for three seconds at most. */
async function jsrAnswers(): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["cache", "--no-config", "--no-lock", "jsr:@std/assert@1"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill(), 3000);
  const { success } = await child.status;
  clearTimeout(timer);
  return success;
}

/** The copy of the lock file that a run with JSR writes to. */
let scratchLock: string | undefined;

/**
 * The flags that choose where `@std/…` comes from. Deno would note JSR's modules in the lock file:
 * it is given a copy, since the committed one must serve closed networks too.
 */
async function resolution(): Promise<string[]> {
  if (!await jsrAnswers()) {
    console.log(`JSR does not answer: @std/assert is tests/support/assert.ts (${CLOSED_MAP})`);
    return [`--import-map=${CLOSED_MAP}`, "--frozen"];
  }
  console.log("JSR answers: @std/assert comes from there");
  scratchLock = await Deno.makeTempFile({ prefix: "argand-", suffix: ".lock" });
  await Deno.copyFile("deno.lock", scratchLock);
  return [`--lock=${scratchLock}`];
}

/** Runs this Deno with `args`, shows what it prints, and adds up its `N passed | N failed` lines. */
async function deno(args: string[], backend?: string): Promise<Verdict> {
  console.log(`\n> deno ${args.join(" ")}`);
  const env: Record<string, string> = {};
  if (Deno.stdout.isTerminal()) env.FORCE_COLOR = "1";
  if (backend) env.DENO_WEBGPU_BACKEND = backend;
  const child = new Deno.Command(Deno.execPath(), { args, env, stdout: "piped" }).spawn();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    Deno.stdout.writeSync(chunk);
    text += decoder.decode(chunk, { stream: true });
  }
  const outcome = verdict(text, await child.status);
  if (outcome.diedAfter) {
    console.log(`All tests passed; then the process died while it exited (${outcome.diedAfter}).`);
  }
  return outcome;
}

/** A step that is itself one check: passed or failed. */
async function step(args: string[]): Promise<Verdict> {
  const { ok } = await deno(args);
  return { ok, passed: Number(ok), failed: Number(!ok) };
}

async function test(args: string[]): Promise<Verdict[]> {
  const backend = args.find((a) => a.startsWith("--backend="))?.slice("--backend=".length);
  const flags = args.filter((a) => a.startsWith("--") && !a.startsWith("--backend="));
  const paths = args.filter((a) => !a.startsWith("--"));
  // Most of the time goes into compiling shaders, which Mesa does on one core: files run beside one
  // another. Through EGL they don't, for Mesa may crash where a thread that used it ends.
  const parallel = backend === "gl" ? [] : ["--parallel"];
  const inOrder = [...await resolution(), ...TEST_PERMISSIONS, ...flags];
  const common = [...inOrder, ...parallel];
  if (paths.length > 0) return [await deno(["test", ...common, ...paths], backend)];
  return [
    await deno(["test", ...common, "tests/"], backend),
    await deno(["test", "--doc", ...common, ...DOCUMENTED], backend),
    await deno(["test", "--doc", ...inOrder, GUIDE], backend),
  ];
}

async function check(): Promise<Verdict[]> {
  const flags = await resolution();
  return [
    await step(["fmt", "--check"]),
    await step(["lint"]),
    await step(["check", ...flags, "."]),
    await step(["check", "--config", "bench/deno.json", "bench/"]),
    await step(["doc", "--lint", ...PUBLIC]),
    await step(["test", "--doc", ...flags, ...TEST_PERMISSIONS, ...DOCUMENTED, GUIDE]),
    await step(["task", "wasm", "--check"]),
    await step(["publish", "--dry-run", "--allow-dirty"]),
  ];
}

const [task, ...args] = Deno.args;
const outcomes = task === "check" ? await check() : await test(args);
if (scratchLock) await Deno.remove(scratchLock);
const sum = (pick: (o: Verdict) => number) => outcomes.reduce((total, o) => total + pick(o), 0);
// A run that dies before its summary, by a type error for instance, counts as one failure.
const failed = sum((o) => o.ok ? 0 : Math.max(1, o.failed));
console.log(`\n${sum((o) => o.passed)} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
