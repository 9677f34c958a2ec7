import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, full, ones, tensor } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import { manualSeed } from "../../complex/create/random.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { mixed, random, slopes } from "./support.ts";

onEngines("PhaseMask turns phases and keeps moduli", async () => {
  manualSeed(1);
  const layer = new nn.PhaseMask([3, 4], { init: "uniform" });
  const phase = await layer.phase.data();
  assert(phase.every((p) => p >= 0 && p < 2 * Math.PI) && new Set(phase).size > 6);
  const z = random([2, 3, 4], 1);
  const [before, after] = [await z.data(), await layer.apply(z).data()];
  const expected = before.map((_, k) => {
    const [re, im] = [before[k - k % 2], before[k - k % 2 + 1]];
    const [c, s] = [Math.cos(phase[(k >> 1) % 12]), Math.sin(phase[(k >> 1) % 12])];
    return k % 2 === 0 ? re * c - im * s : re * s + im * c;
  });
  assertClose(after, expected, 1e-6);
  assertEquals(await new nn.PhaseMask([4]).apply(z).data(), before);
});

onEngines("a passive ComplexMask never amplifies, another may", async () => {
  const given = complex([[0.3, 3], [0, 0]], [[0.4, 4], [0, -1]]);
  const layer = new nn.ComplexMask([2, 2], { passive: true });
  assertEquals(await layer.mask.real.sum().item(), 4); // clear at first
  layer.mask.assign(given);
  const z = complex(full([2, 2], 2));
  assertClose(await layer.apply(z).data(), [0.6, 0.8, 1.2, 1.6, 0, 0, 0, -2], 1e-6);
  const free = new nn.ComplexMask([2, 2]);
  free.mask.assign(given);
  assertClose(await free.apply(z).data(), (await given.data()).map((x) => 2 * x), 1e-6);
});

onEngines("gradients of the masks agree with differences", async () => {
  const z = random([2, 2, 3], 1);
  const phase = random([2, 3], 2).real;
  // Inside and outside the unit disc, a step away from its edge.
  const mask = random([2, 3], 3).sgn().mul(tensor([[0.4, 1.8, 0.7], [2.5, 0.6, 1.5]]));
  const byPhase = (x: ComplexTensor, p: RealTensor) => mixed(nn.functional.phaseMask(x, p));
  const byMask = (x: ComplexTensor, t: ComplexTensor) =>
    mixed(nn.functional.complexMask(x, t, { passive: true }));
  for (const [f, inputs] of [[byPhase, [z, phase]], [byMask, [z, mask]]] as const) {
    for (const g of [f, slopes(f as never)]) {
      const report = await gradcheck(g as (...args: Tensor[]) => RealTensor, [...inputs]);
      assert(report.ok, JSON.stringify(report.worst));
    }
  }
});

const OPTICS = { focalLength: 0.2, wavelength: 1.55e-6, pitch: 20e-6 };

/** The phase of the lens, −2πn/λ times the path, in float64. */
function lensPhase(k: number, options: nn.LensOptions): number {
  const { focalLength: f, wavelength, refractiveIndex = 1, pitch, form } = options;
  const [py, px] = typeof pitch === "number" ? [pitch, pitch] : pitch;
  const r = Math.hypot((Math.floor(k / 31) - 16) * py, (k % 31 - 15) * px);
  const path = form === "exact" ? Math.sign(f) * (Math.hypot(r, f) - Math.abs(f)) : r * r / (2 * f);
  return -2 * Math.PI * refractiveIndex * path / wavelength;
}

