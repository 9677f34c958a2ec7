import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  formatSafetensors,
  loadSafetensors,
  parseSafetensors,
  type SafetensorsEntry,
  writeSafetensors,
} from "../../complex/files/safetensors.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { golden } from "../support/golden.ts";

/** A file with this header, as text or as a value to write in JSON, and this many bytes of data. */
function file(header: unknown, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const SAMPLE: [string, SafetensorsEntry][] = [
  ["flags", { dtype: "BOOL", shape: [3], data: new Uint8Array([1, 0, 1]) }],
  ["z", { dtype: "C64", shape: [2], data: new Float32Array([1, -2, 3.5, 4]) }],
  ["w", { dtype: "F32", shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) }],
  ["double", { dtype: "F64", shape: [], data: new Float64Array([Math.PI]) }],
  ["long", { dtype: "I64", shape: [2], data: new BigInt64Array([-1n, 1n << 60n]) }],
  ["short", { dtype: "I16", shape: [1], data: new Int16Array([-300]) }],
  ["none", { dtype: "I32", shape: [0, 5], data: new Int32Array(0) }],
];

Deno.test("safetensors survive formatSafetensors() and parseSafetensors()", () => {
  const bytes = formatSafetensors(SAMPLE, { made: "here", "ключ": "é" });
  const { metadata, tensors } = parseSafetensors(bytes);
  assertEquals(metadata, { made: "here", "ключ": "é" });
  assertEquals([...tensors.keys()].sort(), SAMPLE.map(([name]) => name).sort());
  for (const [name, value] of SAMPLE) assertEquals(tensors.get(name), value);
});

Deno.test("parseSafetensors() reads a view that starts anywhere in its buffer", () => {
  const bytes = formatSafetensors(SAMPLE);
  const moved = new Uint8Array(bytes.length + 3);
  moved.set(bytes, 3);
  assertEquals(parseSafetensors(moved.subarray(3)), parseSafetensors(bytes));
});

Deno.test("parseSafetensors() gives copies that do not follow the file's bytes", () => {
  const bytes = formatSafetensors(SAMPLE);
  const { tensors } = parseSafetensors(bytes);
  bytes.fill(255);
  for (const [name, value] of SAMPLE) assertEquals(tensors.get(name), value);
});

Deno.test("parseSafetensors() widens half floats", () => {
  const bytes = file({ h: entry("F16", [7], 0, 14), b: entry("BF16", [3], 14, 20) }, 20);
  const words = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000, 0x3555, 0x3f80, 0xc049, 0x0001];
  const view = new DataView(bytes.buffer, bytes.length - 20);
  words.forEach((w, k) => view.setUint16(2 * k, w, true));
  const { tensors } = parseSafetensors(bytes);
  assertEquals(
    tensors.get("h")?.data,
    new Float32Array([1, -2, 2 ** -24, 65504, Infinity, -0, 0.333251953125]),
  );
  assertEquals(tensors.get("b")?.data, new Float32Array([1, -3.140625, 2 ** -133]));
});

