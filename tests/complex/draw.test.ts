import { assert, assertEquals, assertThrows } from "@std/assert";
import { decode } from "fast-png";
import {
  domainColour,
  drawColourWheel,
  drawComplex,
  drawReal,
  encodePng,
  pngDataUrl,
} from "../../complex/draw.ts";
import { ArgandError } from "../../gpu/errors.ts";

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
