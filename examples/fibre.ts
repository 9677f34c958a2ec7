/**
 * Sees through a measured multimode fibre, learns its matrix from intensities, and focuses light behind
 * it. Writes out/fibre.html, and out/fibre.png: digits, their light, and what a network makes of it.
 *
 *   deno task fibre --data FOLDER --device cpu --seeds 2
 *
 * `deno task demo` does the same at a size that takes half a minute; docs/pictures/fibre.png is its
 * picture. Finished runs of the full study are kept in out/fibre.json: a study that was interrupted
 * goes on after the last of them.
 */
import { encodePng, gpu } from "@argand/argand";
import { z } from "zod";
import { readFibre } from "./fibre/bends.ts";
import { fibrePicture } from "./fibre/pictures.ts";
import {
  DEMO,
  demoPlan,
  FIBRE,
  FULL,
  fullPlan,
  type Result,
  type Run,
  type Sizes,
} from "./fibre/plan.ts";
import { formatFibre } from "./fibre/report.ts";
import { summarise } from "./fibre/summary.ts";
import { openFolder } from "./support/folder.ts";
import { commandLine, readOptions } from "./support/command_line.ts";
import { writePage } from "./support/page.ts";
import { clock } from "./support/progress.ts";
import { finish } from "./support/runs/finish.ts";
import { Store } from "./support/runs/store.ts";

const whole = (low: number, high: number) => z.coerce.number().int().min(low).max(high);
const optionsSchema = z.strictObject({
  data: z.string().min(1).optional(),
  part: z.enum(["imaging", "retrieval"]).optional(),
  device: z.enum(["cpu", "webgpu"]).optional(),
  seed: whole(0, 1_000_000).default(1),
  seeds: whole(1, 100).optional(),
  digits: whole(1, 60_000).optional(),
  passes: whole(1, 1000).optional(),
  tests: whole(1, 10_000).optional(),
  hidden: whole(1, 10_000).optional(),
  fields: whole(1, 1_000_000).optional(),
  out: z.string().min(1).default("out"),
  demo: z.boolean().default(false),
  fresh: z.boolean().default(false),
  json: z.boolean().default(false),
});
type Options = z.infer<typeof optionsSchema>;
const USAGE =
  "--data FOLDER --part imaging|retrieval --device cpu|webgpu --seed N --seeds N --digits N --passes N --tests N " +
  "--hidden N --fields N --out FOLDER --demo --fresh --json";
const SEEDS = 3;

function sizesOf({ demo, digits, passes, tests, hidden, fields }: Options): Sizes {
  const base = demo ? DEMO : FULL;
  return {
    ...base,
    digits: digits ?? base.digits,
    passes: passes ?? base.passes,
    tests: tests ?? base.tests,
    hidden: hidden ?? base.hidden,
    fields: fields ?? base.fields,
    heldOut: tests ?? base.heldOut,
  };
}

/** The command that makes this page again. */
function commandOf(options: Options): string {
  const { demo, fresh: _, json: __, out, seed, ...given } = options;
  return commandLine(demo ? "demo" : "fibre", {
    ...given,
    ...(seed === 1 ? {} : { seed }),
    ...(out === "out" ? {} : { out }),
  });
}

async function main(options: Options): Promise<void> {
  await openFolder(options.out);
  if (options.device) await gpu.use(options.device);
  const { kind: engine, adapter: { name: adapter } } = gpu.engine();
  const say = options.json ? console.error : console.log;
  const fibre = await readFibre(options.data ?? `${import.meta.dirname}/data/fibre`);
  const sizes = sizesOf(options);
  const place = { fibre, engine, adapter };
  const seeds = Array.from({ length: options.seeds ?? SEEDS }, (_, k) => options.seed + k);
  const plan = (options.demo ? demoPlan(options.seed, sizes, place) : fullPlan(seeds, sizes, place))
    .filter(({ part }) => part === (options.part ?? part));
  say(
    `${plan.length} runs${options.demo ? " of reduced size" : ""}, ${sizes.digits} digits, ` +
      `${fibre.bends.length} bends, engine ${engine}: ${adapter}`,
  );

  const file = `${options.out}/${options.demo ? "fibre_demo" : "fibre"}.json`;
  const store = options.fresh || options.demo
    ? Store.empty<Run, Result>(file)
    : await Store.open(file, FIBRE);
  const done = await finish(FIBRE, plan, store, { say });
  const summary = summarise(done, fibre);

  const seconds = done.reduce((sum, { result }) => sum + result.seconds, 0);
  const report = `${options.out}/fibre.html`;
  await writePage(
    report,
    await formatFibre({
      fibre,
      sizes,
      summary,
      done,
      place: { engine, adapter, seconds },
      command: commandOf(options),
      demo: options.demo,
    }),
  );
  const picture = await fibrePicture(done, fibre, sizes.tests);
  if (picture) await Deno.writeFile(`${options.out}/fibre.png`, encodePng(picture));
  for (const [name, { seen, unseen }] of Object.entries(summary.imaging)) {
    say(`imaging, ${name}: correlation ${seen.toFixed(4)} seen, ${unseen.toFixed(4)} unseen`);
  }
  for (const [name, { error, rows }] of Object.entries(summary.retrieval)) {
    say(
      `retrieval, ${name}: intensities to ${(100 * error).toFixed(2)} %` +
        (rows ? `, rows to ${rows.mean.toFixed(4)}` : ""),
    );
  }
  for (const [name, { mean, worst }] of Object.entries(summary.focusing)) {
    say(`focusing, ${name}: ${mean.toFixed(4)} of the optimum, worst channel ${worst.toFixed(4)}`);
  }
  say(`The report is in ${report}; computing took ${clock(seconds)}`);
  if (options.json) {
    console.log(JSON.stringify({ engine, adapter, seconds, sizes, ...summary, report }));
  }
}

try {
  await main(readOptions("see through the fibre", optionsSchema, ["demo", "fresh", "json"], USAGE));
} catch (error) {
  console.error((error as Error).message);
  Deno.exit(1);
}
