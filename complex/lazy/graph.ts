/**
 * The graph: a node is a recipe (a primitive applied to other nodes) until somebody looks at it.
 * Nodes know nothing of engines; the schedule turns them into kernels.
 */
import {
  type DType,
  type HostArray,
  type InexactDType,
  rounded,
} from "../../gpu/contract/dtype.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import { type ArgandError, cannot } from "../../gpu/contract/errors.ts";
import type { DeviceBuffer, Engine } from "../../gpu/contract/engine.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import type { Index } from "../../gpu/contract/indexing.ts";
import type { FoldSpec } from "../../gpu/kernels/reductions/fold.ts";
import { type Shape, show, sizeOf } from "./shape.ts";
import type { Link } from "./link.ts";
import { extendBy, extendByCall, identify, typeOf } from "./signature.ts";
import { Stored } from "./stored.ts";

/** Shape and kind of one result of a primitive. */
export interface Result {
  /** The sizes of its axes. */
  readonly shape: Shape;
  /** The kind of its elements. */
  readonly dtype: DType;
}

/** Where a view finds an element of its input: the index, and the coordinates that decide on zero. */
export interface Source {
  readonly at: Index;
  /** Elements whose index is outside [low, low + size) are zero. */
  readonly guards?: readonly {
    readonly index: Index;
    readonly low: number;
    readonly size: number;
  }[];
}

/** How a primitive is carried out. */
export type Lowering<Attrs = unknown, Saved = unknown> =
  /**
   * A function of elements; `cheap` ones are computed again rather than stored, and one that `loops`
   * is always stored, so that no reduction runs its loops for many elements in one thread.
   */
  | {
    readonly kind: "map";
    readonly fn: MapFunction;
    readonly cheap?: boolean;
    readonly loops?: boolean;
  }
  /**
   * Another order, choice or repetition of the input's elements; `param` reads its own params.
   * With `alias` the elements and their order are the input's, and so can the buffer be. With `index`
   * it stands for a result of its second input, whose derivative takes the gradients of all at once.
   */
  | {
    readonly kind: "view";
    readonly alias?: boolean;
    index?(call: Node<Attrs, Saved>): number;
    source(
      at: Index,
      call: Node<Attrs, Saved>,
      param: (word: number, max: number) => Index,
    ): Source;
  }
  /** The same value everywhere, from the node's params. */
  | { readonly kind: "fill" }
  /** The linear index of each element. */
  | { readonly kind: "iota" }
  /** A reduction over axes, which stay with size 1. */
  | {
    readonly kind: "reduce";
    axes(call: Node<Attrs, Saved>): readonly number[];
    reduce(spec: FoldSpec): Program;
  }
  /** Kernels of its own; with `epilogue` the last of them takes one. */
  | {
    readonly kind: "program";
    readonly epilogue?: boolean;
    program(call: Node<Attrs, Saved>, engine: Engine): Program;
  }
  /** One of several results of a program. */
  | { readonly kind: "part"; index(call: Node<Attrs, Saved>): number }
  /** Data of the host. */
  | { readonly kind: "host" }
  /** One version of a state. */
  | { readonly kind: "state" };

/** A value for each input or result of a call; null where it is zero or does not matter. */
type Each = readonly (Node | null)[];

/**
 * The gradients of a call's inputs, given those of its results. For a real loss L the gradient of
 * z = x + iy is ∂L/∂x + i ∂L/∂y.
 */
export type Vjp<Attrs = null, Saved = null> = (
  call: Node<Attrs, Saved>,
  gradients: Each,
) => Each;

/**
 * An operation: how it is carried out, and the rules by which transformations pass through it. `Attrs`
 * is plain data that belongs to the structure of a schedule; `Saved` is what the rules need beyond
 * inputs, results and attributes, and no schedule sees it.
 */
