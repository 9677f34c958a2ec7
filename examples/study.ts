/**
 * Compares covariance, naive and no batch norm over several seeds: on MNIST, and on intensities behind
 * a measured fibre, there also with a real network of the same size. Writes out/study.html.
 *
 *   deno task study --quick
 *
 * Finished runs are kept in out/study.json. A study that was interrupted continues after the last of
 * them; the run that was cut off starts again.
 */
import { gpu } from "@argand/argand";
import { z } from "zod";
import { openFolder } from "./support/folder.ts";
import { commandLine, readOptions } from "./support/command_line.ts";
import { writePage } from "./support/page.ts";
import { clock } from "./support/progress.ts";
import { finish } from "./support/runs/finish.ts";
import { Store } from "./support/runs/store.ts";
import {
  FULL,
  nameOf,
  planOf,
  PROBLEMS,
  QUICK,
  type Result,
  type Run,
  type Sizes,
  stepsOf,
  STUDY,
  TUNING,
  tuningOf,
} from "./study/plan.ts";
import { formatStudy } from "./study/report.ts";
import { summarise } from "./study/summary.ts";

const whole = (low: number, high: number) => z.coerce.number().int().min(low).max(high);
const optionsSchema = z.strictObject({
  seeds: whole(1, 100).optional(),
  problem: z.enum(PROBLEMS).optional(),
  device: z.enum(["cpu", "webgpu"]).optional(),
  digits: whole(1, 50_000).optional(),
  fields: whole(1, 1_000_000).optional(),
  passes: whole(1, 1000).optional(),
  tests: whole(1, 10_000).optional(),
  out: z.string().min(1).default("out"),
  quick: z.boolean().default(false),
  fresh: z.boolean().default(false),
  tune: z.boolean().default(false),
  json: z.boolean().default(false),
});
type Options = z.infer<typeof optionsSchema>;
const USAGE = "--quick --seeds N --problem mnist|fibre --device cpu|webgpu --digits N --fields N " +
  "--passes N --tests N --out FOLDER --fresh --tune --json";

function sizesOf({ tune, quick, digits, fields, passes, tests }: Options): Sizes {
  const base = tune ? TUNING : quick ? QUICK : FULL;
  return {
    digits: digits ?? base.digits,
    digitPasses: passes ?? base.digitPasses,
    testDigits: tests ?? base.testDigits,
    fields: fields ?? base.fields,
    fieldPasses: passes ?? base.fieldPasses,
    heldOut: tests ?? base.heldOut,
  };
}

/** The command that makes this study again. */
function commandOf(options: Options): string {
  const { out, fresh: _, json: __, ...given } = options;
  return commandLine("study", { ...given, ...(out === "out" ? {} : { out }) });
}

async function main(options: Options): Promise<void> {
  await openFolder(options.out);
  if (options.device) await gpu.use(options.device);
  const { kind, adapter } = gpu.engine();
  const place = { engine: kind, adapter: adapter.name };
  const sizes = sizesOf(options);
  const problems = options.problem ? [options.problem] : PROBLEMS;
  const say = options.json ? console.error : console.log;

  const plan = options.tune
    ? tuningOf(problems, sizes, place)
    : planOf(problems, options.seeds ?? (options.quick ? 2 : 5), sizes, place);
  const steps = plan.reduce((sum, run) => sum + stepsOf(run), 0);
  say(`${plan.length} runs, ${steps} steps, engine ${place.engine}: ${place.adapter}`);
  const file = `${options.out}/study.json`;
  const store = options.fresh ? Store.empty<Run, Result>(file) : await Store.open(file, STUDY);
  const done = await finish(STUDY, plan, store, { mayFail: options.tune, say });

  if (options.tune) {
    for (const { run, result } of done) {
      say(`${nameOf(run)}: error ${(100 * result.error).toFixed(2)} %`);
    }
    if (options.json) console.log(JSON.stringify({ ...place, sizes, runs: done }));
    return;
  }
  const summaries = summarise(done);
  const seconds = done.reduce((sum, { result }) => sum + result.seconds, 0);
  const figures = [
    { label: "engine", value: place.engine },
    { label: "adapter", value: place.adapter },
    { label: "processor cores", value: String(navigator.hardwareConcurrency) },
    { label: "runs", value: String(done.length) },
    { label: "computing time", value: clock(seconds) },
  ];
  const report = `${options.out}/study.html`;
  await writePage(report, formatStudy({ summaries, sizes, figures, command: commandOf(options) }));
  say(`The report is in ${report}`);
  if (options.json) console.log(JSON.stringify({ ...place, sizes, summaries, runs: done, report }));
}

try {
  await main(readOptions("study", optionsSchema, ["quick", "fresh", "tune", "json"], USAGE));
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
