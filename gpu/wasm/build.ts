/**
 * Compiles `assembly/` with AssemblyScript into `module.ts`, and numbers the elementwise functions that
 * it has in `function_opcodes.ts` (`deno task wasm`). With `--check` it writes nothing and fails where a
 * committed file is not what the sources give.
 *
 * The compiler is a program of its own, not an import: nothing else needs to download it.
 */
import { functionsByName } from "../functions/by_name.ts";
import { encodeBase64 } from "./base64.ts";
import { Op } from "./opcodes.ts";

const COMPILER = "npm:assemblyscript@0.28.20/asc";
const ASSEMBLY = `${import.meta.dirname}/assembly`;
const BUILDS = { RELAXED: "simd,relaxed-simd,threads", PLAIN: "simd,threads" };
/** The files of `assembly/` that run elementwise functions. */
const FAMILIES = ["arithmetic", "comparison", "transcendental", "random"];

/** Numbers the functions in the order in which each family's file first names them. */
async function functionOpcodes(): Promise<string> {
  let next = Object.values(Op).filter((op) => typeof op === "number").length;
  const functions: string[] = [], firsts: string[] = [];
  for (const family of FAMILIES) {
    const source = await Deno.readTextFile(`${ASSEMBLY}/${family}.ts`);
    firsts.push(`  ${family} = ${next},`);
    for (const name of new Set(Array.from(source.matchAll(/\bFn\.(\w+)/g), ([, name]) => name))) {
      if (!functionsByName.has(name)) {
        console.error(`assembly/${family}.ts runs "${name}", which gpu/functions/mod.ts lacks`);
        Deno.exit(1);
      }
      functions.push(`  ${name} = ${next++},`);
    }
  }
  return `/** The opcodes of elementwise functions, by the files of \`assembly/\`; written by \`build.ts\`. */

/** An elementwise function, named as in \`gpu/functions/mod.ts\`. */
export enum Fn {
${functions.join("\n")}
}

/** The first function of each file. */
export enum First {
${firsts.join("\n")}
}
`;
}

async function compile(features: string): Promise<Uint8Array> {
  const file = await Deno.makeTempFile({ suffix: ".wasm" });
  const options = `-O3 --noAssert --runtime stub --importMemory --sharedMemory --initialMemory 1 \
--maximumMemory 65536 --memoryBase 16384 --enable ${features}`;
  // Folders may have a space in their names.
  const files = [`${ASSEMBLY}/index.ts`, "--outFile", file];
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--no-config", COMPILER, ...files, ...options.split(" ")],
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

async function compiledModule(): Promise<string> {
  let text = "/** The functions of `assembly/`, compiled; written by `build.ts`. */\n";
  const docs = {
    RELAXED: "With fused multiply-adds (relaxed SIMD), in base64.",
    PLAIN: "With the SIMD that every engine has, in base64.",
  };
  for (const name of ["RELAXED", "PLAIN"] as const) {
    const bytes = await compile(BUILDS[name]);
    console.log(`${name}: ${bytes.length} bytes`);
    text += `\n/** ${docs[name]} */\nexport const ${name}: string =\n  "${encodeBase64(bytes)}";\n`;
  }
  return text;
}

/** Writes a file beside this one, or with `--check` compares it. */
async function put(file: string, text: string): Promise<void> {
  const url = new URL(file, import.meta.url);
  if (!Deno.args.includes("--check")) return await Deno.writeTextFile(url, text);
  if (await Deno.readTextFile(url) === text) return;
  console.error(`gpu/wasm/${file} is not what gpu/wasm/assembly gives: run \`deno task wasm\``);
  Deno.exit(1);
}

// The compiler reads the first of them.
await put("function_opcodes.ts", await functionOpcodes());
await put("module.ts", await compiledModule());
