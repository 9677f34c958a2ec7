import { assert, assertEquals } from "@std/assert";

/** Interfaces of what functions take by name. */
const OPTIONS = /export interface (\w*(?:Options|Arguments|Limits|Layout))\b[^{]*\{(.*?)\n\}/gs;
const OPTIONAL = /\/\*\*((?:(?!\*\/).)*)\*\/\s*readonly (\w+)\?:/gs;
/** How a comment says what holds where an option is absent. */
const SAID = /absent|default|either this or|in place of/;

/** The files of TypeScript in a folder and in those within it. */
async function* files(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* files(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield `${folder}/${name}`;
  }
}

Deno.test("the comment of every option that may be absent says what holds then", async () => {
  const silent: string[] = [];
  let options = 0;
  for (const folder of ["complex", "gpu", "nn"]) {
    for await (const file of files(folder)) {
      for (const [, name, body] of (await Deno.readTextFile(file)).matchAll(OPTIONS)) {
        for (const [, comment, option] of body.matchAll(OPTIONAL)) {
          options++;
          if (!SAID.test(comment)) silent.push(`${file}: ${name}.${option}`);
        }
      }
    }
  }
  assertEquals(silent, []);
  assert(options > 100, `${options} options`);
});
