/** Names that are not part of the source: those that programs write, and those that others have written. */
const NOT_OURS = /^(out|node_modules|coverage|\.git)$/;

/** The paths of all files at and below the given paths, in order. */
export async function filesIn(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  const visit = async (path: string): Promise<void> => {
    if (!(await Deno.stat(path)).isDirectory) return void files.push(path);
    const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
    for (const name of names) {
      if (!NOT_OURS.test(name)) await visit(path === "." ? name : `${path}/${name}`);
    }
  };
  for (const path of paths) await visit(path);
  return files;
}

/** The texts of the TypeScript and Markdown files at and below the given paths, by path, in order. */
export async function textsIn(paths: readonly string[]): Promise<[path: string, text: string][]> {
  const texts = (await filesIn(paths)).filter((path) => /\.(ts|md)$/.test(path));
  return await Promise.all(
    texts.map(async (path): Promise<[string, string]> => [path, await Deno.readTextFile(path)]),
  );
}
