/** Dense factorisations in WebAssembly: pointers and sizes for the functions of `assembly/dense.ts`. */
import { bytesOf, type InexactDType, lanesOf } from "../../contract/dtype.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";
import { part } from "./columns.ts";

/** Numbers of a row that a thread reflects at once, and numbers that it eliminates or rotates. */
const REFLECTED = 64, TAKEN = 8192;

/** The numbers from `pointer` on. */
export function floatsAt(module: WasmModule, pointer: number): Float32Array {
  return new Float32Array(module.buffer, pointer);
}

/** Matrices [m, n], and the number of columns that are reflected. */
interface Reflected {
  readonly dtype: InexactDType;
  readonly m: number;
  readonly n: number;
  readonly width: number;
}

/** a ← a − τ v (vᴴ a); v has `vRow` elements between its own, a has `aRow` between its rows. */
function reflect(
  module: WasmModule,
  { dtype, rows, columns }: { dtype: InexactDType; rows: number; columns: number },
  [v, vRow]: readonly [number, number],
  [a, aRow]: readonly [number, number],
  tau: readonly [re: number, im: number],
): void {
  const words = lanesOf(dtype), numbers = columns * words;
  const steps = [v, 4 * words * vRow, a, 4 * words * aRow];
  const args = module.args([...steps, rows, numbers, words, REFLECTED], tau);
  module.parallel("reflectColumns", args, Math.ceil(numbers / REFLECTED), rows * numbers / 2);
}

/** The columns behind k by Hᴴ, the adjoint reflector of column k. */
export function reflectBehind(
  module: WasmModule,
  { dtype, m, n }: Reflected,
  matrix: number,
  k: number,
  a: number,
  tau: number,
): void {
  const bytes = bytesOf(dtype), column = a + bytes * (matrix * m * n + k * n + k);
  const [re, im] = part(dtype, floatsAt(module, tau), matrix * n + k);
  const block = { dtype, rows: m - k, columns: n - k - 1 };
  reflect(module, block, [column, n], [column + bytes, n], [re, -im]);
}

/** The columns of Q from k on by H, the reflector of column k. */
export function reflectUnit(
  module: WasmModule,
  { dtype, m, n, width }: Reflected,
  matrix: number,
  k: number,
  a: number,
  tau: number,
  q: number,
): void {
  const bytes = bytesOf(dtype);
  const v = a + bytes * ((matrix * m + k) * n + k),
    first = q + bytes * ((matrix * m + k) * width + k);
  const [re, im] = part(dtype, floatsAt(module, tau), matrix * n + k);
  reflect(module, { dtype, rows: m - k, columns: width - k }, [v, n], [first, width], [re, im]);
}

/** Subtracts multiples of row k from the rows below it, by the multipliers in column k. */
export function eliminateBelow(
  module: WasmModule,
  dtype: InexactDType,
  n: number,
  k: number,
  matrix: number,
): void {
  const words = lanesOf(dtype), below = n - k - 1;
  const corner = matrix + 4 * words * (k * n + k);
  const size = Math.max(1, Math.floor(TAKEN / (below * words)));
  const args = module.args([corner, 4 * words * n, below, words, size]);
  module.parallel("eliminateRows", args, Math.ceil(below / size), below * below * words / 4);
}

/** One round of Jacobi's rotations of the rows at `data`; marks at `mark` that something was rotated. */
export function rotatePairs(
  module: WasmModule,
  s: { dtype: InexactDType; rows: number; length: number; measured: number },
  [data, mark]: readonly [number, number],
  [players, round]: readonly [number, number],
  limits: readonly [tolerance: number, smallest: number],
): void {
  const words = lanesOf(s.dtype), width = s.length * words, pairs = players / 2;
  const size = Math.max(1, Math.floor(TAKEN / width / 2));
  const row = [data, s.rows, width, s.measured * words];
  const args = module.args([...row, players, round, words, mark, size], limits);
  module.parallel("rotatePairs", args, Math.ceil(pairs / size), pairs * width * 2);
}