export interface Primitive<Attrs = null, Saved = null> {
  readonly name: string;
  readonly lowering: Lowering<Attrs, Saved>;
  /** Reverse mode; absent where the result does not depend smoothly on the inputs. */
  vjp?(call: Node<Attrs, Saved>, gradients: Each): Each;
  /** Forward mode: the tangents of the results, given those of the inputs. */
  jvp?(call: Node<Attrs, Saved>, tangents: Each): Each;
  /** The results for a batch, given inputs of which some have the batch as axis 0 (`batched`). */
  batch?(
    call: Node<Attrs, Saved>,
    inputs: readonly Node[],
    batched: readonly boolean[],
  ): readonly Node[];
}

/** A state as its nodes see it; the class is in `state.ts`. */
export interface Versioned {
  readonly name: string;
  /** Holds version `version`; null before the first update has run. */
  readonly buffer: DeviceBuffer | null;
  readonly version: number;
  /** Why the buffer holds no value, if so. */
  readonly failure: ArgandError | null;
  /** Whether the recipe of version `pendingVersion` has not run yet. */
  readonly isPending: boolean;
  readonly pendingVersion: number;
  /** Scratch of the walk that is going on: the one leaf that reads the buffer, −1 where there are more. */
  leaf: number;
  mark: number;
}

let gradientsOn = true;

/** Whether nodes record what derivatives need. */
export function recordsGradients(): boolean {
  return gradientsOn;
}

/** Runs `work` without recording what derivatives would need. */
export function withoutGradients<T>(work: () => T): T {
  const before = gradientsOn;
  gradientsOn = false;
  try {
    return work();
  } finally {
    gradientsOn = before;
  }
}

/** Learns of every node that is recorded. */
export interface Recorder {
  note(node: Node): void;
  /** The call whose derivative is being recorded; null otherwise. */
  derivativeOf: Node | null;
}

/** The one there is while somebody looks for anomalies. */
export let recorder: Recorder | null = null;

/** Has `next` learn of every node; null: nobody. */
export function recordWith(next: Recorder | null): void {
  recorder = next;
}

const PART: Primitive<number> = {
  name: "part",
  lowering: { kind: "part", index: ({ attrs }) => attrs },
};
const HOST: Primitive = { name: "host data", lowering: { kind: "host" } };
const STATE: Primitive = { name: "state", lowering: { kind: "state" } };

/** The inputs of what is a value and nothing else. */
const NO_RECIPE: readonly Node[] = [];

/** A recipe, or a value. */
export class Node<Attrs = unknown, Saved = unknown> {
  readonly primitive: Primitive<Attrs, Saved>;
  /** The key of the schedule: primitive, attributes, shapes; not the params. */
  readonly signature: number;
  /** The part of it that says what a value is like: shapes and kinds. */
  readonly type: number;
  readonly results: readonly Result[];
  readonly shape: Shape;
  readonly dtype: DType;
  /** Plain data that also fix the structure. */
  readonly attrs: Attrs;
  /** Data that derivatives need beyond inputs, results and attributes; they go with the recipe. */
  readonly saved: Saved;
  /** 32-bit words that may differ from run to run of the same schedule. */
  readonly params: readonly number[] | null;
  /** Whether a derivative may pass through here. */
  readonly tracked: boolean;
  /** Whether it depends on the value of a state, so that it can't be computed again later. */
  readonly stateful: boolean;
  /** Of a node without a recipe there are none. */
  readonly inputs: readonly Node[];
  stored: Stored | null = null;
  /** A part of a program that gives the same value, taken where a schedule runs that program anyway. */
  standIn: Node | null = null;
  state: Versioned | null = null;
  /** Of a state's node: which version it reads, whose recipe is the input until it has run. */
  version = 0;
  /** Where it stands among the values that `evaluate` keeps. */
  link: Link<Node> | null = null;
  /** Scratch of the walk that is going on. */
  mark = 0;
  order = 0;

