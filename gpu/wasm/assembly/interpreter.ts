/**
 * Fused expressions, a block of elements at a time. An expression is a list of instructions that
 * `gpu/wasm/encode_expression.ts` writes:
 *
 *   word 0      number of inputs
 *   word 1      number of instructions
 *   word 2      how many of these, at the front, give the same in every block
 *   then        two words an input: its address, and the logarithm of an element's bytes
 *   then        eight words an instruction: operation, result, six operands or constants
 *
 * A register is a place in the thread's scratch memory; −1 − k stands for the block's own elements of
 * input k.
 */
import { First, Fn } from "../function_opcodes";
import { Op } from "../opcodes";
import { arithmetic } from "./arithmetic";
import { comparison } from "./comparison";
import {
  copy,
  fill,
  fillComplex,
  gather,
  guardComplex,
  guardReal,
  places,
  stretches,
} from "./indexing";
import { random } from "./random";
import { transcendental } from "./transcendental";
import { word } from "./vector";

/** Elements of a block: the registers of an expression stay in the first cache. */
export const BLOCK: i32 = 512;

function inputsOf(program: usize): usize {
  return program + 12;
}

function codeOf(program: usize): usize {
  return inputsOf(program) + (<usize> word(program, 0) << 3);
}

/** Where the elements of a register are, for the block at `start`. */
export function registerAt(program: usize, r: i32, start: i32, scratch: usize): usize {
  if (r >= 0) return scratch + <usize> r;
  const input = inputsOf(program) + (<usize> (-1 - r) << 3);
  return <usize> word(input, 0) + (<usize> start << word(input, 1));
}

/** Instructions [from, to) for the `n` elements from `start` on, a multiple of 4. */
function run(program: usize, from: i32, to: i32, start: i32, n: i32, scratch: usize): void {
  let at = codeOf(program) + (<usize> from << 5);
  for (let end = codeOf(program) + (<usize> to << 5); at < end; at += 32) {
    const op = word(at, 0);
    const out = registerAt(program, word(at, 1), start, scratch);
    const x = word(at, 2), y = word(at, 3), z = word(at, 4), v = word(at, 5), w = word(at, 6);
    if (op >= First.arithmetic) {
      const a = registerAt(program, x, start, scratch);
      const b = registerAt(program, y, start, scratch);
      const c = registerAt(program, z, start, scratch);
      if (op < First.comparison) arithmetic(op, n, out, a, b);
      else if (op < First.transcendental) comparison(op, n, out, a, b, c);
      else if (op < First.random) transcendental(op, n, out, a, b);
      else {
        const d = registerAt(program, v, start, scratch);
        if (op == Fn.poisson) {
          random(op, n, out, b, c, d, registerAt(program, w, start, scratch), a);
        } else random(op, n, out, a, b, c, d, 0);
      }
    } else if (op < Op.copyReal) {
      // Word 7 is the period of the stretches whose first places alone are asked for, or 0.
      const period = word(at, 7);
      const m = period ? (start + n - 1) / period - start / period + 1 : n;
      const a = scratch + <usize> x;
      places(op, m, out, a, scratch + <usize> y, start, op == Op.linear ? period : z, v, w);
    } else if (op >= Op.guardReal) {
      const a = registerAt(program, x, start, scratch), index = scratch + <usize> y;
      if (op == Op.guardReal) guardReal(n, out, a, index, z, v);
      else guardComplex(n, out, a, index, z, v);
    } else if (op < Op.loadReal) {
      copy(op == Op.copyReal ? n : n << 1, out, registerAt(program, x, start, scratch));
    } else if (op == Op.scalarReal) fill(n, out, x);
    else if (op == Op.scalarComplex) fillComplex(n, out, x, y);
    else {
      const index = scratch + <usize> x;
      const source = <usize> word(inputsOf(program) + (<usize> y << 3), 0);
      if (op == Op.loadReal) gather<u32>(n, out, index, source);
      else if (op == Op.loadComplex) gather<u64>(n, out, index, source);
      else if (op == Op.loadRealRuns) stretches<u32>(n, out, index, source, start, z, v);
      else stretches<u64>(n, out, index, source, start, z, v);
    }
  }
}

/** Runs the instructions that are the same in every block, for blocks of at most `n` elements. */
export function prepare(program: usize, n: i32, scratch: usize): void {
  run(program, 0, word(program, 2), 0, n, scratch);
}

/** Runs the others for the `n` elements from `start` on, a multiple of 4. */
export function evaluate(program: usize, start: i32, n: i32, scratch: usize): void {
  run(program, word(program, 2), word(program, 1), start, n, scratch);
}

/**
 * One chunk of a map kernel, whose program writes its last input, which is the output.
 *
 * Words: elements, elements of a chunk (a multiple of BLOCK), the program.
 */
export function mapExpression(args: usize, chunk: i32, scratch: usize): void {
  const size = word(args, 1), program = args + 8;
  const first = chunk * size, last = min(first + size, word(args, 0));
  prepare(program, min(BLOCK, last - first), scratch);
  for (let start = first; start < last; start += BLOCK) {
    evaluate(program, start, min(BLOCK, last - start), scratch);
  }
}
