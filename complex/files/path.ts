/** What names a file. */
import { cannot } from "../../gpu/contract/errors.ts";
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
