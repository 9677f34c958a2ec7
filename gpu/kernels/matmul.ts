/** Matrix products of real and complex matrices, batched, transposed and conjugated as asked. */
import {
  type Adapter,
  BYTES,
  type Field,
  type Kernel,
  MULTIPLY_ADD,
  type Program,
  single,
  WORDS,
} from "../kernel.ts";
import { hostProduct } from "./host_product.ts";
import { partialSums, partsOfSum } from "./partial_sums.ts";
import {
  CHAIN,
  chained,
  cheapest,
  loadWidth,
  range,
  Reader,
  Sums,
  type Term,
  tileGrid,
  tileMain,
  when,
  Writer,
} from "./tile.ts";

/**
 * C[b] = op(A[b]) · op(B[b]) (+ bias): m × k times k × n, row major.
 *
 * `op` transposes (A is then stored k × m, B n × k) and conjugates. The bias, a third input of n
 * elements, is added to every row. C is contiguous over `batchShape`.
 */
export interface MatmulSpec {
  readonly dtype: Field;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** The batch dimensions of C; empty for one product. */
  readonly batchShape: readonly number[];
  /** Step of A along each batch dimension, in matrices; 0 broadcasts. */
  readonly aBatchStrides: readonly number[];
  /** Step of B along each batch dimension, in matrices; 0 broadcasts. */
  readonly bBatchStrides: readonly number[];
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Conjugates A; complex only. */
  readonly conjA: boolean;
  /** Conjugates B; complex only. */
  readonly conjB: boolean;
  readonly bias: boolean;
}

/** The product, with the sum over k cut into `parts` that are written one after the other. */
interface SplitSpec extends MatmulSpec {
  readonly parts: number;
}

/** How a thread does its share: `rows` × `columns` sums, `unroll` values of k a round. */
interface Variant {
  readonly rows: number;
  readonly columns: number;
  readonly unroll: number;
}

/** The program of a matrix product; inputs A, B and, where asked, the bias. */
export function matmul(spec: MatmulSpec): Program {
  const { dtype, m, n, k, bias } = spec;
  const count = batchOf(spec) * m * n;
  const parts = partsOfSum(k, count);
  if (parts === 1) return single(product, { ...spec, parts });
  return {
    steps: [
      {
        kernel: product,
        spec: { ...spec, bias: false, parts },
        inputs: ["in0", "in1"],
        outputs: ["tmp0"],
      },
      {
        kernel: partialSums,
        spec: { dtype, parts, count, bias: bias ? n : 0 },
        inputs: bias ? ["tmp0", "in2"] : ["tmp0"],
        outputs: ["out0"],
      },
    ],
    scratch: [parts * count * BYTES[dtype]],
  };
}

const product: Kernel<SplitSpec> = {
  name: "matmul",
  flops: (spec) => MULTIPLY_ADD[spec.dtype] * batchOf(spec) * spec.m * spec.n * spec.k,
  bindings: ({ dtype, bias }) => ({
    inputs: bias ? [dtype, dtype, dtype] : [dtype, dtype],
    outputs: [dtype],
  }),
  wgsl(spec, adapter) {
    const variant = chooseVariant(spec, adapter);
    const threads = threadsOf(spec, variant);
    const { a, b } = readersOf(spec, variant);
    const { dtype, n, bias } = spec;
    const out = new Writer(dtype, bias ? 3 : 2, loadWidth(dtype, n, variant.columns));
    return {
      source: `${a.declare()}\n${b.declare()}\n${out.declare()}\n` +
        tileMain(adapter, threads, body(spec, variant, a, b, out)),
      workgroups: tileGrid(adapter, threads),
    };
  },
  cpu(spec, [a, b, bias], [out]) {
    const { dtype, m, n, k, parts } = spec;
    const words = WORDS[dtype];
    const unroll = unrollOf(spec);
    const deep = depthOfPart(spec, unroll), whole = k - k % unroll;
    const batch = batchOf(spec);
    for (let part = 0; part < parts; part++) {
      const start = Math.min(part * deep, whole);
      const end = part === parts - 1 ? k : Math.min(start + deep, whole);
      for (let z = 0; z < batch; z++) {
        const aBase = matrixOf(z, spec.batchShape, spec.aBatchStrides) * m * k;
        const bBase = matrixOf(z, spec.batchShape, spec.bBatchStrides) * k * n;
        const base = (part * batch + z) * m * n;
        const gather = (
          source: typeof a,
          at0: number,
          step: number,
          conj: boolean,
          from: number,
          to: number,
          into: Float64Array,
          at: number,
        ) => {
          let s = (at0 + (start + from) * step) * words;
          for (let q = from; q < to; q++, s += step * words) {
            into[at++] = source[s];
            if (words === 2) into[at++] = conj ? -source[s + 1] : source[s + 1];
          }
        };
        hostProduct({
          field: dtype,
          rows: m,
          columns: n,
          depth: end - start,
          a: (row, ...rest) =>
            spec.transposeA
              ? gather(a, aBase + row, m, spec.conjA, ...rest)
              : gather(a, aBase + row * k, 1, spec.conjA, ...rest),
          b: (column, ...rest) =>
            spec.transposeB
              ? gather(b, bBase + column * k, 1, spec.conjB, ...rest)
              : gather(b, bBase + column, n, spec.conjB, ...rest),
          store(row, column, re, im) {
            const at = (base + row * n + column) * words;
            out[at] = spec.bias ? re + bias[column * words] : re;
            if (words === 2) out[at + 1] = spec.bias ? im + bias[column * 2 + 1] : im;
          },
        });
      }
    }
  },
};

