import { assert, assertEquals, assertThrows } from "@std/assert";
import { ones } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { Propagation, type PropagationOptions } from "../../nn/mod.ts";
import { assertClose, assertFlat } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { beam, darkPlaces, fieldOf, intensityOf, radiusOf } from "./light_host.ts";
import { mixed, random, slopes } from "./support.ts";

const METHODS = ["angularSpectrum", "fresnel"] as const;
const wavelength = 1e-6;

/** The field after a distance. */
function after(z: ComplexTensor, distance: number, options: Partial<PropagationOptions>) {
  return new Propagation({ wavelength, pitch: 4e-6, distance, ...options }).apply(z);
}

/** The total power of a field. */
async function power(z: ComplexTensor): Promise<number> {
  return (await intensityOf(z)).reduce((a, b) => a + b);
}

onEngines("a Gaussian beam has √2 times its waist after a Rayleigh length", async () => {
  const [w0, pitch] = [20e-6, 4e-6];
  const rayleigh = Math.PI * w0 ** 2 / wavelength;
  const waist = fieldOf([64, 64], pitch, beam(wavelength, w0, 0));
  for (const method of METHODS) {
    for (const distance of [rayleigh, -rayleigh]) {
      const there = after(waist, distance, { method });
      const w = await radiusOf(there, pitch);
      assert(Math.abs(w / (Math.SQRT2 * w0) - 1) < 1e-3, `w = ${w / w0} w0`);
      // The whole field: curvature, Gouy's phase of 45°, and the phase of the carrier. What is left
      // of the angular spectrum are the wide angles that the closed form has not.
      const expected = await fieldOf([64, 64], pitch, beam(wavelength, w0, distance)).data();
      assertClose(await there.data(), expected, method === "fresnel" ? 1e-6 : 2e-4);
    }
  }
});

onEngines("beams are right near and far, where the impulse response takes over", async () => {
  const [w0, pitch] = [20e-6, 4e-6];
  const waist = fieldOf([64, 64], pitch, beam(wavelength, w0, 0));
  for (const distance of [0.4e-3, 1.9e-3, 2.2e-3, 8e-3, 0.1, -0.1]) {
    const expected = await fieldOf([64, 64], pitch, beam(wavelength, w0, distance)).data();
    for (const method of METHODS) {
      const there = after(waist, distance, { method });
      assertClose(await there.data(), expected, method === "fresnel" ? 1e-6 : 1e-3, `${distance}`);
    }
  }
});

onEngines("two slits have fringes of spacing λL/d", async () => {
  const [pitch, spacing, distance] = [10e-6, 100e-6, 0.05];
  const slits = fieldOf([64, 256], pitch, (y, x) => {
    const open = Math.abs(y) < 80e-6 && Math.abs(Math.abs(x) - spacing / 2) < 15e-6;
    return [open ? 1 : 0, 0];
  });
  for (const method of METHODS) {
    const screen = await intensityOf(after(slits, distance, { method, pitch }));
    const row = screen.slice(32 * 256, 33 * 256);
    const dark = darkPlaces(row, 0.1 * Math.max(...row)).filter((k) => Math.abs(k) < 90);
    assertEquals(dark.length, 4, `${dark}`); // ±½ and ±1½ spacings from the middle
    const measured = (dark[3] - dark[0]) / 3 * pitch;
    const theory = wavelength * distance / spacing;
    assert(Math.abs(measured / theory - 1) < 0.01, `${method}: ${measured} m, and ${theory} m`);
  }
});

onEngines("a lens focuses a beam to the waist λf/(πw)", async () => {
  const [pitch, focalLength, w] = [5e-6, 0.01, 200e-6];
  const lens = new nn.Lens({ wavelength, pitch, focalLength });
  const wide = lens.apply(fieldOf([160, 160], pitch, beam(wavelength, w, 0)));
  const theory = wavelength * focalLength / (Math.PI * w);
  for (const method of METHODS) {
    const focus = await radiusOf(after(wide, focalLength, { method, pitch }), pitch);
    assert(Math.abs(focus / theory - 1) < 0.01, `${method}: ${focus} m, and ${theory} m`);
  }
});

