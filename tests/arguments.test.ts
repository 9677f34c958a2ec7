/** Wrong arguments are refused in words by everything public, soon, and leave nothing behind. */
import { assert, assertEquals } from "@std/assert";
import { use } from "../gpu/engines/device.ts";
import { fuzz, type Subject } from "./support/fuzz.ts";
import { functions, methods, ofFiles } from "./support/fuzz_subjects.ts";
import { onlyWithAll } from "./support/exhaustive.ts";
import { inFolder } from "./support/folder.ts";
import { noOutput, unless } from "./support/ignored.ts";

/** Of all wrong values, and of lists of random arguments, those that are tried in each run. */
const [SHARE, ROUNDS] = onlyWithAll === null ? [1, 40] : [0.2, 6];

await use("cpu"); // what is refused is refused before an engine is asked

const GROUPS: Readonly<Record<string, () => Subject[]>> = {
  "functions and constructors": functions,
  methods,
};

for (const [name, list] of Object.entries(GROUPS)) {
  Deno.test(`${name} refuse wrong arguments in words, and keep the account of memory`, async () => {
    const subjects = list();
    const found = await fuzz(subjects, { seed: 2026, rounds: ROUNDS, share: SHARE });
    assertEquals(found.faults.join("\n"), "");
    assert(subjects.length > 100 && found.calls > 20 * subjects.length);
    assert(found.refused > found.calls / 10, `${found.refused} of ${found.calls} refused`);
    if (list === functions) assert(found.unfit.length < 5, `nothing fits ${found.unfit}`);
  });
}

Deno.test({
  ...unless(noOutput, "readers and writers of files refuse wrong arguments in words"),
  fn: () =>
    inFolder(async (folder) => {
      const found = await fuzz(ofFiles(folder), { seed: 2026, rounds: ROUNDS, share: SHARE });
      assertEquals(found.faults.join("\n"), "");
      assert(found.refused > found.calls / 2, `${found.refused} of ${found.calls} refused`);
    }),
});
