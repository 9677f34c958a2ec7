/** Batches of a data set, epoch after epoch. */
import { describe } from "../../complex/lazy/describe.ts";
import { checkInteger } from "../../complex/lazy/shape.ts";
import { nameClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { getRandomState, type RandomState, setRandomState } from "../../complex/create/random.ts";
import { guide } from "../../complex/tensor/habits.ts";
import { countEntry, EntryReader, numbersEntry } from "../entries.ts";
import { LOADER_AS_LIST } from "../habits.ts";
import type { StateDict } from "../module.ts";
import { withDefaults } from "../checks.ts";
import { collate, type Collated, type Dataset } from "./dataset.ts";
import { IterableDataset } from "./iterable_dataset.ts";
import { drawSeed, permutation } from "./order.ts";
import { Prefetcher, type Source } from "./prefetch.ts";
import { checkDataset, gather } from "./subset.ts";

/** Options of {@link DataLoader}. */
export interface DataLoaderOptions {
  /** Samples a batch; 1, if absent. */
  readonly batchSize?: number;
  /** Whether each epoch has a new order; false, if absent. */
  readonly shuffle?: boolean;
  /** The seed of the orders; drawn from the generator of `manualSeed`, if absent and needed. */
  readonly seed?: number;
  /** Whether a last batch of fewer samples is left out; false, if absent. */
  readonly dropLast?: boolean;
  /**
   * Batches that are begun before they are asked for; 0, if absent. It helps where samples are waited
   * for. A data set that draws random numbers of the library then draws them earlier; where it does so
   * before it first waits, a resumed run draws the same. Streams that wait and draw are resumed exactly
   * without `prefetch`.
   */
  readonly prefetch?: number;
}

/** Options of a {@link DataLoader} with batches of the user's own making. */
export interface CollateOptions<S, B> extends DataLoaderOptions {
  /** Makes a batch of samples, in place of {@link collate}. */
  readonly collate: (samples: S[]) => B | Promise<B>;
}

/** Where a loader is. */
interface Position {
  readonly epoch: number;
  /** Batches of the epoch that have been handed out. */
  readonly batch: number;
}

/**
 * Batches of a data set, as PyTorch's `DataLoader`: each `for await` is an epoch. With `shuffle` every
 * epoch has a new order, which depends on seed and epoch only.
 *
 * Leaving the loop early ends the epoch, and the next loop begins the next epoch. The state dict
 * records the exact batch, and a loader that loads it resumes there; of an {@link IterableDataset} it
 * skips the samples before.
 *
 * @throws {ArgandError} if an option is unknown or does not fit, or an IterableDataset is to be
 * shuffled; while it runs, whatever the data set throws.
 *
 * @example
 * ```ts
 * import { arange, nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const data = new nn.TensorDataset(arange(10));
 * const loader = new nn.DataLoader(data, { batchSize: 4, shuffle: true, seed: 7 });
 * const sizes: number[] = [];
 * for await (const [x] of loader) sizes.push(x.size);
 * assertEquals(sizes, [4, 4, 2]);
 * assertEquals(loader.length, 3);
 * ```
 */
export class DataLoader<S, B = Collated<S>> implements AsyncIterable<B> {
  static {
    nameClass(this, "DataLoader");
  }

  /** The data set. */
  readonly dataset: Dataset<S, B> | IterableDataset<S>;
  /** Samples a batch. */
  readonly batchSize: number;
  readonly #options: Required<Omit<DataLoaderOptions, "seed">>;
  readonly #collate: CollateOptions<S, B>["collate"] | undefined;
  #seed: number;
  #position: Position = { epoch: 0, batch: 0 };
  /** Whether the next pass goes on at the position. */
  #loaded = true;
  /** Where the random numbers were before each batch that is begun and not handed out. */
  #begun: RandomState[] = [];
  /** The same of the pass that the next one goes on with. */
  #replay: RandomState[] = [];

  /** A loader of a data set whose samples a function makes batches of. */
  constructor(
    dataset: Dataset<S, unknown> | IterableDataset<S>,
    options: CollateOptions<S, B>,
  );
  /** A loader of a data set. */
  constructor(dataset: Dataset<S, B> | IterableDataset<S>, options?: DataLoaderOptions);
  constructor(
    dataset: Dataset<S, B> | IterableDataset<S>,
    options?: Partial<CollateOptions<S, B>>,
  ) {
    const what = "make a DataLoader";
    const isIterable = dataset instanceof IterableDataset;
    if (!isIterable) checkDataset(what, dataset);
    const { seed, collate: own, ...given } = withDefaults<Partial<CollateOptions<S, B>>>(
      what,
      options,
      {
        batchSize: 1,
        shuffle: false,
        seed: undefined,
        dropLast: false,
        prefetch: 0,
        collate: undefined,
      },
    );
    const known = given as Required<typeof given>;
    checkInteger(what, "batchSize", known.batchSize, 1);
    checkInteger(what, "prefetch", known.prefetch, 0);
    if (seed !== undefined) checkInteger(what, "seed", seed, 0);
    if (own !== undefined && typeof own !== "function") {
      throw cannot(what, `collate must be a function, got ${describe(own)}`);
    }
    if (isIterable && known.shuffle) {
      throw cannot(
        what,
        "the samples of an IterableDataset come in its own order: shuffle them there",
      );
    }
    const { length } = dataset;
    if (known.dropLast && length !== null && length < known.batchSize) {
      throw cannot(
        what,
        `with dropLast there is no batch: ${length} samples are fewer than batchSize, ${known.batchSize}`,
      );
    }
    this.dataset = dataset;
    this.batchSize = known.batchSize;
    this.#options = known;
    this.#collate = own;
    this.#seed = seed ?? (known.shuffle ? drawSeed() : 0);
  }

  /** Batches an epoch, or null where the data set does not know. */
  get length(): number | null {
    const { length } = this.dataset;
    if (length === null) return null;
    return (this.#options.dropLast ? Math.floor : Math.ceil)(length / this.batchSize);
  }

  /** The epoch of the next batch, counted from 0. */
  get epoch(): number {
    return this.#position.epoch;
  }

  /** Batches of the epoch that have been handed out. */
  get position(): number {
    return this.#position.batch;
  }

  /** The batches of an epoch, or of what is left of it where a state has been loaded. */
  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    let { epoch, batch } = this.#position;
    if (!this.#loaded && batch > 0) [epoch, batch] = [epoch + 1, 0];
    const replay = this.#loaded ? this.#replay : [];
    this.#loaded = false;
    this.#replay = [];
    const begun: RandomState[] = this.#begun = [];
    let here = this.#position = { epoch, batch };
    // Of two passes at a time the one that was begun last says where the loader is.
    const move = (next: Position) => {
      if (this.#position === here) this.#position = next;
      here = next;
    };
    const { dataset } = this;
    const source = dataset instanceof IterableDataset
      ? this.#stream(dataset, epoch, batch, begun, replay)
      : this.#pick(dataset, epoch, batch, begun, replay);
    const batches = new Prefetcher(source, this.#options.prefetch);
    try {
      for (let next = await batches.next(); next !== null; next = await batches.next()) {
        begun.shift();
        move({ epoch, batch: ++batch });
        yield next.batch;
      }
      move({ epoch: epoch + 1, batch: 0 });
    } finally {
      await batches.close();
    }
  }

  /**
   * The batches of a data set from one on; those asked for at a time are made at a time. `begun` takes
   * where the random numbers were before each; those of `replay` are drawn as they were.
   */
  #pick(
    dataset: Dataset<S, B>,
    epoch: number,
    first: number,
    begun: RandomState[],
    replay: RandomState[],
  ): Source<B> {
    const { batchSize } = this;
    const { length } = dataset;
    const own = this.#collate;
    const order = this.#options.shuffle ? permutation(length, this.#seed, epoch) : null;
    const count = this.length!;
    let batch = first;
    const make = async (from: number): Promise<IteratorResult<B, unknown>> => {
      const indices = Uint32Array.from(
        { length: Math.min(batchSize, length - from) },
        (_, k) => order ? order[from + k] : from + k,
      );
      if (!own) return { done: false, value: await gather(dataset, indices) };
      const samples = Array.from(indices, (k) => dataset.get(k));
      const waits = samples.some((sample) => sample instanceof Promise);
      const all = waits ? await Promise.all(samples) : samples as S[];
      return { done: false, value: await own(all) };
    };
    return {
      next() {
        if (batch >= count) return Promise.resolve({ done: true, value: undefined });
        const now = getRandomState();
        const then = replay.shift();
        if (then) setRandomState(then);
        begun.push(then ?? now);
        const made = make(batch++ * batchSize); // all that does not wait is done here
        if (then) setRandomState(now);
        return made;
      },
      close: () => Promise.resolve(),
    };
  }

  /** The batches of a stream of samples from one on. */
  #stream(
    dataset: IterableDataset<S>,
    epoch: number,
    first: number,
    begun: RandomState[],
    replay: RandomState[],
  ): Source<B> {
    let source: Source<B> | null = null;
    const open = (): Source<B> => {
      const samples = dataset.samples(epoch);
      return Symbol.asyncIterator in samples
        ? this.#awaited(samples, first)
        : this.#pulled(samples[Symbol.iterator](), first, begun, replay);
    };
    return {
      // An error in opening it reaches whoever asks for the batch, too.
      // deno-lint-ignore require-await
      next: async () => (source ??= open()).next(),
      close: async () => await source?.close(),
    };
  }

  /** The batches of a stream that never waits: each is drawn in one go, like those of a data set. */
  #pulled(
    samples: Iterator<S>,
    first: number,
    begun: RandomState[],
    replay: RandomState[],
  ): Source<B> {
    const { batchSize } = this;
    const { dropLast } = this.#options;
    const make = this.#collate ?? (collate as unknown as (samples: S[]) => B);
    let skip = first * batchSize;
    let ended = false;
    const pull = (most: number): S[] => {
      const some: S[] = [];
      while (!ended && some.length < most) {
        const { done, value } = samples.next();
        if (done) ended = true;
        else some.push(value);
      }
      return some;
    };
    return {
      async next() {
        const now = getRandomState();
        let some: S[];
        let made: B | Promise<B> | null = null;
        try {
          // What is drawn for samples of earlier batches has been drawn before.
          for (; skip > 0 && !ended; skip--) pull(1);
          setRandomState(replay[0] ?? now);
          some = pull(batchSize);
          if (some.length === batchSize || some.length > 0 && !dropLast) {
            begun.push(replay[0] ?? now);
            made = make(some);
          }
        } catch (error) {
          ended = true;
          throw error;
        } finally {
          if (replay.shift()) setRandomState(now);
        }
        return made === null
          ? { done: true, value: undefined }
          : { done: false, value: await made };
      },
      close() {
        ended = true;
        samples.return?.();
        return Promise.resolve();
      },
    };
  }

  /** The batches of a stream that waits. */
  #awaited(samples: AsyncIterable<S>, first: number): Source<B> {
    const { batchSize } = this;
    const { dropLast } = this.#options;
    const make = this.#collate ?? (collate as unknown as (samples: S[]) => B);
    let closed = false;
    async function* batches(): AsyncGenerator<B> {
      let skip = first * batchSize;
      const now = getRandomState();
      let some: S[] = [];
      for await (const sample of samples) {
        if (closed) return;
        if (skip > 0) {
          if (--skip === 0) setRandomState(now); // what was drawn for these has been drawn before
          continue;
        }
        some.push(sample);
        if (some.length < batchSize) continue;
        yield await make(some);
        some = [];
      }
      if (skip > 0) setRandomState(now); // the last batch was a short one
      if (some.length > 0 && !dropLast) yield await make(some);
    }
    const stream = batches();
    return {
      next: () => stream.next(),
      async close() {
        closed = true;
        await stream.return(undefined);
      },
    };
  }

  /**
   * Where the loader is: `seed`, `epoch` and `position`, the batches of the epoch handed out so far; and
   * for batches that have been begun ahead, where the random numbers were then (`ahead`).
   *
   * @returns Entries as `formatSafetensors` takes them.
   *
   * @example
   * ```ts
   * import { arange, nn } from "@argand/argand";
   * import { assertEquals } from "@std/assert";
   *
   * const make = () => new nn.DataLoader(new nn.TensorDataset(arange(6)), { batchSize: 2, shuffle: true });
   * const loader = make();
   * for await (const _ of loader) if (loader.position === 1) break;
   * const resumed = make();
   * resumed.loadStateDict(loader.stateDict());
   * let batches = 0;
   * for await (const _ of resumed) batches++; // the second and the third of the same order
   * assertEquals(batches, 2);
   * ```
   */
  stateDict(): StateDict {
    const dict: StateDict = new Map([
      ["seed", countEntry(this.#seed)],
      ["epoch", countEntry(this.#position.epoch)],
      ["position", countEntry(this.#position.batch)],
    ]);
    const ahead = this.#loaded ? this.#replay : this.#begun;
    if (ahead.length > 0) {
      const numbers = ahead.flatMap(({ seed, draws }) => [seed, draws]);
      dict.set("ahead", numbersEntry(numbers, [ahead.length, 2]));
    }
    return dict;
  }

  /**
   * Takes over a state dict: the next pass goes on where the other loader was. All of it must fit,
   * else nothing is changed.
   *
   * @throws {ArgandError} that names every entry that is missing, left over, or of another kind or
   * shape, or a position beyond the end of the epoch.
   */
  loadStateDict(dict: StateDict): void {
    this.prepareStateDict(dict)();
  }

  /**
   * Checks a state dict; the returned function takes it over.
   * @internal
   */
  prepareStateDict(dict: StateDict): () => void {
    const reader = new EntryReader("load the state of a DataLoader", dict);
    const seed = reader.count("seed");
    const [epoch, batch] = [reader.count("epoch"), reader.count("position")];
    const batches = this.length;
    if (batches !== null && batch > batches) {
      reader.fault("position", `is ${batch} and an epoch has ${batches} batches`);
    }
    const length = reader.shapeOf("ahead")[0] ?? 0;
    const ahead = reader.has("ahead") ? reader.numbers("ahead", [length, 2]) : [];
    reader.finish();
    return () => {
      this.#seed = seed;
      this.#replay = Array.from({ length: ahead.length / 2 }, (_, k) => (
        { seed: ahead[2 * k], draws: ahead[2 * k + 1] }
      ));
      this.#position = { epoch, batch };
      this.#loaded = true;
    };
  }
}

guide(DataLoader.prototype, {}, LOADER_AS_LIST);
