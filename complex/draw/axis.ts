/** Axes of plots: where numbers lie along them, and which are written beside them. */

/** How numbers are spread along an axis. */
export type AxisScale = "linear" | "log";

/** A number that an axis marks; between those with a text, others have none. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** An axis from `low` to `high`. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly scale: AxisScale;
  readonly ticks: readonly Tick[];
}

/** Whether so many numbers have room along an axis, the longest of so many characters. */
export type Room = (numbers: number, characters: number) => boolean;

/** Decades that are marked within, at most. */
const MOST_DIVIDED = 4;
/** Powers of ten for each one that is written, at most, if all are marked. */
const MOST_SKIPPED = 5;

const longest = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length));

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 10ᵏ in few characters. */
function power(k: number): string {
  if (k >= -3 && k <= 4) return String(Number(`1e${k}`));
  const digits = Array.from(String(Math.abs(k)), (d) => SUPERSCRIPTS[Number(d)]).join("");
  return `10${k < 0 ? "⁻" : ""}${digits}`;
}

/** A number in as many digits as its step asks for. */
function written(x: number, step: number): string {
  if (x === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(x)));
  const digits = Math.max(1, size - Math.floor(Math.log10(step) + 1e-9) + 1);
  return size >= 6 || size < -4
    ? Number(x.toPrecision(digits)).toExponential().replace("e+", "e")
    : String(Number(x.toPrecision(Math.min(digits, 17))));
}

/** Multiples of 1, 2 or 5 times a power of ten, as many as there is room for. */
function linearTicks(low: number, high: number, room: Room): Tick[] {
  const half = high / 2 - low / 2; // high − low may be infinite
  const exponent = Math.floor(Math.log10(half)) - 1;
  for (let k = 0;; k++) {
    const step = Number(`${[1, 2, 5][k % 3]}e${exponent + Math.floor(k / 3)}`);
    const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
    const ticks = Array.from({ length: last - first + 1 }, (_, j) => {
      const at = (first + j) * step;
      return { at, text: written(at, step) };
    });
    const intervals = Math.floor(2 * (half / step)) + 1;
    if (ticks.length < 3 || room(intervals, longest(ticks.map(({ text }) => text)))) return ticks;
  }
}

/**
 * Powers of ten with a text, and 2 to 9 times them without. About a decade has 1, 2 and 5 times them
 * with a text, and less of it what a linear axis has.
 */
function logTicks(low: number, high: number, room: Room): Tick[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (last - first < 1) {
    const few = [first - 1, first].flatMap((k) => [1, 2, 5].map((m) => Number(`${m}e${k}`)))
      .filter((at) => at >= low && at <= high);
    if (few.length > 2) return few.map((at) => ({ at, text: written(at, at) }));
    return linearTicks(low, high, room).filter(({ at }) => at > 0);
  }
  const decades = last - first + 1, characters = longest([power(first), power(last)]);
  let every = 1;
  while (every < decades && !room(Math.ceil(decades / every), characters)) every++;
  const ticks: Tick[] = [];
  for (let k = first - 1; k <= last; k++) {
    const isWritten = (k - first) % every === 0;
    if (k >= first && (isWritten || every <= MOST_SKIPPED)) {
      ticks.push({ at: Number(`1e${k}`), text: isWritten ? power(k) : "" });
    }
    if (last - first > MOST_DIVIDED) continue;
    for (let m = 2; m < 10; m++) {
      const at = Number(`${m}e${k}`);
      if (at > low && at < high) ticks.push({ at, text: "" });
    }
  }
  return ticks;
}

/** The axis of numbers, of which those that it can't show are left out; null if it shows none. */
export function axisOf(numbers: Iterable<number>, scale: AxisScale, room: Room): Axis | null {
  let low = Infinity, high = -Infinity;
  for (const x of numbers) {
    if (!Number.isFinite(x) || (scale === "log" && x <= 0)) continue;
    low = Math.min(low, x);
    high = Math.max(high, x);
  }
  if (low > high) return null;
  // Numbers that are equal but for rounding are shown in the middle.
  if (high / 2 - low / 2 <= 1e-13 * Math.max(Math.abs(low), Math.abs(high))) {
    const around = Math.abs(low) / 10 || 1;
    [low, high] = scale === "log" ? [low / 10 || low, high * 10] : [low - around, high + around];
  }
  const ticks = (scale === "log" ? logTicks : linearTicks)(low, high, room);
  return { low, high, scale, ticks };
}

/** Where a number lies between the ends of an axis, 0 to 1; NaN if nowhere. */
export function placeOn({ low, high, scale }: Axis, x: number): number {
  if (!Number.isFinite(x) || (scale === "log" && x <= 0)) return NaN;
  const [from, at, to] = scale === "log"
    ? [low, x, high].map(Math.log)
    : [low, x, high].map((value) => value / 2); // the difference of two numbers may be infinite
  return (at - from) / (to - from);
}
