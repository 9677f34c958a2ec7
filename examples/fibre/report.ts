/** The page of a study of a fibre. */
import { drawColourWheel, manualSeed, rand, svdvals, tensor } from "@argand/argand";
import { escape, type Figure, formatPage, pretty, section } from "../support/page.ts";
import { PLOT_STYLE } from "../support/plot.ts";
import { clock } from "../support/progress.ts";
import type { Done } from "../support/runs/kind.ts";
import { type Fibre, splitBends } from "./bends.ts";
import { floatsOf } from "./bytes.ts";
import { behind } from "./focusing.ts";
import {
  digitRows,
  focusPicture,
  image,
  lightRow,
  matrixPictures,
  recoveredRow,
  type Shot,
} from "./pictures.ts";
import { labelOf, modelOf, NOISE, type Result, type Run, type Sizes } from "./plan.ts";
import {
  channelPoints,
  colourOf,
  FLOOR,
  legend,
  plotBends,
  plotChannels,
  plotFocus,
  plotGathering,
  plotLosses,
  plotRows,
} from "./plots.ts";
import { STYLE } from "./style.ts";
import { type ImagingFigures, imagingOf, retrievalOf, type Summary } from "./summary.ts";
import { findings, focusTable, imagingTable, methods, retrievalTable } from "./words.ts";

/** The contents of the page. */
export interface Study {
  readonly fibre: Fibre;
  readonly sizes: Sizes;
  readonly summary: Summary;
  readonly done: readonly Done<Run, Result>[];
  readonly place: { readonly engine: string; readonly adapter: string; readonly seconds: number };
  readonly command: string;
  /** Whether it has the reduced size of the demo. */
  readonly demo: boolean;
}

/** The networks whose images are shown, best first, as far as they ran. */
const PICTURED = ["skip", "covariance", "real"];
/** The noise of learned matrices that are shown. */
const SHOWN_MODEL = `matrix, ${100 * NOISE} % noise`;
/** The seed of the random phases that are shown. */
const UNSHAPED_SEED = 2_000_003;

const wheel = () =>
  `<figure class="wheel">${
    image(drawColourWheel(96), "the colour wheel of phases")
  }<figcaption>hue: phase<br>brightness: modulus</figcaption></figure>`;

const strip = (label: string, shots: readonly Shot[]) =>
  `<div class="strip"><span>${label}</span><div>${
    shots.map(({ picture, alt }) => image(picture, alt)).join("")
  }</div></div>`;

/** Digits in, light out, digits back, behind a seen and an unseen bend. */
async function viewSection({ fibre, done, summary, sizes }: Study): Promise<string> {
  const runs = imagingOf(done).filter(({ run }) => run.input === "amplitudes");
  const [digits, truth] = await digitRows(fibre, sizes.tests);
  const rowsOf = async (group: "seen" | "unseen") => {
    const first = runs[0].result.shown[group];
    const { file, position } = fibre.bends[first.bend];
    const rows = [strip("light out", await lightRow(first, fibre))];
    for (const name of PICTURED) {
      const own = runs.find(({ run }) => labelOf(run) === name);
      if (!own) continue;
      const r = summary.imaging[name].bends[first.bend];
      rows.push(strip(
        `${name}<small>r = ${r.toFixed(3)}</small>`,
        recoveredRow(own.result.shown[group], fibre),
      ));
    }
    return `<h3>${
      group === "seen" ? "Behind a bend seen in training" : "Behind a bend never seen"
    }: ${position} mm
      <small>${escape(file)}</small></h3>${rows.join("\n")}`;
  };
  return section(
    "Digits through the fibre",
    "The first digits of the test file; the light of one polarisation on the output plane, its field " +
      "by domain colouring, in full colour from half of the largest modulus on; and the images that " +
      "networks recover from the complex amplitudes of both polarisations. r is the mean " +
      `correlation over ${pretty(sizes.tests)} test digits behind that bend`,
    `<div class="view"><div>${strip("shown", digits)}${strip("in the modes", truth)}
    ${await rowsOf("seen")}${await rowsOf("unseen")}</div>${wheel()}</div>`,
  );
}

const isMain = (name: string) => /^[a-z-]+$/.test(name);

