/** The plot of a study: every seed a point, every mean a line. */
import * as Plot from "@observablehq/plot";
import { plotSvg } from "../support/plot.ts";
import type { Model } from "./plan.ts";
import type { Summary } from "./summary.ts";

/** Half the width of a model's mean line, and of the stretch over which its seeds are spread. */
const REACH = 0.3;

/** The text below the points. */
const LABELS: Readonly<Record<Model, string>> = {
  covariance: "covariance",
  naive: "naive",
  none: "none",
  real: "real net",
  linear: "linear map",
};

/** The errors of one problem's models over the seeds, as inline SVG; colours come from the page. */
export function plotErrors(summaries: readonly Summary[], label: string): string {
  const points = summaries.flatMap(({ errors }, model) =>
    errors.map((error, k) => ({
      x: model + (errors.length > 1 ? REACH * (2 * k / (errors.length - 1) - 1) : 0),
      y: error,
    }))
  );
  const means = summaries.map(({ mean }, model) => ({ x: model, y: mean }));
  const places = summaries.map((_, model) => model);
  return plotSvg({
    width: 360,
    height: 300,
    marginLeft: 46,
    marginRight: 8,
    marginTop: 28,
    x: { domain: [-0.5, summaries.length - 0.5], label: null },
    y: { grid: true, nice: true, label, labelArrow: "none" },
    marks: [
      Plot.axisX(places, {
        tickFormat: (k: number) => LABELS[summaries[k].model],
        tickSize: 0,
        label: null,
      }),
      Plot.link(means, {
        x1: (d: { x: number }) => d.x - REACH - 0.08,
        x2: (d: { x: number }) => d.x + REACH + 0.08,
        y1: "y",
        y2: "y",
        stroke: "var(--strong)",
        strokeWidth: 2,
      }),
      Plot.dot(points, {
        x: "x",
        y: "y",
        r: 4,
        fill: "var(--strong)",
        fillOpacity: 0.75,
        stroke: "var(--card)",
      }),
    ],
  });
}