onEngines("Lens has the phases of its formula on all pixels of its aperture", async () => {
  const cases: nn.LensOptions[] = [
    OPTICS,
    { ...OPTICS, focalLength: -0.1, form: "exact", aperture: 500e-6 },
    { ...OPTICS, form: "exact", pitch: [30e-6, 10e-6], refractiveIndex: 1.33, focalLength: 0.05 },
  ];
  for (const options of cases) {
    const lens = new nn.Lens(options);
    const z = random([2, 32, 31], 5);
    const [before, after] = [await z.data(), await lens.apply(z).data()];
    const [py, px] = typeof options.pitch === "number"
      ? [options.pitch, options.pitch]
      : options.pitch;
    const rim = (options.aperture ?? Infinity) / 2;
    const expected = Float64Array.from(before, (_, k) => {
      const pixel = (k >> 1) % (32 * 31);
      const r = Math.hypot((Math.floor(pixel / 31) - 16) * py, (pixel % 31 - 15) * px);
      if (r > rim) return 0;
      const [re, im] = [before[k & ~1], before[k | 1]];
      const phi = lensPhase(pixel, options);
      return k % 2 === 0
        ? re * Math.cos(phi) - im * Math.sin(phi)
        : re * Math.sin(phi) + im * Math.cos(phi);
    });
    assertClose(after, expected, 1e-6);
    assert(options.aperture === undefined || expected.some((x) => x === 0));
    assertEquals(await nn.functional.lens(z, options).data(), after);
  }
});

onEngines("a lens and its opposite undo each other, and two make one of added powers", async () => {
  const z = random([8, 8], 1);
  const of = (focalLength: number) => new nn.Lens({ ...OPTICS, focalLength });
  assertClose(await of(-0.3).apply(of(0.3).apply(z)).data(), await z.data(), 1e-6);
  const both = of(0.3).apply(of(0.6).apply(z)); // 1/0.3 + 1/0.6 = 1/0.2
  assertClose(await both.data(), await of(0.2).apply(z).data(), 1e-6);
});

Deno.test("masks and lenses refuse what does not fit, in words", () => {
  const refused = (make: () => unknown, why: string) => assertThrows(make, ArgandError, why);
  const z = random([2, 3, 4], 1);
  refused(
    () => new nn.PhaseMask([4, 3]).apply(z),
    "the field [2, 3, 4] does not end in the pixels",
  );
  refused(() => new nn.PhaseMask([2, 2, 3, 4]).apply(z), "[2, 2, 3, 4]");
  refused(() => new nn.PhaseMask([]).apply(z), "does not end in the pixels []");
  refused(() => new nn.PhaseMask([0]), "shape must be a list, each a positive integer");
  refused(
    () => new nn.PhaseMask([2], { init: "ones" as never }),
    'init must be "zeros" or "uniform"',
  );
  refused(() => new nn.ComplexMask([1, 4]).apply(z), "does not end in the pixels [1, 4]");
  refused(() => new nn.ComplexMask([4], { passive: 1 as never }), "passive must be true or false");
  refused(() => nn.functional.phaseMask(z, random([4], 1) as never), "it takes a real tensor");
  refused(() => nn.functional.complexMask(z, ones([4]) as never), "it takes a complex tensor");
  refused(() => nn.functional.phaseMask(tensor([1]) as never, tensor([1])), "a complex tensor");

  const lens = (options: object) => () => new nn.Lens({ ...OPTICS, ...options });
  refused(() => new nn.Lens(undefined as never), "wavelength must be a number above 0");
  refused(lens({ wavelength: -1e-6 }), "Cannot make a Lens: wavelength must be a number above 0");
  refused(lens({ focalLength: 0 }), "focalLength must not be 0");
  refused(lens({ focalLength: Infinity }), "focalLength must be a finite number, got Infinity");
  refused(lens({ pitch: [1e-6] }), "pitch must be a number above 0 or a pair of them");
  refused(lens({ pitch: [1e-6, 0] }), "pitch must be a number above 0");
  refused(lens({ refractiveIndex: 0 }), "refractiveIndex must be a number above 0");
  refused(lens({ aperture: 0 }), "aperture must be a number above 0");
  refused(lens({ form: "thick" }), 'form must be "paraxial" or "exact"');
  refused(() => new nn.Lens(OPTICS).apply(random([8], 1)), "of at least 2 axes, got [8]");
  // λf/(2·pitch) = 7.75 mm is the largest radius for this pitch, 388 pixels.
  const wide = complex(ones([2, 800]));
  refused(() => new nn.Lens(OPTICS).apply(wide), "moves by 0.516 turns from pixel to pixel");
  new nn.Lens({ ...OPTICS, aperture: 0.015 }).apply(wide);
});
