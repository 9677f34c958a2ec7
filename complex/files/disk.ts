/** The file system, where there is one; reading whole files. */
import { ArgandError, cannot } from "../../gpu/contract/errors.ts";
import { loadBuiltin } from "../../gpu/contract/runtime.ts";
import { withPath } from "./path.ts";

type Path = string | URL;

/** What the system says about a file. */
interface Stats {
  readonly size: number;
  readonly mode: number;
  readonly mtimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** An open file. */
interface OpenFile {
  read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>;
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The functions of `node:fs/promises` that are used here; a page's type checker does not know it. */
export interface FileSystem {
  open(path: Path, flags: string, mode?: number): Promise<OpenFile>;
  stat(path: Path): Promise<Stats>;
  lstat(path: Path): Promise<Stats>;
  realpath(path: Path): Promise<string>;
  readdir(path: Path): Promise<string[]>;
  rename(from: Path, to: Path): Promise<void>;
  unlink(path: Path): Promise<void>;
}

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
