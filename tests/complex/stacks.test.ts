import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  ArgandError,
  grad,
  noGrad,
  ones,
  parameter,
  randnComplex,
  type RealTensor,
} from "@argand/argand";
import * as nn from "../../nn/mod.ts";

/** The frames of the error that a call ends with. */
async function framesOf(call: () => unknown): Promise<string[]> {
  try {
    await call();
  } catch (error) {
    assert(error instanceof ArgandError, String(error));
    const [head, ...frames] = error.stack!.split("\n");
    assertEquals(head, `ArgandError: ${error.message}`);
    return frames;
  }
  throw new Error(`no error: ${call}`);
}

const x = ones([2, 3]);
const MISTAKES: Record<string, () => unknown> = {
  "a method": () => x.sum(5),
  "a function of two tensors": () => x.add(ones([2])),
  "a layer that is made": () => new nn.Linear(-1, 2),
  "a layer within a network": () => {
    const network = new nn.Sequential(new nn.Linear(2, 2), new nn.Linear(3, 1));
    return network.apply(randnComplex([1, 2]));
  },
  "within a function of the user's": () => grad((y: RealTensor) => y.sum(7))(x),
  "within map()": () => [5].map((axis) => noGrad(() => x.sum(axis))),
  "a value that is read": async () => await x.item(),
  "a value that can't be computed any more": async () => {
    const w = parameter(ones([2]));
    const old = w.mul(2);
    w.assign(ones([2]));
    await w.data();
    await old.toArray();
  },
  "a file": async () => await nn.loadModel(new Uint8Array(2) as unknown as string),
};

for (const [what, mistake] of Object.entries(MISTAKES)) {
  Deno.test(`the stack of an error begins at the user's line: ${what}`, async () => {
    const [first, ...rest] = await framesOf(mistake);
    assertMatch(first, /stacks\.test\.ts:\d+:\d+/);
    assert(rest.length > 0);
  });
}

Deno.test("making an error changes no setting of stacks", async () => {
  const before = Error.stackTraceLimit;
  try {
    Error.stackTraceLimit = 3;
    assert((await framesOf(MISTAKES["a method"])).length <= 3);
    assertEquals(Error.stackTraceLimit, 3);
    Error.stackTraceLimit = 0;
    assertEquals((await framesOf(MISTAKES["a method"])).length, 0);
  } finally {
    Error.stackTraceLimit = before;
  }
});
