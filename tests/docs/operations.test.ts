/** The page of all operations beside what the package exports. */
import * as argand from "@argand/argand";
import { assert, assertEquals } from "@std/assert";
import { FUNCTION_NAMES, LAYER_NAMES, METHOD_NAMES } from "./operation_names.ts";
import { firstSentence } from "./operations.ts";

const page = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));

/** The first cells of the tables below a heading, up to the next of its rank, and the second ones. */
function rows(heading: string): [name: string, summary: string][] {
  const [, below] = page.split(`\n${heading}\n`);
  const rank = heading.split(" ")[0];
  const [section] = below.split(new RegExp(`\n#{1,${rank.length}} `));
  return Array.from(section.matchAll(/^\| `([^`]+)` +\| (.*?) +\| /gm), ([, a, b]) => [a, b]);
}

const names = (heading: string) => rows(heading).map(([name]) => name);
const methods = new Set(names("### Methods and properties of tensors"));
const functions = names("## Tensors and functions").filter((name) => !methods.has(name));

/** Holds a list on the page equal to what is exported. */
function same(listed: readonly string[], exported: readonly string[], of: string): void {
  const gone = listed.filter((name) => !exported.includes(name));
  const lacking = exported.filter((name) => !listed.includes(name));
  assertEquals({ gone, lacking }, { gone: [], lacking: [] }, `${of}: run \`deno task operations\``);
  assertEquals(listed.length, new Set(listed).size, `${of} lists a name twice`);
}

Deno.test("the page of operations has each export once, with a summary", () => {
  const { nn, gpu, ...own } = argand;
  same(functions, Object.keys(own), "the package");
  const inner = Object.keys(nn.functional).filter((name) => !(name in nn) && !(name in own));
  const functional = inner.map((name) => `functional.${name}`);
  same(names("## nn"), [...Object.keys(nn), ...functional], "nn");
  same(names("## gpu"), Object.keys(gpu).filter((name) => !(name in own)), "gpu");
  for (const heading of ["## Tensors and functions", "## nn", "## gpu"]) {
    for (const [name, summary] of rows(heading)) assert(summary.length > 1, `${name} says nothing`);
  }
});

Deno.test("the page of operations has the methods that tensors have", () => {
  const tensors = [argand.complex(1, 2), argand.tensor([1])];
  for (const name of methods) {
    assert(tensors.some((x) => name in x), `tensors have no ${name}`);
  }
});

Deno.test("names of NumPy and PyTorch are those of operations that there are", () => {
  for (const name of FUNCTION_NAMES.keys()) assert(functions.includes(name), name);
  for (const name of METHOD_NAMES.keys()) assert(methods.has(name), name);
  const layers = names("## nn");
  for (const name of LAYER_NAMES.keys()) assert(layers.includes(name), name);
});

Deno.test("a summary is the first sentence of a comment, fit for a table", () => {
  const doc = "The sum |x|\nof {@link Tensor} (Ba et al. 2016). More.\n\nAnd more.";
  assertEquals(firstSentence(doc), "The sum \\|x\\| of `Tensor` (Ba et al. 2016)");
  assertEquals(firstSentence("Values of z: all of them:"), "Values of z: all of them");
});
