/** Checks of the options that layers, losses and optimisers take. */
import { cannot } from "../gpu/contract/errors.ts";
import { describe } from "../complex/lazy/describe.ts";
import { range } from "../complex/lazy/shape.ts";

export { checkOptions, checkWord, noDefault, withDefaults } from "../complex/ops/options.ts";

/** A copy of options: of lists and objects in them as well as of words and numbers. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, x]) => [name, copyOf(x)])) as T;
}

/** The most layers of one kind in a module: more are a mistake, and a list of them fills the memory. */
export const MOST_LAYERS = 4096;

/** One integer for both axes, or [along height, along width]. */
export type Size2d = number | readonly [number, number];

/** One integer for all three axes, or [along depth, along height, along width]. */
export type Size3d = number | readonly [number, number, number];

/** A checked size for each of so many axes. */
export function spread(size: number | readonly number[], axes: number): number[] {
  return typeof size === "number" ? Array<number>(axes).fill(size) : [...size];
}

/** A finite number in [low, high], in words. */
export function numberIn(low: number, high: number): string {
  return low === -Infinity && high === Infinity ? "a finite number" : `a number${range(low, high)}`;
}

/** Refuses what is not a number in [low, high], or in [low, high) with `open`. */
export function checkNumber(
  what: string,
  name: string,
  value: unknown,
  low = 0,
  high = Infinity,
  open = false,
): void {
  if (Number.isFinite(value) && value as number >= low && value as number <= high) {
    if (!open || value !== high) return;
  }
  const number = open ? `a number from ${low} to below ${high}` : numberIn(low, high);
  throw cannot(what, `${name} must be ${number}, got ${describe(value)}`);
}

/** The least positive number that every adapter holds in float32, and the largest. */
export const [LEAST, LARGEST]: readonly [number, number] = [2 ** -126, (2 - 2 ** -23) * 2 ** 127];

/** Refuses what is not a finite number above 0, in float32 as well. */
export function checkPositive(what: string, name: string, value: unknown): void {
  if (typeof value === "number" && value >= LEAST && value <= LARGEST) return;
  const inside = typeof value === "number" && Number.isFinite(value) && value > 0;
  const range = inside ? ` in float32, from ${LEAST} to ${LARGEST}` : "";
  throw cannot(what, `${name} must be a number above 0${range}, got ${describe(value)}`);
}
