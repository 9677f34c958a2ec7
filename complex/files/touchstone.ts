/**
 * Touchstone files (`.s1p`, `.s2p`, …, version 1): the parameters of N-port networks over frequency, as
 * vector network analysers write them. See the Touchstone File Format Specification 1.1
 * of the EIA/IBIS Open Forum.
 */
import { type ArgandError, cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { withDefaults } from "../ops/options.ts";
import { checkInteger } from "../lazy/shape.ts";
import { actionOn } from "./array.ts";
import { readBytes } from "./disk.ts";
import { withPath } from "./path.ts";
import { replaceFile } from "./replace.ts";

/** The type of parameters: scattering, admittance, impedance, hybrid-h or hybrid-g. */
export type TouchstoneParameter = "S" | "Y" | "Z" | "H" | "G";

/** How a file writes complex numbers: real and imaginary part, or modulus (in dB) and degrees. */
export type TouchstoneFormat = "RI" | "MA" | "DB";

/** The units of a file's frequencies. */
export type TouchstoneUnit = "Hz" | "kHz" | "MHz" | "GHz";

/** The contents of a file. */
export interface Touchstone {
  /** The number of ports N. */
  readonly ports: number;
  /** The type of the parameters. */
  readonly parameter: TouchstoneParameter;
  /** The reference resistance in Ω, 50 where a file states none; Y and Z are normalised to it. */
  readonly resistance: number;
  /** Frequencies in Hz, none below the one before; a sweep in segments may have one twice. */
  readonly frequencies: Float64Array;
  /** Complex [frequencies, N, N], interleaved; for S, [k, i, j] is the wave out of port i from port j. */
  readonly data: Float64Array;
  /**
   * Noise parameters of a two-port, real [rows, 5]: frequency in Hz, minimum noise figure in dB,
   * modulus and phase in degrees of the best source reflection, and normalised noise resistance.
   */
  readonly noise?: Float64Array;
}

/** How {@link formatTouchstone} writes. */
export interface TouchstoneLayout {
  /** How complex numbers are written; "RI", if absent. */
  readonly format?: TouchstoneFormat;
  /** The unit of frequencies; "Hz", if absent. */
  readonly unit?: TouchstoneUnit;
}

const UNITS: Readonly<Record<string, number>> = { HZ: 0, KHZ: 3, MHZ: 6, GHZ: 9 };
const PARAMETERS = ["S", "Y", "Z", "H", "G"];
const FORMATS = ["RI", "MA", "DB"];
/** Numbers of a row of noise parameters. */
const NOISE = 5;
/** The most ports, since a file name could ask for any number. */
const MOST_PORTS = 1000;
/** The most words of an option line. */
const MOST_OPTIONS = 64;
/** The most bytes of a file: its text is one string. */
const MOST_BYTES = 2 ** 28;
/** The most complex numbers of a line. */
const PER_LINE = 4;

/** The index in the matrix of entry k of a record: two-ports are written column by column. */
const placeOf = (k: number, ports: number): number => ports === 2 ? [0, 2, 1, 3][k] : k;

/** x · 10^power, rounded once. */
function scaled(x: number, power: number): number {
  const text = String(x);
  return text.includes("e") ? x * 10 ** power : Number(`${text}e${power}`);
}

interface Options {
  readonly power: number;
  readonly parameter: TouchstoneParameter;
  readonly format: TouchstoneFormat;
  readonly resistance: number;
}

type Refuse = (why: string) => ArgandError;

function number(text: string, line: number, refuse: Refuse): number {
  // Every digit has one place in the pattern, or a long run of them would be tried in all ways.
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) {
    const x = Number(text);
    if (Number.isFinite(x)) return x;
  }
  throw refuse(`${describe(text)} in line ${line} is not a number`);
}

const isOption = (word: string) =>
  word === "R" || Object.hasOwn(UNITS, word) || PARAMETERS.includes(word) || FORMATS.includes(word);

/**
 * The option line: `# GHz S MA R 50` in any order, each part with a default. An R without a number, as
 * scikit-rf writes it beside impedances in comments, leaves the default.
 */
