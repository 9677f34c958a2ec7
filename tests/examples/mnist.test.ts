import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { use } from "../../gpu/engines/device.ts";
import { complex, tensor } from "../../complex/create/create.ts";
import { manualSeed } from "../../complex/create/random.ts";
import * as nn from "../../nn/mod.ts";
import { FoundingNetwork, type Norm } from "../../examples/support/networks.ts";
import { mnistDigits, SIDE } from "../../examples/mnist/data.ts";
import { exhaustive } from "../support/exhaustive.ts";
import { engines } from "../support/program.ts";
import { lastLine, runExample } from "./program.ts";
import { noAdapter, unless } from "../support/ignored.ts";

const kinds = (await engines()).map((e) => e.kind);

/** The losses of ten steps of batch 64 on the first digits. */
async function tenLosses(kind: "cpu" | "webgpu", norm: Norm, pool?: () => nn.Layer) {
  await use(kind);
  manualSeed(3);
  const network = new FoundingNetwork(norm, pool);
  const optimizer = new nn.SGD(network.parameters(), { lr: 0.01, momentum: 0.9 });
  const digits = mnistDigits("training", 640);
  const losses: number[] = [];
  for (let step = 0; step < 10; step++) {
    const values = digits.images.slice(step * 64 * SIDE ** 2, (step + 1) * 64 * SIDE ** 2);
    const images = complex(tensor(values, [64, 1, SIDE, SIDE]).sub(0.5));
    const labels = digits.labels.slice(step * 64, (step + 1) * 64);
    const loss = nn.crossEntropy(network.logits(images), labels);
    loss.backward();
    optimizer.step();
    losses.push(await loss.item());
  }
  return losses;
}

for (const norm of ["covariance", "naive"] as const) {
  Deno.test({
    ...unless(
      noAdapter,
      `the founding network with ${norm} norm starts alike on both engines from one seed`,
    ),
    async fn() {
      const [cpu, gpu] = [await tenLosses("cpu", norm), await tenLosses("webgpu", norm)];
      assertAlmostEquals(gpu[0], cpu[0], 1e-5 * cpu[0]);
      assertAlmostEquals(gpu[9], cpu[9], 2e-2 * cpu[9]);
      assert(cpu[9] < 0.8 * cpu[0], `${cpu}`);
    },
  });
}

Deno.test({
  ...unless(
    noAdapter,
    "with average pooling, which is smooth, ten steps agree to 1e-4 on both engines",
  ),
  async fn() {
    const pool = () => new nn.AvgPool2d(2);
    const [cpu, gpu] = [
      await tenLosses("cpu", "covariance", pool),
      await tenLosses("webgpu", "covariance", pool),
    ];
    gpu.forEach((loss, k) => assertAlmostEquals(loss, cpu[k], 1e-4 * cpu[k]));
  },
});

/** Not the report that a user may have made. */
const OUT = "out/tests/mnist";

const run = (...options: string[]) => runExample("mnist", `--out=${OUT}`, ...options);

for (const kind of kinds) {
  for (const norm of ["covariance", "naive"] as const) {
    // One of the four stands for all.
    const register = kind === "cpu" && norm === "covariance" ? Deno.test : exhaustive;
    register(
      `one pass over 12 800 digits with ${norm} norm reads 93 % of all test digits (${kind})`,
      async () => {
        const { code, out, err } = await run(
          ...["--images", "12800", "--norm", norm, "--device", kind, "--json"],
        );
        assertEquals(code, 0, err);
        const report = lastLine(out);
        assertEquals(
          [report.engine, report.losses.length, report.deviceBytes.length],
          [kind, 200, 1],
        );
        assert(report.accuracy >= 0.93, `${report.accuracy}`);
        assert(report.stepMs > 0 && report.adapter.length > 0);
        await Deno.remove(OUT, { recursive: true });
      },
    );
  }
}

Deno.test("the example trains on the CPU engine and writes its report", async () => {
  const { code, out, err } = await run(
    "--images=256",
    "--epochs=2",
    "--batch=32",
    "--norm=none",
    "--device=cpu",
    "--seed=5",
    "--json",
  );
  assertEquals(code, 0, err);
  const report = lastLine(out);
  assertEquals(
    [report.engine, report.losses.length, report.deviceBytes.length, report.norm, report.seed],
    ["cpu", 16, 2, "none", 5],
  );
  assert(report.accuracy > 0.3 && report.accuracy <= 1, `${report.accuracy}`);
  assert(report.losses[15] < report.losses[0]);
  const html = await Deno.readTextFile(new URL(`../../${report.report}`, import.meta.url));
  assertEquals(report.report, `${OUT}/mnist.html`);
  assertStringIncludes(html, "<svg");
  await Deno.remove(OUT, { recursive: true });
});

Deno.test("the example refuses options that it does not know, and values out of range", async () => {
  const cases = [
    [["--speed", "9"], "Unknown option '--speed'"],
    [["--norm", "layer"], "norm"],
    [["--epochs", "0"], "epochs"],
    [["--images", "1.5"], "images"],
    [["--batch", "x"], "batch"],
    [["--device", "tpu"], "device"],
  ] as const;
  for (const [args, why] of cases) {
    const { code, err } = await run(...args);
    assertEquals(code, 2);
    assertStringIncludes(err, "Cannot train: ");
    assertStringIncludes(err, why);
  }
});
