/** Elementwise functions in double precision against tables of mpmath, in units of the last place. */
import { assert, assertEquals } from "@std/assert";
import { functionsByName } from "../../gpu/functions/by_name.ts";
import type { Kind } from "../../gpu/contract/dtype.ts";
import table from "../golden/double_functions.json" with { type: "json" };

type Row = [name: string, args: number[], value: number[]];
const rows = table as Row[];

/** The spacing of numbers in double precision about x. */
function spacing(x: number): number {
  const exponent = Math.floor(Math.log2(Math.abs(x)));
  return 2 ** Math.max(exponent - 52, -1074);
}

/** A function in double precision at one point. */
function at(name: string, args: readonly number[]): number[] {
  const fn = functionsByName.get(name)!;
  let from = 0;
  const inputs = fn.inputs.map((kind: Kind) => {
    const lanes = kind === "complex" ? 2 : 1;
    return Float64Array.from(args.slice(from, from += lanes));
  });
  const out = new Float64Array(fn.output === "complex" ? 2 : 1);
  fn.cpu(1, out, ...inputs);
  return [...out];
}

/** Functions whose error counts against the modulus of the result. */
const BY_MODULUS = [
  ...["mulComplex", "divComplex", "squareComplex", "reciprocalComplex", "powComplex"],
  "sechSquaredComplex",
];

/** The error of a row, in units of the last place of the part, or of the modulus. */
function errorOf([name, args, value]: Row): number {
  const got = at(name, args);
  const modulus = Math.max(...value.map(Math.abs));
  const errors = got.map((x, k) => {
    if (Object.is(x, value[k])) return 0;
    const unit = spacing(BY_MODULUS.includes(name) ? modulus : value[k]);
    const off = Math.abs(x - value[k]) / unit;
    return Number.isNaN(off) ? Infinity : off;
  });
  return Math.max(...errors);
}

/** The most units that a function may be off at a point. */
function allowed([name, args]: Row): number {
  if (name === "powComplex") {
    const [x, y, u, v] = args;
    return 4 * (1 + Math.hypot(u, v) * Math.hypot(Math.log(Math.hypot(x, y)), Math.atan2(y, x)));
  }
  return functionsByName.get(name)!.inputs.includes("complex") ? 4 : 2;
}

Deno.test("functions in double precision are within a few units of the last place", () => {
  const worst = new Map<string, [number, Row]>();
  for (const row of rows) {
    const error = errorOf(row) / allowed(row);
    if (error > (worst.get(row[0])?.[0] ?? -1)) worst.set(row[0], [error, row]);
  }
  const failing = [...worst].filter(([, [error]]) => error > 1)
    .map(([name, [error, row]]) =>
      `${name}: ${error} times too much at ${JSON.stringify(row)}, got ${at(row[0], row[1])}`
    );
  assertEquals(failing, []);
  assert(worst.size > 30, `${worst.size} functions`);
});
