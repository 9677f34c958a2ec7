/** Stands in for `gpu/contract/errors.ts` (see `unthrown.ts`): notes which line of the library makes an error. */
import { ArgandError, cannot as original } from "../../../gpu/contract/errors.ts";

export { ArgandError };

/** Where the lines are noted: `path:line` each, several times perhaps. */
const NOTES = new URL("../../../out/tests/errors.txt", import.meta.url);
const ROOT = new URL("../../../", import.meta.url).href;
const noted = new Set<string>();

export function cannot(what: string, why: string): ArgandError {
  // Files refuse by functions of their own that lead here: their callers are noted too.
  for (const caller of new Error().stack!.split("\n").slice(2, 5)) {
    const [, path, line] = /(file:\S+?):(\d+):\d+\)?$/.exec(caller) ?? [];
    const place = `${path?.replace(ROOT, "")}:${line}`;
    if (noted.has(place)) continue;
    noted.add(place);
    Deno.writeTextFileSync(NOTES, `${place}\n`, { append: true });
  }
  return original(what, why);
}
