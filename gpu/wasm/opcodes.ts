/**
 * The opcodes of what an expression's program does beside calling elementwise functions, whose own are
 * in `function_opcodes.ts`. TypeScript and AssemblyScript both read this file.
 */
export enum Op {
  // Indices
  linear,
  constant,
  param,
  addIndex,
  mulIndex,
  divIndex,
  modIndex,
  reverse,
  shift,
  // Values that are not functions of values
  copyReal,
  copyComplex,
  loadReal,
  loadComplex,
  loadRealRuns,
  loadComplexRuns,
  scalarReal,
  scalarComplex,
  guardReal,
  guardComplex,
}
