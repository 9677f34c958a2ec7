/** Transforms of real tensors against those of complex ones. */
import {
  complex,
  type ComplexTensor,
  fft,
  fftn,
  irfft,
  irfftn,
  rfft,
  rfft2,
  rfftn,
  tensor,
  valueAndGrad,
} from "@argand/argand";
import { assertEquals } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

onEngines("rfft() is the first half of fft(), and irfft() undoes it", async () => {
  for (const n of [1, 2, 3, 8, 15, 17, 34]) {
    const x = tensor(new Seeded(n).floats(3 * n), [3, n]);
    const whole = await fft(x).slice(null, [0, (n >> 1) + 1]).data();
    assertClose(await rfft(x).data(), whole, 1e-6);
    assertClose(await irfft(rfft(x), { n }).data(), await x.data(), 2e-6);
    const columns = rfft(x.T, { axis: 0 });
    assertClose(await irfft(columns, { n, axis: 0 }).T.data(), await x.data(), 2e-6);
  }
  const x = tensor(new Seeded(7).floats(60), [3, 4, 5]);
  const size = [3, 4, 5];
  assertClose(await rfftn(x).data(), await fftn(x).slice(null, null, [0, 3]).data(), 1e-6);
  assertClose(await irfftn(rfftn(x), { size }).data(), await x.data(), 1e-6);
  assertEquals(rfft2(x, { axes: [2, 0] }).shape, [2, 4, 5]);
});

onEngines("irfft() does not look at what a real line cannot have", async () => {
  const bins = complex([1, 2, 3], [0, 4, 0]);
  const odd = complex([1, 2, 3], [5, 4, 6]);
  assertEquals(await irfft(bins).toArray(), await irfft(odd).toArray());
});

onEngines("the gradient of irfft() agrees with PyTorch's", async () => {
  // torch.fft.irfft(x).mul(torch.tensor([1., 2, 3, 5])).sum() at x of three frequencies
  const weights = tensor([1, 2, 3, 5]);
  const [, [g]] = valueAndGrad((x: ComplexTensor) => irfft(x).mul(weights).sum())(
    complex([1, 2, 3], 1),
  );
  assertClose(await g.data(), [2.75, 0, -1, 1.5, -0.75, 0], 1e-6);
});
