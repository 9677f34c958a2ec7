import { assert } from "@std/assert";
import { zipSync } from "fflate";
import {
  ArgandError,
  formatNpy,
  formatNpz,
  formatSafetensors,
  formatTouchstone,
  parseNpy,
  parseNpz,
  parseSafetensors,
  parseTouchstone,
} from "../../complex/mod.ts";
import { use } from "../../gpu/engines/device.ts";
import * as nn from "../../nn/mod.ts";
import { Seeded } from "../support/seeded.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** What stands in files where numbers, names and lists do, and what a forger writes there. */
const WORDS = [
  "-1",
  "0",
  "1e308",
  "1e999",
  "0.5",
  "4294967296",
  "9007199254740993",
  "1000000000000",
  "null",
  "true",
  "NaN",
  "{}",
  "[]",
  "[[]]",
  '"__proto__"',
  '"F32"',
  "<c16",
  "|O",
  "()",
  "(1,)",
  '{"type":"GRU","inFeatures":1,"hidden":1,"layers":4096}',
  '{"type":"Sequential","layers":[]}',
  "\u0000",
  "\r",
];
/** Signs that are repeated into long runs. */
const SIGNS = [..."[{(\"'1.e \\#!\r\n,:0S", "{}", "[],", '{"type":"Sequential","layers":['];

/** The bytes with a few changes: bits, cuts, copies, words in the place of numbers, long runs. */
function mutated(bytes: Uint8Array, random: Seeded): Uint8Array {
  let text = Array.from(bytes, (b) => String.fromCharCode(b)).join("");
  for (let k = random.whole(1, 4); k > 0 && text.length > 0; k--) {
    const at = random.whole(0, text.length);
    const [before, after] = [text.slice(0, at), text.slice(at)];
    switch (random.whole(0, 7)) {
      case 0:
        text = before;
        break;
      case 1:
        text = before + text.slice(random.whole(0, text.length));
        break;
      case 2:
        text = before + after.replace(/\d+/, random.of(WORDS));
        break;
      case 3:
        text = before + random.of(WORDS) + after;
        break;
      case 4:
        text = before + random.of(SIGNS).repeat(10 ** random.whole(0, 5)) + after;
        break;
      default:
        text = before + String.fromCharCode(random.whole(0, 256)) + after.slice(1);
    }
  }
  return bytesOf(text);
}

/** The same with the length in front made right again, so that what follows is looked at. */
function headed(bytes: Uint8Array, random: Seeded): Uint8Array {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = mutated(bytes.subarray(8, 8 + length), random);
  const result = new Uint8Array(8 + header.length + bytes.length - 8 - length);
  new DataView(result.buffer).setBigUint64(0, BigInt(header.length), true);
  result.set(header, 8);
  result.set(bytes.subarray(8 + length), 8 + header.length);
  return result;
}

const field = { dtype: "complex64", shape: [2, 3], data: new Float32Array(12).fill(0.5) } as const;
const counts = { dtype: "int16", shape: [300], data: new Int16Array(300) } as const;
const npy = formatNpy(field, { fortranOrder: true, byteOrder: "big" });
const texts = encode("mV\0\0");
await use("cpu"); // nothing here depends on the engine
const model = new nn.Sequential(
  new nn.Linear(3, 2),
  new nn.GRU(2, 2, { layers: 2 }),
  new nn.FNO2d({ inChannels: 1, outChannels: 1, modes: 1, width: 1, layers: 2, hidden: 1 }),
);
const values = await nn.formatModel(model);
const checkpoint = await nn.formatCheckpoint({ model, epoch: 3, extra: { list: [1, [2, "x"]] } });
const touchstone = formatTouchstone({
  ports: 2,
  parameter: "S",
  resistance: 50,
  frequencies: Float64Array.of(1e9, 2e9),
  data: new Float64Array(16).fill(0.25),
  noise: Float64Array.of(1e9, 1, 0.5, 20, 0.3),
}, { unit: "GHz", format: "MA" });

/** Each reader, with a file to be changed and how. */
const READERS: Readonly<Record<string, (random: Seeded) => unknown>> = {
  parseNpy: (random) => parseNpy(mutated(npy, random)),
  parseNpz: (random) => parseNpz(mutated(formatNpz([["x", counts]], { compress: true }), random)),
  "parseNpz of changed arrays": (random) => {
    const head = npy.subarray(0, 128);
    const files = {
      "a.npy": mutated(npy, random),
      "b.npy": Uint8Array.from([...mutated(head, random), ...texts]),
    };
    return parseNpz(zipSync(files, { level: random.of([0, 6] as const) }));
  },
  parseSafetensors: (random) => {
    const file = formatSafetensors([["x", { dtype: "I16", shape: [300], data: counts.data }]], {
      made: "here",
    });
    return parseSafetensors(random.of([mutated, headed])(file, random));
  },
  parseTouchstone: (random) =>
    parseTouchstone(mutated(touchstone, random), random.of([1, 2, 1000])),
  "nn.parseModel": (random) => nn.parseModel(headed(values, random)),
  "nn.parseModel of a checkpoint": (random) => nn.parseModel(headed(checkpoint, random)),
  "nn.buildModule": (random) => {
    const text = JSON.stringify(nn.describeModule(model));
    const changed = new TextDecoder().decode(mutated(encode(text), random));
    let json: unknown;
    try {
      json = JSON.parse(changed);
    } catch {
      return null;
    }
    return nn.buildModule(json);
  },
  "nn.parseCheckpoint": (random) => nn.parseCheckpoint(headed(checkpoint, random), { model }),
};

/** Files for each reader. */
const ROUNDS = 600;

/** Milliseconds that a file of at most a megabyte may take, on a machine that does other things too. */
const LONGEST = 3000;

for (const [name, read] of Object.entries(READERS)) {
  Deno.test(`${name}: changed files are read or refused in words, soon and in little memory`, async () => {
    const random = new Seeded(2026);
    let [refused, rounds] = [0, 0];
    const before = Deno.memoryUsage().rss;
    const end = performance.now() + 4000;
    for (; rounds < ROUNDS && performance.now() < end; rounds++) {
      const start = performance.now();
      try {
        await read(random);
      } catch (error) {
        const { message } = error as Error;
        assert(error instanceof ArgandError, `round ${rounds}: ${(error as Error).stack}`);
        assert(message.startsWith("Cannot "), message);
        assert(message.length <= 4001, `round ${rounds}: ${message.slice(0, 300)}…`);
        refused++;
      }
      const took = performance.now() - start;
      assert(took < LONGEST, `round ${rounds} took ${took} ms`);
    }
    assert(refused > rounds / 10, `${refused} of ${rounds} refused`);
    assert(Deno.memoryUsage().rss - before < 1e9);
  });
}
