/** Small graphs made by hand, and an engine that only says what it can do. */
import type { Capabilities, Engine } from "../../gpu/contract/engine.ts";
import type { Kernel } from "../../gpu/contract/kernel.ts";
import { dtypeOf } from "../../gpu/contract/dtype.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import * as functions from "../../gpu/functions/mod.ts";
import type { Finished } from "../../gpu/kernels/products/epilogue.ts";
import { hostNode, Node, type Primitive } from "../../complex/lazy/graph.ts";
import type { Graph } from "../../complex/lazy/schedule/draft.ts";
import type { Shape } from "../../complex/lazy/shape.ts";

/** Capabilities in place of an engine: whoever asks for a buffer or a pass gets an error. */
export function capable(given: Partial<Capabilities> = {}): Engine {
  const capabilities: Capabilities = {
    adapter: { name: "an engine of words", software: false },
    maxBufferBytes: 2 ** 30,
    maxBindings: 16,
    atomicSubmit: true,
    fuses: () => true,
    ...given,
  };
  return capabilities as Engine;
}

/** The graph of the roots; what has a value is a leaf. */
export function graphOf(...roots: readonly Node[]): Graph {
  const nodes: Node[] = [];
  const add = (node: Node): void => {
    if (nodes.includes(node)) return;
    if (!node.stored) node.inputs.forEach(add);
    nodes.push(node);
  };
  roots.forEach(add);
  const at = (node: Node) => nodes.indexOf(node);
  return {
    nodes,
    inputs: nodes.map((node) => node.stored ? [] : node.inputs.map(at)),
    leaf: nodes.map(({ stored }) => stored !== null),
    roots: roots.map(at),
  };
}

/** Data of the host. */
export function data(shape: Shape): Node {
  return hostNode(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape, "float32");
}

const maps = new Map<MapFunction, Primitive>();

/** A function of elements, of the first input's shape. */
export function map(fn: MapFunction, ...inputs: Node[]): Node {
  let primitive = maps.get(fn);
  if (!primitive) maps.set(fn, primitive = { name: fn.name, lowering: { kind: "map", fn } });
  return new Node(primitive, inputs, [{
    shape: inputs[0].shape,
    dtype: dtypeOf(fn.output, "single"),
  }]);
}

export const exp = (x: Node): Node => map(functions.expReal, x);
export const add = (x: Node, y: Node): Node => map(functions.addReal, x, y);

const NEG: Primitive = {
  name: "neg",
  lowering: { kind: "map", fn: functions.negReal, cheap: true },
};

/** A function that is cheap to compute again. */
export function neg(x: Node): Node {
  return new Node(NEG, [x], [x]);
}

const REVERSE: Primitive = {
  name: "reverse",
  lowering: {
    kind: "view",
    source: (at, { size }) => (
      { at: { op: "reverse", a: at, n: size, key: `(${size}~${at.key})`, max: size - 1 } }
    ),
  },
};

/** The elements from the last to the first. */
export function reverse(x: Node): Node {
  return new Node(REVERSE, [x], [x]);
}

const RESHAPE: Primitive = {
  name: "reshape",
  lowering: { kind: "view", alias: true, source: (at) => ({ at }) },
};

/** The same elements under another shape. */
export function reshape(x: Node, shape: Shape): Node {
  return new Node(RESHAPE, [x], [{ shape, dtype: x.dtype }]);
}

const REPEAT: Primitive = {
  name: "repeat",
  lowering: {
    kind: "view",
    source: (at, { inputs: [x] }) => (
      { at: { op: "mod", a: at, n: x.size, key: `(${at.key}%${x.size})`, max: x.size - 1 } }
    ),
  },
};

/** The elements again and again, so many of them. */
export function repeat(x: Node, size: number): Node {
  return new Node(REPEAT, [x], [{ shape: [size], dtype: x.dtype }]);
}

const FILL: Primitive = { name: "fill", lowering: { kind: "fill" } };

/** A number everywhere. */
export function fill(shape: Shape, bits: number): Node {
  return new Node(FILL, [], [{ shape, dtype: "float32" }], null, [bits]);
}

/** A kernel of which nothing is compiled. */
export function kernel(name: string, inputs: number): Kernel<Finished> {
  return {
    name,
    bindings: () => ({ inputs: Array(inputs).fill("float32"), outputs: ["float32"] }),
    params: ({ epilogue }) => epilogue?.words ?? 0,
    wgsl: () => ({ source: "", workgroups: [1, 1, 1] }),
    cpu() {},
  };
}

const SUM: Primitive = {
  name: "sum",
  lowering: {
    kind: "reduce",
    axes: () => [0],
    reduce: (spec) => ({
      steps: [{
        kernel: { ...kernel("fold", spec.inputs.length), params: () => spec.words },
        spec,
        inputs: spec.inputs.map((_, k) => `in${k}` as const),
        outputs: ["out0"],
      }],
    }),
  },
};

/** The sum of all elements of a vector. */
export function sum(x: Node): Node {
  return new Node(SUM, [x], [{ shape: [1], dtype: x.dtype }]);
}

const PRODUCT: Primitive = {
  name: "product",
  lowering: {
    kind: "program",
    epilogue: true,
    program: ({ size }) => ({
      steps: [
        { kernel: kernel("pack", 1), spec: {}, inputs: ["in0"], outputs: ["tmp0"] },
        { kernel: kernel("multiply", 2), spec: {}, inputs: ["tmp0", "in1"], outputs: ["out0"] },
      ],
      scratch: [8 * size],
    }),
  },
};

/** A program of two kernels whose last one takes an epilogue. */
export function product(x: Node, y: Node): Node {
  return new Node(PRODUCT, [x, y], [x]);
}
