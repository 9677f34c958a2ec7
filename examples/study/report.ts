/** The page of a study: one table, one plot, and what the figures say. */
import { escape, type Figure, formatPage, pretty, section } from "../support/page.ts";
import {
  HIDDEN,
  type Model,
  MODELS,
  NOISE,
  type Problem,
  RATES,
  type Sizes,
  TUNING,
} from "./plan.ts";
import { PLOT_STYLE } from "../support/plot.ts";
import { plotErrors } from "./plot.ts";
import { findings, places, type Summary } from "./summary.ts";

/** The data of the page. */
export interface Study {
  readonly summaries: readonly Summary[];
  readonly sizes: Sizes;
  readonly figures: readonly Figure[];
  readonly command: string;
}

const LABELS: Readonly<Record<Model, string>> = {
  covariance: "covariance",
  naive: "naive",
  none: "none",
  real: "real network",
  linear: "linear map",
};
const TITLES: Readonly<Record<Problem, string>> = {
  mnist: "Handwritten digits",
  fibre: "Intensities behind a fibre",
};
const MEASURES: Readonly<Record<Problem, string>> = {
  mnist: "wrong test digits",
  fibre: "relative L2 error of held-out intensities",
};

/** A mean with its deviation: as many places as show two digits of the deviation. */
export function withSpread(mean: number, deviation: number | null): string {
  if (deviation === null) return mean.toPrecision(3);
  const digits = places(deviation);
  return `${mean.toFixed(digits)} ± ${deviation.toFixed(digits)}`;
}

/** One seed's error, with the places of {@link withSpread}. */
const single = (error: number, { deviation }: Summary): string =>
  deviation === null ? error.toPrecision(3) : error.toFixed(places(deviation));

function row(summary: Summary): string {
  const { model, mean, deviation, errors, stepMs, deviceBytes, parameters, rate } = summary;
  const cells = [
    withSpread(mean, deviation),
    errors.map((error) => single(error, summary)).join(" "),
    stepMs.toFixed(1),
    (deviceBytes / 2 ** 20).toFixed(2),
    pretty(parameters),
    String(rate),
  ];
  return `<tr><th scope="row">${LABELS[model]}</th>${
    cells.map((text) => `<td>${escape(text)}</td>`).join("")
  }</tr>`;
}

function table(summaries: readonly Summary[]): string {
  const heads = [
    "normalisation",
    "error (%)",
    "each seed",
    "ms a step",
    "MiB",
    "parameters",
    "rate",
  ];
  const bodies = groups(summaries).map(([problem, own]) =>
    `<tbody><tr><th class="group" colspan="${heads.length}" scope="rowgroup">${
      escape(`${TITLES[problem]}: ${MEASURES[problem]}`)
    }</th></tr>\n${own.map(row).join("\n")}</tbody>`
  );
  return `<div class="wide"><table><thead><tr>${
    heads.map((head) => `<th scope="col">${head}</th>`).join("")
  }</tr></thead>\n${bodies.join("\n")}</table></div>`;
}

/** The problems of a study with their summaries. */
function groups(summaries: readonly Summary[]): [Problem, Summary[]][] {
  return (Object.keys(MODELS) as Problem[])
    .map((problem): [Problem, Summary[]] => [
      problem,
      summaries.filter((summary) => summary.problem === problem),
    ])
    .filter(([, own]) => own.length > 0);
}

const capital = (text: string) => `${text[0].toUpperCase()}${text.slice(1)}`;

/** The methods, for a reader who wants to repeat the study. */
function methods(problem: Problem, sizes: Sizes, own: readonly Summary[]): string {
  return (problem === "mnist" ? digitMethods : fibreMethods)(sizes, own).join(" ");
}

function digitMethods(sizes: Sizes, own: readonly Summary[]): string[] {
  const share = Math.max(...own.map(({ mean }) => mean)) / 100;
  const chance = 100 * Math.sqrt(share * (1 - share) / sizes.testDigits);
  return [
    "The founding network: two complex convolutions, two complex linear maps, CReLU, pooling by",
    "modulus, and a norm between the convolutions; the moduli of its outputs are the logits.",
    `It sees ${pretty(sizes.digits)} digits of MNIST ${
      times(sizes.digitPasses)
    }, in batches of 64,`,
    "by SGD with momentum 0.9.",
    `It is tested on ${
      pretty(sizes.testDigits)
    } others, the same for all seeds. Their number alone`,
    `leaves a standard error of up to ${
      chance.toFixed(2)
    } percentage points, which the spread over`,
    "seeds does not show.",
    `The learning rate is the best of ${RATES.mnist.join(", ")} for each normalisation, tried once`,
    `with another seed on ${
      pretty(TUNING.digits)
    } digits, and judged on training digits that no run`,
    "learns from.",
  ];
}

