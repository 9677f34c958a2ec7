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

/** A permission of Deno. */
interface Permission {
  readonly name: "env" | "read" | "write";
  readonly variable?: string;
  readonly path?: string;
}

/** The parts of Deno that are used here; other runtimes' type checkers do not know it. */
interface DenoParts {
  readonly build: { readonly os: string };
  readonly pid: number;
  readonly permissions: { querySync(permission: Permission): { readonly state: string } };
  readonly env: {
    get(name: string): string | undefined;
    set(name: string, value: string): void;
    delete(name: string): void;
  };
  readTextFileSync(path: string): string;
  writeTextFileSync(path: string, text: string): void;
  renameSync(from: string, to: string): void;
}

/** Deno; undefined in other runtimes. */
export const deno: DenoParts | undefined = (globalThis as { Deno?: unknown }).Deno as
  | DenoParts
  | undefined;

/** Whether something is allowed without a question to the user; runtimes other than Deno never ask. */
export function isGranted(permission: Permission): boolean {
  return !deno || deno.permissions.querySync(permission).state === "granted";
}

/** A variable; undefined where it is not set, or where reading it would put a question to the user. */
export function environment(name: string): string | undefined {
  if (!isGranted({ name: "env", variable: name })) return undefined;
  return deno ? deno.env.get(name) : processHere()?.env?.[name];
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
