/** Writing a file whole or not at all. */
import { cannot } from "../../gpu/contract/errors.ts";
import { refusal } from "./array.ts";

/** Whether a folder may be opened without asking; elsewhere than in Deno nobody asks. */
function mayOpen(folder: string): boolean {
  if (typeof Deno === "undefined") return true;
  return Deno.permissions.querySync({ name: "read", path: folder }).state === "granted";
}

/**
 * Puts a file in place of the one at `path`, or where there is none. The bytes go to a new file in
 * the same folder, from there to the disk, and then the name changes hands in one step: whatever
 * happens on the way, under `path` lies the old file or the new one, and neither in part. A link is
 * followed. A process that is killed may leave its new file `path.….part` behind.
 */
export async function replaceFile(path: string | URL, bytes: Uint8Array): Promise<void> {
  const what = `write ${String(path)}`;
  const { lstat, open, realpath, rename, stat, unlink } = await import("node:fs/promises");
  const { fileURLToPath } = await import("node:url");
  const { dirname } = await import("node:path");
  try {
    const named = typeof path === "string" ? path : fileURLToPath(path);
    const link = (await lstat(named).catch(absent))?.isSymbolicLink();
    const target = link ? await realpath(named) : named;
    const old = await stat(target).catch(absent);
    if (old && !old.isFile()) throw new Error("there is something other than a file");
    const part = `${target}.${crypto.randomUUID()}.part`;
    const file = await open(part, "wx", old ? old.mode & 0o777 : 0o666);
    try {
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, target);
    } catch (error) {
      await unlink(part).catch(() => {});
      throw error;
    }
    await syncFolder(dirname(target), open);
  } catch (error) {
    throw cannot(what, refusal(error));
  }
}

/** Null for a file that is not there. */
function absent(error: unknown): null {
  if ((error as { code?: string }).code === "ENOENT") return null;
  throw error;
}

/** Has the disk note the new name too, where the system lets folders be opened. */
async function syncFolder(
  folder: string,
  open: typeof import("node:fs/promises")["open"],
): Promise<void> {
  if (!mayOpen(folder)) return;
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // Windows opens no folders: the name is noted when the system sees fit.
  }
}
