/** How errors name a value that was not expected. */
import { type Class, nameOfClass } from "../../gpu/contract/class_names.ts";

/** Letters of a text and sizes of a shape that errors show. */
const [LETTERS, SIZES] = [40, 16];

function shortened(text: string): string {
  return text.length > LETTERS ? `${text.slice(0, LETTERS)}…` : text;
}

/** A word or two for any value: `"abc"`, `null`, `an array`, `a RealTensor [2, 3]`. */
export function describe(x: unknown): string {
  if (typeof x === "string") return JSON.stringify(shortened(x));
  if (typeof x === "function") return "a function";
  if (typeof x === "bigint") return `${shortened(`${x}`)}n`;
  if (typeof x !== "object" || x === null) return shortened(String(x));
  if (Array.isArray(x)) return "an array";
  const { shape, constructor, [Symbol.toStringTag]: tag } = x as {
    shape?: unknown;
    constructor?: unknown;
    [Symbol.toStringTag]?: unknown;
  };
  const name = tag ?? (typeof constructor === "function" ? nameOfClass(constructor as Class) : "");
  if (typeof name !== "string" || name === "" || name === "Object") return "an object";
  const article = /^[AEIO]/.test(name) ? "an" : "a";
  return `${article} ${shortened(name)}${Array.isArray(shape) ? ` ${show(shape)}` : ""}`;
}

/** A shape as people read it: `[2, 3]`; what is not a number in it, in words. */
export function show(shape: readonly unknown[]): string {
  const sizes = Array.from(shape.slice(0, SIZES), describe);
  return `[${sizes.join(", ")}${shape.length > SIZES ? ", …" : ""}]`;
}
