import { assertEquals } from "@std/assert";
import { shortened, showBytes, tableLines } from "../../gpu/tools/table.ts";

Deno.test("a table's first columns are flush left, the others flush right", () => {
  const rows = [["kernel", "form", "ms"], ["exp", "WGSL", "10.5"]];
  assertEquals(tableLines(rows), ["kernel  form    ms", "exp     WGSL  10.5"]);
  assertEquals(
    tableLines([["a", "b"], ["long", "c"]], 2),
    ["a     b", "long  c"],
    "no blanks behind",
  );
});

Deno.test("bytes are shown in the largest unit of which there is one", () => {
  const shown = [0, 1023, 1024, 1536, 2 ** 20 - 1, 2 ** 20, 5 * 2 ** 30].map(showBytes);
  assertEquals(shown, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "1024 KiB", "1 MiB", "5 GiB"]);
});

Deno.test("a long text is cut, and says so", () => {
  assertEquals(shortened("matmul+relu", 11), "matmul+relu");
  assertEquals(shortened("matmul+relu+add", 11), "matmul+rel…");
});
