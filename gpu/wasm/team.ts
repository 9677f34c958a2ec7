/**
 * Threads that share a linear memory and do the chunks of a job together. They wait for work
 * asleep, hold no process alive, and a job never waits for a thread that has not started.
 */
import { builtin } from "../contract/runtime.ts";

/** The words of the control block, at `CONTROL` in the memory. */
const GENERATION = 0, OPEN = 1, JOB = 2, ARGS = 3, CHUNKS = 4, NEXT = 5, FAILED = 7, CLOSED = 9;
/** How many workers take part in the job, and how many are up. */
export const BUSY = 6, UP = 8;
/** Where the control block is. */
export const CONTROL = 1024;
const CONTROL_WORDS = 16;
const MOST_WORKERS = 7;

/** How often a thread looks before it sleeps: some tens of microseconds. */
const LOOKS = 4000;

/** Milliseconds of sleep after which a worker that has not finished its chunk is given up: minutes. */
const PATIENCE = 300_000;

/**
 * The program of a worker. A job is open from before `GENERATION` moves on until the caller has run out of
 * chunks; who takes part has first counted itself in `BUSY`, and the caller waits for that to be 0.
 */
const PROGRAM = `
function serve({ module, memory, names, scratch }) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const words = new Int32Array(memory.buffer, ${CONTROL}, ${CONTROL_WORDS});
  const jobs = names.map((name) => exports[name]);
  let generation = 0;
  Atomics.add(words, ${UP}, 1);
  for (;;) {
    for (let k = 0; k < ${LOOKS} && Atomics.load(words, ${GENERATION}) === generation; k++);
    Atomics.wait(words, ${GENERATION}, generation);
    generation = Atomics.load(words, ${GENERATION});
    if (Atomics.load(words, ${CLOSED})) return;
    Atomics.add(words, ${BUSY}, 1);
    if (Atomics.load(words, ${OPEN})) {
      const job = jobs[words[${JOB}]], args = words[${ARGS}], chunks = words[${CHUNKS}];
      try {
        for (let c; (c = Atomics.add(words, ${NEXT}, 1)) < chunks;) job(args, c, scratch);
      } catch {
        Atomics.store(words, ${FAILED}, 1);
      }
    }
    if (Atomics.sub(words, ${BUSY}, 1) === 1) Atomics.notify(words, ${BUSY});
  }
}`;
const IN_NODE = `${PROGRAM}\nserve(require("node:worker_threads").workerData);`;
const IN_BROWSER = `${PROGRAM}\nonmessage = ({ data }) => { serve(data); close(); };`;

interface NodeWorker {
  unref(): void;
  on(event: "error", listener: () => void): void;
}

interface NodeThreads {
  readonly isMainThread: boolean;
  readonly Worker: new (
    source: string,
    options: { eval: true; workerData: unknown; env: Record<string, string> },
  ) => NodeWorker;
}

const nodeThreads = () => builtin<NodeThreads>("node:worker_threads");

/** The processor's cores; Node has a navigator from version 21 on only. */
function cores(): number {
  const { hardwareConcurrency } = (globalThis.navigator ?? {}) as Partial<Navigator>;
  return hardwareConcurrency ??
    builtin<{ availableParallelism(): number }>("node:os")?.availableParallelism() ?? 1;
}

/** How many threads beside this one are of use: none in a program's own worker of Deno or Node. */
export function workersOfUse(): number {
  if (typeof SharedArrayBuffer === "undefined") return 0;
  const threads = nodeThreads();
  if (threads ? !threads.isMainThread || "WorkerGlobalScope" in globalThis : false) return 0;
  if (!threads && (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated === false) {
    return 0;
  }
  return Math.min(MOST_WORKERS, Math.max(0, cores() - 1));
}

/** The threads of one memory. */
export class Team {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #names: readonly string[];
  readonly #patience: number;
  /** A worker ended in the middle of a chunk: the others are not asked any more. */
  #broken = false;

  /** Starts one worker for each area of scratch memory. */
  constructor(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    names: readonly string[],
    scratch: readonly number[],
    patience = PATIENCE,
  ) {
    this.#patience = patience;
    const shared = memory.buffer as unknown as SharedArrayBuffer;
    this.#words = new Int32Array(shared, CONTROL, CONTROL_WORDS);
    this.#names = names;
    for (const place of scratch) start({ module, memory, names, scratch: place });
  }

  /** Calls `run(args, chunk, scratch)` for every chunk, here and on the workers that are up. */
  run(
    name: string,
    run: (args: number, chunk: number, scratch: number) => unknown,
    args: number,
    chunks: number,
    scratch: number,
  ): void {
    const words = this.#words;
    if (this.#broken || Atomics.load(words, UP) === 0) {
      for (let c = 0; c < chunks; c++) run(args, c, scratch);
      return;
    }
    words[JOB] = this.#names.indexOf(name);
    words[ARGS] = args;
    words[CHUNKS] = chunks;
    words[FAILED] = 0;
    Atomics.store(words, NEXT, 0);
    Atomics.store(words, OPEN, 1);
    Atomics.add(words, GENERATION, 1);
    Atomics.notify(words, GENERATION);
    try {
      for (let c; (c = Atomics.add(words, NEXT, 1)) < chunks;) run(args, c, scratch);
    } finally {
      Atomics.store(words, NEXT, chunks);
      Atomics.store(words, OPEN, 0);
      this.#join();
    }
    if (Atomics.load(words, FAILED)) {
      throw new WebAssembly.RuntimeError(`${name} failed in a thread`);
    }
  }

  /** How many workers are up. */
  size(): number {
    return Atomics.load(this.#words, UP);
  }

  /** Ends the workers. */
  close(): void {
    Atomics.store(this.#words, CLOSED, 1);
    Atomics.add(this.#words, GENERATION, 1);
    Atomics.notify(this.#words, GENERATION);
  }

  #join(): void {
    const words = this.#words;
    for (let k = 0; k < LOOKS; k++) if (Atomics.load(words, BUSY) === 0) return;
    let slept = 0;
    for (let busy; (busy = Atomics.load(words, BUSY)) > 0;) {
      try {
        if (Atomics.wait(words, BUSY, busy, 1) === "timed-out") slept++;
      } catch {
        // a page's main thread may not sleep: it goes on looking
      }
      if (slept <= this.#patience) continue;
      this.#broken = true;
      throw new WebAssembly.RuntimeError("a thread ended in the middle of its work");
    }
  }
}

/** A worker that can't start, for want of permission or memory, costs nothing: no job waits for it. */
function start(data: unknown): void {
  const threads = nodeThreads();
  try {
    if (threads) {
      // Without an environment of its own it would get a copy of this one, and Deno would ask for that.
      const worker = new threads.Worker(IN_NODE, { eval: true, workerData: data, env: {} });
      worker.on("error", () => {});
      worker.unref();
      return;
    }
    const url = URL.createObjectURL(new Blob([IN_BROWSER], { type: "text/javascript" }));
    new Worker(url).postMessage(data);
    URL.revokeObjectURL(url);
  } catch {
    return;
  }
}
