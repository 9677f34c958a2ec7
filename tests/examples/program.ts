/** Examples as a user starts them. */

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The command of `examples/<name>.ts` with the permissions of its task. */
export function example(name: string, ...options: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    cwd: new URL("../../", import.meta.url),
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      "--allow-write=out",
      "--allow-env=ARGAND_DEVICE,ARGAND_DEBUG,ARGAND_REQUIRE_GPU,XDG_RUNTIME_DIR",
      `examples/${name}.ts`,
      ...options,
    ],
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs an example to its end. */
export async function runExample(
  name: string,
  ...options: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const { code, stdout, stderr } = await example(name, ...options).output();
  return { code, out: decode(stdout), err: decode(stderr) };
}

/** Kills an example as soon as it has said something. */
export async function killExample(command: Deno.Command, words: string): Promise<void> {
  const child = command.spawn();
  const decoder = new TextDecoderStream();
  child.stderr.pipeTo(decoder.writable).catch(() => {});
  let said = "";
  for await (const part of decoder.readable) {
    said += part;
    if (said.includes(words)) break;
  }
  child.kill("SIGKILL");
  await child.stdout.cancel();
  await child.status;
}

/** What the last line of an example's output holds. */
export const lastLine = (out: string) => JSON.parse(out.trimEnd().split("\n").at(-1)!);
