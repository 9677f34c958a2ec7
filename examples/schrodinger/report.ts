/** The page of the wave packet. */
import { type ComplexTensor, draw, type InexactArray, sub } from "@argand/argand";
import { type Figure, formatPage, pretty, section, writePage } from "../support/page.ts";
import { PLOT_STYLE } from "../support/plot.ts";
import { plotDensities, plotLosses } from "./plot.ts";

/** The data that the page shows. */
export interface Packet {
  readonly figures: readonly Figure[];
  /** ψ as the network has it, and as it should be: from the last time down to the first, along x. */
  readonly found: ComplexTensor;
  readonly truth: ComplexTensor;
  /** The places are −X … X, the times 0 … T. */
  readonly X: number;
  readonly T: number;
  /** The momentum. */
  readonly p: number;
  readonly error: number;
  readonly losses: readonly number[];
  readonly command: string;
}

const STYLE = `${PLOT_STYLE}
.fields { display: flex; flex-wrap: wrap; gap: 1rem; }
.fields figure { min-width: 10rem; }
figcaption { margin-top: .35rem; font-size: .875rem; font-weight: 400; color: var(--soft); text-align: center; }
`;

async function fields({ found, truth, X, T, p }: Packet): Promise<string> {
  const pictures = [
    { psi: found, caption: "the network", scale: 1 },
    { psi: truth, caption: "the textbook", scale: 1 },
    { psi: sub(found, truth), caption: "their difference, magnified", legend: true },
  ];
  const figures = await Promise.all(
    pictures.map(async ({ psi, caption, scale, legend = false }) => {
      const drawing = await draw(psi, { scale, pixel: 1, legend });
      // All fields are equally high where the figures share a line by their widths.
      return `<figure style="flex: ${drawing.width} 1 0">${drawing.svg()}` +
        `<figcaption>${caption}</figcaption></figure>`;
    }),
  );
  const note =
    `ψ(x, t) with x from −${X} to ${X} to the right and t from 0 to ${T} upwards. The hue ` +
    "is the phase, the brightness the modulus, full at |ψ| = 1; the scale of the difference is its " +
    `own. The packet moves at speed ${p}, its wave fronts at half of that.`;
  return section("The wave function", note, `<div class="fields">${figures.join("\n")}</div>`);
}

async function densities({ found, truth, X, T }: Packet): Promise<string> {
  const [rows, columns] = found.shape;
  const places = Array.from({ length: columns }, (_, k) => X * (2 * k / (columns - 1) - 1));
  const [all, right] = await Promise.all([found, truth].map((psi) => psi.absSquared().data()));
  const curves = [rows - 1, Math.round((rows - 1) / 2), 0].map((row) => {
    const along = (values: InexactArray) => [...values.slice(row * columns, (row + 1) * columns)];
    const time = Number((T * (1 - row / (rows - 1))).toFixed(1));
    return { time, found: along(all), truth: along(right) };
  });
  return section(
    "Where the particle is",
    "|ψ|² of the network as lines, of the textbook as dots",
    plotDensities(places, curves),
  );
}

/** Writes the page to `path`. */
export async function writeSchrodinger(path: string, packet: Packet): Promise<void> {
  const { figures, losses, error, command } = packet;
  const loss = section(
    "Learning",
    `${pretty(losses.length)} steps. The loss: how far ψ is from its equation at random points`,
    await plotLosses(losses),
  );
  const html = formatPage({
    title: "A network that solves Schrödinger's equation",
    summary:
      "A wave packet moves and spreads. The network is given its initial state and the equation " +
      "that it obeys, but not its later course.",
    figures: [{ label: "relative L2 error", value: `${(100 * error).toFixed(2)} %` }, ...figures],
    sections: [await fields(packet), await densities(packet), loss],
    command,
    style: STYLE,
  });
  await writePage(path, html);
}
