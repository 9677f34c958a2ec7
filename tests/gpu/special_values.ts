/**
 * Special values of the elementwise functions, by the Array API standard (2024.12), which for complex
 * functions follows Annex G of C; where the standard leaves a value open (products and powers of
 * complex numbers), by Annex G alone.
 *
 * A row has the arguments, an arrow and the result, complex numbers as two words. `±` stands for
 * either sign.
 */

/** A part of a result; of `±x` either sign is right. */
export interface Expected {
  readonly value: number;
  readonly anySign: boolean;
}

/** What a function gives for its arguments, which follow one another as numbers. */
export interface Row {
  readonly args: readonly number[];
  readonly want: readonly Expected[];
}

const REAL: Record<string, string> = {
  absReal: "nan → nan; inf → inf; -inf → inf; -0 → 0; 0 → 0",
  negReal: "nan → nan; inf → -inf; -inf → inf; -0 → 0; 0 → -0",
  reciprocalReal: "0 → inf; -0 → -inf; inf → 0; -inf → -0; nan → nan",
  squareReal: "nan → nan; inf → inf; -inf → inf; -0 → 0; 3e38 → inf",
  sqrtReal: "nan → nan; -1 → nan; -inf → nan; 0 → 0; -0 → -0; inf → inf",
  expReal: "nan → nan; 0 → 1; -0 → 1; inf → inf; -inf → 0; 100 → inf; -200 → 0",
  expm1: "nan → nan; 0 → 0; -0 → -0; inf → inf; -inf → -1; 100 → inf",
  logReal: "nan → nan; -1 → nan; -inf → nan; 0 → -inf; -0 → -inf; 1 → 0; inf → inf",
  log1p: "nan → nan; -2 → nan; -inf → nan; -1 → -inf; 0 → 0; -0 → -0; inf → inf",
  sinReal: "nan → nan; inf → nan; -inf → nan; 0 → 0; -0 → -0",
  cosReal: "nan → nan; inf → nan; -inf → nan; 0 → 1; -0 → 1",
  tanReal: "nan → nan; inf → nan; -inf → nan; 0 → 0; -0 → -0",
  sinhReal: "nan → nan; inf → inf; -inf → -inf; 0 → 0; -0 → -0; 100 → inf; -100 → -inf",
  coshReal: "nan → nan; inf → inf; -inf → inf; 0 → 1; -0 → 1; -100 → inf",
  tanhReal: "nan → nan; inf → 1; -inf → -1; 0 → 0; -0 → -0",
  sigmoid: "nan → nan; inf → 1; -inf → 0",
  erf: "nan → nan; inf → 1; -inf → -1; 0 → 0; -0 → -0",
  sign: "nan → nan; inf → 1; -inf → -1; 0 → 0; -0 → -0; 1e-40 → 1; -3 → -1",
  reluReal: "nan → nan; inf → inf; -inf → 0",
  addReal:
    "inf -inf → nan; -inf inf → nan; inf inf → inf; inf 1 → inf; nan 1 → nan; -0 -0 → -0; 0 -0 → 0",
  subReal: "inf inf → nan; inf -inf → inf; 1 inf → -inf; nan 1 → nan; -0 0 → -0; 0 0 → 0",
  mulReal:
    "inf 0 → nan; -0 inf → nan; inf -inf → -inf; inf -2 → -inf; nan 0 → nan; -0 3 → -0; -0 -0 → 0",
  divReal:
    "inf inf → nan; 0 0 → nan; 1 0 → inf; -1 0 → -inf; 1 -0 → -inf; 0 -2 → -0; inf -0 → -inf; " +
    "-2 inf → -0; nan 1 → nan; 1 nan → nan",
  maximum: "nan 1 → nan; 1 nan → nan; nan inf → nan; -inf nan → nan; inf 1 → inf; -inf 1 → 1",
  minimum: "nan 1 → nan; 1 nan → nan; nan inf → nan; -inf nan → nan; inf 1 → 1; -inf 1 → -inf",
  atan2:
    "nan 1 → nan; 1 nan → nan; nan inf → nan; 1 0 → 1.5707964; 1 -0 → 1.5707964; 0 1 → 0; 0 0 → 0; " +
    "0 -0 → 3.1415927; 0 -1 → 3.1415927; -0 1 → -0; -0 0 → -0; -0 -0 → -3.1415927; -0 -1 → -3.1415927; " +
    "-1 0 → -1.5707964; -1 -0 → -1.5707964; 1 inf → 0; 1 -inf → 3.1415927; -1 inf → -0; " +
    "-1 -inf → -3.1415927; inf 1 → 1.5707964; -inf 1 → -1.5707964; inf inf → 0.7853982; " +
    "inf -inf → 2.3561945; -inf inf → -0.7853982; -inf -inf → -2.3561945",
  powReal: "nan 0 → 1; nan -0 → 1; inf 0 → 1; 0 -0 → 1; nan 2 → nan; 2 nan → nan; nan inf → nan; " +
    "1 nan → 1; 1 inf → 1; 1 -inf → 1; -1 inf → 1; -1 -inf → 1; " +
    "2 inf → inf; -2 inf → inf; 2 -inf → 0; -2 -inf → 0; 0.5 inf → 0; -0.5 inf → 0; 0.5 -inf → inf; " +
    "-0.5 -inf → inf; 0 inf → 0; -0 inf → 0; 0 -inf → inf; -0 -inf → inf; inf inf → inf; -inf inf → inf; " +
    "inf -inf → 0; -inf -inf → 0; inf 2 → inf; inf 0.5 → inf; inf -1 → 0; -inf 3 → -inf; -inf 2 → inf; " +
    "-inf 2.5 → inf; -inf -3 → -0; -inf -2 → 0; -inf -2.5 → 0; 0 2 → 0; 0 3 → 0; 0 0.5 → 0; 0 -1 → inf; " +
    "0 -0.5 → inf; -0 3 → -0; -0 2 → 0; -0 0.5 → 0; -0 -3 → -inf; -0 -2 → inf; -0 -0.5 → inf; " +
    "-2 0.5 → nan; -2 -1.5 → nan; -inf nan → nan; 0 nan → nan",
};

