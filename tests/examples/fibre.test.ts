import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { use } from "../../gpu/engines/device.ts";
import { complexTensor, polar, tensor } from "../../complex/create/create.ts";
import { writeNpy } from "../../complex/files/npy.ts";
import { writeNpz } from "../../complex/files/npz.ts";
import { manualSeed, rand, randnComplex } from "../../complex/create/random.ts";
import { type Fibre, readFibre, splitBends } from "../../examples/fibre/bends.ts";
import { floatsOf } from "../../examples/fibre/bytes.ts";
import { imagerOf, type Variant } from "../../examples/fibre/imagers.ts";
import { modeLimited, project, slideBatch, slides, transmit } from "../../examples/fibre/optics.ts";
import { DEMO, demoPlan, FULL, fullPlan, type RetrievalRun } from "../../examples/fibre/plan.ts";
import { alignRows, doRetrieval, rowCorrelations } from "../../examples/fibre/retrieval.ts";
import { mnistDigits } from "../../examples/mnist/data.ts";
import { realParameters } from "../../examples/support/networks.ts";
import { engines } from "../support/program.ts";
import { example, killExample, lastLine, runExample } from "./program.ts";
import { noOutput, unless } from "../support/ignored.ts";

const DATA = "examples/data/fibre";
const kinds = (await engines()).map((e) => e.kind);

Deno.test("every fourth bend is unseen, and each of twelve lies between two seen ones", () => {
  assertEquals(splitBends(12), { seen: [0, 1, 3, 4, 5, 7, 8, 9, 11], unseen: [2, 6, 10] });
  for (let count = 3; count < 30; count++) {
    const { seen, unseen } = splitBends(count);
    assert(seen.length > 0 && unseen.length > 0);
    assertEquals([...seen, ...unseen].sort((a, b) => a - b).length, count);
    assertEquals(new Set([...seen, ...unseen]).size, count);
  }
});

Deno.test("readFibre() sorts the measured bends and gives every matrix unit mean power", async () => {
  await use("cpu");
  const { bends, modesIn, modesOut } = await readFibre(DATA);
  const positions = bends.map(({ position }) => position);
  assertEquals(positions.length, 12);
  assertEquals(positions, positions.toSorted((a, b) => a - b));
  assertEquals([modesIn.shape, modesOut.shape], [[55, 1225], [55, 1681]]);
  for (const { matrix } of bends) {
    assertEquals(matrix.shape, [110, 55]);
    assertAlmostEquals(await matrix.absSquared().mean().item(), 1, 1e-5);
  }
});

Deno.test("the amplitudes of a mode are its unit vector, as far as the modes are orthonormal", async () => {
  await use("cpu");
  const { modesIn } = await readFibre(DATA);
  const c = await project(modesIn, modesIn).data();
  for (let row = 0; row < 55; row++) {
    for (let column = 0; column < 55; column++) {
      const k = 2 * (row * 55 + column);
      assert(Math.hypot(c[k] - (row === column ? 1 : 0), c[k + 1]) < 0.082, `${row}, ${column}`);
    }
  }
});

