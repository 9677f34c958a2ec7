/**
 * A bit of everything that computes, without a file: training with a norm, a checkpoint's bytes, FFT,
 * linear algebra, a drawing. Tests run it in other runtimes and without permissions, and compare what
 * it returns.
 */
import {
  draw,
  fft,
  gpu,
  ifft,
  manualSeed,
  matmul,
  nn,
  noGrad,
  randnComplex,
  solve,
  svdvals,
} from "@argand/argand";

/** What the run of {@link core} came to. */
export interface Outcome {
  readonly engine: string;
  readonly numbers: readonly number[];
}

const network = () =>
  new nn.Sequential(
    new nn.Conv2d(1, 4, 3, { padding: 1 }),
    new nn.BatchNorm2d(4),
    new nn.CReLU(),
    new nn.Flatten(),
    new nn.Linear(4 * 8 * 8, 3),
  );

/** Computes on the engine in use. */
export async function core(): Promise<Outcome> {
  manualSeed(7);
  const numbers: number[] = [];
  const model = network();
  const optimizer = new nn.Adam(model.parameters(), { lr: 0.01 });
  const [x, y] = [randnComplex([16, 1, 8, 8]), randnComplex([16, 3])];
  const step = async () => {
    const loss = model.apply(x).sub(y).absSquared().mean();
    loss.backward();
    optimizer.step();
    numbers.push(await loss.item());
  };
  for (let k = 0; k < 5; k++) await step();

  const bytes = await nn.formatCheckpoint({ model, optimizer });
  const other = network();
  await nn.parseCheckpoint(bytes, { model: other, optimizer: new nn.Adam(other.parameters()) });
  const off = noGrad(() => model.eval().apply(x).sub(other.eval().apply(x)));
  numbers.push(await off.abs().max().item());

  // Enough work to be shared among threads.
  const [a, b] = [randnComplex([192, 192]), randnComplex([192, 192])];
  numbers.push(await matmul(a, b).abs().mean().item());
  numbers.push(await ifft(fft(a)).sub(a).abs().max().item());
  numbers.push(await fft(a.slice([0, 48], [0, 35])).abs().mean().item());
  const [m, v] = [a.slice([0, 8], [0, 8]), b.slice([0, 8], [0, 1])];
  numbers.push(await solve(m, v).abs().sum().item());
  numbers.push(await svdvals(m).sum().item());

  const drawing = await draw(m);
  const { rgba } = drawing.picture();
  numbers.push(drawing.width, drawing.png().length > 100 ? 1 : 0);
  numbers.push(rgba.reduce((sum, byte) => sum + byte, 0) / rgba.length / 255);
  return { engine: gpu.engine().kind, numbers };
}
