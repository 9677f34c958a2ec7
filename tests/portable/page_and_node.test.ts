/** The project of docs/page_and_node.md: its files, bundled by its commands, in a page and in Node. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Chromium, html, inChromium, serve } from "../support/chromium.ts";
import { unless } from "../support/ignored.ts";
import { isInstalled } from "../support/installed.ts";
import { bundle, noEsbuild } from "./bundle.ts";
import { inProject, PACKAGES, type Project } from "./project.ts";

const page = await Deno.readTextFile("docs/page_and_node.md");

/** The page's blocks of a kind, each with the file that was named last before it. */
function filesOf(kind: string): [name: string, text: string][] {
  return [...page.matchAll(new RegExp(`^\`\`\`${kind}\n([^]*?)^\`\`\``, "gm"))].map((block) => {
    const names = [...page.slice(0, block.index).matchAll(/`(\w+\.(?:ts|html))`/g)];
    return [names.at(-1)![1], block[1]];
  });
}

/** Makes the project, with the bundle that the page makes by the command that names it. */
async function inBundled(outfile: string, use: (project: Project) => Promise<void>) {
  await inProject(async (project) => {
    for (const [name, text] of [...filesOf("ts ignore"), ...filesOf("html")]) {
      await project.write(name, text);
    }
    const command = page.match(new RegExp(`^npx esbuild .*--outfile=${outfile}$`, "m"))!;
    const [entry, ...flags] = command[0].split(" ").slice(2);
    const options = flags.map((flag) => flag.slice(2).split("="))
      .map(([key, value = true]) => [key, key === "outfile" ? `${project.path}/${value}` : value]);
    const entryPoints = [`${project.path}/${entry}`];
    assertEquals(await bundle([{ ...Object.fromEntries(options), entryPoints }]), [[]]);
    await use(project);
  });
}

/** The last line that is shown while the matrix is learned. */
const LEARNED = /cpu, CPU \(WebAssembly\): step 300, loss 0\.0/;

Deno.test("the guide installs the packages that the sources import", () => {
  const [, packages] = page.match(/^npm install (.*) esbuild$/m)!;
  assertEquals(packages.split(" "), PACKAGES);
  assertEquals(filesOf("ts ignore").map(([name]) => name), ["learn.ts", "page.ts", "train.ts"]);
});

await inChromium("the guide's page learns its matrix", { adapter: false }, async () => {
  if (noEsbuild) return console.log(`left out: ${noEsbuild}`);
  await inBundled("page.js", async (project) => {
    const files: Record<string, Response> = {
      "/": html(await project.read("index.html")),
      "/page.js": new Response(await project.read("page.js"), {
        headers: { "content-type": "text/javascript" },
      }),
    };
    await using site = serve(({ url }) => {
      const asked = Object.keys(files).find((name) => new URL(url).pathname === name);
      return asked ? files[asked] : html("");
    });
    await using browser = await Chromium.open();
    const page = await browser.page(site.url);
    await page.until(`document.querySelector("svg")`);
    assertMatch(await page.evaluate<string>("document.body.textContent"), LEARNED);
    assertEquals(page.complaints, []);
  });
});

const noNode = await isInstalled("node") ? null : "Node is not installed";
Deno.test({
  ...unless(noEsbuild ?? noNode, "the guide's program learns its matrix in Node"),
  fn: () =>
    inBundled("train.cjs", async (project) => {
      assert(page.includes("\nnode train.cjs\n"));
      const { out, complaints } = await project.run("node", "train.cjs");
      assertEquals(complaints, "");
      assertMatch(out, LEARNED);
      assert((await project.read("medium.safetensors")).includes("Linear"));
    }),
});
