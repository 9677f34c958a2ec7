/** Primitives defined by users, through the interface that the built-in ones use. */
import { type Kind, kindOf } from "../../gpu/contract/dtype.ts";
import type { MapFunction } from "../../gpu/contract/map_function.ts";
import type { Program } from "../../gpu/contract/kernel.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";
import { Node, type Primitive, type Result } from "../lazy/graph.ts";
import { checkShape, sameShape, show } from "../lazy/shape.ts";
import { checkTensor, type Tensor, wrap } from "../tensor/tensor.ts";
import { checkProgram } from "./check_program.ts";

/** A call as its vjp rule sees it. */
export interface PrimitiveCall<I extends readonly Tensor[], O extends Tensor, A> {
  /** The inputs. */
  readonly inputs: I;
  /** The result. */
  readonly output: O;
  /** The gradient of a real L with respect to the result: ∂L/∂x + i ∂L/∂y. */
  readonly gradient: O;
  /** The attributes of the call. */
  readonly attrs: A;
}

/** A primitive: its shape rule, how it is carried out on both engines, and its rule for derivatives. */
export interface PrimitiveDefinition<I extends readonly Tensor[], O extends Tensor, A> {
  /** The name in errors, unique for each primitive. */
  readonly name: string;
  /** The shape and dtype of the result; throws if the inputs do not fit. */
  shape(inputs: readonly Result[], attrs: A): Result;
  /**
   * A function of single elements, in WGSL and in TypeScript. It fuses with its neighbours; on the CPU
   * engine it has a kernel to itself, so that they stay in WebAssembly. All inputs and the result have
   * one shape.
   */
  readonly elementwise?: MapFunction;
  /** Or kernels of its own, each in WGSL and TypeScript, bound to the inputs `in0…` and the result `out0`. */
  program?(inputs: readonly Result[], result: Result, attrs: A): Program;
  /**
   * The vector–Jacobian product: the gradients of the inputs, given that of the result. It is made of
   * operations on tensors, so that it can be differentiated too. Absent, derivatives do not pass through.
   */
  vjp?(call: PrimitiveCall<I, O, A>): readonly (Tensor | null)[];
}

/**
 * Makes a primitive: a function from tensors (and plain JSON attributes) to a tensor that is lazy,
 * differentiable and runs on both engines like the built-in ones.
 *
 * @throws {ArgandError} if it is neither elementwise nor a program, or both.
 *
 * @example
 * ```ts
 * import { type ComplexTensor, complex, definePrimitive } from "@argand/argand";
 *
 * // f(z) = z², with f′(z) = 2z, so that the gradient is g · conj(2z).
 * const squared = definePrimitive<[ComplexTensor], ComplexTensor>({
 *   name: "squared",
 *   shape: ([z]) => z,
 *   elementwise: {
 *     name: "squared",
 *     inputs: ["complex"],
 *     output: "complex",
 *     wgsl: (z) => `vec2<f32>(${z}.x * ${z}.x - ${z}.y * ${z}.y, 2.0 * ${z}.x * ${z}.y)`,
 *     cpu(n, out, z) {
 *       for (let k = 0; k < 2 * n; k += 2) {
 *         const [x, y] = [z[k], z[k + 1]];
 *         out[k] = x * x - y * y;
 *         out[k + 1] = 2 * x * y;
 *       }
 *     },
 *   },
 *   vjp: ({ inputs: [z], gradient }) => [gradient.mul(z.mul(2).conj())],
 * });
 * console.assert((await squared(complex(1, 2)).item()).im === 4);
 * ```
 */
export function definePrimitive<I extends readonly Tensor[], O extends Tensor, A = null>(
  definition: PrimitiveDefinition<I, O, A>,
): (...call: A extends null ? I : [...I, attrs: A]) => O {
  const { name, elementwise, shape, vjp } = definition ?? {};
  const what = `define the primitive ${describe(name)}`;
  if (typeof name !== "string" || typeof shape !== "function") {
    throw cannot(what, `it takes { name, shape, … }, got ${describe(definition)}`);
  }
  if (vjp !== undefined && typeof vjp !== "function") {
    throw cannot(what, `vjp must be a function, got ${describe(vjp)}`);
  }
  if ((elementwise === undefined) === (definition.program === undefined)) {
    throw cannot(what, "it must have either `elementwise` or `program`");
  }
  if (elementwise) checkKinds(what, elementwise);
  const primitive: Primitive<A> = {
    name,
    lowering: elementwise ? { kind: "map", fn: elementwise } : {
      kind: "program",
      program: (node) => {
        const program = definition.program!(node.inputs, node, node.attrs);
        checkProgram(name, program, node.inputs.length);
        return program;
      },
    },
    vjp: definition.vjp && ((node, [g]) => {
      const gradients = definition.vjp!({
        inputs: node.inputs.map(wrap) as unknown as I,
        output: wrap(node) as O,
        gradient: wrap(g!) as O,
        attrs: node.attrs,
      });
      return gradients.map((x) => x?.node ?? null);
    }),
  };
  return (...call) => {
    const last = call[call.length - 1] as unknown;
    const hasAttrs = call.length > 0 &&
      !(typeof last === "object" && last !== null && "node" in last);
    const attrs = (hasAttrs ? last : null) as A;
    const inputs = (hasAttrs ? call.slice(0, -1) : call)
      .map((x) => checkTensor(`apply ${name}`, x).node);
    const result = definition.shape(inputs, attrs);
    checkShape(`apply ${name}`, result.shape);
    if (elementwise) checkElementwise(name, elementwise, inputs, result);
    return wrap(new Node(primitive, inputs, [{ ...result }], attrs)) as O;
  };
}

/** The kinds of numbers that functions of elements take and give. */
const KINDS: readonly Kind[] = ["real", "complex", "integer"];

/** Refuses the name of a dtype, among others, in the place of that of a kind. */
function checkKinds(what: string, { inputs, output }: MapFunction): void {
  for (const kind of [...Array.isArray(inputs) ? inputs : [inputs], output]) {
    if (KINDS.includes(kind)) continue;
    throw cannot(
      what,
      `the inputs and the output of elementwise are each "real", "complex" or "integer", got ${
        describe(kind)
      }`,
    );
  }
}

function checkElementwise(
  name: string,
  fn: MapFunction,
  inputs: readonly Node[],
  result: Result,
): void {
  const what = `apply ${name}`;
  if (inputs.length !== fn.inputs.length) {
    throw cannot(what, `it takes ${fn.inputs.length} tensors, got ${inputs.length}`);
  }
  inputs.forEach((x, k) => {
    if (kindOf(x.dtype) !== fn.inputs[k]) {
      throw cannot(what, `input ${k} is ${x.dtype} and must be ${fn.inputs[k]}`);
    }
    if (!sameShape(x.shape, result.shape)) {
      throw cannot(what, `input ${k} has shape ${show(x.shape)}, the result ${show(result.shape)}`);
    }
  });
  if (kindOf(result.dtype) !== fn.output) {
    throw cannot(what, `the shape rule gives ${result.dtype} and the function ${fn.output}`);
  }
}
