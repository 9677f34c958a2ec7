/** Random numbers from Philox, a counter-based generator: computed where they are used. */
import { normalComplex, normalReal, poisson, uniformReal } from "../../gpu/functions/mod.ts";
import {
  type InexactDType,
  kindOf,
  precisionOf,
  type RealDType,
} from "../../gpu/contract/dtype.ts";
import { accompany, type Companion } from "../lazy/companions.ts";
import type { Node, Primitive } from "../lazy/graph.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { type Shape, show, sizeOf } from "../lazy/shape.ts";
import { applyIn, fillIndex, mapPrimitive } from "./arithmetic.ts";
import { iota } from "./indices.ts";

const UNIFORM = mapPrimitive(uniformReal, undefined, true);
const POISSON: Primitive = {
  name: poisson.name,
  lowering: { kind: "map", fn: poisson, loops: true },
  vjp: (_, [g]) => [g!, null, null, null, null],
};
const NORMAL = { real: mapPrimitive(normalReal), complex: mapPrimitive(normalComplex) };

/** The most numbers of one draw: their counters have 32 bits. */
const MOST_DRAWN = 2 ** 32;

/** A seed and the number of draws so far; each draw takes the next stream of the generator. */
export class Generator implements Companion {
  #low = 0;
  #high = 0;
  #stream = 0;

  constructor(seed: number) {
    this.seed(seed);
  }

  /** Starts again from a seed, an integer from 0 to 2⁵³ − 1. */
  seed(seed: number): void {
    this.#low = seed >>> 0;
    this.#high = Math.floor(seed / 2 ** 32) >>> 0;
    this.#stream = 0;
  }

  /** The seed and the number of draws since. */
  get state(): { seed: number; draws: number } {
    return { seed: this.#high * 2 ** 32 + this.#low, draws: this.#stream };
  }

  /** The state, for a copy of what a training has reached. */
  note(): unknown {
    return this.state;
  }

  /** Continues from there. */
  comeBack({ seed, draws }: Generator["state"]): void {
    this.resume(seed, draws);
  }

  /** Continues after so many draws from a seed. */
  resume(seed: number, draws: number): void {
    this.seed(seed);
    this.#stream = draws;
  }

  #next(shape: Shape): Node[] {
    const size = sizeOf(shape);
    if (size > MOST_DRAWN) {
      const why = `${size} elements, and more than ${MOST_DRAWN} in one draw would repeat`;
      throw cannot("draw random numbers", `shape ${show(shape)} has ${why}`);
    }
    const words = [this.#stream++, this.#low, this.#high];
    return [iota(shape), ...words.map((w) => fillIndex(shape, w))];
  }

  /** Uniform in [0, 1). */
  uniform(shape: Shape, dtype: RealDType): Node {
    return applyIn(precisionOf(dtype), UNIFORM, this.#next(shape));
  }

  /** Poisson counts of the means; their derivative is that of the means. */
  poisson(means: Node): Node {
    return applyIn(precisionOf(means.dtype), POISSON, [means, ...this.#next(means.shape)]);
  }

  /** Standard normal; complex ones have E|z|² = 1. */
  normal(shape: Shape, dtype: InexactDType): Node {
    return applyIn(precisionOf(dtype), NORMAL[kindOf(dtype)], this.#next(shape));
  }
}

/** A seed by chance, an integer from 0 to 2⁵³ − 1. */
function seedByChance(): number {
  const [low, high] = crypto.getRandomValues(new Uint32Array(2));
  return (high >>> 11) * 2 ** 32 + low;
}

/** The default generator. Every process and worker has its own seed, so that no two draw the same. */
export const generator: Generator = new Generator(seedByChance());
accompany(generator);
