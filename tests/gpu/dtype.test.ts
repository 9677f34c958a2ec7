import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  bytesOf,
  complexOf,
  type DType,
  DTYPES,
  hostView,
  hostZeros,
  inexact,
  isComplex,
  isInteger,
  isReal,
  lanesOf,
  multiplyAddFlops,
  realOf,
  wgslOf,
} from "../../gpu/contract/dtype.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { type Kernel, linearGrid, linearMain, single } from "../../gpu/contract/kernel.ts";
import { kernelEngines, runProgram } from "../support/program.ts";

const dtypes = Object.keys(DTYPES) as DType[];

Deno.test("an element has the bytes of its lanes in the host's array", () => {
  for (const dtype of dtypes) {
    const { array, bytes, lanes } = DTYPES[dtype];
    assertEquals(bytes, lanes * array.BYTES_PER_ELEMENT, dtype);
    assertEquals([bytesOf(dtype), lanesOf(dtype)], [bytes, lanes], dtype);
    assertEquals(lanes, isComplex(dtype) ? 2 : 1, dtype);
  }
});

Deno.test("every dtype is of one kind, and has a code of its own", () => {
  for (const dtype of dtypes) {
    const kinds = { real: isReal(dtype), complex: isComplex(dtype), integer: isInteger(dtype) };
    const expected = { real: false, complex: false, integer: false, [DTYPES[dtype].kind]: true };
    assertEquals(kinds, expected, dtype);
  }
  assertEquals(new Set(dtypes.map((dtype) => DTYPES[dtype].code)).size, dtypes.length);
});

Deno.test("real and complex dtypes point at one another", () => {
  for (const dtype of dtypes) {
    const part = realOf(dtype);
    assertEquals(realOf(part), part, dtype);
    assertEquals(DTYPES[part].array, DTYPES[dtype].array, `${dtype}: a part is a lane`);
    assertEquals(bytesOf(part) * lanesOf(dtype), bytesOf(dtype), dtype);
    if (isInteger(dtype)) {
      assertEquals([part, DTYPES[dtype].complex], [dtype, null], dtype);
      continue;
    }
    const whole = complexOf(inexact(dtype));
    assert(isReal(part) && isComplex(whole), dtype);
    assertEquals([complexOf(whole), realOf(whole), complexOf(part)], [whole, part, whole], dtype);
    assertEquals(isComplex(dtype) ? whole : part, dtype);
  }
});

Deno.test("a complex multiply-add takes four real ones", () => {
  for (const dtype of dtypes.filter(isComplex)) {
    assertEquals(multiplyAddFlops(dtype), 4 * multiplyAddFlops(realOf(dtype)), dtype);
  }
});

Deno.test("hostZeros() and hostView() give a dtype's own array", () => {
  for (const dtype of dtypes) {
    const zeros = hostZeros(dtype, 3);
    assert(zeros instanceof DTYPES[dtype].array, dtype);
    assertEquals(zeros.byteLength, 3 * bytesOf(dtype), dtype);
    assert(zeros.every((x) => x === 0), dtype);
    const last = hostView(dtype, zeros.buffer, 2 * bytesOf(dtype), bytesOf(dtype));
    last[0] = 7;
    assertEquals(last.length, lanesOf(dtype), dtype);
    assertEquals(zeros.indexOf(7), 2 * lanesOf(dtype), `${dtype}: a view shares the memory`);
    assertEquals(hostView(dtype, zeros.buffer), zeros, dtype);
  }
});

Deno.test("integers have no sums and products of real or complex numbers", () => {
  const why = "Cannot compute with uint32: only real and complex numbers are added and multiplied";
  assertThrows(() => inexact("uint32"), ArgandError, why);
});

const copy: Kernel<{ dtype: DType; size: number }> = {
  name: "copy",
  bindings: ({ dtype }) => ({ inputs: [dtype], outputs: [dtype] }),
  wgsl: ({ dtype, size }) => ({
    source: linearMain(size, `  let x: ${wgslOf(dtype)} = in0[i];\n  out0[i] = x;`),
    workgroups: linearGrid(size),
  }),
  cpu: (_, [x], [y]) => y.set(x),
};

Deno.test("every engine copies elements of every dtype that it has bit by bit", async () => {
  for (const dtype of dtypes) {
    const data = hostZeros(dtype, 5).map((_, k) => 3 * k + 1);
    for (const engine of await kernelEngines()) {
      const copies = () =>
        runProgram(engine, single(copy, { dtype, size: 5 }), [data], [data.length]);
      if (engine.kind === "webgpu" && DTYPES[dtype].wgsl === null) {
        await assertRejects(copies, ArgandError, `for ${dtype}: WGSL has no such numbers`);
        continue;
      }
      const [got] = await copies();
      assertEquals(got, data, `${dtype} on ${engine.kind}`);
    }
  }
});
