/** TypeScript as one JavaScript module for browsers and Node, by Deno's own bundler. */

/** The text of the module that `entry` and all it imports make. */
export async function bundle(entry: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--frozen", "--platform=browser", "--minify", entry],
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`deno bundle ${entry}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
