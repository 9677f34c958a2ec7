/**
 * Choices of variants between runs, in Deno's cache folder. The file is a convenience: it is read and
 * written only where the permissions are granted already, and one that is damaged, foreign or of a newer
 * format is as good as none.
 */
import * as z from "zod";
import { deno, environment, isGranted } from "../../contract/runtime.ts";

const Format = z.object({
  format: z.literal("argand variants"),
  version: z.literal(1),
  adapters: z.record(z.string(), z.record(z.string(), z.string())),
});

type Adapters = z.infer<typeof Format>["adapters"];

const variable = (name: string): string | undefined => environment(name) || undefined;

/** Deno's cache folder, where the environment may be read. */
function cacheFolder(os: string): string | null {
  const own = variable("DENO_DIR");
  if (own) return own;
  const home = variable("HOME");
  switch (os) {
    case "windows": {
      const local = variable("LOCALAPPDATA");
      return local ? `${local}\\deno` : null;
    }
    case "darwin":
      return home ? `${home}/Library/Caches/deno` : null;
    default: {
      const cache = variable("XDG_CACHE_HOME") ?? (home && `${home}/.cache`);
      return cache ? `${cache}/deno` : null;
    }
  }
}

/** The file's path; null where there is no Deno or the path can't be known without asking. */
export function choicesPath(): string | null {
  const folder = deno ? cacheFolder(deno.build.os) : null;
  return folder && `${folder}/argand_variants.json`;
}

function readAll(path: string | null): Adapters {
  try {
    if (!deno || path === null || !isGranted({ name: "read", path })) return {};
    return Format.parse(JSON.parse(deno.readTextFileSync(path))).adapters;
  } catch {
    return {}; // no such file, or none that means anything to us
  }
}

/** The choices that the file holds for an adapter; none where there is no readable file. */
export function readChoices(adapter: string, path = choicesPath()): Map<string, string> {
  return new Map(Object.entries(readAll(path)[adapter] ?? {}));
}

/** Writes an adapter's choices beside those of others; true if that was possible without asking. */
export function writeChoices(
  adapter: string,
  choices: ReadonlyMap<string, string>,
  path = choicesPath(),
): boolean {
  try {
    if (!deno || path === null || !isGranted({ name: "write", path })) return false;
    const adapters = { ...readAll(path), [adapter]: Object.fromEntries(choices) };
    const text = JSON.stringify({ format: "argand variants", version: 1, adapters }, null, 1);
    // Renamed in one step, so that no other process ever reads a half.
    const part = `${path}.${deno.pid}`;
    if (!isGranted({ name: "write", path: part })) return false;
    deno.writeTextFileSync(part, text);
    deno.renameSync(part, path);
    return true;
  } catch {
    return false;
  }
}
