/**
 * Which runtime this is, and what it has beyond the web's own: the environment, built-in modules, Deno's
 * permissions. A page may have a `process` of its own, so each function of it is looked for by itself. No
 * import names a `node:` module, which bundlers for browsers refuse.
 */

/** The parts of Node's `process` that are used here; Deno and Bun have it too, and pages may have some. */
interface Process {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly versions?: { readonly node?: string };
  readonly getBuiltinModule?: (name: string) => unknown;
}

const processHere = () => (globalThis as { process?: Process }).process;

/** Whether something is allowed without a question to the user; runtimes other than Deno never ask. */
export function isGranted(permission: Deno.PermissionDescriptor): boolean {
  if (typeof Deno === "undefined") return true;
  return Deno.permissions.querySync(permission).state === "granted";
}

/** A variable; undefined where it is not set, or where reading it would put a question to the user. */
export function environment(name: string): string | undefined {
  if (!isGranted({ name: "env", variable: name })) return undefined;
  return typeof Deno === "undefined" ? processHere()?.env?.[name] : Deno.env.get(name);
}

/** A built-in module of Deno, Node and Bun; undefined in a browser, and in Node before 20.16. */
export function builtin<T>(name: string): T | undefined {
  try {
    return processHere()?.getBuiltinModule?.(name) as T | undefined;
  } catch {
    return undefined; // a page's own process
  }
}

/** The same for a program that can wait, in every Node; rejects in a browser. */
export async function loadBuiltin<T>(name: string): Promise<T> {
  const known = builtin<T>(name);
  if (known) return known;
  if (!processHere()?.versions?.node) throw new TypeError(`there is no ${name} here`);
  return await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}
