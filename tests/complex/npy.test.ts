import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { deflateSync, zipSync } from "fflate";
import {
  formatNpy,
  type NpyDType,
  type NpyEntry,
  type NpyLayout,
  parseNpy,
  readNpy,
  writeNpy,
} from "../../complex/files/npy.ts";
import { complexTensorFromNpy, tensorFromNpy } from "../../complex/files/npy_tensor.ts";
import { formatNpz, parseNpz, readNpz, writeNpz } from "../../complex/files/npz.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { Seeded } from "../support/seeded.ts";
import { noOutput, unless } from "../support/ignored.ts";

const GOLDEN = new URL("../golden/npy/", import.meta.url);
const bytesOf = (name: string) => Deno.readFileSync(new URL(name, GOLDEN));

const NAMES: Record<string, NpyDType> = {
  b1: "bool",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  f2: "float16",
  f4: "float32",
  f8: "float64",
  c8: "complex64",
  c16: "complex128",
};

/** The values that make.py gives an array of this kind, in row-major order. */
function expectedValues(code: string): number[] {
  const first = code[0] === "u" || code[0] === "b" ? 3 : -3;
  const values = [first, 0, 1, 2, 100, 7];
  if (code[0] === "f") return values.map((x) => x + 0.25);
  if (code[0] === "c") return values.flatMap((x) => [x, 0.5]);
  return code[0] === "b" ? values.map((x) => Number(x > 1)) : values;
}

Deno.test("parseNpz() reads every kind in both byte orders and both orders of axes", () => {
  const arrays = parseNpz(bytesOf("kinds.npz"));
  assertEquals(arrays.size, 2 * 2 * 14);
  for (const [name, { dtype, shape, data }] of arrays) {
    const code = name.slice(1, -1);
    assertEquals([dtype, shape], [NAMES[code], [2, 3]]);
    assertEquals(Array.from(data as Float64Array, Number), expectedValues(code), name);
  }
});

Deno.test("readNpy() reads headers of versions 1 to 3", async () => {
  for (const version of [1, 2, 3]) {
    const { dtype, shape, data } = await readNpy(new URL(`version${version}.npy`, GOLDEN));
    assertEquals([dtype, shape], ["int32", [2, 3, 4]]);
    assertEquals(data, Int32Array.from({ length: 24 }, (_, k) => k));
  }
});

Deno.test("readNpz() reads stored arrays, single numbers and empty arrays", async () => {
  const arrays = await readNpz(new URL("stored.npz", GOLDEN));
  assertEquals([...arrays], [
    ["z", { dtype: "complex128", shape: [2], data: Float64Array.of(1, 2, 3, -4) }],
    ["scalar", { dtype: "float32", shape: [], data: Float32Array.of(2.5) }],
    ["none", { dtype: "float64", shape: [0, 3], data: new Float64Array(0) }],
  ]);
});

Deno.test("formatNpy() rounds to halves as NumPy does", () => {
  const { double, half } = Object.fromEntries(parseNpz(bytesOf("halves.npz")));
  const data = Float32Array.from(double.data as Float64Array);
  const written = parseNpy(formatNpy({ dtype: "float16", shape: half.shape, data }));
  assertEquals(written, half);
  assert(Object.is((written.data as Float32Array)[1], -0));
});

Deno.test("every half survives formatNpy() and parseNpy()", () => {
  const bytes = formatNpy({ dtype: "uint16", shape: [65536], data: new Uint16Array(65536) });
  bytes[bytes.indexOf(0x75)] = 0x66; // the u of <u2 becomes an f
  for (let k = 0; k < 65536; k++) bytes.set([k & 255, k >> 8], 128 + 2 * k);
  const again = formatNpy(parseNpy(bytes));
  const words = (b: Uint8Array) => new Uint16Array(b.slice(128).buffer);
  const wrong = words(again).findIndex((word, k) => {
    const nan = (k & 0x7fff) > 0x7c00;
    return nan ? (word & 0x7fff) <= 0x7c00 : word !== k;
  });
  assertEquals(wrong, -1);
});

