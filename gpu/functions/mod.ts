/** Every elementwise function of the engines. */
export {
  addComplex,
  addReal,
  divComplex,
  divReal,
  mulComplex,
  mulReal,
  negComplex,
  negReal,
  reciprocalComplex,
  reciprocalReal,
  squareComplex,
  squareReal,
  subComplex,
  subReal,
} from "./arithmetic.ts";
export { complex, conj, imag, real, toComplex } from "./parts.ts";
export { absComplex, absReal, absSquared, sgn, sign } from "./modulus.ts";
export { angle, atan2, cosReal, polar, sinReal, tanReal } from "./angle.ts";
export { erf } from "./erf.ts";
export { expComplex, expm1, expReal, log1p, logComplex, logReal } from "./exponential.ts";
export { powComplex, powReal, sqrtComplex, sqrtReal } from "./power.ts";
export {
  coshComplex,
  coshReal,
  sinhComplex,
  sinhReal,
  tanhComplex,
  tanhReal,
} from "./hyperbolic.ts";
export { cosComplex, sinComplex, tanComplex } from "./trigonometric.ts";
export {
  equalComplex,
  equalIndex,
  equalReal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  notEqualComplex,
  notEqualReal,
  whereComplex,
  whereReal,
} from "./comparison.ts";
export { reluComplex, reluGateComplex, reluGateReal, reluReal, sigmoid } from "./activation.ts";
export { indexToReal } from "./cast.ts";
export { normalComplex, normalReal, poisson, uniformReal } from "./random.ts";
