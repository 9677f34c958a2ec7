/** The tables and sentences of a fibre's page; every figure in them is one of the study's own. */
import { nn } from "@argand/argand";
import { escape, pretty } from "../support/page.ts";
import type { Done } from "../support/runs/kind.ts";
import { type Fibre, splitBends } from "./bends.ts";
import { labelOf, NOISE, type Result, type Run, type Sizes } from "./plan.ts";
import { type ImagingFigures, imagingOf, retrievalOf, type Summary } from "./summary.ts";

/** A table: row headings in the first column, numbers in the others. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = ([first, ...others]: readonly string[]) =>
    `<tr><th scope="row">${escape(first)}</th>${
      others.map((text) => `<td>${escape(text)}</td>`).join("")
    }</tr>`;
  return `<div class="wide"><table><thead><tr>${
    heads.map((head) => `<th scope="col">${head}</th>`).join("")
  }</tr></thead><tbody>${rows.map(cells).join("\n")}</tbody></table></div>`;
}

const spread = (mean: number, deviation: number | null, digits: number) =>
  deviation === null
    ? mean.toFixed(digits)
    : `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
const percent = (share: number) => `${(100 * share).toPrecision(share < 0.01 ? 2 : 3)} %`;

/** Every network's correlations and costs. */
export const imagingTable = ({ imaging }: Summary): string =>
  table(
    ["network", "seen bends", "unseen bends", "worst bend", "parameters", "ms a step", "MiB"],
    Object.entries(imaging).map(([name, figures]) => [
      name,
      spread(figures.seen, figures.deviations.seen, 4),
      spread(figures.unseen, figures.deviations.unseen, 4),
      Math.min(...figures.bends).toFixed(4),
      pretty(figures.parameters),
      figures.stepMs.toFixed(0),
      megabytes(figures.deviceBytes),
    ]),
  );

/** Every model's intensities and rows. */
export const retrievalTable = ({ retrieval }: Summary): string =>
  table(
    [
      "model, noise in training",
      "error of intensities",
      "rows, mean",
      "rows, worst",
      "parameters",
      "ms a step",
    ],
    [
      ...Object.entries(retrieval).map(([name, { error, rows, parameters, stepMs }]) => [
        name,
        percent(error),
        rows ? rows.mean.toFixed(6) : "–",
        rows ? rows.worst.toFixed(6) : "–",
        pretty(parameters),
        stepMs.toFixed(1),
      ]),
      ["each channel's mean", percent(Object.values(retrieval)[0].baseline), "–", "–", "–", "–"],
    ],
  );

/** Every model's focus. */
export const focusTable = ({ focusing }: Summary): string =>
  table(
    ["model, noise in training", "of the optimum, mean", "worst channel", "over random phases"],
    Object.entries(focusing).map(([name, { mean, worst, enhancement }]) => [
      name,
      `${(100 * mean).toFixed(2)} %`,
      `${(100 * worst).toFixed(2)} %`,
      `× ${enhancement.toFixed(1)}`,
    ]),
  );

