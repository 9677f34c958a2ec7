/** What layers, functions and optimisers refuse at the call, beside what the tests of their families try. */
import { assertEquals, assertThrows } from "@std/assert";
import { complex, ones, parameter, sub, type Tensor, tensor } from "@argand/argand";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { optionEntry } from "../../nn/entries.ts";

// Users of plain JavaScript meet the same errors: the checks here go round the types.
// deno-lint-ignore no-explicit-any
type Any = any;

const f: Any = nn.functional;
const z = complex(ones([2, 3]), 1);
const row = complex(ones([3]), 1);

const MISUSES: Record<string, [call: () => unknown, message: string][]> = {
  "linear()": [
    [() => f.linear(z, row), "Cannot apply a linear map: the weight must be [out, in], got [3]"],
    [() => f.linear(z, z, row), "the bias must have shape [2], got [3]"],
  ],
  "embedding()": [
    [() => f.embedding([0], row), "the weight must be [count, dim], got [3]"],
  ],
  "transmit()": [
    [() => f.transmit(z, row), "the matrix must be [modes out, modes in], got [3]"],
  ],
  "a layer of one's own": [
    [() => new (class Empty extends (nn.Layer as Any) {})().apply(z), "Cannot apply Empty: it de"],
  ],
  "Adam": [
    [
      () => new nn.Adam([parameter(z)], { betas: 0.9 } as Any),
      "betas must be two numbers, got 0.9",
    ],
    [() => new nn.Adam([parameter(z)], { betas: [0.9] } as Any), "betas must be two numbers"],
  ],
  "groups of parameters": [
    [
      () => new nn.SGD([parameter(z), { params: [parameter(z)] }] as Any, { lr: 1 }),
      "it takes parameters, or groups { params, … }, and not both",
    ],
  ],
  "an option in a state dict": [
    [() => optionEntry("save", "momentum", {}), "Cannot save: the option momentum is not a number"],
  ],
};

for (const [subject, calls] of Object.entries(MISUSES)) {
  Deno.test(`${subject}: misuse is refused at the call, with the values`, () => {
    for (const [call, message] of calls) {
      assertThrows(call, ArgandError, message, String(call));
    }
  });
}

/** An optimiser that remembers what `remember` says. */
class Remembering extends nn.Optimizer<{ lr: number }> {
  readonly #remember: (moments: nn.Moments, g: Tensor) => void;

  constructor(parameters: Tensor[], remember: (moments: nn.Moments, g: Tensor) => void) {
    super(parameters, { lr: 1 }, { lr: 1 });
    this.#remember = remember;
  }

  protected check() {}

  protected override moments() {
    return ["mean"];
  }

  protected update(p: Tensor, g: Tensor, moments: nn.Moments): Tensor {
    this.#remember(moments, g);
    return sub(p, g);
  }
}

Deno.test("an optimiser refuses moments that can't be its own, and steps not at all", async () => {
  const cases: [remember: (moments: nn.Moments, g: Tensor) => void, message: string][] = [
    [
      (moments, g) => moments.set("other", g),
      "Cannot remember other of w: Remembering does not name it among its moments",
    ],
    [
      (moments, g) => moments.set("mean", g.sum()),
      "Cannot remember mean of w: it is float32 [] and the parameter float32 [2]",
    ],
  ];
  for (const [remember, message] of cases) {
    const w = parameter(tensor([1, 2]), { name: "w" });
    const optimizer = new Remembering([w], remember);
    w.square().sum().backward();
    assertThrows(() => optimizer.step(), ArgandError, message);
    assertEquals(await w.toArray(), [1, 2]);
    assertEquals(await w.grad!.toArray(), [2, 4]);
  }
});

Deno.test("an optimiser refuses to remember a moment twice in one step", async () => {
  const w = parameter(tensor([1, 2]), { name: "w" });
  let twice = false;
  const optimizer = new Remembering([w], (moments, g) => {
    moments.set("mean", g);
    if (twice) moments.set("mean", g);
  });
  w.square().sum().backward();
  optimizer.step();
  const before = await w.toArray();
  twice = true;
  w.square().sum().backward();
  assertThrows(() => optimizer.step(), ArgandError, "mean of w: the step has set it already");
  assertEquals(await w.toArray(), before);
});

Deno.test("what is not there among parameters or options is refused in words", () => {
  // deno-lint-ignore no-explicit-any
  const nothing = null as any, missing = undefined as any;
  const w = new nn.Linear(1, 1).weight;
  assertThrows(
    () => new nn.Adam([nothing], { lr: 1 }),
    ArgandError,
    "number 1 of the parameters is null",
  );
  assertThrows(
    () => new nn.SGD([w, missing], { lr: 1 }),
    ArgandError,
    "number 2 of the parameters is undefined",
  );
  assertThrows(
    () => nn.functional.batchNorm(w, nothing),
    ArgandError,
    "Cannot apply a batch norm: the options must be an object, got null",
  );
});
