import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { decode } from "fast-png";
import { parseHTML } from "linkedom";
import {
  ArgandError,
  complex,
  complexTensor,
  domainColour,
  draw,
  drawColourWheel,
  drawComplex,
  type Drawing,
  type DrawOptions,
  drawReal,
  encodePng,
  full,
  ones,
  type Picture,
  pngDataUrl,
  type Tensor,
  tensor,
  zeros,
} from "../../complex/mod.ts";
import { memory } from "../../complex/transforms/memory.ts";
import { onEngines } from "../support/engines.ts";

/** OKLab of sRGB bytes, by the inverse matrices of the paper. */
function oklab([r, g, b]: number[]): [number, number, number] {
  const linear = (x: number) => x <= 10.31 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4;
  const [R, G, B] = [linear(r), linear(g), linear(b)];
  const l = Math.cbrt(0.4122214708 * R + 0.5363325363 * G + 0.0514459929 * B);
  const m = Math.cbrt(0.2119034982 * R + 0.6806995451 * G + 0.1073969566 * B);
  const s = Math.cbrt(0.0883024619 * R + 0.2817188376 * G + 0.6299787005 * B);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

Deno.test("domainColour() gives all phases one lightness and chroma, and turns the hue evenly", () => {
  const hues: number[] = [];
  for (let k = 0; k < 24; k++) {
    const phase = 2 * Math.PI * k / 24;
    const [l, a, b] = oklab(domainColour(Math.cos(phase), Math.sin(phase)));
    assert(Math.abs(l - 0.76) < 0.006, `lightness ${l} at phase ${phase}`);
    assert(Math.abs(Math.hypot(a, b) - 0.125) < 0.008, `chroma ${Math.hypot(a, b)} at ${phase}`);
    hues.push(Math.atan2(b, a));
  }
  hues.forEach((hue, k) => {
    const turn = hues[(k + 1) % 24] - hue;
    const step = turn < 0 ? turn + 2 * Math.PI : turn;
    assert(Math.abs(step - 2 * Math.PI / 24) < 0.06, `the hue turns by ${step}`);
  });
});

Deno.test("domainColour() brightens with the modulus and stays at full colour above the scale", () => {
  let last = -1;
  for (let r = 0; r <= 1; r += 0.1) {
    const [l] = oklab(domainColour(0, -3 * r, 3));
    assert(l > last);
    last = l;
  }
  assertEquals(domainColour(0, 0), [0, 0, 0]);
  assertEquals(domainColour(5, 5, 1), domainColour(1, 1, 1));
});

Deno.test("drawComplex() scales by the largest finite modulus and leaves the rest transparent", () => {
  const data = new Float32Array([2, 0, 0, 1, NaN, 0, 0, Infinity]);
  const { width, height, rgba } = drawComplex(data, 2, 2);
  assertEquals([width, height], [2, 2]);
  assertEquals([...rgba.subarray(0, 3)], domainColour(2, 0, 2));
  assertEquals([...rgba.subarray(4, 7)], domainColour(0, 1, 2));
  assertEquals([3, 7, 11, 15].map((k) => rgba[k]), [255, 255, 0, 0]);
});

Deno.test("drawComplex() draws zeros black and takes a scale", () => {
  assertEquals([...drawComplex(new Float32Array(2), 1, 1).rgba], [0, 0, 0, 255]);
  const { rgba } = drawComplex([1, 0], 1, 1, { scale: 4 });
  assertEquals([...rgba.subarray(0, 3)], domainColour(1, 0, 4));
});

Deno.test("drawComplex() and drawReal() reject data of another size", () => {
  const data = new Float32Array(7);
  const why = "field: it was given 7 numbers";
  assertThrows(() => drawComplex(data, 2, 2), ArgandError, `Cannot draw a complex 2×2 ${why}`);
  assertThrows(() => drawReal(data, 2, 2), ArgandError, `Cannot draw a real 2×2 ${why}`);
});

Deno.test("drawComplex(), drawReal() and drawColourWheel() refuse options out of range", () => {
  // deno-lint-ignore no-explicit-any
  const bad = (x: unknown) => x as any;
  const cases: [() => unknown, string][] = [
    [
      () => drawComplex([1, 0], 1, 1, { scale: -1 }),
      "scale must be a number of at least 0, got -1",
    ],
    [
      () => drawComplex([1, 0], 1, 1, { decades: NaN }),
      "decades must be a number above 0, got NaN",
    ],
    [() => drawComplex([1, 0], 1, 1, bad({ size: 2 })), 'unknown option "size"'],
    [() => drawComplex([1, 0], 0.5, 2), "it was given 2 numbers"],
    [() => drawReal([1], 1, 1, { low: 1 }), "high must be above low, got 1 and 1"],
    [() => drawReal([1], 1, 1, { high: NaN }), "high must be a number, got NaN"],
    [() => drawColourWheel(2.5), "the diameter must be a positive integer, got 2.5"],
    [() => drawColourWheel(-1), "got -1"],
    [() => drawColourWheel(1e6), "the diameter 1000000 is above 4096"],
    [() => drawComplex(bad(undefined), 1, 1), "it takes an array of numbers, got undefined"],
    [() => drawReal(bad(null), 1, 1), "it takes an array of numbers, got null"],
    [() => drawReal(bad(BigInt64Array.of(1n)), 1, 1), "of numbers, got a BigInt64Array"],
    [() => encodePng(bad(undefined)), "it takes a picture { width, height, rgba }"],
    [() => encodePng(bad({ width: 0, height: 1 })), "the width must be a positive integer, got 0"],
    [() => encodePng(bad({ width: 1, height: 1 })), "rgba must be a Uint8ClampedArray, got undef"],
    [
      () => pngDataUrl({ width: 2, height: 1, rgba: new Uint8ClampedArray(4) }),
      "2×1 pixels take 8 bytes, not 4",
    ],
  ];
  for (const [call, message] of cases) assertThrows(call, ArgandError, message);
});

Deno.test("drawReal() is grey from low to high", () => {
  const { rgba } = drawReal([-1, 0, 1, 3], 1, 4, { low: -1, high: 1 });
  assertEquals([0, 4, 8, 12].map((k) => rgba[k]), [0, 128, 255, 255]);
  assertEquals([0, 1, 2].map((k) => rgba[4 + k]), [128, 128, 128]);
});

Deno.test("drawColourWheel() is a disc with one in the east and i in the north", () => {
  const { rgba } = drawColourWheel(65);
  const at = (row: number, column: number) =>
    [...rgba.subarray(4 * (row * 65 + column))].slice(0, 4);
  assertEquals(at(0, 0)[3], 0);
  assertEquals(at(32, 32), [0, 0, 0, 255]);
  assertEquals(at(32, 60), [...domainColour(121 / 65 - 1, 0), 255]);
  assertEquals(at(4, 32), [...domainColour(0, 1 - 9 / 65), 255]);
});

Deno.test("encodePng() and pngDataUrl() keep every pixel", async () => {
  const picture = drawColourWheel(9);
  assertEquals([...decode(encodePng(picture)).data], [...picture.rgba]);
  const response = await fetch(pngDataUrl(picture));
  assertEquals(response.headers.get("content-type"), "image/png");
  assertEquals(new Uint8Array(await response.arrayBuffer()), new Uint8Array(encodePng(picture)));
});

/** An element of a page, as far as these tests look at it. */
interface Element {
  readonly textContent: string;
  getAttribute(name: string): string | null;
  querySelector(selector: string): Element | null;
  querySelectorAll(selector: string): Iterable<Element>;
}

/** A page that holds this SVG. */
const parse = (svg: string): Element =>
  (parseHTML(`<body>${svg}</body>`) as unknown as { document: Element }).document;

/** Red, green, blue and opacity of a pixel. */
const pixel = ({ rgba, width }: Picture, x: number, y: number): number[] => [
  ...rgba.subarray(4 * (y * width + x), 4 * (y * width + x) + 4),
];

Deno.test("domainColour() moves as far in OKLab for every equal step of the phase", () => {
  const at = (k: number) =>
    oklab(domainColour(Math.cos(k * Math.PI / 12), Math.sin(k * Math.PI / 12)));
  const steps = Array.from({ length: 24 }, (_, k) => {
    const [a, b] = [at(k), at(k + 1)];
    return Math.hypot(...a.map((v, i) => v - b[i]));
  });
  const even = 2 * 0.125 * Math.sin(Math.PI / 24);
  for (const step of steps) assert(Math.abs(step / even - 1) < 0.12, `${step} and not ${even}`);
});

Deno.test("drawComplex() with decades is black that many powers of ten below the scale", () => {
  const picture = drawComplex([100, 0, 10, 0, 1, 0, 0.5, 0, 0, 0], 1, 5, { decades: 2 });
  assertEquals(pixel(picture, 0, 0).slice(0, 3), domainColour(1, 0));
  assertEquals(pixel(picture, 1, 0).slice(0, 3), domainColour(0.5, 0));
  for (const x of [2, 3, 4]) assertEquals(pixel(picture, x, 0), [0, 0, 0, 255]);
});

onEngines("draw() gives every element its colour, in squares of `pixel`", async () => {
  const z = complex([[1, 0, -1], [0, 3, 0]], [[0, 1, 0], [-1, 0, 0]]);
  const picture = (await draw(z, { pixel: 4, legend: false })).picture();
  assertEquals([picture.width, picture.height], [12, 8]);
  const data = await z.data();
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 12; x++) {
      const k = 2 * (3 * Math.floor(y / 4) + Math.floor(x / 4));
      assertEquals(pixel(picture, x, y), [...domainColour(data[k], data[k + 1], 3), 255]);
    }
  }
});

