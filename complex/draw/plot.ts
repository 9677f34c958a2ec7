/** Numbers as curves over an axis, as SVG. */
import { nameClass } from "../../gpu/contract/class_names.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { withDefaults } from "../ops/options.ts";
import { checkInteger } from "../lazy/shape.ts";
import { RealTensor } from "../tensor/tensor.ts";
import { type Axis, axisOf, type AxisScale, placeOn } from "./axis.ts";
import { pathOf, thinned } from "./curve.ts";
import { LETTER_COLOUR } from "./lettering.ts";
import { svgText } from "./svg_text.ts";

/** The numbers of a curve: a real vector, or numbers of the host. */
export type PlotData = RealTensor | ArrayLike<number>;

/** Options of {@link plot}. */
export interface PlotOptions {
  /** Where the numbers lie along the axis; 0, 1, 2, …, if absent. */
  readonly x?: PlotData;
  /** A line above the plot; none, if absent. */
  readonly title?: string;
  /** The name of the axis along; none, if absent. */
  readonly xLabel?: string;
  /** The name of the axis up; none, if absent. */
  readonly yLabel?: string;
  /** How numbers lie along: evenly, if absent, or by their logarithms. */
  readonly xScale?: AxisScale;
  /** How numbers lie upwards: evenly, if absent, or by their logarithms. */
  readonly yScale?: AxisScale;
  /** Pixels of the frame from left to right; 420, if absent. */
  readonly width?: number;
  /** Pixels of the frame from top to bottom; 240, if absent. */
  readonly height?: number;
}

/** Colours that people with any sight tell apart (Okabe and Ito 2008), readable on white and on black. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
/** Curves beyond the colours are dashed. */
const DASHES = ["", "6 4", "2 4"];
const MOST_CURVES = COLOURS.length * DASHES.length;

/** In pixels: the largest side of a frame, room around it, a line of text, a character, a tick. */
const LARGEST = 4096;
const ROOM = 8;
const LINE = 16;
const CHARACTER = 6.3;
const TICK = 4;

/** A curve with its name. */
interface Curve {
  readonly name: string;
  readonly y: ArrayLike<number>;
}

/**
 * Curves drawn by {@link plot}. Notebooks show them as a picture.
 *
 * @example
 * ```ts
 * import { plot } from "@argand/argand";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const drawing = await plot([1, 4, 2], { title: "Three numbers" });
 * assertStringIncludes(drawing.svg(), "Three numbers");
 * ```
 */
export class LinePlot {
  static {
    nameClass(this, "LinePlot");
  }

  /** Pixels from left to right, names included. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
  readonly #svg: string;

  /**
   * Plots are made by `plot`.
   * @internal
   */
  constructor(width: number, height: number, parts: readonly string[]) {
    this.width = width;
    this.height = height;
    this.#svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" ` +
      `viewBox="0 0 ${width} ${height}" role="img" font-family="system-ui, sans-serif" ` +
      `font-size="11" fill="${LETTER_COLOUR}">\n${parts.join("\n")}\n</svg>\n`;
  }

  /** The text of an SVG file, which can be put into a page as it is. */
  svg(): string {
    return this.#svg;
  }

  /** What Deno's notebooks show. */
  [Symbol.for("Jupyter.display")](): Record<string, string> {
    return {
      "text/plain": `LinePlot ${this.width}×${this.height}`,
      "image/svg+xml": this.#svg,
    };
  }
}

/** The numbers of a curve or an axis on the host. */
async function numbersOf(what: string, name: string, data: unknown): Promise<ArrayLike<number>> {
  if (data instanceof RealTensor) {
    if (data.rank === 1) return await data.data();
    throw cannot(what, `${name} must be a vector, got shape [${data.shape.join(", ")}]`);
  }
  const isList = Array.isArray(data) || (ArrayBuffer.isView(data) && "length" in data);
  const list = data as ArrayLike<unknown>;
  if (!isList || Array.prototype.some.call(list, (x) => typeof x !== "number")) {
    throw cannot(
      what,
      `${name} must be a real vector or an array of numbers, got ${describe(data)}`,
    );
  }
  return list as ArrayLike<number>;
}

function isRecord(x: unknown): x is Record<string, PlotData> {
  return typeof x === "object" && x !== null && !Array.isArray(x) && !ArrayBuffer.isView(x) &&
    [Object.prototype, null].includes(Object.getPrototypeOf(x));
}

