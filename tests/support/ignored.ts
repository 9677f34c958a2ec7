/** Why tests can't run on a machine, and how they say so. */
import { engines } from "./program.ts";

/** Name and `ignore` of a test: where there is a reason it is ignored, with the reason in its name. */
export function unless(
  why: string | null,
  name: string,
): { readonly name: string; readonly ignore: boolean } {
  return { name: why === null ? name : `${name} (ignored: ${why})`, ignore: why !== null };
}

/** The reason where WebGPU can't compute. */
export const noAdapter: string | null = (await engines()).length === 1
  ? "there is no WebGPU adapter here"
  : null;

const { state } = await Deno.permissions.query({ name: "write", path: "out" });

/** The reason where nothing may be written to out/. */
export const noOutput: string | null = state === "granted"
  ? null
  : "the test has no --allow-write=out";
