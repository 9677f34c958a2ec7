/**
 * Compiles `assembly/` with AssemblyScript into `module.ts` (`deno task wasm`). With `--check` it writes
 * nothing and fails where the committed module is not what the sources compile to.
 *
 * The compiler is a program of its own, not an import: nothing else needs to download it.
 */
import { encodeBase64 } from "./base64.ts";

const COMPILER = "npm:assemblyscript@0.28.20/asc";
const ASSEMBLY = `${import.meta.dirname}/assembly/index.ts`;
const MODULE = new URL("./module.ts", import.meta.url);
const BUILDS = { RELAXED: "simd,relaxed-simd,threads", PLAIN: "simd,threads" };

async function compile(features: string): Promise<Uint8Array> {
  const file = await Deno.makeTempFile({ suffix: ".wasm" });
  const options = `-O3 --noAssert --runtime stub --importMemory --sharedMemory --initialMemory 1 \
--maximumMemory 65536 --memoryBase 16384 --enable ${features} --outFile ${file}`;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--no-config", COMPILER, ASSEMBLY, ...options.split(" ")],
  }).output();
  const told = new TextDecoder();
  if (!success) {
    console.error(told.decode(stdout) + told.decode(stderr));
    Deno.exit(1);
  }
  const bytes = await Deno.readFile(file);
  await Deno.remove(file);
  return bytes;
}

let text = "/** The functions of `assembly/`, compiled; written by `build.ts`. */\n";
const DOCS = {
  RELAXED: "With fused multiply-adds (relaxed SIMD), in base64.",
  PLAIN: "With the SIMD that every engine has, in base64.",
};
for (const name of ["RELAXED", "PLAIN"] as const) {
  const bytes = await compile(BUILDS[name]);
  console.log(`${name}: ${bytes.length} bytes`);
  text += `\n/** ${DOCS[name]} */\nexport const ${name}: string =\n  "${encodeBase64(bytes)}";\n`;
}
if (Deno.args.includes("--check")) {
  if (await Deno.readTextFile(MODULE) !== text) {
    console.error(
      "gpu/wasm/module.ts is not what gpu/wasm/assembly compiles to: run `deno task wasm`",
    );
    Deno.exit(1);
  }
} else {
  await Deno.writeTextFile(MODULE, text);
}
