/**
 * Index expressions: the location of an element behind views as a function of the kernel's linear
 * index. Their constructors simplify as they go, so a view that keeps the memory order costs
 * nothing. They are printed as WGSL or evaluated in blocks on the CPU.
 */

/** A non-negative integer expression in the kernel's linear index. `key` identifies its meaning. */
export type Index =
  & (
    | { readonly op: "linear" }
    | { readonly op: "const"; readonly value: number }
    | { readonly op: "param"; readonly at: number }
    | { readonly op: "add"; readonly a: Index; readonly b: Index }
    | { readonly op: "mul" | "div" | "mod"; readonly a: Index; readonly n: number }
    | { readonly op: "reverse"; readonly a: Index; readonly n: number }
    | { readonly op: "shift"; readonly a: Index; readonly n: number; readonly size: number }
  )
  & {
    readonly key: string;
    /** No value of the expression is larger. */
    readonly max: number;
  };

/** The kernel's linear index itself, below `size`. */
export function linear(size: number): Index {
  return { op: "linear", key: "i", max: size - 1 };
}

/** A constant. */
export function constant(value: number): Index {
  return { op: "const", value, key: `${value}`, max: value };
}

/** The run-time word `at` of the params, known to be at most `max`. */
export function param(at: number, max: number): Index {
  return { op: "param", at, key: `p${at}`, max };
}

/** The same index where it is known to be at most `max`. */
export function within(index: Index, max: number): Index {
  return max < index.max ? { ...index, max } : index;
}

/** a + b */
export function add(a: Index, b: Index): Index {
  if (a.op === "const" && a.value === 0) return b;
  if (b.op === "const" && b.value === 0) return a;
  if (a.op === "const" && b.op === "const") return constant(a.value + b.value);
  // The pieces of a split index recombine: (x / n) · n + x mod n = x, also modulo more.
  if (a.op === "mul" && b.op === "mod" && a.n === b.n) {
    const q = a.a;
    if (q.op === "div" && q.n === a.n && q.a.key === b.a.key) return q.a;
    if (q.op === "mod" && q.a.op === "div" && q.a.n === a.n && q.a.a.key === b.a.key) {
      return mod(b.a, a.n * q.n);
    }
  }
  return { op: "add", a, b, key: `(${a.key}+${b.key})`, max: a.max + b.max };
}

/** a · n */
export function mul(a: Index, n: number): Index {
  if (n === 1) return a;
  if (n === 0) return constant(0);
  if (a.op === "const") return constant(a.value * n);
  if (a.op === "mul") return mul(a.a, a.n * n);
  return { op: "mul", a, n, key: `(${a.key}*${n})`, max: a.max * n };
}

/** a / n, rounded down */
export function div(a: Index, n: number): Index {
  if (n === 1) return a;
  if (a.max < n) return constant(0);
  if (a.op === "const") return constant(Math.floor(a.value / n));
  if (a.op === "div") return div(a.a, a.n * n);
  if (a.op === "mul" && a.n % n === 0) return mul(a.a, a.n / n);
  const max = Math.floor(a.max / n);
  if (a.op === "add" && a.a.op === "mul") {
    const { a: { a: outer, n: size }, b: inner } = a;
    if (size % n === 0) return within(add(mul(outer, size / n), div(inner, n)), max);
    if (n % size === 0 && inner.max < size) return within(div(outer, n / size), max);
  }
  return { op: "div", a, n, key: `(${a.key}/${n})`, max };
}

/** a mod n */
export function mod(a: Index, n: number): Index {
  if (a.max < n) return a;
  if (n === 1) return constant(0);
  if (a.op === "const") return constant(a.value % n);
  if (a.op === "mul" && a.n % n === 0) return constant(0);
  if (a.op === "add" && a.a.op === "mul") {
    const { a: { a: outer, n: size }, b: inner } = a;
    if (size % n === 0) return mod(inner, n);
    if (n % size === 0 && inner.max < size) return add(mul(mod(outer, n / size), size), inner);
  }
  if (a.op === "mod" && a.n % n === 0) return mod(a.a, n);
  return { op: "mod", a, n, key: `(${a.key}%${n})`, max: n - 1 };
}

/** n − 1 − a, for a < n */
export function reverse(a: Index, n: number): Index {
  if (a.op === "const") return constant(n - 1 - a.value);
  return { op: "reverse", a, n, key: `(${n - 1}-${a.key})`, max: n - 1 };
}