onEngines("draw() leaves nothing on the device", async () => {
  const field = () => complex(ones([16, 16]), zeros([16, 16])).mul({ re: 1, im: 2 });
  await draw(field());
  const before = memory().live;
  await draw(field());
  assertEquals(memory().live, before);
});

Deno.test("draw() shows real numbers in grey, and those of both signs as complex ones", async () => {
  const options = { pixel: 1, legend: false };
  const plain = (await draw(tensor([[0, 1, 4, NaN]]), options)).picture();
  assertEquals([0, 1, 2].map((x) => pixel(plain, x, 0)[0]), [0, 64, 255]);
  assertEquals(pixel(plain, 3, 0), [0, 0, 0, 0]);
  const signed = (await draw(tensor([[-2, 0, 1, NaN]]), options)).picture();
  assertEquals(pixel(signed, 0, 0), [...domainColour(-1, 0), 255]);
  assertEquals(pixel(signed, 1, 0), [0, 0, 0, 255]);
  assertEquals(pixel(signed, 2, 0), [...domainColour(0.5, 0), 255]);
  assertEquals(pixel(signed, 3, 0), [0, 0, 0, 0]);
  const limits = (await draw(tensor([[-2, 0, 2]]), { ...options, low: -2, high: 2 })).picture();
  assertEquals([0, 1, 2].map((x) => pixel(limits, x, 0)), [
    [0, 0, 0, 255],
    [128, 128, 128, 255],
    [255, 255, 255, 255],
  ]);
});