function optionsOf(words: readonly string[], line: number, refuse: Refuse): Options {
  let [power, parameter, format, resistance] = [9, "S", "MA", 50];
  for (let k = 0; k < words.length; k++) {
    const word = words[k].toUpperCase();
    if (Object.hasOwn(UNITS, word)) power = UNITS[word];
    else if (PARAMETERS.includes(word)) parameter = word;
    else if (FORMATS.includes(word)) format = word;
    else if (word === "R") {
      const next = words[k + 1]?.toUpperCase() ?? "";
      if (next !== "" && !isOption(next)) resistance = number(words[++k], line, refuse);
    } else throw refuse(`its option line ${line} has the unknown word ${describe(words[k])}`);
  }
  if (!(resistance > 0)) throw refuse(`its resistance is ${resistance} Ω, not positive`);
  return { power, parameter, format, resistance } as Options;
}

/** Real and imaginary part from two numbers of the file. */
function decode(format: TouchstoneFormat, a: number, b: number): [number, number] {
  if (format === "RI") return [a, b];
  const r = format === "DB" ? 10 ** (a / 20) : a;
  const angle = b * Math.PI / 180;
  return [r * Math.cos(angle), r * Math.sin(angle)];
}

/** The numbers of one frequency. */
interface Row {
  /** The line where they start. */
  readonly line: number;
  /** How many of them stand in it. */
  readonly first: number;
  readonly numbers: number[];
  /** Whether the line may hold noise parameters instead, which the next line shows. */
  readonly doubtful: boolean;
}

/** The numbers of a file. */
interface Records {
  readonly options: Options;
  readonly rows: readonly Row[];
  readonly noise: readonly (readonly number[])[];
}

/** The lines of a text one by one; all of them at once would take many times its memory. */
function* linesIn(text: string): Generator<string> {
  let start = 0;
  for (let k = 0; k < text.length; k++) {
    const c = text.charCodeAt(k);
    if (c !== 10 && c !== 13) continue;
    yield text.slice(start, k);
    if (c === 13 && text.charCodeAt(k + 1) === 10) k++;
    start = k + 1;
  }
  yield text.slice(start);
}

function recordsOf(text: string, ports: number, refuse: Refuse): Records {
  const length = 1 + 2 * ports * ports;
  const most = Math.max(length + 1, MOST_OPTIONS);
  const rows: Row[] = [];
  const noise: number[][] = [];
  let options: Options | null = null;
  let open: Row | null = null;
  let line = 0;
  for (const whole of linesIn(text)) {
    line++;
    if (whole === "") continue;
    const words = whole.split("!", 1)[0].trim().split(/\s+/, most).filter((word) => word !== "");
    if (words.length === 0) continue;
    if (words[0].startsWith("[")) {
      throw refuse(`line ${line} starts with ${describe(words[0])}: version 2 is not supported`);
    }
    if (words[0].startsWith("#")) {
      // Only the first option line counts.
      options ??= optionsOf([words[0].slice(1), ...words.slice(1)].filter(Boolean), line, refuse);
      continue;
    }
    if (options === null) throw refuse(`line ${line} has numbers before the option line`);
    const numbers = words.map((word) => number(word, line, refuse));
    if (open?.doubtful && numbers.length === NOISE) {
      noise.push(rows.pop()!.numbers);
      open = null;
    }
    // Noise parameters begin where the frequency does not increase. Segments of a sweep share one too.
    const last: Row | undefined = rows.at(-1);
    const before = last?.numbers[0] ?? -Infinity;
    const back = noise.length > 0 || numbers[0] <= before;
    const doubtful = noise.length === 0 && numbers[0] === before && last?.first === NOISE;
    if (ports === 2 && open === null && numbers.length === NOISE && back && !doubtful) {
      noise.push(numbers);
      continue;
    }
    if (noise.length > 0) {
      throw refuse(`line ${line} has ${numbers.length} noise parameters, not 5`);
    }
    if (open === null) rows.push(open = { line, first: numbers.length, numbers: [], doubtful });
    for (const x of numbers) open.numbers.push(x);
    if (open.numbers.length > length) {
      const what = `${open.numbers.length} numbers for ${ports} ports`;
      throw refuse(`the record from line ${open.line} on has ${what}, more than ${length}`);
    }
    if (open.numbers.length === length) open = null;
  }
  if (open?.doubtful && open.numbers.length === NOISE) {
    noise.push(rows.pop()!.numbers);
    open = null;
  }
  if (options === null) throw refuse("it has no option line");
  if (rows.length === 0) throw refuse("it has no frequencies");
  if (open !== null) {
    const what = `${open.numbers.length} of the ${length} numbers of ${ports} ports`;
    throw refuse(`the record from line ${open.line} on has ${what}`);
  }
  return { options, rows, noise };
}