onEngines("a round aperture D has its first dark ring at 1.22 λf/D", async () => {
  const [pitch, focalLength, aperture] = [5e-6, 0.04, 600e-6];
  const lens = new nn.Lens({ wavelength, pitch, focalLength, aperture });
  const wide = lens.apply(fieldOf([128, 128], pitch, () => [1, 0]));
  for (const method of METHODS) {
    const focus = await intensityOf(after(wide, focalLength, { method, pitch }));
    const row = focus.slice(64 * 128, 65 * 128);
    const dark = darkPlaces(row, 0.01 * row[64]).filter((k) => k > 0)[0] * pitch;
    const theory = 1.21967 * wavelength * focalLength / aperture;
    assert(Math.abs(dark / theory - 1) < 0.01, `${method}: ${dark} m, and ${theory} m`);
  }
});

onEngines(
  "a grating images itself after a Talbot length, and shifted after half of it",
  async () => {
    const [pitch, period] = [10e-6, 160e-6];
    const grating = fieldOf([4, 64], pitch, (_, x) => {
      const at = x - period * Math.floor(x / period);
      return [at < 65e-6 ? 1 : 0, 0];
    });
    const talbot = 2 * period ** 2 / wavelength;
    const before = await intensityOf(grating);
    for (const [method, tolerance] of [["fresnel", 1e-5], ["angularSpectrum", 0.03]] as const) {
      const options = { method, pitch, padding: false };
      assertClose(await intensityOf(after(grating, talbot, options)), before, tolerance, method);
      const half = await intensityOf(after(grating, talbot / 2, options));
      const shifted = before.map((_, k) => before[k < 8 ? k + 248 : k - 8]); // rows are alike
      assertClose(half, shifted, tolerance, method);
    }
  },
);

onEngines("propagating waves keep their energy, and come back", async () => {
  const field = random([2, 12, 10], 3);
  const total = await power(field);
  for (const method of METHODS) {
    const options = { method, pitch: [2e-6, 3e-6] as const, padding: false };
    const there = after(field, 3e-4, options);
    assertClose([await power(there)], [total], 1e-5);
    assertClose(await after(there, -3e-4, options).data(), await field.data(), 1e-5, method);
  }
  const pulse = fieldOf([32, 32], 4e-6, beam(wavelength, 20e-6, 0));
  const there = after(pulse, 5e-4, {});
  assertClose([await power(there)], [await power(pulse)], 1e-4); // the beam stays in the window
});

onEngines("the way there and the way back are the same: Σ a·Pb = Σ b·Pa", async () => {
  const [a, b] = [random([8, 6], 1), random([8, 6], 2)];
  for (const method of METHODS) {
    for (const padding of [true, false]) {
      for (const distance of [1e-5, 1e-3]) {
        const p = (z: ComplexTensor) => after(z, distance, { method, padding });
        const [there, back] = [a.mul(p(b)).sum(), b.mul(p(a)).sum()];
        assertClose(await back.data(), await there.data(), 1e-4, `${method} ${padding}`);
      }
    }
  }
});

onEngines("evanescent waves decay on their way, and are left out on the way back", async () => {
  // The fastest wave of the grid, of frequency 1/(2·0.2 µm) in x, against 1/µm that propagate.
  const fast = fieldOf([2, 8], 0.2e-6, (_, x) => [Math.round(x / 0.2e-6) % 2 === 0 ? 1 : -1, 0]);
  const options = { pitch: 0.2e-6, padding: false };
  const decay = Math.exp(-2 * Math.PI * 0.1e-6 * Math.sqrt(2.5e6 ** 2 - 1e6 ** 2));
  const expected = (await fast.data()).map((x) => x * decay);
  assertClose(await after(fast, 0.1e-6, options).data(), expected, 1e-5);
  assert(await power(after(fast, -0.1e-6, options)) < 1e-10);
});

