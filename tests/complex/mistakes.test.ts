/** Mistakes that JavaScript would let pass without a word. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as argand from "@argand/argand";

const { ArgandError, complex, fft, nn, ones, parameter, tensor } = argand;

// Users of plain JavaScript meet the same errors: the checks here go round the types.
// deno-lint-ignore no-explicit-any
type Any = any;

Deno.test("keepDims is true or false, and not an object of options", () => {
  const x: Any = ones([2, 3]);
  for (const name of ["sum", "mean", "prod", "max", "min", "argmax", "argmin"]) {
    const message = "keepDims must be true or false, got an object";
    assertThrows(() => x[name](0, { keepDims: false }), ArgandError, message);
    assertThrows(() => (argand as Any)[name](x, 0, { keepDims: false }), ArgandError, message);
  }
});

Deno.test("options are a plain object, whatever else has no options in it", async () => {
  const unsuitable: [options: Any, name: string][] = [
    [Promise.resolve({ n: 4 }), "a Promise"],
    [/bias/, "a RegExp"],
    [new Error("bias"), "an Error"],
    [new Date(), "a Date"],
    [new Map([["bias", false]]), "a Map"],
    [["bias"], "an array"],
    [Object.create({ bias: false }), "an object"],
    [ones([2]), "a RealTensor [2]"],
    [() => {}, "a function"],
  ];
  const z = complex(ones([8]));
  for (const [options, name] of unsuitable) {
    const message = `the options must be an object, got ${name}`;
    assertThrows(() => fft(z, options), ArgandError, message);
    assertThrows(() => new nn.Linear(3, 2, options), ArgandError, message);
    assertThrows(() => parameter(z, options), ArgandError, message);
    assertThrows(() => nn.functional.batchNorm(z, options), ArgandError, message);
    await assertRejects(() => argand.gradcheck((x) => x.abs().sum(), [z], options), ArgandError);
  }
  assertEquals(fft(z, Object.assign(Object.create(null), { n: 4 })).shape, [4]);
});

Deno.test("gradcheck() names the options it knows", async () => {
  await assertRejects(
    () => argand.gradcheck((x) => x.sum(), [ones([2])], { tol: -1 } as Any),
    ArgandError,
    'unknown option "tol"; it knows step, tolerance, checks',
  );
});

Deno.test("a tensor whose shape has been written over is refused, and no other is computed wrongly", async () => {
  const message = "its shape has been written over and reads [7] now; x.reshape(…) makes another";
  const spoiled = tensor([1, 2, 3, 4, 5]);
  const sum = spoiled.mul(3).sum();
  (spoiled.shape as number[])[0] = 7;
  await assertRejects(() => spoiled.data(), ArgandError, message);
  await assertRejects(() => sum.item(), ArgandError, message);
  assertEquals(await tensor([1, 2, 3, 4, 5]).mul(3).sum().item(), 45); // of the same structure
});

Deno.test("a tensor cannot be sent to a worker, and the error says what can", () => {
  for (
    const x of [ones([2]), complex([1], 2), parameter(ones([2])), { model: new nn.Linear(1, 1) }]
  ) {
    const { message } = assertThrows(() => structuredClone(x), DOMException);
    assertStringIncludes(message, "a tensor; send its values, await x.data(), and x.shape");
  }
});

Deno.test("arrays with holes are refused where numbers are counted", () => {
  // deno-lint-ignore no-sparse-arrays
  const holes: Any = [0, , 2];
  const calls: (() => unknown)[] = [
    () => new nn.TensorDataset(ones([3]), holes),
    () => new nn.Subset(new nn.TensorDataset(ones([3])), holes),
    () => argand.complexTensor(holes),
    () => tensor(holes),
    () => ones([1, 2, 3]).permute(holes),
    () => argand.take(ones([3]), holes),
    () => argand.fftn(complex(ones([1, 2, 3])), { axes: holes }),
  ];
  for (const call of calls) assertThrows(call, ArgandError, "Cannot ", String(call));
});

Deno.test("indices in a DataView are refused", () => {
  const data = new nn.TensorDataset(ones([4]));
  const view: Any = new DataView(new ArrayBuffer(8));
  assertThrows(() => new nn.Subset(data, view), ArgandError, "an array of indices, got a DataView");
  assert(new nn.Subset(data, Uint8Array.of(3)).length === 1);
});