/** Functions of z = x + iy for which f(z̄) is the conjugate of f(z): of two such rows one stands here. */
const COMPLEX: Record<string, string> = {
  expComplex:
    "0 0 → 1 0; -0 0 → 1 0; 1 inf → nan nan; -2 inf → nan nan; 1 nan → nan nan; 0 inf → nan nan; " +
    "inf 0 → inf 0; -inf 0 → 0 0; -inf 1 → 0 0; -inf 2 → -0 0; -inf 4 → -0 -0; -inf -1 → 0 -0; " +
    "inf 1 → inf inf; inf 2 → -inf inf; inf 4 → -inf -inf; -inf inf → ±0 ±0; inf inf → ±inf nan; " +
    "-inf nan → ±0 ±0; inf nan → ±inf nan; nan 0 → nan 0; nan 1 → nan nan; nan nan → nan nan; " +
    "nan inf → nan nan; 200 0 → inf 0; 200 2 → -inf inf; -300 0 → 0 0",
  logComplex:
    "-0 0 → -inf 3.1415927; 0 0 → -inf 0; 1 inf → inf 1.5707964; -1 inf → inf 1.5707964; " +
    "0 inf → inf 1.5707964; 1 nan → nan nan; 0 nan → nan nan; -inf 1 → inf 3.1415927; -inf 0 → inf 3.1415927; " +
    "inf 1 → inf 0; inf 0 → inf 0; -inf inf → inf 2.3561945; inf inf → inf 0.7853982; inf nan → inf nan; " +
    "-inf nan → inf nan; nan inf → inf nan; nan 1 → nan nan; nan 0 → nan nan; nan nan → nan nan",
  sqrtComplex: "0 0 → 0 0; -0 0 → 0 0; 1 inf → inf inf; -2 inf → inf inf; inf inf → inf inf; " +
    "-inf inf → inf inf; nan inf → inf inf; 0 inf → inf inf; 1 nan → nan nan; 0 nan → nan nan; " +
    "-inf 1 → 0 inf; -inf 0 → 0 inf; inf 1 → inf 0; inf 0 → inf 0; -inf nan → nan ±inf; inf nan → inf nan; " +
    "nan 1 → nan nan; nan 0 → nan nan; nan nan → nan nan; 3e38 3e38 → 1.9029767e19 7.8823879e18",
  sinhComplex:
    "0 0 → 0 0; -0 0 → -0 0; 0 inf → ±0 nan; 0 nan → ±0 nan; 1 inf → nan nan; 1 nan → nan nan; " +
    "inf 0 → inf 0; inf 1 → inf inf; inf 2 → -inf inf; inf 4 → -inf -inf; -inf 1 → -inf inf; " +
    "inf inf → ±inf nan; inf nan → ±inf nan; -inf nan → ±inf nan; nan 0 → nan 0; nan 1 → nan nan; " +
    "nan inf → nan nan; nan nan → nan nan; 300 0 → inf 0; -300 0 → -inf 0; 300 2 → -inf inf",
  coshComplex:
    "0 0 → 1 0; -0 0 → 1 -0; 0 inf → nan ±0; 0 nan → nan ±0; 1 inf → nan nan; 1 nan → nan nan; " +
    "inf 0 → inf 0; -inf 0 → inf -0; inf 1 → inf inf; inf 2 → -inf inf; inf 4 → -inf -inf; " +
    "-inf 1 → inf -inf; inf inf → ±inf nan; inf nan → inf nan; -inf nan → inf nan; nan 0 → nan ±0; " +
    "nan 1 → nan nan; nan inf → nan nan; nan nan → nan nan; 300 0 → inf 0; -300 0 → inf -0; 0 2 → -0.41614684 0; " +
    "-0 2 → -0.41614684 -0; -1 0 → 1.5430806 -0; -1 -0 → 1.5430806 0",
  tanhComplex:
    "0 0 → 0 0; -0 0 → -0 0; 1 inf → nan nan; 0 inf → 0 nan; -0 inf → -0 nan; 1 nan → nan nan; " +
    "0 nan → 0 nan; inf 0 → 1 0; inf 1 → 1 0; inf 2 → 1 -0; inf 4 → 1 0; -inf 1 → -1 0; inf inf → 1 ±0; " +
    "-inf inf → -1 ±0; inf nan → 1 ±0; -inf nan → -1 ±0; nan 0 → nan 0; nan 1 → nan nan; nan nan → nan nan; " +
    "nan inf → nan nan; 1000 1 → 1 0; 1000 2 → 1 -0; 3e38 0 → 1 0; 100 inf → nan nan; 1000 nan → nan nan",
  reciprocalComplex:
    "inf 0 → 0 -0; inf 1 → 0 -0; -inf 2 → -0 -0; 3 inf → 0 -0; inf nan → ±0 ±0; nan inf → ±0 ±0; " +
    "inf inf → ±0 ±0; nan 1 → nan nan; 1 nan → nan nan; 0 0 → inf nan; -0 0 → -inf nan; nan 0 → nan nan; 0 nan → nan nan; nan nan → nan nan; 1 0 → 1 -0; 3e38 0 → 3.3333334e-39 -0",
  squareComplex:
    "inf 0 → inf nan; inf 1 → inf inf; 1 inf → -inf inf; inf nan → inf nan; nan inf → -inf nan; " +
    "inf inf → nan inf; nan nan → nan nan; 1 nan → nan nan; 0 nan → nan nan; 3e38 3e38 → 0 inf; " +
    "2e38 0 → inf 0; 2e38 -2e38 → 0 -inf; 0 2e38 → -inf 0; 2e38 0.25 → inf 1e38; -0.25 2e38 → -inf -1e38",
  sgn:
    "0 0 → 0 0; nan 1 → nan nan; 1 nan → nan nan; nan 0 → nan nan; 0 nan → nan nan; inf 0 → 1 0; -inf 3 → -1 0; 2 inf → 0 1; nan nan → nan nan; " +
    "inf nan → nan nan; nan inf → nan nan; 3e38 0 → 1 0",
  conj: "inf nan → inf nan; 1 0 → 1 -0; nan inf → nan -inf",
  negComplex: "inf nan → -inf nan; 1 0 → -1 -0",
};

