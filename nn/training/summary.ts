/** The layers of a network in a table, without computing anything. */
import { classNameOf, nameClass } from "../../gpu/contract/class_names.ts";
import { bytesOf, type InexactDType, isComplex, type RealDType } from "../../gpu/contract/dtype.ts";
import { full } from "../../complex/create/create.ts";
import { describe } from "../../complex/lazy/describe.ts";
import { type Node, withoutGradients } from "../../complex/lazy/graph.ts";
import { getRandomState, setRandomState } from "../../complex/create/random.ts";
import { type Shape, show } from "../../complex/lazy/shape.ts";
import { RealTensor, Tensor } from "../../complex/tensor/tensor.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { Layer } from "../layer.ts";
import { Module } from "../module.ts";
import { checkWord, withDefaults } from "../checks.ts";
import { FlopCounter } from "../../complex/ops/flops.ts";
import { formatTable } from "./table.ts";
import { restoreModes } from "./validation.ts";

/** Options of {@link summary}. */
export interface SummaryOptions<M extends Module = Module> {
  /** The kind of the inputs; `"complex64"`, if absent. A real model takes `"float32"`. */
  readonly dtype?: InexactDType;
  /** How the model is applied; `model.apply(…inputs)`, if absent. */
  // deno-lint-ignore no-explicit-any
  readonly call?: (model: M, ...inputs: any[]) => unknown;
}

/** Parameters and arithmetic. */
export interface SummaryCounts {
  /** Complex parameters. */
  readonly complexParameters: number;
  /** Real parameters. */
  readonly realParameters: number;
  /** The bytes of the parameters. */
  readonly bytes: number;
  /**
   * Real operations of matrix products, convolutions (8 for a complex product and its sum, 2 for a real
   * one) and Fourier transforms (5 n log₂ n); what goes element by element is not counted.
   */
  readonly flops: number;
}

/** One module of a {@link Summary}: what is its own, without the modules in it. */
export interface SummaryRow extends SummaryCounts {
  /** Its path in the model, "" for the model itself. */
  readonly path: string;
  /** The name of its class. */
  readonly type: string;
  /** How deep it lies. */
  readonly depth: number;
  /** The shapes of what it returned the first time; null if it was not applied. */
  readonly output: readonly Shape[] | null;
  /** How many times it was applied. */
  readonly calls: number;
}

/** The result of {@link summary}; `console.log` and `toString` show it as a table. */
export class Summary {
  static {
    nameClass(this, "Summary");
  }

  /** The modules, outermost first. */
  readonly rows: readonly SummaryRow[];
  /** The sums over all rows. */
  readonly total: SummaryCounts;
  /** The bytes of the buffers, such as running statistics. */
  readonly bufferBytes: number;

  /**
   * Made by {@link summary}.
   * @internal
   */
  constructor(rows: readonly SummaryRow[], bufferBytes: number) {
    const sum = (name: keyof SummaryCounts) => rows.reduce((all, row) => all + row[name], 0);
    this.rows = rows;
    this.total = {
      complexParameters: sum("complexParameters"),
      realParameters: sum("realParameters"),
      bytes: sum("bytes"),
      flops: sum("flops"),
    };
    this.bufferBytes = bufferBytes;
  }

  /** The table. */
  toString(): string {
    const figure = (x: number) => x === 0 ? "–" : String(x);
    const cells = ({ complexParameters, realParameters, bytes, flops }: SummaryCounts) =>
      [complexParameters, realParameters, bytes, flops].map(figure);
    const { total, bufferBytes } = this;
    const table = formatTable(
      ["layer", "type", "output", "complex", "real", "bytes", "flops"],
      [
        ...this.rows.map((row) => [
          `${"  ".repeat(row.depth)}${row.path || "(model)"}`,
          row.calls > 1 ? `${row.type} × ${row.calls}` : row.type,
          row.output?.map(show).join(", ") ?? "not applied",
          ...cells(row),
        ]),
        null,
        ["total", "", "", ...cells(total)],
      ],
      3,
    );
    return bufferBytes > 0 ? `${table}\nbuffers: ${bufferBytes} bytes` : table;
  }

