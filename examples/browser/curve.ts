/** Curves over steps in an SVG element, by powers of ten. */

/** Values at one step, all positive. */
export interface Sample {
  readonly step: number;
  readonly values: readonly number[];
}

const MARGIN = { left: 44, right: 16, top: 8, bottom: 26 };
/** Samples that are kept; when there are more, every second one goes. */
const MOST = 600;
const EXPONENTS = { low: -3, high: 1 };

const superscript = (n: number) =>
  String(n).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);

/** A step between labels of a scale that ends at `end`: 1, 2 or 5 times a power of ten. */
function spacing(end: number, labels: number): number {
  const power = 10 ** Math.floor(Math.log10(end / labels));
  return [1, 2, 5, 10].map((k) => k * power).find((s) => end / s <= labels)!;
}

/** Curves that grow. */
export class Curves {
  readonly #svg: SVGSVGElement;
  readonly #names: readonly string[];
  #samples: Sample[] = [];

  /** The names are classes of the lines. */
  constructor(svg: SVGSVGElement, names: readonly string[]) {
    this.#svg = svg;
    this.#names = names;
    new ResizeObserver(() => this.#paint()).observe(svg);
  }

  clear(): void {
    this.#samples = [];
    this.#paint();
  }

  add(sample: Sample): void {
    this.#samples.push(sample);
    if (this.#samples.length > MOST) this.#samples = this.#samples.filter((_, k) => k % 2 === 0);
    this.#paint();
  }

  #paint(): void {
    const { clientWidth: width, clientHeight: height } = this.#svg;
    if (width === 0) return;
    const { left, right, top, bottom } = MARGIN;
    const end = Math.max(500, this.#samples.at(-1)?.step ?? 0);
    const { low, high } = EXPONENTS;
    const across = (step: number) => left + step / end * (width - left - right);
    const down = (value: number) => {
      const place = (high - Math.log10(Math.max(value, 10 ** low))) / (high - low);
      return top + Math.max(0, place) * (height - top - bottom);
    };
    const parts: string[] = [];
    for (let e = low; e <= high; e++) {
      const y = down(10 ** e).toFixed(1);
      parts.push(
        `<line class="grid" x1="${left}" x2="${width - right}" y1="${y}" y2="${y}"/>`,
        `<text x="${left - 8}" y="${y}" dy=".32em" text-anchor="end">${
          e === 0 ? "1" : e === 1 ? "10" : `10${superscript(e)}`
        }</text>`,
      );
    }
    const space = spacing(end, width < 500 ? 4 : 8);
    for (let step = 0; step <= end; step += space) {
      const x = across(step).toFixed(1);
      parts.push(`<text x="${x}" y="${height - 6}" text-anchor="middle">${step || "step"}</text>`);
    }
    this.#names.forEach((name, k) => {
      const points = this.#samples.map(({ step, values }) =>
        `${across(step).toFixed(1)},${down(values[k]).toFixed(1)}`
      );
      parts.push(`<polyline class="${name}" points="${points.join(" ")}"/>`);
    });
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.innerHTML = parts.join("");
  }
}
