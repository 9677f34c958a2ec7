/** State: the one thing that is updated in place, with a version so that no old recipe reads new values. */
import { type ArgandError, cannot } from "../../gpu/contract/errors.ts";
import type { DeviceBuffer } from "../../gpu/contract/engine.ts";
import type { DType } from "../../gpu/contract/dtype.ts";
import { type Node, type Result, stateNode, type Versioned } from "./graph.ts";
import { sameShape, type Shape, show } from "./shape.ts";

const pending = new Set<State>();

/** The states with an update that has not run yet, in the order of the updates. */
export const pendingStates: ReadonlySet<State> = pending;

/** A parameter, a running statistic, a moment of an optimiser. */
export class State implements Versioned {
  /** Its name in errors: mostly its path in a model. */
  name: string;
  readonly shape: Shape;
  #dtype: DType;
  /** Whether backward() leaves a gradient here. */
  readonly requiresGrad: boolean;
  /** The gradient that backward() left, until a step has used it. */
  gradient: Node | null = null;
  leaf = -1;
  mark = 0;
  #buffer: DeviceBuffer | null = null;
  #failure: ArgandError | null = null;
  #version = 0;
  #pending: Node | null = null;
  #pendingVersion = 0;
  #current: Node;

  /** A state that begins with a recipe. */
  constructor(initial: Node, name: string, requiresGrad: boolean) {
    this.name = name;
    this.shape = initial.shape;
    this.#dtype = initial.dtype;
    this.requiresGrad = requiresGrad;
    this.#current = initial;
    this.assign(initial);
  }

  /** The dtype of the newest version. */
  get dtype(): DType {
    return this.#dtype;
  }

  /** Holds version `version`; null before the first update has run. */
  get buffer(): DeviceBuffer | null {
    return this.#buffer;
  }

  /** Why the value in the buffer is none; null where it is good. */
  get failure(): ArgandError | null {
    return this.#failure;
  }

  get version(): number {
    return this.#version;
  }

  /** The recipe of version `pendingVersion`, if there is one. */
  get pending(): Node | null {
    return this.#pending;
  }

  get isPending(): boolean {
    return this.#pending !== null;
  }

  /** The highest version there has been, one that was taken back included. */
  get pendingVersion(): number {
    return this.#pendingVersion;
  }

  /** The node that reads the newest version. */
  get current(): Node {
    return this.#current;
  }

  /** Refuses a value of another shape or kind. */
  check({ dtype, shape }: Result): void {
    if (dtype === this.dtype && sameShape(shape, this.shape)) return;
    throw cannot(
      `assign to ${this.name}`,
      `it is ${describe(this)} and the value ${describe({ dtype, shape })}`,
    );
  }

  /** Makes a recipe the next version, to run with the next schedule; no other update may be pending. */
  assign(recipe: Node): void {
    this.#pending = recipe;
    this.#pendingVersion++;
    this.#read(this.#pendingVersion, recipe);
    pending.add(this);
  }

  /** The same with a recipe of another dtype, which the state has from then on. */
  convert(recipe: Node): void {
    this.#dtype = recipe.dtype;
    this.gradient = null;
    this.assign(recipe);
  }

  /** Makes the pending version, which lies in `buffer`, the present one. */
  commit(buffer: DeviceBuffer): void {
    pending.delete(this);
    this.#buffer = buffer;
    this.#failure = null;
    this.#version = this.#pendingVersion;
    this.#pending = null;
    this.#current.dropRecipe();
  }

  /** Begins again with its first recipe: what was committed did not run. */
  restart(recipe: Node): void {
    this.#buffer = null;
    this.#version = 0;
    this.assign(recipe);
  }

  /** Notes that the value in the buffer is none, until another one is committed. */
  spoil(failure: ArgandError): void {
    this.#failure = failure;
  }

  /** Takes back an update that has not run: the value is what it was. */
  rollback(): void {
    if (this.#pending === null) return;
    pending.delete(this);
    if (this.#version === 0) return; // a first value: whoever asks for it is told why it can't be
    this.#pending = null;
    this.#read(this.#version, null);
  }

  #read(version: number, recipe: Node | null): void {
    this.#current = stateNode(this, version, recipe, this, this.requiresGrad);
  }
}

function describe({ dtype, shape }: Result): string {
  return `${dtype} ${show(shape)}`;
}
