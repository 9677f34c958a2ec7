/** An example of the documentation: a block of TypeScript in a page or in a doc comment. */
export interface Example {
  /** Where it begins, as `docs/start.md:34`. */
  readonly at: string;
  readonly source: string;
  /** All that it prints, where the page shows it in a block marked `text` further down. */
  readonly output?: string;
}

/** What stands in front of the lines of a doc comment. */
const STAR = /^[ \t]*\* ?/gm;

/**
 * The examples in a text, in order. In TypeScript they stand in doc comments, whose stars are taken
 * off. Blocks marked `ignore` are not to be run and are left out.
 */
export function examplesIn(path: string, text: string): Example[] {
  if (!path.endsWith(".ts")) return blocks(path, text, 1);
  return [...text.matchAll(/\/\*\*[^]*?\*\//g)].flatMap(({ 0: comment, index }) =>
    blocks(path, comment.replace(STAR, ""), lineAt(text, index))
  );
}

function blocks(path: string, text: string, firstLine: number): Example[] {
  const examples: Example[] = [];
  for (const { 1: kind, 2: body, index } of text.matchAll(/^```(ts|text)\n([^]*?)^```$/gm)) {
    if (kind === "ts") {
      examples.push({ at: `${path}:${firstLine + lineAt(text, index)}`, source: body });
    } else {
      examples.push({ ...examples.pop()!, output: body });
    }
  }
  return examples;
}

/** The number of the line in which a position lies, from 1. */
function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
