/** Small Fourier transforms as straight lines of WGSL: everything stays in registers. */

/** The prime factors of a number, smallest first. */
export function primeFactors(n: number): number[] {
  const factors: number[] = [];
  let rest = n;
  for (let p = 2; p * p <= rest; p++) {
    for (; rest % p === 0; rest /= p) factors.push(p);
  }
  return rest > 1 ? [...factors, rest] : factors;
}

/** A divisor that splits a codelet well: its square root or a little more. */
export function middleDivisor(n: number): number {
  let d = Math.ceil(Math.sqrt(n));
  while (n % d !== 0) d++;
  return d;
}

/** A number as WGSL writes float32. */
function literal(x: number): string {
  const text = Math.fround(x).toPrecision(10);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** WGSL that codelets need in front. */
export const CODELET_FUNCTIONS = `fn times(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  return vec2<f32>(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}
`;

/** Writes transforms y[k] = Σ_j x[j] e^{−2πi jk/n}. */
export class Codelet {
  readonly lines: string[] = [];

  /** A name for the value of an expression. */
  name(expression: string): string {
    const name = `c${this.lines.length}`;
    this.lines.push(`  let ${name} = ${expression};`);
    return name;
  }

  /** −i·x */
  #quarter(x: string): string {
    return this.name(`vec2<f32>(${x}.y, -${x}.x)`);
  }

  /** x·e^{−2πi k/n} */
  #twiddle(x: string, k: number, n: number): string {
    const eighths = 8 * (k % n) / n;
    if (eighths === 0) return x;
    if (eighths === 2) return this.#quarter(x);
    if (eighths === 4) return this.name(`-${x}`);
    if (eighths === 6) return this.name(`-${this.#quarter(x)}`);
    if (eighths === 1 || eighths === 3) {
      const rotated = this.#quarter(x);
      return this.name(`${literal(Math.SQRT1_2)} * (${rotated} ${eighths === 1 ? "+" : "-"} ${x})`);
    }
    const angle = -2 * Math.PI * k / n;
    const [c, s] = [literal(Math.cos(angle)), literal(Math.sin(angle))];
    return this.name(`vec2<f32>(${c} * ${x}.x - ${s} * ${x}.y, ${c} * ${x}.y + ${s} * ${x}.x)`);
  }

  /** An odd prime: pairs x[k] ± x[p − k] meet cosines and sines. */
  #prime(x: readonly string[]): string[] {
    const p = x.length;
    const half = (p - 1) / 2;
    const pairs = Array.from({ length: half }, (_, k) => k + 1);
    const sums = pairs.map((k) => this.name(`${x[k]} + ${x[p - k]}`));
    const differences = pairs.map((k) => this.name(`${x[k]} - ${x[p - k]}`));
    const y = [this.name([x[0], ...sums].join(" + "))];
    for (const j of pairs) {
      const angle = (k: number) => 2 * Math.PI * (j * k % p) / p;
      const even = pairs.map((k) => `${literal(Math.cos(angle(k)))} * ${sums[k - 1]}`);
      const odd = pairs.map((k) => `${literal(Math.sin(angle(k)))} * ${differences[k - 1]}`);
      const a = this.name([x[0], ...even].join(" + "));
      const b = this.#quarter(this.name(odd.join(" + ")));
      y[j] = this.name(`${a} + ${b}`);
      y[p - j] = this.name(`${a} - ${b}`);
    }
    return y;
  }

  /** The names of the transform's values, in order. */
  transform(x: readonly string[]): string[] {
    const n = x.length;
    if (n === 1) return [...x];
    if (n === 2) return [this.name(`${x[0]} + ${x[1]}`), this.name(`${x[0]} - ${x[1]}`)];
    if (n === 4) {
      const [a, b] = this.transform([x[0], x[2]]);
      const [c, d] = this.transform([x[1], x[3]]);
      const e = this.#quarter(d);
      return [`${a} + ${c}`, `${b} + ${e}`, `${a} - ${c}`, `${b} - ${e}`].map((s) => this.name(s));
    }
    const rows = n % 4 === 0 ? 4 : primeFactors(n)[0];
    if (rows === n) return this.#prime(x);
    // Cooley and Tukey: j = columns·a + b and k = c + rows·d.
    const columns = n / rows;
    const first = Array.from({ length: columns }, (_, b) => {
      const y = this.transform(Array.from({ length: rows }, (_, a) => x[columns * a + b]));
      return y.map((name, c) => this.#twiddle(name, b * c, n));
    });
    const y: string[] = [];
    for (let c = 0; c < rows; c++) {
      this.transform(first.map((column) => column[c])).forEach((name, d) => y[c + rows * d] = name);
    }
    return y;
  }
}
