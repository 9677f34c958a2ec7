/** Writes a file completely or not at all. */
import { cannot } from "../../gpu/contract/errors.ts";
import { refusal } from "./array.ts";

/** Whether a folder may be opened without a prompt; runtimes other than Deno never prompt. */
function mayOpen(folder: string): boolean {
  if (typeof Deno === "undefined") return true;
  return Deno.permissions.querySync({ name: "read", path: folder }).state === "granted";
}

/**
 * Replaces the file at `path`, or creates it. The bytes go to a new file in the same folder and are flushed
 * to the disk; then the file is renamed in one step. Whatever happens in between, `path` is the old file
 * or the new one, never a part of either. Links are followed. A process that is killed may leave its new
 * file `path.….part` behind.
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

/** Null for a file that does not exist. */
function absent(error: unknown): null {
  if ((error as { code?: string }).code === "ENOENT") return null;
  throw error;
}

/** Flushes the new name to the disk too, where the system can open folders. */
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
    // Windows does not open folders; the system flushes the name when it sees fit.
  }
}
