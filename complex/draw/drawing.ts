/** Drawings: pictures of whole tensors with their legends, as PNG or SVG. */
import { nameClass } from "../../gpu/contract/class_names.ts";
import { drawLettering, LETTER_COLOUR, LETTER_HEIGHT } from "./lettering.ts";
import type { Picture } from "./pictures.ts";
import { svgText } from "./svg_text.ts";
import { base64Png, encodePng, pngDataUrl } from "./png.ts";

/** A picture in a drawing; its pixels are scaled to fill the rectangle. */
export interface Panel {
  readonly picture: Picture;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A line of text in a drawing; `left` and `top` are its corner. */
export interface Label {
  readonly text: string;
  readonly left: number;
  readonly top: number;
}

/** The parts of a drawing. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly panels: readonly Panel[];
  readonly labels: readonly Label[];
}

/**
 * A tensor drawn by `draw`: fields, and a legend beside them. Notebooks show it as a picture.
 *
 * @example
 * ```ts
 * import { complex, draw } from "@argand/argand";
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 *
 * const drawing = await draw(complex([[1, 0]], [[0, 1]]), { legend: false, pixel: 8 });
 * assertEquals([drawing.width, drawing.height], [16, 8]);
 * assertStringIncludes(drawing.svg(), "<svg");
 * ```
 */
export class Drawing {
  static {
    nameClass(this, "Drawing");
  }

  readonly #layout: Layout;

  /**
   * Drawings are made by `draw`.
   * @internal
   */
  constructor(layout: Layout) {
    this.#layout = layout;
  }

  /** Pixels from left to right, legend included. */
  get width(): number {
    return this.#layout.width;
  }

  /** Pixels from top to bottom. */
  get height(): number {
    return this.#layout.height;
  }

  /** All pixels, on a transparent background. */
  picture(): Picture {
    const { width, height, panels, labels } = this.#layout;
    const rgba = new Uint8ClampedArray(4 * width * height);
    for (const panel of panels) paste(rgba, width, panel);
    for (const { text, left, top } of labels) {
      const picture = drawLettering(text);
      paste(rgba, width, { picture, left, top, width: picture.width, height: picture.height });
    }
    return { width, height, rgba };
  }

  /** The bytes of a PNG file. */
  png(): Uint8Array {
    return encodePng(this.picture());
  }

  /** The text of an SVG file, which can be put into a page as it is. */
  svg(): string {
    const { width, height, panels, labels } = this.#layout;
    const images = panels.map(({ picture, left, top, width, height }) => {
      const crisp = picture.width < width ? ' style="image-rendering:pixelated"' : "";
      return `<image x="${left}" y="${top}" width="${width}" height="${height}" ` +
        `preserveAspectRatio="none"${crisp} href="${pngDataUrl(picture)}"/>`;
    });
    const texts = labels.map(({ text, left, top }) =>
      `<text x="${left}" y="${top + LETTER_HEIGHT - 3}" fill="${LETTER_COLOUR}" ` +
      `font-family="system-ui, sans-serif" font-size="11">${svgText(text)}</text>`
    );
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" role="img">\n${[...images, ...texts].join("\n")}\n</svg>\n`;
  }

  /**
   * The PNG file in base64, as notebooks take it.
   * @internal
   */
  base64(): string {
    return base64Png(this.picture());
  }

  /** What Deno's notebooks show. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return {
      "text/plain": `Drawing ${this.width}×${this.height}`,
      "image/png": this.base64(),
    };
  }
}

/** Copies the pixels of a panel, each repeated to fill its rectangle. */
function paste(target: Uint8ClampedArray, across: number, panel: Panel): void {
  const { picture, left, top, width, height } = panel;
  const source = new Uint32Array(picture.rgba.buffer);
  const pixels = new Uint32Array(target.buffer);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y * picture.height / height) * picture.width;
    const start = (top + y) * across + left;
    for (let x = 0; x < width; x++) {
      pixels[start + x] = source[row + Math.floor(x * picture.width / width)];
    }
  }
}
