/** The params of a pass: gathered in host memory, uploaded at once, bound by their places. */
import type {} from "@webgpu/types";

const ALIGN = 256;
/** Bytes of one uniform buffer: what every adapter can bind. */
const BLOCK = 1 << 16;

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
    return this.#buffers.length * BLOCK;
  }

  /** How many buffers there are. */
  get count(): number {
    return this.#buffers.length;
  }

  /** The buffer of the k-th block of every pass. */
  buffer(k: number): GPUBuffer {
    return this.#buffers[k] ??= this.#create(BLOCK, () => this.#buffers[k] = undefined);
  }

  takeBlock(): Uint32Array<ArrayBuffer> {
    return this.#spare.pop() ?? new Uint32Array(BLOCK / 4);
  }

  giveBlock(block: Uint32Array<ArrayBuffer>): void {
    this.#spare.push(block);
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer?.destroy();
  }
}

/** The params of one pass. */
export class PassParams {
  readonly #uniforms: Uniforms;
  readonly #blocks: Uint32Array<ArrayBuffer>[] = [];
  #end = BLOCK;

  constructor(uniforms: Uniforms) {
    this.#uniforms = uniforms;
  }

  /** Takes a dispatch's words; the first byte of their place in {@link buffer}. */
  put(words: number, params: Uint32Array | undefined): number {
    const bytes = Math.ceil(words * 4 / ALIGN) * ALIGN;
    if (this.#end + bytes > BLOCK) {
      this.#blocks.push(this.#uniforms.takeBlock());
      this.#end = 0;
    }
    const at = this.#end;
    this.#end += bytes;
    if (params) this.#blocks[this.#blocks.length - 1].set(params, at / 4);
    return at;
  }

  /** The buffer in which the words that were put last will lie. */
  get buffer(): GPUBuffer {
    return this.#uniforms.buffer(this.#blocks.length - 1);
  }

  /** Writes all of them, for the work that is submitted next. */
  upload(queue: GPUQueue): void {
    const last = this.#blocks.length - 1;
    this.#blocks.forEach((block, k) => {
      const words = (k === last ? this.#end : BLOCK) / 4;
      queue.writeBuffer(this.#uniforms.buffer(k), 0, block, 0, words);
      this.#uniforms.giveBlock(block);
    });
    this.#blocks.length = 0;
  }
}
