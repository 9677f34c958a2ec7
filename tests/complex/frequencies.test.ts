/** The order of frequencies. */
import {
  complexTensor,
  fftfreq,
  fftshift,
  ifftshift,
  rfftfreq,
  roll,
  tensor,
} from "@argand/argand";
import { assertEquals } from "@std/assert";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { Seeded } from "../support/seeded.ts";

onEngines("fftshift() moves frequency 0 to the middle and ifftshift() moves it back", async () => {
  assertEquals(await fftshift(fftfreq(5, 0.2)).toArray(), [-2, -1, 0, 1, 2]);
  assertEquals(await ifftshift(tensor([-2, -1, 0, 1, 2])).toArray(), [0, 1, 2, -2, -1]);
  for (const shape of [[4, 5], [3, 6]]) {
    const data = new Seeded(13).floats(2 * shape[0] * shape[1]);
    const x = complexTensor(data, shape);
    assertEquals(await ifftshift(fftshift(x)).data(), data);
    assertEquals(await fftshift(ifftshift(x, -1), [1]).data(), data);
    assertEquals(
      await fftshift(x).data(),
      await roll(x, [shape[0] >> 1, shape[1] >> 1], [0, 1]).data(),
    );
  }
});

onEngines("fftfreq() and rfftfreq() list the frequencies as NumPy does", async () => {
  assertEquals(await fftfreq(1).toArray(), [0]);
  assertEquals(await fftfreq(2).toArray(), [0, -0.5]);
  assertEquals(await rfftfreq(1).toArray(), [0]);
  assertEquals(await rfftfreq(2).toArray(), [0, 0.5]);
  assertClose(await fftfreq(5, 0.5).data(), [0, 0.4, 0.8, -0.8, -0.4], 1e-7);
  assertClose(await rfftfreq(5, 0.5).data(), [0, 0.4, 0.8], 1e-7);
});
