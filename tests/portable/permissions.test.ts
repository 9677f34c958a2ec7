import { assertEquals } from "@std/assert";
import { engines } from "../support/program.ts";
import { assertSame } from "./compare.ts";
import type { Outcome } from "./core.ts";

const kinds = (await engines()).map((e) => e.kind);

/** What a Deno without any `--allow-…` makes of the core, and what it says about it. */
async function withoutPermissions(...args: string[]): Promise<Outcome> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", ...args],
    env: { NO_COLOR: "1" },
  }).output();
  // Mesa's drivers speak of this where there is no desktop.
  const said = new TextDecoder().decode(stderr).replace(/^error: XDG_RUNTIME_DIR.*\n/gm, "");
  assertEquals([success, said], [true, ""]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

const PROGRAM = "tests/portable/run_core.ts";

for (const kind of ["cpu", "webgpu"] as const) {
  const missing = !kinds.includes(kind);
  Deno.test({
    name: `computing on ${kind} asks for no permission and warns of nothing${
      missing ? " (ignored: there is no WebGPU adapter here)" : ""
    }`,
    ignore: missing,
    async fn() {
      const { core } = await import("./core.ts");
      const { use } = await import("../../gpu/device.ts");
      await use(kind);
      const here = await core();
      const { engine, numbers } = await withoutPermissions(PROGRAM, kind);
      assertEquals(engine, kind);
      assertSame(numbers, here.numbers);
    },
  });
}

Deno.test("computing goes on where the environment, files and the system are denied", async () => {
  const { numbers } = await withoutPermissions(
    "--deny-env",
    "--deny-read",
    "--deny-sys",
    PROGRAM,
  );
  assertEquals(numbers.length, 14);
});
