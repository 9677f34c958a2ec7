/**
 * Elementwise functions, from which the schedule builds fused kernels. Each is given twice, as a
 * WGSL expression and as a plain TypeScript loop over a block of elements.
 */
import type { HostArray, Kind } from "./dtype.ts";

/** A named piece of WGSL that a function's expression calls, with the pieces that it calls itself. */
export interface Wgsl {
  /** The function's name in the shader; pieces of one name must be the same. */
  readonly name: string;
  /** Its declaration. */
  readonly source: string;
  /** The functions that it calls. */
  readonly uses?: readonly Wgsl[];
}

/** An elementwise function of fixed kinds, such as `exp` from complex to complex, in every precision. */
export interface MapFunction {
  /** Unique among functions of the same kinds; together with the kinds it names the function. */
  readonly name: string;
  /** The kinds of its arguments. */
  readonly inputs: readonly Kind[];
  /** The kind of its value. */
  readonly output: Kind;
  /**
   * The WGSL expression for one element; each argument is an identifier or a call and may be used
   * more than once.
   */
  wgsl(...args: string[]): string;
  /** The pieces of WGSL that the expression calls. */
  readonly uses?: readonly Wgsl[];
  /** Fills the first `n` elements of `out` (2n numbers where complex) from blocks of the arguments. */
  cpu(n: number, out: HostArray, ...args: HostArray[]): void;
}

/** The sources of `roots` and all they use, each once, callees first. */
export function linkWgsl(roots: Iterable<Wgsl>): string {
  const done = new Set<string>();
  const parts: string[] = [];
  const visit = (w: Wgsl): void => {
    if (done.has(w.name)) return;
    done.add(w.name);
    for (const u of w.uses ?? []) visit(u);
    parts.push(w.source);
  };
  for (const w of roots) visit(w);
  return parts.join("\n");
}
