/** Tensors as text. */
import { type HostArray, precisionOf } from "../../gpu/contract/dtype.ts";
import type { Result } from "../lazy/graph.ts";
import { type Shape, sizeOf } from "../lazy/shape.ts";

/** Entries shown at the start and at the end of a long axis. */
const EDGE = 3;

function real(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return Object.is(x, -0) ? "-0" : `${x}`;
  const size = Math.abs(x);
  return size !== 0 && (size < 1e-3 || size >= 1e6) ? x.toExponential(3) : x.toPrecision(5);
}

function complex(re: number, im: number): string {
  const sign = im < 0 || Object.is(im, -0) ? "-" : "+";
  return `${real(re)}${sign}${real(Math.abs(im))}i`;
}

/** The entries nested by axis; long axes leave out the middle. */
function formatValues(data: HostArray, shape: Shape, isComplex: boolean): string {
  const entry = (k: number) => isComplex ? complex(data[2 * k], data[2 * k + 1]) : real(data[k]);
  const block = (axis: number, from: number): string => {
    if (axis === shape.length) return entry(from);
    const n = shape[axis];
    const step = sizeOf(shape.slice(axis + 1));
    const parts: string[] = [];
    for (let k = 0; k < n; k++) {
      if (n > 2 * EDGE + 1 && k === EDGE) {
        parts.push("…");
        k = n - EDGE;
      }
      parts.push(block(axis + 1, from + k * step));
    }
    return `[${parts.join(axis === shape.length - 1 ? ", " : `,\n${" ".repeat(axis + 1)}`)}]`;
  };
  return block(0, 0);
}

/** Kind and shape of a tensor, with its entries if they are known on the host. */
export function formatTensor(
  kind: string,
  { shape, dtype }: Result,
  data: HostArray | null,
): string {
  const double = precisionOf(dtype) === "double" ? ` ${dtype}` : "";
  const head = `${kind} [${shape.join(", ")}]${double}`;
  if (!data) return `${head} (not read yet; await x.format() shows the values)`;
  const values = formatValues(data, shape, kind === "ComplexTensor");
  return values.includes("\n") ? `${head}\n${values}` : `${head} ${values}`;
}
