import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { definePrimitive, evaluate, gpu, randnComplex, tensor } from "@argand/argand";
import type { RealTensor } from "@argand/argand";
import { choicesFor, shapeClass } from "../../gpu/engines/shared/variants.ts";
import { readChoices, writeChoices } from "../../gpu/engines/shared/variants_file.ts";
import { onEngines } from "../support/engines.ts";

/** Adds 1 quickly or 2 slowly, so that one sees which variant ran; a real kernel's all compute the same. */
function probe(name: string): (x: RealTensor) => RealTensor {
  const kernel: gpu.Kernel<{ size: number }> = {
    name,
    bindings: () => ({ inputs: ["float32"], outputs: ["float32"] }),
    variants: () => ["slow", "fast"],
    wgsl: ({ size }, _, variant) => ({
      source: gpu.linearMain(
        size,
        variant === "fast" ? "out0[i] = in0[i] + 1.0;" : `var sum = in0[i];
for (var k = 0u; k < 20000u; k += 1u) { sum = sin(sum); }
out0[i] = in0[i] + select(2.0, 3.0, sum > 5.0);`,
      ),
      workgroups: gpu.linearGrid(size),
    }),
    cpu({ size }, [x], [y]) {
      for (let i = 0; i < size; i++) y[i] = x[i] + 2;
    },
  };
  return definePrimitive<[RealTensor], RealTensor>({
    name,
    shape: ([x]) => x,
    program: ([{ shape }]) => gpu.single(kernel, { size: shape[0] }),
  });
}

onEngines("gpu.tune() puts the fastest variant in the place of the first one", async (engine) => {
  const add = probe("probeOfTune");
  // An earlier run of this test may have left its choice in the file.
  choicesFor(engine.adapter).delete(shapeClass({ name: "probeOfTune" }, { size: 64 }));
  const x = tensor(new Array(64).fill(1));
  const first = async () => (await add(x).data())[0];
  assertEquals(await first(), 3);
  const tuned = await gpu.tune(() => evaluate(add(x)));
  if (engine.kind === "cpu") return assertEquals(tuned, []);
  assertEquals(tuned.map(({ kernel, chosen }) => [kernel, chosen]), [["probeOfTune", "fast"]]);
  assert(tuned[0].ms.fast < tuned[0].ms.slow);
  assertEquals(await first(), 2); // the plan is that of the first run, with another pipeline
  assertEquals((await add(tensor(new Array(60).fill(1))).data())[0], 2); // the same class

  gpu.deterministic(true);
  try {
    assertEquals(await first(), 3);
    await assertRejects(() => gpu.tune(() => {}), gpu.ArgandError, "deterministic");
  } finally {
    gpu.deterministic(false);
  }
  assertEquals(await first(), 2);
});

onEngines("gpu.tune() leaves products right and keeps what it takes to repeat them", async () => {
  const [a, b] = [randnComplex([33, 20]), randnComplex([20, 34])];
  await Promise.all([a.data(), b.data()]);
  const product = async () => [...await a.matmul(b).data()];
  const before = await product();
  await product(); // what is uploaded twice stays on the device
  const live = gpu.memory().live;
  for (const { kernel, chosen, ms } of await gpu.tune(product)) {
    assertEquals(kernel, "matmul");
    assert(chosen in ms && Object.keys(ms).length > 1);
  }
  assert(gpu.memory().live <= live); // the buffers of the measurements are given back
  const after = await product();
  assertEquals(after, await product());
  before.forEach((x, k) => assert(Math.abs(x - after[k]) < 1e-5));
  gpu.deterministic(true);
  try {
    assertEquals(await product(), before);
  } finally {
    gpu.deterministic(false);
  }
});

onEngines("gpu.tune() passes errors on and can be called again", async () => {
  const fail = () => {
    throw new RangeError("of the work");
  };
  await assertRejects(() => gpu.tune(fail), RangeError, "of the work");
  await assertRejects(() => gpu.tune(() => gpu.tune(() => {})), gpu.ArgandError, "already");
  await assertRejects(() => gpu.tune(3 as never), gpu.ArgandError, "takes a function");
  gpu.deterministic(true);
  try {
    const why = "Cannot tune: deterministic(true) keeps kernels as they are";
    await assertRejects(() => gpu.tune(() => {}), gpu.ArgandError, why);
  } finally {
    gpu.deterministic(false);
  }
  assertEquals(await gpu.tune(() => {}), []);
});

onEngines("a choice that does not exist for a shape leaves the first variant", async (engine) => {
  const add = probe("probeOfUnknown");
  choicesFor(engine.adapter).set(shapeClass({ name: "probeOfUnknown" }, { size: 64 }), "none");
  assertEquals((await add(tensor(new Array(64).fill(1))).data())[0], 3);
});

Deno.test("shape classes keep small numbers and what divides large ones", () => {
  const of = (m: number, transpose = false) => shapeClass({ name: "k" }, { m, transpose });
  assertEquals(of(500), of(512));
  assert(of(512) !== of(513) && of(512) !== of(510) && of(512) !== of(256));
  assert(of(15) !== of(16) && of(16) !== of(16, true));
});

Deno.test("the file of choices is kept by adapter, and ignored where it means nothing", async () => {
  await Deno.mkdir("out", { recursive: true });
  const path = "out/variants_test.json";
  try {
    assertEquals(readChoices("a", path).size, 0); // no such file
    assert(writeChoices("a", new Map([["matmul x", "staged 64x64"]]), path));
    assert(writeChoices("b", new Map([["matmul y", "registers 8x8"]]), path));
    assertEquals([...readChoices("a", path)], [["matmul x", "staged 64x64"]]);
    assertEquals([...readChoices("b", path)], [["matmul y", "registers 8x8"]]);
    const good = await Deno.readTextFile(path);
    const bad = [
      "",
      good.slice(0, -5),
      "[]",
      good.replace("argand variants", "something else"),
      good.replace('"version": 1', '"version": 2'),
      good.replace('"staged 64x64"', "64"),
    ];
    for (const text of bad) {
      assert(text !== good);
      await Deno.writeTextFile(path, text);
      assertEquals(readChoices("a", path).size, 0);
    }
    assert(writeChoices("a", new Map([["matmul x", "staged 64x64"]]), path)); // and written over
    assertEquals(readChoices("a", path).size, 1);
    assertEquals(writeChoices("a", new Map(), "/no/such/folder/variants.json"), false);
  } finally {
    await Deno.remove(path).catch(() => {});
  }
});

Deno.test("gpu.deterministic() takes nothing but true and false", () => {
  const wrong = () => gpu.deterministic("no" as unknown as boolean);
  assertThrows(wrong, gpu.ArgandError, "Cannot choose deterministic kernels: it takes true or fal");
});
