/** The curves of the wave packet's page. */
import { plot } from "@argand/argand";
import * as Plot from "@observablehq/plot";
import { plotSvg } from "../support/plot.ts";

/** The size of both plots. */
const SIZE = { width: 720, height: 240, marginLeft: 52, marginTop: 24, marginBottom: 40 };

/** Geometric means over runs of neighbours, at most `count` of them. */
function thinned(values: readonly number[], count: number): { x: number; y: number }[] {
  const run = Math.ceil(values.length / count);
  return Array.from({ length: Math.ceil(values.length / run) }, (_, k) => {
    const part = values.slice(k * run, (k + 1) * run);
    const mean = part.reduce((sum, v) => sum + Math.log(v), 0) / part.length;
    return { x: k * run + (part.length + 1) / 2, y: Math.exp(mean) };
  });
}

/** The loss of each step, by powers of ten. */
export async function plotLosses(losses: readonly number[]): Promise<string> {
  const points = thinned(losses, 400);
  const drawing = await plot(points.map(({ y }) => y), {
    x: points.map(({ x }) => x),
    xLabel: "step",
    yLabel: "mean |residual|²",
    yScale: "log",
    width: 640,
    height: 180,
  });
  return drawing.svg();
}

/** Intensities along x at one time: as found, and as they should be. */
export interface Density {
  readonly time: number;
  readonly found: readonly number[];
  readonly truth: readonly number[];
}

/** |ψ|² at some times: the network as a line, the truth as dots. */
export function plotDensities(places: readonly number[], densities: readonly Density[]): string {
  const points = (density: Density, values: readonly number[]) =>
    values.map((y, k) => ({ x: places[k], y, time: density.time }));
  return plotSvg({
    ...SIZE,
    x: { label: "x", labelArrow: "none" },
    y: { grid: true, label: "|ψ|²", labelArrow: "none" },
    marks: [
      ...densities.map((d) =>
        Plot.line(points(d, d.found), { x: "x", y: "y", stroke: "var(--strong)", strokeWidth: 2 })
      ),
      ...densities.map((d) =>
        Plot.dot(points(d, d.truth).filter((_, k) => k % 3 === 0), {
          x: "x",
          y: "y",
          r: 2,
          fill: "var(--wrong)",
        })
      ),
      Plot.text(
        densities.map((d) => {
          const top = Math.max(...d.truth);
          return { x: places[d.truth.indexOf(top)], y: top, text: `t = ${d.time}` };
        }),
        { x: "x", y: "y", text: "text", dy: -10, fill: "var(--soft)" },
      ),
    ],
  });
}
