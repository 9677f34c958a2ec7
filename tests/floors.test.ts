/** Imports run down only, and ARCHITECTURE.md draws the floors as they are. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { drawFloors, floorsOf, foldersOf, readImports } from "./support/floors.ts";

const FLOORS = ["gpu", "complex", "nn", "ready", "examples"];
/** The folders whose floors ARCHITECTURE.md draws. */
const DRAWN = ["", "gpu/", "complex/", "complex/lazy/", "nn/"];
const imports = await readImports(FLOORS);

Deno.test("no two entries of a folder import each other, types included", () => {
  const folders = foldersOf(imports);
  assert(folders.length > 30, `only ${folders.length} folders were found`);
  for (const folder of folders) floorsOf(folder, imports);
});

Deno.test("the floors are gpu, complex, nn, the package's faces and the examples", () => {
  assertEquals(floorsOf("", imports), [
    ["gpu/"],
    ["complex/"],
    ["gpu.ts", "nn/"],
    ["mod.ts"],
    ["ready/"],
    ["examples/"],
  ]);
});

Deno.test("the examples import the package by its public names only", () => {
  for (const [file, targets] of imports) {
    if (!file.startsWith("examples/")) continue;
    const inside = targets.filter((path) =>
      !path.startsWith("examples/") && !/^ready\/\w+\.ts$/.test(path)
    );
    assertEquals(inside, [], file);
  }
});

Deno.test("ARCHITECTURE.md draws the floors as the imports have them", async () => {
  const text = await Deno.readTextFile("ARCHITECTURE.md");
  for (const folder of DRAWN) {
    const drawing = drawFloors(folder, imports);
    assert(text.includes(`${drawing}\n`), `ARCHITECTURE.md lacks the drawing\n${drawing}`);
  }
});

Deno.test("an import that closes a circle is found and named", () => {
  const circular = new Map([
    ["a/one.ts", ["a/two.ts", "b/low.ts"]],
    ["a/two.ts", []],
    ["b/low.ts", ["a/two.ts"]],
  ]);
  assertEquals(floorsOf("a/", circular), [["two.ts"], ["one.ts"]]);
  assertThrows(() => floorsOf("", circular), Error, "circle in the root: a/ → b/ → a/");
});