for (const kind of kinds) {
  Deno.test(`light behind bends on ${kind} is T c of each, in order, with noise of the size asked for`, async () => {
    await use(kind);
    manualSeed(5);
    const [bends, c] = [randnComplex([3, 4, 2]), randnComplex([3, 5, 2])];
    const [t, z] = [await bends.data(), await c.data()];
    const y = transmit(complexTensor(z, [3, 5, 2]), complexTensor(t, [3, 4, 2]), 0);
    assertEquals(y.shape, [15, 4]);
    const found = await y.data();
    for (let k = 0; k < 60; k++) {
      const [row, channel] = [Math.floor(k / 4), k % 4];
      const bend = Math.floor(row / 5);
      let [re, im] = [0, 0];
      for (let j = 0; j < 2; j++) {
        const [p, q] = [2 * ((bend * 4 + channel) * 2 + j), 2 * (row * 2 + j)];
        re += t[p] * z[q] - t[p + 1] * z[q + 1];
        im += t[p] * z[q + 1] + t[p + 1] * z[q];
      }
      assertAlmostEquals(found[2 * k], re, 1e-5);
      assertAlmostEquals(found[2 * k + 1], im, 1e-5);
    }
    const [many, one] = [randnComplex([1, 2000, 2]), randnComplex([1, 4, 2])];
    const noise = transmit(many, one, 0.02).sub(transmit(many, one, 0));
    assertAlmostEquals(await noise.absSquared().mean().sqrt().item(), 0.02, 5e-4);
  });

  Deno.test(`slides on ${kind} are digits of unit power, whose images have unit mean square`, async () => {
    await use(kind);
    const { modesIn } = await readFibre(DATA);
    const shown = await slides(mnistDigits("testing", 3), modesIn);
    const c = slideBatch(shown, Uint32Array.of(2, 0), 0, 2);
    assertEquals(c.shape, [2, 55]);
    assertEquals((await c.data()).subarray(110), shown.amplitudes.slice(0, 110));
    for (const power of await c.absSquared().sum(1).data()) assertAlmostEquals(power, 1, 1e-5);
    for (const power of await modeLimited(c, modesIn).square().mean(1).data()) {
      assertAlmostEquals(power, 1, 0.1); // The modes are orthonormal to 8 %.
    }
  });

  Deno.test(`retrieval on ${kind} finds a small matrix from intensities, and light focuses by it`, async () => {
    await use(kind);
    manualSeed(9);
    const matrix = complexTensor(await randnComplex([8, 5]).data(), [8, 5]);
    const run: RetrievalRun = { ...RETRIEVAL, noise: 0.02, rate: 0.03 };
    let told = 0;
    const bends = [{ file: "a", position: 1, matrix }];
    const result = await doRetrieval(run, { bends }, (step) => told = step);
    assertEquals(told, 100);
    assert(result.error < 0.02 && result.baseline > 0.3, `${result.error} of ${result.baseline}`);
    for (const row of result.rows!) assert(row > 0.99, `${result.rows}`);
    const { ratios, enhancements } = result.focusing;
    assertEquals(ratios.length, 8);
    for (const ratio of ratios) assert(ratio > 0.95 && ratio < 1.0001, `${ratios}`);
    for (const times of enhancements) assert(times > 2 && times <= 5.0001, `${enhancements}`);
    const learned = floatsOf(result.matrix!);
    const measured = await matrix.data();
    const off = learned.reduce((sum, x, k) => sum + (x - measured[k]) ** 2, 0) / 40;
    assert(Math.sqrt(off) < 0.05, `${Math.sqrt(off)}`);

    if (kind !== "cpu") return;
    const real = await doRetrieval({ ...run, model: "real" }, { bends }, () => {});
    assertEquals([real.rows, real.matrix], [null, null]);
    assert(real.error > 5 * result.error);
  });
}

const PLACE = {
  fibre: { folder: "x", print: "y", bends: Array(12).fill(0) as unknown as Fibre["bends"] },
  engine: "cpu",
  adapter: "test",
} as const;
const RETRIEVAL = {
  ...demoPlan(1, { ...DEMO, fields: 1280, fieldPasses: 10, heldOut: 100, focusSteps: 60 }, PLACE)
    .find(({ part }) => part === "retrieval") as RetrievalRun,
  bend: 0,
};

Deno.test("alignRows() takes off the phase of each row, which rowCorrelations() does not see", async () => {
  await use("cpu");
  manualSeed(2);
  const measured = complexTensor(await randnComplex([6, 4]).data(), [6, 4]);
  const turned = measured.mul(polar(tensor([[2], [2], [2], [3], [1], [0.5]]), rand([6, 1]).mul(6)));
  for (const r of await rowCorrelations(turned, measured)) assertAlmostEquals(r, 1, 1e-6);
  const other = await rowCorrelations(randnComplex([6, 4]), measured);
  assert(other.some((r) => r < 0.9));
  const rows = await alignRows(turned, measured).div(tensor([[2], [2], [2], [3], [1], [0.5]]))
    .data();
  (await measured.data()).forEach((x, k) => assertAlmostEquals(rows[k], x, 1e-5));
});

Deno.test("the real networks for images have as many real parameters as the complex ones", () => {
  for (const input of ["amplitudes", "intensities"] as const) {
    const count = (variant: Variant) => realParameters(imagerOf(variant, input, 110, 64, 1225));
    for (const norm of ["covariance", "naive", "none"] as const) {
      assert(Math.abs(count("real") / count(norm) - 1) < 0.01, `${input}, ${norm}`);
    }
  }
  const skip = realParameters(imagerOf("skip", "amplitudes", 110, 64, 1225));
  const real = realParameters(imagerOf("real-skip", "amplitudes", 110, 64, 1225));
  assert(Math.abs(real / skip - 1) < 0.01);
});

