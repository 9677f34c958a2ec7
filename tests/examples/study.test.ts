import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { engines } from "../support/program.ts";
import { use } from "../../gpu/engines/device.ts";
import { manualSeed } from "../../complex/create/random.ts";
import { CHANNELS, fibreBatch, fibreMatrix, fibreSet, MODES } from "../../examples/fibre/fields.ts";
import {
  ComplexIntensityNetwork,
  matchedHidden,
  RealIntensityNetwork,
  realParameters,
} from "../../examples/support/networks.ts";
import { pretty } from "../../examples/support/page.ts";
import {
  FULL,
  HIDDEN,
  planOf,
  type Result,
  resultSchema,
  STUDY,
} from "../../examples/study/plan.ts";
import { formatStudy, withSpread } from "../../examples/study/report.ts";
import { Store } from "../../examples/support/runs/store.ts";
import { deviation } from "../../examples/support/statistics.ts";
import { compare, findings, summarise } from "../../examples/study/summary.ts";
import { example, killExample, lastLine, runExample } from "./program.ts";
import { noOutput, unless } from "../support/ignored.ts";

const PLACE = { engine: "cpu", adapter: "test" } as const;
const kinds = (await engines()).map((e) => e.kind);

Deno.test("the complex and the real networks of the fibre have the same number of real parameters", () => {
  const counts = (["covariance", "naive", "none"] as const).map((norm) =>
    realParameters(new ComplexIntensityNetwork(MODES, HIDDEN, CHANNELS, norm))
  );
  const hidden = matchedHidden(MODES, HIDDEN, CHANNELS);
  counts.push(realParameters(new RealIntensityNetwork(MODES, hidden, CHANNELS)));
  assertEquals(counts, [77020, 76764, 75740, 76295]);
  for (const count of counts.slice(0, 3)) {
    assert(Math.abs(counts[3] / count - 1) < 0.01, `${counts}`);
  }
});

for (const kind of kinds) {
  Deno.test(`the fibre on ${kind} gives |T c|² of unit mean power, and noise of the size asked for`, async () => {
    await use(kind);
    const matrix = await fibreMatrix();
    assertEquals(matrix.shape, [CHANNELS, MODES]);
    manualSeed(4);
    const { count, fields, intensities } = await fibreSet(matrix, 300, 0);
    manualSeed(4);
    const noisy = await fibreSet(matrix, 300, 0.02);
    const t = await matrix.data();
    let total = 0;
    for (let n = 0; n < count; n++) {
      const c = fields.subarray(n * MODES * 2, (n + 1) * MODES * 2);
      assertAlmostEquals([...c].reduce((sum, x) => sum + x * x, 0), 1, 1e-5);
      for (let k = 0; k < CHANNELS; k++) {
        let [re, im] = [0, 0];
        for (let j = 0; j < MODES; j++) {
          const [a, b] = [t[2 * (k * MODES + j)], t[2 * (k * MODES + j) + 1]];
          re += a * c[2 * j] - b * c[2 * j + 1];
          im += a * c[2 * j + 1] + b * c[2 * j];
        }
        const expected = re * re + im * im;
        assertAlmostEquals(intensities[n * CHANNELS + k], expected, 1e-5 * (1 + expected));
        total += expected;
      }
    }
    assertAlmostEquals(total / intensities.length, 1, 0.02);
    assertEquals(noisy.fields, fields);
    const noise = noisy.intensities.map((x, k) => x - intensities[k]);
    assertAlmostEquals(deviation([...noise])!, 0.02 * total / intensities.length, 5e-4);
    const { intensities: two } = fibreBatch(noisy, Uint32Array.of(7, 5), 0, 2);
    assertEquals(
      (await two.data()).subarray(CHANNELS),
      noisy.intensities.slice(5 * CHANNELS, 6 * CHANNELS),
    );
  });
}

/** Results that differ in every figure. */
const results = planOf(["mnist", "fibre"], 3, FULL, PLACE).map((run, k) => {
  const result: Result = {
    error: 0.02 + 0.01234 * k + 0.001 * run.seed,
    baseline: 0.7,
    loss: 0.1,
    stepMs: 10.5 + k,
    deviceBytes: 2 ** 20 * (k + 1),
    parameters: 10_001 + 7 * k,
    seconds: 5,
  };
  return { run, result };
});

