import type { InexactArray } from "@argand/argand";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { use } from "../../gpu/engines/device.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { type Kernel, linearGrid, linearMain } from "../../gpu/contract/kernel.ts";
import { profile } from "../../gpu/tools/profile.ts";
import { complex, ones, parameter, tensor } from "../../complex/create/create.ts";
import { randnComplex } from "../../complex/create/random.ts";
import { evaluate } from "../../complex/transforms/transform.ts";
import { conv2d } from "../../nn/functional/conv.ts";
import { count } from "../support/dispatches.ts";
import { onEngines } from "../support/engines.ts";
import { noAdapter, unless } from "../support/ignored.ts";

const adapter = await navigator.gpu?.requestAdapter();

/** y = x in as many dispatches as are asked for, of `n` elements each. */
const stated: Kernel<{ n: number }> = {
  name: "stated",
  bindings: () => ({ inputs: ["float32"], outputs: ["float32"] }),
  params: () => 1,
  flops: ({ n }) => 3 * n,
  wgsl: ({ n }) => ({
    source: linearMain(n, "out0[i] = in0[i] + param_f32(0u);"),
    workgroups: linearGrid(n),
  }),
  cpu({ n }, [x], [y], { f32 }) {
    for (let i = 0; i < n; i++) y[i] = x[i] + f32[0];
  },
};

onEngines(
  "profile() counts the dispatches, bytes and operations of each kernel",
  async (engine) => {
    const [x, y] = [engine.acquire(4000), engine.acquire(4000)];
    const executable = engine.compile(stated, { n: 1000 });
    const found = await profile(() => {
      const pass = engine.begin();
      pass.dispatch(executable, [x], [y]);
      pass.dispatch(executable, [y], [x]);
      pass.submit();
    });
    engine.release(x);
    engine.release(y);
    const [row] = found.rows;
    assertEquals(found.rows.length, 1);
    assertEquals([row.kernel, row.calls, row.bytes, row.flops], ["stated", 2, 16_000, 6000]);
    assertEquals(found.dispatches.length, 2);
    assert(row.ms >= 0 && row.ms === found.ms && row.ms < 1000);
    assert(Number.isFinite(row.ofLimit));
  },
);

onEngines("profile() sees what a schedule dispatches, in times that add up", async (engine) => {
  const z = randnComplex([300, 300]);
  evaluate(z);
  const work = () => evaluate(z.matmul(z).exp().abs().sum());
  work();
  const { dispatches } = count(engine, work);
  const start = performance.now();
  const found = await profile(async () => {
    await new Promise((done) => setTimeout(done, 1));
    work();
  });
  const wall = performance.now() - start;
  assertEquals(found.dispatches.map(({ kernel }) => kernel), dispatches);
  assert(found.ms > 0 && found.ms <= wall, `${found.ms} of ${wall} ms`);
  const sum = found.rows.reduce((total, { share }) => total + share, 0);
  assert(Math.abs(sum - 1) < 1e-9);
  const product = found.rows.find(({ kernel }) => kernel === "matmul")!;
  assert(product.bytes === 3 * 8 * 300 ** 2 && product.ms > 0);
});

onEngines("a profile prints as a table", async () => {
  const x = tensor([1, 2, 3]);
  const found = await profile(() => evaluate(x.exp()));
  const text = Deno.inspect(found);
  assertEquals(text, found.toString());
  for (const word of ["kernel", "calls", "GB/s", "of limit", "exp"]) {
    assertStringIncludes(text, word);
  }
});

onEngines("results are the same while a profile is taken", async () => {
  const z = randnComplex([40, 40]);
  evaluate(z);
  const work = () => z.matmul(z).add(complex(ones([40]))).abs().sum(0).data();
  const before = await work();
  let during: InexactArray = new Float32Array();
  await profile(async () => {
    during = await work();
  });
  assertEquals<InexactArray>(during, before);
});

onEngines("errors of the profiled function pass through, and profiling goes on", async () => {
  const mine = new RangeError("mine");
  const caught = await profile(() => {
    throw mine;
  }).catch((error) => error);
  assertEquals(caught, mine);
  const found = await profile(() => evaluate(ones([10]).add(tensor([2]))));
  assertEquals(found.dispatches.length, 1);
});

onEngines("a profile within a profile is refused", async () => {
  const error = await profile(() => profile(() => {})).catch((error) => error);
  assert(error instanceof ArgandError);
  assertStringIncludes(error.message, "a profile is being taken already");
});

Deno.test("profile() refuses what is not a function", async () => {
  // deno-lint-ignore no-explicit-any
  await assertRejects(() => profile(3 as any), ArgandError, "it takes a function, got number");
});

Deno.test({
  ...unless(noAdapter, "a device without timestamps is timed by waiting, with the same results"),
  async fn() {
    const device = await adapter!.requestDevice();
    const engine = await use(device);
    try {
      const w = parameter(tensor([1, 2, 3, 4]));
      const x = randnComplex([200, 200]);
      evaluate(w, x);
      const wanted = await x.matmul(x).abs().data();
      const stopwatch = engine.time();
      assertEquals(stopwatch.by, "waiting");
      for (let k = 0; k < 3; k++) {
        w.assign(w.mul(2).add(tensor(new Float32Array(4).fill(k)))); // an upload in every round
        evaluate(w);
      }
      const small = w.sum();
      evaluate(small);
      const product = await x.matmul(x).abs().data();
      const timings = await stopwatch.stop();
      assertEquals(product, wanted);
      assertEquals([...await w.data()], [12, 20, 28, 36]); // 2 (2 (2w + 0) + 1) + 2
      assertEquals(await small.item(), 96);
      const names = timings.map(({ executable }) => executable.name);
      assertEquals(names.filter((name) => name === "matmul").length, 1);
      assertEquals(names.length, 6, `${names}`);
      const { ms } = timings.find(({ executable }) => executable.name === "matmul")!;
      assert(ms > 0.1 && ms < 1000, `${ms}`);
    } finally {
      engine.destroy();
      device.destroy();
      await use("cpu");
    }
  },
});

onEngines("kernels that compute state their operations", async () => {
  const flopsOf = async (work: () => void, kernel: string) => {
    work();
    return (await profile(work)).rows.find((row) => row.kernel === kernel)?.flops;
  };
  const [a, x] = [randnComplex([20, 30]), randnComplex([2, 3, 8, 8])];
  const w = randnComplex([4, 3, 3, 3]);
  evaluate(a, x, w);
  assertEquals(
    await flopsOf(() => evaluate(a.matmul(a.transpose(0, 1))), "matmul"),
    8 * 20 * 30 * 20,
  );
  assertEquals(await flopsOf(() => evaluate(a.exp().sin()), "sin+exp"), 2 * 600);
  assertEquals(await flopsOf(() => evaluate(a.abs().sum()), "reduce"), 2 * 600 + 4); // in four parts
  assertEquals(
    await flopsOf(() => evaluate(conv2d(x, w)), "correlate"),
    8 * 2 * 4 * 36 * 27,
  );
});
