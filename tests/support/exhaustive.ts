/**
 * Tests that say at length what shorter ones have said: `deno task test --all` runs them too, and
 * `.ci/run` does. Elsewhere they are ignored, in words.
 */
import { isSet } from "./environment.ts";
import { unless } from "./ignored.ts";

/** The reason where not all tests are asked for. */
export const onlyWithAll: string | null = isSet("ARGAND_TEST_ALL") ? null : "only with --all";

/** Registers a test that runs only where all are asked for. */
export function exhaustive(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ ...unless(onlyWithAll, name), fn });
}
