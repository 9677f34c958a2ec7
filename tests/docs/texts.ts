/** The texts of the TypeScript and Markdown files at and below the given paths, by path, in order. */
export async function textsIn(paths: readonly string[]): Promise<[path: string, text: string][]> {
  const texts: [string, string][] = [];
  const visit = async (path: string): Promise<void> => {
    if ((await Deno.stat(path)).isDirectory) {
      const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
      for (const name of names) await visit(`${path}/${name}`);
    } else if (/\.(ts|md)$/.test(path)) {
      texts.push([path, await Deno.readTextFile(path)]);
    }
  };
  for (const path of paths) await visit(path);
  return texts;
}
