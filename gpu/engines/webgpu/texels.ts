/**
 * Textures for inputs that a shader reads as texels: their buffers are copied here before the dispatch.
 * On Mesa's llvmpipe a load from a texture costs a third of one from a buffer.
 */
import type { Guards } from "./guards.ts";
import { TEXELS_ACROSS } from "../../contract/kernel.ts";

/** Bytes of a row; a texel holds four numbers. */
const ROW = 16 * TEXELS_ACROSS;

/** One texture for each input number and each power of two of rows, which dispatches reuse. */
export class Texels {
  readonly #device: GPUDevice;
  readonly #guards: Guards;
  readonly #textures = new Map<string, { texture: GPUTexture; view: GPUTextureView }>();
  #bytes = 0;

  constructor(device: GPUDevice, guards: Guards) {
    this.#device = device;
    this.#guards = guards;
  }

  #at(input: number, bytes: number) {
    const rows = 2 ** Math.ceil(Math.log2(Math.max(bytes / ROW, 1)));
    const key = `${input},${rows}`;
    let made = this.#textures.get(key);
    if (!made) {
      const { value, failure } = this.#guards.run(() => {
        const texture = this.#device.createTexture({
          size: [TEXELS_ACROSS, rows],
          format: "rgba32float",
          usage: GPUTextureUsage.STORAGE_BINDING | GPUTextureUsage.COPY_DST,
        });
        return { texture, view: texture.createView() };
      }, () => `hold ${rows * ROW} more bytes as a texture`);
      this.#textures.set(key, made = value);
      this.#bytes += rows * ROW;
      failure.then((error) => {
        if (error && this.#textures.delete(key)) this.#bytes -= rows * ROW;
      });
    }
    return made;
  }

  /** The texture view to bind for an input of so many bytes. */
  view(input: number, bytes: number): GPUTextureView {
    return this.#at(input, bytes).view;
  }

  /** Encodes the copy of a buffer; the buffer is as long as a multiple of 16 bytes. */
  copy(encoder: GPUCommandEncoder, buffer: GPUBuffer, bytes: number, input: number): void {
    const { texture } = this.#at(input, bytes);
    const rows = Math.floor(bytes / ROW), rest = Math.ceil((bytes - rows * ROW) / 16);
    const part = (row: number, width: number, height: number) => {
      if (width * height === 0) return;
      encoder.copyBufferToTexture(
        { buffer, offset: row * ROW, bytesPerRow: ROW },
        { texture, origin: [0, row] },
        { width, height },
      );
    };
    part(0, TEXELS_ACROSS, rows);
    part(rows, rest, 1);
  }

  /** The bytes of all textures. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many textures there are. */
  get count(): number {
    return this.#textures.size;
  }

  /** Gives everything back. */
  destroy(): void {
    for (const { texture } of this.#textures.values()) texture.destroy();
    this.#textures.clear();
    this.#bytes = 0;
  }
}
