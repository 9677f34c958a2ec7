/** The curves of a study of a fibre. */
import * as Plot from "@observablehq/plot";
import { escape } from "../support/page.ts";
import { plotSvg } from "../support/plot.ts";
import { type Bend, splitBends } from "./bends.ts";
import type { ImagingResult } from "./plan.ts";

/** A line or a cloud of points with the colour that it has everywhere on the page. */
export interface Series<T> {
  readonly label: string;
  readonly colour: string;
  readonly values: readonly T[];
}

/** The colour of a variant or a model, by the page's variables. */
export const colourOf = (name: string): string => `var(--c-${name})`;

/** The colours of the networks, above the plots that share them. */
export function legend(series: readonly Series<unknown>[], more = ""): string {
  const entries = series.map(({ label, colour }) =>
    `<span><i style="background:${colour}"></i>${escape(label)}</span>`
  );
  return `<p class="key">${entries.join(" ")}${more}</p>`;
}

const SIZE = {
  width: 520,
  height: 320,
  marginLeft: 52,
  marginRight: 14,
  marginTop: 30,
  marginBottom: 40,
};

/** Correlation on every bend; the unseen ones are hollow. */
export function plotBends(series: readonly Series<number>[], bends: readonly Bend[]): string {
  const { unseen } = splitBends(bends.length);
  const marks = series.flatMap(({ colour, values }) => {
    const points = values.map((y, k) => ({ x: bends[k].position, y, unseen: unseen.includes(k) }));
    return [
      Plot.line(points, { x: "x", y: "y", stroke: colour, strokeWidth: 1.5 }),
      Plot.dot(points, {
        x: "x",
        y: "y",
        r: (d: { unseen: boolean }) => d.unseen ? 5 : 3,
        fill: (d: { unseen: boolean }) => d.unseen ? "var(--card)" : colour,
        stroke: colour,
        strokeWidth: 2,
      }),
    ];
  });
  return plotSvg({
    ...SIZE,
    r: { type: "identity" },
    color: { type: "identity" },
    x: { label: "actuator (mm)", labelArrow: "none", ticks: 6 },
    y: { grid: true, nice: true, label: "correlation with the true image", labelArrow: "none" },
    marks: [
      Plot.ruleX(unseen.map((k) => bends[k].position), {
        stroke: "var(--line)",
        strokeWidth: 10,
      }),
      ...marks,
    ],
  });
}

/** 1, 2 and 5 times powers of ten, or these alone, over a range. */
function logTicks(values: readonly number[], steps: readonly number[] = [1, 2, 5]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    ticks.push(...steps.map((step) => step * 10 ** power));
  }
  return ticks.filter((t) => t >= 0.999 * low && t <= 1.001 * high);
}

/** Training losses against the step, on a logarithmic axis. */
export function plotLosses(
  series: readonly Series<ImagingResult["curve"][number]>[],
  label: string,
): string {
  const ticks = logTicks(series.flatMap(({ values }) => values.map(({ y }) => y)));
  return plotSvg({
    ...SIZE,
    x: { label: "step", labelArrow: "none", ticks: 6 },
    y: { type: "log", grid: true, label, labelArrow: "none", ticks, tickFormat: "~g" },
    marks: series.map(({ colour, values }) =>
      Plot.line(values, { x: "x", y: "y", stroke: colour, strokeWidth: 1.5 })
    ),
  });
}

/** A point of an output channel: its mean power, relative to the mean over channels, and a value. */
interface ChannelPoint {
  readonly power: number;
  readonly value: number;
}

/** The points of all channels. */
export const channelPoints = (
  powers: readonly number[],
  values: readonly number[],
): ChannelPoint[] => values.map((value, k) => ({ power: powers[k], value }));

/** The axis of the powers of channels. */
const powerAxis = (series: readonly Series<ChannelPoint>[]): Plot.ScaleOptions => ({
  type: "log",
  label: "mean power of the channel",
  labelArrow: "none",
  ticks: logTicks(series.flatMap(({ values }) => values.map(({ power }) => power))),
  tickFormat: "~g",
});

const DOT = { r: 3, fillOpacity: 0.7 };
/** The resolution of 1 − r in float32; smaller values are drawn there. */
export const FLOOR = 1e-8;

/** 1 − correlation of each row, against the power of the channel. */
export function plotRows(series: readonly Series<ChannelPoint>[]): string {
  const off = (point: ChannelPoint) => Math.max(FLOOR, 1 - point.value);
  const decades = logTicks(series.flatMap(({ values }) => values.map(off)), [1]);
  return plotSvg({
    ...SIZE,
    x: powerAxis(series),
    y: {
      type: "log",
      grid: true,
      label: "1 − correlation of the row",
      labelArrow: "none",
      ticks: decades,
      tickFormat: (y: number) => `1e${Math.round(Math.log10(y))}`.replace("-", "−"),
    },
    marks: series.map(({ colour, values }) =>
      Plot.dot(values, { x: "power", y: off, fill: colour, ...DOT })
    ),
  });
}

/** Singular values, the amplitudes that a fibre's eigenchannels carry, in falling order. */
export function plotChannels(series: readonly Series<number>[]): string {
  return plotSvg({
    ...SIZE,
    x: { label: "eigenchannel", labelArrow: "none", ticks: 6 },
    y: { grid: true, zero: true, nice: true, label: "singular value", labelArrow: "none" },
    marks: series.map(({ colour, values }) =>
      Plot.line(values.map((y, k) => ({ x: k + 1, y })), {
        x: "x",
        y: "y",
        stroke: colour,
        strokeWidth: 1.5,
      })
    ),
  });
}

/** The focused intensity of each channel as a fraction of the optimum, against the channel's power. */
export function plotFocus(series: readonly Series<ChannelPoint>[]): string {
  return plotSvg({
    ...SIZE,
    x: powerAxis(series),
    y: { grid: true, domain: [0, 1], label: "focus / phase-only optimum", labelArrow: "none" },
    marks: [
      Plot.ruleY([0.95], { stroke: "var(--soft)", strokeDasharray: "3 4" }),
      ...series.map(({ colour, values }) =>
        Plot.dot(values, { x: "power", y: "value", fill: colour, ...DOT })
      ),
    ],
  });
}

/** Intensities in all channels before and after the phases are set. */
export function plotGathering(before: Series<number>, after: Series<number>): string {
  const bars = ({ values, colour }: Series<number>, strokeWidth: number) =>
    Plot.ruleX(values.map((y, k) => ({ x: k + 1, y })), {
      x: "x",
      y1: 0,
      y2: "y",
      stroke: colour,
      strokeWidth,
    });
  return plotSvg({
    ...SIZE,
    width: 880,
    height: 230,
    x: { label: "channel", labelArrow: "none", domain: [0, before.values.length + 1], ticks: 10 },
    y: { grid: true, nice: true, label: "intensity", labelArrow: "none" },
    marks: [bars(after, 4), bars(before, 1.5)],
  });
}
