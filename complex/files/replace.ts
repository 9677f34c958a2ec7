/** Writes a file completely or not at all. */
import { cannot } from "../../gpu/contract/errors.ts";
import { isGranted } from "../../gpu/contract/runtime.ts";
import { type FileSystem, fileSystem, refusal } from "./disk.ts";
import { pathFunctions, withPath } from "./path.ts";

/** Whether a folder may be opened without a prompt. */
const mayOpen = (folder: string): boolean => isGranted({ name: "read", path: folder });

/** Names of new files end so. */
const PART = /\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.part$/;
/** The letters of the old name in that of the new file: with any letters the name is short enough. */
const LETTERS = 40;
/** After so many milliseconds without a byte, nobody is writing a new file any more. */
const FORSAKEN = 60_000;
/** How often a file is written again whose new name somebody else has deleted. */
const ATTEMPTS = 3;

/**
 * Replaces the file at `path`, or creates it. The bytes go to a new file in the same folder and are flushed
 * to the disk; then the file is renamed in one step. Whatever happens in between, `path` is the old file
 * or the new one, never a part of either. Links are followed. A process that is killed may leave its new
 * file `….part` behind; the first file that a later process writes to the folder takes it away.
 */
export async function replaceFile(path: string | URL, bytes: Uint8Array): Promise<void> {
  const what = withPath("write", path);
  const system = await fileSystem(what);
  const { basename, dirname, fileURLToPath } = await pathFunctions();
  try {
    const named = typeof path === "string" ? path : fileURLToPath(path);
    const link = (await system.lstat(named).catch(absent))?.isSymbolicLink();
    const target = link ? await system.realpath(named) : named;
    const old = await system.stat(target).catch(absent);
    if (old && !old.isFile()) throw new Error("there is something other than a file");
    const folder = dirname(target);
    const begin = [...basename(target)].slice(0, LETTERS).join("");
    for (let attempt = 1;; attempt++) {
      const part = `${folder}/${begin}.${crypto.randomUUID()}.part`;
      if (await renamed(system, part, target, bytes, old?.mode)) break;
      if (attempt === ATTEMPTS) throw new Error("something deletes its new file again and again");
    }
    await syncFolder(system, folder);
    await deleteForsaken(system, folder);
  } catch (error) {
    throw cannot(what, refusal(error));
  }
}

/** Writes a new file and renames it; false if somebody has deleted it in between. */
async function renamed(
  { open, rename, stat, unlink }: FileSystem,
  part: string,
  target: string,
  bytes: Uint8Array,
  mode = 0o666,
): Promise<boolean> {
  const file = await open(part, "wx", mode & 0o777);
  try {
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    if (await stat(part).catch(absent) === null) return false;
    await rename(part, target);
    return true;
  } catch (error) {
    await unlink(part).catch(() => {});
    throw error;
  }
}

/** Null for a file that does not exist. */
function absent(error: unknown): null {
  if ((error as { code?: string }).code === "ENOENT") return null;
  throw error;
}

/** Flushes the new name to the disk too, where the system can open folders. */
async function syncFolder({ open }: FileSystem, folder: string): Promise<void> {
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

/** The folders where this process has looked for forsaken files and left none. */
const clean = new Set<string>();

/** Deletes the new files that killed processes left in a folder. */
async function deleteForsaken(
  { readdir, stat, unlink }: FileSystem,
  folder: string,
): Promise<void> {
  if (clean.has(folder) || !mayOpen(folder)) return;
  let young = false;
  try {
    for (const name of await readdir(folder)) {
      if (!PART.test(name)) continue;
      const path = `${folder}/${name}`;
      const found = await stat(path).catch(absent);
      if (!found?.isFile()) continue;
      if (Date.now() - found.mtimeMs > FORSAKEN) await unlink(path);
      else young = true;
    }
    if (!young) clean.add(folder);
  } catch {
    // A file that can't be deleted stays; the file itself is written.
  }
}
