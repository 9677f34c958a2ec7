/** Bundles by esbuild, and whether it can be had. */

/** The errors of each of some bundles, with esbuild's options. */
export async function bundle(builds: readonly object[]): Promise<string[][]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--frozen", "tests/portable/esbuild.ts", JSON.stringify(builds)],
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The reason where esbuild can't be had. */
export const noEsbuild: string | null = await bundle([]).then(
  () => null,
  (error: Error) => `esbuild does not start: ${error.message.split("\n")[0]}`,
);