Deno.test("the study's page shows every figure, and needs nothing from outside", () => {
  const summaries = summarise(results);
  assertEquals(summaries.length, 8);
  const html = formatStudy({
    summaries,
    sizes: FULL,
    figures: [{ label: "adapter", value: "<llvm>" }],
    command: "deno task study",
  });
  for (const { mean, deviation, errors, stepMs, deviceBytes, parameters, rate } of summaries) {
    assertStringIncludes(html, `<td>${pretty(parameters)}</td>`);
    assertStringIncludes(html, `<td>${withSpread(mean, deviation)}</td>`);
    assertStringIncludes(html, `<td>${stepMs.toFixed(1)}</td>`);
    assertStringIncludes(html, `<td>${(deviceBytes / 2 ** 20).toFixed(2)}</td>`);
    assertStringIncludes(html, `<td>${rate}</td>`);
    for (const error of errors) assertStringIncludes(html, error.toFixed(1));
  }
  const plotted = results.filter(({ run }) => run.model !== "linear");
  assertEquals(html.match(/<circle/g)?.length, plotted.length);
  assertEquals(html.match(/<svg/g)?.length, 2);
  assert(!/<script|@import|url\(|(?:src|href)=/.test(html));
  assert(!/NaN|undefined|Infinity/.test(html));
  assertStringIncludes(html, "&#60;llvm&#62;");
  assertStringIncludes(html, "deno task study");
});

Deno.test("a page of one seed claims no spread", () => {
  const summaries = summarise(results.filter(({ run }) => run.seed === 1));
  const html = formatStudy({ summaries, sizes: FULL, figures: [], command: "x" });
  assert(!html.includes("±") && !/NaN|null|undefined/.test(html));
  assertStringIncludes(html, "one seed each shows no spread");
});

Deno.test("compare() calls a difference one only beyond three standard errors", () => {
  const [a, b] = summarise(results.filter(({ run }) => run.problem === "mnist"));
  const near = { ...a, errors: [1, 2, 3], mean: 2, deviation: 1 };
  const far = { ...b, errors: [4, 5, 6], mean: 5, deviation: 1 };
  assertEquals(
    compare(near, far),
    "covariance norm has 3.0 percentage points less error than naive norm, standard error 0.82: " +
      "more than 3 standard errors; no seeds overlap",
  );
  const close = { ...far, errors: [3, 4, 5], mean: 4 };
  assertStringIncludes(compare(close, near), "covariance norm has 2.0");
  assertStringIncludes(compare(close, near), "within 3 standard errors, not distinguished");
  assertStringIncludes(compare(close, near), "; seeds overlap");
});

Deno.test({
  ...unless(
    noOutput,
    "a store gives back what it was given, never for other options, and refuses forged files",
  ),
  async fn() {
    const path = "out/tests/store/study.json";
    const [{ run, result }] = results;
    await (await Store.open(path, STUDY)).add(run, result);
    const store = await Store.open(path, STUDY);
    assertEquals(store.get({ ...run }), result);
    for (const [name, value] of Object.entries(run)) {
      const other = typeof value === "number" ? value + 1 : `${value}x`;
      assertEquals(store.get({ ...run, [name]: other }), undefined, name);
    }
    for (const text of ["{", `{"runs":[{}]}`, `{"runs":[{"run":{},"result":{}}]}`]) {
      await Deno.writeTextFile(path, text);
      const error = await Store.open(path, STUDY).then(() => null, (error: Error) => error);
      assertStringIncludes(error!.message, `Cannot resume from ${path}`);
    }
    await Deno.remove("out/tests/store", { recursive: true });
  },
});

Deno.test("findings() names what is no better than an answer without the input", () => {
  const [a, b] = summarise(results.filter(({ run }) => run.problem === "mnist"));
  const said = findings([a, { ...b, mean: 70, baseline: 70 }]);
  assertEquals(said.length, 2);
  assertStringIncludes(said[0], "naive norm has learned nothing");
  assertStringIncludes(said[0], "an error of 70.0 %");
});

/** The options of a tiny study. */
const tiny = (out: string) => [
  ...["--problem=fibre", "--device=cpu", "--seeds=1", "--fields=128", "--passes=2"],
  ...["--tests=50", `--out=${out}`, "--json"],
];

/** The output's last line: everything but what a clock says. */
function figures(out: string) {
  const { runs, ...rest } = lastLine(out);
  assertEquals(rest.engine, "cpu");
  return (runs as { run: unknown; result: Result }[]).map(({ run, result }) => {
    const { stepMs: _, seconds: __, ...same } = resultSchema.parse(result);
    return { run, ...same };
  });
}

Deno.test({
  ...unless(
    noOutput,
    "a study that is killed goes on after its last finished run, and finds the same figures",
  ),
  async fn() {
    const killed = example("study", ...tiny("out/tests/killed"));
    await killExample(killed, "fibre naive seed 1: error");
    const [resumed, whole] = [
      await runExample("study", ...tiny("out/tests/killed")),
      await runExample("study", ...tiny("out/tests/whole")),
    ];
    assertEquals([resumed.code, whole.code], [0, 0], resumed.err + whole.err);
    assertStringIncludes(resumed.err, "of 5 runs are done already");
    const all = figures(whole.out);
    assertEquals(figures(resumed.out), all);
    assertEquals(all.length, 5);
    assert(all.every(({ error, baseline }) => error > 0 && error < 2 * baseline));
    const html = await Deno.readTextFile("out/tests/killed/study.html");
    for (const { error } of all) assertStringIncludes(html, (100 * error).toPrecision(3));
    await Deno.remove("out/tests/killed", { recursive: true });
    await Deno.remove("out/tests/whole", { recursive: true });
  },
});

Deno.test("the study refuses options that it does not know, and values out of range", async () => {
  const cases = [["--speed=9", "Unknown option '--speed'"], ["--seeds=0", "seeds"]];
  for (const [option, why] of cases) {
    const { code, err } = await runExample("study", ...tiny("out/tests/refused"), option);
    assertEquals(code, 2);
    assertStringIncludes(err, "Cannot study: ");
    assertStringIncludes(err, why);
  }
});
