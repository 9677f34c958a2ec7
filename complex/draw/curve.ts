/** Curves in pixels: as paths of SVG, with no more points than a screen shows. */

/** Points in pixels, where NaN is a gap. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/**
 * The same curve with at most four points whenever it passes a column of pixels: the first, the last,
 * and the extremes between.
 */
export function thinned({ x, y }: Points): Points {
  const kept: number[] = [];
  for (let from = 0; from < x.length;) {
    const column = Number.isNaN(y[from]) ? NaN : Math.floor(x[from]);
    let to = from + 1, low = from, high = from;
    for (; to < x.length && Math.floor(x[to]) === column && !Number.isNaN(y[to]); to++) {
      if (y[to] < y[low]) low = to;
      if (y[to] > y[high]) high = to;
    }
    kept.push(...new Set([from, Math.min(low, high), Math.max(low, high), to - 1]));
    from = to;
  }
  return { x: Float64Array.from(kept, (k) => x[k]), y: Float64Array.from(kept, (k) => y[k]) };
}

const short = (x: number): string => String(Math.round(10 * x) / 10);

/** The path of a curve; a point between two gaps is a cross. */
export function pathOf({ x, y }: Points): string {
  let path = "";
  for (let k = 0; k < x.length; k++) {
    if (Number.isNaN(x[k] + y[k])) continue;
    const goesOn = k > 0 && !Number.isNaN(x[k - 1] + y[k - 1]);
    const isAlone = !goesOn && !(k + 1 < x.length && !Number.isNaN(x[k + 1] + y[k + 1]));
    path += `${goesOn ? "L" : "M"}${short(x[k])} ${short(y[k])}${isAlone ? "m-2 0h4m-2-2v4" : ""}`;
  }
  return path;
}