Deno.test("draw() draws fields of nothing but zeros black", async () => {
  for (const z of [zeros([2, 2]), full([2, 2], { re: 0, im: 0 })]) {
    const picture = (await draw(z, { pixel: 1, legend: false })).picture();
    assertEquals(pixel(picture, 1, 1), [0, 0, 0, 255]);
  }
});

Deno.test("draw() lays a stack out as a page of fields, and a stack of stacks in rows", async () => {
  const options = { pixel: 2, legend: false };
  const sizes = async (z: Tensor) => {
    const { width, height } = await draw(z, options);
    return [width, height];
  };
  assertEquals(await sizes(ones([])), [2, 24]);
  assertEquals(await sizes(ones([5])), [10, 24]);
  assertEquals(await sizes(ones([3, 5])), [10, 6]);
  assertEquals(await sizes(ones([4, 5, 5])), [22, 22]); // 2 × 2 fields and a seam
  assertEquals(await sizes(ones([2, 3, 5, 5])), [34, 22]); // 2 rows of 3
  const field = [[1, 2], [3, 4]];
  const stack = tensor([field, [[5, 6], [7, 8]]]);
  const picture = (await draw(stack, { ...options, low: 0, high: 8 })).picture();
  assertEquals(pixel(picture, 6, 0)[0], Math.round(255 * 5 / 8));
  assertEquals(pixel(picture, 4, 0), [0, 0, 0, 0]); // the seam
});