function imagingSection({ fibre, done, summary }: Study): string {
  const entries = Object.entries(summary.imaging);
  const series = (own: readonly [string, ImagingFigures][]) =>
    own.map(([name, { bends }]) => ({
      label: name.split(",")[0],
      colour: colourOf(name.split(",")[0]),
      values: bends,
    }));
  const main = series(entries.filter(([name]) => isMain(name)));
  const camera = series(entries.filter(([name]) => name.endsWith(", intensities")));
  const runs = imagingOf(done);
  const losses = (networks: typeof main, suffix = "") =>
    plotLosses(
      networks.map(({ label, colour }) => ({
        label,
        colour,
        values: runs.find(({ run }) => labelOf(run) === label + suffix)!.result.curve,
      })),
      "mean squared error",
    );
  const panels = [
    ["From complex amplitudes", plotBends(main, fibre.bends)],
    camera.length > 0
      ? ["From the camera's intensities", plotBends(camera, fibre.bends)]
      : undefined,
    ["Training, from amplitudes", losses(main)],
    camera.length > 0 ? ["Training, from intensities", losses(camera, ", intensities")] : undefined,
  ].filter((panel) => panel !== undefined);
  const { seen, unseen } = splitBends(fibre.bends.length);
  return section(
    "Images behind every bend",
    `Correlation with the mode-limited image, the mean over test digits${
      runs.some(({ run }) => run.seed !== runs[0].run.seed) ? " and seeds" : ""
    }; ${seen.length} bends are seen in training, the ${unseen.length} hollow ones are not. ` +
      "“skip” has no norm and a linear path in parallel; “real” is a real network of as many parameters",
    `${legend(main)}<div class="panels">${
      panels.map(([title, svg]) => `<figure><figcaption>${title}</figcaption>${svg}</figure>`)
        .join("\n")
    }</div>${imagingTable(summary)}${findings(summary)}`,
  );
}

async function retrievalSection({ fibre, done, summary }: Study): Promise<string> {
  const runs = retrievalOf(done);
  const shown = runs.find(({ run }) => modelOf(run) === SHOWN_MODEL) ?? runs[0];
  const measured = fibre.bends[shown.run.bend].matrix;
  const pictures = await matrixPictures(measured, shown.result.matrix!);
  const powers = [...await measured.absSquared().mean(1).data()];
  const [seed] = runs.map(({ run }) => run.seed);
  const own = runs.filter(({ run, result }) => run.seed === seed && result.rows);
  const series = own.map(({ run, result }) => ({
    label: modelOf(run),
    colour: colourOf(run.noise > 0 ? "noisy" : "matrix"),
    values: channelPoints(powers, result.rows!),
  }));
  const channelsOf = await Promise.all(
    ([["matrix", fibre.bends[0]], ["real", fibre.bends.at(-1)!]] as const).map(
      async ([name, { position, matrix }]) => ({
        label: `${position} mm`,
        colour: colourOf(name),
        values: [...await svdvals(matrix).data()],
      }),
    ),
  );
  const [channels, modes] = measured.shape;
  const matrix = (title: string, picture: string) =>
    `<figure><figcaption>${title}</figcaption>${picture}</figure>`;
  return section(
    "The fibre from intensities alone",
    `Only |T c|² is known of ${escape(fibre.bends[shown.run.bend].file)}. A model of the same ` +
      `law learns T, ${channels} channels down, ${modes} modes across; intensities do not depend on ` +
      "the phase of a row, so it is rotated to the measured one. Correlations nearer to 1 than float32 " +
      `can show are drawn at 1 − r = ${FLOOR}. Full colour from |T| = ${
        pictures.scale.toPrecision(2)
      }; the pictures are of ${escape(modelOf(shown.run))}`,
    `<div class="view"><div class="matrices">${matrix("measured", pictures.measured)}${
      matrix("learned", pictures.learned)
    }${
      matrix(`difference × ${pretty(pictures.factor)}`, pictures.difference)
    }</div>${wheel()}</div>${
      retrievalTable(summary)
    }<div class="panels"><figure><figcaption>Rows by the power of their channel</figcaption>${
      legend(series)
    }${plotRows(series)}</figure><figure><figcaption>Eigenchannels of measured bends</figcaption>${
      legend(channelsOf)
    }${plotChannels(channelsOf)}</figure></div>`,
  );
}