Deno.test("a study has every network and seed once, and batches with equally many of each bend", () => {
  const plan = fullPlan([1, 2], FULL, PLACE);
  assertEquals(new Set(plan.map((run) => JSON.stringify(run))).size, plan.length);
  for (const run of plan) {
    if (run.part === "imaging") assertEquals([run.batch % 9, run.samples % run.batch], [0, 0]);
  }
  let why = "";
  try {
    demoPlan(1, { ...DEMO, digits: 10 }, PLACE);
  } catch (error) {
    why = (error as Error).message;
  }
  assertEquals(why, "Cannot plan the imaging: 10 digits fill no batch of 36");
});

/** Complex normal numbers for files. */
async function entry(...shape: number[]) {
  const data = Float64Array.from(await randnComplex(shape).data());
  return { dtype: "complex128", shape, data } as const;
}

const POSITIONS = ["1", "1.5", "2", "10"];

/** A folder with a fibre of 4 modes, 6 × 6 pixels in, 5 × 5 out, at four bends. */
async function tinyFibre(folder: string): Promise<void> {
  await use("cpu");
  manualSeed(7);
  await Deno.mkdir(folder, { recursive: true });
  await writeNpy(`${folder}/modes_in_after_correction.npy`, await entry(4, 36));
  await writeNpy(`${folder}/modes_out_after_correction.npy`, await entry(4, 25));
  for (const position of POSITIONS) {
    await writeNpz(`${folder}/TM_modes_${position}.npz`, [["TM_corr_modes", await entry(8, 8)]]);
  }
}

Deno.test({
  ...unless(
    noOutput,
    "readFibre() takes any folder of such files, and says what is wrong with others",
  ),
  async fn() {
    const folder = "out/tests/tiny_fibre";
    await tinyFibre(folder);
    const fibre = await readFibre(folder);
    assertEquals(fibre.bends.map(({ position }) => position), [1, 1.5, 2, 10]);
    assertEquals(fibre.bends[0].matrix.shape, [8, 4]);
    assertEquals((await readFibre(folder)).print, fibre.print);

    const matrix = `${folder}/TM_modes_2.npz`;
    const wrong = async (why: string) => {
      const error = await readFibre(folder).then(() => null, (error: Error) => error);
      assertStringIncludes(error?.message ?? "it was read", "Cannot read");
      assertStringIncludes(error!.message, why);
    };
    await writeNpz(matrix, [["other", await entry(8, 8)]]);
    await wrong("TM_corr_modes is not there");
    await writeNpz(matrix, [["TM_corr_modes", await entry(8, 3)]]);
    await wrong("complex128 [8,3]");
    await writeNpz(matrix, [["TM_corr_modes", await entry(6, 8)]]);
    await wrong("TM_modes_2.npz has 6 channels, and TM_modes_1.npz has 8");
    await writeNpz(matrix, [["TM_corr_modes", {
      dtype: "complex128",
      shape: [8, 8],
      data: new Float64Array(128),
    }]]);
    await wrong("the mean power of TM_corr_modes is 0");
    await writeNpz(matrix, [["TM_corr_modes", {
      dtype: "float64",
      shape: [8, 8],
      data: new Float64Array(64),
    }]]);
    await wrong("float64");
    await writeNpz(matrix, [["TM_corr_modes", await entry(8, 8)]]);
    assert((await readFibre(folder)).print !== fibre.print);
    await writeNpy(`${folder}/modes_out_after_correction.npy`, await entry(4, 24));
    await wrong("complex128 [4,24], not complex [modes, side²]");
    await Deno.remove(`${folder}/modes_out_after_correction.npy`);
    await wrong("modes_out_after_correction.npy is not there");
    await Deno.remove(folder, { recursive: true });
    await wrong(`Cannot read the fibre in ${folder}`);
    await Deno.mkdir(folder);
    await writeNpy(`${folder}/modes_in_after_correction.npy`, await entry(4, 36));
    await writeNpy(`${folder}/modes_out_after_correction.npy`, await entry(4, 25));
    await wrong("it has 0 matrices TM_modes_X.npz, and 3 are the fewest to split");
    await Deno.remove(folder, { recursive: true });
  },
});