/** Functions of complex numbers that are real, and that are the same at the conjugate. */
const MODULI: Record<string, string> = {
  absComplex:
    "0 0 → 0; -0 0 → 0; inf nan → inf; nan inf → inf; -inf 1 → inf; 1 -inf → inf; nan 1 → nan; " +
    "1 nan → nan; nan nan → nan; inf inf → inf; 3e38 3e38 → inf; 2e38 0 → 2e38",
  absSquared:
    "0 0 → 0; -inf 1 → inf; 1 -inf → inf; nan 1 → nan; 1 nan → nan; nan nan → nan; inf inf → inf; 3e38 0 → inf",
};

/** Functions of two complex numbers, of which one row of two conjugate ones stands here. */
const COMPLEX_PAIRS: Record<string, string> = {
  addComplex: "inf 1 -inf nan → nan nan; inf nan 1 2 → inf nan; -0 -0 -0 0 → -0 0",
  subComplex: "inf 1 inf nan → nan nan; inf nan 1 2 → inf nan; -0 0 0 0 → -0 0",
  mulComplex:
    "inf 0 inf 0 → inf nan; inf inf 1 1 → nan inf; inf nan 1 1 → inf inf; inf nan 2 0 → inf nan; " +
    "2 0 inf nan → inf nan; nan inf 1 1 → -inf inf; inf nan -1 1 → -inf inf; inf 0 nan 1 → nan inf; " +
    "inf nan inf nan → inf nan; 1e30 nan 1e30 0 → nan nan; nan nan 1 1 → nan nan; nan 1 1 1 → nan nan; " +
    "inf 0 0 0 → nan nan; nan nan inf 0 → nan nan; inf 0 0 1 → nan inf; " +
    "0 0 nan 0 → nan nan; -0 0 1 0 → -0 0",
  divComplex:
    "1 0 inf 0 → 0 0; -3 2 inf -inf → -0 -0; 1 1 nan inf → ±0 ±0; 1 1 inf nan → ±0 ±0; inf 1 2 1 → inf -inf; " +
    "inf nan 1 1 → inf -inf; nan inf 1 1 → inf inf; inf 0 inf 0 → nan nan; inf nan inf 1 → nan nan; " +
    "nan nan inf 0 → nan nan; 1 nan 2 1 → nan nan; nan 0 nan 0 → nan nan; 1 2 0 0 → inf inf; " +
    "-1 2 0 0 → -inf inf; 1 2 -0 0 → -inf -inf; inf nan 0 0 → inf nan; 0 0 0 0 → nan nan; 0 0 inf 1 → 0 0; " +
    "1 0 nan 1 → nan nan; 3e38 0 3e38 0 → 1 0",
  powComplex:
    "0 0 0 0 → 1 0; nan nan 0 0 → 1 0; inf nan 0 0 → 1 0; 0 0 2 0 → 0 0; 0 0 0.5 3 → 0 0; 0 0 -1 0 → nan nan; " +
    "0 0 0 1 → nan nan; inf 0 2 0 → inf 0; inf 0 0.5 0 → inf 0; inf 0 -1 0 → 0 ±0; -inf 0 -2 0 → 0 ±0; " +
    "inf 1 0.5 0 → inf ±0; inf nan -2 0 → ±0 ±0; 2 0 inf 0 → inf 0; 0.5 0 inf 0 → 0 ±0; 2 0 -inf 0 → 0 ±0; " +
    "1 0 inf 0 → 1 ±0; nan 0 1 0 → nan nan; nan nan 2 0 → nan nan; 2 0 nan 0 → nan ±0; 2 0 nan nan → nan nan; " +
    "0 2 nan 1 → nan nan; 1e30 0 2 0 → inf 0",
};

