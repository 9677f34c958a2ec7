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
} from "./functions/arithmetic.ts";
export { complex, conj, imag, real, toComplex } from "./functions/parts.ts";
export { absComplex, absReal, absSquared, sgn, sign } from "./functions/modulus.ts";
export { angle, atan2, cosReal, polar, sinReal, tanReal } from "./functions/angle.ts";
export { erf } from "./functions/erf.ts";
export { expComplex, expm1, expReal, log1p, logComplex, logReal } from "./functions/exponential.ts";
export { powComplex, powReal, sqrtComplex, sqrtReal } from "./functions/power.ts";
export {
  coshComplex,
  coshReal,
  sinhComplex,
  sinhReal,
  tanhComplex,
  tanhReal,
} from "./functions/hyperbolic.ts";
export { cosComplex, sinComplex, tanComplex } from "./functions/trigonometric.ts";
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
} from "./functions/comparison.ts";
export {
  reluComplex,
  reluGateComplex,
  reluGateReal,
  reluReal,
  sigmoid,
} from "./functions/activation.ts";
export { indexToReal } from "./functions/cast.ts";
export { normalComplex, normalReal, poisson, uniformReal } from "./functions/random.ts";
