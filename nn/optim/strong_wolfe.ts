/** A line search for the strong Wolfe conditions (Nocedal and Wright 2006, algorithms 3.5 and 3.6). */

/** The loss along a line, at x + t·d. */
export interface Trial {
  readonly t: number;
  readonly loss: number;
  readonly gradient: Float64Array;
  /** The derivative along the line, gradient · d. */
  readonly slope: number;
}

/** Sufficient decrease, and how much the slope must flatten. */
const [C1, C2] = [1e-4, 0.9];
const MOST_TRIALS = 25;
const LEAST_CHANGE = 1e-9;

/** The minimum of the cubic through both trials with their slopes, kept within bounds. */
function cubicMinimum(a: Trial, b: Trial, low: number, high: number): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
  const square = d1 ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = Math.sqrt(square);
  const part = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  const t = right.t - (right.t - left.t) * part;
  return Number.isNaN(t) ? (low + high) / 2 : Math.min(Math.max(t, low), high);
}

/**
 * A trial from `start` (t = 0) on that satisfies the strong Wolfe conditions, first tried at `t`; the
 * best so far where there is none in 25. PyTorch's procedure, but that trials without a finite loss
 * are taken back half way. `reach` is the largest entry of d.
 */
export async function strongWolfe(
  evaluate: (t: number) => Promise<Trial>,
  start: Trial,
  t: number,
  reach: number,
): Promise<{ readonly trial: Trial; readonly trials: number }> {
  let trials = 0;
  const tryAt = (t: number): Promise<Trial> => {
    trials++;
    return evaluate(t);
  };
  const rises = ({ t, loss }: Trial) => loss > start.loss + C1 * t * start.slope;
  const flat = ({ slope }: Trial) => Math.abs(slope) <= -C2 * start.slope;

  let before = start;
  let now = await tryAt(t);
  while (!Number.isFinite(now.loss)) {
    if (trials === MOST_TRIALS) return { trial: start, trials };
    now = await tryAt(now.t / 2);
  }
  let rounds = 0;
  let bracket: [Trial, Trial] | null = null;
  while (bracket === null && rounds < MOST_TRIALS) {
    if (rises(now) || !Number.isFinite(now.loss) || (rounds > 1 && now.loss >= before.loss)) {
      bracket = [before, now];
    } else if (flat(now)) return { trial: now, trials };
    else if (now.slope >= 0) bracket = [before, now];
    else {
      const next = cubicMinimum(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10);
      before = now;
      now = await tryAt(next);
      rounds++;
    }
  }
  let [low, high] = bracket ?? [start, now];
  if (!(low.loss <= high.loss)) {
    [low, high] = Number.isFinite(high.loss) ? [high, low] : [low, high];
  }
  let stuck = false;
  while (rounds < MOST_TRIALS && Math.abs(high.t - low.t) * reach >= LEAST_CHANGE) {
    const [first, last] = low.t <= high.t ? [low.t, high.t] : [high.t, low.t];
    let next = Number.isFinite(high.loss)
      ? cubicMinimum(low, high, first, last)
      : (first + last) / 2;
    const margin = 0.1 * (last - first);
    if (Math.min(last - next, next - first) < margin) { // too close to an end
      if (stuck || next >= last || next <= first) {
        next = Math.abs(next - last) < Math.abs(next - first) ? last - margin : first + margin;
        stuck = false;
      } else stuck = true;
    } else stuck = false;
    const fresh = await tryAt(next);
    rounds++;
    if (rises(fresh) || !(fresh.loss < low.loss)) {
      high = fresh;
      if (high.loss < low.loss) [low, high] = [high, low];
      continue;
    }
    if (flat(fresh)) return { trial: fresh, trials };
    if (fresh.slope * (high.t - low.t) >= 0) high = low;
    low = fresh;
  }
  return { trial: low, trials };
}
