/** The WebAssembly of the CPU engine, as a kernel sees it. */

/**
 * The WebAssembly of the CPU engine, as a kernel sees it. Pointers are byte addresses in its linear
 * memory, which grows: a view of it is good until the next allocation.
 */
export interface WasmModule {
  /** The functions, by name; see `gpu/wasm/assembly`. */
  readonly functions: Readonly<Record<string, (...args: number[]) => number>>;
  /** The linear memory as it is now. */
  readonly buffer: ArrayBufferLike;
  /**
   * Writes 32-bit words, and after them floating ones, and returns where; the next call overwrites
   * them.
   */
  args(words: readonly number[], floats?: readonly number[]): number;
  /**
   * Runs `functions[name](args, chunk, scratch)` for every chunk from 0 on, on several threads where
   * that is worth it. `work` estimates the whole in nanoseconds on one thread. `scratch` points at
   * {@link SCRATCH} bytes of the thread's own.
   */
  parallel(name: string, args: number, chunks: number, work: number): void;
  /**
   * The address of constant data such as tables, which the first call with this key makes and
   * writes.
   * @throws {NoRoom} where the memory is full, like {@link borrow}.
   */
  constant(key: string, make: () => Float32Array | Int32Array | Uint32Array): number;
  /** Lends memory that all threads share while `use` runs. */
  borrow(bytes: number, use: (pointer: number) => void): void;
}

/** The linear memory is full; a kernel that meets this has written nothing yet. */
export class NoRoom extends RangeError {}

/** Bytes of scratch memory that each thread has. */
export const SCRATCH: number = 1 << 20;