/** Comparisons, and the choices that hang on them. */
const COMPARISONS: Record<string, string> = {
  less: "nan 1 → 0; 1 nan → 0; nan nan → 0; -0 0 → 0; -inf inf → 1",
  lessEqual: "nan 1 → 0; nan nan → 0; -0 0 → 1; 0 -0 → 1; inf inf → 1",
  greater: "nan 1 → 0; 1 nan → 0; 0 -0 → 0; inf -inf → 1",
  greaterEqual: "nan 1 → 0; nan nan → 0; -0 0 → 1; -inf -inf → 1",
  equalReal: "nan nan → 0; nan 1 → 0; -0 0 → 1; inf inf → 1; inf -inf → 0",
  notEqualReal: "nan nan → 1; nan 1 → 1; -0 0 → 0; inf inf → 0; inf -inf → 1",
  equalComplex: "nan 0 nan 0 → 0; 0 -0 -0 0 → 1; inf 1 inf 1 → 1; inf nan inf nan → 0",
  notEqualComplex: "nan 0 nan 0 → 1; 0 -0 -0 0 → 0; inf 1 inf 1 → 0; 1 nan 1 nan → 1",
  whereReal:
    "nan 1 2 → 1; 0 1 2 → 2; -0 1 2 → 2; 1 nan 2 → nan; 1 2 nan → 2; 0 nan 2 → 2; inf 1 2 → 1",
};

