/** A script that trains from one seed and says what came of it; run by tests in a Deno of its own. */
import { manualSeed, randnComplex } from "../../complex/create/random.ts";
import { gpu, nn } from "../../mod.ts";

await gpu.use(Deno.args[0] as "cpu" | "webgpu");
manualSeed(Number(Deno.args[1]));
const x = randnComplex([40, 6]);
const model = new nn.Sequential(
  new nn.Linear(6, 8),
  new nn.BatchNorm1d(8),
  new nn.CReLU(),
  new nn.Dropout(0.4),
  new nn.Linear(8, 1),
);
const [train, test] = nn.randomSplit(new nn.TensorDataset(x, x.sum(1, true)), [0.75, 0.25]);
const { losses, epochs } = await nn.fit(model, {
  data: new nn.DataLoader(train, { batchSize: 7, shuffle: true }),
  validation: new nn.DataLoader(test, { batchSize: 10 }),
  loss: (net, [x, y]) => nn.mse(net.apply(x), y),
  optimizer: new nn.Adam(model.parameters(), { lr: 0.02 }),
  epochs: 3,
});
console.log(JSON.stringify([losses, epochs.map(({ validation }) => validation)]));
