/** The file system, where there is one; reading whole files. */
import { ArgandError, cannot } from "../../gpu/contract/errors.ts";
import { loadBuiltin } from "../../gpu/contract/runtime.ts";
import { withPath } from "./path.ts";

/** The functions for files that server-side runtimes offer. */
export type FileSystem = typeof import("node:fs/promises");

/** The file system; refuses where there is none. */
export async function fileSystem(what: string): Promise<FileSystem> {
  try {
    return await loadBuiltin("node:fs/promises");
  } catch {
    throw cannot(
      what,
      "there is no file system here, as in a browser; the functions on bytes, such as parseNpy, " +
        "formatNpy, nn.parseModel and nn.formatModel, work everywhere",
    );
  }
}

/** Why the file system refused, in words. */
export function refusal(error: unknown): string {
  const { code, message } = error as Error & { readonly code?: string };
  if (code === "ENOENT") return "there is no such file or folder";
  return code === "EISDIR" ? "it is a folder" : message;
}

/** The most bytes that are read at a time; systems refuse 2³¹. */
const PIECE = 2 ** 26;

/** The bytes of a file that are looked at first; headers of .npy files are not longer. */
const HEAD = 2 ** 17;

/**
 * The bytes of a file. Its first ones and its size are shown to `check`, which throws if it is not
 * what it should be, before memory is allocated for the whole.
 */
export async function readBytes(
  path: string | URL,
  check: (head: Uint8Array, size: number) => void = () => {},
): Promise<Uint8Array<ArrayBuffer>> {
  const what = withPath("read", path);
  const { open, stat } = await fileSystem(what);
  const refuse = (why: string): ArgandError => cannot(what, why);
  try {
    // Devices and pipes have no end that is known, and a pipe may never open.
    const found = await stat(path);
    if (found.isDirectory()) throw refuse("it is a folder");
    if (!found.isFile()) throw refuse("it is not a file but a device or a pipe");
    const file = await open(path, "r");
    try {
      const fill = async (bytes: Uint8Array<ArrayBuffer>, from: number) => {
        for (let at = from; at < bytes.length;) {
          const length = Math.min(PIECE, bytes.length - at);
          const { bytesRead } = await file.read(bytes, at, length, at);
          if (bytesRead === 0) throw refuse(`it ended after ${at} of its ${found.size} bytes`);
          at += bytesRead;
        }
        return bytes;
      };
      const head = await fill(new Uint8Array(Math.min(HEAD, found.size)), 0);
      check(head, found.size);
      if (head.length === found.size) return head;
      const bytes = new Uint8Array(found.size);
      bytes.set(head);
      return await fill(bytes, head.length);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof ArgandError ? error : refuse(refusal(error));
  }
}