function read(rows: string): Row[] {
  return rows.split(";").map((row) => {
    const [args, want] = row.split("→").map((side) => side.trim().split(" "));
    return {
      args: args.map(numberOf),
      want: want.map((x) => ({ value: numberOf(x.replace("±", "")), anySign: x.startsWith("±") })),
    };
  });
}

function numberOf(word: string): number {
  return word.endsWith("inf") ? (word.startsWith("-") ? -Infinity : Infinity) : Number(word);
}

const negated = ({ value, anySign }: Expected): Expected => ({ value: -value, anySign });

/** The conjugate's part; a sum of two zeros of opposite signs is 0, as is the one of the conjugates. */
function mirrored(x: Expected, ofTwo: boolean): Expected {
  return ofTwo && x.value === 0 ? { value: 0, anySign: true } : negated(x);
}

/** The rows, and those of the conjugate arguments. */
function withConjugates(rows: readonly Row[]): Row[] {
  return rows.flatMap(({ args, want }) => [{ args, want }, {
    args: args.map((x, k) => k % 2 ? -x : x),
    want: want.map((x, k) => k % 2 ? mirrored(x, args.length > 2) : x),
  }]);
}

/** The rows of f(iz)/i from those of f, since iz = w at z = −iw. */
function turned(rows: readonly Row[]): Row[] {
  return rows.map(({ args: [x, y], want: [re, im] }) => ({
    args: [y, -x],
    want: [im, negated(re)],
  }));
}

/** The rows of f(iz). */
function inward(rows: readonly Row[]): Row[] {
  return rows.map(({ args: [x, y], want }) => ({ args: [y, -x], want }));
}

function each(table: Record<string, string>, make: (rows: Row[]) => Row[]): [string, Row[]][] {
  return Object.entries(table).map(([name, rows]) => [name, make(read(rows))]);
}

const complex = new Map(each(COMPLEX, withConjugates));

/** The rows of each function, by its name in `gpu/functions/mod.ts`. */
export const SPECIAL_VALUES: ReadonlyMap<string, readonly Row[]> = new Map([
  ...each({ ...REAL, ...COMPARISONS, ...MODULI }, (rows) => rows),
  ...complex,
  ...each(COMPLEX_PAIRS, withConjugates),
  ["sinComplex", turned(complex.get("sinhComplex")!)],
  ["tanComplex", turned(complex.get("tanhComplex")!)],
  ["cosComplex", inward(complex.get("coshComplex")!)],
]);
