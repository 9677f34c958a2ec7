/** Programs that tests start beside Deno itself, and that a machine may lack. */
import { unless } from "./ignored.ts";

/** Whether a program can be started: it is there, and `--version` ends well. */
export async function isInstalled(program: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).output(); // throws at once where there is no such program
    return success;
  } catch {
    return false;
  }
}

/**
 * Registers a test that starts a program, which is `called` so; where it is not installed, the test is
 * ignored, in words.
 */
export async function testWith(
  program: string,
  name: string,
  fn: () => void | Promise<void>,
  called: string = program,
): Promise<void> {
  const why = await isInstalled(program) ? null : `${called} is not installed`;
  Deno.test({ ...unless(why, name), fn });
}
