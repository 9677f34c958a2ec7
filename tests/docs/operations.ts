/**
 * Writes `docs/operations.md`, the list of all that the package exports, from its doc comments and the
 * names of `operation_names.ts` (`deno task operations`). With `--check` it only compares.
 */
import { type Elsewhere, FUNCTION_NAMES, LAYER_NAMES, METHOD_NAMES } from "./operation_names.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = "docs/operations.md";

/** Titles of sections, by the beginnings of the paths in which their exports are declared. */
const SECTIONS: readonly (readonly [string, readonly string[]])[] = [
  ["Making tensors", ["complex/create/create.ts", "complex/create/default_dtype.ts"]],
  ["Random numbers", ["complex/create/random.ts"]],
  ["Functions of one tensor", ["complex/functions/elementwise.ts", "complex/functions/parts.ts"]],
  ["Functions of two tensors", ["complex/functions/combine.ts"]],
  ["Sums and other reductions", ["complex/functions/reductions.ts"]],
  ["Arranging", ["complex/functions/arrange.ts", "complex/functions/patches.ts"]],
  ["Products", ["complex/functions/products.ts", "complex/functions/einsum.ts"]],
  ["Linear algebra", ["complex/linalg/"]],
  ["Fourier transforms", ["complex/fft/"]],
  ["Derivatives and evaluation", ["complex/transforms/"]],
  ["Pictures", ["complex/draw/"]],
  ["Files", ["complex/files/"]],
  ["Tensors and errors", ["complex/tensor/", "gpu/contract/errors.ts"]],
];

const LAYER_SECTIONS: typeof SECTIONS = [
  ["Layers", ["nn/layers/", "nn/layer.ts", "nn/module.ts"]],
  ["Losses and softmax", ["nn/functional/loss.ts", "nn/functional/softmax.ts"]],
  ["Optimisers and rates", ["nn/optim/"]],
  ["Data", ["nn/data/"]],
  ["Training", ["nn/training/"]],
  ["Saving and loading", ["nn/checkpoints/", "nn/descriptions/"]],
  ["Functions of layers, metrics and first values", ["nn/functional/", "nn/init.ts", "nn/mod.ts"]],
];

/** The part of `deno doc --json` that is read. */
interface Declaration {
  readonly kind: string;
  readonly location: { readonly filename: string };
  readonly jsDoc?: { readonly doc?: string };
  readonly def?: { readonly methods?: readonly Member[]; readonly properties?: readonly Member[] };
}
interface Member {
  readonly name: string;
  readonly accessibility?: string;
  readonly jsDoc?: { readonly doc?: string; readonly tags?: readonly { readonly kind: string }[] };
}

/** An export, or a method, with where it is declared and what its comment begins with. */
interface Operation {
  readonly name: string;
  readonly file: string;
  readonly summary: string;
}

/** Values that a module exports, in the order of their names. */
interface Exports {
  readonly operations: readonly Operation[];
  readonly classes: ReadonlyMap<string, Declaration>;
}

const VALUES = ["function", "class", "variable", "enum", "namespace"];

async function exportsOf(path: string): Promise<Exports> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const { symbols } = Object.values(nodes)[0] as {
    symbols: { name: string; declarations: Declaration[] }[];
  };
  const exported = await import(new URL(path, ROOT).href); // a class may be exported as a type alone
  const classes = new Map<string, Declaration>();
  const operations = symbols.flatMap(({ name, declarations }): Operation[] => {
    const values = declarations.filter(({ kind }) => VALUES.includes(kind));
    if (values.length === 0 || !(name in exported)) return [];
    if (values[0].kind === "class") classes.set(name, values[0]);
    const documented = values.find(({ jsDoc }) => jsDoc?.doc) ?? values[0];
    const file = documented.location.filename.slice(ROOT.href.length);
    return [{ name, file, summary: firstSentence(documented.jsDoc?.doc) }];
  });
  const order = (a: Operation, b: Operation) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
  return { operations: operations.sort(order), classes };
}

/** The first sentence of a comment, in one line. */
export function firstSentence(doc = ""): string {
  const text = doc.split("\n\n")[0].replaceAll(/\s+/g, " ").replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .trim();
  const end = text.search(/(?<!\b(?:e\.g|i\.e|al|vs))\.(?= |$)/);
  return (end < 0 ? text : text.slice(0, end)).replace(/[:;,]$/, "").replaceAll("|", "\\|");
}

