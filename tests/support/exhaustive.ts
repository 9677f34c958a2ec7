/**
 * Tests that say at length what shorter ones have said: `deno task test --all` runs them too, and
 * `.ci/run` does. Elsewhere they are ignored, in words.
 */
import { isSet } from "./environment.ts";

/** Whether all tests are asked for. */
export const all: boolean = isSet("ARGAND_TEST_ALL");

/** Registers a test that runs only where all are asked for. */
export function exhaustive(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name: all ? name : `${name} (ignored: only with --all)`, ignore: !all, fn });
}