  /** The text that `console.log` shows in Deno. */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** The text that `console.log` shows in Node. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** A row that is being filled. */
type Draft = { -readonly [K in keyof SummaryRow]: SummaryRow[K] };

/** The tensors in arguments or results. */
function tensorsOf(x: unknown): Tensor[] {
  if (x instanceof Tensor) return [x];
  if (typeof x !== "object" || x === null || ArrayBuffer.isView(x)) return [];
  if (x instanceof Module || typeof (x as Promise<unknown>).then === "function") return [];
  return Object.values(x).flatMap(tensorsOf);
}

const nodesOf = (x: unknown): Node[] => tensorsOf(x).map((t) => t.node);

/** The shapes of what a module returned; a pair of parts counts as one. */
function shapesOf(result: unknown): Shape[] {
  const found = tensorsOf(result);
  const isPair = Array.isArray(result) && result.length === 2 && found.length === 2 &&
    found.every((x) => x instanceof RealTensor) && show(found[0].shape) === show(found[1].shape);
  return (isPair ? found.slice(0, 1) : found).map((x) => x.shape);
}

/** Notes what modules return while `work` runs, and what each costs beside those in it. */
class Recorder {
  readonly #counter = new FlopCounter();
  readonly #active: Draft[];
  readonly #undo: (() => void)[] = [];

  constructor(root: Draft) {
    this.#active = [root];
  }

  /** Has a module's calls noted in a row. */
  watch(module: Module, row: Draft): void {
    const forms = module as unknown as Record<string, unknown>;
    const inherited = Layer.prototype as unknown as Record<string, unknown>;
    for (const name of ["apply", "forward"]) {
      const form = forms[name];
      // The form that Layer makes of the other one calls that.
      if (typeof form !== "function" || form === inherited[name]) continue;
      const before = Object.getOwnPropertyDescriptor(module, name);
      const value = (...args: unknown[]) => this.#note(row, args, () => form.apply(module, args));
      Object.defineProperty(module, name, { value, configurable: true, writable: true });
      this.#undo.push(() => {
        if (before) Object.defineProperty(module, name, before);
        else delete forms[name];
      });
    }
  }

  #note(row: Draft, args: unknown[], work: () => unknown): unknown {
    const outer = this.#active.at(-1)!;
    if (outer === row && row.calls > 0) return work(); // one form calls the other
    outer.flops += this.#counter.count(nodesOf(args));
    this.#active.push(row);
    row.calls++;
    try {
      const result = work();
      row.flops += this.#counter.count(nodesOf(result));
      row.output ??= shapesOf(result);
      return result;
    } finally {
      this.#active.pop();
    }
  }

  /** The value that the model itself returned. */
  end(row: Draft, result: unknown): void {
    row.flops += this.#counter.count(nodesOf(result));
    row.output = shapesOf(result);
    row.calls ||= 1;
  }

  unwatch(): void {
    for (const back of this.#undo) back();
  }
}

/** Rows with the parameters of each module that no other module has. */
function draftsOf(model: Module): { drafts: Draft[]; modules: Module[]; bufferBytes: number } {
  const named = model.namedModules();
  const drafts = named.map(([path, module]): Draft => ({
    path,
    type: classNameOf(module),
    depth:
      named.filter(([outer]) => outer !== path && (outer === "" || path.startsWith(`${outer}.`)))
        .length,
    output: null,
    calls: 0,
    complexParameters: 0,
    realParameters: 0,
    bytes: 0,
    flops: 0,
  }));
  const bytesIn = (x: Tensor) => x.size * bytesOf(x.dtype);
  for (const [path, parameter] of model.namedParameters()) {
    const owner = [...drafts].reverse()
      .find((row) => row.path === "" || path.startsWith(`${row.path}.`))!;
    const kind = isComplex(parameter.dtype) ? "complexParameters" : "realParameters";
    owner[kind] += parameter.size;
    owner.bytes += bytesIn(parameter);
  }
  const bufferBytes = model.namedBuffers().reduce((sum, [, buffer]) => sum + bytesIn(buffer), 0);
  return { drafts, modules: named.map(([, module]) => module), bufferBytes };
}

