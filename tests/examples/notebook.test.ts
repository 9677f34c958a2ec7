/**
 * Runs the notebooks as Deno's kernel does: its cells are lines of Deno's REPL, in which `_` is the
 * value of the last one. `deno fmt` leaves notebooks out (deno.json): Deno 2.9 calls each of them
 * unformatted, also one that it has just formatted.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { decode } from "fast-png";
import { z } from "zod";
import { noOutput, unless } from "../support/ignored.ts";

const FOLDER = new URL("../../examples/notebooks/", import.meta.url);
const ROOT = `${import.meta.dirname}/../..`;

const notebookSchema = z.object({
  cells: z.array(z.object({
    cell_type: z.enum(["markdown", "code"]),
    source: z.array(z.string()),
    outputs: z.array(z.unknown()).optional(),
    execution_count: z.number().nullish(),
  })),
  metadata: z.object({ kernelspec: z.object({ name: z.literal("deno") }) }),
});
type Notebook = z.infer<typeof notebookSchema>;

async function read(name: string): Promise<Notebook> {
  return notebookSchema.parse(JSON.parse(await Deno.readTextFile(new URL(name, FOLDER))));
}

const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
  .filter((name) => name.endsWith(".ipynb"));

/** Marks what the REPL shows of a cell in the output. */
const MARK = "shown by the cell: ";
const SHOW = `if (typeof _error !== "undefined" && _error) throw _error;
console.log(${JSON.stringify(MARK)} + JSON.stringify(
  await _?.[Symbol.for("Jupyter.display")]?.() ?? {},
));`;

/** What each of the cells shows, by kind of content. */
async function runCells(cells: readonly string[]): Promise<Record<string, string>[]> {
  const folder = await Deno.makeTempDir({ dir: `${ROOT}/out` });
  try {
    const show = `${folder}/show.ts`;
    await Deno.writeTextFile(show, SHOW);
    const files = await Promise.all(cells.map(async (text, k) => {
      await Deno.writeTextFile(`${folder}/cell${k}.ts`, text);
      return `${folder}/cell${k}.ts,${show}`;
    }));
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      cwd: ROOT,
      args: ["repl", "--allow-all", "--no-lock", "--eval-file", files.join(",")],
      stdin: "null",
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    const found = text.split("\n").filter((line) => line.startsWith(MARK));
    assertEquals(found.length, cells.length, text + new TextDecoder().decode(stderr));
    return found.map((line) => JSON.parse(line.slice(MARK.length)));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (noOutput === null) await Deno.mkdir(`${ROOT}/out`, { recursive: true });

for (const name of names) {
  Deno.test(`${name} is kept without results`, async () => {
    for (const { cell_type, outputs, execution_count } of (await read(name)).cells) {
      if (cell_type === "code") assertEquals([outputs, execution_count], [[], null]);
    }
  });

  Deno.test({
    ...unless(noOutput, `every cell of ${name} runs, and ends in a picture`),
    async fn() {
      const { cells } = await read(name);
      const code = cells.filter((c) => c.cell_type === "code").map((c) => c.source.join(""));
      assert(code.length > 3);
      for (const [k, shown] of (await runCells(code)).entries()) {
        assertMatch(shown["text/plain"], /^(ComplexTensor|RealTensor|Drawing) /, code[k]);
        const png = decode(Uint8Array.from(atob(shown["image/png"]), (c) => c.charCodeAt(0)));
        assert(png.width > 320 && png.height >= 320, `${png.width}×${png.height}`);
        assert(new Set(png.data).size > 50, "the picture is nearly empty");
      }
    },
  });
}

Deno.test({
  ...unless(noOutput, "a cell that fails is noticed"),
  async fn() {
    let caught: unknown;
    await runCells(["const a = 1; a", "throw new Error('no')"]).catch((error) => caught = error);
    assert(caught instanceof Error);
    assertMatch(caught.message, /no/);
  },
});