const signed = (x: number) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(4)}`;

/** a − b on one group of bends, with its standard error √(s_a²/n + s_b²/n) over seeds, if there is one. */
function difference(a: ImagingFigures, b: ImagingFigures, group: "seen" | "unseen"): string {
  const [s, t] = [a.deviations[group], b.deviations[group]];
  const error = s === null || t === null
    ? ""
    : ` ± ${Math.sqrt(s ** 2 / a.perSeed.length + t ** 2 / b.perSeed.length).toFixed(4)}`;
  return `${signed(a[group] - b[group])}${error}`;
}

/** How a change affects the images of the network without a norm. */
const change = (what: string, changed: ImagingFigures, plain: ImagingFigures): string =>
  `${what}: ${difference(changed, plain, "unseen")} on unseen bends, ` +
  `${difference(changed, plain, "seen")} on seen ones.`;

/** The findings, in sentences about those networks that ran. */
export function findings({ imaging }: Summary): string {
  const { none, skip, covariance, naive, real } = imaging;
  const [said, changes]: string[][] = [[], []];
  const [[name, best]] = Object.entries(imaging).toSorted(([, a], [, b]) => b.unseen - a.unseen);
  said.push(
    `${name} is best on unseen bends: ${best.unseen.toFixed(4)}, and ${best.seen.toFixed(4)} on ` +
      "seen ones.",
  );
  if (none) {
    if (covariance) changes.push(change("Covariance norm", covariance, none));
    if (naive) changes.push(change("Naive norm", naive, none));
    if (skip) {
      const more = pretty(skip.parameters - none.parameters);
      changes.push(change(`A linear path in parallel, with ${more} more parameters`, skip, none));
    }
    if (real) changes.push(change("Real numbers, with as many parameters", real, none));
  } else if (real && covariance) {
    said.push(
      `The real network, compared with the complex one of as many parameters with covariance norm: ${
        difference(real, covariance, "unseen")
      } on unseen bends.`,
    );
  }
  const camera: string[] = [];
  for (const [label, figures] of Object.entries(imaging)) {
    const [variant, what] = label.split(", ");
    if (!what) continue;
    if (what !== "intensities") {
      if (none) changes.push(change(`${what[0].toUpperCase()}${what.slice(1)}`, figures, none));
    } else if (variant === "covariance" && covariance) {
      camera.push(
        `From intensities instead of amplitudes, with covariance norm: ${
          difference(figures, covariance, "unseen")
        } on unseen bends.`,
      );
    }
  }
  said.push(...camera);
  if (real && imaging["real-skip"]) {
    said.push(
      `A linear path in parallel changes the real network by ${
        difference(imaging["real-skip"], real, "unseen")
      } on unseen bends.`,
    );
  }
  const list = (items: readonly string[]) =>
    `<ul>${items.map((text) => `<li>${escape(text)}</li>`).join("\n")}</ul>`;
  const changed = changes.length > 0
    ? `<p>Changes of the complex network without a norm, one at a time:</p>${list(changes)}`
    : "";
  return list(said) + changed;
}

/** For each unseen bend, the seen one with the most similar matrix. */
async function neighbours({ bends }: Fibre): Promise<string> {
  const { seen, unseen } = splitBends(bends.length);
  const said = await Promise.all(unseen.map(async (k) => {
    const matches = await Promise.all(
      seen.map((j) => nn.metrics.correlation(bends[k].matrix, bends[j].matrix).item()),
    );
    const best = Math.max(...matches);
    return `${bends[k].position} mm (${best.toFixed(3)} with ${
      bends[seen[matches.indexOf(best)]].position
    } mm)`;
  }));
  return said.join(", ");
}

/** The methods, for a reader who wants to repeat the study. */
export async function methods(
  fibre: Fibre,
  sizes: Sizes,
  done: readonly Done<Run, Result>[],
  { split }: Summary,
): Promise<string> {
  const { bends, modesIn } = fibre;
  const [channels, modes] = bends[0].matrix.shape;
  const pixels = modesIn.shape[1];
  const side = Math.round(Math.sqrt(pixels));
  const parts = [
    `<h3>The fibre</h3><p>${bends.length} measured matrices; ` +
    `${escape(split.rule)}. Seen: ${escape(split.seen.join(", "))}. Unseen: ${
      escape(split.unseen.join(", "))
    }. Unseen bends differ in their distance from the seen ones; the correlation of each ` +
    `matrix with the most similar seen one is: ${await neighbours(fibre)}. Of each matrix the ` +
    `${modes} columns of one input polarisation are used, scaled so that random fields of unit power ` +
    `give its ${channels} channels, of both output polarisations, unit mean power.</p>`,
  ];
  const [imaging] = imagingOf(done);
  if (imaging) {
    const { run } = imaging;
    const noises = [...new Set(imagingOf(done).map((d) => labelOf(d.run)))]
      .some((name) => name.includes("noise"));
    parts.push(
      `<h3>Images</h3><p>A digit of MNIST, 28 × 28, is interpolated to ${side} × ${side} pixels and ` +
        "shown as the amplitude f of light. Its mode coefficients are c = f·conj(M)ᵀ, scaled to " +
        `Σ|c|² = 1; the light behind the fibre is y = T c with circular normal noise of ${
          100 * NOISE
        } % of ` +
        "the root mean square amplitude, drawn again for every batch. The true image is |c·M|, which is " +
        "all that the modes carry. Correlation is Pearson's over the pixels of an image, then the mean " +
        `over ${pretty(run.tests)} test digits for each bend, whose noise is the same for all ` +
        "networks.</p>" +
        `<p>The complex networks are ${channels} → ${run.hidden} → ${run.hidden} → ${pixels} with ` +
        "CReLU, a norm before each CReLU, and the modulus as output. “skip” has no norm and adds a " +
        `linear map A y, ${channels} → ${pixels}, before the modulus. The real networks take real and ` +
        "imaginary parts as separate inputs, with ReLU; their hidden sizes are chosen for the " +
        "same number of real parameters, where a complex one counts twice. For intensities, networks " +
        "take the root of |y|², with the same noise on y.</p>" +
        `<p>Training: ${pretty(run.samples)} digits ${
          run.passes === 1 ? "once" : `${run.passes} times`
        }, in batches of ${run.batch} with equally many behind each seen bend, by Adam at ` +
        `${run.rate} falling to 0 as a cosine, on the mean squared error of the image in units of ` +
        `its root mean square.${
          noises
            ? " Networks whose names mention noise differ in that alone; all are tested with the same noise."
            : ""
        }</p>`,
    );
  }
  const [retrieval] = retrievalOf(done);
  if (retrieval) {
    const { run } = retrieval;
    parts.push(
      `<h3>Retrieval</h3><p>${
        pretty(run.samples)
      } random fields of unit power with the intensities ` +
        `|T c|² behind ${
          escape(bends[run.bend].file)
        }, with normal noise of the stated fraction of the ` +
        `mean intensity, ${run.passes} times in batches of ${run.batch}, by Adam at ${run.rate} ` +
        "falling to 0 as a cosine, on the mean squared error. The model is a TransmissionMatrix " +
        "followed by Intensity, with random initial values; the real network has as many real parameters. " +
        `The error is the relative L2 error on ${
          pretty(run.tests)
        } other fields without noise. The ` +
        "correlation of a row is |⟨learned, measured⟩| / (‖learned‖ ‖measured‖).</p>" +
        `<h3>Focus</h3><p>Fields of equal modulus in all ${modes} modes; for each of the ${channels} ` +
        `channels ${run.focusSteps} steps of Adam on the phases, from random ones, by the gradient of ` +
        "the model's intensity in that channel. Then the same phases are sent through the measured " +
        "matrix. The optimum is (Σ|t|)²/modes of the channel's row t, and random phases give " +
        "Σ|t|²/modes on average.</p>",
    );
  }
  const seeds = new Set(done.map(({ run }) => run.seed)).size;
  parts.push(
    `<p>${seeds === 1 ? "One seed" : `${seeds} seeds`}${
      seeds === 1 ? ", which shows no spread" : ", means ± standard deviations over them"
    }. Milliseconds are medians, and include other work of the machine; MiB is the memory that the device ` +
      `holds after the last step. Sizes: ${
        pretty(sizes.digits)
      } digits, hidden ${sizes.hidden}.</p>`,
  );
  return parts.join("\n");
}