function batchOf(spec: MatmulSpec): number {
  return spec.batchShape.reduce((p, d) => p * d, 1);
}

/** Values of k in one round: what one load holds. */
function unrollOf({ dtype, k }: MatmulSpec): number {
  return Math.min(dtype === "c64" ? 2 : 4, k);
}

/** Terms of the sum in each part but the last, a multiple of `unroll`. */
function depthOfPart({ k, parts }: SplitSpec, unroll: number): number {
  return Math.ceil(Math.floor(k / unroll) / parts) * unroll;
}

/** The matrix of an operand that batch index `z` stands for. */
function matrixOf(z: number, shape: readonly number[], strides: readonly number[]): number {
  let matrix = 0;
  for (let d = shape.length - 1; d >= 0; d--) {
    matrix += (z % shape[d]) * strides[d];
    z = Math.floor(z / shape[d]);
  }
  return matrix;
}

function matrixWgsl(shape: readonly number[], strides: readonly number[]): string {
  let inner = 1;
  const terms: string[] = [];
  for (let d = shape.length - 1; d >= 0; d--) {
    if (strides[d] !== 0 && shape[d] !== 1) {
      terms.push(`((z / ${inner}u) % ${shape[d]}u) * ${strides[d]}u`);
    }
    inner *= shape[d];
  }
  return terms.join(" + ") || "0u";
}

function threadsOf(spec: SplitSpec, { rows, columns }: Variant): number {
  return spec.parts * batchOf(spec) * Math.ceil(spec.m / rows) * Math.ceil(spec.n / columns);
}

function readersOf(spec: SplitSpec, { rows, columns, unroll }: Variant): { a: Reader; b: Reader } {
  const { dtype, m, n, k } = spec;
  // Along k the unit must divide the unrolled stretch, across it the tile.
  const aWidth = spec.transposeA ? loadWidth(dtype, m, rows) : loadWidth(dtype, k, unroll);
  const bWidth = spec.transposeB ? loadWidth(dtype, k, unroll) : loadWidth(dtype, n, columns);
  return { a: new Reader(dtype, 0, aWidth), b: new Reader(dtype, 1, bWidth) };
}

/** Larger tiles were measured to gain nothing on software and to compile for seconds. */
const MOST_SUMS = { software: 64, hardware: 16 };

function chooseVariant(spec: SplitSpec, adapter: Adapter): Variant {
  const { dtype, k } = spec;
  const most = MOST_SUMS[adapter.software ? "software" : "hardware"];
  const sizes = adapter.software ? [1, 2, 4, 6, 8, 10, 12, 16] : [1, 2, 4];
  const unroll = unrollOf(spec);
  const candidates = sizes.flatMap((rows) =>
    sizes.filter((columns) => rows * columns <= most)
      .map((columns): Variant => ({ rows, columns, unroll }))
  );
  return cheapest(adapter, dtype, candidates, (variant) => {
    const { a, b } = readersOf(spec, variant);
    return {
      threads: threadsOf(spec, variant),
      loads: k * (variant.rows / a.width + variant.columns / b.width),
      products: k * variant.rows * variant.columns,
    };
  });
}