  constructor(primitive: Primitive, inputs: readonly Node[], results: readonly Result[]);
  constructor(
    primitive: Primitive<Attrs>,
    inputs: readonly Node[],
    results: readonly Result[],
    attrs: NoInfer<Attrs>,
    params?: readonly number[] | null,
    tracked?: boolean,
  );
  constructor(
    primitive: Primitive<Attrs, Saved>,
    inputs: readonly Node[],
    results: readonly Result[],
    attrs: NoInfer<Attrs>,
    params: readonly number[] | null,
    tracked: boolean | undefined,
    saved: NoInfer<Saved>,
  );
  constructor(
    primitive: Primitive<Attrs, Saved>,
    inputs: readonly Node[],
    results: readonly Result[],
    attrs = null as Attrs,
    params: readonly number[] | null = null,
    tracked?: boolean,
    saved = null as Saved,
  ) {
    this.primitive = primitive;
    this.inputs = inputs;
    this.results = results;
    this.shape = results[0].shape;
    this.dtype = results[0].dtype;
    this.attrs = attrs;
    this.saved = saved;
    this.params = params;
    let anyTracked = false, anyStateful = primitive === STATE;
    let type = 0;
    for (let k = 0; k < inputs.length; k++) {
      const input = inputs[k];
      if (input.tracked) anyTracked = true;
      if (input.stateful) anyStateful = true;
      // Mostly the result is like an input, and shares its shape.
      if (input.shape === this.shape && input.dtype === this.dtype && input.results.length === 1) {
        type = input.type;
      }
    }
    this.tracked = tracked ?? (gradientsOn && anyTracked);
    this.stateful = anyStateful;
    this.type = type !== 0 && results.length === 1 ? type : typeOf(results);
    const words = params === null ? -1 : params.length;
    const list = extendByCall(this.type, identify(primitive), inputs.length, words);
    this.signature = attrs === null ? list : extendBy(list, attrs);
    if (recorder !== null) recorder.note(this);
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** Whether its value can be computed again. */
  get hasRecipe(): boolean {
    return this.inputs !== NO_RECIPE;
  }

  /** Leaves it as a value, which holds nothing that it was computed from. */
  dropRecipe(): void {
    (this as { inputs: readonly Node[] }).inputs = NO_RECIPE;
    (this as { saved: Saved | null }).saved = null;
  }
}

/**
 * Refuses a node whose shape has been written over: shapes are plain arrays, since frozen ones would slow
 * down the recording, and several nodes share one. Its type says what it was.
 */
export function checkShapeKept({ results, type, shape }: Node): void {
  if (typeOf(results) === type) return;
  throw cannot(
    "compute a tensor",
    `its shape has been written over and reads ${show(shape)} now; x.reshape(…) makes another`,
  );
}

/** The call of which a node is one of several results, and which one; null where it is the only one. */
export function resultOf(node: Node): { readonly call: Node; readonly index: number } | null {
  const { lowering } = node.primitive;
  if (lowering.kind === "part") return { call: node.inputs[0], index: lowering.index(node) };
  if (lowering.kind !== "view" || !lowering.index) return null;
  return { call: node.inputs[1], index: lowering.index(node) };
}

/** The results of a primitive that has several, each as a node. */
export function parts(node: Node): Node[] {
  return node.results.map((result, k) => new Node(PART, [node], [result], k));
}

/** Data of the host, which the caller has copied, or makes when a schedule first needs them. */
export function hostNode(data: HostArray | (() => HostArray), shape: Shape, dtype: DType): Node {
  const node = new Node(HOST, NO_RECIPE, [{ shape, dtype }]);
  node.stored = new Stored(data);
  return node;
}

/** Numbers of the host, which are copied and rounded to the dtype; complex ones are interleaved. */
export function copied(data: ArrayLike<number>, shape: Shape, dtype: InexactDType): Node {
  return hostNode(rounded(data, dtype), shape, dtype);
}

/** The node of one version of a state; `recipe` is what has not run yet of it. */
export function stateNode(
  state: Versioned,
  version: number,
  recipe: Node | null,
  { shape, dtype }: Result,
  tracked: boolean,
): Node {
  const inputs = recipe ? [recipe] : NO_RECIPE;
  const node = new Node(STATE, inputs, [{ shape, dtype }], null, null, tracked);
  node.state = state;
  node.version = version;
  return node;
}
