/**
 * Stands in for `@std/assert` where JSR cannot be reached: the names on whose meaning it and
 * `node:assert` agree, with the signatures of `@std/assert`. Values are compared by structure and
 * prototype, as in both; −0 equals 0, as in `@std/assert`.
 */
import nodeAssert, { AssertionError } from "node:assert";
import { isDeepStrictEqual } from "node:util";

export { AssertionError };

// deno-lint-ignore no-explicit-any
type ErrorClass<E extends Error> = new (...args: any[]) => E;

function fail(what: string, msg?: string): never {
  throw new AssertionError({ message: msg ? `${what}: ${msg}` : what });
}

/** Throws unless `expr` is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError({ message: msg });
}

/** Throws unless `expr` is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is false {
  if (expr) throw new AssertionError({ message: msg });
}

/** A copy in which every −0 is 0, through arrays, typed arrays and plain objects. */
function withoutMinusZero(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (Array.isArray(value)) return value.map(withoutMinusZero);
  if (value instanceof Float32Array || value instanceof Float64Array) {
    return value.map((x) => x + 0);
  }
  if (value !== null && typeof value === "object" && value.constructor === Object) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, withoutMinusZero(v)]));
  }
  return value;
}

function equal(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b) || isDeepStrictEqual(withoutMinusZero(a), withoutMinusZero(b));
}

/** Throws unless the two are equal by structure. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) nodeAssert.deepStrictEqual(actual, expected, msg);
}

/** Throws if the two are equal by structure. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) fail("Expected the two to differ", msg);
}

/** Throws unless `Object.is(actual, expected)`. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T {
  nodeAssert.strictEqual(actual, expected, msg);
}

/** Throws if `Object.is(actual, expected)`. */
export function assertNotStrictEquals<T>(actual: T, expected: T, msg?: string): void {
  nodeAssert.notStrictEqual(actual, expected, msg);
}

/** Throws unless |actual − expected| ≤ tolerance, which is 1e-7 of `expected` where not given. */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  msg?: string,
): void {
  if (Object.is(actual, expected)) return;
  const limit = tolerance ?? (isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const off = Math.abs(expected - actual);
  if (!(off <= limit)) {
    fail(`Expected ${actual} to be within ${limit} of ${expected}, but it is ${off} off`, msg);
  }
}

/** Throws unless actual > expected. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) fail(`Expected ${actual} > ${expected}`, msg);
}

/** Throws unless actual ≥ expected. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) fail(`Expected ${actual} >= ${expected}`, msg);
}

/** Throws unless actual < expected. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) fail(`Expected ${actual} < ${expected}`, msg);
}

/** Throws unless actual ≤ expected. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) fail(`Expected ${actual} <= ${expected}`, msg);
}

/** Throws if `actual` is null or undefined. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) fail(`Expected a value, got ${actual}`, msg);
}

// deno-lint-ignore no-explicit-any
type AnyClass = abstract new (...args: any[]) => any;

/** Throws unless `actual` is an instance of `expectedType`. */
export function assertInstanceOf<T extends AnyClass>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (!(actual instanceof expectedType)) fail(`Expected an instance of ${expectedType.name}`, msg);
}

/** Throws unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  nodeAssert.match(actual, expected, msg);
}

/** Throws if the text matches. */
export function assertNotMatch(actual: string, expected: RegExp, msg?: string): void {
  nodeAssert.doesNotMatch(actual, expected, msg);
}

/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) fail(`Expected "${actual}" to contain "${expected}"`, msg);
}

function checkError<E extends Error>(
  error: unknown,
  type?: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): asserts error is E {
  if (!(error instanceof Error)) fail("A non-Error object was thrown or rejected", msg);
  if (type && !(error instanceof type)) {
    fail(`Expected a ${type.name}, got ${error.constructor.name}: ${error.message}`, msg);
  }
  if (msgIncludes && !error.message.includes(msgIncludes)) {
    fail(`Expected the error "${error.message}" to contain "${msgIncludes}"`, msg);
  }
}

/** Throws unless `fn` throws; gives what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Throws unless `fn` throws an error of this class and message; gives that error. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows<E extends Error>(
  fn: () => unknown,
  typeOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): unknown {
  const type = typeof typeOrMsg === "string" ? undefined : typeOrMsg;
  const note = typeof typeOrMsg === "string" ? typeOrMsg : msg;
  let result: unknown;
  try {
    result = fn();
  } catch (error) {
    if (type) checkError(error, type, msgIncludes, note);
    return error;
  }
  fail(`Expected the function to throw, it returned ${result}`, note);
}

/** Rejects unless the promise rejects; gives what it rejected with. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Rejects unless the promise rejects with an error of this class and message; gives that error. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorClass<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  typeOrMsg?: ErrorClass<E> | string,
  msgIncludes?: string,
  msg?: string,
): Promise<unknown> {
  const type = typeof typeOrMsg === "string" ? undefined : typeOrMsg;
  const note = typeof typeOrMsg === "string" ? typeOrMsg : msg;
  const promise = fn();
  if (typeof promise?.then !== "function") fail("Function throws when expected to reject", note);
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    if (type) checkError(error, type, msgIncludes, note);
    return error;
  }
  fail(`Expected the promise to reject, it gave ${result}`, note);
}
