/** The params of a pass: gathered in host memory, uploaded at once, bound by offset. */

const ALIGN = 256;
/** Bytes of one uniform buffer, which every adapter can bind: a dispatch has no more params. */
export const MOST_PARAMS = 1 << 16;

/** The uniform buffers of an engine. */
export class Uniforms {
  readonly #create: (bytes: number, discard: () => void) => GPUBuffer;
  readonly #buffers: (GPUBuffer | undefined)[] = [];
  readonly #spare: Uint32Array<ArrayBuffer>[] = [];

  /** `create` calls `discard` where the device could not make the buffer after all. */
  constructor(create: (bytes: number, discard: () => void) => GPUBuffer) {
    this.#create = create;
  }

  /** Bytes on the device. */
  get bytes(): number {
    return this.#buffers.length * MOST_PARAMS;
  }

  /** How many buffers there are. */
  get count(): number {
    return this.#buffers.length;
  }

  /** The buffer for the k-th array of every pass. */
  buffer(k: number): GPUBuffer {
    return this.#buffers[k] ??= this.#create(MOST_PARAMS, () => this.#buffers[k] = undefined);
  }

  takeArray(): Uint32Array<ArrayBuffer> {
    return this.#spare.pop() ?? new Uint32Array(MOST_PARAMS / 4);
  }

  giveArray(array: Uint32Array<ArrayBuffer>): void {
    this.#spare.push(array);
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer?.destroy();
  }
}

/** The params of one pass. */
export class PassParams {
  readonly #uniforms: Uniforms;
  readonly #arrays: Uint32Array<ArrayBuffer>[] = [];
  #end = MOST_PARAMS;

  constructor(uniforms: Uniforms) {
    this.#uniforms = uniforms;
  }

  /** Takes a dispatch's words and returns their byte offset in {@link buffer}. */
  put(words: number, params: Uint32Array | undefined): number {
    const bytes = Math.ceil(words * 4 / ALIGN) * ALIGN;
    if (this.#end + bytes > MOST_PARAMS) {
      this.#arrays.push(this.#uniforms.takeArray());
      this.#end = 0;
    }
    const at = this.#end;
    this.#end += bytes;
    if (params) this.#arrays[this.#arrays.length - 1].set(params, at / 4);
    return at;
  }

  /** The buffer that will hold the words that were put last. */
  get buffer(): GPUBuffer {
    return this.#uniforms.buffer(this.#arrays.length - 1);
  }

  /** Writes all of them, for the work that is submitted next. */
  upload(queue: GPUQueue): void {
    const last = this.#arrays.length - 1;
    this.#arrays.forEach((array, k) => {
      const words = (k === last ? this.#end : MOST_PARAMS) / 4;
      queue.writeBuffer(this.#uniforms.buffer(k), 0, array, 0, words);
      this.#uniforms.giveArray(array);
    });
    this.#arrays.length = 0;
  }
}
