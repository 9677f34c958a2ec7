/** The core, bundled from the sources with no settings for it, in Node, in Bun and in Chromium. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { gpu } from "@argand/argand";
import { Chromium, html, inChromium, serve } from "../support/chromium.ts";
import { unless } from "../support/ignored.ts";
import { isInstalled, testWith } from "../support/installed.ts";
import { textsIn } from "../docs/texts.ts";
import { bundle, noEsbuild } from "./bundle.ts";
import { assertSame } from "./compare.ts";
import { core, type Outcome } from "./core.ts";
import { inProject, type Project } from "./project.ts";

interface Report extends Outcome {
  /** Classes that are not called as they are exported. */
  readonly misnamed: string[];
  /** The error where a layer is taken for its parameters. */
  readonly mistaken: string;
  /** What reading a file that is not there comes to. */
  readonly file: string;
}

const MAIN = `
import * as argand from "./argand/mod.ts";
import { nameOfClass } from "./argand/gpu/contract/class_names.ts";
import { core } from "./core.ts";

const spaces = [argand, argand.nn, argand.gpu];
const classes = spaces.flatMap((space) => Object.entries(space))
  .filter(([, value]) => typeof value === "function" && /^class\\b/.test(String(value)));
const bases = new Set(classes.map(([, of]) => Object.getPrototypeOf(of)));
const misnamed = classes.filter(([name, of]) => !bases.has(of) && nameOfClass(of) !== name);

function mistaken() {
  try {
    return String(new argand.nn.Adam(new argand.nn.Linear(1, 1)));
  } catch (error) {
    return String(error);
  }
}

async function run() {
  await argand.gpu.ready();
  const file = await argand.readNpy("no/such.npy").catch((error) => String(error));
  const names = misnamed.map(([name]) => name);
  return { ...await core(), misnamed: names, mistaken: mistaken(), file };
}
globalThis.report = run();
`;

/** The project with the program whose report stands in \`globalThis.report\`. */
async function inReporting(use: (project: Project) => Promise<void>): Promise<void> {
  await inProject(async (project) => {
    const text = await Deno.readTextFile("tests/portable/core.ts");
    await project.write("core.ts", text.replace('"@argand/argand"', '"./argand/mod.ts"'));
    await project.write("main.ts", MAIN);
    await use(project);
  });
}

/** What vite 5 and 6 ask of esbuild. */
const VITE = {
  format: "esm",
  target: ["es2020", "edge88", "firefox78", "chrome87", "safari14"],
  supported: { destructuring: true, "dynamic-import": true, "import-meta": true },
};

const PRINT = "report.then((r) => console.log(JSON.stringify(r)));";

/** Compares a report with what the core comes to here, on the CPU engine. */
async function assertReport(
  { engine, numbers, misnamed, mistaken, file }: Report,
  why: string,
) {
  await gpu.use("cpu");
  assertSame(numbers, (await core()).numbers);
  assertEquals([engine, misnamed], ["cpu", []]);
  assertStringIncludes(
    mistaken,
    "Cannot make Adam: it takes a list of parameters or groups, got a Linear",
  );
  assertStringIncludes(file, `ArgandError: Cannot read no/such.npy: ${why}`);
}

const ABSENT = "there is no such file or folder";

/** Registers a test that bundles with esbuild, and needs Node if it says so. */
async function withEsbuild(name: string, fn: () => Promise<void>, node = false): Promise<void> {
  const noNode = !node || await isInstalled("node") ? null : "Node is not installed";
  Deno.test({ ...unless(noEsbuild ?? noNode, name), fn });
}

await withEsbuild("bundles of every format compute in Node as in Deno", async () => {
  await inReporting(async (project) => {
    const common = { entryPoints: [`${project.path}/main.ts`], footer: { js: PRINT } };
    const builds = [
      { ...common, minify: true, outfile: `${project.path}/script.cjs` },
      { ...common, platform: "node", outfile: `${project.path}/node.cjs` },
      { ...common, ...VITE, outfile: `${project.path}/module.mjs` },
    ];
    assertEquals(await bundle(builds), builds.map(() => []));
    for (const { outfile } of builds) {
      const { success, out, complaints } = await project.run("node", outfile);
      assertEquals([success, complaints], [true, ""], outfile);
      await assertReport(JSON.parse(out), ABSENT);
    }
  });
}, true);

