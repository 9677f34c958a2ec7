import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { ArgandError } from "../../gpu/contract/errors.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { use, useEngine } from "../../gpu/engines/device.ts";
import { complex, full, ones, parameter, tensor } from "../../complex/create/create.ts";
import { fft } from "../../complex/fft/fft.ts";
import { manualSeed, randnComplex } from "../../complex/create/random.ts";
import type { ComplexTensor, RealTensor } from "../../complex/tensor/tensor.ts";
import { evaluate } from "../../complex/transforms/transform.ts";
import { run } from "../../complex/lazy/realize.ts";
import { assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";

/** The bytes that the device holds after some of the rounds of a loop. */
function bytesDuring(engine: Engine, rounds: number, after: number[], round: (k: number) => void) {
  const bytes: number[] = [];
  for (let k = 1; k <= rounds; k++) {
    round(k);
    if (after.includes(k)) bytes.push(engine.memory().bytes);
  }
  return bytes;
}

onEngines(
  "evaluate() keeps device memory flat for fields that move one another",
  async (engine) => {
    let [q, p] = [ones([256]), full([256], 0)];
    const bytes = bytesDuring(engine, 2500, [600, 1200, 1800, 2500], () => {
      p = p.sub(q.mul(0.01));
      q = q.add(p.mul(0.01));
      evaluate(p, q);
    });
    assertEquals(bytes, Array(4).fill(bytes[0]));
    const [x, v] = [(await q.data())[0], (await p.data())[0]];
    assertAlmostEquals(x * x + v * v - 0.01 * x * v, 1, 1e-4); // what these steps conserve
  },
);

onEngines(
  "evaluate() keeps device memory flat over 10 000 rounds of psi = step(psi)",
  async (engine) => {
    let psi = complex(ones([256]));
    const bytes = bytesDuring(engine, 10_000, [5, 100, 300, 1000, 10_000], () => {
      psi = psi.mul({ re: 0, im: 1 }).roll(1, 0);
      evaluate(psi);
    });
    assertFlat(bytes);
    assertEquals([...(await psi.data()).slice(0, 2)], [1, 0]); // i to the power 10 000
  },
);

onEngines(
  "evaluate() keeps a scheme that looks two steps back flat, without computing anything again",
  async (engine) => {
    let [before, now] = [ones([512]), ones([512]).mul(1.5)];
    evaluate(before, now);
    const bytes = bytesDuring(engine, 600, [10, 300, 600], () => {
      const next = now.mul(2).sub(before);
      evaluate(next);
      [before, now] = [now, next];
    });
    assertFlat(bytes);
    assertEquals((await now.data())[0], 301.5);
  },
);

onEngines("evaluate() keeps two coupled fields flat", (engine) => {
  let [e, h] = [ones([512]), full([512], 0)];
  assertFlat(bytesDuring(engine, 600, [50, 300, 600], () => {
    e = e.add(h.roll(1, 0).sub(h).mul(0.1));
    evaluate(e);
    h = h.add(e.sub(e.roll(-1, 0)).mul(0.1));
    evaluate(h);
  }));
});

onEngines("evaluate() of a field and of what is derived from it stays flat", async (engine) => {
  let psi = complex(ones([300]));
  let intensity = psi.abs();
  const bytes = bytesDuring(engine, 600, [10, 100, 600], () => {
    psi = psi.mul({ re: 0, im: 1 });
    intensity = psi.absSquared().add(psi.roll(1, 0).real);
    evaluate(psi, intensity);
  });
  assertFlat(bytes);
  assertEquals((await intensity.data())[5], 2); // i to the power 600 is 1
});

onEngines("evaluate() keeps a constant of a loop on the device", (engine) => {
  const kernel = randnComplex([512]);
  evaluate(kernel);
  let psi: ComplexTensor = complex(ones([512]));
  assertFlat(bytesDuring(engine, 300, [10, 100, 300], () => {
    psi = psi.mul(kernel).div(kernel.abs());
    evaluate(psi);
  }));
  assert(kernel.node.stored?.device, "the constant was given back although every round uses it");
});

onEngines("values of a trajectory that evaluate gave back can still be read", async () => {
  const path: RealTensor[] = [];
  let x = ones([64]);
  for (let k = 0; k < 40; k++) {
    x = x.add(1);
    evaluate(x);
    path.push(x);
  }
  for (const k of [0, 3, 20, 39]) assertEquals((await path[k].data())[7], k + 2);
});

onEngines("a value that evaluate gave back long ago is refused, never wrong", async () => {
  const path: RealTensor[] = [];
  let x = ones([64]);
  for (let k = 0; k < 800; k++) {
    x = x.add(1);
    evaluate(x);
    path.push(x);
  }
  for (const k of [300, 400, 500]) {
    await assertRejects(() => path[k].data(), ArgandError, "evaluate kept long ago");
  }
  for (const k of [10, 200, 799]) assertEquals((await path[k].data())[0], k + 2);
});

onEngines("1000 unread losses take no more device memory than one", async (engine) => {
  const losses: RealTensor[] = [];
  const bytes = bytesDuring(engine, 1000, [2, 500, 1000], (k) => {
    const loss = tensor([k, k + 1, k + 2]).mean();
    run([loss.node]);
    losses.push(loss);
  });
  assertFlat(bytes);
  assertEquals(await losses[0].item(), 2);
  assertEquals(await losses[999].item(), 1001);
});

onEngines("more small values than the ledger holds all stay readable", async () => {
  const values: RealTensor[] = [];
  for (let k = 0; k < 9000; k++) {
    const x = tensor([k]);
    const y = x.add(1);
    run([y.node]);
    values.push(y);
    if (k % 1000 === 0) await new Promise((done) => setTimeout(done, 15));
  }
  for (const k of [0, 1, 4095, 4096, 8999]) assertEquals(await values[k].item(), k + 1);
});

onEngines("an update that nobody reads is run, not chained", async (engine) => {
  const mean = parameter(full([300], 0), { requiresGrad: false });
  const bytes = bytesDuring(engine, 1000, [3, 500, 1000], (k) => {
    mean.assign(mean.mul(0.5).add(tensor(new Float32Array(300).fill(k))));
  });
  assertFlat(bytes);
  assertAlmostEquals((await mean.data())[0], 1998, 1e-2); // Σ (1000 − j)/2ʲ
});

onEngines("data() gives the device buffer back", async (engine) => {
  const x = randnComplex([1000]);
  await x.data();
  const live = engine.memory().live;
  const y = x.exp();
  evaluate(y);
  assert(engine.memory().live > live);
  await y.data();
  assert(engine.memory().live <= live); // less, where a dropped value of another test was collected
});

onEngines(
  "fresh host data of every step, and the same data in every step, stay flat",
  async (engine) => {
    const fixed = [0, 1, 2].map((k) => tensor(new Float32Array(2000).fill(k)));
    const sums: RealTensor[] = [];
    const bytes = bytesDuring(engine, 300, [10, 100, 300], (k) => {
      const fresh = tensor(new Float32Array(2000).fill(k));
      const total = fixed[k % 3].mul(fresh).sum();
      run([total.node]);
      sums.push(total);
    });
    assertFlat(bytes);
    assertEquals(await sums[1].item(), 2 * 2 * 2000);
  },
);

Deno.test("a transform on the CPU engine leaves its result there and nothing else", async () => {
  const engine = new CpuEngine();
  useEngine(engine);
  try {
    for (const n of [64, 96]) { // of a table that only other engines read
      const y = fft(complex(tensor(new Float32Array(n))));
      evaluate(y);
      await y.data();
      assertEquals(engine.memory().live, 0);
    }
  } finally {
    engine.destroy();
    await use("cpu");
  }
});

onEngines("host data are copied at creation", async () => {
  const data = new Float32Array([1, 2, 3]);
  const x = tensor(data);
  data.fill(0);
  assertEquals([...await x.data()], [1, 2, 3]);
  const read = await x.data();
  read.fill(9);
  assertEquals([...await x.data()], [1, 2, 3]);
});

onEngines("a chain of 100 000 operations runs", async () => {
  let x = tensor([0]);
  for (let k = 0; k < 100_000; k++) x = x.add(1);
  assertEquals(await x.item(), 100_000);
});

onEngines("training 1000 steps keeps device memory flat", async (engine) => {
  manualSeed(1);
  const w = parameter(randnComplex([40, 40]));
  const x = randnComplex([8, 40]);
  const bytes: number[] = [];
  for (let k = 1; k <= 1000; k++) {
    const loss = x.matmul(w).sub(x).absSquared().mean();
    loss.backward();
    w.assign(w.sub(w.grad!.mul(0.5)));
    w.grad = null;
    run([loss.node]);
    if ([3, 500, 1000].includes(k)) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
  assert(await x.matmul(w).sub(x).absSquared().mean().item() < 1e-3);
});

onEngines(
  "evaluate() of many large values that nobody asks for again stays under a budget",
  async (engine) => {
    const x = tensor([1]);
    const values: RealTensor[] = [];
    const before = engine.memory().live;
    for (let k = 0; k < 300; k++) {
      const y = x.mul(k).expand([1 << 20]);
      evaluate(y);
      values.push(y);
    }
    const bytes = engine.memory().live - before;
    assert(bytes <= 2 ** 29 + 2 ** 23, `${bytes} bytes are held`);
    assertEquals((await values[3].slice([5, 6]).data())[0], 3);
    assertEquals((await values[299].slice([5, 6]).data())[0], 299);
  },
);

onEngines("a kept value that was read and is used on gives its memory back once", async () => {
  const x = complex(full([64, 64], 3), full([64, 64], 4));
  evaluate(x);
  assertEquals((await x.data())[0], 3);
  // Its host copy is uploaded for each of its successors, then others are evaluated.
  const next = (k: number) => x.mul(k).cumsum(1);
  for (let k = 0; k < 4; k++) evaluate(next(k));
  const others = [5, 6, 7, 8].map((k) => complex(full([64, 64], k)).exp());
  for (const other of others) evaluate(other);
  const sums = [...others, next(1)].map((y) => y.abs().sum());
  for (const [k, n] of [5, 6, 7, 8].entries()) {
    assertAlmostEquals(await sums[k].item() / (4096 * Math.exp(n)), 1, 1e-5);
  }
  assertAlmostEquals(await sums[4].item() / (64 * 5 * 65 * 32), 1, 1e-5);
});
