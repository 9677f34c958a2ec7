/** How outcomes of the core are compared. */
import { assert, assertEquals } from "@std/assert";

/** Equal to float32 rounding, which differs where multiplications and additions are fused. */
export function assertSame(got: readonly number[], expected: readonly number[]): void {
  assertEquals(got.length, expected.length);
  got.forEach((x, k) => {
    const off = Math.abs(x - expected[k]);
    assert(off <= 1e-5 * Math.max(1, Math.abs(expected[k])), `${k}: ${x}, not ${expected[k]}`);
  });
}
