/** What goes wrong is refused at the call, in the form `Cannot <do>: <why, with the values>`. */
import * as argand from "@argand/argand";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { useEngine } from "../../gpu/engines/device.ts";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";

const { ArgandError, complex, ones, parameter, tensor } = argand;

// Users of plain JavaScript meet the same errors: the checks here go round the types.
// deno-lint-ignore no-explicit-any
type Any = any;
const a: Any = argand;
const x: Any = tensor([[1, 2, 3], [4, 5, 6]]);
const z: Any = complex([[1, 2, 3]], 1);
const w: Any = parameter(ones([2]), { name: "the weight" });

/** For each subject the calls, with what their errors must contain. */
const MISUSES: Record<string, [call: () => unknown, message: string][]> = {
  "tensor()": [
    [
      () => a.tensor([]),
      "Cannot make a tensor: every size in the shape [0] must be a positive integer",
    ],
    [() => a.tensor(new Float32Array(0)), "got 0"],
    [() => a.tensor([[1, 2], [3]]), "along axis 1 there are 2 entries and then 1 entries"],
    [() => a.tensor([[1, 2], 3]), "along axis 1 there are 2 entries and then 3"],
    [() => a.tensor([1, [2]]), "nested arrays differ in depth"],
    [() => a.tensor("abc"), 'an entry is "abc" and not a number'],
    [() => a.tensor(["1"]), 'an entry is "1" and not a number'],
    [() => a.tensor(null), "an entry is null"],
    [() => a.tensor(), "an entry is undefined"],
    [() => a.tensor({}), "an entry is an object"],
    [() => a.tensor(x), "an entry is a RealTensor [2, 3]"],
    [() => a.tensor(new BigInt64Array(1)), "a BigInt64Array"],
    [() => a.tensor([1, 2, 3], [2, 2]), "3 values do not fill the shape [2, 2]"],
    [() => a.tensor([1], [NaN]), "got NaN"],
    [() => a.tensor([1], [0]), "got 0"],
  ],
  "complexTensor()": [
    [() => a.complexTensor([1, 2, 3]), "3 interleaved values are not pairs"],
    [() => a.complexTensor([{ re: 1 }]), "an object and not { re, im }"],
    [() => a.complexTensor([1, "2"]), 'value 1 must be a number, got "2"'],
    [() => a.complexTensor("ab"), '"ab" and not { re, im }'],
    [() => a.complexTensor(null), "null and not { re, im }"],
    [() => a.complexTensor([1, 2], [2]), "1 values do not fill the shape [2]"],
  ],
  "JavaScript's operators and JSON": [
    [
      () => x * 2,
      "as a number: JavaScript's operators do not compute with tensors; write x.mul(2)",
    ],
    [() => x < 1, "Cannot use a RealTensor"],
    [() => -z, "Cannot use a ComplexTensor [1, 3] as a number"],
    [() => Math.sqrt(x), "as a number"],
    [
      () => JSON.stringify({ z }),
      "Cannot write a ComplexTensor [1, 3] as JSON: its values are read",
    ],
  ],
  "complex() and polar()": [
    [() => a.complex([1, 2], [1, 2, 3]), "shapes [2] and [3] do not broadcast: 2 against 3"],
    [() => a.complex(z, 0), "it takes a real tensor, got a ComplexTensor [1, 3]"],
    [() => a.complex("1"), 'an entry is "1"'],
    [() => a.polar(z, 1), "Cannot make polar numbers: it takes a real tensor"],
  ],
  "parameter()": [
    [() => a.parameter(x, null), "the options must be an object, got null"],
    [() => a.parameter(x, { requires_grad: false }), 'unknown option "requires_grad"; it knows'],
    [() => a.parameter(x, { requiresGrad: 0 }), "requiresGrad must be true or false, got 0"],
    [() => a.parameter(x, { name: 5 }), "the name is 5"],
  ],
  "zeros(), ones(), full() and rand()": [
    [() => a.zeros([0]), "every size in the shape [0] must be a positive integer"],
    [() => a.zeros([-1, 2]), "shape [-1, 2]"],
    [() => a.ones([1.5]), "got 1.5"],
    [() => a.ones(2), "the shape must be an array of integers, got 2"],
    [() => a.ones(["2"]), 'got "2"'],
    [() => a.full([2], "1"), 'the value is a number or { re, im }, got "1"'],
    [() => a.full([2], null), "got null"],
    [() => a.rand(), "Cannot draw random numbers: the shape must be an array"],
    [() => a.rand([2], "a"), 'low must be a number, got "a"'],
    [() => a.randnComplex([NaN]), "got NaN"],
    [() => a.manualSeed(-1), "Cannot seed the random numbers: the seed must be an integer"],
    [() => a.manualSeed(0.5), "got 0.5"],
  ],
  "arange(), linspace(), eye() and meshgrid()": [
    [() => a.arange(0), "there are no numbers from 0 to 0 in steps of 1"],
    [() => a.arange(0, 1, 0), "in steps of 0"],
    [() => a.arange(NaN), "to NaN"],
    [() => a.arange("3"), 'to must be a number, got "3"'],
    [() => a.arange(1e12), "too many"],
    [() => a.linspace(0, 1, 0), "the count must be an integer from 1"],
    [() => a.linspace("0", 1, 2), 'start must be a number, got "0"'],
    [() => a.eye(0), "a size must be an integer from 1 to 32768"],
    [() => a.meshgrid(x), "an axis has shape [2, 3]"],
    [() => a.meshgrid(z), "it takes a real tensor"],
  ],
  "arithmetic": [
    [() => x.add(ones([2])), "Cannot add: shapes [2, 3] and [2] do not broadcast: 3 against 2"],
    [() => x.sub("1"), 'Cannot subtract: it takes a tensor or a number, got "1"'],
    [() => z.mul(null), "Cannot multiply: it takes a tensor or a number, got null"],
    [() => x.div([1, 2, 3]), "Cannot divide: it takes a tensor or a number, got an array"],
    [() => z.pow(), "Cannot raise to a power: it takes a tensor or a number, got undefined"],
    [() => a.add("a", x), 'Cannot add: it takes tensors and numbers, got "a"'],
    [() => a.div(null, 1), "got null"],
    [() => a.maximum(z, 1), "Cannot take the maximum: complex numbers have no order"],
    [() => x.minimum(z), "complex numbers have no order"],
    [() => a.less(1, z), "Cannot compare: complex numbers have no order"],
    [() => x.greater(z), "complex numbers have no order"],
    [() => a.atan2(x, z), "complex numbers have no order"],
    [() => a.equal(x, "1"), 'got "1"'],
    [() => a.where(z, 1, 2), "Cannot choose: it takes a real tensor, got a ComplexTensor"],
    [() => a.where(x, ones([4]), 1), "shapes [2, 3] and [4] do not broadcast"],
    [() => a.where(x, null, 1), "got null"],
  ],
  "functions of one tensor": [
    [() => a.sigmoid(z), "Cannot take sigmoid: it takes a real tensor"],
    [() => a.conj(x), "Cannot take conj: it takes a complex tensor, got a RealTensor [2, 3]"],
    [() => a.real(x), "it takes a complex tensor"],
    [() => a.imag(null), "got null"],
    [() => a.abs(3), "Cannot take abs: it takes a tensor, got 3"],
    [() => a.exp("1"), 'Cannot take exp: it takes a tensor, got "1"'],
    [() => a.sqrt(), "got undefined"],
  ],
  "products": [
    [() => a.matmul(x, x), "shapes [2, 3] and [2, 3] do not chain: 3 columns meet 2 rows"],
    [() => x.matmul(ones([2])), "shapes [2, 3] and [2] do not chain: 3 columns meet 2 rows"],
    [() => x.T.matmul(x.T), "shapes [3, 2] and [3, 2] do not chain: 2 columns meet 3 rows"],
    [() => a.matmul(x, tensor(1)), "a number has no rows"],
    [() => x.matmul(3), "it takes a tensor, got 3"],
    [
      () => a.matmul(ones([2, 3, 4]), ones([3, 4, 5])),
      "shapes [2, 3, 4] and [3, 4, 5] do not broadcast: 2 against 3",
    ],
    [() => a.vdot(x, ones([5])), "shapes [2, 3] and [5] differ in size"],
    [() => a.outer(x, x), "are not those of vectors"],
  ],
  "reductions": [
    [() => x.sum(2), "Cannot sum: axis 2 is not one of the 2 axes of shape [2, 3]"],
    [() => x.mean([0, -2]), "an axis is named twice in [0, -2]"],
    [() => x.prod(NaN), "axis NaN"],
    [() => x.sum("0"), 'axes are an integer or an array of them, got "0"'],
    [() => x.sum(null), "got null"],
    [() => a.max(z), "Cannot take the max: it takes a real tensor"],
    [() => x.min(-3), "Cannot take the min: axis -3"],
    [() => a.argmax(z), "Cannot take the argmax: it takes a real tensor"],
    [() => x.argmax(null), "axis null"],
    [() => x.argmin(2), "Cannot take the argmin: axis 2"],
    [() => a.cumsum(x), "Cannot take a running sum: axis undefined"],
    [() => a.cumsum(tensor(1), 0), "shape [] has no axis"],
  ],
  "views": [
    [
      () => a.zeros([Symbol("rows") as never]),
      "every size in the shape [Symbol(rows)] must be a positive integer, got Symbol(rows)",
    ],
    [
      () => x.reshape([Symbol("rows") as never]),
      "Cannot reshape: every size in the shape [Symbol(rows)] must be a positive integer",
    ],
    [() => x.reshape([4]), "Cannot reshape: 6 elements do not fill the shape [4]"],
    [() => x.reshape([-1, 4]), "6 elements do not fill the shape [-1, 4]"],
    [() => x.reshape([-1, -1]), "only one size of [-1, -1] may be -1"],
    [() => x.reshape(6), "the shape must be an array of integers, got 6"],
    [() => x.permute([0]), "[0] does not name each axis of [2, 3] once"],
    [() => x.permute(1, 0), "it takes an array of axes, got 1"],
    [() => x.transpose(0, 3), "axis 3"],
    [() => ones([2]).T, "Cannot transpose: axis -2 is not one of the 1 axes of shape [2]"],
    [() => x.expand([3, 3]), "shapes [2, 3] and [3, 3] do not broadcast"],
    [() => x.expand([3]), "shape [2, 3] does not broadcast to [3]"],
    [() => x.expand("3"), 'got "3"'],
    [() => x.squeeze(0), "axis 0 of [2, 3] is not 1"],
    [() => x.unsqueeze(4), "axis 4"],
    [() => x.flatten(1, 0), "axis 1 comes after axis 0"],
    [() => x.slice(null, null, null), "3 ranges for the 2 axes of [2, 3]"],
    [() => x.slice([2, 1]), "[2, 1] of axis 0 in [2, 3] is empty"],
    [() => x.slice([5, 9]), "a start must be an integer from -2 to 2, got 5"],
    [() => x.slice([0, 2, -1]), "a step must be a positive integer, got -1"],
    [() => x.slice(1), "a range is [from, to], [from, to, step] or null, got 1"],
    [() => x.slice([0, 2, 1, 1]), "a range is [from, to], [from, to, step] or null, got an array"],
    [() => x.at(2), "the index of axis 0 must be an integer from -2 to 1, got 2"],
    [() => x.at(1, { axis: 1 }), "the index of axis 1 must be an integer from -3 to 2, got an obj"],
    [() => x.at(1, 1, 1), "3 indices for the 2 axes of [2, 3]"],
    [() => x.at(), "there is no index"],
    [() => x.flip(2), "Cannot flip: axis 2"],
    [() => x.roll([1, 2], 0), "there are 2 shifts for 1 axes"],
    [() => x.roll(NaN, 0), "a shift must be an integer, got NaN"],
    [() => x.roll(1), "it takes an array of axes, got undefined"],
    [() => x.pad([[1, 1]]), "1 pairs for the 2 axes of [2, 3]"],
    [() => x.pad([[0, -1], [0, 0]]), "a width must be an integer of at least 0, got -1"],
    [() => x.pad([1, 1]), "each axis takes [before, after], got 1"],
    [() => x.pad([[0, 0], [0, 1, 2]]), "each axis takes [before, after], got an array"],
    [() => x.pad(null), "got null"],
  ],
  "joining and choosing": [
    [() => a.concat([]), "Cannot concat: there are no tensors"],
    [() => a.concat(x, x), "it takes an array of tensors, got a RealTensor [2, 3]"],
    [() => a.concat([1]), "it takes a tensor, got 1"],
    [() => a.concat([x, ones([2, 2])]), "shapes [2, 3] and [2, 2] differ outside axis 0"],
    [() => a.concat([x, x], 2), "axis 2"],
    [() => a.stack([]), "Cannot stack: there are no tensors"],
    [() => a.stack([x, z]), "shapes [2, 3] and [1, 3] differ"],
    [() => a.split(x, [1, 2]), "sizes [1, 2] add up to 3 and axis 0 has 2"],
    [() => a.split(x, 2), "it takes an array of sizes, got 2"],
    [() => a.take(x, [0, 2]), "label 1 must be an integer from 0 to 1, got 2"],
    [() => a.take(x, [NaN]), "label 0 must be an integer from 0 to 1, got NaN"],
    [() => a.take(x, [0.5]), "got 0.5"],
    [() => a.take(x, Int32Array.of(-1)), "got -1"],
    [() => a.take(x, ["0"]), 'got "0"'],
    [() => a.take(x, []), "there are no labels"],
    [() => a.take(x, ones([1])), "must be an array of integers, got a RealTensor [1]"],
    [() => a.take(x, [0], 2), "axis 2"],
    [() => a.pad(x, [[0, 0], [0, 1]], "1"), 'Cannot pad: the value is "1"'],
    [
      () => a.argmax(a.zeros([2 ** 24 + 1])),
      "Cannot take the argmax: indices among 16777217 values are not exact in float32",
    ],
    [() => a.pick(x, [0]), "there are 1 labels for 2 rows"],
    [() => a.pick(x, [0, 3]), "label 1 must be an integer from 0 to 2, got 3"],
    [() => a.pick(ones([2]), [0, 0]), "it takes a matrix, got shape [2]"],
  ],
  "derivatives and state": [
    [() => x.backward(), "Cannot differentiate a loss: it has 6 values, shape [2, 3], and not one"],
    [() => x.sum().backward(), "it depends on no parameter that requires a gradient"],
    [
      () => parameter(ones([2])).greater(0).sum().backward(),
      "what lies between it and the parameters has no derivative (comparisons, counts, indices)",
    ],
    [() => a.grad((t: Any) => t)(x), "it has 6 values"],
    [() => a.grad((t: Any) => t.sum())(z), "it takes a real tensor, got a ComplexTensor []"],
    [() => a.grad(() => 3)(x), "it takes a real tensor, got 3"],
    [() => a.valueAndGrad((t: Any) => t)(null), "it takes a tensor, got null"],
    [() => a.grad(3), "it takes a function, got 3"],
    [() => a.noGrad(3), "it takes a function, got 3"],
    [() => a.evaluate(), "Cannot evaluate: there is no tensor"],
    [() => a.evaluate([x]), "Cannot evaluate: it takes a tensor, got an array"],
    [() => a.parameter([1]), "Cannot make a parameter: it takes a tensor, got an array"],
    [() => x.assign(x), "only parameters and buffers can be assigned to"],
    [() => w.assign(x), "Cannot assign to the weight"],
    [() => w.assign(complex([1, 1], 0)), "Cannot assign to the weight"],
    [() => w.assign(null), "Cannot assign to the weight: it takes a tensor, got null"],
    [() => x.grad = x, "Cannot set a gradient: only parameters have one"],
    [() => w.grad = x, "a RealTensor [2] takes its like, got a RealTensor [2, 3]"],
  ],
};

