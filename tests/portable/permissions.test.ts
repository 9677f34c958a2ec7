import { assertEquals } from "@std/assert";
import { noAdapter, unless } from "../support/ignored.ts";
import { assertSame } from "./compare.ts";
import type { Outcome } from "./core.ts";

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
  Deno.test({
    ...unless(
      kind === "webgpu" ? noAdapter : null,
      `computing on ${kind} asks for no permission and warns of nothing`,
    ),
    async fn() {
      const { core } = await import("./core.ts");
      const { use } = await import("../../gpu/engines/device.ts");
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

const THREADS = `
import { gpu, randnComplex } from "./mod.ts";
await gpu.use("cpu");
const a = randnComplex([256, 256]);
console.log(await a.matmul(a).abs().sum().item() > 0);
`;

Deno.test("the threads of the CPU engine ask for no permission", async () => {
  await Deno.mkdir("out", { recursive: true });
  const log = "out/permissions_asked.jsonl";
  await Deno.writeTextFile(log, "");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--quiet", "-"],
    env: { NO_COLOR: "1", DENO_AUDIT_PERMISSIONS: log },
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(THREADS));
  await writer.close();
  const { stdout } = await child.output();
  assertEquals(new TextDecoder().decode(stdout), "true\n");
  assertEquals(await Deno.readTextFile(log), "");
});