function fibreMethods(sizes: Sizes, own: readonly Summary[]): string[] {
  const real = own.find(({ model }) => model === "real");
  const apart = (a: number, b: number) => 100 * Math.abs(a / b - 1);
  const off = own.filter(({ model }) => model !== "linear")
    .map(({ parameters }) => apart(real?.parameters ?? parameters, parameters));
  return [
    "Random fields of unit power in the 55 modes of one polarisation go through the measured",
    "transmission matrix T of a multimode fibre. The networks see the fields c and learn the",
    "intensities |T c|² in its 110 output channels, where the phase is lost. T is scaled to unit mean",
    "output power, the fields that the networks see to unit mean power of a mode.",
    `Training: ${pretty(sizes.fields)} fields ${
      times(sizes.fieldPasses)
    }, in batches of 128, by Adam`,
    "with a rate that falls to 0 as a cosine, on the mean squared error; the intensities have noise",
    `of ${100 * NOISE} % of their mean. Testing: ${
      pretty(sizes.heldOut)
    } other fields, without noise.`,
    `The complex networks are 55 → ${HIDDEN} → ${HIDDEN} → 110 with CReLU, a norm before each`,
    "CReLU, and |·|² as output. The real network takes real and imaginary parts as 110 inputs and gives 110",
    "intensities, with ReLU and no norm; its hidden sizes are chosen for the same number of real",
    `parameters, where a complex one counts twice: within ${
      Math.max(...off).toFixed(2)
    } % of each complex`,
    "network. The linear map is one complex 55 × 110 matrix with |·|² as output: the form of the law",
    "itself, which the networks do not know. The plot omits it.",
    `The learning rate is the best of ${RATES.fibre.join(", ")} for each network, tried once`,
    "with another seed and judged on other fields. Predicting the mean of every channel for any",
    `field has an error of ${own[0].baseline.toFixed(1)} %.`,
  ];
}

const times = (passes: number) => passes === 1 ? "once" : `${passes} times`;

const STYLE = `${PLOT_STYLE}td:nth-child(3) { color: var(--soft); font-size: .8rem; }
td:nth-child(2) { font-weight: 600; }
th.group { padding-top: .9rem; font-weight: 650; }
section li { margin: .15rem 0; font-size: .9rem; }
section ul { margin: .4rem 0 0; padding-left: 1.2rem; }
section h3 { margin: 1rem 0 0; font-size: .95rem; }
section p { margin: .3rem 0 0; font-size: .9rem; }
section .note { margin: .1rem 0 1rem; font-size: .875rem; }
`;

/** The page of a study as the text of an HTML file. */
export function formatStudy({ summaries, sizes, figures, command }: Study): string {
  const all = groups(summaries);
  const seeds = Math.max(...summaries.map(({ errors }) => errors.length));
  // The relative standard error of a standard deviation.
  const doubt = Math.round(100 / Math.sqrt(2 * (seeds - 1)));
  const panels = all.map(([problem, own]) =>
    `<figure><figcaption>${TITLES[problem]}</figcaption>${
      plotErrors(own.filter(({ model }) => model !== "linear"), `${capital(MEASURES[problem])} (%)`)
    }</figure>`
  );
  const said = all.map(([problem, own]) =>
    `<h3>${TITLES[problem]}</h3><ul>${
      findings(own).map((text) => `<li>${escape(capital(text))}.</li>`).join("\n")
    }</ul>`
  );
  const done = all.map(([problem, own]) =>
    `<h3>${TITLES[problem]}</h3><p>${methods(problem, sizes, own)}</p>`
  );
  return formatPage({
    title: "Normalisations of complex networks, compared",
    summary: `Covariance, naive and no batch norm on ${
      all.map(([problem]) => problem === "mnist" ? "digits" : "a measured fibre").join(" and on ")
    }, ${seeds} ${seeds === 1 ? "seed" : "seeds"} each.`,
    figures,
    sections: [
      section(
        "Errors",
        "A point is a seed, a line the mean over seeds; lower is better; axes may not start at 0",
        `<div class="panels">${panels.join("\n")}</div>`,
      ),
      section(
        "All figures",
        (seeds > 1 ? "Errors as mean ± standard deviation over seeds; " : "") +
          "milliseconds are the median over the steps of a run, then over seeds, and include other " +
          "work of the machine; memory is what the device holds after the last step, including " +
          "buffers kept for reuse; parameters are real numbers",
        table(summaries),
      ),
      section(
        "Findings",
        "Differences of means, with their standard error √(s₁²/n + s₂²/n)" +
          (seeds > 1 ? `; from ${seeds} seeds it is itself known to about ${doubt} %` : ""),
        said.join("\n"),
      ),
      section("Methods", "Seeds decide weights, order and training fields", done.join("\n")),
    ],
    command,
    style: STYLE,
  });
}
