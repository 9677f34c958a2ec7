/**
 * Runs the tests of `complex` and `nn` once more in a Deno without any `--allow-…`: computing needs no
 * permission. What needs one all the same is listed here, and nothing else may fail.
 */
import { assert, assertEquals } from "@std/assert";
import { exhaustive } from "../support/exhaustive.ts";
import { noAdapter, unless } from "../support/ignored.ts";

/** Files whose tests are about files, or read their golden cases as they begin. */
const ABOUT_FILES: ReadonlySet<string> = new Set([
  "tests/complex/files/disk.test.ts", // writes out/
  "tests/complex/golden.test.ts", // reads tests/golden
  "tests/complex/npy.test.ts", // reads tests/golden/npy, writes out/
  "tests/complex/safetensors.test.ts", // reads tests/golden, writes out/
  "tests/complex/touchstone.test.ts", // writes out/
  "tests/complex/transforms/explain.test.ts", // starts processes
  "tests/nn/checkpoint_files.test.ts", // writes out/, starts processes
  "tests/nn/checkpoints.test.ts", // reads tests/golden
  "tests/nn/fit.test.ts", // writes out/, starts processes
  "tests/nn/fit_device_loss.test.ts", // writes out/
  "tests/nn/fit_recovery.test.ts", // writes out/
  "tests/nn/golden.test.ts", // reads tests/golden
  "tests/nn/mnist.test.ts", // reads data and tests/golden
  "tests/nn/optim_golden.test.ts", // reads tests/golden
  "tests/nn/optim_lbfgs.test.ts", // reads tests/golden
  "tests/nn/optim_schedules.test.ts", // reads tests/golden
  "tests/nn/optim_schedules_combined.test.ts", // reads tests/golden
  "tests/nn/saved.test.ts", // reads tests/golden
  "tests/nn/table.test.ts", // reads nn/LAYERS.md
]);

/** Tests of other files that read one, by words of their names. */
const READING = [
  "the golden case", // tests/golden
  "agree with PyTorch's (cpu)", // tests/golden
  "agree with PyTorch's over", // tests/golden
  "without a seed every process", // a module once more
  "of a measured fibre", // examples/data
  "every layer of the table", // nn/LAYERS.md
];

/** What runs on both engines every time; on WebGPU shaders take their time to compile. */
const SOME = ["complex/fusion", "complex/combine", "nn/layers", "nn/optim_refusal", "nn/pool"]
  .map((name) => `tests/${name}.test.ts`);

/** The files of tests in a folder and in those within it. */
async function files(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await files(path));
    else if (name.endsWith(".test.ts")) found.push(path);
  }
  return found.sort();
}

/** How many tests passed, and the names of those ignored; what failed must be on the lists above. */
async function withoutPermissions(
  paths: readonly string[],
  env: Record<string, string> = {},
): Promise<{ passed: number; ignored: string[] }> {
  const map = "tests/support/closed_network.json";
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["test", "--no-prompt", "--no-check", "--no-lock", `--import-map=${map}`, "--parallel"],
      ...paths,
    ],
    env: { NO_COLOR: "1", DENO_NO_PROMPT: "1", ...env },
  }).output();
  const text = new TextDecoder().decode(stdout);
  const errors = [...text.matchAll(/^(.+ => \.\/\S+|.+ \(uncaught error\))\nerror: (.*)$/gm)];
  const wrong = errors.filter(([, place, error]) =>
    !READING.some((words) => place.includes(words)) || !error.includes("Requires read access")
  );
  assertEquals(wrong.map(([, place, error]) => `${place}: ${error}`), []);
  const summary = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/m.exec(
    text,
  );
  assert(summary, `the tests did not come to an end:\n${text.slice(-1000)}`);
  const [passed, failed] = summary.slice(1).map(Number);
  assertEquals(failed, errors.length);
  const ignored = [...text.matchAll(/^.* => (.*) \.\.\. ignored/gm)].map(([, name]) => name);
  return { passed, ignored };
}

// No adapter has this backend here, so that the tests on WebGPU are ignored.
const ON_CPU = { DENO_WEBGPU_BACKEND: Deno.build.os === "linux" ? "dx12" : "noop" };

Deno.test("some tests of complex and nn pass without any permission on the CPU engine", async () => {
  const { passed } = await withoutPermissions(SOME, ON_CPU);
  assert(passed >= 45, `${passed} tests passed`);
});

exhaustive(
  "the tests of complex and nn pass without any permission on the CPU engine",
  async () => {
    const all = [...await files("tests/complex"), ...await files("tests/nn")];
    const paths = all.filter((path) => !ABOUT_FILES.has(path));
    assertEquals(paths.length, all.length - ABOUT_FILES.size, "a listed file is gone");
    const { passed } = await withoutPermissions(paths, ON_CPU);
    assert(passed >= 550, `${passed} tests passed`);
  },
);

Deno.test({
  ...unless(noAdapter, "some tests of complex and nn pass without any permission on WebGPU"),
  async fn() {
    const { passed, ignored } = await withoutPermissions(SOME);
    assert(passed >= 90, `${passed} tests passed`);
    assertEquals(ignored.filter((name) => !name.includes("only with --all")), []);
  },
});
