/** Figures over samples that are held out. */
import { withoutGradients } from "../../complex/lazy/graph.ts";
import { run } from "../../complex/lazy/realize.ts";
import { checkScalar } from "../../complex/lazy/shape.ts";
import { checkReal, type RealTensor } from "../../complex/tensor/tensor.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Module } from "../module.ts";
import { Mean, samplesOf, Unread } from "./history.ts";
import type { Batches } from "./fit_options.ts";

/** One real number, else refused. */
export function checkFigure(what: string, x: RealTensor): RealTensor {
  checkScalar(what, checkReal(what, x).shape);
  return x;
}

/** Carries `work` out with the model out of training; afterwards every module is as it was. */
export async function inEvaluation<T>(model: Module, work: () => Promise<T>): Promise<T> {
  const modes = model.modules().map((module) => [module, module.training] as const);
  model.eval();
  try {
    return await work();
  } finally {
    restoreModes(modes);
  }
}

/** Puts modules, outermost first, back into training or out of it. */
export function restoreModes(modes: Iterable<readonly [Module, boolean]>): void {
  for (const [module, training] of modes) module.train(training);
}

/** Means over samples, batch by batch; the values are read in one go at the end. */
export async function meansOf<B>(
  what: string,
  data: Batches<B>,
  figures: (batch: B) => Readonly<Record<string, RealTensor>>,
  between: () => Promise<void>,
): Promise<Record<string, number>> {
  const unread = new Unread();
  const weights: number[] = [];
  let names: string[] | null = null;
  for await (const batch of data) {
    const found = withoutGradients(() => figures(batch));
    names ??= Object.keys(found);
    for (const name of names) {
      unread.push(checkFigure(`${what} with the figure ${name}`, found[name]));
    }
    run(names.map((name) => found[name].node), true);
    weights.push(samplesOf(batch));
    await between();
  }
  if (names === null) {
    throw cannot(what, "validation gave no batches; it must do so every epoch");
  }
  const values = await unread.take();
  const { length } = names;
  return Object.fromEntries(names.map((name, k) => {
    const mean = new Mean();
    weights.forEach((weight, b) => mean.add(values[b * length + k], weight));
    return [name, mean.value];
  }));
}
