import { assert, assertEquals, assertThrows } from "@std/assert";
import { zipSync } from "fflate";
import { Seeded } from "../../support/seeded.ts";
import { ArgandError, formatNpy, parseNpz } from "../../../complex/mod.ts";

const field = { dtype: "complex64", shape: [2], data: Float32Array.of(1, 2, 3, 4) } as const;

/** The .npy of elements that NumPy calls `descr`, in its own notation. */
function npy(descr: string, shape: string, elements: Uint8Array, fortran = "False"): Uint8Array {
  const head = `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }`;
  const text = new TextEncoder().encode(head.padEnd(117) + "\n");
  return Uint8Array.from([
    0x93,
    ...new TextEncoder().encode("NUMPY"),
    1,
    0,
    118,
    0,
    ...text,
    ...elements,
  ]);
}

/** Texts as NumPy's kind U holds them. */
function letters(width: number, texts: readonly string[], bigEndian = false): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * width * texts.length));
  texts.forEach((text, k) =>
    [...text].forEach((c, at) =>
      view.setUint32(4 * (k * width + at), c.codePointAt(0)!, !bigEndian)
    )
  );
  return new Uint8Array(view.buffer);
}

const archive = (files: Record<string, Uint8Array>, level: 0 | 6 = 0) =>
  zipSync({ "field.npy": formatNpy(field), ...files }, { level });

for (const level of [0, 6] as const) {
  Deno.test(`texts beside numbers are read as texts, at level ${level}`, () => {
    const units = ["mV", "°C", "", "👍x"];
    const file = parseNpz(archive({
      "unit.npy": npy("'<U2'", "()", letters(2, ["mV"])),
      "units.npy": npy("'>U2'", "(2, 2)", letters(2, units, true)),
      "turned.npy": npy("'<U2'", "(2, 2)", letters(2, units), "True"),
      "format.npy": npy("'|S4'", "()", new TextEncoder().encode("csr\0")),
      "none.npy": npy("'<U3'", "(0,)", new Uint8Array()),
    }, level));
    assertEquals([...file], [["field", field]]);
    assertEquals([...file.texts], [
      ["unit", { shape: [], data: ["mV"] }],
      ["units", { shape: [2, 2], data: units }],
      ["turned", { shape: [2, 2], data: [units[0], units[2], units[1], units[3]] }],
      ["format", { shape: [], data: ["csr"] }],
      ["none", { shape: [0], data: [] }],
    ]);
    assertEquals(file.unread.size, 0);
  });

  Deno.test(`what is neither number nor text is not the end of the file, at level ${level}`, () => {
    const junk = new Uint8Array(5000).map((_, k) => k);
    const file = parseNpz(archive({
      "objects.npy": npy("'|O'", "()", junk),
      "dates.npy": npy("'<M8[ns]'", "(625,)", junk),
      "long.npy": npy("'<f16'", "(1,)", junk.subarray(0, 16)),
      "records.npy": npy("[('a', '<f4', (2,)), ('b', [('c', '<i4')])]", "(1,)", junk),
      "bare.npy": npy("'<U0'", "(1000000000000000,)", new Uint8Array()),
      "README.txt": junk,
    }, level));
    assertEquals([...file.keys()], ["field"]);
    assertEquals([...file.unread.keys()], [
      "objects",
      "dates",
      "long",
      "records",
      "bare",
      "README.txt",
    ]);
    assertEquals(file.unread.get("README.txt"), "its name does not end in .npy");
    assert(file.unread.get("records")!.startsWith(`its elements are "[('a', '<f4'`));
  });
}

Deno.test("texts that are not what their header says are refused", () => {
  const cases: [Uint8Array, string][] = [
    [npy("'<U2'", "(2,)", letters(2, ["mV"])), "<U2 of shape [2] takes 16 bytes, not 8"],
    [npy("'<U1'", "()", Uint8Array.of(255, 255, 255, 255)), "it has a letter of number 4294967295"],
    [npy("'<U2'", "(4503599627370496, 4503599627370496)", letters(2, ["mV"])), "not 8"],
  ];
  for (const [bytes, why] of cases) {
    const read = () => parseNpz(archive({ "unit.npy": bytes }));
    assertThrows(read, ArgandError, why);
  }
});

Deno.test("a small file may not unfold to gigabytes unless the caller says so", () => {
  const noise = new Seeded(3).floats(100_000);
  const bytes = zipSync({
    "noise.npy": formatNpy({ dtype: "float32", shape: [100_000], data: noise }),
  });
  const view = new DataView(bytes.buffer);
  // The directory claims more than the limit, and no more than deflated bytes can stand for.
  view.setUint32(view.getUint32(bytes.length - 6, true) + 24, 2 ** 28 + 1, true);
  const why =
    "its entries take 268435457 bytes, over the limit of 268435456; the option maxBytes sets";
  assertThrows(() => parseNpz(bytes), ArgandError, why);
  const wider = () => parseNpz(bytes, "noise", { maxBytes: 2 ** 29 });
  assertThrows(
    wider,
    ArgandError,
    'entry "noise": float32 of shape [100000] takes 400000 bytes, not',
  );
});
