/** A progress line: rewritten in place on a terminal, printed now and then elsewhere. */

/** Milliseconds between two lines. */
const QUIET = 3000;
const LIVE = 100;

/** Tells how far a run of `total` steps of `items` items each has come. */
export class Progress {
  readonly #total: number;
  readonly #items: number;
  readonly #log: (text: string) => void;
  readonly #live: boolean;
  readonly #start = performance.now();
  #shown = -Infinity;
  #smoothed: number | null = null;

  /** `log` receives whole lines where there is no terminal. */
  constructor(total: number, items: number, log: (text: string) => void = console.error) {
    this.#total = total;
    this.#items = items;
    this.#log = log;
    this.#live = Deno.stderr.isTerminal();
  }

  /** Notes that `step` steps are done, the last with this loss. */
  update(step: number, loss: number): void {
    this.#smoothed = this.#smoothed === null ? loss : 0.9 * this.#smoothed + 0.1 * loss;
    const now = performance.now();
    const last = step === this.#total;
    if (!last && now - this.#shown < (this.#live ? LIVE : QUIET)) return;
    this.#shown = now;
    const seconds = (now - this.#start) / 1000;
    const rate = step * this.#items / seconds;
    const left = (this.#total - step) * seconds / step;
    const text = `step ${step}/${this.#total}  loss ${this.#smoothed.toFixed(3)}  ` +
      `${rate.toFixed(0)} images/s  ${last ? "took" : "ETA"} ${clock(last ? seconds : left)}`;
    if (!this.#live) this.#log(text);
    else Deno.stderr.writeSync(new TextEncoder().encode(`\r\x1b[K${text}${last ? "\n" : ""}`));
  }
}

function clock(seconds: number): string {
  const s = Math.round(seconds);
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}
