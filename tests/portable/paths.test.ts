import { assertEquals } from "@std/assert";
import { textsIn } from "../docs/texts.ts";

const FLOORS = ["bench", "complex", "examples", "gpu", "nn", "tests"];

Deno.test("no file takes the pathname of a URL for a path, where a space is %20", async () => {
  const wrong: string[] = [];
  for (const [path, text] of await textsIn(FLOORS)) {
    for (const [k, line] of text.split("\n").entries()) {
      // A request's pathname may be compared.
      if (/[.]pathname\b(?! ===)/.test(line)) wrong.push(`${path}:${k + 1}`);
    }
  }
  assertEquals(wrong, []);
});