for (const [subject, calls] of Object.entries(MISUSES)) {
  Deno.test(`${subject}: misuse is refused at the call, with the values`, () => {
    for (const [call, message] of calls) {
      const { message: text } = assertThrows(call, ArgandError, "", String(call));
      assert(/^Cannot [^:]+: ./.test(text), text);
      assertStringIncludes(text, message);
    }
  });
}

Deno.test("reading one value of several, and gradcheck() of what is not a loss, are refused", async () => {
  await assertRejects(() => x.item(), ArgandError, "it has 6 values, shape [2, 3], and not one");
  await assertRejects(() => a.gradcheck((t: Any) => t, [x]), ArgandError, "it has 6 values");
  await assertRejects(() => a.gradcheck((t: Any) => t, []), ArgandError, "there are no inputs");
  const sum = (t: Any) => t.sum();
  await assertRejects(() => a.gradcheck(null, [x]), ArgandError, "it takes a function, got null");
  await assertRejects(() => a.gradcheck(sum, x), ArgandError, "must be an array of tensors, got a");
  await assertRejects(
    () => a.gradcheck(sum, [x], { checks: 0 }),
    ArgandError,
    "a positive integer, got 0",
  );
  await assertRejects(() => a.gradcheck(sum, [x], { step: -1 }), ArgandError, "step must be a num");
});

