/** Tensors as drawings: fields side by side, and a legend. */
import { cannot } from "../../gpu/contract/errors.ts";
import type { HostArray } from "../../gpu/contract/dtype.ts";
import { describe } from "../lazy/describe.ts";
import { Drawing, type Layout, type Panel } from "./drawing.ts";
import { greyLegend, signedLegend, wheelLegend } from "./legend.ts";
import { withDefaults } from "../ops/options.ts";
import { LETTER_HEIGHT, letteringWidth } from "./lettering.ts";
import { drawComplex, drawReal, largestModulus, modulusAt, type Picture } from "./pictures.ts";
import { checkInteger, type Shape, show } from "../lazy/shape.ts";

/** Options of {@link draw}. */
export interface DrawOptions {
  /** The modulus of full brightness; the largest in the data, if absent. */
  readonly scale?: number;
  /** Brightness by log |z|, black this many powers of ten below `scale`; by |z|, if absent. */
  readonly decades?: number;
  /** The real number that is black; 0, if absent. */
  readonly low?: number;
  /** The real number that is white; the largest in the data, if absent. */
  readonly high?: number;
  /** The side of an element in pixels; if absent, such that the picture has about 320. */
  readonly pixel?: number;
  /** Whether a legend is drawn beside the fields; true, if absent. */
  readonly legend?: boolean;
  /**
   * The percentage of the elements that are not brighter than full: 99 leaves the brightest hundredth
   * out of account. If absent, the largest modulus has full brightness. It takes the place of `scale`,
   * and of `high`.
   */
  readonly percentile?: number;
  /** A line above the fields; none, if absent. */
  readonly title?: string;
}

/** The most pixels of a picture. */
const MOST_PIXELS = 2 ** 24;
/** The longest side of a drawing, unless the size of elements is given. */
const SIDE = 320;
/** The least height of a row of numbers. */
const ROW = 24;
/** Pixels between fields, and between them and the legend. */
const SEAM = 2;
const GAP = 12;

/** The layout of a tensor's fields: `rows` × `columns`, each `height` × `width` elements. */
interface Grid {
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
  readonly height: number;
  readonly width: number;
}

/** The layout of a shape: a matrix is one field, a stack a page of fields, a stack of stacks one row each. */
function gridOf(what: string, shape: Shape): Grid {
  if (shape.length > 4) {
    throw cannot(what, `shape ${show(shape)} has ${shape.length} axes, and a drawing at most 4`);
  }
  const [height, width] = [1, 1, ...shape].slice(-2);
  if (shape.length === 4) {
    const [rows, columns] = shape;
    return { count: rows * columns, rows, columns, height, width };
  }
  const count = shape.length === 3 ? shape[0] : 1;
  const columns = Math.min(count, Math.ceil(Math.sqrt(count * height / width)));
  return { count, rows: Math.ceil(count / columns), columns, height, width };
}

/** A layout with its sizes in pixels: an element, a field, and all fields with the gaps between them. */
export interface Page extends Grid {
  readonly element: { readonly width: number; readonly height: number };
  readonly field: { readonly width: number; readonly height: number };
  readonly size: { readonly width: number; readonly height: number };
}

function pageOf(what: string, shape: Shape, pixel?: number): Page {
  const grid = gridOf(what, shape);
  const { rows, columns, width, height } = grid;
  if (pixel !== undefined) checkInteger(what, "a pixel's side", pixel, 1);
  const side = pixel ?? Math.max(1, Math.floor(SIDE / Math.max(columns * width, rows * height)));
  const element = { width: side, height: shape.length < 2 ? Math.max(side, ROW) : side };
  const field = { width: width * element.width, height: height * element.height };
  const size = {
    width: columns * (field.width + SEAM) - SEAM,
    height: rows * (field.height + SEAM) - SEAM,
  };
  if (size.width * size.height > MOST_PIXELS) {
    throw cannot(
      what,
      `shape ${show(shape)} with elements of ${element.width}×${element.height} pixels takes ` +
        `${size.width}×${size.height}, and a picture has at most ${MOST_PIXELS}; ` +
        "slice() gives a part of it",
    );
  }
  return { ...grid, element, field, size };
}