/** Zeros of a shape, or the tensor itself. */
function inputOf(what: string, given: unknown, dtype: InexactDType): Tensor {
  if (given instanceof Tensor) return given;
  if (!Array.isArray(given)) {
    throw cannot(what, `an input is a shape or a tensor, got ${describe(given)}`);
  }
  return isComplex(dtype)
    ? full(given, { re: 0, im: 0 }, { dtype })
    : full(given, 0, { dtype: dtype as RealDType });
}

/**
 * The layers of a model with the shapes of their outputs, their parameters (complex and real ones
 * apart) and their arithmetic. Nothing is computed, since recipes know their shapes: the model is
 * applied once in evaluation mode, no statistics move, and the random numbers go on as if nothing had
 * been.
 *
 * @param model The model.
 * @param input The shape of its input, or a tensor, or a list of such for several inputs.
 * @param options The kind of the inputs, and how the model is applied.
 * @returns The rows, which `console.log` shows as a table.
 * @throws {ArgandError} if the model refuses an input of this shape, or has no `apply` and there is no
 * `call`.
 *
 * @example
 * ```ts
 * import { nn } from "@argand/argand";
 * import { assertEquals } from "@std/assert";
 *
 * const model = new nn.Sequential(new nn.Linear(16, 32), new nn.CReLU(), new nn.Linear(32, 4));
 * const table = nn.summary(model, [64, 16]);
 * console.log(table);
 * assertEquals(table.rows[1].output, [[64, 32]]);
 * assertEquals(table.total.complexParameters, 16 * 32 + 32 + 32 * 4 + 4);
 * assertEquals(table.total.flops, 8 * 64 * (16 * 32 + 32 * 4));
 * ```
 */
export function summary<M extends Module>(
  model: M,
  input: Shape | Tensor | readonly (Shape | Tensor)[],
  options?: SummaryOptions<M>,
): Summary {
  const what = "summarise a model";
  if (!(model instanceof Module)) throw cannot(what, `it takes a Module, got ${describe(model)}`);
  const { dtype, call } = withDefaults<SummaryOptions<M>>(what, options, {
    dtype: "complex64",
    call: undefined,
  });
  checkWord(what, "dtype", dtype, ["complex64", "float32", "complex128", "float64"]);
  const apply = call ?? (model as unknown as { apply?: unknown }).apply;
  if (typeof apply !== "function") {
    throw cannot(what, `${classNameOf(model)} has no apply; give call: (model, x) => …`);
  }
  const several = Array.isArray(input) && input.some((x) => typeof x !== "number");
  const inputs = (several ? input : [input]).map((x) => inputOf(what, x, dtype!));
  const { drafts, modules, bufferBytes } = draftsOf(model);
  const modes = modules.map((module) => [module, module.training] as const);
  const random = getRandomState();
  const recorder = new Recorder(drafts[0]);
  modules.forEach((module, k) => recorder.watch(module, drafts[k]));
  model.eval();
  try {
    const target = model as unknown as { apply(...inputs: Tensor[]): unknown };
    const result = withoutGradients(() => call ? call(model, ...inputs) : target.apply(...inputs));
    if (typeof (result as Promise<unknown> | null)?.then === "function") {
      throw cannot(what, "it is applied asynchronously, and must give its result at once");
    }
    recorder.end(drafts[0], result);
  } finally {
    recorder.unwatch();
    restoreModes(modes);
    setRandomState(random);
  }
  return new Summary(drafts, bufferBytes);
}
