/** The page before its program runs. */
import { formatPage, section } from "../support/page.ts";

const STYLE = `
body { max-width: 60rem; }
.controls { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: 1.5rem; align-items: center; }
button, select { padding: .5rem 1.1rem; border: 1px solid var(--line); border-radius: 8px;
  background: var(--card); color: inherit; font: inherit; cursor: pointer; }
button:hover, select:hover { border-color: var(--strong); }
button.main { min-width: 6rem; border-color: var(--strong); background: var(--strong);
  color: var(--card); font-weight: 600; }
:focus-visible { outline: 2px solid var(--strong); outline-offset: 2px; }
label { display: flex; gap: .5rem; align-items: center; margin-left: auto; color: var(--soft); }
label select { color: var(--ink); }
.discs { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; }
.discs canvas { display: block; width: 100%; aspect-ratio: 1; }
.discs figcaption { margin-top: .5rem; color: var(--soft); font-size: .875rem; text-align: center; }
#truth { touch-action: pan-y; }
#curve { height: 14rem; }
#curve text { fill: var(--soft); font-size: 12px; }
#curve .grid { stroke: var(--line); }
#curve polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.circle { stroke: var(--strong); }
.inside { stroke: var(--wrong); }
.key { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: -.4rem 0 .8rem; font-size: .85rem; }
.key svg { display: inline-block; width: 1.4em; height: .6em; margin-right: .45em; overflow: visible; }
.key line { stroke-width: 2.5; }
@media (max-width: 36rem) {
  .discs { grid-template-columns: 1fr; gap: 1rem; }
  .discs figure { max-width: 22rem; width: 100%; margin: 0 auto; }
  label { margin-left: 0; }
}
`;

const DISCS = `<div class="discs">
<figure><canvas id="guess" role="img" aria-label="The network in the disc"></canvas>
<figcaption>the network inside, the data around it</figcaption></figure>
<figure><canvas id="truth" role="img" aria-label="The function in the disc"></canvas>
<figcaption>the function; its zeros can be moved</figcaption></figure>
</div>`;

const line = (name: string) =>
  `<svg viewBox="0 0 14 6"><line class="${name}" x1="0" x2="14" y1="3" y2="3"/></svg>`;

const CURVE = `<div class="key"><span>${line("circle")}on the circle</span>
<span>${line("inside")}inside, up to |z| = 0.9</span></div>
<svg id="curve" role="img" aria-label="Errors by steps"></svg>`;

const CONTROLS = `<div class="controls">
<button id="run" class="main" type="button">Start</button>
<button id="reset" type="button">Reset</button>
<label>Engine <select id="engine"><option value="webgpu">WebGPU</option>
<option value="cpu">processor</option></select></label>
</div>`;

/** The names of the figures under the title. */
export const FIGURES = [
  "step",
  "zeros inside",
  "error on circle",
  "error inside",
  "engine",
] as const;

/** The page with `program`, a JavaScript module, in it. */
export function markup(program: string): string {
  const html = formatPage({
    title: "What the circle knows",
    summary: "A complex network sees a function on the unit circle, but not inside. " +
      "Both are holomorphic, so by Cauchy’s theorem the circle determines the rest.",
    figures: FIGURES.map((label) => ({ label, value: "–" })),
    sections: [
      CONTROLS,
      section(
        "In the disc",
        "Hue is the phase, brightness the modulus, black below 0.01. The hues run around the circle " +
          "as many times as there are zeros inside.",
        DISCS,
      ),
      section(
        "The largest error",
        "The error is holomorphic as well, so its modulus is largest on the boundary: the network cannot " +
          "be worse where it has not seen the function.",
        CURVE,
      ),
    ],
    command: "deno task browser",
    style: STYLE,
  });
  // Nothing in the program may look like the end of the script.
  const script = program.replaceAll("</script", "<\\/script");
  return html.replace("</body>", () => `<script type="module">\n${script}</script>\n</body>`);
}