onEngines("over a metre a phase of millions of turns is right, in a medium too", async () => {
  const wave = fieldOf([2, 2], 1e-5, () => [1, 0]);
  for (const refractiveIndex of [1, 1.45]) {
    const options = { wavelength: 1.55e-6, pitch: 1e-5, refractiveIndex, padding: false };
    const turns = refractiveIndex * 1.2345678 / 1.55e-6;
    const angle = 2 * Math.PI * (turns - Math.round(turns));
    for (const method of METHODS) {
      const there = await after(wave, 1.2345678, { ...options, method }).data();
      assertClose(
        there,
        Array.from(there, (_, k) => k % 2 ? Math.sin(angle) : Math.cos(angle)),
        2e-6,
      );
    }
  }
});

onEngines("a long narrow field is as right as a part of a square one", async () => {
  const disc = (y: number, x: number): [number, number] => [Math.hypot(y, x) < 6e-6 ? 1 : 0, 0];
  const options = { pitch: 2e-6 };
  const narrow = after(fieldOf([16, 64], 2e-6, disc), 150e-6, options);
  const square = after(fieldOf([64, 64], 2e-6, disc), 150e-6, options);
  // The sharp edge has waves up to the grid's fastest, whose ripples the narrow grid cuts off.
  assertClose(await narrow.data(), await square.slice([24, 40]).data(), 0.012);
});

onEngines("waves that leave the grid are left out unless bandLimit is false", async () => {
  // Small pixels, and a distance over which the oblique waves of the spectrum's corners leave the grid.
  const [pitch, distance] = [0.6e-6, 11.5e-6];
  const square = (n: number) =>
    fieldOf([n, n], pitch, (y, x) => {
      const open = Math.max(Math.abs(y + pitch / 2), Math.abs(x + pitch / 2)) < 1.7e-6; // 6 pixels
      return [open ? 1 : 0, 0];
    });
  const alone = after(square(256), distance, { pitch, padding: false });
  const expected = await alone.slice([112, 144], [112, 144]).data();
  const off = async (bandLimit: boolean) => {
    const got = await after(square(32), distance, { pitch, bandLimit }).data();
    return Math.hypot(...got.map((x, k) => x - expected[k])) / Math.hypot(...expected);
  };
  const [limited, free] = [await off(true), await off(false)];
  assert(limited < 0.7 * free && limited < 0.01, `off by ${limited}, and ${free} without a limit`);
});

onEngines("pixels below half a wavelength are right over short ways", async () => {
  const pitch = 0.3e-6;
  const square = (n: number) =>
    fieldOf([n, n], pitch, (y, x) => {
      const open = Math.max(Math.abs(y + pitch / 2), Math.abs(x + pitch / 2)) < 0.85e-6; // 6 pixels
      return [open ? 1 : 0, 0];
    });
  for (const distance of [0.7e-6, 2e-6]) {
    const alone = after(square(256), distance, { pitch, padding: false });
    const expected = await alone.slice([120, 136], [120, 136]).data();
    assertClose(await after(square(16), distance, { pitch }).data(), expected, 2e-3, `${distance}`);
  }
});

onEngines("gradients through Propagation agree with differences", async () => {
  const z = random([2, 3, 4], 1);
  const cases: [number, Partial<PropagationOptions>][] = [
    [5e-5, {}],
    [1e-2, {}],
    [1e-2, { method: "fresnel" }],
    [2e-5, { method: "fresnel", padding: false }],
  ];
  for (const [distance, options] of cases) {
    const f = (x: ComplexTensor) => mixed(after(x, distance, options).mul(10));
    for (const g of [f, slopes(f as never)]) {
      const report = await gradcheck(g as (...args: Tensor[]) => RealTensor, [z], { checks: 6 });
      assert(report.ok, `${distance} ${JSON.stringify([options, report.worst])}`);
    }
  }
});

