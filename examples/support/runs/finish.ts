/** Does the runs of a plan one after the other, and tells how far it is. */
import { clock, Progress } from "../progress.ts";
import type { Done, Kind } from "./kind.ts";
import { messageSchema } from "./messages.ts";
import type { Store } from "./store.ts";
import type { Note } from "./worker.ts";

/** Milliseconds for a thread to end: Mesa's drivers crash where the process exits at the same time. */
const THREAD_END = 100;

/** Does a run in a thread of its own, so that it starts with an engine that holds nothing. */
function runInThread<Run, Result>(kind: Kind<Run, Result>, run: Run, note: Note): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const fail = (why?: string) =>
    reject(new Error(`Cannot finish ${kind.nameOf(run)}: ${why ?? "its thread said nothing"}`));
  const schema = messageSchema(kind.result);
  const worker = new Worker(kind.worker, { type: "module" });
  worker.onmessage = ({ data }) => {
    const { data: message, error } = schema.safeParse(data);
    if (message?.type === "step") note(message.step, message.loss);
    else if (message?.type === "done") resolve(message.result);
    else fail(message?.why ?? error?.message);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(event.message);
  };
  worker.postMessage(run);
  return promise.finally(async () => {
    worker.terminate();
    await new Promise((resolve) => setTimeout(resolve, THREAD_END));
  });
}

/** How a plan is finished. */
export interface FinishOptions {
  /** Whether a run may fail and then has no result; by itself it ends everything. */
  readonly mayFail?: boolean;
  /** Receives whole lines. */
  readonly say: (text: string) => void;
}

/** Does what is not done yet, and gives all results in the plan's order. */
export async function finish<Run extends object, Result>(
  kind: Kind<Run, Result>,
  plan: readonly Run[],
  store: Store<Run, Result>,
  { mayFail = false, say }: FinishOptions,
): Promise<Done<Run, Result>[]> {
  const left = plan.filter((run) => !store.get(run));
  if (left.length < plan.length) {
    say(`${plan.length - left.length} of ${plan.length} runs are done already`);
  }
  for (const [k, run] of left.entries()) {
    const others = left.slice(k + 1);
    const progress = new Progress(kind.stepsOf(run), kind.batchOf(run), say, {
      label: `run ${plan.length - left.length + k + 1}/${plan.length}: ${kind.nameOf(run)}`,
      unit: "samples",
      also: (own, whole) => {
        const rest = secondsFor(kind, others, resultsOf(plan, store), { run, seconds: whole });
        return rest === null ? "" : `all ${clock(own + rest)}`;
      },
    });
    try {
      const result = await runInThread(kind, run, (step, loss) => progress.update(step, loss));
      progress.update(kind.stepsOf(run), kind.lossOf(result));
      await store.add(run, result);
      say(`${kind.nameOf(run)}: ${kind.tell(run, result)}, ${clock(kind.secondsOf(result))}`);
    } catch (error) {
      if (!mayFail) throw error;
      say((error as Error).message);
    }
  }
  return resultsOf(plan, store);
}

/** The runs of a plan that are done. */
function resultsOf<Run extends object, Result>(
  plan: readonly Run[],
  store: Store<Run, Result>,
): Done<Run, Result>[] {
  return plan.flatMap((run) => {
    const result = store.get(run);
    return result ? [{ run, result }] : [];
  });
}

/**
 * What these runs will take, by the cost and the time of those of their groups that are done, or of the
 * one that is under way where none is; null where that is of another group.
 */
function secondsFor<Run, Result>(
  kind: Kind<Run, Result>,
  runs: readonly Run[],
  done: readonly Done<Run, Result>[],
  now: { readonly run: Run; readonly seconds: number },
): number | null {
  const known = done.map(({ run, result }) => ({ run, seconds: kind.secondsOf(result) }));
  let total = 0;
  for (const run of runs) {
    const isAlike = (other: { run: Run }) => kind.groupOf(other.run) === kind.groupOf(run);
    const finished = known.filter(isAlike);
    const alike = finished.length > 0 ? finished : [now].filter(isAlike);
    if (alike.length === 0) return null;
    const seconds = alike.reduce((sum, other) => sum + other.seconds, 0);
    const cost = alike.reduce((sum, other) => sum + kind.costOf(other.run), 0);
    total += kind.costOf(run) * seconds / cost;
  }
  return total;
}
