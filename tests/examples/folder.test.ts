import { assertEquals, assertMatch } from "@std/assert";
import { inFolder } from "../support/folder.ts";
import { noOutput, unless } from "../support/ignored.ts";
import { runExample } from "./program.ts";

Deno.test({
  ...unless(noOutput, "examples find out before they compute that their folder takes no files"),
  fn: () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/file`, "where the folder should be");
      const names = ["fibre", "mnist", "schrodinger", "study"];
      await Promise.all(names.map(async (name) => {
        const { code, out, err } = await runExample(name, `--out=${folder}/file/report`);
        assertEquals([code, out], [1, ""], err);
        assertMatch(err, /^Cannot write into the folder out\/files-\w+\/file\/report: .+\n$/);
      }));
    }),
});
