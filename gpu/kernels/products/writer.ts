/** Stores of a product's sums in WGSL, through the epilogue where there is one. */
import { range } from "../../contract/collections.ts";
import { type InexactDType, wgslOf } from "../../contract/dtype.ts";
import { expressionWgsl } from "../../contract/expression.ts";
import { Neighbours, runsOf } from "../elementwise/neighbours.ts";
import type { Epilogue } from "./epilogue.ts";
import { type Sums, unitType } from "./tile.ts";

/** Stores to the output in units of `width` elements: a store costs as much as a load. */
export class Writer {
  readonly #slot: number;
  readonly #epilogue: EpilogueWgsl | null;

  /** `first` is the number of the binding after the kernel's own inputs. */
  constructor(
    readonly field: InexactDType,
    first: number,
    readonly width: number,
    epilogue?: Epilogue,
  ) {
    this.#slot = first + (epilogue?.inputs.length ?? 0);
    this.#epilogue = epilogue ? new EpilogueWgsl(field, first, width, epilogue) : null;
  }

  /** A second declaration of the output, with the wider element, and what the epilogue needs. */
  declare(): string {
    const type = unitType(this.field, this.width);
    return `@group(0) @binding(${this.#slot}) var<storage, read_write> wide_out: array<${type}>;
${this.#epilogue?.declare() ?? ""}`;
  }

  /** WGSL that stores `values`, a unit of elements, from element `at` on. */
  put(at: string, values: readonly string[]): string {
    const { width } = this;
    const unit = (list: readonly string[]) =>
      width === 1 ? list[0] : `${unitType(this.field, width)}(${list.join(", ")})`;
    if (!this.#epilogue) return `wide_out[(${at}) / ${width}u] = ${unit(values)};`;
    const { loads, results } = this.#epilogue.apply(values);
    return `{ let unit = (${at}) / ${width}u; ${loads} wide_out[unit] = ${unit(results)}; }`;
  }

  /**
   * WGSL that stores the row of sums from `column` on, `count` elements, at `base` (WGSL, in elements)
   * plus `offset`; `inside(c)` may give the condition under which the c-th is stored.
   */
  store(
    sums: Sums,
    row: number,
    column: number,
    count: number,
    base: string,
    offset: number,
    inside: (c: number) => string | undefined,
  ): string {
    return range(count / this.width).map((unit) => {
      const c = unit * this.width;
      const values = range(this.width).map((k) => sums.element(row, column + c + k));
      const store = this.put(`${base} + ${offset + c}u`, values);
      const condition = inside(c);
      return condition === undefined ? store : `if (${condition}) { ${store} }`;
    }).join("\n");
  }
}

/** An epilogue as a function of WGSL. Operands in the order of the results are loaded in units. */
class EpilogueWgsl {
  readonly #source: string;
  readonly #units: readonly Neighbours[];

  constructor(
    field: InexactDType,
    first: number,
    readonly width: number,
    { value, inputs }: Epilogue,
  ) {
    const kinds = [field, ...inputs];
    const runs = runsOf(value, kinds).filter((k) => k > 0);
    this.#units = runs.map((k) => new Neighbours(kinds[k], first + k - 1, width, "read"));
    const takes = runs.map((k, r) => `own${k}: ${this.#units[r].elementType}`);
    const { functions, statements, result } = expressionWgsl(
      value,
      (k) => k === 0 ? "result" : runs.includes(k) ? `own${k}` : undefined,
    );
    const type = wgslOf(field);
    this.#source = `${functions}
fn epilogue(${["i: u32", `result: ${type}`, ...takes].join(", ")}) -> ${type} {
${statements.replace(/\bin(\d+)\b/g, (_, k) => `in${first + Number(k) - 1}`)}
return ${result};
}`;
  }

  declare(): string {
    return [...this.#units.map((unit) => unit.declare()), this.#source].join("\n");
  }

  /** WGSL of what is stored for the elements of unit `unit`. */
  apply(values: readonly string[]): { loads: string; results: string[] } {
    return {
      loads: this.#units.map((unit) => unit.load("unit")).join(" "),
      results: values.map((value, k) => {
        const own = this.#units.map((unit) => unit.element(k));
        return `epilogue(${[`unit * ${this.width}u + ${k}u`, value, ...own].join(", ")})`;
      }),
    };
  }
}
