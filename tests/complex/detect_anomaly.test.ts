/** NaN and Infinity are found where they begin, and named with the line that recorded them. */
import {
  ArgandError,
  detectAnomaly,
  eigh,
  evaluate,
  eye,
  grad,
  nn,
  noGrad,
  ones,
  parameter,
  type RealTensor,
  setDetectAnomaly,
  tensor,
} from "@argand/argand";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { callSite } from "../../complex/transforms/call_site.ts";
import { onEngines } from "../support/engines.ts";

/** The line of this file that calls it. */
function line(): string {
  const at = /detect_anomaly\.test\.ts:(\d+)/.exec(new Error().stack!.split("\n")[2])!;
  return `detect_anomaly.test.ts:${at[1]}:`;
}

/** The message of the anomaly in `work`. */
async function found(work: () => unknown): Promise<string> {
  const error = await assertRejects(
    () => detectAnomaly(work as () => Promise<unknown>),
    ArgandError,
  );
  return error.message;
}

function assertWords(message: string, ...words: string[]) {
  for (const word of words) assertStringIncludes(message, word);
}

onEngines("detectAnomaly() names operation, shape and line where NaN begins", async () => {
  let at = "";
  const message = await found(async () => {
    const x = tensor([[1, -1], [2, 3]]).mul(2);
    const [y, here] = [x.log(), line()];
    at = here;
    await y.mul(2).add(1).sum().item();
  });
  assertWords(
    message,
    "Cannot go on with what is not finite: in the forward pass log gives NaN (float32 [2, 2]) from " +
      "finite inputs; it was recorded by RealTensor.log at file:",
    at,
  );
  const infinite = await found(() => tensor([1e30]).square().sum().item());
  assertWords(infinite, "square gives Infinity (float32 [1])");
  const complex = await found(() => tensor([0, 1]).toComplex().reciprocal().real.data());
  assertWords(complex, "reciprocal gives NaN (complex64 [2])", "by ComplexTensor.reciprocal");
});

onEngines("detectAnomaly() names the operation whose derivative is not finite", async () => {
  let [forward, backward] = ["", ""];
  const w = parameter(tensor([4, 0]), { name: "slope" });
  const message = await found(async () => {
    let loss: RealTensor;
    [loss, forward] = [w.mul(3).sqrt().sum(), line()];
    [, backward] = [loss.backward(), line()];
    await w.grad!.data();
  });
  assertWords(
    message,
    "in the derivative of sqrt, reciprocal gives Infinity (float32 [2]) from finite inputs; sqrt was " +
      "recorded by RealTensor.sqrt at",
    forward,
    "its derivative by RealTensor.backward at",
    backward,
  );
  const vectors = await found(() => {
    const first = (x: RealTensor) =>
      eigh(x).vectors.slice(null, [0, 1]).mul(tensor([[1], [2]])).sum();
    return grad(first)(tensor([[2, 1], [1, 2]]).mul(0).add(eye(2))).data();
  });
  assertWords(vectors, "in the derivative of eigh", "eigh was recorded by eigh at");
});

onEngines("detectAnomaly() finds what an optimiser's step would make of it", async () => {
  class Net extends nn.Module {
    hidden = { weight: parameter(tensor([1, 0])) };
  }
  const net = new Net();
  const optimizer = new nn.SGD(net.parameters(), { lr: 0.1 });
  // Nothing is read: the end of the search tells, or the next schedule.
  const step = () => {
    net.hidden.weight.sqrt().sum().backward(); // 1, with an infinite slope
    optimizer.step();
  };
  assertWords(
    await found(step),
    "in the derivative of sqrt, reciprocal gives Infinity",
    "hidden.weight was to get its next value from it",
  );
  assertWords(
    await found(() => net.hidden.weight.mul(2).data()),
    "hidden.weight (float32 [2]) holds",
  );
  net.hidden.weight.assign(tensor([1, -1]));
  assertWords(await found(() => net.hidden.weight.log().data()), "hidden.weight among them");
});

onEngines("detectAnomaly() says where data and earlier values are not finite", async () => {
  const earlier = tensor([1, 0]).log();
  const kept = tensor([2, -1]).sqrt();
  evaluate(kept);
  assertWords(await found(() => earlier.mul(2).data()), "log gives Infinity", "before");
  assertWords(await found(() => kept.mul(2).data()), "holds NaN", "before detectAnomaly began");
  let at = "";
  const data = await found(async () => {
    const [x, here] = [tensor([1, NaN]), line()];
    at = here;
    await x.mul(2).data();
  });
  assertWords(data, "the data of a tensor (float32 [2]) hold NaN; it was made by tensor at", at);
});

onEngines(
  "detectAnomaly() leaves alone what is finite, and infinities that do no harm",
  async () => {
    const mask = tensor([0, -Infinity, 0]);
    const run = () => ones([3]).add(mask).exp().sum().item();
    assertEquals(await detectAnomaly(run), await run());
    const w = parameter(ones([3]), { name: "w" });
    const learn = async () => {
      const optimizer = new nn.Adam([w], { lr: 0.1 });
      for (let k = 0; k < 3; k++) {
        w.sub(2).square().sum().backward();
        optimizer.step();
      }
      return await w.data();
    };
    const watched = await detectAnomaly(learn);
    w.assign(ones([3]));
    assertEquals(watched, await learn());
    assertEquals(await detectAnomaly(() => 7), 7);
  },
);

