/** Which tests `deno task ok` runs: those of what changed, and a few that meet everything. */

/** Short tests that use all floors. */
export const ALWAYS: readonly string[] = [
  "tests/gpu/expression.test.ts",
  "tests/complex/fusion.test.ts",
  "tests/complex/replay.test.ts",
  "tests/nn/golden.test.ts",
  "tests/nn/module.test.ts",
];

/** What git prints, by lines; null where git or what it is asked for is missing. */
async function git(...args: string[]): Promise<string[] | null> {
  try {
    const { success, stdout } = await new Deno.Command("git", { args, stderr: "null" }).output();
    return success ? new TextDecoder().decode(stdout).split("\n").filter(Boolean) : null;
  } catch {
    return null; // git is not installed
  }
}

/** The files that differ from main, new ones too; null where git can't say. */
export async function changedFiles(): Promise<string[] | null> {
  const base = await git("merge-base", "HEAD", "main") ??
    await git("merge-base", "HEAD", "origin/main");
  if (base === null) return null;
  const changed = await git("diff", "--name-only", "--relative", base[0]);
  const added = await git("ls-files", "--others", "--exclude-standard");
  return changed && added && [...changed, ...added];
}

/**
 * The tests among `all` that `changed` asks for: a changed test itself; for a source file the tests of
 * its floor whose names begin with the file's or with that of a folder it is in; for a page those of the
 * documentation.
 */
export function testsFor(changed: readonly string[], all: readonly string[]): string[] {
  const wanted = new Set<string>([...ALWAYS, ...changed]);
  const pages = changed.some((path) => path.endsWith(".md"));
  const words = new Map<string, Set<string>>();
  for (const path of changed) {
    const [floor, ...names] = path.replace(/\.\w+$/, "").split("/");
    const known = words.get(floor) ?? new Set();
    names.forEach((name) => known.add(name));
    words.set(floor, known);
  }
  return all.filter((test) => {
    const [, floor, ...names] = test.replace(/\.test\.ts$/, "").split("/");
    const known = words.get(floor) ?? new Set();
    return wanted.has(test) || pages && floor === "docs" ||
      [...known].some((word) => names.some((name) => name === word || name.startsWith(`${word}_`)));
  });
}
