/** Observable Plot without a browser: plots as inline SVG, whose colours come from the page. */
import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

const { document } = parseHTML("<html><body></body></html>") as unknown as { document: unknown };

/** A plot as the text of an SVG element of class "plot"; see {@link PLOT_STYLE}. */
export function plotSvg(options: Plot.PlotOptions): string {
  const svg = Plot.plot({
    document: document as never,
    className: "plot",
    ...options,
    style: { fontSize: "12px", ...(options.style as object) },
  });
  return (svg as unknown as { outerHTML: string }).outerHTML;
}

/** Rules for pages with plots. */
export const PLOT_STYLE = `
svg.plot text { fill: var(--soft); }
svg.plot [aria-label$="grid"] { stroke: var(--soft); }
.panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(18rem, 1fr)); gap: 1.25rem; }
figcaption { font-weight: 600; font-size: .9rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .82rem; }
th, td { padding: .3rem .45rem; text-align: right; white-space: nowrap; }
th:first-child { text-align: left; padding-left: 0; font-weight: 500; }
thead th { color: var(--soft); font-weight: 500; border-bottom: 1px solid var(--line); }
tbody tr + tr > * { border-bottom: 1px solid var(--line); }
`;