/** The options of a tiny size. */
const TINY = ["--device=cpu", "--digits=72", "--tests=10", "--hidden=8", "--fields=256", "--json"];

Deno.test({
  ...unless(
    noOutput,
    "the demo sees through any folder's fibre, and its page and last line have every figure",
  ),
  async fn() {
    const folder = "out/tests/fibre_demo";
    await tinyFibre(`${folder}/data`);
    const { code, out, err } = await runExample(
      "fibre",
      ...TINY,
      "--demo",
      `--data=${folder}/data`,
      `--out=${folder}`,
      "--seed=4",
    );
    assertEquals(code, 0, err);
    const { imaging, retrieval, focusing, split, engine, sizes, report } = lastLine(out);
    assertEquals([engine, report, sizes.digits], ["cpu", `${folder}/fibre.html`, 72]);
    assertEquals(split.unseen, ["TM_modes_2.npz"]);
    assertEquals(split.seen, ["TM_modes_1.npz", "TM_modes_1.5.npz", "TM_modes_10.npz"]);
    assertEquals(Object.keys(imaging), ["covariance", "skip", "real"]);
    const html = await Deno.readTextFile(report);
    for (const { seen, unseen, bends, perSeed } of Object.values<Record<string, never>>(imaging)) {
      assert(Math.abs(seen) <= 1 && Math.abs(unseen) <= 1);
      assertEquals((bends as number[]).length, 4);
      assertEquals((perSeed as { seed: number }[])[0].seed, 4);
      assertAlmostEquals(unseen, bends[2], 1e-12);
      assertStringIncludes(html, (unseen as number).toFixed(4));
    }
    const models = ["matrix, 0 % noise", "matrix, 2 % noise", "real, 2 % noise"];
    assertEquals([Object.keys(retrieval), Object.keys(focusing)], [models, models]);
    assertEquals(retrieval["real, 2 % noise"].rows, null);
    assertStringIncludes(html, retrieval["matrix, 2 % noise"].rows.mean.toFixed(6));
    assert(focusing["matrix, 0 % noise"].mean > 0);
    for (const file of [...split.seen, ...split.unseen]) assertStringIncludes(html, file);
    assert(!/<script|@import|url\(|href=|src="(?!data:)/.test(html));
    assert(!/NaN|undefined|Infinity/.test(html.replace(/src="[^"]*"/g, "")));
    await Deno.remove(folder, { recursive: true });
  },
});

/** The last line but for what a clock says. */
function figures(out: string) {
  const { retrieval, focusing } = lastLine(out);
  const same = Object.entries<Record<string, unknown>>(retrieval)
    .map(([name, { stepMs: _, ...rest }]) => [name, rest]);
  return { same, focusing };
}

Deno.test({
  ...unless(
    noOutput,
    "a study of a fibre that is killed goes on where it was, and finds the same figures",
  ),
  async fn() {
    const folder = "out/tests/fibre_killed";
    await tinyFibre(`${folder}/data`);
    const options = (out: string) => [
      ...TINY,
      "--part=retrieval",
      "--seeds=1",
      `--data=${folder}/data`,
      `--out=${folder}/${out}`,
    ];
    const killed = example("fibre", ...options("killed"));
    await killExample(killed, "retrieval (matrix, 2 % noise) seed 1: error");
    const [resumed, whole] = [
      await runExample("fibre", ...options("killed")),
      await runExample("fibre", ...options("whole")),
    ];
    assertEquals([resumed.code, whole.code], [0, 0], resumed.err + whole.err);
    assertStringIncludes(resumed.err, "of 4 runs are done already");
    assertEquals(figures(resumed.out), figures(whole.out));
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test("the example refuses options and folders that it cannot take", async () => {
  const cases: [string, number, string][] = [
    ["--bend=9", 2, "Unknown option '--bend'"],
    ["--part=seeing", 2, "part"],
    ["--data=out/tests/nowhere", 1, "Cannot read the fibre in out/tests/nowhere: "],
  ];
  for (const [option, wanted, why] of cases) {
    const { code, err } = await runExample("fibre", ...TINY, option);
    assertEquals(code, wanted);
    assertStringIncludes(err, "Cannot ");
    assertStringIncludes(err, why);
  }
});
