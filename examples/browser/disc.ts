/** Functions in the unit disc on a canvas, with their values on the circle as a ring around it. */
import {
  type Complex,
  complex,
  type ComplexTensor,
  draw,
  linspace,
  meshgrid,
  type RealTensor,
} from "@argand/argand";

/** The radii of the ring; the canvas ends with it. */
const [RING, REACH] = [1.03, 1.13];
const LOOK = { scale: 1, decades: 2, legend: false, pixel: 1 };
/** The side of a field in elements. */
const SIDE = 144;

const [y, x] = meshgrid(linspace(REACH, -REACH, SIDE), linspace(-REACH, REACH, SIDE));

/** The numbers at which fields are taken, row by row from the top. */
export const plane: ComplexTensor = complex(x, y);
/** The radius up to which errors inside are measured; near the circle the network has seen data. */
export const INSIDE = 0.9;
/** 1 inside, 0 elsewhere. */
export const within: RealTensor = x.square().add(y.square()).lessEqual(INSIDE ** 2);
/** The numbers of the plane moved to the circle. */
export const rim: ComplexTensor = plane.div(plane.abs());

/** A field as an image; full brightness is modulus 1, black two powers of ten below. */
export async function imageOf(field: ComplexTensor): Promise<OffscreenCanvas> {
  const { width, height, rgba } = (await draw(field, LOOK)).picture();
  const image = new OffscreenCanvas(width, height);
  image.getContext("2d")!.putImageData(new ImageData(rgba, width, height), 0, 0);
  return image;
}

/** A canvas with a disc, its ring, and small circles that mark places. */
export class Disc {
  readonly canvas: HTMLCanvasElement;
  #inside: OffscreenCanvas | null = null;
  #ring: OffscreenCanvas | null = null;
  #marks: readonly Complex[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    new ResizeObserver(() => this.#paint()).observe(canvas);
  }

  show(what: { inside?: OffscreenCanvas; ring?: OffscreenCanvas; marks?: readonly Complex[] }) {
    this.#inside = what.inside ?? this.#inside;
    this.#ring = what.ring ?? this.#ring;
    this.#marks = what.marks ?? this.#marks;
    this.#paint();
  }

  /** The number of the plane under a pointer. */
  at({ clientX, clientY }: { clientX: number; clientY: number }): Complex {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    return {
      re: REACH * (2 * (clientX - left) / width - 1),
      im: REACH * (1 - 2 * (clientY - top) / height),
    };
  }

  #paint(): void {
    const { canvas } = this;
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (side === 0) return;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    const context = canvas.getContext("2d")!;
    context.clearRect(0, 0, side, side);
    context.imageSmoothingQuality = "high";
    const unit = side / 2 / REACH;
    const fill = (image: OffscreenCanvas | null, outer: number, inner: number) => {
      if (!image) return;
      context.save();
      context.beginPath();
      context.arc(side / 2, side / 2, outer * unit, 0, 2 * Math.PI);
      if (inner > 0) context.arc(side / 2, side / 2, inner * unit, 0, 2 * Math.PI, true);
      context.clip();
      context.drawImage(image, 0, 0, side, side);
      context.restore();
    };
    fill(this.#inside, 1, 0);
    fill(this.#ring, REACH, RING);
    for (const { re, im } of this.#marks) {
      for (const [width, colour] of [[3.5, "#0009"], [1.5, "#fff"]] as const) {
        context.beginPath();
        context.arc(side / 2 + re * unit, side / 2 - im * unit, 0.05 * unit, 0, 2 * Math.PI);
        context.lineWidth = width * devicePixelRatio;
        context.strokeStyle = colour;
        context.stroke();
      }
    }
  }
}
