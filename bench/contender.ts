/** A library that does a piece of work: this one or another. */

import type { InexactArray } from "@argand/argand";

/** One library at one piece of work. */
export interface Contender {
  /** Does it once; the device may still be busy when it returns. */
  run(): void | Promise<void>;
  /** Waits until the device has done everything. */
  settle(): Promise<void>;
  /** Does it once more and reads the result; complex numbers are interleaved. */
  result(): Promise<InexactArray>;
  /** Gives its memory back. */
  release(): void;
}
