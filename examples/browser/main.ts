/** The program of the page: trains, measures and draws. */
/// <reference lib="dom" />
import { type Complex, type ComplexTensor, gpu, linspace, polar } from "@argand/argand";
import { Curves } from "./curve.ts";
import { Disc, imageOf, plane, rim, within } from "./disc.ts";
import { Learner, ZEROS } from "./learning.ts";
import type { FIGURES } from "./markup.ts";

const find = <E extends Element>(selector: string) => document.querySelector<E>(selector)!;
const runButton = find<HTMLButtonElement>("#run");
const engineSelect = find<HTMLSelectElement>("#engine");
const [guessDisc, truthDisc] = ["#guess", "#truth"].map((id) => new Disc(find(id)));
const curves = new Curves(find("#curve"), ["inside", "circle"]);

/** Puts a value under its name at the top. */
function tell(name: typeof FIGURES[number], value: string | number): void {
  const term = [...document.querySelectorAll("dt")].find((dt) => dt.textContent === name)!;
  const place = term.nextElementSibling as HTMLElement;
  place.textContent = String(value);
  place.classList.toggle("long", place.textContent.length > 12);
}

/** Points of the circle at which errors are measured and windings counted. */
const CIRCLE = 1024;
const circle = polar(1, linspace(0, 2 * Math.PI * (1 - 1 / CIRCLE), CIRCLE));

/** How often a closed chain of numbers winds around 0; of a holomorphic function, its zeros inside. */
function windings(z: ArrayLike<number>): number {
  let turns = 0;
  for (let k = 0; k < z.length; k += 2) {
    const next = (k + 2) % z.length;
    const [re, im] = [
      z[k] * z[next] + z[k + 1] * z[next + 1],
      z[k] * z[next + 1] - z[k + 1] * z[next],
    ];
    turns += Math.atan2(im, re) / (2 * Math.PI);
  }
  return Math.round(turns);
}

let zeros = [...ZEROS];
let learner = new Learner(zeros);
/** The loss of every step; from the console of a browser: `losses`. */
let losses: number[] = [];
let running = false;
/** Grows whenever work in progress goes out of date. */
let session = 0;

const frame = () => new Promise((done) => requestAnimationFrame(done));

/** The function on the right, and both rings. */
async function showTruth(): Promise<void> {
  const [ring, inside] = await Promise.all([learner.truth(rim), learner.truth(plane)].map(imageOf));
  guessDisc.show({ ring, marks: zeros });
  truthDisc.show({ ring, inside, marks: zeros });
}

/** The network on the left, the figures and the curves. */
async function showGuess(): Promise<void> {
  const step = losses.length;
  const [field, boundary] = [learner.guess(plane), learner.guess(circle)];
  const off = (guess: ComplexTensor, z: ComplexTensor) => guess.sub(learner.truth(z)).abs();
  const current = session;

  const [onCircle, inside, values, image] = await Promise.all([
    off(boundary, circle).max().item(),
    off(field, plane).mul(within).max().item(),
    boundary.data(),
    imageOf(field),
  ]);

  if (current !== session) return;
  guessDisc.show({ inside: image });
  tell("step", step);
  tell("zeros inside", `${windings(values)} of ${zeros.length}`);
  tell("error on circle", onCircle.toFixed(3));
  tell("error inside", inside.toFixed(3));
  if (step > 0) curves.add({ step, values: [inside, onCircle] });
}

/** Milliseconds of training between two frames, and the least between two pictures. */
const [FRAME, PICTURE] = [16, 60];

async function train(): Promise<void> {
  const current = session;
  let steps = 1;
  let [shown, cost] = [-Infinity, 0];
  while (running && current === session) {
    const started = performance.now();
    const some = await Promise.all(Array.from({ length: steps }, () => learner.step().item()));
    if (current !== session) return;
    losses.push(...some);
    const took = performance.now() - started;
    steps = Math.max(1, Math.min(32, Math.round(steps * Math.min(2, FRAME / took))));
    const now = performance.now();
    if (now - shown > Math.max(PICTURE, cost)) {
      await showGuess();
      shown = performance.now();
      cost = shown - now;
    }
    await frame();
  }
  if (current === session) await showGuess();
}

function run(on: boolean): void {
  running = on;
  runButton.textContent = on ? "Pause" : "Start";
  if (on) report(train());
}

/** Shows an error on the page. */
function report(work: Promise<void>): void {
  work.catch((error: Error) => {
    running = false;
    find("header p").textContent = error.message;
    console.error(error);
  });
}

/** A new network. */
async function reset(): Promise<void> {
  session++;
  learner = new Learner(zeros);
  losses = [];
  Object.assign(globalThis, { losses });
  curves.clear();
  const { kind, adapter } = gpu.engine();
  tell("engine", kind === "cpu" ? adapter.name : `WebGPU: ${adapter.name}`);
  await showTruth();
  await showGuess();
  if (running) report(train());
}

/** Zeros can be moved as far as this from 0. */
const FARTHEST = 0.9;
let held: number | null = null;
const distance = (a: Complex, b: Complex) => Math.hypot(a.re - b.re, a.im - b.im);
const nearest = (z: Complex) => {
  const ranked = zeros.map((a, k) => ({ k, d: distance(a, z) })).sort((a, b) => a.d - b.d);
  return ranked[0].d < 0.12 ? ranked[0].k : null;
};

truthDisc.canvas.addEventListener("pointerdown", (event) => {
  held = nearest(truthDisc.at(event));
  if (held === null) return;
  event.preventDefault();
  truthDisc.canvas.setPointerCapture(event.pointerId);
});
truthDisc.canvas.addEventListener("pointermove", (event) => {
  const z = truthDisc.at(event);
  truthDisc.canvas.style.cursor = held !== null || nearest(z) !== null ? "grab" : "";
  if (held === null) return;
  const shrink = Math.min(1, FARTHEST / Math.hypot(z.re, z.im));
  zeros = zeros.with(held, { re: z.re * shrink, im: z.im * shrink });
  learner.aim(zeros);
  report(showTruth());
});
for (const end of ["pointerup", "pointercancel"]) {
  truthDisc.canvas.addEventListener(end, () => held = null);
}
// A finger that holds a zero doesn't scroll the page.
truthDisc.canvas.addEventListener("touchmove", (event) => {
  if (held !== null) event.preventDefault();
}, { passive: false });

runButton.addEventListener("click", () => run(!running));
find("#reset").addEventListener("click", () => {
  zeros = [...ZEROS];
  report(reset());
});

async function choose(kind: string): Promise<void> {
  session++;
  await gpu.use(kind === "cpu" ? "cpu" : "webgpu");
  await reset();
}
engineSelect.addEventListener("change", () => report(choose(engineSelect.value)));

const wish = new URLSearchParams(location.search);
try {
  // The page asks once which engines the browser has, so that nobody chooses in vain.
  const { kind } = gpu.engine();
  if (kind === "cpu") await gpu.use("webgpu");
  engineSelect.value = wish.get("engine") ?? kind;
} catch {
  engineSelect.value = "cpu";
  engineSelect.options[0].disabled = true;
}
await choose(engineSelect.value);
if (!matchMedia("(prefers-reduced-motion: reduce)").matches) run(true);
