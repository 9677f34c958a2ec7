import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { assertFlat } from "../support/close.ts";
import { engines } from "../support/program.ts";
import { lastLine, runExample } from "./program.ts";
import { noAdapter, unless } from "../support/ignored.ts";

const kinds = (await engines()).map((e) => e.kind);

/** Not the report that a user may have made. */
const OUT = "out/tests/schrodinger";

const run = (...options: string[]) => runExample("schrodinger", `--out=${OUT}`, ...options);

for (const kind of ["cpu", "webgpu"] as const) {
  Deno.test({
    ...unless(
      kinds.includes(kind) ? null : noAdapter,
      `120 steps on ${kind} come near the wave packet, in flat memory`,
    ),
    async fn() {
      const { code, out, err } = await run(
        "--steps=120",
        "--points=128",
        "--seed=2",
        `--device=${kind}`,
        "--json",
      );
      assertEquals(code, 0, err);
      const report = lastLine(out);
      assertEquals(
        [report.engine, report.losses.length, report.report],
        [kind, 120, `${OUT}/schrodinger.html`],
      );
      // It is 1.5 after one step, 0.29 here, and below 0.01 at the default size.
      assert(report.error < 0.4, `${report.error}`);
      assert(report.losses[119] < 0.05 * report.losses[0], `${report.losses[119]}`);
      assertFlat(report.deviceBytes.slice(5));
      const html = await Deno.readTextFile(new URL(`../../${report.report}`, import.meta.url));
      for (const title of ["The wave function", "Where the particle is", "Learning"]) {
        assertStringIncludes(html, `<h2>${title}</h2>`);
      }
      assertEquals(html.match(/<svg/g)?.length, 5);
      assert(!/[xyd]="[^"]*NaN/.test(html));
      await Deno.remove(OUT, { recursive: true });
    },
  });
}

Deno.test("the wave packet refuses options out of range", async () => {
  const { code, err } = await run("--points", "0");
  assertEquals(code, 2);
  assertStringIncludes(err, "Cannot train: ");
  assertStringIncludes(err, "points");
});