function checkAscending(frequencies: ArrayLike<number>, what: string, refuse: Refuse): void {
  for (let k = 0; k < frequencies.length; k++) {
    const [f, before] = [frequencies[k], k > 0 ? frequencies[k - 1] : -1];
    if (f >= 0 && f < Infinity && f >= before) continue;
    const after = k > 0 ? ` after ${before} Hz` : "";
    throw refuse(`${what} ${k} is ${f} Hz${after}: they must ascend from 0 on`);
  }
}

/**
 * Reads the bytes of a Touchstone file of version 1. A sweep in segments may have the frequency where
 * two of them meet twice.
 *
 * @param bytes The whole file.
 * @param ports The number of ports N, which the file itself does not state.
 * @param name The name of the file in errors.
 * @returns The parameters, with frequencies in Hz and numbers as real and imaginary part.
 * @throws {ArgandError} that names the file, the line and what is wrong with it.
 *
 * @example
 * ```ts
 * import { complexTensor, parseTouchstone } from "@argand/argand";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const text = "# MHz S MA R 50\n100 0.5 90\n200 0.25 180\n";
 * const { frequencies, data, ports } = parseTouchstone(new TextEncoder().encode(text), 1);
 * const s = complexTensor(data, [frequencies.length, ports, ports]);
 * assertEquals([...frequencies], [1e8, 2e8]);
 * assertAlmostEquals((await s.at(0).item()).im, 0.5, 1e-6);
 * ```
 */
export function parseTouchstone(
  bytes: Uint8Array,
  ports: number,
  name = "a Touchstone file",
): Touchstone {
  const what = actionOn("read", name, bytes);
  checkInteger(what, "the number of ports", ports, 1, MOST_PORTS);
  const refuse: Refuse = (why) => cannot(what, why);
  checkLength(what, bytes.length);
  const { options, rows, noise } = recordsOf(new TextDecoder().decode(bytes), ports, refuse);
  const { power, parameter, format, resistance } = options;
  const frequencies = Float64Array.from(rows, ({ numbers }) => scaled(numbers[0], power));
  checkAscending(frequencies, "frequency", refuse);
  const entries = ports * ports;
  const data = new Float64Array(rows.length * entries * 2);
  rows.forEach(({ line, numbers }, row) => {
    for (let k = 0; k < entries; k++) {
      const at = 2 * (row * entries + placeOf(k, ports));
      const z = decode(format, numbers[1 + 2 * k], numbers[2 + 2 * k]);
      if (!z.every(Number.isFinite)) throw refuse(`entry ${k} from line ${line} on is too large`);
      data.set(z, at);
    }
  });
  const found = { ports, parameter, resistance, frequencies, data };
  if (noise.length === 0) return found;
  const list = noise.map(([f, ...rest]) => [scaled(f, power), ...rest]);
  checkAscending(list.map(([f]) => f), "noise frequency", refuse);
  return { ...found, noise: Float64Array.from(list.flat()) };
}

function checkLength(what: string, bytes: number): void {
  if (bytes <= MOST_BYTES) return;
  throw cannot(what, `it has ${bytes} bytes, over the limit of ${MOST_BYTES}`);
}