/** Methods and properties of tensors that are not exported as functions. */
function methods(classes: ReadonlyMap<string, Declaration>, functions: ReadonlySet<string>) {
  const found = new Map<string, Operation>();
  for (const name of ["Tensor", "RealTensor", "ComplexTensor"]) {
    const { methods = [], properties = [] } = classes.get(name)!.def!;
    for (const { name: method, accessibility, jsDoc } of [...properties, ...methods]) {
      const hidden = accessibility !== undefined || method.startsWith("[") ||
        jsDoc?.tags?.some(({ kind }) => kind === "internal" || kind === "ignore");
      if (hidden || functions.has(method) || found.get(method)?.summary) continue;
      found.set(method, { name: method, file: "", summary: firstSentence(jsDoc?.doc) });
    }
  }
  return [...found.values()].filter(({ summary }) => summary)
    .sort((a, b) => a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1);
}

const NONE: Elsewhere = { numpy: null, torch: null };
const code = (name: string | null, of: string) =>
  name === null ? "–" : `\`${/^(\[|ndarray|Tensor)/.test(name) ? name : `${of}.${name}`}\``;

/** A table with NumPy's names, or without. */
function table(
  operations: readonly Operation[],
  names: ReadonlyMap<string, Elsewhere>,
  numpy: boolean,
): string {
  const rows = operations.map(({ name, summary }) => {
    const elsewhere = names.get(name) ?? NONE;
    const others = [
      ...numpy ? [code(elsewhere.numpy, "np")] : [],
      code(elsewhere.torch, "torch"),
    ];
    return `| \`${name}\` | ${summary} | ${others.join(" | ")} |`;
  });
  const head = numpy ? "| | | NumPy | PyTorch |\n|-|-|-|-|" : "| | | PyTorch |\n|-|-|-|";
  return `${head}\n${rows.join("\n")}\n`;
}

/** Sections of the operations, whose paths all belong to one. */
function sections(
  operations: readonly Operation[],
  titles: typeof SECTIONS,
  names: ReadonlyMap<string, Elsewhere>,
  numpy: boolean,
): string {
  const left = new Set(operations);
  const texts = titles.map(([title, paths]) => {
    const own = [...left].filter(({ file }) => paths.some((path) => file.startsWith(path)));
    for (const operation of own) left.delete(operation);
    return own.length === 0 ? "" : `### ${title}\n\n${table(own, names, numpy)}`;
  });
  if (left.size > 0) {
    const lost = Array.from(left, ({ name, file }) => `${name} (${file})`);
    throw new Error(`no section of ${PAGE} takes ${lost.join(", ")}`);
  }
  return texts.filter((text) => text !== "").join("\n");
}

async function page(): Promise<string> {
  const [own, nn, functional, gpu] = await Promise.all(
    ["complex/mod.ts", "nn/mod.ts", "nn/functional/mod.ts", "gpu.ts"].map(exportsOf),
  );
  const taken = new Set([...own.operations, ...nn.operations].map(({ name }) => name));
  const layers = [
    ...nn.operations,
    ...functional.operations.filter(({ name }) => !taken.has(name))
      .map((operation) => ({ ...operation, name: `functional.${operation.name}` })),
  ];
  const functions = new Set(own.operations.map(({ name }) => name));
  const engines = gpu.operations.filter(({ name }) => !functions.has(name));
  return `# All operations

Every function and class of the package, with its first sentence and its names in NumPy and PyTorch.
\`deno task operations\` writes this page. A name elsewhere means the nearest counterpart, not the same
signature: [coming from PyTorch](from_pytorch.md) tells the differences, and
[nn/LAYERS.md](../nn/LAYERS.md) names layers of libraries for complex networks.

## Tensors and functions

Most functions of tensors are methods, too: \`x.exp()\` is \`exp(x)\`.

${sections(own.operations, SECTIONS, FUNCTION_NAMES, true)}
### Methods and properties of tensors

${table(methods(own.classes, functions), METHOD_NAMES, true)}
## nn

${sections(layers, LAYER_SECTIONS, LAYER_NAMES, false)}
## gpu

${table(engines, new Map(), false)}`;
}

/** The text as \`deno fmt\` lays it out. */
async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext", "md", "-"],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

if (import.meta.main) {
  const text = await formatted(await page());
  const file = new URL(PAGE, ROOT);
  if (!Deno.args.includes("--check")) await Deno.writeTextFile(file, text);
  else if (await Deno.readTextFile(file) !== text) {
    console.error(`${PAGE} is not what the doc comments give: run \`deno task operations\``);
    Deno.exit(1);
  }
}
