/** Variables of the environment. */

/** A variable; undefined where it is not set, or where reading it would put a question to the user. */
export function environment(name: string): string | undefined {
  if (typeof Deno !== "undefined") {
    const granted = Deno.permissions.querySync({ name: "env", variable: name }).state === "granted";
    return granted ? Deno.env.get(name) : undefined;
  }
  return (globalThis as { process?: { env: Record<string, string | undefined> } }).process
    ?.env[name];
}
