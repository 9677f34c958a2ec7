/** Comparisons, choices and gates: `gpu/functions/{comparison,activation}.ts`. */
import { Fn } from "../function_opcodes";
import { complexesToReal, map1, map2 } from "./loops";
import { choose, splat } from "./lanes";

/** 1 where the condition's lane is set, else 0. */
function one(condition: v128): v128 {
  return v128.and(condition, splat(1));
}

class Equal {
  f(a: v128, b: v128): v128 {
    return one(f32x4.eq(a, b));
  }
}

class EqualIndex {
  f(a: v128, b: v128): v128 {
    return one(i32x4.eq(a, b));
  }
}

class NotEqual {
  f(a: v128, b: v128): v128 {
    return one(f32x4.ne(a, b));
  }
}

class Less {
  f(a: v128, b: v128): v128 {
    return one(f32x4.lt(a, b));
  }
}

class LessEqual {
  f(a: v128, b: v128): v128 {
    return one(f32x4.le(a, b));
  }
}

class EqualComplex {
  f(a: v128, b: v128, c: v128, d: v128): v128 {
    return one(v128.and(f32x4.eq(a, c), f32x4.eq(b, d)));
  }
}

class NotEqualComplex {
  f(a: v128, b: v128, c: v128, d: v128): v128 {
    return one(v128.or(f32x4.ne(a, c), f32x4.ne(b, d)));
  }
}

class Maximum {
  f(a: v128, b: v128): v128 {
    return f32x4.max(a, b);
  }
}

class Minimum {
  f(a: v128, b: v128): v128 {
    return f32x4.min(a, b);
  }
}

class Relu {
  f(x: v128): v128 {
    return v128.andnot(x, f32x4.le(x, splat(0)));
  }
}

class ReluGate {
  f(g: v128, x: v128): v128 {
    return v128.and(g, f32x4.gt(x, splat(0)));
  }
}

function whereReal(n: i32, out: usize, c: usize, a: usize, b: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 2; i < end; i += 16) {
    const condition = f32x4.ne(v128.load(c + i), splat(0));
    v128.store(out + i, choose(condition, v128.load(a + i), v128.load(b + i)));
  }
}

function whereComplex(n: i32, out: usize, c: usize, a: usize, b: usize): void {
  for (let i: usize = 0, end = (<usize> n) << 3; i < end; i += 32, c += 16) {
    const condition = f32x4.ne(v128.load(c), splat(0));
    const low = v128.shuffle<f32>(condition, condition, 0, 0, 1, 1);
    const high = v128.shuffle<f32>(condition, condition, 2, 2, 3, 3);
    v128.store(out + i, choose(low, v128.load(a + i), v128.load(b + i)));
    v128.store(out + i, choose(high, v128.load(a + i, 16), v128.load(b + i, 16)), 16);
  }
}

/** Runs the function `op` of this file over a block of `n` elements. */
export function comparison(op: i32, n: i32, out: usize, a: usize, b: usize, c: usize): void {
  switch (op) {
    case Fn.equalComplex:
      return complexesToReal<EqualComplex>(n, out, a, b);
    case Fn.equalIndex:
      return map2<EqualIndex>(n, out, a, b);
    case Fn.equalReal:
      return map2<Equal>(n, out, a, b);
    case Fn.greater:
      return map2<Less>(n, out, b, a);
    case Fn.greaterEqual:
      return map2<LessEqual>(n, out, b, a);
    case Fn.less:
      return map2<Less>(n, out, a, b);
    case Fn.lessEqual:
      return map2<LessEqual>(n, out, a, b);
    case Fn.maximum:
      return map2<Maximum>(n, out, a, b);
    case Fn.minimum:
      return map2<Minimum>(n, out, a, b);
    case Fn.notEqualComplex:
      return complexesToReal<NotEqualComplex>(n, out, a, b);
    case Fn.notEqualReal:
      return map2<NotEqual>(n, out, a, b);
    case Fn.whereComplex:
      return whereComplex(n, out, a, b, c);
    case Fn.whereReal:
      return whereReal(n, out, a, b, c);
    case Fn.reluComplex:
      return map1<Relu>(n << 1, out, a);
    case Fn.reluReal:
      return map1<Relu>(n, out, a);
    case Fn.reluGateComplex:
      return map2<ReluGate>(n << 1, out, a, b);
    case Fn.reluGateReal:
      return map2<ReluGate>(n, out, a, b);
  }
}
