/** Finds out whether a file can be written, before hours of work depend on it. */
import { cannot } from "../../gpu/contract/errors.ts";
import { fileSystem, refusal } from "./disk.ts";
import { pathFunctions, withPath } from "./path.ts";

/**
 * Refuses a path that `replaceFile` could not write: its folder is not there or takes no files, or there
 * is something other than a file. It makes a file beside it and removes it at once.
 */
export async function checkReplaceable(what: string, path: string | URL): Promise<void> {
  withPath(`${what}: write`, path);
  const { open, realpath, stat, unlink } = await fileSystem(what);
  const { dirname, fileURLToPath } = await pathFunctions();
  const absent = (error: { code?: string }) => {
    if (error.code === "ENOENT") return null;
    throw error;
  };
  try {
    const named = typeof path === "string" ? path : fileURLToPath(path);
    const target = await realpath(named).catch(absent) ?? named;
    const folder = dirname(target);
    const isFolder = (await stat(folder).catch(absent))?.isDirectory();
    if (!isFolder) throw new Error(`there is no folder ${folder}`);
    const old = await stat(target).catch(absent);
    if (old && !old.isFile()) throw new Error("there is something other than a file");
    const part = `${folder}/argand.${crypto.randomUUID()}.part`; // deleted later if this is killed
    await (await open(part, "wx")).close();
    await unlink(part);
  } catch (error) {
    throw cannot(what, `${String(path)} can't be written: ${refusal(error)}`);
  }
}