Deno.test("parseSafetensors() refuses forged headers, and says what is wrong", async (t) => {
  const cases: [string, Uint8Array, string][] = [
    ["an empty file", new Uint8Array(0), "it has 0 bytes"],
    ["a header longer than the file", file("{}").fill(9, 0, 1), "claims 9 bytes, but 2 follow"],
    ["a header of 2^63 bytes", file("{}").fill(128, 7, 8), "over the limit"],
    ["text that is not JSON", file("{nope}"), "is not JSON"],
    ["bytes that are not UTF-8", file('{"a":1}').fill(255, 10, 11), "is not JSON"],
    ["a list", file([]), "its header is wrong"],
    ["null", file("null"), "its header is wrong"],
    ["metadata that are not text", file({ __metadata__: { a: 1 } }), "__metadata__.a"],
    ["an entry that is a number", file({ w: 3 }), 'entry "w"'],
    ["an unknown dtype", file({ w: entry("F8", [1], 0, 1) }, 1), 'entry "w": dtype'],
    ["an inherited name as kind", file({ w: entry("toString", [1], 0, 1) }, 1), "dtype"],
    ["a shape that is a number", file({ w: entry("F32", 4, 0, 4) }, 4), 'entry "w": shape'],
    ["a negative size", file({ w: entry("F32", [-1, -1], 0, 4) }, 4), 'entry "w": shape.0'],
    ["a fraction as size", file({ w: entry("F32", [0.5, 2], 0, 4) }, 4), 'entry "w": shape.0'],
    ["a size beyond 2^53", file({ w: entry("U8", [2 ** 60], 0, 4) }, 4), 'entry "w": shape.0'],
    [
      "a product beyond 2^53",
      file({ w: entry("U8", [2 ** 40, 2 ** 40], 0, 4) }, 4),
      "takes Infinity bytes, not 4",
    ],
    ["one offset", file({ w: { dtype: "U8", shape: [1], data_offsets: [0] } }, 1), "data_offsets"],
    ["offsets beyond the file", file({ w: entry("F32", [9], 0, 36) }, 4), "bytes 0 to 36"],
    ["offsets that run back", file({ w: entry("F32", [1], 4, 0) }, 4), "bytes 4 to 0"],
    [
      "a byte count that is not the shape's",
      file({ w: entry("C64", [2, 3], 0, 24) }, 24),
      'entry "w": C64 of shape [2, 3] takes 48 bytes, not 24',
    ],
    [
      "entries that overlap",
      file({ a: entry("U8", [4], 0, 4), b: entry("U8", [4], 2, 6) }, 6),
      'entries "a" and "b" overlap',
    ],
    [
      "two entries on the same bytes",
      file({ a: entry("U8", [4], 0, 4), b: entry("U8", [4], 0, 4) }, 4),
      'entries "a" and "b" overlap',
    ],
    [
      "a hole",
      file({ a: entry("U8", [1], 0, 1), b: entry("U8", [1], 2, 3) }, 3),
      'bytes 1 to 2, before entry "b", belong to no entry',
    ],
    ["bytes after the last entry", file({ a: entry("U8", [1], 0, 1) }, 5), "5 bytes of data"],
    [
      "a name twice",
      file('{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":0}', 1),
      "twice",
    ],
  ];
  for (const [name, bytes, why] of cases) {
    await t.step(name, () => {
      const error = assertThrows(() => parseSafetensors(bytes, "forged"), ArgandError);
      assertStringIncludes(error.message, "Cannot read forged: ");
      assertStringIncludes(error.message, why);
    });
  }
});

Deno.test("parseSafetensors() refuses names that are there twice", () => {
  const [one, other] = [entry("I8", [1], 0, 1), entry("U8", [1], 0, 1)].map((e) =>
    JSON.stringify(e)
  );
  const headers = [
    `{"a":${one},"a":${other}}`,
    `{"a":${one},"\\u0061":${one}}`,
    '{"__metadata__":{"k":"1","k":"2"}}',
  ];
  for (const header of headers) {
    const bytes = file(header, header.includes("I8") ? 1 : 0);
    assertThrows(() => parseSafetensors(bytes), ArgandError, "names twice in a record", header);
  }
  const names = { ":": entry("I8", [1], 0, 1), '\\":{': entry("I8", [0], 1, 1) };
  assertEquals(parseSafetensors(file(names, 1)).tensors.size, 2, "names of signs");
});

Deno.test("parseSafetensors() refuses every truncation", () => {
  const bytes = formatSafetensors(SAMPLE, { made: "here" });
  for (let n = 0; n < bytes.length; n++) {
    assertThrows(() => parseSafetensors(bytes.subarray(0, n)), ArgandError, "Cannot read");
  }
});

Deno.test("parseSafetensors() gives a file or an ArgandError for any damaged byte", () => {
  const bytes = formatSafetensors(SAMPLE, { made: "here" });
  let seed = 1;
  const random = (n: number) => {
    seed = (seed * 48271) % 0x7fffffff;
    return seed % n;
  };
  for (let round = 0; round < 3000; round++) {
    const damaged = bytes.slice();
    for (let k = random(3); k >= 0; k--) damaged[random(bytes.length)] = random(256);
    try {
      parseSafetensors(damaged);
    } catch (error) {
      assert(error instanceof ArgandError, String(error));
    }
  }
});

