import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, complexTensor, full, ones } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { matmul } from "../../complex/functions/products.ts";
import { manualSeed } from "../../complex/create/random.ts";
import type { ComplexTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { mixed, random, slopes } from "./support.ts";

onEngines("TransmissionMatrix with a matrix is y = T x", async () => {
  const matrix = complexTensor([1, 0, 0, 2, 3, 1, -1, 0, 0, 0, 0, -1], [2, 3]);
  const layer = new nn.TransmissionMatrix(3, 2, { matrix });
  // [1, 2i, 3+i; −1, 0, −i] · [1, i, 2] = [1 − 2 + 6 + 2i, −1 − 2i]
  const y = layer.apply(complexTensor([1, 0, 0, 1, 2, 0], [1, 3]));
  assertEquals([...await y.data()], [5, 2, -1, -2]);
  assertEquals(layer.namedParameters(), []);
  assertEquals(layer.namedBuffers().map(([name]) => name), ["matrix"]);
  const learned = new nn.TransmissionMatrix(3, 2, { matrix, trainable: true });
  assertEquals(learned.namedParameters().map(([name]) => name), ["matrix"]);
  assertEquals([...await learned.matrix.data()], [...await matrix.data()]);
});

onEngines("TransmissionMatrix on pixels projects, maps and puts back", async () => {
  const [b, c, t, x] = [
    random([2, 5], 1),
    random([3, 4], 2),
    random([3, 2], 3),
    random([6, 5], 4),
  ];
  const layer = new nn.TransmissionMatrix(b, c, { matrix: t });
  const expected = matmul(matmul(matmul(x, b.H), t.T), c);
  assertClose(await layer.apply(x).data(), await expected.data(), 1e-6);
  const names = layer.namedBuffers().map(([name]) => name);
  assertEquals(names, ["matrix", "inputModes", "outputModes"]);
});

onEngines("TransmissionMatrix in an orthonormal basis keeps what the modes hold", async () => {
  // Two Fourier modes on four pixels.
  const modes = complexTensor(
    [0, 1].flatMap((m) => [0, 1, 2, 3].flatMap((k) => phase(Math.PI / 2 * m * k, 0.5))),
    [2, 4],
  );
  const identity = complexTensor([1, 0, 0, 0, 0, 0, 1, 0], [2, 2]);
  const layer = new nn.TransmissionMatrix(modes, modes, { matrix: identity });
  const inside = matmul(random([3, 2], 8), modes);
  assertClose(await layer.apply(inside).data(), await inside.data(), 1e-6);
  const third = complexTensor([0, 1, 2, 3].flatMap((k) => phase(Math.PI * k, 0.5)), [1, 4]);
  assert(await layer.apply(third).abs().max().item() < 1e-6);
});

onEngines("light sent back sees the transposed map, in modes and on pixels", async () => {
  const layers = [
    new nn.TransmissionMatrix(3, 4),
    new nn.TransmissionMatrix(random([3, 6], 1), random([4, 5], 2)),
  ];
  for (const layer of layers) {
    const [n, m] = [layer.inputModes?.shape[1] ?? 3, layer.outputModes?.shape[1] ?? 4];
    const [a, b] = [random([1, n], 5), random([1, m], 6)];
    const there = layer.apply(a).mul(b).sum();
    const back = layer.reverse(b).mul(a).sum();
    assertClose(await back.data(), await there.data(), 1e-5);
  }
});

onEngines("a reciprocal TransmissionMatrix is its own transpose, before and after", async () => {
  manualSeed(4);
  const layer = new nn.TransmissionMatrix(4, 4, { reciprocal: true });
  const symmetric = async () => {
    const t = layer.transmission;
    assertEquals(await t.T.data(), await t.data());
    const z = random([2, 4], 7);
    assertEquals(await layer.reverse(z).data(), await layer.apply(z).data());
  };
  await symmetric();
  const optimizer = new nn.Adam(layer.parameters(), { lr: 0.05 });
  const [x, y] = [random([8, 4], 1), random([8, 4], 2)];
  for (let k = 0; k < 10; k++) {
    nn.mse(layer.apply(x), y).backward();
    optimizer.step();
  }
  await symmetric();
});

onEngines("a random TransmissionMatrix keeps power on average", async () => {
  manualSeed(2);
  for (const [n, m, reciprocal] of [[90, 60, false], [60, 60, true]] as const) {
    const layer = new nn.TransmissionMatrix(n, m, { reciprocal });
    const x = random([50, n], 3);
    const [power, before] = [layer.apply(x), x].map((z) => z.absSquared().sum());
    assertClose([await power.item()], [await before.item()], 0.1);
  }
});

onEngines("gradients of TransmissionMatrix and Intensity agree with differences", async () => {
  const [b, c] = [random([2, 3], 1), random([2, 4], 2)];
  const inputs = [random([2, 3], 3), random([2, 2], 4)] as const;
  const field = (x: ComplexTensor, t: ComplexTensor) =>
    nn.functional.transmit(x, t, { inputModes: b, outputModes: c });
  const f = (x: ComplexTensor, t: ComplexTensor) =>
    nn.functional.intensity(field(x, t), { bin: [2] }).square().sum().add(mixed(field(x, t)));
  const first = await gradcheck(f, [...inputs]);
  assert(first.ok, JSON.stringify(first.worst));
  const second = await gradcheck(slopes(f as never) as (...args: Tensor[]) => never, [...inputs]);
  assert(second.ok, JSON.stringify(second.worst));
});

Deno.test("TransmissionMatrix and transmit() refuse what does not fit, in words", () => {
  const refused = (make: () => unknown, why: string) => assertThrows(make, ArgandError, why);
  const matrix = random([2, 3], 1);
  refused(
    () => new nn.TransmissionMatrix(2, 3, { matrix }),
    "Cannot make a TransmissionMatrix: the matrix is [2, 3] and 2 modes in, 3 modes out take [3, 2]",
  );
  refused(() => new nn.TransmissionMatrix(0, 3), "modes in must be a positive integer");
  refused(() => new nn.TransmissionMatrix(3, 2, { reciprocal: true }), "no reciprocal");
  refused(() => new nn.TransmissionMatrix(random([3], 1), 2), "must be [modes, pixels], got [3]");
  refused(() => new nn.TransmissionMatrix(3, 2, { trainable: 1 as never }), "trainable must be");
  refused(() => new nn.TransmissionMatrix(3, 2, { fixed: 1 } as never), 'unknown option "fixed"');
  refused(
    () => nn.functional.transmit(random([1, 2], 1), matrix),
    "Cannot transmit a field: x [1, 2] does not end in the 3 modes of the matrix",
  );
  refused(
    () => nn.functional.transmit(random([1, 3], 1), matrix, { inputModes: random([2, 3], 1) }),
    "inputModes must be [3, pixels], got [2, 3]",
  );
  refused(() => nn.functional.transmit(ones([1, 3]) as never, matrix), "it takes a complex tensor");
});

onEngines("Intensity is |z|², summed over the pixels of the detector", async () => {
  const z = random([2, 4, 6], 1);
  const data = await z.data();
  const at = (n: number, y: number, x: number) => {
    const k = 2 * (24 * n + 6 * y + x);
    return data[k] ** 2 + data[k + 1] ** 2;
  };
  const cases = [[2, 2, 2], [[4, 3], 4, 3], [[3], 1, 3]] as const;
  for (const [bin, by, bx] of cases) {
    const y = new nn.Intensity({ bin }).apply(z);
    assertEquals(y.shape, [2, 4 / by, 6 / bx]);
    const expected: number[] = [];
    for (let n = 0; n < 2; n++) {
      for (let v = 0; v < 4; v += by) {
        for (let u = 0; u < 6; u += bx) {
          let sum = 0;
          for (let k = 0; k < by * bx; k++) sum += at(n, v + Math.floor(k / bx), u + k % bx);
          expected.push(sum);
        }
      }
    }
    assertClose(await y.data(), expected, 1e-6);
  }
  assertEquals(new nn.Intensity().apply(random([3], 2)).shape, [3]);
});

onEngines("photon noise has the mean I and the variance I/n, read noise adds its own", async () => {
  const [photons, readNoise, draws] = [20, 3, 40_000];
  const field = complex([[0.2], [1], [4]], [[0.1], [0], [3]]).expand([3, draws]);
  const truth = [0.05, 1, 25];
  for (const sigma of [0, readNoise]) {
    manualSeed(6);
    const y = nn.functional.intensity(field, { photons, readNoise: sigma });
    const [mean, power] = [await y.mean(1).data(), await y.square().mean(1).data()];
    truth.forEach((value, k) => {
      const variance = value / photons + (sigma / photons) ** 2;
      const within = 4 * Math.sqrt(variance / draws);
      assert(Math.abs(mean[k] - value) < within, `mean ${mean[k]} of ${value}`);
      assertClose([power[k] - mean[k] ** 2], [variance], 0.06);
    });
    if (sigma === 0) {
      const counts = (await y.mul(photons).data()).map((x) => Math.abs(x - Math.round(x)));
      assert(Math.max(...counts) < 1e-3);
    }
  }
});

onEngines(
  "a detector's noise is new at every call, in evaluation too, and passes gradients",
  async () => {
    const camera = new nn.Intensity({ photons: 10 }).eval();
    const z = complex(full([50], 1));
    manualSeed(1);
    const [first, second] = [await camera.apply(z).data(), await camera.apply(z).data()];
    assert(first.some((x, k) => x !== second[k]));
    manualSeed(1);
    assertEquals(await camera.forward(z.real, z.imag).data(), first);
    const mask = new nn.TransmissionMatrix(1, 1, { matrix: complex([[2]]), trainable: true });
    camera.apply(mask.apply(complex([[1]]))).sum().backward();
    assertEquals([...await mask.matrix.grad!.data()], [4, 0]); // of the mean |t|²
  },
);

Deno.test("Intensity refuses what is not a detector, and draws nothing then", async () => {
  const refused = (options: nn.IntensityOptions, why: string) => {
    assertThrows(() => new nn.Intensity(options), ArgandError, why);
    assertThrows(() => nn.functional.intensity(random([4, 4], 1), options), ArgandError, why);
  };
  refused({ readNoise: 2 }, "readNoise is 2 counts, which need photons");
  refused({ photons: 0 }, "photons must be a number above 0");
  refused({ bin: 0 }, "bin must be a positive integer, got 0");
  refused({ bin: [1, 1, 1] as never }, "bin must be");
  refused({ photons: 1, readNoise: -1 }, "readNoise must be a number of at least 0");
  const noisy = new nn.Intensity({ bin: 2, photons: 5 });
  const good = random([4, 4], 1);
  manualSeed(3);
  const expected = await noisy.apply(good).data();
  manualSeed(3);
  const why = "Cannot measure an intensity: the input [3, 4] is not made of pixels of 2×2";
  assertThrows(() => noisy.apply(random([3, 4], 1)), ArgandError, why);
  assertThrows(() => noisy.forward(ones([2]), ones([3])), ArgandError, "[2]");
  assertEquals(await noisy.apply(good).data(), expected);
});

/** amplitude·e^{iφ} as re, im. */
function phase(phi: number, amplitude: number): [number, number] {
  return [amplitude * Math.cos(phi), amplitude * Math.sin(phi)];
}
