/**
 * One program on several engines. How far apart their results may be is found out by running the
 * program once more with every value, and so every gradient on its way back, slightly disturbed.
 */
import {
  type ComplexTensor,
  complexTensor,
  evaluate,
  type InexactArray,
  RealTensor,
  type Tensor,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { useEngine } from "../../gpu/engines/device.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { inputsOf, type RandomProgram, valuesOf } from "./random_program.ts";
import { Seeded } from "./seeded.ts";
import { gradientReading, reading } from "./tensors.ts";

/** What is asked of a program: its results, their first derivatives, or their second. */
export type Order = 0 | 1 | 2;

/** How far a value is disturbed, relative to itself: some roundings. */
const DISTURBANCE = 2 ** -20;

/** What a saturated function's derivative, a difference from 1, is off by whatever its own size. */
const SATURATED = 2 ** -25;

/** Values that a disturbance moves further than this, relative to the largest, say nothing. */
const ILL = 0.02;

/** Multiplies each element by a number near 1, a complex one by a complex number. */
function disturbed(seed: number): (x: Tensor) => Tensor {
  const random = new Seeded(seed);
  const signs = (size: number) => random.floats(size).map((r) => DISTURBANCE * Math.sign(r));
  return (x) => {
    if (x instanceof RealTensor) return x.mul(tensor(signs(x.size).map((d) => 1 + d), x.shape));
    const factors = signs(2 * x.size).map((d, k) => k % 2 === 0 ? 1 + d : d);
    return (x as ComplexTensor).mul(complexTensor(factors, x.shape));
  };
}

/** The numbers that a program gives on an engine; some values are computed ahead, by `seed`. */
async function numbersOf(
  program: RandomProgram,
  order: Order,
  engine: Engine,
  seed: number,
  change?: (x: Tensor) => Tensor,
): Promise<InexactArray[]> {
  useEngine(engine);
  const random = new Seeded(seed);
  const ahead = new Set(program.instructions.map((_, k) => k).filter(() => random.next() < 0.1));
  const after = (x: Tensor, place: number) => {
    const y = change ? change(x) : x;
    if (!change && ahead.has(place - program.inputs.length)) evaluate(y);
    return y;
  };
  const loss = (...inputs: Tensor[]): RealTensor => {
    const values = valuesOf(program, inputs, after);
    return program.outputs.map((k) => reading(values[k]).div(Math.sqrt(values[k].size)))
      .reduce((a, b) => a.add(b));
  };
  const inputs = inputsOf(program);
  let results: Tensor[];
  if (order === 0) {
    const values = valuesOf(program, inputs, after);
    results = program.outputs.map((k) => values[k]);
  } else {
    const [value, gradients] = valueAndGrad(order === 1 ? loss : gradientReading(loss))(...inputs);
    results = [value, ...gradients] as (RealTensor | ComplexTensor)[];
  }
  evaluate(...results);
  return await Promise.all(results.map((x) => x.data()));
}

const largest = (x: InexactArray) =>
  [...x].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const apart = (a: InexactArray, b: InexactArray) =>
  [...a].reduce((most, value, k) => Math.max(most, Math.abs(value - b[k])), 0);

/** What came of a comparison. */
export interface Comparison {
  /** Results that agree on all engines, and such as are too ill conditioned to tell. */
  agree: number;
  ill: number;
  /** Why the program has no derivative of this order. */
  refused?: string;
  /** Where engines disagree, in words. */
  readonly wrong: string[];
}

/** Runs a program on the engines and compares with the first of them. */
export async function compareEngines(
  program: RandomProgram,
  order: Order,
  engines: readonly Engine[],
  seed: number,
): Promise<Comparison> {
  const found: Comparison = { agree: 0, ill: 0, wrong: [] };
  const [first, ...others] = engines;
  let plain: InexactArray[];
  try {
    plain = await numbersOf(program, order, first, seed);
  } catch (error) {
    if (!(error instanceof ArgandError)) throw error;
    return { ...found, refused: error.message };
  }
  let allowed: number[] = [];
  const widen = async (from: number, to: number) => {
    for (let k = from; k < to; k++) {
      const other = await numbersOf(program, order, first, seed, disturbed(seed + k));
      allowed = plain.map((x, k) => {
        const away = 4 * apart(x, other[k]);
        // A number that is not finite compares with nothing.
        return Math.max(
          allowed[k] ?? 2 ** -19 * largest(x) + SATURATED,
          Number.isNaN(away) ? Infinity : away,
        );
      });
    }
  };
  await widen(0, 2);
  const results: { engine: Engine; runs: InexactArray[][] }[] = [];
  for (const engine of others) {
    const once = await numbersOf(program, order, engine, seed);
    const runs = [once, await numbersOf(program, order, engine, seed)];
    // Other values computed ahead make another schedule, which takes shaders long to compile.
    if (engine.kind === "cpu") runs.push(await numbersOf(program, order, engine, seed + 1));
    results.push({ engine, runs });
  }
  const far = () =>
    results.flatMap(({ engine, runs }) =>
      plain.flatMap((x, k) =>
        runs.filter((run) => !(apart(run[k], x) <= allowed[k])).map((run) =>
          `result ${k} on ${engine.adapter.name} is off by ${apart(run[k], x)}, ` +
          `${allowed[k]} allowed of ${largest(x)}`
        )
      )
    );
  if (far().length > 0) await widen(2, 8); // branches that only some disturbances take
  plain.forEach((x, k) => {
    const good = Number.isFinite(allowed[k]) && allowed[k] <= ILL * largest(x) + SATURATED;
    if (good) found.agree++;
    else {
      found.ill++;
      allowed[k] = Infinity;
    }
  });
  for (const { engine, runs: [once, again] } of results) {
    const same = once.every((x, k) => x.every((value, j) => Object.is(value, again[k][j])));
    if (!same) found.wrong.push(`two runs on ${engine.adapter.name} differ`);
  }
  found.wrong.push(...far().filter((text) => !text.includes("Infinity allowed")));
  return found;
}
