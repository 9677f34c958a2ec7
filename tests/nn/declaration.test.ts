import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { declarations, declareOptions } from "../../nn/declare/declaration.ts";
import {
  check,
  either,
  type Field,
  flag,
  integer,
  list,
  listOfOne,
  nullable,
  number,
  optional,
  pairOf,
  positiveInteger,
  positiveNumber,
  single,
  tripleOf,
  word,
} from "../../nn/declare/field.ts";
import { schemaOf } from "../../nn/descriptions/declared.ts";
import * as nn from "../../nn/mod.ts";
import { layersOf, zoo } from "./zoo/mod.ts";

interface Wave {
  readonly length: number;
  readonly periods?: number;
  readonly form?: "sine" | "square";
  readonly centred?: boolean;
}

const wave = {
  length: positiveNumber,
  periods: optional(positiveInteger, 1),
  form: optional(word("sine", "square"), "sine"),
  centred: optional(flag, false),
};

Deno.test("declared options have defaults, and refuse what does not fit before they are used", () => {
  const options = declareOptions<Wave>(wave);
  const full = { length: 2, periods: 1, form: "sine", centred: false };
  assertEquals(options.complete("make a wave", { length: 2 }), full as Required<Wave>);
  const given = { length: 2, periods: undefined, form: "square" } as const;
  assertEquals(
    options.complete("make a wave", given),
    { ...full, form: "square" } as Required<Wave>,
  );
  const refused = (given: unknown, why: string) => {
    const complete = () => options.complete("make a wave", given as Wave);
    assertThrows(complete, ArgandError, `Cannot make a wave: ${why}`);
  };
  refused(undefined, "length must be a number above 0, got undefined");
  refused({}, "length must be a number above 0, got undefined");
  refused({ length: 0 }, "length must be a number above 0, got 0");
  refused({ length: 1e-300 }, "length must be a number above 0 in float32, from ");
  refused({ length: 1, periods: 0.5 }, "periods must be a positive integer, got 0.5");
  refused({ length: 1, form: "saw" }, 'form must be "sine" or "square", got "saw"');
  refused({ length: 1, centred: 1 }, "centred must be true or false, got 1");
  refused(
    { length: 1, phase: 1 },
    'unknown option "phase"; it knows length, periods, form, centred',
  );
  refused([1], "the options must be an object, got an array; it knows length, periods");
});

Deno.test("the compiler holds declared options equal to their interface", () => {
  const { length, periods, form } = wave;
  // @ts-expect-error: an option that is not declared
  declareOptions<Wave>({ length, periods, form });
  // @ts-expect-error: one that the interface does not have
  declareOptions<Wave>({ ...wave, phase: optional(number(), 0) });
  const wider = optional(word("sine", "saw", "square"), "saw");
  // @ts-expect-error: a word that the interface does not have
  declareOptions<Wave>({ ...wave, form: wider });
  // @ts-expect-error: without a word that the interface has
  declareOptions<Wave>({ ...wave, form: optional(word("sine"), "sine") });
  const orNull = optional(nullable(positiveInteger), null);
  // @ts-expect-error: null is another value
  declareOptions<Wave>({ ...wave, periods: orNull });
  // @ts-expect-error: an optional member without a default
  declareOptions<Wave>({ ...wave, periods: positiveInteger });
  // @ts-expect-error: a default of a required member
  declareOptions<Wave>({ ...wave, length: optional(positiveNumber, 1) });
});

Deno.test("the schema for JSON takes the values that the check takes", () => {
  const fields: Record<string, Field<never>> = {
    integer: integer() as never,
    range: integer(-2, 3) as never,
    positiveInteger: positiveInteger as never,
    number: number(-1, 1) as never,
    positiveNumber: positiveNumber as never,
    flag: flag as never,
    word: word("a", "b") as never,
    nullable: nullable(positiveInteger) as never,
    either: either(pairOf(positiveInteger), word("same")) as never,
    list: list(positiveInteger) as never,
    listOfOne: listOfOne(positiveInteger) as never,
    single: single(positiveInteger) as never,
    pair: pairOf(nullable(number(0))) as never,
    triple: tripleOf(positiveInteger) as never,
  };
  const scalars = [-3, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 2 ** 60, 1e-300, 1e300, NaN, Infinity];
  const others = [null, true, "a", "same", "", {}, [], "1"];
  const values: unknown[] = [...scalars, ...others];
  for (const a of [...scalars, ...others]) values.push([a], [1, a], [a, 1, 1], [1, 1, 1, a]);
  for (const [name, field] of Object.entries(fields)) {
    let taken = 0;
    for (const value of values) {
      let fits = true;
      try {
        check("test", name, field, value);
      } catch {
        fits = false;
      }
      if (fits) taken++;
      const parsed = schemaOf(field.rule).safeParse(value).success;
      assertEquals(parsed, fits, `${name} given ${JSON.stringify(value)}`);
    }
    assert(taken > 0 && taken < values.length, name);
  }
});

Deno.test("every layer is declared under its own name", () => {
  const types = new Map(declarations().map((one) => [one.of() as unknown, one.type]));
  for (const name of layersOf(nn)) {
    assertEquals(types.get((nn as Record<string, unknown>)[name]), name);
  }
  assertEquals(types.size, declarations().length);
  for (const one of zoo) assert(types.has(one.make().constructor), one.name);
});

Deno.test("a class that extends a layer checks its options as the layer does", () => {
  class Mine extends nn.Conv2d {}
  assertEquals(new Mine(2, 3, 5).weight.shape, [3, 2, 5, 5]);
  const why = "Cannot make a Conv2d: kernel must be a positive integer, got 0";
  assertThrows(() => new Mine(2, 3, 0), ArgandError, why);
  class Base extends nn.ConvNd<number> {}
  const none = "Cannot make a Base: it extends no class that can be made itself";
  assertThrows(() => new Base(1, 2, 3, 5, undefined), ArgandError, none);
});