Deno.test("draw() puts the wheel beside complex numbers, and a scale beside real ones", async () => {
  const z = complex([[0, 2.5]], [[1, 0]]);
  const [bare, full] = [await draw(z, { legend: false }), await draw(z)];
  const left = bare.width;
  assert(full.width > left + 72);
  // The wheel's colours stand somewhere right of the field: all phases at full brightness.
  const picture = full.picture();
  const wanted = drawColourWheel(72);
  const middle = pixel(wanted, 68, 36).join();
  let found = false;
  for (let y = 0; y < picture.height; y++) {
    for (let x = left; x < picture.width; x++) found ||= pixel(picture, x, y).join() === middle;
  }
  assert(found);
  const texts = (drawing: Drawing) => {
    return [...parse(drawing.svg()).querySelectorAll("text")].map((t) => t.textContent);
  };
  assertEquals(texts(full), ["i", "−1", "1", "−i", "|z| = 2.5"]);
  assertEquals(texts(await draw(z, { scale: 2, decades: 3 })).at(-1), "|z| = 0.002 .. 2");
  assertEquals(texts(await draw(tensor([[1, 2]]))), ["0", "2"]);
  assertEquals(texts(await draw(tensor([[1, -2]]))), ["−2", "0", "2"]);
  assertEquals(texts(bare), []);
});

Deno.test("a drawing's PNG and SVG hold the same fields", async () => {
  const drawing = await draw(complexTensor([1, 0, 0, 1, -1, 0, 0, -1], [2, 2]));
  const png = decode(drawing.png());
  assertEquals([png.width, png.height], [drawing.width, drawing.height]);
  assertEquals([...png.data], [...drawing.picture().rgba]);
  const document = parse(drawing.svg());
  const svg = document.querySelector("svg")!;
  assertEquals(svg.getAttribute("viewBox"), `0 0 ${drawing.width} ${drawing.height}`);
  const [field, wheel] = document.querySelectorAll("image");
  assertEquals(field.getAttribute("style"), "image-rendering:pixelated");
  assertEquals(wheel.getAttribute("width"), "72");
  const source = decode(
    new Uint8Array(await (await fetch(field.getAttribute("href")!)).arrayBuffer()),
  );
  assertEquals([source.width, source.height], [2, 2]);
  assertEquals([...source.data.subarray(4, 7)], domainColour(0, 1));
});

Deno.test("draw() refuses what it cannot draw before it computes anything", async () => {
  const z = complex(ones([2, 2]));
  const cases: [unknown, unknown, string][] = [
    [[1, 2], {}, "Cannot draw a tensor: it takes a tensor, got an array"],
    [ones([1, 1, 1, 2, 2]), {}, "[1, 1, 1, 2, 2] has 5 axes, and a drawing at most 4"],
    [ones([5000, 5000]), {}, "takes 5000×5000, and a picture has at most 16777216; slice()"],
    [z, { pixel: 4096 }, "takes 8192×8192"],
    [ones([2 ** 22, 1, 1]), {}, "takes 6142×6142"], // with the seams
    [z, { pixel: 1.5 }, "a pixel's side must be a positive integer"],
    [z, { scale: 0 }, "scale must be a number above 0, got 0"],
    [z, { decades: NaN }, "decades must be a number above 0, got NaN"],
    [z, { low: 1 }, "low is for real numbers; complex ones have a scale"],
    [ones([2]), { high: "1" }, `high must be a number, got "1"`],
    [ones([2]), { high: 1, scale: 2 }, "high and scale exclude each other"],
    [ones([2]), { low: 3, high: 2 }, "high must be above low, got 3 and 2"],
    [z, { legend: 1 }, "legend must be true or false"],
    [z, { colour: 1 }, `unknown option "colour"`],
  ];
  for (const [x, options, why] of cases) {
    await assertRejects(() => draw(x as Tensor, options as never), ArgandError, why);
  }
});

/** What a notebook shows of a value. */
const shown = async (x: object): Promise<Record<string, string>> =>
  await (x as Record<symbol, () => Promise<Record<string, string>>>)
    [Symbol.for("Jupyter.display")]();

