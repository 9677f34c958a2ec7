/** How errors name a value that was not expected. */
import { classNameOf } from "../../gpu/contract/class_names.ts";

/** A word or two for any value: `"abc"`, `null`, `an array`, `a RealTensor [2, 3]`. */
export function describe(x: unknown): string {
  if (typeof x === "string") return JSON.stringify(x.length > 40 ? `${x.slice(0, 40)}…` : x);
  if (typeof x === "function") return "a function";
  if (typeof x !== "object" || x === null) return String(x);
  if (Array.isArray(x)) return "an array";
  const { shape, constructor, [Symbol.toStringTag]: tag } = x as {
    shape?: unknown;
    constructor?: unknown;
    [Symbol.toStringTag]?: string;
  };
  const name = tag ?? (typeof constructor === "function" ? classNameOf(x) : undefined);
  if (!name || name === "Object") return "an object";
  const article = /^[AEIO]/.test(name) ? "an" : "a";
  return `${article} ${name}${Array.isArray(shape) ? ` [${shape.join(", ")}]` : ""}`;
}
