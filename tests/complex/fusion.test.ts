/** What runs fused gives what it gives step by step: random graphs, each computed both ways. */
import {
  complex,
  type ComplexTensor,
  complexTensor,
  concat,
  evaluate,
  matmul,
  type RealTensor,
  take,
  type Tensor,
  valueAndGrad,
  where,
} from "@argand/argand";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

type Step = (a: ComplexTensor, b: ComplexTensor, random: Seeded) => ComplexTensor;

const N = 4;

/** Steps from N×N matrices to N×N matrices, which keep entries of order 1. */
const STEPS: Step[] = [
  (a, b) => a.add(b).mul(0.5),
  (a, b) => a.mul(b),
  (a, b) => a.sub(b.conj()).mul(0.5),
  (a) => a.sin(),
  (a) => a.tanh().mul(0.5),
  (a) => a.mul(0.5).exp().sub(1),
  (a, b) => complex(a.real, b.imag),
  (a) => complex(a.real, a.imag),
  (a) => complex(a.imag, a.abs()),
  (a) => a.relu().sub(0.25),
  (a) => a.T,
  (a) => a.H.mul({ re: 0, im: 1 }),
  (a, b) => matmul(a, b.H).mul(0.3),
  (a, b) => where(a.real.less(b.real), a, b),
  (a, _, random) => a.roll(random.whole(0, N), random.whole(0, 2)),
  (a, _, random) => a.flip(random.whole(0, 2)),
  (a, b) => concat([a.slice([0, N / 2]), b.slice([N / 2, N])]),
  (a, b, random) => a.at(random.whole(0, N)).mul(b),
  (a) => a.sub(a.mean(0)),
  (a, b) => a.add(b.sum(1, true)).mul(0.3),
  (a) => a.div(a.abs().max(1, true).add(1)),
  (a) => a.slice([1, N]).pad([[0, 1], [0, 0]]),
  (a) => a.reshape([2, 2 * N]).permute([1, 0]).reshape([N, N]),
  (a) => a.cumsum(1).mul(0.4),
  (a, _, random) => take(a, [0, 1, 2, 3].map(() => random.whole(0, N))),
  (a) => a.unsqueeze(0).expand([3, N, N]).mean(0),
  (a, b) => a.mul(b.at(null, 0)).slice([0, N, 2]).expand([2, N / 2, N]).reshape([N, N]),
];

/** Grows a graph of `length` steps from the seed; `look` is shown every result. */
function grow(
  seed: number,
  length: number,
  inputs: readonly ComplexTensor[],
  look: (x: Tensor) => void,
): ComplexTensor {
  const random = new Seeded(seed);
  const made = [...inputs];
  for (let k = 0; k < length; k++) {
    const [a, b] = [made[random.whole(Math.max(0, k - 2), made.length)], random.of(made)];
    const next = random.of(STEPS)(a, b, random);
    look(next);
    made.push(next);
  }
  // Several late results join the outcome, so that some are needed by more than one kernel.
  return made.slice(-3).reduce((x, y) => x.add(y));
}

/** Compares random graphs, each computed as a whole and step by step. */
async function compareGraphs(from: number, to: number): Promise<void> {
  for (let seed = from; seed <= to; seed++) {
    const random = new Seeded(1000 + seed);
    const data = [0, 1].map(() => random.floats(2 * N * N));
    const length = random.whole(3, 16);
    const run = (look: (x: Tensor) => void) => {
      const f = (a: ComplexTensor, b: ComplexTensor): RealTensor =>
        grow(seed, length, [a, b], look).absSquared().mean();
      const [a, b] = data.map((x) => complexTensor(x, [N, N]));
      const [value, gradients] = valueAndGrad(f)(a, b);
      return { value, gradients, outcome: grow(seed, length, [a, b], look) };
    };
    const [fused, stepwise] = [run(() => {}), run((x) => evaluate(x))];
    const what = (part: string) => `${part} of graph ${seed}`;
    assertClose(
      await fused.outcome.data(),
      await stepwise.outcome.data(),
      2e-6,
      what("the result"),
    );
    assertClose(
      [await fused.value.item()],
      [await stepwise.value.item()],
      2e-6,
      what("the value"),
    );
    for (const k of [0, 1]) {
      const [g, h] = [await fused.gradients[k].data(), await stepwise.gradients[k].data()];
      assertClose(g, h, 2e-5, what(`gradient ${k}`));
    }
  }
}

const SAME = "a fused graph gives the same values and gradients as one computed step by step";
onEngines(SAME, () => compareGraphs(1, 10));
onEngines(`${SAME}: 40 more`, () => compareGraphs(11, 50), { exhaustive: ["webgpu"] });