/** The values that a page may have given to `process` for other libraries. */
const PROCESSES = [
  "undefined",
  "{ env: {} }",
  '{ versions: { node: "18.0.0" }, stderr: {}, getBuiltinModule() { throw new Error("no"); } }',
];
const NO_FILES = "there is no file system here";

await inChromium(
  "one classic script computes in pages, workers and service workers",
  { adapter: false },
  async () => {
    if (noEsbuild) return console.log(`left out: ${noEsbuild}`);
    await inReporting(async (project) => {
      const outfile = `${project.path}/main.js`;
      const options = { entryPoints: [`${project.path}/main.ts`], minify: true, outfile };
      assertEquals(await bundle([options]), [[]]);
      const script = await project.read("main.js");
      const files: Record<string, string> = {
        "/main.js": script,
        "/worker.js": `${script}\nreport.then((r) => postMessage(r));`,
        "/service.js": script +
          "\nonmessage = (e) => e.waitUntil(report.then((r) => e.ports[0].postMessage(r)));",
      };
      await using site = serve((request) => {
        const url = new URL(request.url);
        const own = PROCESSES[Number(url.searchParams.get("process"))];
        const asked = Object.keys(files).find((name) => url.pathname === name);
        const text = asked && files[asked];
        if (text) return new Response(text, { headers: { "content-type": "text/javascript" } });
        return html(
          `<!doctype html><link rel="icon" href="data:,"><script>globalThis.process = ${own}</script>` +
            '<script src="/main.js"></script>',
        );
      });
      await using browser = await Chromium.open();
      const reports: Report[] = [];
      for (const k of PROCESSES.keys()) {
        const page = await browser.page(`${site.url}?process=${k}`);
        reports.push(await page.evaluate<Report>("report"));
        assertEquals(page.complaints, [], PROCESSES[k]);
      }
      const page = await browser.page(site.url);
      reports.push(
        await page.evaluate<Report>(
          'new Promise((done) => new Worker("/worker.js").onmessage = (e) => done(e.data))',
        ),
        await page.evaluate<Report>(
          `navigator.serviceWorker.register("/service.js")
            .then(() => navigator.serviceWorker.ready)
            .then(({ active }) => new Promise((done) => {
              const { port1, port2 } = new MessageChannel();
              port1.onmessage = (e) => done(e.data);
              active.postMessage(null, [port2]);
            }))`,
        ),
      );
      for (const report of reports) await assertReport(report, NO_FILES);
    });
  },
);

Deno.test("no private method is called by a reserved word, of which swc makes a function's name", async () => {
  const wrong: string[] = [];
  for (const [path, text] of await textsIn(["gpu", "complex", "nn"])) {
    for (const [found] of text.matchAll(/^ {2}(async )?#(await|yield|eval|arguments)\(/gm)) {
      wrong.push(`${path}: ${found.trim()}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("no source says import.meta, which scripts do not have", async () => {
  const wrong: string[] = [];
  for (const [path, text] of await textsIn(["mod.ts", "gpu.ts", "gpu", "complex", "nn"])) {
    const code = text.replace(/\/\*[^]*?\*\//g, "");
    if (path !== "gpu/wasm/build.ts" && /\bimport[.]meta\b/.test(code)) wrong.push(path);
  }
  assertEquals(wrong, []);
});

await testWith("bun", "Bun bundles for browsers, and what comes of it computes", async () => {
  await inReporting(async (project) => {
    await project.write("printed.ts", `${MAIN}\nglobalThis.${PRINT}`);
    for (const format of ["iife", "cjs", "esm"]) {
      const outfile = `bun.${format === "esm" ? "mjs" : "cjs"}`;
      const options = ["--target=browser", `--format=${format}`, "--minify"];
      const built = await project.run(
        "bun",
        "build",
        "printed.ts",
        ...options,
        "--outfile",
        outfile,
      );
      assert(built.success, built.complaints);
      const { out, complaints } = await project.run("bun", outfile);
      assertEquals(complaints, "");
      await assertReport(JSON.parse(out), ABSENT);
    }
  });
}, "Bun");