onEngines("notebooks show a tensor as text and as a picture", async () => {
  const z = complex([[1, 0], [0, -1]], [[0, 1], [-1, 0]]);
  const bundle = await shown(z);
  assertEquals(Object.keys(bundle), ["text/plain", "image/png"]);
  assertEquals(bundle["text/plain"], await z.format());
  const png = Uint8Array.from(atob(bundle["image/png"]), (c) => c.charCodeAt(0));
  const drawing = await draw(z);
  assertEquals(png, new Uint8Array(drawing.png()));
  assertEquals((await shown(drawing))["image/png"], bundle["image/png"]);
});

Deno.test("notebooks show as text alone what has no picture, and do not read what is large", async () => {
  assertEquals(await shown(tensor(2)), { "text/plain": "RealTensor [] 2" });
  assertEquals(Object.keys(await shown(ones([1, 1, 1, 1, 2]))), ["text/plain"]);
  for (
    const shape of [[5000], [2 ** 20], [1, 5000], [100, 1, 100, 10], [2000, 2, 1, 1]]
  ) {
    assertEquals(Object.keys(await shown(ones(shape))), ["text/plain"], `${shape}`);
  }
  const large = ones([2048, 1024]);
  const bundle = await shown(large);
  assertEquals(bundle, {
    "text/plain": "RealTensor [2048, 1024] (more than the 1048576 elements that are shown by " +
      "themselves; slice() gives a part)",
  });
  assertEquals(
    String(large),
    "RealTensor [2048, 1024] (not read yet; await x.format() shows the values)",
  );
});

/** The colours of elements, read at their first pixels. */
async function coloursOf(z: Tensor, options: DrawOptions): Promise<number[]> {
  const { rgba } = (await draw(z, { legend: false, pixel: 1, ...options })).picture();
  return Array.from({ length: rgba.length / 4 }, (_, k) => rgba[4 * k]);
}

onEngines(
  "draw() scales by a percentile, so that a few bright elements don't darken all",
  async () => {
    const values = Array.from({ length: 100 }, (_, k) => k === 17 ? 1e6 : k / 99);
    const row = tensor(values.concat(NaN, Infinity)).reshape([1, 102]);
    const plain = await coloursOf(row, {});
    assert(plain.every((red, k) => k === 17 || red < 5));
    const scaled = await coloursOf(row, { percentile: 99 });
    assertEquals([scaled[17], scaled[99], scaled[0]], [255, 255, 0]);
    assert(scaled[50] > 100 && scaled[50] < 160);
    const field = complexTensor(values.flatMap((x) => [0, x]), [1, 100]);
    assertEquals(
      await coloursOf(field, { percentile: 99 }),
      await coloursOf(field, { scale: Math.fround(1) }),
    );
    assertEquals(await coloursOf(field, { percentile: 100 }), await coloursOf(field, {}));
    for (
      const [options, why] of [
        [{ percentile: 0 }, "percentile must be above 0 and at most 100, got 0"],
        [{ percentile: 101 }, "percentile must be"],
        [{ percentile: 90, scale: 1 }, "percentile and scale exclude each other"],
        [{ percentile: 90, high: 1 }, "percentile and high exclude each other"],
      ] as const
    ) await assertRejects(() => draw(row, options), ArgandError, why);
  },
);

onEngines("draw() writes a title above the fields", async () => {
  const field = ones([4, 4]);
  const plain = await draw(field, { pixel: 10 });
  const titled = await draw(field, { pixel: 10, title: "A field & <its> title" });
  assert(titled.height > plain.height && titled.width > plain.width);
  assert(titled.svg().includes("A field &amp; &lt;its&gt; title"));
  // The picture has letters in the room above, and the same field below.
  const { rgba, width } = titled.picture();
  const down = titled.height - plain.height;
  const opaque = (row: number) =>
    Array.from({ length: width }, (_, k) => rgba[4 * (row * width + k) + 3]).some((a) => a > 0);
  assert(Array.from({ length: down }, (_, row) => row).some(opaque));
  // deno-lint-ignore no-explicit-any
  await assertRejects(() => draw(field, { title: 3 as any }), ArgandError, "title must be a text");
});
