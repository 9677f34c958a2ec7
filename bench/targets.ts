/** What the measurements are to reach. */
import type { Row } from "./run.ts";

/** A target and whether it is met. */
export interface Verdict {
  readonly engine: Row["engine"];
  /** The row that it is shown with. */
  readonly key: string;
  readonly met: boolean;
  /** Such as `0.61 of the limit ≥ 0.55`. */
  readonly text: string;
}

/** A figure of some rows, null where one of them was not measured. */
interface Target {
  readonly engine: Row["engine"];
  readonly key: string;
  readonly what: string;
  readonly figure: (find: (key: string) => Row | undefined, row: Row) => number | null | undefined;
  readonly least?: number;
  readonly most?: number;
}

const peerMs = (row: Row | undefined, column: string): number | null => {
  const cell = row?.peers[column];
  return cell && "ms" in cell ? cell.ms : null;
};

/** How much faster a complex product is than the other's real one of the same size, per flop. */
function perFlop(n: number, column: string): Target["figure"] {
  return (find, row) => {
    const theirs = peerMs(find(`real matmul ${n}`), column);
    return theirs === null ? null : 4 * theirs / row.ms;
  };
}

const webgpu = (key: string, target: Omit<Target, "engine" | "key">): Target => ({
  engine: "webgpu",
  key,
  ...target,
});

const ofLimit = (key: string, least: number): Target =>
  webgpu(key, { what: "of the limit", least, figure: (_, row) => row.fraction });

const NORM = "batch norm 32×64×32×32, forward + backward";
const STEP = "training step, batch 64, norm covariance";

const TARGETS: readonly Target[] = [
  ...[512, 1024].flatMap((n) => [
    ofLimit(`complex matmul ${n}`, 0.55),
    ...["tfjs", "jax webgpu"].map((column) =>
      webgpu(`complex matmul ${n}`, {
        what: `× ${column}, real, per flop`,
        least: 5,
        figure: perFlop(n, column),
      })
    ),
  ]),
  ...[
    "10→20 k5, 64×12×12",
    "64→64 k3, 4×28×28",
    "3→32 k7 s2, 4×56×56",
    "32→32 k3 depthwise, 8×28×28",
  ]
    .flatMap((shape) => [
      ofLimit(`conv2d ${shape}, forward`, 0.45),
      ofLimit(`conv2d ${shape}, input gradient`, 0.4),
      ofLimit(`conv2d ${shape}, weight gradient`, 0.35),
    ]),
  webgpu(`covariance ${NORM}`, {
    what: "× 8 traversals",
    most: 1.5,
    figure: (_, row) => 1 / row.fraction!,
  }),
  webgpu(`covariance ${NORM}`, {
    what: "× naive",
    most: 1.1,
    figure: (find, row) => {
      const naive = find(`naive ${NORM}`);
      return naive && row.ms / naive.ms;
    },
  }),
  webgpu("chain of ten on 2^21", {
    what: "× one copy",
    most: 1.3,
    figure: (_, row) => 1 / row.fraction!,
  }),
  ...["fft 64×1024", "fft 512×512 in 2-D"].flatMap((key) => [
    webgpu(key, {
      what: "× tfjs",
      least: 50,
      figure: (_, row) => {
        const theirs = peerMs(row, "tfjs");
        return theirs === null ? null : theirs / row.ms;
      },
    }),
    webgpu(key, {
      what: "× the copies of its passes",
      most: 6,
      figure: (_, row) => 1 / row.fraction!,
    }),
  ]),
  webgpu(STEP, { what: "ms", most: 38, figure: (_, row) => row.ms }),
  webgpu(STEP, { what: "ms of JavaScript", most: 1.5, figure: (_, row) => row.script }),
  webgpu(STEP, { what: "s to the first", most: 3, figure: (_, row) => row.first! / 1000 }),
  {
    engine: "cpu",
    key: "complex matmul 512",
    what: "of jax wasm, real, per flop",
    least: 0.5,
    figure: perFlop(512, "jax wasm"),
  },
  { engine: "cpu", key: STEP, what: "ms", most: 40, figure: (_, row) => row.ms },
];

const digits = (x: number) => x < 10 ? x.toFixed(2) : x.toFixed(0);

/** The targets of the rows that were measured. */
export function verdicts(rows: readonly Row[]): Verdict[] {
  return TARGETS.flatMap(({ engine, key, what, figure, least, most }): Verdict[] => {
    const find = (wanted: string) => rows.find((r) => r.engine === engine && r.key === wanted);
    const row = find(key);
    const value = row && figure(find, row);
    if (value === null || value === undefined) return [];
    const met = least === undefined ? value <= most! : value >= least;
    const bound = least === undefined ? `≤ ${most}` : `≥ ${least}`;
    return [{ engine, key, met, text: `${digits(value)} ${what} ${bound}` }];
  });
}
