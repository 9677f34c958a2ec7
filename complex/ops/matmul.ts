/** Matrix products. Transposed and conjugated operands are read as they lie. */
import { matmul as program } from "../../gpu/kernels/products/matmul.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { inexact } from "../../gpu/contract/dtype.ts";
import { Node, type Primitive } from "../lazy/graph.ts";
import { broadcastShapes, type Shape, show, sizeOf } from "../lazy/shape.ts";
import { conj, isConj, promoted } from "./arithmetic.ts";
import { permutation, reshape, sumTo } from "./views.ts";

/** How an operand is read: as it lies, transposed, conjugated, or both. */
interface Reading {
  readonly transpose: boolean;
  readonly conj: boolean;
}

interface Attrs {
  readonly a: Reading;
  readonly b: Reading;
}

/** Strides of an operand along the batch axes of the result, in matrices; 0 where it broadcasts. */
function batchStrides(own: Shape, batch: Shape): number[] {
  const strides: number[] = [];
  let step = 1;
  for (let d = batch.length - 1, k = own.length - 1; d >= 0; d--, k--) {
    const n = own[k] ?? 1;
    strides.unshift(n === 1 ? 0 : step);
    step *= n;
  }
  return strides;
}

const MATMUL: Primitive<Attrs> = {
  name: "matmul",
  lowering: {
    kind: "program",
    epilogue: true,
    program(node) {
      const [a, b, bias] = node.inputs;
      const { a: readA, b: readB } = node.attrs;
      const batch = node.shape.slice(0, -2);
      const [m, n] = node.shape.slice(-2);
      return program({
        dtype: inexact(node.dtype),
        m,
        n,
        k: a.shape[a.shape.length - (readA.transpose ? 2 : 1)],
        batchShape: batch,
        aBatchStrides: batchStrides(a.shape.slice(0, -2), batch),
        bBatchStrides: batchStrides(b.shape.slice(0, -2), batch),
        transposeA: readA.transpose,
        transposeB: readB.transpose,
        conjA: readA.conj,
        conjB: readB.conj,
        bias: bias !== undefined,
      });
    },
  },
  vjp(call, [g]) {
    const [a, b, bias] = call.inputs;
    const { a: readA, b: readB } = call.attrs;
    // With A′ = op(A): the gradients are g·B′ᴴ and A′ᴴ·g, transposed and conjugated back.
    const flip = (r: Reading): Reading => ({ transpose: !r.transpose, conj: !r.conj });
    const plain = { transpose: false, conj: false };
    const transposed = { transpose: true, conj: false };
    const back = (x: Node, reading: Reading, of: Node) =>
      sumTo(reading.conj ? conj(x) : x, of.shape);
    const conjugated = (r: Reading): Reading => ({ transpose: r.transpose, conj: !r.conj });
    let ga: Node | null = null;
    let gb: Node | null = null;
    if (a.tracked) {
      const x = readA.transpose
        ? product(b, g!, conjugated(readB), transposed)
        : product(g!, b, plain, flip(readB));
      ga = back(x, readA, a);
    }
    if (b.tracked) {
      const x = readB.transpose
        ? product(g!, a, transposed, conjugated(readA))
        : product(a, g!, flip(readA), plain);
      gb = back(x, readB, b);
    }
    if (!bias) return [ga, gb];
    return [ga, gb, sumTo(g!, bias.shape)];
  },
};

function product(a: Node, b: Node, readA: Reading, readB: Reading, bias?: Node): Node {
  const [ra, rb] = [a.shape.length, b.shape.length];
  const m = a.shape[ra - (readA.transpose ? 1 : 2)];
  const n = b.shape[rb - (readB.transpose ? 2 : 1)];
  const batches = [a.shape.slice(0, -2), b.shape.slice(0, -2)] as const;
  const batch = broadcastShapes("matmul", ...batches, [a.shape, b.shape]);
  const inputs = bias ? [a, b, bias] : [a, b];
  const attrs: Attrs = { a: readA, b: readB };
  return new Node(MATMUL, inputs, [{ shape: [...batch, m, n], dtype: a.dtype }], attrs);
}

/** Looks through conjugations and transposes over the last two axes. */
function reading(x: Node): [Node, Reading] {
  let conjugate = false;
  let transpose = false;
  for (;;) {
    const axes = permutation(x);
    const rank = x.shape.length;
    if (isConj(x)) conjugate = !conjugate;
    else if (axes && axes.every((d, k) => d === (k < rank - 2 ? k : 2 * rank - 3 - k))) {
      transpose = !transpose;
    } else return [x, { transpose, conj: conjugate }];
    x = x.inputs[0];
  }
}

/** a·b over the last two axes, the others broadcast; vectors as in PyTorch. `bias` is added to each row. */
export function matmul(a: Node, b: Node, bias?: Node): Node {
  if (a.shape.length === 0 || b.shape.length === 0) {
    throw cannot("matmul", `shapes ${show(a.shape)} and ${show(b.shape)}: a number has no rows`);
  }
  const [columns, rows] = [a.shape.at(-1), b.shape.at(-2) ?? b.shape[0]];
  if (columns !== rows) {
    const shapes = `shapes ${show(a.shape)} and ${show(b.shape)}`;
    throw cannot("matmul", `${shapes} do not chain: ${columns} columns meet ${rows} rows`);
  }
  if (a.dtype !== b.dtype || (bias && bias.dtype !== a.dtype)) {
    if (bias) [a, b, bias] = promoted([a, b, bias]);
    else [a, b] = promoted([a, b]);
  }
  if (a.shape.length === 1) {
    const row = matmul(reshape(a, [1, a.shape[0]]), b, bias);
    return reshape(row, b.shape.length === 1 ? [] : [...row.shape.slice(0, -2), row.shape.at(-1)!]);
  }
  if (b.shape.length === 1) {
    const column = matmul(a, reshape(b, [b.shape[0], 1]), bias);
    return reshape(column, column.shape.slice(0, -1));
  }
  const [x, readA] = reading(a);
  const [y, readB] = reading(b);
  // A stack of matrices times one matrix is a single tall product.
  if (y.shape.length === 2 && x.shape.length > 2 && !readA.transpose) {
    const k = x.shape.at(-1)!;
    const tall = product(reshape(x, [x.size / k, k]), y, readA, readB, bias);
    return reshape(tall, [...x.shape.slice(0, -1), tall.shape[1]]);
  }
  return product(x, y, readA, readB, bias);
}

/** Σ conj(a)·b over all elements. */
export function vdot(a: Node, b: Node): Node {
  if (sizeOf(a.shape) !== sizeOf(b.shape)) {
    throw cannot("vdot", `shapes ${show(a.shape)} and ${show(b.shape)} differ in size`);
  }
  const flat = [a.size];
  return matmul(conj(reshape(a, flat)), reshape(b, flat));
}
