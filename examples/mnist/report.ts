/** The report of a training run: one small HTML file that needs nothing else, light or dark. */
import { drawColourWheel, drawComplex, drawReal, pngDataUrl } from "@argand/argand";
import { escape, type Figure, formatPage, pretty, section, writePage } from "../support/page.ts";
import { mean, thinned } from "../support/statistics.ts";

/** The data that a report shows; whatever is left out has no place in it. */
export interface Report {
  readonly title: string;
  /** One sentence under the title: the network and its data. */
  readonly summary?: string;
  /** Key figures, such as `{ label: "device", value: "llvmpipe" }`. */
  readonly figures?: readonly Figure[];
  /** The training loss of each step. */
  readonly losses?: readonly number[];
  /** The share of test digits that are recognised, 0 to 1. */
  readonly accuracy?: number;
  /** Test digits with their square images in 0 to 1 and what the network makes of them. */
  readonly digits?: readonly {
    readonly image: ArrayLike<number>;
    readonly label: number;
    readonly prediction: number;
  }[];
  /** The first layer's filters, channels × height × width, interleaved complex numbers. */
  readonly filters?: {
    readonly data: ArrayLike<number>;
    readonly channels: number;
    readonly height: number;
    readonly width: number;
  };
  /** The bytes of device memory held after each epoch. */
  readonly deviceBytes?: readonly number[];
  /** The command that makes the report again. */
  readonly command?: string;
}

/** About `count` round numbers (1, 2 or 5 times a power of ten apart) from at most `low` to at least `high`. */
function ticks(low: number, high: number, count: number): number[] {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((m) => m * power >= 0.999 * rough) ?? 10);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
}

/** Means over the steps up to `reach` before and after each step, fewer of them near the ends. */
function smoothed(values: readonly number[], reach: number): number[] {
  return values.map((_, k) => {
    const near = Math.min(reach, k, values.length - 1 - k);
    const part = values.slice(k - near, k + near + 1);
    return mean(part);
  });
}

interface Line {
  readonly values: readonly number[];
  readonly style: "faint" | "strong";
}

/** A chart of values against the step or epoch, from 0 up, as inline SVG. */
function chart(
  title: string,
  unit: string,
  lines: readonly Line[],
  height: number,
  along = "step",
): string {
  const [width, left, right, top, bottom] = [720, 56, 12, 26, 42];
  const steps = Math.max(...lines.map((l) => l.values.length));
  const finite = lines.flatMap((l) => l.values.filter(Number.isFinite));
  const yTicks = ticks(0, finite.reduce((a, b) => Math.max(a, b), 0) || 1, height > 200 ? 5 : 2);
  const yMax = yTicks[yTicks.length - 1];
  const x = (step: number) =>
    left + (width - left - right) * (steps > 1 ? (step - 1) / (steps - 1) : 0.5);
  const y = (value: number) => height - bottom - (height - top - bottom) * value / yMax;
  const xTicks = ticks(0, steps, 6).filter((t) => Number.isInteger(t) && t >= 1 && t <= steps);
  const path = ({ values, style }: Line) => {
    const points = thinned(values, 500).filter((p) => Number.isFinite(p.y));
    const d = points.map((p) => `${x(p.x).toFixed(1)},${y(p.y).toFixed(1)}`).join(" ");
    return `<polyline class="${style}" points="${d}"/>`;
  };
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
${
    yTicks.map((t) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${y(t).toFixed(1)}" y2="${
        y(t).toFixed(1)
      }"/><text x="${left - 8}" y="${(y(t) + 4).toFixed(1)}" text-anchor="end">${pretty(t)}</text>`
    ).join("\n")
  }
${
    xTicks.map((t) =>
      `<text x="${x(t).toFixed(1)}" y="${height - bottom + 18}" text-anchor="middle">${
        pretty(t)
      }</text>`
    ).join("\n")
  }
<text class="unit" x="${left - 8}" y="12" text-anchor="end">${escape(unit)}</text>
<text class="unit" x="${width - right}" y="${height - 6}" text-anchor="end">${along}</text>
${lines.map(path).join("\n")}
</svg>`;
}

function lossSection(losses: readonly number[]): string {
  const reach = Math.round(losses.length / 50);
  const part = losses.slice(-(2 * reach + 1));
  const final = mean(part);
  const note = `${pretty(losses.length)} steps, from ${pretty(losses[0])} to ${pretty(final)}${
    reach > 0 ? `; the strong line is the mean over ${part.length} steps` : ""
  }`;
  const lines: Line[] = reach > 0
    ? [{ values: losses, style: "faint" }, { values: smoothed(losses, reach), style: "strong" }]
    : [{ values: losses, style: "strong" }];
  return section(
    "Training loss",
    note,
    chart("Training loss against the step", "nats", lines, 300),
  );
}

function memorySection(bytes: readonly number[]): string {
  const last = bytes[bytes.length - 1];
  let since = bytes.length;
  while (since > 1 && bytes[since - 2] === last) since--;
  const note = since < bytes.length
    ? `The same to the byte from epoch ${pretty(since)} on: ${pretty(last)} bytes`
    : `${pretty(last)} bytes after the last epoch`;
  const line: Line = { values: bytes.map((b) => b / 2 ** 20), style: "strong" };
  return section(
    "Device memory",
    note,
    chart("Device memory by epoch", "MiB", [line], 150, "epoch"),
  );
}

function digitSection(digits: NonNullable<Report["digits"]>): string {
  const wrong = digits.filter((d) => d.label !== d.prediction).length;
  const tiles = digits.map(({ image, label, prediction }) => {
    const side = Math.round(Math.sqrt(image.length));
    const right = label === prediction;
    const text = right ? `${prediction}` : `${prediction} <s>${label}</s>`;
    return `<figure class="${right ? "right" : "wrong"}"><img alt="a handwritten ${label}" src="${
      pngDataUrl(drawReal(image, side, side))
    }"><figcaption>${text}</figcaption></figure>`;
  });
  const note = `The network's answers to ${digits.length} test digits; ${
    wrong === 0 ? "none is wrong" : `wrong in ${wrong}, framed, with the truth beside it`
  }`;
  return section("Test digits", note, `<div class="digits">${tiles.join("\n")}</div>`);
}

