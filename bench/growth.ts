/** How times grow with size. */
import type { Row } from "./run.ts";
import { exponent } from "./statistics.ts";
import { batchNorm } from "./work/batchnorm.ts";
import { transform } from "./work/fft.ts";
import { complexProduct } from "./work/matmul.ts";
import type { Work } from "./work/work.ts";

/** A family of work by size. */
export interface Family {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly work: (size: number) => Work;
}

/** The families whose growth is measured. */
export const FAMILIES: readonly Family[] = [
  {
    name: "complex matmul n",
    sizes: [128, 256, 512, 1024],
    work: (n) => complexProduct({ m: n, k: n, n }),
  },
  {
    name: "fft 64×n",
    sizes: [1024, 4096, 16384, 65536],
    work: (n) => transform([64, n], 1),
  },
  {
    name: "covariance batch norm n×64×32×32, forward + backward",
    sizes: [4, 8, 16, 32],
    work: (n) => batchNorm("covariance", true, [n, 64, 32, 32]),
  },
];

/** Times by size. */
export interface Growth {
  readonly engine: Row["engine"];
  readonly name: string;
  readonly sizes: readonly number[];
  readonly ms: readonly number[];
  /** p of time ∝ size^p. */
  readonly exponent: number;
}

/** The measurement of a family. */
export async function growth(
  engine: Row["engine"],
  { name, sizes, work }: Family,
  measure: (work: Work) => Promise<Row>,
): Promise<Growth> {
  const ms: number[] = [];
  for (const size of sizes) ms.push((await measure(work(size))).ms);
  return { engine, name, sizes, ms, exponent: exponent(sizes, ms) };
}
