/**
 * The search for the first value that is not finite. While it is on, every node notes the stack at which
 * it was recorded, and every schedule keeps all values and computes the largest modulus of each, from
 * which it shows where NaN or Infinity began.
 */
import { type HostArray, isInteger } from "../../gpu/contract/dtype.ts";
import { again, type ArgandError, cannot } from "../../gpu/contract/errors.ts";
import { type Node, type Recorder, recordWith, withoutGradients } from "../lazy/graph.ts";
import { type Watcher, watchWith } from "../lazy/realize.ts";
import { show } from "../lazy/shape.ts";
import type { State } from "../lazy/state.ts";
import { imag, real } from "../ops/arithmetic.ts";
import { abs, maximum } from "../ops/elementwise.ts";
import { max } from "../ops/reduce.ts";
import { reshape } from "../ops/views.ts";
import { callSite, errorHere } from "./call_site.ts";

/** Lines of a stack that are kept: the user's is behind those of the library. */
const LINES = 40;

/** What is noted of a node. */
interface Origin {
  readonly error: Error;
  readonly derivativeOf: Node | null;
}

/** The nodes of a schedule as they were before it ran: afterwards recipes are gone. */
interface Record {
  /** What each is computed from; nothing, if it has a value already. */
  readonly inputs: ReadonlyMap<Node, readonly Node[]>;
  /** What was asked for, and the states that it updates. */
  readonly roots: readonly { readonly node: Node; readonly state: State | null }[];
}

/** The largest modulus of the parts of x, NaN if there is one. */
function largest(x: Node): Node {
  const size = (part: Node) => abs(reshape(part, [x.size]));
  const [re, im] = [real(x), imag(x)];
  return max(x === re ? size(x) : maximum(size(re), size(im)), 0);
}

/** Whether a node is a value that has to be computed to be looked at; constants may be what they are. */
function isWatched({ dtype, results, primitive, stored, size }: Node): boolean {
  const { kind } = primitive.lowering;
  return !isInteger(dtype) && results.length === 1 && kind !== "fill" && kind !== "iota" &&
    size > 0 && !stored?.host;
}

/** NaN or Infinity, if it is in data of the host. */
function inData(data: HostArray): number {
  let found = 0;
  for (let k = 0; k < data.length; k++) {
    if (Number.isNaN(data[k])) return NaN;
    if (!Number.isFinite(data[k])) found = Infinity;
  }
  return found;
}

/** Looks at what is recorded and computed until it is taken away. */
export class AnomalySearch implements Recorder, Watcher {
  derivativeOf: Node | null = null;
  readonly #origins = new WeakMap<Node, Origin>();
  #underWay: Promise<void> = Promise.resolve();
  #found: ArgandError | null = null;

  /** Begins to look. */
  begin(): void {
    recordWith(this);
    watchWith(this);
  }

  /** Looks no further. */
  end(): void {
    recordWith(null);
    watchWith(null);
  }

  note(node: Node): void {
    this.#origins.set(node, { error: errorHere(LINES), derivativeOf: this.derivativeOf });
  }

  report(): void {
    const found = this.#found;
    this.#found = null;
    if (found) throw again(found);
  }

  async settled(): Promise<void> {
    await this.#underWay;
    this.report();
  }

  watch(nodes: readonly Node[], wanted: readonly Node[], updated: readonly State[]) {
    const watched = nodes.filter(isWatched);
    recordWith(null);
    const figures = withoutGradients(() => watched.map(largest));
    recordWith(this);
    const record: Record = {
      inputs: new Map(nodes.map((node) => [node, node.stored ? [] : node.inputs])),
      roots: [
        ...wanted.map((node) => ({ node, state: null })),
        ...updated.map((state) => ({ node: state.pending!, state })),
      ],
    };
    const ran = (values: Promise<HostArray[]>) => {
      for (const figure of figures) figure.dropRecipe();
      const before = this.#underWay;
      this.#underWay = Promise.all([values, before]).then(([sizes]) => {
        const bad = new Map<Node, number>();
        for (const [k, node] of watched.entries()) {
          if (!Number.isFinite(sizes[k][0])) bad.set(node, sizes[k][0]);
        }
        for (const node of nodes) {
          const value = node.stored?.host && !isInteger(node.dtype) ? inData(node.stored.host) : 0;
          if (!Number.isFinite(value)) bad.set(node, value);
        }
        this.#found ??= this.#judge(record, bad);
      }, () => {}); // what failed is told by what was asked for
    };
    return { figures, ran };
  }

  /** Goes back from the first result that is not finite to where that began; null if all are finite. */
  #judge({ inputs, roots }: Record, bad: ReadonlyMap<Node, number>): ArgandError | null {
    const root = roots.find(({ node }) => bad.has(node));
    if (!root) return null;
    const inputsOf = (node: Node) => inputs.get(node) ?? [];
    let node = root.node;
    for (let from: Node | undefined = node; from; node = from ?? node) {
      const candidates = inputsOf(node).filter((input) => bad.has(input));
      const alike = (x: Node) => Number.isNaN(bad.get(x)!) === Number.isNaN(bad.get(node)!);
      from = candidates.find(alike) ?? candidates[0];
    }
    const error = cannot(
      "go on with what is not finite",
      this.#describe(node, bad.get(node)!, inputsOf) +
        (root.state ? `; ${root.state.name} was to get its next value from it` : ""),
    );
    const origin = this.#origins.get(node);
    if (origin) error.cause = origin.error;
    return error;
  }

  #describe(node: Node, value: number, inputsOf: (node: Node) => readonly Node[]): string {
    const { primitive: { name, lowering }, state } = node;
    const kind = `${node.dtype} ${show(node.shape)}`;
    const origin = this.#origins.get(node);
    if (state) return `${state.name} (${kind}) holds ${value} before it is used`;
    if (lowering.kind === "host") {
      return `the data of a tensor (${kind}) hold ${value}; it was made ${placeOf(origin)}`;
    }
    if (inputsOf(node).length === 0) {
      return `${name} (${kind}) holds ${value}; it was recorded ${placeOf(origin)}`;
    }
    const names = new Set<string>();
    for (let input of inputsOf(node)) {
      while (input.primitive.lowering.kind === "view" && !input.state) {
        const [from] = inputsOf(input);
        if (!from) break;
        input = from;
      }
      if (input.state) names.add(input.state.name);
    }
    const beside = names.size > 0 ? `, ${[...names].join(" and ")} among them` : "";
    const gives = `${name} gives ${value} (${kind}) from finite inputs${beside}`;
    const of = origin?.derivativeOf;
    if (!of) return `in the forward pass ${gives}; it was recorded ${placeOf(origin)}`;
    return `in the derivative of ${of.primitive.name}, ${gives}; ${of.primitive.name} was recorded ` +
      `${placeOf(this.#origins.get(of))}, its derivative ${placeOf(origin)}`;
  }
}

/** Who called what, in words. */
function placeOf(origin: Origin | undefined): string {
  if (!origin) return "before detectAnomaly began";
  const site = callSite(origin.error.stack ?? "");
  if (!site) return "where the stack in the cause of this error says";
  return site.by ? `by ${site.by} at ${site.at}` : `at ${site.at}`;
}
