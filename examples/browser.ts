/**
 * Makes a page on which you can watch a complex network learn: out/browser/index.html, one file that
 * needs nothing else. `--serve` also serves it, with the headers that give the CPU engine threads.
 *
 *   deno task browser --serve
 */
import { z } from "zod";
import { readOptions } from "./support/command_line.ts";
import { openFolder } from "./support/folder.ts";
import { writePage } from "./support/page.ts";
import { markup } from "./browser/markup.ts";
import { bundle } from "./browser/bundle.ts";

const FOLDER = "out/browser";
const PAGE = `${FOLDER}/index.html`;

const optionsSchema = z.strictObject({
  serve: z.boolean().default(false),
  port: z.coerce.number().int().min(0).max(65535).default(8000),
});
const { serve, port } = readOptions("make the page", optionsSchema, ["serve"], "--serve --port N");

await openFolder(FOLDER);
const page = markup(await bundle("examples/browser/main.ts"));
await writePage(PAGE, page);
console.log(`The page is ${PAGE}`);
if (serve) {
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  };
  const onListen = ({ hostname, port }: Deno.NetAddr) =>
    console.log(`and at http://${hostname}:${port}/, until Ctrl+C`);
  Deno.serve({ hostname: "127.0.0.1", port, onListen }, () => new Response(page, { headers }));
}