onEngines("the search for anomalies ends with its scope, and leaves no memory", async (engine) => {
  const bytes: number[] = [];
  for (let k = 0; k < 4; k++) {
    await assertRejects(() => detectAnomaly(() => tensor([-1, 1]).log().sum().item()), ArgandError);
    await detectAnomaly(() => tensor([-1, 1]).exp().sum().item());
    bytes.push(engine.memory().bytes);
  }
  assertEquals(bytes.slice(1), [bytes[1], bytes[1], bytes[1]]);
  assert(Number.isNaN(await tensor([-1, 1]).log().sum().item()));
  await assertRejects(
    () => detectAnomaly(() => Promise.reject(new RangeError("mine"))),
    RangeError,
  );
  assert(Number.isNaN(await tensor([-1]).log().item()));
});

onEngines("setDetectAnomaly() is a switch; the next schedule tells what nobody reads", async () => {
  setDetectAnomaly(true);
  try {
    const w = parameter(tensor([-1]), { name: "w" });
    const optimizer = new nn.SGD([w], { lr: 0.1 });
    w.log().sum().backward();
    optimizer.step();
    await new Promise((done) => setTimeout(done, 50));
    assertThrows(() => evaluate(ones([2]).add(1)), ArgandError, "log gives NaN");
    assertEquals(await ones([2]).add(1).sum().item(), 4);
    assertEquals(noGrad(() => 1), 1);
  } finally {
    setDetectAnomaly(false);
  }
  assert(Number.isNaN(await tensor([-1]).log().item()));
});

onEngines("fit() with detectAnomaly names operation, line and batch", async () => {
  let at = "";
  const train = (options: { detectAnomaly?: boolean }) => {
    const model = new nn.Sequential(new nn.Linear(2, 2));
    return nn.fit(model, {
      data: [1, 1, 0, 1].map((x) => ones([3, 2]).mul(x).toComplex()),
      loss: (model, x) => {
        const [size, here] = [x.absSquared().sum().log(), line()];
        at = here;
        return model.apply(x).absSquared().mean().mul(size);
      },
      optimizer: new nn.SGD(model.parameters(), { lr: 0.01 }),
      epochs: 1,
      progress: false,
      ...options,
    });
  };
  const plain = await assertRejects(() => train({}), ArgandError);
  assertWords(plain.message, "the loss of epoch 0, batch 2", "detectAnomaly: true says in which");
  const other = await assertRejects(() => train({ detectAnomaly: true }), ArgandError);
  assertWords(
    other.message,
    "log gives Infinity (float32 [])",
    "RealTensor.log at",
    at,
    "this was in epoch 0, batch 2 (step 2)",
  );
  const model = new nn.Sequential(new nn.Linear(2, 2));
  const history = await nn.fit(model, {
    data: [ones([3, 2]).toComplex()],
    loss: (model, x) => model.apply(x).absSquared().mean(),
    optimizer: new nn.SGD(model.parameters(), { lr: 0.01 }),
    epochs: 2,
    progress: false,
    detectAnomaly: true,
  });
  assertEquals(history.steps, 2);
});

Deno.test("a call site is the first line of a stack outside the library", () => {
  const root = new URL("../../", import.meta.url).href;
  const inside = `    at applyMap (${root}complex/ops/arithmetic.ts:39:10)`;
  const last = `    at RealTensor.log (${root}complex/tensor/tensor.ts:470:32)`;
  const user = "    at loss (file:///home/me/train.ts:12:9)";
  const other = "    at file:///home/me/train.ts:20:1";
  const site = callSite(["Error", inside, last, user, other].join("\n"));
  assertEquals(site, { by: "RealTensor.log", at: "file:///home/me/train.ts:12:9" });
  assertEquals(callSite(["Error", inside, other].join("\n"))!.at, "file:///home/me/train.ts:20:1");
  // Firefox and Safari write stacks otherwise.
  const fox = `log@${root}complex/tensor/tensor.ts:470:32\nloss@https://me.org/train.js:12:9`;
  assertEquals(callSite(fox), { by: "log", at: "https://me.org/train.js:12:9" });
  // Node names files of scripts that are not modules by their paths.
  const paths = ["/home/my files/train.js:12:9", "C:\\my files\\train.js:12:9"];
  for (const at of paths) {
    assertEquals(callSite([inside, last, `    at loss (${at})`].join("\n"))!.at, at);
    assertEquals(callSite([inside, last, `    at ${at}`].join("\n"))!.at, at);
  }
  const internal = "    at async node:internal/process/task_queues:95:5";
  assertEquals(callSite([inside, internal].join("\n")), null);
});

Deno.test("detectAnomaly() takes a function, setDetectAnomaly() a flag", async () => {
  // deno-lint-ignore no-explicit-any
  const wrong: any = 1;
  await assertRejects(() => detectAnomaly(wrong), ArgandError, "it takes a function, got 1");
  assertThrows(() => setDetectAnomaly(wrong), ArgandError, "true or false, got 1");
});
