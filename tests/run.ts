/**
 * Runs the tests (`deno task test`), the checks (`deno task check`) or the everyday check (`deno task
 * ok`) and ends with the line `N passed, N failed`.
 *
 *   deno task test                    the tests
 *   deno task test --all              those too that take long, which else are ignored, in words
 *   deno task test tests/nn           a part of them
 *   deno task test --backend=gl       with DENO_WEBGPU_BACKEND=gl (dx12: no adapter on Linux)
 *
 * The tests take `@std/…` from JSR; where JSR does not answer, an import map puts the small modules
 * of tests/support in their place.
 */

import { changedFiles, testsFor } from "./support/changed.ts";
import { type Verdict, verdict } from "./support/verdict.ts";

const CLOSED_MAP = "tests/support/closed_network.json";
const PUBLIC = [
  ...["mod.ts", "complex/mod.ts", "nn/mod.ts", "gpu.ts"],
  ...["ready/mod.ts", "ready/complex.ts", "ready/nn.ts", "ready/gpu.ts"],
];
/** Their examples run in tests/docs; `deno task check` looks at the types in them. */
const DOCUMENTED = ["mod.ts", "gpu.ts", "complex/", "nn/", "gpu/", "README.md"];
const TEST_PERMISSIONS = [
  "--allow-read",
  "--allow-write=out",
  "--allow-run",
  "--allow-net=127.0.0.1",
  "--allow-env=ARGAND_DEVICE,ARGAND_REQUIRE_GPU,ARGAND_REQUIRE_BROWSER,ARGAND_TEST_ALL,DENO_WEBGPU_BACKEND,XDG_RUNTIME_DIR",
];
/** A backend of WebGPU that no adapter has here. */
const NO_BACKEND = Deno.build.os === "linux" ? "dx12" : "noop";

type Environment = Readonly<Record<string, string>>;

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

const encoder = new TextEncoder();

/** Prints a text; a pipe may take it in pieces. */
function show(text: string): void {
  let rest = encoder.encode(text);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
}

/** Runs this Deno with `args`, shows what it prints, and adds up its `N passed | N failed` lines. */
async function deno(
  args: readonly string[],
  environment: Environment = {},
  print = show,
): Promise<Verdict> {
  print(`\n> deno ${args.join(" ")}\n`);
  const env = Deno.stdout.isTerminal() ? { FORCE_COLOR: "1", ...environment } : environment;
  const child = new Deno.Command(Deno.execPath(), { args: [...args], env, stdout: "piped" })
    .spawn();
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of child.stdout) {
    const piece = decoder.decode(chunk, { stream: true });
    print(piece);
    text += piece;
  }
  const outcome = verdict(text, await child.status);
  if (outcome.ok && outcome.signal) {
    print(`All tests passed; then the process died while it exited (${outcome.signal}).\n`);
  }
  return outcome;
}

/** The files at or below a path whose names end so, by default those of tests. */
async function* filesAt(path: string, ending = ".test.ts"): AsyncGenerator<string> {
  if ((await Deno.stat(path)).isFile) return yield path;
  const entries = await Array.fromAsync(Deno.readDir(path));
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const inside = `${path.replace(/\/$/, "")}/${name}`;
    if (isDirectory) yield* filesAt(inside, ending);
    else if (name.endsWith(ending)) yield inside;
  }
}

/**
 * Each file in a process of its own, two at a time, and once more where a signal ended it: where a
 * thread that used Mesa's EGL ends, its memory is now and then freed twice, which ends the process
 * (`double free`, in two of seven runs of tests/gpu/expression.test.ts; through Vulkan it was seen
 * once, when all tests had passed).
 */
