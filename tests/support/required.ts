/** Whether the machine promises something, so that no test may be left out for want of it. */
export function isRequired(variable: "ARGAND_REQUIRE_GPU" | "ARGAND_REQUIRE_BROWSER"): boolean {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" && Deno.env.get(variable) === "1";
}
