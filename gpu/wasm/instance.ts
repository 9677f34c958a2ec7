/** The assembly functions on a linear memory of their own, with the threads that run them. */
import { NoRoom, SCRATCH, type WasmModule } from "../contract/wasm_module.ts";
import { Allocator } from "./allocator.ts";
import { decodeBase64 } from "./base64.ts";
import { PLAIN, RELAXED } from "./module.ts";
import { Team, workersOfUse } from "./team.ts";

/** Nanoseconds of work below which no other thread is woken. */
const WORTH = 50_000;

const PAGE = 65536;
/** Pages up to which a memory is asked to grow: 4 GiB, or where that is refused half as many, and so on. */
const MOST_PAGES = 65536, FEWEST_PAGES = 1024;
/** Where the words of a job's arguments lie, and how many there may be. */
const ARGS = 2048, MOST_ARGS = 3072;

/** Options of an instance, for tests; the defaults follow the machine. */
export interface WasmOptions {
  readonly relaxed?: boolean;
  readonly shared?: boolean;
  readonly workers?: number;
}

/** The module of a build; null where it is not understood. The memory it imports is made unshared. */
function compile(text: string, shared: boolean): WebAssembly.Module | null {
  const bytes = decodeBase64(text);
  if (!shared) {
    // The import ends in the name "memory", the kind (2) and the limits: 3 is shared, 1 is not.
    const name = [..."\x06memory\x02\x03"].map((c) => c.charCodeAt(0));
    const at = bytes.findIndex((_, k) => name.every((c, j) => bytes[k + j] === c));
    bytes[at + name.length - 1] = 1;
  }
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
}

/** The memory that can grow furthest. */
function largestMemory(shared: boolean): WebAssembly.Memory {
  for (let maximum = MOST_PAGES;; maximum /= 2) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared });
    } catch (error) {
      if (maximum <= FEWEST_PAGES) throw error;
    }
  }
}

/**
 * An instance, or null where WebAssembly or its SIMD is missing. Where its memory is full, `reclaim` is
 * called to free what nobody needs.
 */
export function openWasm(
  options: WasmOptions = {},
  reclaim: () => void = () => {},
): WasmInstance | null {
  if (typeof WebAssembly === "undefined") return null;
  const workers = options.workers ?? workersOfUse();
  const shared = options.shared ?? workers > 0;
  try {
    const module = (options.relaxed ?? true ? compile(RELAXED, shared) : null) ??
      compile(PLAIN, shared);
    return module && new WasmInstance(module, shared, shared ? workers : 0, reclaim);
  } catch {
    return null; // no address space for a memory that can grow
  }
}

/** The one memory, its functions and its threads. */
export class WasmInstance implements WasmModule {
  readonly functions: Readonly<Record<string, (...args: number[]) => number>>;
  readonly #memory: WebAssembly.Memory;
  readonly #module: WebAssembly.Module;
  readonly #allocator: Allocator;
  readonly #workers: number;
  readonly #scratch: number;
  readonly #constants = new Map<string, number>();
  readonly #reclaim: () => void;
  #team: Team | null = null;

  constructor(
    module: WebAssembly.Module,
    shared: boolean,
    workers: number,
    reclaim: () => void,
  ) {
    this.#reclaim = reclaim;
    this.#module = module;
    this.#workers = workers;
    this.#memory = largestMemory(shared);
    const { exports } = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.functions = exports as unknown as typeof this.functions;
    this.#allocator = new Allocator(PAGE, (bytes) => this.#grow(bytes));
    this.#scratch = this.allocate(SCRATCH);
  }

  get buffer(): ArrayBufferLike {
    return this.#memory.buffer;
  }

  /** The address of `bytes` free bytes; 0 if there is no room. */
  allocate(bytes: number): number {
    const pointer = this.#allocator.allocate(bytes);
    if (pointer !== 0) return pointer;
    this.#reclaim();
    return this.#allocator.allocate(bytes);
  }

  free(pointer: number): void {
    this.#allocator.free(pointer);
  }

  args(words: readonly number[], floats: readonly number[] = []): number {
    if (words.length + floats.length > MOST_ARGS) {
      throw new RangeError(`${words.length + floats.length} words are more than ${MOST_ARGS}`);
    }
    new Int32Array(this.buffer, ARGS).set(words);
    if (floats.length > 0) new Float32Array(this.buffer, ARGS + 4 * words.length).set(floats);
    return ARGS;
  }

  parallel(name: string, args: number, chunks: number, work: number): void {
    const run = this.functions[name];
    if (chunks > 1 && work >= WORTH && this.#workers > 0) {
      this.#team ??= this.#gather();
      this.#team.run(name, run, args, chunks, this.#scratch);
    } else {
      for (let c = 0; c < chunks; c++) run(args, c, this.#scratch);
    }
  }

  constant(key: string, make: () => Float32Array | Int32Array | Uint32Array): number {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const data = make();
    const pointer = this.#need(data.byteLength);
    new Uint8Array(this.buffer, pointer, data.byteLength).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
    this.#constants.set(key, pointer);
    return pointer;
  }

  borrow(bytes: number, use: (pointer: number) => void): void {
    const pointer = this.#need(bytes);
    try {
      use(pointer);
    } finally {
      this.free(pointer);
    }
  }

  /** How many threads are up beside this one. */
  helpers(): number {
    return this.#team?.size() ?? 0;
  }

  close(): void {
    this.#team?.close();
    this.#team = null;
  }

  #need(bytes: number): number {
    const pointer = this.allocate(bytes);
    if (pointer === 0) throw new NoRoom(`no room for ${bytes} bytes in the linear memory`);
    return pointer;
  }

  #gather(): Team {
    const names = Object.keys(this.functions);
    // Does without threads for which there is no room.
    const scratch = Array.from({ length: this.#workers }, () => this.allocate(SCRATCH))
      .filter((pointer) => pointer !== 0);
    return new Team(this.#module, this.#memory, names, scratch);
  }

  #grow(bytes: number): number {
    const pages = Math.ceil(bytes / PAGE);
    // Somewhat more than is needed: each growth of an unshared memory may copy it.
    const held = this.buffer.byteLength / PAGE;
    // The last page stays away, so that no address behind an array is 2³², which is 0.
    if (held + pages >= MOST_PAGES) return 0;
    for (
      const wanted of [Math.min(Math.max(pages, 256, held >> 3), MOST_PAGES - 1 - held), pages]
    ) {
      try {
        this.#memory.grow(wanted);
        return wanted * PAGE;
      } catch {
        continue;
      }
    }
    return 0;
  }
}