/**
 * Plots numbers as curves over one axis, such as losses over epochs or a spectrum over frequencies.
 *
 * Numbers that are not finite leave a gap, and so do those that are not above 0 on a logarithmic axis.
 * A curve of more points than pixels is thinned to its first, last and extreme values in each column.
 *
 * @param curves A real vector or numbers of the host, or a record of up to 18 of them by their names,
 * which are written beside the plot. Complex numbers are plotted as their `real`, `imag`, `abs` or
 * `angle`.
 * @returns The plot: `svg()` gives the text of a file, and notebooks show it.
 * @throws {ArgandError} if a curve is not real, is not as long as `x`, or has no number that its axes
 * show; or if an option is unknown or out of range.
 *
 * @example
 * ```ts
 * import { linspace, plot } from "@argand/argand";
 *
 * const x = linspace(0, 10, 200);
 * const damped = x.mul(-0.4).exp();
 * const drawing = await plot(
 *   { "the field": x.mul(3).cos().abs().mul(damped), "its envelope": damped },
 *   { x, xLabel: "time / s", yScale: "log", title: "A damped oscillation" },
 * );
 * await Deno.mkdir("out", { recursive: true });
 * await Deno.writeTextFile("out/damped.svg", drawing.svg());
 * ```
 */
export async function plot(
  curves: PlotData | Readonly<Record<string, PlotData>>,
  options?: PlotOptions,
): Promise<LinePlot> {
  const what = "plot curves";
  const given = withDefaults<PlotOptions>(what, options, {
    x: undefined,
    title: "",
    xLabel: "",
    yLabel: "",
    xScale: "linear",
    yScale: "linear",
    width: 420,
    height: 240,
  }) as Required<PlotOptions>;
  for (const name of ["title", "xLabel", "yLabel"] as const) {
    if (typeof given[name] === "string") continue;
    throw cannot(what, `${name} must be a text, got ${describe(given[name])}`);
  }
  for (const name of ["xScale", "yScale"] as const) {
    if (given[name] === "linear" || given[name] === "log") continue;
    throw cannot(what, `${name} must be "linear" or "log", got ${describe(given[name])}`);
  }
  for (const name of ["width", "height"] as const) {
    checkInteger(what, name, given[name], 1);
    if (given[name] > LARGEST) {
      throw cannot(what, `${name} must be at most ${LARGEST}, got ${given[name]}`);
    }
  }
  const named = isRecord(curves) ? Object.entries(curves) : [["", curves] as const];
  if (named.length === 0 || named.length > MOST_CURVES) {
    throw cannot(what, `it takes 1 to ${MOST_CURVES} curves, got ${named.length}`);
  }
  const read = await Promise.all(
    named.map(async ([name, data]): Promise<Curve> => {
      const called = name === "" ? "the curve" : JSON.stringify(name);
      return { name, y: await numbersOf(what, called, data) };
    }),
  );
  const longest = Math.max(...read.map(({ y }) => y.length));
  const x = given.x === undefined
    ? Float64Array.from({ length: longest }, (_, k) => k)
    : await numbersOf(what, "x", given.x);
  if (given.x !== undefined) {
    for (const { name, y } of read) {
      if (y.length === x.length) continue;
      throw cannot(what, `x has ${x.length} numbers, and ${name || "the curve"} ${y.length}`);
    }
  }
  return layOut(what, read, x, given);
}

/** The axes of all curves together. */
function axesOf(
  what: string,
  curves: readonly Curve[],
  x: ArrayLike<number>,
  { xScale, yScale, width, height }: Required<PlotOptions>,
): [along: Axis, up: Axis] {
  const along = axisOf(
    Array.from(x),
    xScale,
    (numbers, characters) => numbers * (characters * CHARACTER + 2 * ROOM) <= width,
  );
  const up = axisOf(
    (function* () {
      for (const { y } of curves) yield* Array.from(y);
    })(),
    yScale,
    (numbers) => numbers * 2 * LINE <= Math.max(height, 4 * LINE),
  );
  for (const [axis, scale, name] of [[along, xScale, "x"], [up, yScale, "y"]] as const) {
    if (axis) continue;
    const why = scale === "log" ? "finite and above 0, as a logarithmic axis asks" : "finite";
    throw cannot(what, `no number of ${name} is ${why}`);
  }
  return [along!, up!];
}

