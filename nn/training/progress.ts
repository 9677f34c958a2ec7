/** The progress line of a training run, as tqdm draws it, or lines of JSON. */
import type { EpochRecord } from "./history.ts";
import { standardError, type Terminal } from "./terminal.ts";

/** How {@link fit} tells of its progress. */
export type FitProgress = "auto" | "line" | "json" | false;

/** The figures of one line. */
export interface Line {
  readonly label: string;
  readonly done: number;
  /** Null where it is not known. */
  readonly total: number | null;
  /** Seconds since the epoch began. */
  readonly seconds: number;
  /** Batches a second, smoothed. */
  readonly rate: number;
  /** Figures at the end of the line. */
  readonly figures: readonly (readonly [name: string, value: number])[];
}

const EIGHTHS = " ▏▎▍▌▋▊▉";
/** The weight of what is new in smoothed rates and losses; tqdm's. */
const SMOOTHING = 0.3;
const [LEAST_BAR, MOST_BAR] = [4, 40];

/** A bar of so many characters, filled to a part. */
function bar(part: number, width: number): string {
  const eighths = Math.floor(Math.min(1, part) * width * 8);
  const full = Math.floor(eighths / 8);
  const rest = full < width ? EIGHTHS[eighths % 8] : "";
  return "█".repeat(full) + rest + " ".repeat(Math.max(0, width - full - rest.length));
}

/** Seconds as `02:07`, or `1:02:07` from an hour on. */
function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const s = Math.round(seconds);
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return `${hours > 0 ? `${hours}:` : ""}${two(minutes)}:${two(s % 60)}`;
}

const speed = (rate: number): string =>
  !(rate > 0)
    ? "?it/s"
    : rate < 1
    ? `${(1 / rate).toFixed(2)}s/it`
    : `${rate.toFixed(rate < 100 ? 2 : 0)}it/s`;

/** The line with a bar as long as the terminal has room for. */
export function formatLine(
  { label, done, total, seconds, rate, figures }: Line,
  columns: number,
): string {
  const tail = [speed(rate), ...figures.map(([name, x]) => `${name}=${x.toPrecision(4)}`)].join(
    ", ",
  );
  if (total === null) return `${label}: ${done}it [${clock(seconds)}, ${tail}]`;
  const part = total > 0 ? done / total : 1;
  const head = `${label}: ${String(Math.floor(100 * part)).padStart(3)}%|`;
  const left = done < total ? (total - done) / rate : 0;
  const rest = `| ${done}/${total} [${clock(seconds)}<${clock(left)}, ${tail}]`;
  const room = Math.min(MOST_BAR, columns - 1 - head.length - rest.length);
  return head + bar(part, Math.max(LEAST_BAR, room)) + rest;
}

/** Tells of a run: rewritten in place on a terminal, otherwise a line an epoch, or JSON. */
export class Reporter {
  readonly #kind: "live" | "lines" | "json" | "none";
  readonly #epochs: number;
  readonly #terminal: Terminal;
  #total: number | null = null;
  #epoch = 0;
  #begin = 0;
  #mark = { time: 0, done: 0 };
  #rate = NaN;
  #loss = NaN;

  constructor(progress: FitProgress, epochs: number, terminal: Terminal = standardError()) {
    const quiet = progress === false || progress === "auto" && !terminal.live;
    this.#kind = quiet ? "none" : progress === "json" ? "json" : terminal.live ? "live" : "lines";
    this.#epochs = epochs;
    this.#terminal = terminal;
  }

  /** Begins an epoch, of which `done` batches have been done already. */
  begin(epoch: number, done: number, total: number | null): void {
    const now = performance.now();
    this.#epoch = epoch;
    this.#total = total;
    this.#begin = now;
    this.#mark = { time: now, done };
    this.#rate = this.#loss = NaN;
    this.#show(done);
  }

  /** Notes batches done, and the losses that have been read since. */
  update(done: number, losses: readonly number[]): void {
    for (const loss of losses) this.#loss = smoothed(this.#loss, loss);
    const now = performance.now();
    if (done > this.#mark.done && now > this.#mark.time) {
      const rate = 1000 * (done - this.#mark.done) / (now - this.#mark.time);
      this.#rate = smoothed(this.#rate, rate);
      this.#mark = { time: now, done };
    }
    this.#show(done);
  }

  #show(done: number): void {
    if (this.#kind !== "live") return;
    const figures = Number.isNaN(this.#loss) ? [] : [["loss", this.#loss] as const];
    this.#rewrite(done, this.#rate, figures, "");
  }

  #rewrite(done: number, rate: number, figures: Line["figures"], end: string): void {
    const seconds = (performance.now() - this.#begin) / 1000;
    const label = `epoch ${this.#epoch + 1}/${this.#epochs}`;
    const columns = this.#terminal.columns();
    const line = formatLine({ label, done, total: this.#total, seconds, rate, figures }, columns);
    this.#terminal.write(this.#kind === "live" ? `\r\x1b[K${line}${end}` : `${line}\n`);
  }

  /** Ends an epoch. */
  end(record: EpochRecord, done: number): void {
    if (this.#kind === "none") return;
    if (this.#kind === "json") return console.log(JSON.stringify({ event: "epoch", ...record }));
    const figures = [
      ["loss", record.loss] as const,
      ...Object.entries(record.validation ?? {}).map(([name, x]) => [`val_${name}`, x] as const),
    ];
    this.#rewrite(done, done / record.seconds, figures, "\n");
  }

  /** Leaves an epoch in its midst. */
  leave(): void {
    if (this.#kind === "live") this.#terminal.write("\n");
  }
}

const smoothed = (before: number, now: number): number =>
  Number.isNaN(before) ? now : before + SMOOTHING * (now - before);
