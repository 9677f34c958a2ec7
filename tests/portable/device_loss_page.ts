/** A page that trains twice: undisturbed, and with a device that is lost in the midst. */
import { gpu, manualSeed, nn, randnComplex } from "@argand/argand";

/** The losses of a run that waits at its twelfth batch until `lose` has been carried out. */
async function train(lose: () => Promise<void>): Promise<readonly number[]> {
  manualSeed(5);
  const model = new nn.Sequential(new nn.Linear(3, 4), new nn.Linear(4, 3));
  let batches = 0;
  const { losses } = await nn.fit(model, {
    data: new nn.DataLoader(new nn.TensorDataset(randnComplex([40, 3])), {
      batchSize: 8,
      shuffle: true,
    }),
    loss: (model, [x]) => nn.mse(model.apply(x), x),
    optimizer: new nn.Adam(model.parameters(), { lr: 0.02 }),
    epochs: 4,
    recover: { everySteps: 3 },
    callbacks: { onBatchEnd: () => (++batches === 12 ? lose() : undefined) },
    progress: false,
  });
  return losses;
}

const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

/** What the test asks for and is told. */
const told = globalThis as unknown as {
  ready: boolean;
  waiting: boolean;
  goOn: () => void;
  run(way: "none" | "destroy" | "crash"): Promise<[readonly number[], boolean]>;
};

told.run = async (way) => {
  const before = await gpu.use("webgpu");
  const losses = await train(async () => {
    await pause(100); // copies arrive
    if (way === "destroy") (before as unknown as { device: GPUDevice }).device.destroy();
    if (way === "crash") {
      told.waiting = true;
      await new Promise<void>((done) => told.goOn = done);
    }
  });
  return [losses, gpu.engine() !== before];
};
told.ready = true;
