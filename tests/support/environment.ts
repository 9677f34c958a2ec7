/** What the environment asks of the tests, where it may be read. */

/** Whether a variable is 1: what a machine promises to have, or `--all` of `deno task test`. */
export function isSet(
  variable: "ARGAND_REQUIRE_GPU" | "ARGAND_REQUIRE_BROWSER" | "ARGAND_TEST_ALL",
): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" && Deno.env.get(variable) === "1";
}