/** The number of ports from a file's name, such as `antenna.s2p`. */
function portsOf(what: string, path: string | URL): number {
  const found = /\.s(\d{1,6})p$/i.exec(String(path));
  if (found) return Number(found[1]);
  throw cannot(what, "its name does not end in .s1p, .s2p, …, which states the number of ports");
}

/**
 * Reads a Touchstone file; needs permission to read it. Its name states the number of ports.
 *
 * @throws {ArgandError} that names the file, the line and what is wrong with it.
 *
 * @example
 * ```ts
 * import { readTouchstone, writeTouchstone } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * await Deno.mkdir("out", { recursive: true });
 * await writeTouchstone("out/open.s1p", {
 *   ports: 1,
 *   parameter: "S",
 *   resistance: 50,
 *   frequencies: Float64Array.of(1e9),
 *   data: Float64Array.of(1, 0),
 * });
 * assertEquals((await readTouchstone("out/open.s1p")).frequencies[0], 1e9);
 * ```
 */
export async function readTouchstone(path: string | URL): Promise<Touchstone> {
  const ports = portsOf(withPath("read", path), path);
  const bytes = await readBytes(path, (_, size) => checkLength(`read ${path}`, size));
  return parseTouchstone(bytes, ports, String(path));
}

/** Two numbers of the file for a real and an imaginary part. */
function encode(format: TouchstoneFormat, re: number, im: number, refuse: Refuse): string {
  if (format === "RI") return `${re} ${im}`;
  const [r, degrees] = [Math.hypot(re, im), Math.atan2(im, re) * 180 / Math.PI];
  if (format === "MA") return `${r} ${degrees}`;
  if (r === 0) throw refuse("an element is 0, which has no decibels");
  return `${20 * Math.log10(r)} ${degrees}`;
}

/** The lines of one frequency: rows of matrices of more than two ports start lines of their own. */
function linesOf(frequency: string, entries: readonly string[], ports: number): string {
  if (ports < 3) return `${frequency} ${entries.join(" ")}\n`;
  const lines: string[] = [];
  for (let row = 0; row < entries.length; row += ports) {
    for (let k = row; k < row + ports; k += PER_LINE) {
      lines.push(entries.slice(k, Math.min(k + PER_LINE, row + ports)).join(" "));
    }
  }
  return `${frequency} ${lines.join("\n  ")}\n`;
}

/** Refuses what has not the fields of a network. */
function checkNetwork(what: string, network: Touchstone): void {
  if (typeof network !== "object" || network === null) {
    const fields = "{ ports, parameter, resistance, frequencies, data }";
    throw cannot(what, `it takes ${fields}, got ${describe(network)}`);
  }
  const { frequencies, data, noise = new Float64Array() } = network;
  for (const [name, list] of Object.entries({ frequencies, data, noise })) {
    if (!(list instanceof Float64Array)) {
      throw cannot(what, `${name} must be a Float64Array, got ${describe(list)}`);
    }
  }
}

/**
 * The bytes of a Touchstone file of version 1. With format "RI" and unit "Hz" every number is read
 * back exactly.
 *
 * @throws {ArgandError} if lengths do not fit, frequencies do not ascend, a number is not finite, or
 * an option is unknown.
 *
 * @example
 * ```ts
 * import { formatTouchstone } from "@argand/argand";
 *
 * const bytes = formatTouchstone({
 *   ports: 1,
 *   parameter: "S",
 *   resistance: 50,
 *   frequencies: Float64Array.of(1e9),
 *   data: Float64Array.of(0, -1),
 * }, { format: "MA", unit: "GHz" });
 * console.log(new TextDecoder().decode(bytes)); // # GHz S MA R 50, 1 1 -90 (in two lines)
 * ```
 */
