/** Reading ahead in a stream of batches. */

/** Batches one after the other, as an iterator gives them; `next` may be called before the last one has come. */
export interface Source<B> {
  next(): Promise<IteratorResult<B, unknown>>;
  /** Ends it early. */
  close(): Promise<void>;
}

/**
 * The batches of a source, `ahead` of them begun before they are asked for. An error reaches whoever
 * asks for the batch that failed. The source is closed when the reader leaves early or it fails.
 */
export class Prefetcher<B> {
  readonly #source: Source<B>;
  readonly #ahead: number;
  readonly #begun: Promise<IteratorResult<B, unknown>>[] = [];
  #ended = false;

  constructor(source: Source<B>, ahead: number) {
    this.#source = source;
    this.#ahead = ahead;
  }

  /** The next batch, or null after the last. */
  async next(): Promise<{ readonly batch: B } | null> {
    if (this.#ended) return null;
    while (this.#begun.length <= this.#ahead) {
      const coming = this.#source.next();
      coming.catch(() => {}); // it is told to whoever asks for this batch
      this.#begun.push(coming);
    }
    try {
      const { done, value } = await this.#begun.shift()!;
      if (!done) return { batch: value };
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#ended = true;
    return null;
  }

  /** Leaves: nothing more is begun. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#source.close();
  }
}
