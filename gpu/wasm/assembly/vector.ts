/** Four float32 numbers at a time: the vocabulary of every other file here. */

/** x · y + z: rounded once where the processor can, and the engine allows it. */

export function madd(x: v128, y: v128, z: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(x, y, z) : f32x4.add(f32x4.mul(x, y), z);
}

/** z − x · y. */

export function nmadd(x: v128, y: v128, z: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_nmadd(x, y, z) : f32x4.sub(z, f32x4.mul(x, y));
}

/** The word at `args + 4 k`. */

export function word(args: usize, k: i32): i32 {
  return load<i32>(args + (<usize> k << 2));
}
