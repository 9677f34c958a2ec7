import { assert, assertEquals, assertRejects } from "@std/assert";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { inFolder, namesIn } from "../support/folder.ts";
import { testWith } from "../support/installed.ts";

/** The number that a file was saved with. */
async function stepOf(path: string | URL): Promise<number> {
  return (await nn.loadCheckpoint(path, { model: new nn.Linear(1, 1) })).step;
}

const save = (path: string | URL, step: number) =>
  nn.saveCheckpoint(path, { model: new nn.Linear(1, 1), step });

Deno.test("saveCheckpoint() replaces a file and leaves nothing beside it", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/run.safetensors`;
    await save(path, 1);
    await Deno.chmod(path, 0o600);
    await save(path, 2);
    assertEquals(await stepOf(path), 2);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600, "the file's rights stay");
    const url = new URL(`file://${await Deno.realPath(folder)}/a b.safetensors`);
    await save(url, 3);
    assertEquals(await stepOf(url), 3);
    assertEquals(namesIn(folder), ["a b.safetensors", "run.safetensors"]);
  });
});

await testWith("ln", "saveCheckpoint() follows a link and replaces what it leads to", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/far`);
    await save(`${folder}/far/run.safetensors`, 1);
    // Deno.symlink() would need more than the right to write in out/.
    const args = ["-s", "far/run.safetensors", `${folder}/latest`];
    assert((await new Deno.Command("ln", { args }).output()).success);
    await save(`${folder}/latest`, 2);
    assert((await Deno.lstat(`${folder}/latest`)).isSymlink);
    assertEquals(await stepOf(`${folder}/far/run.safetensors`), 2);
    assertEquals(namesIn(`${folder}/far`), ["run.safetensors"]);
  });
});

Deno.test("saveCheckpoint() that fails leaves the old file and no part of a new one", async () => {
  await inFolder(async (folder) => {
    const refused = async (path: string, why: string) => {
      await assertRejects(() => save(path, 9), ArgandError, `Cannot write ${path}: ${why}`);
    };
    await refused(`${folder}/none/run`, "there is no such file or folder");
    await refused(folder, "there is something other than a file");
    await refused("/dev/null", "there is something other than a file");
    // What is in the way of the last step comes after the first.
    const path = `${folder}/run`;
    const { randomUUID } = crypto;
    crypto.randomUUID = () => {
      Deno.mkdirSync(path);
      return randomUUID.call(crypto);
    };
    try {
      await refused(path, "");
    } finally {
      crypto.randomUUID = randomUUID;
    }
    assertEquals(namesIn(folder), ["run"]);
  });
});

Deno.test("loadCheckpoint() names a file that it cannot read", async () => {
  const load = (path: string) => nn.loadCheckpoint(path, { model: new nn.Linear(1, 1) });
  await assertRejects(
    () => load("tests/none.safetensors"),
    ArgandError,
    "Cannot read tests/none.safetensors: there is no such file",
  );
  await assertRejects(() => load("deno.json"), ArgandError, "Cannot read deno.json: ");
  await assertRejects(
    () => load("tests/golden/linear.safetensors"),
    ArgandError,
    "Cannot load tests/golden/linear.safetensors: ",
  );
  await assertRejects(() => nn.loadModel("deno.json"), ArgandError, "Cannot read deno.json: ");
});

/** Saves 0, 1, 2, … under one name until it is killed, and writes a point after each. */
const PROGRAM = `
  import { saveCheckpoint } from "${import.meta.resolve("../../nn/checkpoints/checkpoint.ts")}";
  import { Linear } from "${import.meta.resolve("../../nn/layers/linear.ts")}";
  const model = new Linear(256, 256);
  for (let step = 0;; step++) {
    await saveCheckpoint(Deno.args[0], { model, step, extra: "x".repeat(step % 1000) });
    Deno.stdout.writeSync(Uint8Array.of(46));
  }
`;

Deno.test("a process killed while it saves leaves the old file or the new one, whole", async () => {
  await inFolder(async (folder) => {
    const program = `${folder}/save.ts`;
    await Deno.writeTextFile(program, PROGRAM);
    const model = new nn.Linear(256, 256);
    await Promise.all([0, 1].map(async (lane) => {
      for (let round = 0; round < 6; round++) {
        const path = `${folder}/${lane}-${round}.safetensors`;
        const child = new Deno.Command(Deno.execPath(), {
          args: [
            "run",
            "--no-check",
            "--no-lock",
            "--import-map=tests/support/closed_network.json",
            "--allow-read",
            `--allow-write=${folder}`,
            program,
            path,
          ],
          stdout: "piped",
          stderr: "null",
        }).spawn();
        let saved = 0;
        let waiting = true;
        for await (const points of child.stdout) {
          saved += points.length;
          if (waiting) setTimeout(() => child.kill("SIGKILL"), 40 * Math.random());
          waiting = false;
        }
        await child.status;
        const { step, extra } = await nn.loadCheckpoint(path, { model });
        // The process may have died after the new name and before the point.
        assert(step === saved - 1 || step === saved, `${step} after ${saved} points`);
        assertEquals(extra, "x".repeat(step % 1000));
      }
    }));
  });
});
