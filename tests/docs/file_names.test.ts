import { assert, assertEquals } from "@std/assert";
import { everything, exists, leads, linksIn, namesIn } from "./file_names.ts";
import { textsIn } from "./texts.ts";

const texts = await textsIn(["."]);
const paths = await everything();

Deno.test("files and folders that comments and pages name exist", () => {
  const missing = texts.flatMap(([path, text]) =>
    [...namesIn(path, text)].filter((name) => !exists(name, path, paths))
      .map((name) => `${path} names ${name}`)
  );
  assertEquals(missing, []);
});

Deno.test("links between pages lead to a file, and to a heading in it", async () => {
  const broken: string[] = [];
  for (const [path, text] of texts) {
    if (!path.endsWith(".md")) continue;
    for (const target of linksIn(text)) {
      if (!await leads(target, path)) broken.push(`${path} links to ${target}`);
    }
  }
  assertEquals(broken, []);
});

Deno.test("a name that is stale is found, in comments and in pages", () => {
  const [file, folder] = ["complex/no_such_file.ts", "nn/no_folder/"];
  const comments = `/** See \`${file}\`. */\nconst a = 1; // as in ${folder}\n`;
  assertEquals([...namesIn("a.ts", comments)], [file, folder]);
  assertEquals([...namesIn("a.md", "`gone.ts`, `old/`\n```\nb.ts\n```\n")], ["gone.ts", "old/"]);
  assert(!exists(file, "a.ts", paths));
  assert(!exists("no/mod.ts", "a.ts", paths));
  assert(exists("complex/mod.ts", "a.ts", paths));
  assert(exists("docs/examples.test.ts", "a.ts", paths));
  assert(exists("../mod.ts", "nn/layers/a.ts", paths));
});

Deno.test("a link that leads nowhere is found", async () => {
  assert(await leads("start.md#first-numbers", "docs/README.md"));
  assert(!await leads("start.md#last-numbers", "docs/README.md"));
  assert(!await leads("beginning.md", "docs/README.md"));
});