function body(spec: SplitSpec, variant: Variant, a: Reader, b: Reader, out: Writer): string {
  const { dtype, m, n, k, parts } = spec;
  const { rows, columns, unroll } = variant;
  const rowTiles = Math.ceil(m / rows), columnTiles = Math.ceil(n / columns);
  const batch = batchOf(spec), tiles = rowTiles * columnTiles;
  const rounds = Math.floor(k / unroll);
  const roundsOfPart = depthOfPart(spec, unroll) / unroll;
  const total = new Sums(dtype, rows, columns, "t");

  const lines = [
    `let row = ((i / ${columnTiles}u) % ${rowTiles}u) * ${rows}u;`,
    `let column = (i % ${columnTiles}u) * ${columns}u;`,
    `let z = (i / ${tiles}u) % ${batch}u;`,
    `let part = i / ${tiles * batch}u;`,
    `let a_matrix = (${matrixWgsl(spec.batchShape, spec.aBatchStrides)}) * ${m * k / a.width}u;`,
    `let b_matrix = (${matrixWgsl(spec.batchShape, spec.bBatchStrides)}) * ${k * n / b.width}u;`,
  ];
  // Where the sum runs along memory each row (column) has its own pointer, kept inside the matrix.
  if (!spec.transposeA) {
    for (const r of range(rows)) {
      lines.push(`let a_row${r} = a_matrix + min(row + ${r}u, ${m - 1}u) * ${k}u / ${a.width}u;`);
    }
  }
  if (spec.transposeB) {
    for (const c of range(columns)) {
      lines.push(
        `let b_row${c} = b_matrix + min(column + ${c}u, ${n - 1}u) * ${k}u / ${b.width}u;`,
      );
    }
  }
  lines.push(total.declare());

  /** WGSL of `count` values of k from `round · unroll` on. */
  const round = (sums: Sums, q: string, count: number): string => {
    a.begin();
    b.begin();
    const code: string[] = [];
    // Operands are read at first use: the sums leave few registers for them to wait in.
    const operand = (
      reader: Reader,
      name: string,
      across: string,
      extent: number,
      size: number,
      alongK: boolean,
    ): (u: number, e: number) => Term => {
      const w = reader.width;
      if (alongK) {
        for (const e of range(size)) {
          code.push(`let ${name}${e} = ${name}_row${e} + ${q} * ${unroll}u / ${w}u;`);
        }
        return (u, e) => reader.read(code, `${name}${e}`, u);
      }
      for (const u of range(count)) {
        code.push(
          `let ${name}${u} = ${name}_matrix + ((${q} * ${unroll}u + ${u}u) * ${extent}u + ${across}) / ${w}u;`,
        );
      }
      return (u, e) => reader.read(code, `${name}${u}`, e);
    };
    const left = operand(a, "a", "row", m, rows, !spec.transposeA);
    const right = operand(b, "b", "column", n, columns, spec.transposeB);
    for (const r of range(rows)) {
      for (const c of range(columns)) {
        for (const u of range(count)) {
          const [x, y] = [left(u, r), right(u, c)];
          code.push(sums.multiplyAdd(r, c, x, y, spec.conjA, spec.conjB));
        }
      }
    }
    return code.join("\n");
  };

  if (rounds > 0) {
    lines.push(chained(total, {
      name: "q",
      from: `part * ${roundsOfPart}u`,
      to: `min((part + 1u) * ${roundsOfPart}u, ${rounds}u)`,
      block: CHAIN / unroll,
      long: k > 2 * CHAIN * parts,
    }, (sums) => round(sums, "q", unroll)));
  }
  if (k % unroll !== 0) {
    lines.push(`if (part == ${parts - 1}u) {\n${round(total, `${rounds}u`, k % unroll)}\n}`);
  }

  lines.push(`let o = ((part * ${batch}u + z) * ${m}u + row) * ${n}u + column;`);
  for (const r of range(rows)) {
    const stores = [
      ...(spec.bias
        ? range(columns).map((c) => total.addElement(r, c, `in2[column + ${c}u]`))
        : []),
      out.store(
        total,
        r,
        0,
        columns,
        "o",
        r * n,
        (c) => n % columns === 0 ? undefined : `column + ${c}u < ${n}u`,
      ),
    ].join("\n");
    lines.push(when(m % rows === 0, `row + ${r}u < ${m}u`, stores));
  }
  return lines.join("\n");
}
