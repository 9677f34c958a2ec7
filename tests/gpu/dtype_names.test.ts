import { assertEquals } from "@std/assert";
import { DTYPES } from "../../gpu/contract/dtype.ts";

const ROOT = new URL("../../", import.meta.url);
const NAMES = `"(${Object.keys(DTYPES).join("|")})"`;
/** A dtype that is compared with a name, where its row should be asked. */
const COMPARED = new RegExp(`[!=]==? *${NAMES}|${NAMES} *[!=]==?`);

/** The lines of all sources below `folder` that ask a dtype for its name. */
function* comparisons(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    const path = `${folder}${name}`;
    if (isDirectory) yield* comparisons(`${path}/`);
    if (!name.endsWith(".ts") || path === "gpu/contract/dtype.ts") continue;
    const lines = Deno.readTextFileSync(new URL(path, ROOT)).split("\n");
    for (const [k, line] of lines.entries()) {
      const isComment = line.trimStart().startsWith("*"); // examples may
      if (!isComment && COMPARED.test(line)) yield `${path}:${k + 1}: ${line.trim()}`;
    }
  }
}

Deno.test("no source compares a dtype with a name: it asks the dtype's row", () => {
  const found = ["gpu/", "complex/", "nn/"].flatMap((folder) => [...comparisons(folder)]);
  assertEquals(found, [], "see gpu/contract/dtype.ts: isComplex(), isReal(), realOf(), wgslOf() …");
});

Deno.test("the rule finds the comparisons that it forbids", () => {
  for (const line of ['x.dtype === "complex64"', 'if ("float32" !== dtype)', 'd == "uint32"']) {
    assertEquals(COMPARED.test(line), true, line);
  }
  for (const line of ['dtype: "complex64"', 'inputs: ["float32"]', "isComplex(dtype)"]) {
    assertEquals(COMPARED.test(line), false, line);
  }
});
