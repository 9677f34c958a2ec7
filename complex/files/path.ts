/** What names a file. */
import { cannot } from "../../gpu/contract/errors.ts";
import { loadBuiltin } from "../../gpu/contract/runtime.ts";
import { describe } from "../lazy/describe.ts";

const BYTES = "the functions on bytes, such as parseNpy and nn.parseModel, take " +
  "new Uint8Array(await x.arrayBuffer()) of a response of fetch(), a Blob or a File";

/** How an action reads with a path, such as `read data.npy`; refuses what can't be one. */
export function withPath(verb: string, path: unknown): string {
  if (typeof path === "string") return `${verb} ${path}`;
  if (!(path instanceof URL)) {
    throw cannot(`${verb} ${describe(path)}`, `it is neither a path nor a URL; ${BYTES}`);
  }
  const what = `${verb} ${path}`;
  if (path.protocol !== "file:") throw cannot(what, `its scheme is not "file:"; ${BYTES}`);
  return what;
}

/** A path's folder and the name in it, as the system writes them. */
interface Parts {
  dirname(path: string): string;
  basename(path: string): string;
}

/** The functions on paths that server-side runtimes offer. */
export async function pathFunctions(): Promise<Parts & { fileURLToPath(url: URL): string }> {
  const { fileURLToPath } = await loadBuiltin<{ fileURLToPath(url: URL): string }>("node:url");
  const { dirname, basename } = await loadBuiltin<Parts>("node:path");
  return { fileURLToPath, dirname, basename };
}
