/** What moves elements by their places: rows taken, patches cut, and the gradients that add them up. */
import { addPatches, type ComplexTensor, grad, patches, take } from "@argand/argand";
import { complexSamples, places, random } from "../numbers.ts";
import { complexInput, ours, type Work } from "./work.ts";

/** The object of a ptychographic scan, and the squares of it that the probe meets. */
const OBJECT = 512, SIDE = 64, COUNT = 500;
const ELEMENTS = OBJECT ** 2, PICKS = COUNT * SIDE ** 2;

/** Where the squares begin. */
function scan(): number[][] {
  const [y, x] = [random(COUNT), random(COUNT)];
  const place = (r: number) => Math.floor((r + 1) / 2 * (OBJECT - SIDE));
  return Array.from(y, (r, k) => [place(r), place(x[k])]);
}

/** The places of all elements of the squares. */
function placesOf(positions: readonly (readonly number[])[]): Uint32Array {
  const labels = new Uint32Array(PICKS);
  let k = 0;
  for (const [y, x] of positions) {
    for (let i = 0; i < SIDE; i++) {
      for (let j = 0; j < SIDE; j++) labels[k++] = (y + i) * OBJECT + x + j;
    }
  }
  return labels;
}

/** At some places of the object, the sum of what the picks of each contribute. */
function summed(labels: ArrayLike<number>, term: (k: number, at: number) => [number, number]) {
  return places(ELEMENTS).map((at) => {
    let [re, im] = [0, 0];
    for (let k = 0; k < labels.length; k++) {
      if (labels[k] !== at) continue;
      const [x, y] = term(k, at);
      re += x;
      im += y;
    }
    return { at, re, im };
  });
}

/** The gradient of Σ |cut(x) − measured|², which is 2 Σ (x − measured) over what was cut of each element. */
function difference(key: string, cut: "take" | "patches"): Work {
  const positions = scan(), labels = placesOf(positions);
  const [data, measured] = [random(2 * ELEMENTS), random(2 * PICKS)];
  return {
    key,
    // The gather, the difference and the sum, each with its indices.
    bytes: PICKS * (20 + 24 + 12) + 8 * ELEMENTS,
    samples: () =>
      complexSamples(
        summed(labels, (k, at) => [
          2 * (data[2 * at] - measured[2 * k]),
          2 * (data[2 * at + 1] - measured[2 * k + 1]),
        ]),
      ),
    ours() {
      const shape = cut === "take" ? [PICKS] : [COUNT, SIDE, SIDE];
      const own = cut === "take" ? [ELEMENTS] : [OBJECT, OBJECT];
      const [x, y] = [complexInput(data, own), complexInput(measured, shape)];
      const of = (z: ComplexTensor) =>
        cut === "take" ? take(z, labels) : patches(z, positions, [SIDE, SIDE]);
      const slope = grad((z: ComplexTensor) => of(z).sub(y).absSquared().sum());
      return ours(own, () => slope(x));
    },
    theirs: () => "none",
  };
}

/** The adjoint alone: patches added up. */
function sum(): Work {
  const positions = scan(), labels = placesOf(positions);
  const data = random(2 * PICKS);
  return {
    key: `${COUNT} patches ${SIDE}×${SIDE} added up on ${OBJECT}×${OBJECT}`,
    bytes: 8 * PICKS + 8 * ELEMENTS,
    samples: () => complexSamples(summed(labels, (k) => [data[2 * k], data[2 * k + 1]])),
    ours() {
      const y = complexInput(data, [COUNT, SIDE, SIDE]);
      return ours([OBJECT, OBJECT], () => addPatches(y, positions, [OBJECT, OBJECT]));
    },
    theirs: () => "none",
  };
}

/** What is measured. */
export function gathers(): Work[] {
  return [
    difference(`take of ${PICKS} among ${ELEMENTS}, with its gradient`, "take"),
    difference(
      `${COUNT} patches ${SIDE}×${SIDE} of ${OBJECT}×${OBJECT}, with their gradient`,
      "patches",
    ),
    sum(),
  ];
}
