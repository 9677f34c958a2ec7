/** Curves as SVG: their axes, what they leave out, and what they refuse. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { parseHTML } from "linkedom";
import { ArgandError, complex, type LinePlot, plot, tensor } from "../../complex/mod.ts";
import { axisOf, type AxisScale, placeOn, type Room } from "../../complex/draw/axis.ts";
import { pathOf, thinned } from "../../complex/draw/curve.ts";

const roomy: Room = (numbers) => numbers <= 8;
const textsOf = (numbers: number[], scale: AxisScale, room = roomy) =>
  axisOf(numbers, scale, room)!.ticks.map(({ text }) => text).filter((text) => text !== "");

/** Paths and texts of a plot. */
function parts(drawing: LinePlot) {
  const { document } = parseHTML(`<body>${drawing.svg()}</body>`) as unknown as {
    document: {
      querySelectorAll(selector: string): Iterable<
        { getAttribute(name: string): string; textContent: string }
      >;
    };
  };
  const curves = [...document.querySelectorAll("path[stroke-linecap]")]
    .map((path) => path.getAttribute("d"));
  return {
    curves,
    texts: Array.from(document.querySelectorAll("text"), ({ textContent }) => textContent),
  };
}

Deno.test("linear axes mark multiples of 1, 2 or 5 times a power of ten", () => {
  assertEquals(textsOf([0, 10], "linear"), ["0", "2", "4", "6", "8", "10"]);
  assertEquals(textsOf([-0.3, 0.3], "linear"), ["-0.3", "-0.2", "-0.1", "0", "0.1", "0.2", "0.3"]);
  assertEquals(textsOf([0, 7], "linear"), ["0", "1", "2", "3", "4", "5", "6", "7"]);
  assertEquals(textsOf([1.2e-4, 1.3e-4], "linear").at(-1), "0.00013");
  assertEquals(textsOf([0, 3e6], "linear").at(-1), "3e6");
  assertEquals(textsOf([2e-9, 8e-9], "linear")[0], "2e-9");
  assertEquals(textsOf([4, 4], "linear").includes("4"), true);
  assertEquals(textsOf([-1.7e308, 1.7e308], "linear").includes("0"), true);
  // A narrow axis writes fewer numbers.
  assertEquals(textsOf([0, 200000], "linear", (n) => n <= 5), [
    "0",
    "50000",
    "100000",
    "150000",
    "200000",
  ]);
});

Deno.test("logarithmic axes mark powers of ten, and within a decade what linear ones do", () => {
  assertEquals(textsOf([1, 1000], "log"), ["1", "10", "100", "1000"]);
  assertEquals(textsOf([1e-6, 1e6], "log", (n) => n <= 5), ["10⁻⁶", "0.001", "1", "1000", "10⁶"]);
  assertEquals(textsOf([15, 350], "log"), ["20", "50", "100", "200"]);
  assertEquals(textsOf([1e-5, 6e-5], "log"), ["1e-5", "2e-5", "5e-5"]);
  assertEquals(textsOf([2, 7], "log"), ["2", "3", "4", "5", "6", "7"]);
  const { ticks } = axisOf([1, 100], "log", roomy)!;
  assertEquals(ticks.filter(({ text }) => text === "").length, 16); // 2 to 9 times 1 and 10
  // Numbers that aren't above 0 are left out, and there may be no others.
  const axis = axisOf([-1, 0, NaN, Infinity, 1, 10], "log", roomy)!;
  assertEquals([axis.low, axis.high], [1, 10]);
  assertEquals(axisOf([0, -1, NaN], "log", roomy), null);
  assertEquals([1, 10, 0, -3, NaN].map((x) => placeOn(axis, x)), [0, 1, NaN, NaN, NaN]);
  assertEquals(axisOf([1e-300, 1e300], "log", roomy)!.ticks.length < 50, true);
});

Deno.test("a curve keeps its extremes when it is thinned, and its gaps", () => {
  const n = 100000, x = Float64Array.from({ length: n }, (_, k) => 100 * k / n);
  const y = Float64Array.from(x, (_, k) => k === 41234 ? 9 : k === 77777 ? -9 : Math.sin(k));
  y[50000] = NaN;
  const thin = thinned({ x, y });
  assert(thin.x.length < 500);
  assert(thin.y.includes(9) && thin.y.includes(-9) && thin.y.some(Number.isNaN));
  assertEquals([thin.x[0], thin.x.at(-1)], [x[0], x[n - 1]]);
  assertEquals(
    pathOf({ x: Float64Array.of(0, 1, 2, 3, 4, 5), y: Float64Array.of(1, 2, NaN, 3, NaN, 4.25) }),
    "M0 1L1 2M3 3m-2 0h4m-2-2v4M5 4.3m-2 0h4m-2-2v4",
  );
});

Deno.test("plot() draws each curve in its frame, with names, title and labels", async () => {
  const x = [10, 100, 1000];
  const drawing = await plot(
    { rising: tensor([1, 2, 3]), "a < b": [3, -2, 1] },
    {
      x,
      xScale: "log",
      title: "Two & more",
      xLabel: "Hz",
      yLabel: "gain",
      width: 200,
      height: 100,
    },
  );
  const { curves, texts } = parts(drawing);
  // The first two are the curves, the others the strokes beside their names.
  assertEquals(curves.length, 4);
  const points = Array.from(curves[0].matchAll(/[ML](\S+) ([\d.]+)/g), ([, a, b]) => [+a, +b]);
  const [[left], [middle], [right]] = points;
  assertEquals([middle - left, right - middle], [100, 100]); // decades are equally wide
  assert(points[0][1] > points[1][1] && points[1][1] > points[2][1]); // upwards
  for (const text of ["Two & more", "Hz", "gain", "rising", "a < b", "10", "1000", "−2"]) {
    assert(texts.includes(text), `${texts} lacks ${text}`);
  }
  assert(drawing.width > 200 && drawing.height > 100);
  const shown = (drawing as unknown as Record<symbol, () => Record<string, string>>)
    [Symbol.for("Jupyter.display")]();
  assertEquals(shown["image/svg+xml"], drawing.svg());
});

Deno.test("plot() of one curve has no legend, and counts from 0", async () => {
  const { curves, texts } = parts(await plot(Float32Array.of(1, 4, 2)));
  assertEquals(curves.length, 1);
  assertEquals(texts.slice(0, 2), ["0", "0.2"]);
});

Deno.test("plot() refuses what it can't draw, in words", async () => {
  const refused = (start: string, ...given: unknown[]) =>
    // deno-lint-ignore no-explicit-any
    assertRejects(() => plot(...given as [any, any]), ArgandError, `Cannot plot curves: ${start}`);
  await refused("the curve must be a real vector or an array of numbers, got", complex([1], [2]));
  await refused("the curve must be a vector, got shape [1, 2]", tensor([[1, 2]]));
  await refused("the curve must be", ["1"]);
  await refused("it takes 1 to 18 curves, got 0", {});
  await refused("x has 2 numbers, and a 3", { a: [1, 2, 3] }, { x: [1, 2] });
  await refused("no number of y is finite and above 0", [0, -1], { yScale: "log" });
  await refused("no number of x is finite", [1], { x: [NaN] });
  await refused("no number of x is finite", []);
  await refused('yScale must be "linear" or "log", got', [1], { yScale: "cubic" });
  await refused("title must be a text, got", [1], { title: 3 });
  await refused("width must be at most 4096, got 5000", [1], { width: 5000 });
  await refused("", [1], { widht: 3 });
});