/** The largest modulus, which all filters share as the scale of brightness. */
function largestModulus(data: readonly number[]): number {
  let scale = 0;
  for (let k = 0; k < data.length; k += 2) {
    scale = Math.max(scale, Math.hypot(data[k], data[k + 1]));
  }
  return scale || 1;
}

function filterSection(filters: NonNullable<Report["filters"]>): string {
  const { data, channels, height, width } = filters;
  const all = Array.from(data);
  const size = 2 * height * width;
  const scale = largestModulus(all);
  const tiles = Array.from({ length: channels }, (_, k) => {
    const picture = drawComplex(all.slice(k * size, (k + 1) * size), height, width, { scale });
    return `<img class="filter" alt="filter ${k + 1}" src="${pngDataUrl(picture)}">`;
  });
  const legend = `<figure class="legend"><div><b>i</b><span><b>−1</b><img alt="" src="${
    pngDataUrl(drawColourWheel(128))
  }"><b>1</b></span><b>−i</b></div><figcaption>rim: |w| = ${pretty(scale)}</figcaption></figure>`;
  return section(
    "Filters of the first layer",
    "Complex weights: the hue is the phase, the brightness the modulus",
    `<div class="filters"><div>${tiles.join("\n")}</div>${legend}</div>`,
  );
}

const STYLE = `
svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .grid { stroke: var(--line); }
polyline { fill: none; stroke-linejoin: round; stroke-linecap: round; }
.strong { stroke: var(--strong); stroke-width: 2; }
.faint { stroke: var(--faint); stroke-width: 1; }
img { display: block; image-rendering: pixelated; }
.digits { display: grid; grid-template-columns: repeat(auto-fill, minmax(3.2rem, 1fr)); gap: .6rem; }
.digits img { width: 100%; border-radius: 5px; }
.digits .wrong img { outline: 3px solid var(--wrong); }
.digits figcaption { margin-top: .15rem; text-align: center; font-size: .9rem; }
.wrong figcaption { color: var(--wrong); font-weight: 700; }
.wrong s { margin-left: .3em; color: var(--soft); font-weight: 400; text-decoration: none; }
.wrong s::before { content: "≠ "; }
.filters { display: flex; gap: 1.5rem; align-items: center; }
.filters > div { flex: 1; display: grid; grid-template-columns: repeat(auto-fill, minmax(5rem, 1fr)); gap: .6rem; }
.filter { width: 100%; border-radius: 5px; }
.legend { flex: none; color: var(--soft); font-size: .8rem; text-align: center; }
.legend div, .legend span { display: flex; align-items: center; gap: .3rem; }
.legend div { flex-direction: column; }
.legend img { width: 6rem; image-rendering: auto; }
.legend b { font-weight: 500; }
.legend figcaption { margin-top: .4rem; }
@media (max-width: 34rem) { .filters { flex-direction: column; align-items: stretch; } }
`;

/** The report as the text of an HTML file. */
export function formatReport(report: Report): string {
  const { title, summary, losses, accuracy, digits, filters, deviceBytes, command } = report;
  const figures = [...report.figures ?? []];
  if (accuracy !== undefined) {
    figures.unshift({ label: "test accuracy", value: `${(100 * accuracy).toFixed(1)} %` });
  }
  const sections = [
    losses?.length && lossSection(losses),
    digits?.length && digitSection(digits),
    filters && filterSection(filters),
    deviceBytes?.length && memorySection(deviceBytes),
  ].filter((text) => typeof text === "string");
  return formatPage({ title, summary, figures, sections, command, style: STYLE });
}

/** Writes the report to `path`, and creates its folder if necessary. */
export async function writeReport(path: string, report: Report): Promise<void> {
  await writePage(path, formatReport(report));
}
