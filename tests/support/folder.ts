/** A folder under out/ for one test, deleted afterwards. */
export async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  await Deno.mkdir("out", { recursive: true });
  const folder = await Deno.makeTempDir({ dir: "out", prefix: "files-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The names in a folder. */
export const namesIn = (folder: string): string[] =>
  Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
