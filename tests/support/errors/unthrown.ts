/**
 * Says which errors of the library no test meets, by the lines that make them:
 *
 *   deno run -A tests/support/errors/unthrown.ts [tests/nn …]
 *
 * It runs tests/gpu, tests/complex and tests/nn, or what is named, with a recording `cannot` in place of
 * the library's, and ends with 1 if a test fails, or an error is neither met nor excused below. Run it
 * after adding an error; it takes as long as the tests do. On the CPU engine alone that is a minute
 * (DENO_WEBGPU_BACKEND=dx12 on Linux), and the errors of WebGPU are excused. Errors that only child
 * processes meet count as not met.
 */

/** Errors that this can't see met, by file and a part of their text, and why. */
const EXCUSED: readonly (readonly [path: string, text: string, why: string])[] = [
  [
    "gpu/engines/device.ts",
    "take the device from",
    "as the module is loaded: tests/gpu/engine.test.ts meets it in a process of its own",
  ],
  [
    "complex/files/npz.ts",
    "with it the archive takes",
    "takes 4 GiB of arrays in memory; parseNpz() refuses such archives too, which is tested",
  ],
];
/** Where errors are that only WebGPU meets. */
const OF_WEBGPU = ["gpu/webgpu/", "complex/lazy/schedule/plan.ts"];
const hasAdapter = Boolean(await navigator.gpu?.requestAdapter());

const FOLDERS = ["gpu", "complex", "nn"];
const NOTES = "out/tests/errors.txt";

/** The lines `path:line` under a folder that make an error, with their text. */
function* sites(folder: string): Generator<[place: string, text: string]> {
  const entries = [...Deno.readDirSync(folder)].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, isDirectory } of entries) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* sites(path);
    else if (path.endsWith(".ts") && path !== "gpu/contract/errors.ts") {
      const lines = Deno.readTextFileSync(path).split("\n");
      for (const [k, line] of lines.entries()) {
        if (!/\b(cannot|refuse|wrong)\(/.test(line) || /^\s*(\*|\/\/|\/\*)/.test(line)) continue;
        const rest = line.trimEnd().endsWith("(") ? lines.slice(k + 1, k + 3) : [];
        yield [`${path}:${k + 1}`, [line, ...rest].map((part) => part.trim()).join(" ")];
      }
    }
  }
}

/** The map of closed networks by full addresses, with `recording.ts` for all but itself. */
function recordingMap(): string {
  const closed = new URL("../closed_network.json", import.meta.url);
  const { imports } = JSON.parse(Deno.readTextFileSync(closed)) as {
    imports: Record<string, string>;
  };
  for (const [name, address] of Object.entries(imports)) {
    imports[name] = new URL(address, closed).href;
  }
  const [errors, recording] = ["../../../gpu/errors.ts", "./recording.ts"].map((path) =>
    new URL(path, import.meta.url).href
  );
  imports[errors] = recording;
  return JSON.stringify({ imports, scopes: { [recording]: { [errors]: errors } } });
}

Deno.chdir(new URL("../../../", import.meta.url));
Deno.mkdirSync("out/tests", { recursive: true });
Deno.writeTextFileSync(NOTES, "");
const map = Deno.makeTempFileSync({ suffix: ".json" });
Deno.writeTextFileSync(map, recordingMap());
const paths = Deno.args.length > 0 ? Deno.args : FOLDERS.map((folder) => `tests/${folder}`);
const { success } = await new Deno.Command(Deno.execPath(), {
  args: [
    "test",
    "-A",
    "--no-lock",
    "--parallel",
    `--import-map=${map}`,
    ...paths,
  ],
  env: { ARGAND_TEST_ALL: "1" },
  stdout: "null",
}).spawn().status;
const met = new Set(Deno.readTextFileSync(NOTES).split("\n"));
const all = FOLDERS.flatMap((folder) => [...sites(folder)]);
const unmet = all.filter(([place]) => !met.has(place));
const isExcused = ([place, text]: [string, string]) =>
  EXCUSED.some(([path, part]) => place.startsWith(`${path}:`) && text.includes(part)) ||
  !hasAdapter && OF_WEBGPU.some((path) => place.startsWith(path));
const missing = unmet.filter((site) => !isExcused(site));
for (const [place, text] of missing) console.log(`${place}  ${text}`);
console.log(
  `${all.length - unmet.length} of ${all.length} errors are met by the tests, ` +
    `${unmet.length - missing.length} can't be here, ${missing.length} are not`,
);
if (!success) console.log("Some tests failed, and may have met fewer than they should.");
for (const file of [map, NOTES]) Deno.removeSync(file);
if (!success || missing.length > 0) Deno.exit(1);