onEngines("a phase mask learns a hologram that gathers the light in a spot", async () => {
  const mask = new nn.PhaseMask([16, 16]);
  const way = new Propagation({ wavelength, pitch: 4e-6, distance: 4e-4 });
  const plane = fieldOf([16, 16], 4e-6, () => [1 / 16, 0]);
  const optimizer = new nn.Adam(mask.parameters(), { lr: 0.2 });
  const spot = () => way.apply(mask.apply(plane)).slice([4, 6], [10, 12]).absSquared().sum();
  const before = await spot().item();
  for (let k = 0; k < 40; k++) {
    spot().neg().backward();
    optimizer.step();
  }
  const gathered = await spot().item();
  assert(before < 0.05 && gathered > 0.3, `${before} of the power, then ${gathered}`);
});

onEngines("training through ways near and far holds the same bytes", (engine) => {
  const net = new nn.Sequential(
    new nn.PhaseMask([16, 16]),
    new Propagation({ wavelength, pitch: 4e-6, distance: 4e-4 }),
    new nn.PhaseMask([16, 16]),
    new Propagation({ wavelength, pitch: 4e-6, distance: 2e-3 }),
  );
  const camera = new nn.Intensity({ bin: 4, photons: 100 });
  const plane = fieldOf([16, 16], 4e-6, () => [1, 0]);
  const optimizer = new nn.SGD(net.parameters(), { lr: 0.01 });
  const bytes: number[] = [];
  for (let k = 0; k < 20; k++) {
    const loss = camera.apply(net.apply(plane)).slice([1, 2], [2, 3]).sum().neg();
    loss.backward();
    optimizer.step();
    if (k >= 3) bytes.push(engine.memory().bytes);
  }
  assertFlat(bytes);
});

onEngines(
  "the layer keeps its phases for each shape and gives what the function gives",
  async () => {
    const options = { wavelength, pitch: 4e-6, distance: 1e-4 };
    const layer = new Propagation(options);
    for (const shape of [[4, 6], [3, 6, 4], [4, 6], [1, 1, 5, 5]]) {
      const z = random(shape, 7);
      const expected = await nn.functional.propagate(z, options).data();
      assertEquals(await layer.apply(z).data(), expected);
      assertEquals(layer.apply(z).shape, shape);
    }
    const z = random([4, 4], 1);
    assertClose(await after(z, 0, {}).data(), await z.data(), 1e-6);
  },
);

Deno.test("Propagation refuses what is neither light nor a field, in words", () => {
  const refused = (make: () => unknown, why: string) => assertThrows(make, ArgandError, why);
  const of = (options: object) => () =>
    new Propagation({ wavelength, pitch: 4e-6, distance: 1, ...options });
  refused(() => new Propagation({} as never), "Cannot make a Propagation: wavelength must be");
  refused(of({ wavelength: 0 }), "wavelength must be a number above 0, got 0");
  refused(of({ pitch: -1 }), "pitch must be a number above 0, got -1");
  refused(of({ pitch: [1e-6, 1e-6, 1e-6] }), "pitch must be a number above 0 or a pair of them");
  refused(of({ distance: undefined }), "distance must be a number from -1e+100 to 1e+100");
  refused(
    of({ distance: Infinity }),
    "distance must be a number from -1e+100 to 1e+100, got Infinity",
  );
  refused(
    of({ distance: -1e160 }),
    "distance must be a number from -1e+100 to 1e+100, got -1e+160",
  );
  refused(of({ method: "fraunhofer" }), 'method must be "angularSpectrum" or "fresnel"');
  refused(of({ padding: 2 }), "padding must be true or false");
  refused(of({ bandlimit: true }), 'unknown option "bandlimit"');
  const layer = new Propagation({ wavelength, pitch: 4e-6, distance: 1e-3 });
  refused(
    () => layer.apply(random([8], 1)),
    "it takes a field […, H, W] of at least 2 axes, got [8]",
  );
  refused(() => layer.apply(ones([8, 8]) as never), "it takes a complex tensor");
  const thin = of({ pitch: [0.51e-6, 1e-4], distance: 1e-3 })();
  refused(() => thin.apply(random([4, 64], 1)), "light leaves a field of 4×64 pixels along axis 0");
});
