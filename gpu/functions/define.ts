/** Constructors of elementwise functions from a piece of WGSL and a scalar function in float64. */
import type { HostArray, Kind } from "../contract/dtype.ts";
import type { MapFunction, Wgsl } from "../contract/map_function.ts";

/** WGSL of one element: a function to call with the arguments, or an expression of them. */
export type Code = Wgsl | ((...args: string[]) => string);

/** The real and imaginary part that a complex scalar function returns by reference. */
export type ReIm = [number, number];

/** A map function whose loop is given as it is. */
export function define(
  name: string,
  inputs: readonly Kind[],
  output: Kind,
  code: Code,
  cpu: (n: number, out: HostArray, ...args: HostArray[]) => void,
): MapFunction {
  if (typeof code === "function") return { name, inputs, output, wgsl: code, cpu };
  const wgsl = (...args: string[]) => `${code.name}(${args.join(", ")})`;
  return { name, inputs, output, wgsl, uses: [code], cpu };
}

/** A function from real to real. */
export function realUnary(name: string, code: Code, f: (x: number) => number): MapFunction {
  return define(name, ["real"], "real", code, (n, out, a) => {
    for (let i = 0; i < n; i++) out[i] = f(a[i]);
  });
}

/** A function from two reals to real. */
export function realBinary(
  name: string,
  code: Code,
  f: (x: number, y: number) => number,
): MapFunction {
  return define(name, ["real", "real"], "real", code, (n, out, a, b) => {
    for (let i = 0; i < n; i++) out[i] = f(a[i], b[i]);
  });
}

/** A function from complex to real. */
export function complexToReal(
  name: string,
  code: Code,
  f: (re: number, im: number) => number,
): MapFunction {
  return define(name, ["complex"], "real", code, (n, out, z) => {
    for (let i = 0; i < n; i++) out[i] = f(z[2 * i], z[2 * i + 1]);
  });
}

/** A function from complex to complex. */
export function complexUnary(
  name: string,
  code: Code,
  f: (re: number, im: number, out: ReIm) => void,
): MapFunction {
  return define(name, ["complex"], "complex", code, (n, out, z) => {
    const value: ReIm = [0, 0];
    for (let i = 0; i < 2 * n; i += 2) {
      f(z[i], z[i + 1], value);
      out[i] = value[0];
      out[i + 1] = value[1];
    }
  });
}

/** A function from two complex numbers to complex. */
export function complexBinary(
  name: string,
  code: Code,
  f: (are: number, aim: number, bre: number, bim: number, out: ReIm) => void,
): MapFunction {
  return define(name, ["complex", "complex"], "complex", code, (n, out, a, b) => {
    const value: ReIm = [0, 0];
    for (let i = 0; i < 2 * n; i += 2) {
      f(a[i], a[i + 1], b[i], b[i + 1], value);
      out[i] = value[0];
      out[i + 1] = value[1];
    }
  });
}
