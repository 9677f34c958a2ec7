/**
 * Compares covariance, naive and no batch norm over several seeds: on MNIST, and on intensities behind
 * a measured fibre, there also with a real network of the same size. Writes out/study.html.
 *
 *   deno task study --quick
 *
 * Finished runs are kept in out/study.json. A study that was interrupted goes on after the last of
 * them; the run that was cut off starts again.
 */
import { gpu } from "@argand/argand";
import { z } from "zod";
import { readOptions } from "./options.ts";
import { writePage } from "./page.ts";
import { clock, Progress } from "./progress.ts";
import { messageSchema } from "./study/messages.ts";
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
  TUNING,
  tuningOf,
} from "./study/plan.ts";
import { formatStudy } from "./study/report.ts";
import { Store } from "./study/store.ts";
import { type Done, mean, summarise } from "./study/summary.ts";

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

/** Milliseconds for a thread to end: Mesa's drivers crash where the process exits at the same time. */
const THREAD_END = 100;

/** Does a run in a thread of its own, so that it starts with an engine that holds nothing. */
function runInThread(run: Run, note: (step: number, loss: number) => void): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const worker = new Worker(new URL("study/worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => {
    const { data: message, error } = messageSchema.safeParse(data);
    if (message?.type === "step") note(message.step, message.loss);
    else if (message?.type === "done") resolve(message.result);
    else reject(new Error(`Cannot finish ${nameOf(run)}: ${message?.why ?? error?.message}`));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(`Cannot finish ${nameOf(run)}: ${event.message}`));
  };
  worker.postMessage(run);
  return promise.finally(async () => {
    worker.terminate();
    await new Promise((resolve) => setTimeout(resolve, THREAD_END));
  });
}

/**
 * Does what is not done yet, tells how far it is, and gives all results in the plan's order. Runs that
 * fail end the study, unless they may: then they have no result.
 */
async function finish(
  plan: readonly Run[],
  store: Store,
  mayFail: boolean,
  say: (text: string) => void,
): Promise<Done[]> {
  const left = plan.filter((run) => !store.get(run));
  if (left.length < plan.length) {
    say(`${plan.length - left.length} of ${plan.length} runs are done already`);
  }
  for (const [k, run] of left.entries()) {
    const others = secondsOf(left.slice(k + 1), plan, store);
    const progress = new Progress(stepsOf(run), run.batch, say, {
      label: `run ${plan.length - left.length + k + 1}/${plan.length}: ${nameOf(run)}`,
      unit: "samples",
      also: (own) => others === null ? "" : `all ${clock(own + others)}`,
    });
    try {
      const result = await runInThread(run, (step, loss) => progress.update(step, loss));
      progress.update(stepsOf(run), result.loss);
      await store.add(run, result);
      say(`${nameOf(run)}: error ${(100 * result.error).toFixed(2)} %, ${clock(result.seconds)}`);
    } catch (error) {
      if (!mayFail) throw error;
      say((error as Error).message);
    }
  }
  return plan.flatMap((run): Done[] => {
    const result = store.get(run);
    return result ? [{ run, result }] : [];
  });
}

/** What these runs will take, by those of the same problem that are done; null before any. */
function secondsOf(runs: readonly Run[], plan: readonly Run[], store: Store): number | null {
  let total = 0;
  for (const { problem } of runs) {
    const known = plan.flatMap((run) => {
      const result = run.problem === problem ? store.get(run) : undefined;
      return result ? [result.seconds] : [];
    });
    if (known.length === 0) return null;
    total += mean(known);
  }
  return total;
}

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
  const words = Object.entries({ ...given, ...(out === "out" ? {} : { out }) })
    .filter(([, value]) => value !== false && value !== undefined)
    .map(([name, value]) => value === true ? ` --${name}` : ` --${name} ${value}`);
  return `deno task study${words.join("")}`;
}

async function main(options: Options): Promise<void> {
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
  const store = options.fresh ? Store.empty(file) : await Store.open(file);
  const done = await finish(plan, store, options.tune, say);

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
    { label: "computing time", value: `${clock(seconds)} min` },
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
