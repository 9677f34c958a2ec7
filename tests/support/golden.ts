/** The golden cases of tests/golden: see the README there for what they hold. */
import { loadSafetensors } from "../../complex/files/safetensors.ts";

/** A float32 array with its shape; interleaved `re, im` where it is complex. */
export interface GoldenArray {
  readonly shape: number[];
  readonly data: Float32Array;
}

/** One golden case. */
export interface Golden {
  /** The layer or operation, and its options as JSON text. */
  readonly meta: Record<string, string>;
  /** The names of its arrays, complex ones as `t_r` and `t_i`. */
  readonly names: string[];
  /** Whether the case has `t`, as a real array or as a pair. */
  has(name: string): boolean;
  /** Whether `t` is stored as the pair `t_r`, `t_i`. */
  isComplex(name: string): boolean;
  /** The real array `t`. */
  real(name: string): GoldenArray;
  /** The pair `t_r`, `t_i`, interleaved. */
  complex(name: string): GoldenArray;
}

/** Reads the case tests/golden/<name>.safetensors. */
export async function golden(name: string): Promise<Golden> {
  const url = new URL(`../golden/${name}.safetensors`, import.meta.url);
  const { metadata, tensors } = await loadSafetensors(url);
  const real = (key: string): GoldenArray => {
    const entry = tensors.get(key);
    if (!(entry?.data instanceof Float32Array)) {
      throw new Error(`Cannot find ${key} in ${name}: it has ${[...tensors.keys()].join(", ")}`);
    }
    return { shape: [...entry.shape], data: entry.data };
  };
  return {
    meta: metadata,
    names: [...tensors.keys()],
    has: (key) => tensors.has(key) || tensors.has(`${key}_r`),
    isComplex: (key) => tensors.has(`${key}_r`),
    real,
    complex(key) {
      const re = real(`${key}_r`);
      const im = real(`${key}_i`);
      const data = new Float32Array(2 * re.data.length);
      re.data.forEach((x, k) => {
        data[2 * k] = x;
        data[2 * k + 1] = im.data[k];
      });
      return { shape: re.shape, data };
    },
  };
}
