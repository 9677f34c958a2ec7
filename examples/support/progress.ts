/** A progress line: rewritten in place on a terminal, printed now and then elsewhere. */

/** Milliseconds between two lines. */
const QUIET = 3000;
const LIVE = 100;

/** The words of a {@link Progress} beside the step. */
export interface ProgressOptions {
  /** The start of the line. */
  readonly label?: string;
  /** The name of the items of a step; "images", if absent. */
  readonly unit?: string;
  /** The end of the line, from the seconds that are left of this run and those it takes in all. */
  readonly also?: (secondsLeft: number, seconds: number) => string;
}

/** Tells how far a run of `total` steps of `items` items each has come. */
export class Progress {
  readonly #total: number;
  readonly #items: number;
  readonly #log: (text: string) => void;
  readonly #options: ProgressOptions;
  readonly #live: boolean;
  readonly #start = performance.now();
  #shown = -Infinity;
  #smoothed: number | null = null;

  /** `log` receives whole lines where there is no terminal. */
  constructor(
    total: number,
    items: number,
    log: (text: string) => void = console.error,
    options: ProgressOptions = {},
  ) {
    this.#total = total;
    this.#items = items;
    this.#log = log;
    this.#options = options;
    this.#live = Deno.stderr.isTerminal();
  }

  /** Notes that `step` steps are done, the last with this loss. */
  update(step: number, loss: number): void {
    this.#smoothed = this.#smoothed === null ? loss : 0.9 * this.#smoothed + 0.1 * loss;
    const now = performance.now();
    const last = step === this.#total;
    if (!last && now - this.#shown < (this.#live ? LIVE : QUIET)) return;
    this.#shown = now;
    const { label = "", unit = "images", also } = this.#options;
    const seconds = (now - this.#start) / 1000;
    const rate = step * this.#items / seconds;
    const left = (this.#total - step) * seconds / step;
    const text = [
      label,
      `step ${step}/${this.#total}`,
      `loss ${this.#smoothed.toPrecision(3)}`,
      `${rate.toFixed(0)} ${unit}/s`,
      last ? `took ${clock(seconds)}` : `ETA ${clock(left)}`,
      also?.(last ? 0 : left, seconds + left),
    ].filter(Boolean).join("  ");
    if (!this.#live) this.#log(text);
    else Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}${last ? "\n" : ""}`));
  }
}

/** Seconds as minutes and seconds. */
export function clock(seconds: number): string {
  const s = Math.round(seconds);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}