Deno.test("parseSafetensors() takes a name like __proto__ as any other", () => {
  const bytes = file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1);
  assertEquals([...parseSafetensors(bytes).tensors.keys()], ["__proto__"]);
});

Deno.test("formatSafetensors() rejects data that do not fit kind and shape", () => {
  const data = new Float32Array(4);
  assertThrows(
    () => formatSafetensors([["z", { dtype: "C64", shape: [4], data }]]),
    ArgandError,
    'Cannot write entry "z": C64 of shape [4] takes 32 bytes in a Float32Array, not 16',
  );
  assertThrows(
    () => formatSafetensors([["k", { dtype: "I32", shape: [4], data }]]),
    ArgandError,
    "16 bytes in a Int32Array, not 16 in a Float32Array",
  );
  const twice: [string, SafetensorsEntry] = ["a", { dtype: "F32", shape: [4], data }];
  assertThrows(() => formatSafetensors([twice, twice]), ArgandError, "the name is taken");
});

Deno.test("formatSafetensors() refuses what parseSafetensors() would not read", () => {
  const x = { dtype: "F32", shape: [2], data: new Float32Array(2) } as const;
  const cases: [() => unknown, string][] = [
    [() => formatSafetensors({ x } as never), "it takes pairs of name and array, got an object"],
    [() => formatSafetensors([["x", 1]] as never), "it takes { dtype, shape, data }, got 1"],
    [() => formatSafetensors([["x", { ...x, dtype: "F31" as "F32" }]]), 'unknown dtype "F31"'],
    [
      () => formatSafetensors([["x", { ...x, shape: [-1, -2] }]]),
      "its shape is wrong, 0: Too small",
    ],
    [() => formatSafetensors([["x", x]], { epoch: 3 } as never), "its metadata are wrong"],
  ];
  for (const [call, why] of cases) assertThrows(call, ArgandError, why);
});

Deno.test("loadSafetensors() reads golden cases, and golden() interleaves their pairs", async () => {
  const { meta, complex, real } = await golden("op_abs");
  assertEquals(meta, { op: "abs" });
  const x = complex("x");
  const y = real("y");
  assertEquals(x.shape, [4, 9]);
  y.data.forEach((r, k) => {
    assert(Math.abs(r - Math.hypot(x.data[2 * k], x.data[2 * k + 1])) <= 1e-6 * r);
  });
});

Deno.test("loadSafetensors() names the file that it cannot find", async () => {
  const read = () => loadSafetensors("tests/golden/none.safetensors");
  await assertRejects(
    read,
    ArgandError,
    "Cannot read tests/golden/none.safetensors: there is no such file",
  );
  await assertRejects(() => loadSafetensors("tests"), ArgandError, "it is a folder");
});

Deno.test("writeSafetensors() writes what loadSafetensors() reads, and names what it cannot write", async () => {
  await Deno.mkdir("out", { recursive: true });
  const path = "out/written.safetensors";
  const z = { dtype: "C64", shape: [1, 2], data: Float32Array.of(1, 2, 3, 4) } as const;
  await writeSafetensors(path, [["z", z]], { made: "here" });
  const { tensors, metadata } = await loadSafetensors(path);
  assertEquals([...tensors], [["z", z]]);
  assertEquals(metadata, { made: "here" });
  await Deno.remove(path);
  await assertRejects(
    () => writeSafetensors("out/none/z.safetensors", [["z", z]]),
    ArgandError,
    "Cannot write out/none/z.safetensors: there is no such file or folder",
  );
});

Deno.test("parseSafetensors() refuses what is not bytes", () => {
  const act = () => parseSafetensors(new ArrayBuffer(8) as never);
  assertThrows(act, ArgandError, "it takes the bytes as a Uint8Array, got an ArrayBuffer");
});