/** a − n where that lies in [0, size), else 0 (a guard tells which). */
export function shift(a: Index, n: number, size: number): Index {
  if (n === 0 && a.max < size) return a;
  return { op: "shift", a, n, size, key: `(${a.key}>>${n},${size})`, max: size - 1 };
}

/** The coordinates of a linear index in a row-major shape. */
export function split(at: Index, shape: readonly number[]): Index[] {
  const coords: Index[] = [];
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    coords.unshift(mod(div(at, stride), shape[d]));
    stride *= shape[d];
  }
  return coords;
}

/** The linear index of coordinates in a row-major shape. */
export function join(coords: readonly Index[], shape: readonly number[]): Index {
  let at = constant(0);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    at = add(mul(coords[d], stride), at);
    stride *= shape[d];
  }
  return at;
}

/** The expression with `at` in the place of the linear index. */
export function rebase(index: Index, at: Index): Index {
  switch (index.op) {
    case "linear":
      return at;
    case "const":
    case "param":
      return index;
    case "add":
      return within(add(rebase(index.a, at), rebase(index.b, at)), index.max);
    case "mul":
      return mul(rebase(index.a, at), index.n);
    case "div":
      return div(rebase(index.a, at), index.n);
    case "mod":
      return mod(rebase(index.a, at), index.n);
    case "reverse":
      return reverse(rebase(index.a, at), index.n);
    case "shift":
      return shift(rebase(index.a, at), index.n, index.size);
  }
}

/** The largest number that an expression, its operands and its constants reach. */
export function reach(index: Index): number {
  const own = "n" in index ? Math.max(index.max, index.n) : index.max;
  return Math.max(own, ...operands(index).map(reach));
}

/** The expression in WGSL; `name` gives the identifier of a subexpression that has one. */
export function indexWgsl(index: Index, name: (sub: Index) => string): string {
  switch (index.op) {
    case "linear":
      return "i";
    case "const":
      return `${index.value}u`;
    case "param":
      return `param_u32(${index.at}u)`;
    case "add":
      return `${name(index.a)} + ${name(index.b)}`;
    case "mul":
      return `${name(index.a)} * ${index.n}u`;
    case "div":
      return `${name(index.a)} / ${index.n}u`;
    case "mod":
      return `${name(index.a)} % ${index.n}u`;
    case "reverse":
      return `${index.n - 1}u - ${name(index.a)}`;
    case "shift": {
      // Below n the unsigned difference wraps around to a huge number.
      const moved = `(${name(index.a)} - ${index.n}u)`;
      return `select(0u, ${moved}, ${moved} < ${index.size}u)`;
    }
  }
}

/** The subexpressions an expression is made of. */
export function operands(index: Index): Index[] {
  if (index.op === "add") return [index.a, index.b];
  return "a" in index ? [index.a] : [];
}

/** The values of an index in a block; wide ones reach beyond 32 bits. */
export type Indices = Uint32Array | Float64Array;

/** Evaluates one node for a block, given the blocks of its operands. */
export function indexBlock(
  index: Index,
  start: number,
  n: number,
  out: Indices,
  a: Indices,
  b: Indices,
  params: Uint32Array,
): void {
  switch (index.op) {
    case "linear":
      for (let j = 0; j < n; j++) out[j] = start + j;
      return;
    case "const":
      out.fill(index.value, 0, n);
      return;
    case "param":
      out.fill(params[index.at], 0, n);
      return;
    case "add":
      for (let j = 0; j < n; j++) out[j] = a[j] + b[j];
      return;
    case "mul": {
      const { n: k } = index;
      for (let j = 0; j < n; j++) out[j] = a[j] * k;
      return;
    }
    case "div": {
      const { n: k } = index;
      if (out instanceof Float64Array) {
        for (let j = 0; j < n; j++) {
          out[j] = Math.floor(a[j] / k);
        }
      } else for (let j = 0; j < n; j++) out[j] = (a[j] / k) >>> 0;
      return;
    }
    case "mod": {
      const { n: k } = index;
      for (let j = 0; j < n; j++) out[j] = a[j] % k;
      return;
    }
    case "reverse": {
      const last = index.n - 1;
      for (let j = 0; j < n; j++) out[j] = last - a[j];
      return;
    }
    case "shift": {
      const { n: by, size } = index;
      for (let j = 0; j < n; j++) {
        const moved = a[j] - by;
        out[j] = moved >= 0 && moved < size ? moved : 0;
      }
      return;
    }
  }
}
