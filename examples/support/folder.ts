/** The folders into which the examples write. */

/** Makes a folder and tries whether it takes files; ends the program, before it has computed, if not. */
export async function openFolder(folder: string): Promise<void> {
  const file = `${folder}/${crypto.randomUUID()}.part`;
  try {
    await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(file, "");
    await Deno.remove(file);
  } catch (error) {
    console.error(`Cannot write into the folder ${folder}: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