export function formatTouchstone(
  network: Touchstone,
  layout?: TouchstoneLayout,
): Uint8Array<ArrayBuffer> {
  const what = "write a Touchstone file";
  checkNetwork(what, network);
  const { ports, parameter, resistance, frequencies, data, noise } = network;
  const { format, unit } = withDefaults<Required<TouchstoneLayout>>(what, layout, {
    format: "RI",
    unit: "Hz",
  });
  const refuse: Refuse = (why) => cannot(what, why);
  checkInteger(what, "the number of ports", ports, 1, MOST_PORTS);
  for (
    const [of, word, known] of [
      ["the parameter", parameter, PARAMETERS],
      ["the format", format, FORMATS],
      ["the unit", unit, ["Hz", "kHz", "MHz", "GHz"]],
    ] as [string, string, string[]][]
  ) if (!known.includes(word)) throw refuse(`${of} is ${describe(word)}, not one of ${known}`);
  if (!(resistance > 0 && resistance < Infinity)) {
    throw refuse(`the resistance is ${resistance} Ω: it must be positive and finite`);
  }
  checkAscending(frequencies, "frequency", refuse);
  const entries = ports * ports;
  const needed = frequencies.length * entries * 2;
  if (frequencies.length === 0 || data.length !== needed) {
    throw refuse(
      `there are ${frequencies.length} frequencies and ${data.length} numbers, not ${needed}`,
    );
  }
  if (noise && (ports !== 2 || noise.length % NOISE !== 0)) {
    throw refuse(`there are ${noise.length} noise parameters, which come in fives with 2 ports`);
  }
  for (const list of [data, noise ?? []]) {
    const at = Array.prototype.findIndex.call(list, (x: number) => !Number.isFinite(x));
    if (at >= 0) throw refuse(`number ${at} is ${list[at]}: all must be finite`);
  }
  const power = UNITS[unit.toUpperCase()];
  let text = `# ${unit} ${parameter} ${format} R ${resistance}\n`;
  frequencies.forEach((f, row) => {
    const list = Array.from({ length: entries }, (_, k) => {
      const at = 2 * (row * entries + placeOf(k, ports));
      return encode(format, data[at], data[at + 1], refuse);
    });
    text += linesOf(String(scaled(f, -power)), list, ports);
  });
  if (noise) text += noiseLines(noise, frequencies[frequencies.length - 1], power, refuse);
  return new TextEncoder().encode(text);
}

/** Noise parameters come last; their first frequency does not increase, which tells them apart. */
function noiseLines(noise: Float64Array, last: number, power: number, refuse: Refuse): string {
  const rows = Array.from(
    { length: noise.length / NOISE },
    (_, k) => [...noise.subarray(NOISE * k, NOISE * (k + 1))],
  );
  checkAscending(rows.map(([f]) => f), "noise frequency", refuse);
  if (rows.length > 0 && rows[0][0] > last) {
    throw refuse(`noise starts at ${rows[0][0]} Hz, above the last frequency, ${last} Hz`);
  }
  return rows.map(([f, ...rest]) => `${scaled(f, -power)} ${rest.join(" ")}\n`).join("");
}

/**
 * Writes a Touchstone file. Its name must state the number of ports. A file that is there is replaced
 * as a whole: whatever fails, the old one or the new one stands under its name. Needs permission to
 * read and write in the folder.
 *
 * @throws {ArgandError} if the name or the parameters do not fit, or the file cannot be written.
 *
 * @example
 * ```ts
 * import { writeTouchstone } from "@argand/argand";
 *
 * await Deno.mkdir("out", { recursive: true });
 * await writeTouchstone("out/line.s2p", {
 *   ports: 2,
 *   parameter: "S",
 *   resistance: 50,
 *   frequencies: Float64Array.of(1e9),
 *   data: Float64Array.of(0, 0, 0, -1, 0, -1, 0, 0), // a quarter of a wave, both ways
 * }, { unit: "GHz" });
 * ```
 */
export async function writeTouchstone(
  path: string | URL,
  network: Touchstone,
  layout?: TouchstoneLayout,
): Promise<void> {
  const what = withPath("write", path);
  const ports = portsOf(what, path);
  const bytes = formatTouchstone(network, layout);
  if (ports !== network.ports) {
    throw cannot(what, `its name states ${ports} ports, and there are ${network.ports}`);
  }
  await replaceFile(path, bytes);
}
