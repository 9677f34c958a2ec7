/** Promises of values that refuse to be taken for the values. */
import { cannot } from "../../gpu/contract/errors.ts";

/** The promise that a method gives; where JavaScript asks it for a text, a number or JSON, it says `await`. */
export function awaited<T>(method: string, promise: Promise<T>): Promise<T> {
  const value = () => {
    throw cannot(
      `use what ${method}() gives before it is there`,
      `it is a promise; write await x.${method}()`,
    );
  };
  return Object.defineProperties(promise, {
    [Symbol.toPrimitive]: { value },
    toJSON: { value },
  });
}