Deno.test("a value of an engine that is no longer used must be read first", async () => {
  const before = argand.gpu.engine();
  const other = new CpuEngine(null);
  try {
    useEngine(other);
    const there = argand.tensor([1, 2]).mul(2);
    argand.evaluate(there);
    useEngine(before);
    const both = there.add(1);
    await assertRejects(() => both.data(), ArgandError, "Cannot compute on the ");
    await assertRejects(() => both.data(), ArgandError, "a tensor of shape [2] is held by another");
    assertEquals(await there.data(), Float32Array.of(2, 4));
    assertEquals(await both.data(), Float32Array.of(3, 5));
  } finally {
    useEngine(before);
    other.destroy();
  }
});

Deno.test("archives and safetensors refuse names and counts that their formats don't hold", () => {
  const entry = { dtype: "F32", shape: [1], data: Float32Array.of(1) };
  assertThrows(() => a.formatSafetensors([[5, entry]]), ArgandError, "its name is not a string");
  const array = { dtype: "float32", shape: [1], data: Float32Array.of(1) };
  const many = Array.from({ length: 0xffff }, (_, k) => [`${k}`, array]);
  assertThrows(() => a.formatNpz(many), ArgandError, "65535 entries are too many");
});

Deno.test("the type checker tells complex from real", () => {
  const [r, c] = [ones([2]), complex([1, 2], 3)];
  const real: argand.RealTensor[] = [argand.abs(c), r.mul(2), argand.mul(r, r), c.real, c.angle()];
  const complexes: argand.ComplexTensor[] = [
    r.mul(c),
    argand.add(1, c),
    argand.exp(c),
    argand.matmul(r, c),
    argand.where(r, r, c),
    argand.concat([c, c]),
  ];
  assert(real.every((t) => t.dtype === "float32"));
  assert(complexes.every((t) => t.dtype === "complex64"));
  // What the checker refuses is refused in plain JavaScript too, or is what the checker says it is.
  const mistakes: [mistake: () => unknown, why: string][] = [
    // @ts-expect-error: a complex number has no order
    [() => argand.max(c), "it takes a real tensor"],
    // @ts-expect-error: a complex number has no order
    [() => r.less(c), "complex numbers have no order"],
    // @ts-expect-error: a real tensor is its own conjugate
    [() => argand.conj(r), "it takes a complex tensor"],
    // @ts-expect-error: a loss is real
    [() => argand.grad((t: argand.ComplexTensor) => t.sum())(c), "it takes a real tensor"],
    // @ts-expect-error: a complex part
    [() => argand.complex(c, 0), "it takes a real tensor"],
  ];
  for (const [mistake, why] of mistakes) assertThrows(mistake, ArgandError, why);
  // @ts-expect-error: the sum of a complex tensor is complex
  const sum: argand.RealTensor = argand.sum(c);
  assertEquals(String(sum.dtype), "complex64");
});