async function throughEgl(
  args: readonly string[],
  paths: readonly string[],
  env: Environment,
): Promise<Verdict[]> {
  const files: string[] = [];
  for (const path of paths) files.push(...await Array.fromAsync(filesAt(path)));
  const verdicts: Verdict[] = [];
  const next = async (): Promise<void> => {
    const file = files.shift();
    if (file === undefined) return;
    let text = "";
    const run = () => deno([...args, file], env, (piece) => void (text += piece));
    let outcome = await run();
    if (outcome.signal && !outcome.ok && outcome.failed === 0) {
      text += `${file} was ended by ${outcome.signal} through EGL: once more\n`;
      outcome = await run();
    }
    show(text);
    verdicts.push(outcome);
    await next();
  };
  await Promise.all([next(), next()]);
  return verdicts;
}

/** A step that is itself one check: passed or failed. */
async function step(args: readonly string[]): Promise<Verdict> {
  const { ok } = await deno(args);
  return { ok, passed: Number(ok), failed: Number(!ok) };
}

async function test(args: readonly string[]): Promise<Verdict[]> {
  const backend = args.find((a) => a.startsWith("--backend="))?.slice("--backend=".length);
  const flags = args.filter((a) =>
    a.startsWith("--") && a !== "--all" && !a.startsWith("--backend=")
  );
  const given = args.filter((a) => !a.startsWith("--"));
  const paths = given.length > 0 ? given : ["tests/"];
  const env: Record<string, string> = {};
  if (backend) env.DENO_WEBGPU_BACKEND = backend;
  if (args.includes("--all")) env.ARGAND_TEST_ALL = "1";
  const common = ["test", ...await resolution(), ...TEST_PERMISSIONS, ...flags];
  if (backend === "gl") return await throughEgl(common, paths, env);
  // Most of the time goes into compiling shaders, which Mesa does on one core: files run beside one
  // another.
  return [await deno([...common, "--parallel", ...paths], env)];
}

async function check(): Promise<Verdict[]> {
  const flags = await resolution();
  // Deno finds the pages only where they are named one by one.
  const pages = await Array.fromAsync(filesAt("docs", ".md"));
  return [
    await step(["fmt", "--check"]),
    await step(["lint"]),
    await step(["check", ...flags, "."]),
    await step(["check", "--config", "bench/deno.json", "bench/"]),
    // As the type checker of a page sees the sources, which knows neither Deno nor Node.
    await step(["check", "--config", "tests/portable/page_types.json", "mod.ts"]),
    await step(["doc", "--lint", ...PUBLIC]),
    await step(["check", "--doc-only", ...flags, ...DOCUMENTED, ...pages]),
    await step(["task", "wasm", "--check"]),
    await step(["task", "operations", "--check"]),
    await step(["publish", "--dry-run", "--allow-dirty"]),
  ];
}

/** Format, lint, types, and the tests of what changed since main, on the CPU engine. */
async function ok(): Promise<Verdict[]> {
  const flags = await resolution();
  const changed = await changedFiles();
  if (changed === null) {
    console.log("What changed can't be asked of git: a few tests stand for all");
  }
  const paths = testsFor(changed ?? [], await Array.fromAsync(filesAt("tests")));
  const common = ["test", "--no-check", "--parallel", ...flags, ...TEST_PERMISSIONS];
  return [
    await step(["fmt", "--check"]),
    await step(["lint"]),
    await step(["check", ...flags, "."]),
    await deno([...common, ...paths], { DENO_WEBGPU_BACKEND: NO_BACKEND }),
  ];
}

const [task, ...args] = Deno.args;
const outcomes = await (task === "check" ? check() : task === "ok" ? ok() : test(args));
if (scratchLock) await Deno.remove(scratchLock);
const sum = (pick: (o: Verdict) => number) => outcomes.reduce((total, o) => total + pick(o), 0);
// A run that dies before its summary, by a type error for instance, counts as one failure.
const failed = sum((o) => o.ok ? 0 : Math.max(1, o.failed));
console.log(`\n${sum((o) => o.passed)} passed, ${failed} failed`);
Deno.exit(failed === 0 ? 0 : 1);