/** One array of each kind, with three axes. */
function sample(dtype: NpyDType): NpyEntry {
  const { data } = parseNpz(bytesOf("kinds.npz")).get(
    `<${Object.keys(NAMES).find((code) => NAMES[code] === dtype)}C`,
  )!;
  return { dtype, shape: [3, 1, 2], data };
}

Deno.test("arrays of every kind survive every layout", () => {
  for (const dtype of Object.values(NAMES)) {
    const entry = sample(dtype);
    for (const byteOrder of ["little", "big"] as const) {
      for (const fortranOrder of [false, true]) {
        for (const version of [1, 2, 3] as const) {
          const bytes = formatNpy(entry, { byteOrder, fortranOrder, version });
          assertEquals(bytes.indexOf(10) % 64, 63, "elements start at a multiple of 64");
          const moved = new Uint8Array(bytes.length + 3);
          moved.set(bytes, 3);
          assertEquals(parseNpy(moved.subarray(3)), entry);
        }
      }
    }
  }
});

Deno.test("formatNpy() writes NumPy's own bytes", () => {
  for (const version of [1, 2, 3] as const) {
    const bytes = bytesOf(`version${version}.npy`);
    const layout: NpyLayout = { byteOrder: "big", fortranOrder: true, version };
    assertEquals(formatNpy(parseNpy(bytes), layout), bytes);
  }
});

Deno.test("formatNpz() writes stored and deflated arrays that come back, alike each time", () => {
  const arrays = Object.values(NAMES).map((dtype): [string, NpyEntry] => [dtype, sample(dtype)]);
  arrays.push(["größe/1 \u2713", sample("int8")], ["__proto__", sample("bool")]);
  for (const compress of [false, true]) {
    const bytes = formatNpz(arrays, { compress, byteOrder: "big" });
    assertEquals([...parseNpz(bytes)], arrays);
    assertEquals(formatNpz(arrays, { compress, byteOrder: "big" }), bytes);
  }
  assertEquals(parseNpz(formatNpz([])).size, 0);
});

Deno.test({
  ...unless(noOutput, "what writeNpy() and writeNpz() write, readNpy() and readNpz() read"),
  async fn() {
    await Deno.mkdir("out", { recursive: true });
    const entry = sample("complex64");
    await writeNpy("out/test.npy", entry, { byteOrder: "big" });
    assertEquals(await readNpy("out/test.npy"), entry);
    await writeNpz("out/test.npz", [["a", entry]], { compress: true });
    assertEquals([...await readNpz("out/test.npz")], [["a", entry]]);
    await Deno.remove("out/test.npy");
    await Deno.remove("out/test.npz");
  },
});

Deno.test("tensors are made of arrays, and what has no place in 32 bits is refused or said", async () => {
  const real = tensorFromNpy({ dtype: "float64", shape: [2, 1], data: Float64Array.of(0.1, 2) });
  assertEquals(real.shape, [2, 1]);
  assertEquals(await real.data(), Float32Array.of(0.1, 2));
  const whole = { dtype: "uint64", shape: [1], data: BigUint64Array.of(2n ** 24n + 1n) } as const;
  assertThrows(() => tensorFromNpy(whole), ArgandError, "element 0, 16777217, has no exact");
  const int = { dtype: "int32", shape: [2], data: Int32Array.of(2 ** 24, -5) } as const;
  assertEquals(await tensorFromNpy(int).data(), Float32Array.of(2 ** 24, -5));
  assertThrows(() => tensorFromNpy(sample("complex64")), ArgandError, "the array is complex64");
  assertThrows(() => complexTensorFromNpy(sample("int8")), ArgandError, "the array is int8");

  const said: unknown[] = [];
  const { warn } = console;
  console.warn = (text: unknown) => said.push(text);
  try {
    const wide = { dtype: "complex128", shape: [1], data: Float64Array.of(0.1, -2) } as const;
    const values = await complexTensorFromNpy(wide).data();
    assertEquals(values, Float32Array.of(0.1, -2));
    complexTensorFromNpy(wide);
    complexTensorFromNpy(sample("complex64"));
  } finally {
    console.warn = warn;
  }
  assertEquals(said, [
    'complex128 is rounded to complex64: give { dtype: "complex128" } to keep its digits',
  ]);
});

