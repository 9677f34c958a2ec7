import { assert, assertEquals, assertThrows } from "@std/assert";
import { complex, complexTensor, polar, tensor } from "../../complex/create/create.ts";
import { gradcheck } from "../../complex/transforms/gradcheck.ts";
import type { ComplexTensor, RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { valueAndGrad } from "../../complex/transforms/transform.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import * as nn from "../../nn/mod.ts";
import { assertClose } from "../support/close.ts";
import { onEngines } from "../support/engines.ts";
import { hashed } from "../support/seeded.ts";
import { slopes } from "./support.ts";

type Z = [re: number, im: number];

/** Moduli in [0.5, 1.5) and all phases, no two the same. */
function fields(shape: number[], seed: number): ComplexTensor {
  const h = hashed(2 * shape.reduce((a, b) => a * b), seed);
  const at = (first: number) => h.filter((_, k) => k % 2 === first);
  const [r, phi] = [at(0).map((x) => 1 + x / 2), at(1).map((x) => x * Math.PI)];
  return polar(tensor(r, shape), tensor(phi, shape));
}

async function list(x: Tensor): Promise<Z[]> {
  const data = await x.data();
  if (x.dtype === "float32") return Array.from(data, (v) => [v, 0]);
  return Array.from({ length: x.size }, (_, k) => [data[2 * k], data[2 * k + 1]]);
}

const distances = (a: Z[], b: Z[]) => a.map(([x, y], k) => Math.hypot(x - b[k][0], y - b[k][1]));
const sumOf = (list: number[]) => list.reduce((a, b) => a + b, 0);
const meanOf = (list: number[]) => sumOf(list) / list.length;
const wrapped = ([x, y]: Z, [u, v]: Z) => Math.atan2(y * u - x * v, x * u + y * v);

/** ⟨b, a⟩ / (‖a‖ ‖b‖) in float64. */
function cosineOf(a: Z[], b: Z[]): Z {
  const norms = Math.hypot(...a.flat()) * Math.hypot(...b.flat());
  const re = sumOf(a.map(([x, y], k) => x * b[k][0] + y * b[k][1]));
  const im = sumOf(a.map(([x, y], k) => y * b[k][0] - x * b[k][1]));
  return [re / norms, im / norms];
}

/**
 * Two complex, two real, and one of each. On webgpu complex ones only: each kind has shaders of its
 * own to compile, of functions that are compared with those of the other engine elsewhere.
 */
function pairs(shape: number[], { kind }: Engine): [string, Tensor, Tensor][] {
  const [a, b] = [fields(shape, 1), fields(shape, 2)];
  const more: [string, Tensor, Tensor][] = [["real", a.real, b.real], ["mixed", a, b.real]];
  return [["complex", a, b], ...kind === "cpu" ? more : []];
}

onEngines("losses of single elements are their formulas in float64", async (engine) => {
  const items: [string, (a: Z[], b: Z[]) => number[], typeof nn.l1][] = [
    ["mse", (a, b) => distances(a, b).map((d) => d * d), nn.mse],
    ["l1", distances, nn.l1],
    ["huber", (a, b) => distances(a, b).map((d) => d <= 1 ? d * d / 2 : d - 0.5), nn.huber],
    [
      "huber of delta 0.3",
      (a, b) => distances(a, b).map((d) => d <= 0.3 ? d * d / 2 : 0.3 * (d - 0.15)),
      (a, b, options) => nn.huber(a, b, { delta: 0.3, ...options }),
    ],
    ["phaseLoss", (a, b) => a.map((z, k) => 1 - Math.cos(wrapped(z, b[k]))), nn.phaseLoss],
    [
      "phaseLoss, weighted",
      (a, b) => {
        const moduli = b.map((z) => Math.hypot(...z));
        return a.map((z, k) => (1 - Math.cos(wrapped(z, b[k]))) * moduli[k] / meanOf(moduli));
      },
      (a, b, options) => nn.phaseLoss(a, b, { weighted: true, ...options }),
    ],
  ];
  for (const [kind, a, b] of pairs([4, 5], engine)) {
    const [x, y] = [await list(a), await list(b)];
    for (const [name, formula, loss] of items) {
      const expected = formula(x, y);
      const none = loss(a, b, { reduction: "none" });
      assertEquals(none.shape, [4, 5]);
      assertClose(await none.data(), expected, 1e-6, `${name}, ${kind}`);
      assertClose([await loss(a, b).item()], [meanOf(expected)], 1e-6, `${name}, ${kind}, mean`);
      const sum = await loss(a, b, { reduction: "sum" }).item();
      assertClose([sum], [sumOf(expected)], 1e-6, `${name}, ${kind}, sum`);
    }
  }
});

onEngines("the cosine similarity of fields is that of float64 for any axes", async (engine) => {
  for (const [kind, a, b] of pairs([2, 3, 4], engine)) {
    const [x, y] = [await list(a), await list(b)];
    const of = (places: number[]) =>
      Math.hypot(...cosineOf(places.map((k) => x[k]), places.map((k) => y[k])));
    const all = [...x.keys()];
    const halves = [0, 1].map((n) => of(all.filter((k) => Math.floor(k / 12) === n)));
    assertClose(await nn.cosineSimilarity(a, b).data(), halves, 1e-6, kind);
    const rows = [0, 1, 2, 3, 4, 5].map((n) => of(all.filter((k) => Math.floor(k / 4) === n)));
    const alongLast = nn.cosineSimilarity(a, b, { axis: -1 });
    assertEquals(alongLast.shape, [2, 3]);
    assertClose(await alongLast.data(), rows, 1e-6, kind);
    assertClose([await nn.cosineLoss(a, b).item()], [1 - meanOf(halves)], 1e-6, kind);
    const none = nn.cosineLoss(a, b, { axis: [0, 1, 2], reduction: "none" });
    assertClose([await none.item()], [1 - of(all)], 1e-6, kind);
  }
  const v = fields([6], 3);
  assertEquals(nn.cosineSimilarity(v, v).shape, []);
});

onEngines("the cosine similarity depends on no scale, however small or large", async () => {
  const [a, b] = [fields([2, 6], 1), fields([2, 6], 2)];
  const expected = await nn.cosineSimilarity(a, b).data();
  for (const scale of [1e-30, 1e-20, 1e20, 1e30]) {
    const moved = nn.cosineSimilarity(a.mul(scale), b.mul({ re: 0, im: -1 / scale }));
    assertClose(await moved.data(), expected, 1e-6, String(scale));
  }
});

onEngines("first and second derivatives of the losses pass gradcheck", async ({ kind }) => {
  const [a, b] = [fields([2, 3], 4), fields([2, 3], 5)];
  const losses: [string, typeof nn.l1][] = [
    ["l1", nn.l1],
    ["huber", nn.huber],
    ["huber of small delta", (a, b) => nn.huber(a, b, { delta: 0.1 })],
    ["phaseLoss", nn.phaseLoss],
    ["phaseLoss, weighted", (a, b) => nn.phaseLoss(a, b, { weighted: true })],
    ["cosineLoss", nn.cosineLoss],
  ];
  const largest = Math.max(...distances(await list(a), await list(b)));
  assert(largest > 1.2, "both branches of the Huber loss are tried");
  for (const [name, loss] of losses) {
    // The square, as the slopes of |a − b| alone have the same length everywhere.
    const items = (a: Tensor, b: Tensor) => loss(a, b, { reduction: "none" });
    const f = ((a, b) => items(a, b).square().sum()) as (...args: Tensor[]) => RealTensor;
    for (const [order, g] of [[1, f], [2, slopes(f)]] as const) {
      // Shaders of second derivatives take seconds to compile.
      if (order === 2 && kind === "webgpu" && /huber|weighted/.test(name)) continue;
      const { ok, worst } = await gradcheck(g, [a, b], {
        checks: 4,
        tolerance: 5e-3,
        step: 1 / 64,
      });
      assert(ok, `${name}, order ${order}: ${JSON.stringify(worst)}`);
    }
  }
});

onEngines("losses and their derivatives are finite at 0 and where both are the same", async () => {
  const z = complex([0, 0, 2, 1e-38, 1e30], [0, 0, 1, 0, 1e30]);
  const w = complex([0, 1, 2, 1, -1e30], [0, 1, 1, 0, 1e30]);
  const losses: [string, typeof nn.l1][] = [
    ["l1", nn.l1],
    ["huber", nn.huber],
    ["phaseLoss", nn.phaseLoss],
    ["phaseLoss, weighted", (a, b) => nn.phaseLoss(a, b, { weighted: true })],
    ["cosineLoss", nn.cosineLoss],
    ["cosineLoss of one each", (a, b) => nn.cosineLoss(a.reshape([5, 1]), b.reshape([5, 1]))],
  ];
  for (const [name, loss] of losses) {
    for (const [a, b] of [[z, w], [w, z], [z, z]]) {
      const [value, gradients] = valueAndGrad(
        ((a: Tensor, b: Tensor) => loss(a, b)) as (...args: Tensor[]) => RealTensor,
      )(a, b);
      assert(Number.isFinite(await value.item()), `${name}: ${await value.item()}`);
      for (const g of gradients) {
        const data = await g.data();
        assert(data.every(Number.isFinite), `${name}: ${data}`);
      }
    }
  }
  const zero = complex([0, 0], [0, 0]);
  const one = complex([1, 0], [0, 0]);
  assertEquals([...await nn.phaseLoss(zero, one, { reduction: "none" }).data()], [1, 1]);
  assertEquals(await nn.phaseLoss(one, zero, { weighted: true }).item(), 0);
  assertEquals(await nn.cosineSimilarity(zero, one).item(), 0);
});

onEngines("phaseLoss keeps the digits of small differences", async () => {
  const phi = 1e-4;
  const loss = nn.phaseLoss(polar([1], [1 + phi]), polar([7], [1]), { reduction: "sum" });
  assertClose([await loss.item()], [phi * phi / 2], 1e-2);
});

onEngines("accuracy counts the rows whose largest entry is at the label", async () => {
  const logits = tensor([[0, 2, 1], [3, 1, 3], [-1, -3, -2], [0, 0, 5]]);
  assertEquals(await nn.metrics.accuracy(logits, [1, 0, 0, 2]).item(), 1);
  assertEquals(await nn.metrics.accuracy(logits, Uint8Array.of(1, 2, 1, 2)).item(), 0.5);
  const moduli = complex([[0, -2], [1, 0]], [[1, 0], [0, -3]]);
  assertEquals(await nn.metrics.accuracy(moduli, [1, 1]).item(), 1);
});

onEngines("metrics of fields are their formulas in float64", async (engine) => {
  const { correlation, phaseError, psnr, relativeError } = nn.metrics;
  for (const [kind, a, b] of pairs([3, 8], engine)) {
    const [x, y] = [await list(a), await list(b)];
    const rows = [0, 1, 2].map((n) => [x, y].map((z) => z.slice(8 * n, 8 * n + 8)));
    const both = async (
      name: string,
      metric: (a: Tensor, b: Tensor, options?: nn.metrics.MetricOptions) => RealTensor,
      formula: (a: Z[], b: Z[]) => number,
      tolerance = 2e-6,
    ) => {
      assertClose([await metric(a, b).item()], [formula(x, y)], tolerance, `${name}, ${kind}`);
      const each = await metric(a, b, { axis: 1 }).data();
      const expected = rows.map(([u, v]) => formula(u, v));
      assertClose(each, expected, tolerance, `${name} of rows, ${kind}`);
    };
    const norm = (z: Z[]) => Math.hypot(...z.flat());
    await both(
      "relativeError",
      relativeError,
      (u, v) => Math.hypot(...distances(u, v)) / norm(v),
    );
    await both("correlation", correlation, (u, v) => Math.hypot(...cosineOf(u, v)));
    const free = (z: Z[]): Z[] => {
      const [re, im] = [0, 1].map((k) => meanOf(z.map((w) => w[k])));
      return z.map(([p, q]) => [p - re, q - im]);
    };
    await both(
      "correlation, mean free",
      (u, v, options) => correlation(u, v, { meanFree: true, ...options }),
      (u, v) => {
        const [re, im] = cosineOf(free(u), free(v));
        return kind === "real" ? re : Math.hypot(re, im);
      },
    );
    const rms = (list: number[]) => Math.sqrt(meanOf(list.map((v) => v * v)));
    await both("phaseError", phaseError, (u, v) => rms(u.map((z, k) => wrapped(z, v[k]))));
    if (kind === "complex") {
      await both(
        "phaseError without the global phase",
        (u, v, options) => phaseError(u, v, { removeGlobalPhase: true, ...options }),
        (u, v) => rms(u.map((z, k) => wrapped([...turned(z, cosineOf(u, v))], v[k]))),
      );
    }
    const off = (u: Z[], v: Z[]) => 10 * Math.log10(meanOf(distances(u, v).map((d) => d * d)));
    const peak = (v: Z[]) => 20 * Math.log10(Math.max(...v.map((z) => Math.hypot(...z))));
    // An error of 2⁻²⁴ in a ratio is 5e-7 dB, and these are a fraction of 1 dB.
    await both("psnr", psnr, (u, v) => peak(v) - off(u, v), 1e-5);
    await both(
      "psnr of peak 3",
      (u, v, options) => psnr(u, v, { peak: 3, ...options }),
      (u, v) => 20 * Math.log10(3) - off(u, v),
      1e-5,
    );
  }
});

/** z conj(w). */
const turned = ([x, y]: Z, [u, v]: Z): Z => [x * u + y * v, y * u - x * v];

onEngines("metrics know what is nothing, the same, constant, tiny and huge", async () => {
  const { correlation, phaseError, psnr, relativeError } = nn.metrics;
  const zero = complex([0, 0], [0, 0]);
  const z = complex([3, -1], [4, 2]);
  assertEquals(await relativeError(z, z).item(), 0);
  assertEquals(await relativeError(zero, zero).item(), 0);
  assertEquals(await relativeError(z, zero).item(), Infinity);
  assertEquals(await psnr(z, z).item(), Infinity);
  assertEquals(await psnr(zero, zero).item(), Infinity);
  assertEquals(await correlation(z, zero).item(), 0);
  const constant = tensor([0.1, 0.1, 0.1]);
  assertEquals(await correlation(constant, tensor([1, 2, 4]), { meanFree: true }).item(), 0);
  assertEquals(await phaseError(z, zero).item(), NaN);
  assertEquals(await phaseError(zero, zero, { removeGlobalPhase: true }).item(), NaN);
  const holed = complex([0, 1], [0, 0]);
  assertClose([await phaseError(z, holed).item()], [Math.atan2(2, -1)], 1e-6);
  for (const scale of [1e-25, 1e25]) {
    const w = z.mul({ re: 0, im: 1.25 });
    assertClose(
      [await relativeError(w.mul(scale), z.mul(scale)).item()],
      [Math.sqrt(2.5625)],
      1e-6,
    );
    assertClose([await correlation(w.mul(scale), z.mul(scale)).item()], [1], 1e-6);
    assertClose([await phaseError(w.mul(scale), z.mul(scale)).item()], [Math.PI / 2], 1e-6);
    const error = phaseError(w.mul(scale), z, { removeGlobalPhase: true });
    assert(await error.item() < 1e-6);
    const ratio = await psnr(w.mul(scale), z.mul(scale)).item();
    assertClose([ratio], [20 * Math.log10(5) - 10 * Math.log10(2.5625 * 15)], 2e-6);
  }
});

onEngines("metrics pass no derivative on", () => {
  const z = complexTensor(hashed(8, 1), [4]);
  const { relativeError, correlation, phaseError, psnr } = nn.metrics;
  for (const metric of [relativeError, correlation, phaseError, psnr]) {
    const layer = new nn.CPReLU();
    assert(!metric(layer.apply(z), z).node.tracked, metric.name);
  }
});

Deno.test("losses and metrics refuse what does not fit, with the figures", () => {
  const [a, b] = [complex([1, 2]), complex([1, 2, 3])];
  const shapes = "the prediction is [2] and the target [3]";
  const { accuracy, correlation, phaseError, psnr, relativeError } = nn.metrics;
  const refused: [() => unknown, string][] = [
    ...[nn.mse, nn.l1, nn.huber, nn.phaseLoss, nn.cosineLoss, nn.cosineSimilarity].map((
      f,
    ): [() => unknown, string] => [() => f(a, b), shapes]),
    ...[relativeError, correlation, phaseError, psnr].map((
      f,
    ): [() => unknown, string] => [() => f(a, b), shapes]),
    [() => nn.l1(a, a, { reduction: "max" as "sum" }), "reduction"],
    [() => nn.huber(a, a, { delta: 0 }), "delta must be a number above 0, got 0"],
    [() => nn.cosineLoss(a, a, { axis: 1 }), "axis 1"],
    [() => nn.phaseLoss(a, a, { weighted: 1 as unknown as boolean }), "true or false"],
    [() => psnr(a, a, { peak: -1 }), "peak must be a number above 0, got -1"],
    [() => relativeError(a, a, { axis: [0, 0] }), "named twice"],
    [() => accuracy(a, [0, 1]), "it takes [N, classes], got [2]"],
    [() => accuracy(tensor([[1, 2]]), [2]), "label 0"],
    [() => accuracy(tensor([[1, 2]]), [0, 1]), "2 labels for 1 rows"],
  ];
  for (const [f, words] of refused) assertThrows(f, ArgandError, words);
});
