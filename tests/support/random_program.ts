/** Random programs of tensors: lists of operations that can be run again, on whichever engine. */
import fc from "fast-check";
import { complexTensor, RealTensor, type Tensor, tensor } from "@argand/argand";
import { type Shape, sizeOf } from "../../complex/lazy/shape.ts";
import { Seeded } from "./seeded.ts";
import type { Kind } from "./tensors.ts";

/** An operation on values that came before it. */
export interface Instruction {
  readonly text: string;
  readonly inputs: readonly number[];
  apply(...x: Tensor[]): Tensor;
}

/** What a program starts from. */
interface Input {
  readonly shape: Shape;
  readonly kind: Kind;
  readonly seed: number;
}

/** Values count from 0: first the inputs, then the results of the instructions. */
export interface RandomProgram {
  readonly inputs: readonly Input[];
  readonly instructions: readonly Instruction[];
  /** The values that nothing else is made of. */
  readonly outputs: readonly number[];
}

/** What an operation may ask for while it is put into a program. */
export interface Draft {
  readonly random: Seeded;
  /** A value for which `suits` holds; throws {@link Unsuited} where there is none. */
  any(suits?: (x: Tensor) => boolean): Tensor;
  /** A new input. */
  fresh(shape: Shape, kind?: Kind): Tensor;
}

/** The operation has nothing to work on here. */
export class Unsuited extends Error {}

/** Chooses what an operation works on, and says how to do it. */
export type Operation = (draft: Draft) => {
  readonly text: string;
  readonly of: readonly Tensor[];
  // deno-lint-ignore no-explicit-any
  apply(...x: any[]): Tensor;
};

/** Elements of the largest value. */
const MOST = 6000;

const numbers = ({ shape, kind, seed }: Input): Tensor => {
  const values = new Seeded(seed), size = sizeOf(shape);
  return kind === "real"
    ? tensor(values.floats(size), shape)
    : complexTensor(values.floats(2 * size), shape);
};

/** The inputs as tensors; the same numbers each time. */
export function inputsOf(program: RandomProgram): Tensor[] {
  return program.inputs.map(numbers);
}

/** The values of a program; `after` may put another in the place of each. */
export function valuesOf(
  program: RandomProgram,
  inputs: readonly Tensor[],
  after: (value: Tensor, place: number) => Tensor = (value) => value,
): Tensor[] {
  const values = inputs.map(after);
  for (const { inputs, apply } of program.instructions) {
    values.push(after(apply(...inputs.map((k) => values[k])), values.length));
  }
  return values;
}

/** A shape of some axes that is not too large. */
export function shapeOf(random: Seeded, rank: number): number[] {
  const sizes = [[1, 2, 3, 5, 8, 17, 33, 100, 257], [1, 2, 3, 4, 7, 16, 31], [1, 2, 3, 4, 6, 9]];
  return Array.from({ length: rank }, () => random.of(sizes[Math.min(2, Math.max(0, rank - 1))]));
}

/** What a program is made from: the seeds of two inputs, and of each instruction which and its seed. */
export interface Recipe {
  readonly inputs: readonly number[];
  readonly steps: readonly { readonly operation: number; readonly seed: number }[];
}

const seeds = fc.integer({ min: 1, max: 2 ** 30 });

/** Recipes of `least` to `most` instructions; they shrink to those that make a test fail. */
export function recipes(least: number, most: number): fc.Arbitrary<Recipe> {
  const step = fc.record({ operation: fc.nat(), seed: seeds });
  return fc.record({
    inputs: fc.tuple(seeds, seeds),
    steps: fc.array(step, { minLength: least, maxLength: most, size: "max" }),
  });
}

/** The program of a recipe, made of the operations of the list; those that find no input are skipped. */
export function programOf(recipe: Recipe, operations: readonly Operation[]): RandomProgram {
  const inputs: Input[] = [], made: Instruction[] = [];
  // Nothing is computed here: the tensors stand for their shapes.
  const freshOnes: Tensor[] = [], results: Tensor[] = [];
  const places: { text: string; of: readonly Tensor[]; apply: Instruction["apply"] }[] = [];

  const drawInput = (random: Seeded, shape: Shape, kind?: Kind): Tensor => {
    inputs.push({
      shape,
      kind: kind ?? random.of(["real", "complex"]),
      seed: random.whole(1, 1 << 30),
    });
    freshOnes.push(numbers(inputs.at(-1)!));
    return freshOnes.at(-1)!;
  };
  const drawInstruction = (random: Seeded, operation: Operation): void => {
    const any = (suits: (x: Tensor) => boolean = () => true): Tensor => {
      const found = [...freshOnes, ...results, ...results.slice(-3)].filter(suits);
      if (found.length === 0) throw new Unsuited();
      return random.of(found);
    };
    const fresh = (shape: Shape, kind?: Kind) => drawInput(random, shape, kind);
    const { text, of, apply } = operation({ random, any, fresh });
    const result = apply(...of);
    if (result.size > MOST) throw new Unsuited();
    const shapes = of.map((x) => `${x.dtype[0]}[${x.shape}]`);
    places.push({ text: `${text} of ${shapes.join(" ")}`, of, apply });
    results.push(result);
  };

  recipe.inputs.forEach((seed, k) => {
    const random = new Seeded(seed);
    drawInput(random, shapeOf(random, random.whole(k === 0 ? 1 : 0, 5)));
  });
  for (const { operation, seed } of recipe.steps) {
    const before = inputs.length;
    try {
      drawInstruction(new Seeded(seed), operations[operation % operations.length]);
    } catch (error) {
      if (!(error instanceof Unsuited)) throw error;
      inputs.length = freshOnes.length = before;
    }
  }
  const all = [...freshOnes, ...results];
  for (const { text, of, apply } of places) {
    made.push({ text, apply, inputs: of.map((x) => all.indexOf(x)) });
  }
  const used = new Set(made.flatMap((instruction) => instruction.inputs));
  const outputs = all.map((_, k) => k).filter((k) => k >= inputs.length && !used.has(k));
  return { inputs, instructions: made, outputs };
}

/** The program, for the message of a test. */
export function textOf({ inputs, instructions, outputs }: RandomProgram): string {
  return [
    ...inputs.map(({ shape, kind }, k) => `v${k} = ${kind} [${shape}]`),
    ...instructions.map((i, k) =>
      `v${inputs.length + k} = ${i.text} (${i.inputs.map((v) => `v${v}`).join(", ")})`
    ),
    `results: ${outputs.map((k) => `v${k}`).join(", ")}`,
  ].join("\n");
}

/** Whether a tensor is complex. */
export const isComplex = (x: Tensor): boolean => !(x instanceof RealTensor);