/** A file of version 1 with this header and so many bytes of elements. */
function npy(header: string, elements = 0): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(10 + header.length + elements);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  bytes.set(Uint8Array.from(header, (c) => c.charCodeAt(0)), 10);
  return bytes;
}

const header = (descr: string, shape: string, fortran = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

Deno.test("parseNpy() refuses forged headers, and says what is wrong", async (t) => {
  const good = npy(header("'<f4'", "(2,)"), 8);
  const cases: [string, Uint8Array, string][] = [
    ["an empty file", new Uint8Array(0), "it has 0 bytes"],
    ["another file", new Uint8Array(99), "does not start with NumPy's magic number"],
    ["an unknown version", good.slice().fill(4, 6, 7), "its version is 4.0"],
    ["a header longer than the file", good.slice(0, 30), "bytes, but 20 follow"],
    ["elements cut short", good.slice(0, -1), "float32 of shape [2] takes 8 bytes, not 7"],
    ["elements too many", npy(header("'<f4'", "(2,)"), 9), "takes 8 bytes, not 9"],
    ["a header of 4 GB", good.slice().fill(2, 6, 7).fill(255, 8, 12), "over the limit of 65536"],
    ["no dictionary", npy("[1, 2]"), "its header"],
    ["code", npy("{'descr': print(1)}"), "its header"],
    ["a key twice", npy("{'descr': '<f4', 'descr': '<f4'}"), "is wrong"],
    [
      "a key too many",
      npy("{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': ()}"),
      '"x"',
    ],
    ["a key missing", npy("{'descr': '<f4', 'shape': ()}"), "fortran_order"],
    [
      "records",
      npy(header("[('a', '<f4')]", "(1,)"), 4),
      `its elements are "[('a', '<f4')]", known`,
    ],
    ["objects", npy(header("'|O'", "(1,)"), 8), 'its elements are "|O", known are'],
    ["no byte order", npy(header("'|f4'", "(1,)"), 4), 'its elements are "|f4"'],
    ["an inherited name as kind", npy(header("'<toString'", "(1,)"), 4), '"<toString"'],
    ["longdouble", npy(header("'<f16'", "(1,)"), 16), '"<f16"'],
    ["a negative size", npy(header("'<f4'", "(-1,)"), 4), "shape.0"],
    ["a fraction as size", npy(header("'<f4'", "(0.5,)"), 4), "shape.0"],
    ["a size beyond 2^53", npy(header("'<f4'", `(${2n ** 60n},)`), 4), "shape.0"],
    ["no tuple", npy(header("'<f4'", "(1)"), 4), "shape"],
    ["a huge product", npy(header("'|u1'", `(${2 ** 40}, ${2 ** 40})`), 4), "takes Infinity bytes"],
    ["65 axes", npy(header("'|u1'", `(${"1, ".repeat(65)})`), 1), "shape"],
    ["a truth value of 2", npy(header("'|b1'", "(2,)"), 2).fill(2, -1), "bool 1 is 2, neither"],
  ];
  for (const [name, bytes, why] of cases) {
    await t.step(name, () => {
      const error = assertThrows(() => parseNpy(bytes, "forged"), ArgandError);
      assertStringIncludes(error.message, "Cannot read forged: ");
      assertStringIncludes(error.message, why);
    });
  }
});

Deno.test("formatNpy() and formatNpz() refuse what is not of its kind and shape", () => {
  const refused: [() => unknown, string][] = [
    [() => formatNpy({ ...sample("float32"), shape: [7] }), "takes 28 bytes in a Float32Array"],
    [() => formatNpy({ ...sample("float32"), dtype: "int32" }), "in a Int32Array"],
    [() => formatNpy({ ...sample("int8"), dtype: "int7" as "int8" }), 'unknown dtype "int7"'],
    [() => formatNpy({ ...sample("int8"), shape: [-6] }), "its shape is wrong"],
    [() => formatNpy({ dtype: "bool", shape: [1], data: Uint8Array.of(3) }), "bool 0 is 3"],
    [
      () => formatNpy({ dtype: "float16", shape: [1], data: Float32Array.of(65520) }),
      "element 0 is 65520, beyond",
    ],
    [() => formatNpy(sample("int8"), { version: 4 as 3 }), "version must be one of 1, 2, 3, got 4"],
    [() => formatNpy(sample("int8"), { order: "C" } as NpyLayout), 'unknown option "order"'],
    [() => formatNpy(sample("int8"), 2 as NpyLayout), "the options must be an object, got 2"],
    [() => formatNpy(sample("int8"), { byteOrder: "<" as "big" }), 'byteOrder must be "little" or'],
    [() => formatNpz([], null as unknown as object), "the options must be an object, got null"],
    [() => parseNpz(formatNpz([]), "x", { max: 1 } as object), 'unknown option "max"'],
    [() => formatNpz([["a", sample("int8")], ["a", sample("int8")]]), "the name is taken"],
    [() => formatNpz([["a".repeat(65535), sample("int8")]]), "its name takes 65539 bytes"],
    [() => formatNpz([], { compress: 1 as unknown as true }), "compress must be true or false"],
  ];
  for (const [act, why] of refused) assertThrows(act, ArgandError, why);
});

/** An archive with one deflated file; `change` forges the directory's record and the local one. */
function archive(
  file: Uint8Array,
  change: (central: DataView, local: DataView) => void = () => {},
): Uint8Array<ArrayBuffer> {
  const bytes = zipSync({ "x.npy": file });
  const view = new DataView(bytes.buffer);
  const start = view.getUint32(bytes.length - 22 + 16, true);
  change(new DataView(bytes.buffer, start), view);
  return bytes;
}

Deno.test("the functions of .npy and .npz refuse what is neither bytes nor an entry", () => {
  // deno-lint-ignore no-explicit-any
  const any = (x: unknown) => x as any;
  const cases: [() => unknown, string][] = [
    [() => parseNpy(any(new ArrayBuffer(3))), "as a Uint8Array, got an ArrayBuffer"],
    [
      () => parseNpz(any(null)),
      "Cannot read npz data: it takes the bytes as a Uint8Array, got null",
    ],
    [() => tensorFromNpy(any(undefined)), "it takes { dtype, shape, data }, got undefined"],
    [() => complexTensorFromNpy(any({})), "got an object of undefined, undefined, undefined"],
    [() => formatNpy(any(undefined)), "Cannot write an npy array: it takes { dtype, shape, data }"],
    [() => formatNpz(any(undefined)), "it takes pairs of name and array, got undefined"],
    [() => formatNpz(any({})), "it takes pairs of name and array, got an object"],
    [() => formatNpy(any([1, 2])), "it takes { dtype, shape, data }, got an array"],
    [() => formatNpz(any([["x"]])), "it takes { dtype, shape, data }, got undefined"],
  ];
  for (const [act, why] of cases) assertThrows(act, ArgandError, why);
});

Deno.test("parseNpz() refuses forged archives, and says what is wrong", async (t) => {
  const file = formatNpy({ dtype: "float64", shape: [500], data: new Float64Array(500) });
  const bomb = formatNpy({ dtype: "uint8", shape: [4e6], data: new Uint8Array(4e6) });
  const text = new TextEncoder().encode("hello, this is no array");
  const twice = zipSync({ "x.npy": file, "y.npy": file }, { level: 0 });
  const central = new DataView(twice.buffer).getUint32(twice.length - 6, true);
  const same = twice.slice();
  // The second record of the directory points to the first file.
  new DataView(same.buffer).setUint32(central + 51 + 42, 0, true);
  const overlapping = same.slice();
  overlapping[central + 51 + 46] = "x".charCodeAt(0);
  const repeated = twice.slice();
  for (let at = 0; at < repeated.length; at++) {
    if (repeated[at] === 0x79 && repeated[at + 1] === 0x2e) repeated[at] = 0x78;
  }
  const cases: [string, Uint8Array, string][] = [
    ["an empty file", new Uint8Array(0), "its 0 bytes do not end as a zip archive does"],
    ["a file cut short", archive(file).slice(0, -1), "do not end as a zip"],
    ["a file without its beginning", archive(file).slice(9), "does not end at"],
    ["no array in it", zipSync({ "x.npy": text }), 'entry "x": it does not start with NumPy'],
    ["an encrypted file", archive(file, (c) => c.setUint16(8, 1, true)), "it is encrypted"],
    ["an unknown method", archive(file, (c) => c.setUint16(10, 14, true)), "its method is 14"],
    ["a size too small", archive(file, (c) => c.setUint32(24, 200, true)), "and more, not to 200"],
    [
      "a size too large",
      archive(file, (c) => c.setUint32(24, 4200, true)),
      "takes 4000 bytes, not",
    ],
    [
      "a size that cannot be",
      archive(file, (c) => c.setUint32(24, 2e9, true)),
      "deflated bytes cannot stand for 2000000000",
    ],
    [
      "a size of 4 GiB, as ZIP64 writes it",
      archive(file, (c) => c.setUint32(24, 0xffffffff, true)),
      'entry "x.npy": it has 4 GiB or more',
    ],
    [
      "a bomb: little that inflates to much more than its directory says",
      archive(bomb, (c) => c.setUint32(24, 129, true)),
      'entry "x": it inflates to',
    ],
    ["a wrong checksum", archive(file, (c) => c.setUint32(16, 7, true)), "not 00000007"],
    [
      "a place outside",
      archive(file, (c) => c.setUint32(42, 1e6, true)),
      "no header at byte 1000000",
    ],
    [
      "deflated bytes beyond the file",
      archive(file, (c) => c.setUint32(20, 9000, true)),
      "are not within",
    ],
    ["another local name", archive(file, (_, l) => l.setUint8(30, 65)), 'header, "A.npy"'],
    [
      "broken deflated bytes",
      archive(file, (_, l) => l.setUint8(35, 7)),
      "deflated bytes are broken",
    ],
    ["two entries on the same bytes", same, '"y.npy": its own header, "x.npy"'],
    ["entries that overlap", overlapping, 'entries "x.npy" and "x.npy" overlap'],
    ["the same name twice", repeated, 'entry "x": it is there twice'],
    ["more entries than it has", tail(file, 8, 2), "has 1 entries, not 2"],
    ["entries elsewhere", tail(file, 4, 1), "one of several parts"],
    ["a ZIP64 archive", tail(file, 10, 0xffff), "ZIP64"],
  ];
  for (const [name, bytes, why] of cases) {
    await t.step(name, () => {
      const error = assertThrows(() => parseNpz(bytes, "forged"), ArgandError);
      assertStringIncludes(error.message, "Cannot read forged: ");
      assertStringIncludes(error.message, why);
    });
  }
  await t.step("more than the limit", () => {
    const limited = () => parseNpz(archive(bomb), "big", { maxBytes: 1e6 });
    assertThrows(limited, ArgandError, "Cannot read big: its entries take 4000128 bytes, over");
    const odd = (maxBytes: number) => () => parseNpz(archive(bomb), "big", { maxBytes });
    const why = "Cannot read big: maxBytes must be a number of at least 0, got ";
    assertThrows(odd(-1), ArgandError, `${why}-1`);
    assertThrows(odd(NaN), ArgandError, `${why}NaN`);
  });
});

/** An archive whose last record says `value` at `at`, and at `at + 2` where it counts entries. */
function tail(file: Uint8Array, at: number, value: number): Uint8Array {
  const bytes = archive(file);
  const view = new DataView(bytes.buffer, bytes.length - 22);
  view.setUint16(at, value, true);
  if (at === 8) view.setUint16(10, value, true);
  return bytes;
}

Deno.test("a bomb is given up after little more than its directory claims", () => {
  const packed = deflateSync(new Uint8Array(300e6), { level: 9 });
  const bytes = new Uint8Array(35 + packed.length + 51 + 22);
  const file = archive(formatNpy({ dtype: "uint8", shape: [1], data: Uint8Array.of(1) }));
  bytes.set(file.subarray(0, 35));
  bytes.set(packed, 35);
  bytes.set(file.subarray(file.length - 73), 35 + packed.length);
  const view = new DataView(bytes.buffer, 35 + packed.length);
  view.setUint32(20, packed.length, true);
  view.setUint32(51 + 16, 35 + packed.length, true);
  const before = performance.now();
  assertThrows(() => parseNpz(bytes), ArgandError, "and more, not to 129");
  assert(performance.now() - before < 2000);
});

/** A few random changes of the bytes: other values, cuts, repeated or inserted pieces. */
function mutated(bytes: Uint8Array, random: Seeded): Uint8Array {
  let result = bytes.slice();
  const below = (n: number) => random.whole(0, n);
  for (let k = 1 + below(3); k > 0 && result.length > 0; k--) {
    const at = below(result.length);
    const kind = below(6);
    if (kind < 3) result[at] = below(256);
    else if (kind === 3) result[at] ^= 1 << below(8);
    else if (kind === 4) result = result.slice(0, at);
    else {
      const piece = result.subarray(at, at + below(40));
      result = Uint8Array.from([...result.subarray(0, at), ...piece, ...result.subarray(at)]);
    }
  }
  return result;
}

Deno.test("20 000 mutated .npz files give their arrays or an ArgandError, never anything else", () => {
  const random = new Seeded(11);
  const arrays = new Map<string, NpyEntry>([
    ["z", { dtype: "complex64", shape: [5], data: random.floats(10) }],
    ["n", { dtype: "int16", shape: [2, 2], data: Int16Array.of(1, -2, 3, -4) }],
  ]);
  let read = 0;
  for (const compress of [false, true]) {
    const good = formatNpz(arrays, { compress });
    for (let k = 0; k < 10_000; k++) {
      const bytes = mutated(good, random);
      try {
        for (const [name, entry] of parseNpz(bytes)) {
          // A checksum stands for the elements, and so for kind and shape; names may be others.
          const known = arrays.get(name) ??
            [...arrays.values()].find(({ dtype }) => dtype === entry.dtype);
          assertEquals(entry, known);
        }
        read++;
      } catch (error) {
        if (!(error instanceof ArgandError)) throw error;
        assertStringIncludes(error.message, "Cannot read npz data: ");
      }
    }
  }
  assert(read > 10 && read < 10_000, `${read}`);
});

Deno.test("20 000 mutated .npy files give an array of their size or an ArgandError", () => {
  const random = new Seeded(12);
  const entry = { dtype: "float32", shape: [2, 3], data: new Float32Array(6) } as const;
  let read = 0;
  for (let k = 0; k < 20_000; k++) {
    const layout: NpyLayout = { version: [1, 2, 3][k % 3] as 1, fortranOrder: k % 2 === 1 };
    try {
      const { dtype, shape, data } = parseNpy(mutated(formatNpy(entry, layout), random));
      const width = dtype.startsWith("complex") ? 2 : 1;
      assertEquals(data.length, width * shape.reduce((a, b) => a * b, 1));
      read++;
    } catch (error) {
      if (!(error instanceof ArgandError)) throw error;
      assertStringIncludes(error.message, "Cannot read npy data: ");
    }
  }
  assert(read > 100 && read < 20_000, `${read}`);
});

Deno.test("readNpy() rejects what it cannot read", async () => {
  const url = new URL("stored.npz", GOLDEN);
  await assertRejects(() => readNpy(url), ArgandError, "stored.npz: it does not start with NumPy");
});