function layOut(
  what: string,
  curves: readonly Curve[],
  x: ArrayLike<number>,
  options: Required<PlotOptions>,
): LinePlot {
  const { width, height, title, xLabel, yLabel } = options;
  const [along, up] = axesOf(what, curves, x, options);
  const widest = (texts: readonly string[]) =>
    Math.max(0, ...texts.map((t) => t.length)) * CHARACTER;
  const left = Math.ceil(
    ROOM + (yLabel ? LINE : 0) + widest(up.ticks.map(({ text }) => text)) + TICK + 3,
  );
  const top = ROOM + (title ? LINE + 4 : 0);
  const names = curves.map(({ name }) => name);
  const legend = names.some((name) => name !== "") ? Math.ceil(widest(names)) + 32 : 0;
  const right = left + width, bottom = top + height;
  const under = bottom + TICK + LINE + (xLabel ? LINE : 0);
  const high = Math.max(under, legend ? top + LINE * curves.length : 0) + ROOM;
  const across = Math.max(right + legend + 2 * ROOM, left + Math.ceil(title.length * CHARACTER));

  const xAt = (value: number) => left + width * placeOn(along, value);
  const yAt = (value: number) => bottom - height * placeOn(up, value);
  return new LinePlot(across, high, [
    ...title ? [text(left, top - 8, title, 'font-weight="600"')] : [],
    ...along.ticks.map((tick) => tickAlong(tick.text, xAt(tick.at), top, bottom)),
    ...up.ticks.map((tick) => tickUp(tick.text, yAt(tick.at), left, right)),
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="none" ` +
    `stroke="${LETTER_COLOUR}"/>`,
    ...curves.map(({ y }, k) => {
      const points = {
        x: Float64Array.from(y, (_, j) => xAt(x[j])),
        y: Float64Array.from(y, (value) => yAt(value)),
      };
      return `<path d="${pathOf(thinned(points))}" ${stroke(k)}/>`;
    }),
    ...legend ? names.map((name, k) => nameBeside(name, k, right + 2 * ROOM, top)) : [],
    ...xLabel ? [text(left + width / 2, under - 2, xLabel, 'text-anchor="middle"')] : [],
    ...yLabel
      ? [
        text(
          0,
          0,
          yLabel,
          `text-anchor="middle" transform="${upright(ROOM + 6, top + height / 2)}"`,
        ),
      ]
      : [],
  ]);
}

const upright = (x: number, y: number) => `translate(${x} ${y}) rotate(-90)`;

function text(x: number, y: number, content: string, style = ""): string {
  return `<text x="${round(x)}" y="${round(y)}" ${style}>${svgText(content)}</text>`;
}

const round = (x: number) => Math.round(10 * x) / 10;

function stroke(k: number): string {
  const dash = DASHES[Math.floor(k / COLOURS.length)];
  return `fill="none" stroke="${COLOURS[k % COLOURS.length]}" stroke-width="1.6" ` +
    `stroke-linejoin="round" stroke-linecap="round"${dash && ` stroke-dasharray="${dash}"`}`;
}

/** A number below the frame, and a faint line through it; a short mark, if it has no text. */
function tickAlong(content: string, x: number, top: number, bottom: number): string {
  const [from, to, faint] = content
    ? [top, bottom + TICK, ' stroke-opacity=".25"']
    : [bottom, bottom - TICK, ""];
  const line = `<path d="M${round(x)} ${from}V${to}" stroke="${LETTER_COLOUR}"${faint}/>`;
  if (!content) return line;
  return line + text(x, bottom + TICK + 11, content, 'text-anchor="middle"');
}

/** A number left of the frame, likewise. */
function tickUp(content: string, y: number, left: number, right: number): string {
  const [from, to, faint] = content
    ? [left - TICK, right, ' stroke-opacity=".25"']
    : [left, left + TICK, ""];
  const line = `<path d="M${from} ${round(y)}H${to}" stroke="${LETTER_COLOUR}"${faint}/>`;
  return content ? line + text(left - TICK - 3, y + 4, content, 'text-anchor="end"') : line;
}

/** The name of a curve beside the frame. */
function nameBeside(name: string, k: number, left: number, top: number): string {
  const y = top + LINE * k + 8;
  return `<path d="M${left} ${y}h18" ${stroke(k)}/>` + text(left + 24, y + 4, name);
}
