/** Measured fibres: a folder of transmission matrices, one for each bend; see ../data/fibre/README.md. */
import { type ComplexTensor, complexTensor, readNpy, readNpz } from "@argand/argand";

const ENTRY = "TM_corr_modes";
const NAME = /^TM_modes_(\d+(?:\.\d+)?)\.npz$/;
const MODES_IN = "modes_in_after_correction.npy";
const MODES_OUT = "modes_out_after_correction.npy";
/** One of so many bends is unseen: the third. */
const PERIOD = 4;

/** A fibre as it was measured at one position of the actuator that bends it. */
export interface Bend {
  readonly file: string;
  /** The actuator's position in mm. */
  readonly position: number;
  /** T [channels out, modes in] of unit mean power in each channel; see {@link readBend}. */
  readonly matrix: ComplexTensor;
}

/** All bends of a fibre, and the modes in which they were measured. */
export interface Fibre {
  readonly folder: string;
  /** By the actuator's position. */
  readonly bends: readonly Bend[];
  /** Complex [modes, side²]: the modes' fields on the input plane, of one polarisation. */
  readonly modesIn: ComplexTensor;
  /** Complex [modes, side²] on the output plane: those of the first channels of a matrix. */
  readonly modesOut: ComplexTensor;
  /** SHA-256 of all its files: fibres with the same print give the same figures. */
  readonly print: string;
}

/**
 * The part [channels, modes] of a measured matrix that takes one polarisation in, scaled so that random
 * fields of unit power give every channel unit power on average.
 *
 * @throws {Error} if the file has no such matrix, or light does not pass.
 */
export async function readBend(path: string | URL, modes: number): Promise<ComplexTensor> {
  const refuse = (why: string) => new Error(`Cannot read ${path}: ${why}`);
  const entry = (await readNpz(path)).get(ENTRY);
  if (!entry) throw refuse(`${ENTRY} is not there`);
  const { dtype, shape } = entry;
  if (!dtype.startsWith("complex") || shape.length !== 2 || shape[1] < modes) {
    throw refuse(
      `${ENTRY} is ${dtype} [${shape}], and ${modes} modes take complex [channels, ≥ ${modes}]`,
    );
  }
  // Six digits are more than were measured.
  const whole = complexTensor(Float32Array.from(entry.data as Float64Array), shape);
  const part = whole.slice(null, [0, modes]);
  // Σ over modes of |T|² · 1/modes is a channel's mean power.
  const power = await part.absSquared().sum().item() / (shape[0] * modes);
  if (!(power > 0 && power < Infinity)) throw refuse(`the mean power of ${ENTRY} is ${power}`);
  return complexTensor(await part.mul(1 / Math.sqrt(power)).data(), part.shape);
}

/** The fields of modes on a square plane, complex [modes, side²]. */
async function readModes(path: string): Promise<ComplexTensor> {
  const { dtype, shape, data } = await readNpy(path);
  const square = shape.length === 2 && Number.isInteger(Math.sqrt(shape[1]));
  if (!dtype.startsWith("complex") || !square || shape.some((n) => n === 0)) {
    throw new Error(`Cannot read ${path}: it is ${dtype} [${shape}], not complex [modes, side²]`);
  }
  return complexTensor(Float32Array.from(data as Float32Array), shape);
}

/** SHA-256 of files one after the other, as hexadecimal digits. */
async function printOf(paths: readonly string[]): Promise<string> {
  const files = await Promise.all(paths.map((path) => Deno.readFile(path)));
  const hash = await crypto.subtle.digest("SHA-256", await new Blob(files).arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The fibre in a folder: `TM_modes_X.npz` for every position X, and the modes of both planes.
 *
 * @throws {Error} if a file is missing or does not fit the others.
 */
export async function readFibre(folder: string): Promise<Fibre> {
  const refuse = (why: string) => new Error(`Cannot read the fibre in ${folder}: ${why}`);
  const found: { file: string; position: number }[] = [];
  const present = new Set<string>();
  try {
    for await (const { name } of Deno.readDir(folder)) {
      present.add(name);
      const match = name.match(NAME);
      if (match) found.push({ file: name, position: Number(match[1]) });
    }
  } catch (error) {
    throw refuse((error as Error).message);
  }
  for (const name of [MODES_IN, MODES_OUT]) {
    if (!present.has(name)) throw refuse(`${name} is not there`);
  }
  if (found.length < 3) {
    throw refuse(`it has ${found.length} matrices TM_modes_X.npz, and 3 are the fewest to split`);
  }
  found.sort((a, b) => a.position - b.position);
  const [modesIn, modesOut] = [
    await readModes(`${folder}/${MODES_IN}`),
    await readModes(`${folder}/${MODES_OUT}`),
  ];
  const bends: Bend[] = [];
  for (const { file, position } of found) {
    const matrix = await readBend(`${folder}/${file}`, modesIn.shape[0]);
    const [channels] = matrix.shape;
    const wanted = bends[0]?.matrix.shape[0] ?? channels;
    if (channels !== wanted) {
      throw refuse(`${file} has ${channels} channels, and ${found[0].file} has ${wanted}`);
    }
    if (channels < modesOut.shape[0]) {
      throw refuse(`${file} has ${channels} channels for ${modesOut.shape[0]} modes out`);
    }
    bends.push({ file, position, matrix });
  }
  const names = [MODES_IN, MODES_OUT, ...found.map(({ file }) => file)];
  const print = await printOf(names.map((name) => `${folder}/${name}`));
  return { folder, bends, modesIn, modesOut, print };
}

/** The bends that a network learns from, and those it sees only in the test, as indices. */
export interface Split {
  readonly seen: readonly number[];
  readonly unseen: readonly number[];
}

/** Every fourth bend is unseen, from the third on: with twelve of them each lies between two seen ones. */
export function splitBends(count: number): Split {
  const all = Array.from({ length: count }, (_, k) => k);
  const isUnseen = (k: number) => k % PERIOD === 2;
  return { seen: all.filter((k) => !isUnseen(k)), unseen: all.filter(isUnseen) };
}
