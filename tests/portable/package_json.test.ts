/** The first program of docs/start.md in a folder of Node's tools. */
import { assertEquals } from "@std/assert";
import { inFolder } from "../support/folder.ts";

const HELLO = `
import { complex } from "@argand/argand";
console.log(await complex([3, 0], [4, 1]).abs().toArray());`;

for (const type of ["commonjs", "module", undefined]) {
  Deno.test(`beside a package.json of type ${type}, nodeModulesDir "auto" is enough`, async () => {
    await inFolder(async (folder) => {
      const argand = new URL("../../ready/mod.ts", import.meta.url).href;
      const files = {
        "deno.json": JSON.stringify({
          nodeModulesDir: "auto",
          imports: { "@argand/argand": argand },
        }),
        "package.json": JSON.stringify({ private: true, type }),
        "hello.ts": HELLO,
      };
      for (const [name, text] of Object.entries(files)) {
        await Deno.writeTextFile(`${folder}/${name}`, text);
      }
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-lock", "--allow-env=XDG_RUNTIME_DIR", "hello.ts"],
        cwd: folder,
        env: { NO_COLOR: "1" },
      }).output();
      const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assertEquals([out, said], ["[ 5, 1 ]\n", ""]);
    });
  });
}