/** The colours of all elements in one column, and their legend. */
function colours(
  what: string,
  data: HostArray,
  size: number,
  isComplex: boolean,
  options: DrawOptions,
): { elements: Picture; legend: Layout } {
  const { decades, percentile } = options;
  const entries = isComplex ? 2 : 1;
  const most = percentile === undefined
    ? largestModulus(data, entries)
    : modulusAt(data, entries, percentile);
  if (isComplex) {
    const scale = options.scale ?? (most || 1);
    const elements = drawComplex(data, size, 1, { scale, decades });
    return { elements, legend: wheelLegend(scale, decades) };
  }
  const largest = most || 1;
  const grey = options.low !== undefined || options.high !== undefined;
  const signed = options.scale !== undefined || decades !== undefined || data.some((x) => x < 0);
  if (signed && !grey) {
    const scale = options.scale ?? largest;
    const asComplex = new Float32Array(2 * size);
    for (let k = 0; k < size; k++) asComplex[2 * k] = data[k];
    return {
      elements: drawComplex(asComplex, size, 1, { scale, decades }),
      legend: signedLegend(scale),
    };
  }
  const { low = 0, high = Math.max(largest, low) } = options;
  if (!(high > low)) throw cannot(what, `high must be above low, got ${low} and ${high}`);
  return { elements: drawReal(data, size, 1, { low, high }), legend: greyLegend(low, high) };
}

/** A tensor that can be drawn as soon as its values are known. */
export interface Sketch {
  readonly what: string;
  readonly page: Page;
  readonly isComplex: boolean;
  readonly options: DrawOptions;
}

/** Refuses what cannot be drawn, before anything is computed. */
export function sketch(
  what: string,
  shape: Shape,
  isComplex: boolean,
  given?: DrawOptions,
): Sketch {
  const options = withDefaults<DrawOptions>(what, given, {
    scale: undefined,
    decades: undefined,
    low: undefined,
    high: undefined,
    pixel: undefined,
    legend: true,
    percentile: undefined,
    title: undefined,
  });
  const { percentile, title } = options;
  if (percentile !== undefined) {
    if (!(typeof percentile === "number" && percentile > 0 && percentile <= 100)) {
      throw cannot(what, `percentile must be above 0 and at most 100, got ${describe(percentile)}`);
    }
    for (const other of ["scale", "high"] as const) {
      if (options[other] !== undefined) {
        throw cannot(what, `percentile and ${other} exclude each other`);
      }
    }
  }
  if (title !== undefined && typeof title !== "string") {
    throw cannot(what, `title must be a text, got ${describe(title)}`);
  }
  for (const name of ["scale", "decades"] as const) {
    const x = options[name];
    if (x === undefined || (typeof x === "number" && x > 0 && x < Infinity)) continue;
    throw cannot(what, `${name} must be a number above 0, got ${describe(x)}`);
  }
  for (const name of ["low", "high"] as const) {
    const x = options[name];
    if (x === undefined) continue;
    if (!Number.isFinite(x)) throw cannot(what, `${name} must be a number, got ${describe(x)}`);
    if (isComplex) throw cannot(what, `${name} is for real numbers; complex ones have a scale`);
    for (const other of ["scale", "decades"] as const) {
      if (options[other] !== undefined) {
        throw cannot(what, `${name} and ${other} exclude each other`);
      }
    }
  }
  return { what, page: pageOf(what, shape, options.pixel), isComplex, options };
}

/** The drawing of a tensor's values. */
export function compose({ what, page, isComplex, options }: Sketch, data: HostArray): Drawing {
  const { count, columns, width, height, field, size } = page;
  const each = height * width;
  const { elements, legend } = colours(what, data, count * each, isComplex, options);
  const panels = Array.from({ length: count }, (_, k): Panel => ({
    picture: { width, height, rgba: elements.rgba.slice(4 * k * each, 4 * (k + 1) * each) },
    left: (k % columns) * (field.width + SEAM),
    top: Math.floor(k / columns) * (field.height + SEAM),
    ...field,
  }));
  const layout: Layout = { ...size, panels, labels: [] };
  const whole = options.legend ? beside(layout, legend) : layout;
  return new Drawing(options.title ? below(options.title, whole) : whole);
}

/** A layout below a line of text. */
function below(title: string, { width, height, panels, labels }: Layout): Layout {
  const down = LETTER_HEIGHT + GAP / 2;
  const move = <T extends { top: number }>(item: T): T => ({ ...item, top: item.top + down });
  return {
    width: Math.max(width, letteringWidth(title)),
    height: height + down,
    panels: panels.map(move),
    labels: [{ text: title, left: 0, top: 0 }, ...labels.map(move)],
  };
}

/** Two layouts side by side, centred vertically. */
function beside(a: Layout, b: Layout): Layout {
  const height = Math.max(a.height, b.height);
  const placed = [a, b].map((layout, k) => {
    const left = k * (a.width + GAP);
    const top = Math.floor((height - layout.height) / 2);
    const move = <T extends { left: number; top: number }>(item: T): T => ({
      ...item,
      left: item.left + left,
      top: item.top + top,
    });
    return { panels: layout.panels.map(move), labels: layout.labels.map(move) };
  });
  return {
    width: a.width + GAP + b.width,
    height,
    panels: placed.flatMap(({ panels }) => panels),
    labels: placed.flatMap(({ labels }) => labels),
  };
}