async function focusingSection({ fibre, done, summary }: Study): Promise<string> {
  const runs = retrievalOf(done);
  const shown = runs.find(({ run }) => modelOf(run) === SHOWN_MODEL) ?? runs[0];
  const { matrix } = fibre.bends[shown.run.bend];
  const powers = [...await matrix.absSquared().mean(1).data()];
  const series = runs.filter(({ run }) => run.seed === shown.run.seed)
    .map(({ run, result }) => ({
      label: modelOf(run),
      colour: colourOf(
        run.model === "matrix"
          ? (run.noise > 0 ? "noisy" : "matrix")
          : run.noise > 0
          ? "real"
          : "real-skip",
      ),
      values: channelPoints(powers, result.focusing.ratios),
    }));
  const [channels, modes] = matrix.shape;
  const byPower = powers.map((_, k) => k).sort((a, b) => powers[a] - powers[b]);
  const target = byPower[channels >> 1];
  const phases = floatsOf(shown.result.focusing.phases).slice(target * modes, (target + 1) * modes);
  manualSeed(UNSHAPED_SEED);
  const before = {
    label: "random phases",
    colour: "var(--ink)",
    values: [...await behind(matrix, rand([1, modes]).mul(2 * Math.PI)).data()],
  };
  const after = {
    label: `focused on channel ${target + 1}`,
    colour: colourOf("noisy"),
    values: [...await behind(matrix, tensor(phases, [1, modes])).data()],
  };
  return section(
    "Light gathered in one channel",
    "The phases of the input modes are found by gradient through the learned model; all figures here " +
      "are those behind the measured fibre. The optimum is (Σ|t|)²/modes of the channel's row t, " +
      `the most that phases alone can give. Above: ${
        escape(modelOf(shown.run))
      } and the channel of ` +
      "median power. On the left: the same model and all channels",
    `<figure><figcaption>Intensities behind the fibre</figcaption>${legend([after, before])}${
      plotGathering(before, after)
    }</figure>
    <div class="panels"><figure><figcaption>√share of light: channels across, focus down</figcaption>
    <div class="square">${focusPicture(shown.result.focusing)}</div></figure>
    <figure><figcaption>Focus against the power of the channel</figcaption>${legend(series)}${
      plotFocus(series)
    }</figure></div>${focusTable(summary)}`,
  );
}

/** The page as the text of an HTML file. */
export async function formatFibre(study: Study): Promise<string> {
  const { fibre, summary, sizes, place, command, demo } = study;
  const named = Object.entries(summary.imaging);
  const [best] = named.toSorted(([, a], [, b]) => b.unseen - a.unseen);
  const model = summary.retrieval[SHOWN_MODEL];
  const focus = summary.focusing[SHOWN_MODEL];
  const figures: Figure[] = [
    best && { label: "images, unseen bends", value: `r = ${best[1].unseen.toFixed(3)}` },
    best && { label: "images, seen bends", value: `r = ${best[1].seen.toFixed(3)}` },
    model?.rows && { label: "rows of the matrix", value: `r = ${model.rows.mean.toFixed(4)}` },
    focus && { label: "of the best focus", value: `${(100 * focus.mean).toFixed(1)} %` },
    demo && { label: "size", value: "reduced, of the demo" },
    { label: "computing time", value: clock(place.seconds) },
    { label: place.engine, value: place.adapter },
  ].filter(Boolean) as Figure[];
  const sections = [
    named.length > 0 && await viewSection(study),
    named.length > 0 && imagingSection(study),
    model && await retrievalSection(study),
    model && await focusingSection(study),
    section("Methods", "", await methods(fibre, sizes, study.done, summary)),
  ].filter((text) => typeof text === "string");
  return formatPage({
    title: "Seeing through a multimode fibre",
    summary: best
      ? `A complex network gives back the images that a measured fibre scrambles, even behind bends ` +
        `that it has never seen${
          model ? "; the fibre's matrix is learned from intensities, and light focused by it" : ""
        }.`
      : "The fibre's matrix is learned from intensities, and light focused by it.",
    figures,
    sections,
    command,
    style: PLOT_STYLE + STYLE,
  });
}
