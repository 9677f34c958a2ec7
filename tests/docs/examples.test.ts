import { assertEquals } from "@std/assert";
import { manualSeed } from "../../complex/create/random.ts";
import { use } from "../../gpu/engines/device.ts";
import { type Example, examplesIn } from "./examples.ts";
import { holds, record, run } from "./printed.ts";
import { textsIn } from "./texts.ts";

/** Where examples are written to, to be loaded as modules. */
const FOLDER = "out/examples";

/** Runs an example as a script of its own would run, but on the CPU engine, and in this process. */
async function problems(example: Example): Promise<string[]> {
  const { at } = example;
  const recorded = record(example);
  const path = `${FOLDER}/${at.replaceAll(/[/:]/g, "_")}.ts`;
  await Deno.writeTextFile(path, recorded.source);
  await use("cpu");
  manualSeed(0);
  try {
    const wrong = await run(recorded, () => import(new URL(`../../${path}`, import.meta.url).href));
    return wrong.map((problem) => `${at}, ${problem}`);
  } finally {
    await Deno.remove(path);
  }
}

await Deno.mkdir(FOLDER, { recursive: true });
for (
  const [path, text] of await textsIn([
    "README.md",
    "CONTRIBUTING.md",
    "docs",
    "mod.ts",
    "gpu.ts",
    "complex",
    "nn",
    "gpu",
  ])
) {
  const examples = examplesIn(path, text);
  if (examples.length === 0) continue;
  Deno.test(`the examples of ${path} run and print what they say`, async () => {
    const wrong: string[] = [];
    for (const example of examples) wrong.push(...await problems(example));
    assertEquals(wrong, []);
  });
}

Deno.test("an example that prints something else is found", async () => {
  const check = (line: string) => problems({ at: "a_wrong_example.md:1", source: line });
  assertEquals(await check("console.log(1 + 1); // 3"), [
    'a_wrong_example.md:1, line 1 says "3" and prints "2"',
  ]);
});

Deno.test("an output that a page shows is compared with all that its example prints", async () => {
  const page = (output: string) =>
    "```ts\nconsole.log(1); // 1\nconsole.log([2, 3]);\n```\n\nprints\n\n```text\n" + output +
    "```\n";
  const check = (path: string, output: string) => problems(examplesIn(path, page(output))[0]);
  assertEquals(await check("an_output.md", "1\n[ 2, 3 ]\n"), []);
  assertEquals((await check("another_output.md", "1\n[ 2, 4 ]\n")).length, 1);
});

Deno.test("an example is found where its line never ran", async () => {
  const source = "if (Date.now() < 0) console.log(1); // 1";
  assertEquals((await problems({ at: "a_silent_example.md:1", source })).length, 1);
});

Deno.test("what an example prints is compared by words and numbers", () => {
  const yes = (says: string, ...prints: string[]) => assertEquals(holds({ says, prints }), true);
  const no = (says: string, ...prints: string[]) => assertEquals(holds({ says, prints }), false);
  yes("1, 2 (the sum is 3)", "Float32Array(2) [ 1, 2 ]");
  yes("{ re: 1, im: 0 }", "{ re: 1, im: -0 }");
  yes("0, 1", "0", "1");
  yes("≈ 0.33", "0.3349");
  yes("…, 1.gamma, …", '[ "0.weight", "1.gamma", "2.weight" ]');
  yes("such as 40 ms", "12 ms");
  no("1, 2", "[ 1, 2, 3 ]");
  no("1, 2, 3", "[ 1, 2 ]");
  no("2, 1", "[ 1, 2 ]");
  no("0.33", "0.3349");
  no("≈ 0.33", "0.351");
  no("true", "false");
});
