import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  formatTouchstone,
  parseTouchstone,
  readTouchstone,
  type Touchstone,
  writeTouchstone,
} from "../../complex/files/touchstone.ts";
import { ArgandError } from "../../gpu/contract/errors.ts";
import { assertClose } from "../support/close.ts";
import { randoms, Seeded } from "../support/seeded.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const parse = (text: string, ports: number) => parseTouchstone(bytesOf(text), ports, "x.snp");

/** A network of random numbers. */
function network(ports: number, frequencies: number, seed: number): Touchstone {
  return {
    ports,
    parameter: "S",
    resistance: 50,
    frequencies: Float64Array.from({ length: frequencies }, (_, k) => 1e9 + 12_345_678.9 * k),
    data: Float64Array.from(randoms(2 * frequencies * ports * ports, seed)),
  };
}

Deno.test("parseTouchstone() reads modulus and angle in the units of the option line", () => {
  const text = `! a one-port of the specification
# MHz Z MA R 75
!freq  magZ11 angZ11
100 99 -4 ! with a comment behind
200 80 -22\r\n300 62 -45
`;
  const { ports, parameter, resistance, frequencies, data, noise } = parse(text, 1);
  assertEquals([ports, parameter, resistance], [1, "Z", 75]);
  assertEquals([...frequencies], [1e8, 2e8, 3e8]);
  const radians = [-4, -22, -45].map((degrees) => degrees * Math.PI / 180);
  const expected = [99, 80, 62].flatMap((r, k) => [
    r * Math.cos(radians[k]),
    r * Math.sin(radians[k]),
  ]);
  assertClose(data, expected, 1e-15);
  assertEquals(noise, undefined);
});

Deno.test("parseTouchstone() takes the defaults of an empty option line, and only the first", () => {
  const { parameter, resistance, frequencies, data } = parse("#\n# Hz Y RI R 1\n1.1 2 180\n", 1);
  assertEquals([parameter, resistance, frequencies[0]], ["S", 50, 1.1e9]);
  assertClose(data, [-2, 0], 1e-15);
});

Deno.test("parseTouchstone() reads a two-port column by column, in dB, with its noise parameters", () => {
  const text = `# GHZ S DB R 50
2 -20 0 6 90 -40 180 -20 0
4 -20 0 0 90 -40 180 -20 0
1 0.5 0.7 30 0.4
5 0.6 0.8 -30 0.45
`;
  const { frequencies, data, noise } = parse(text, 2);
  assertEquals([...frequencies], [2e9, 4e9]);
  const twice = 10 ** (6 / 20);
  // S11, S12, S21, S22
  assertClose([...data.slice(0, 8)], [0.1, 0, -0.01, 0, 0, twice, 0.1, 0], 1e-14);
  assertEquals([...noise!], [1e9, 0.5, 0.7, 30, 0.4, 5e9, 0.6, 0.8, -30, 0.45]);
});

Deno.test("parseTouchstone() reads larger matrices row by row over several lines", () => {
  const text = `# Hz S RI R 50
7 1 0 2 0 3 0
  4 0 5 0 6 0
  7 0 8 0 9 -1
`;
  const { data } = parse(text, 3);
  assertEquals([...data].filter((_, k) => k % 2 === 0), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(data[17], -1);
});

Deno.test("what formatTouchstone() writes is read back, bit for bit in RI and Hz", () => {
  for (const ports of [1, 2, 3, 4, 5, 9]) {
    const given = network(ports, 4, ports);
    assertEquals(parseTouchstone(formatTouchstone(given), ports), given);
    for (const format of ["RI", "MA", "DB"] as const) {
      for (const unit of ["Hz", "kHz", "MHz", "GHz"] as const) {
        const back = parseTouchstone(formatTouchstone(given, { format, unit }), ports);
        assertClose(back.data, given.data, 1e-13, `${ports} ports, ${format}`);
        assertClose(back.frequencies, given.frequencies, 1e-15, unit);
      }
    }
  }
  const noisy = { ...network(2, 3, 8), noise: Float64Array.of(1e9, 0.5, 0.7, 30, 0.4) };
  assertEquals(parseTouchstone(formatTouchstone(noisy), 2), noisy);
});

Deno.test("files keep their number of ports in their names", async () => {
  await Deno.mkdir("out", { recursive: true });
  const path = "out/three.S3P";
  const given = network(3, 2, 1);
  await writeTouchstone(path, given);
  assertEquals(await readTouchstone(path), given);
  await Deno.remove(path);
  await assertRejects(() => writeTouchstone("out/a.s2p", given), ArgandError, "states 2 ports");
  await assertRejects(() => readTouchstone("out/a.txt"), ArgandError, "Cannot read out/a.txt: its");
});

Deno.test("parseTouchstone() refuses files that are cut short or wrong, by name and line", () => {
  const cases: [string, number, string][] = [
    ["", 1, "Cannot read x.snp: it has no option line"],
    ["# Hz S RI R 50\n", 1, "it has no frequencies"],
    ["1 2 3\n", 1, "line 1 has numbers before the option line"],
    ["# Hz S RI R 50\n1 2\n", 1, "the record from line 2 on has 2 of the 3 numbers of 1 ports"],
    ["# Hz S RI R 50\n1 2 3 4\n", 1, "line 2 on has 4 numbers for 1 ports, more than 3"],
    ["# Hz S RI R 50\n1 2 x\n", 1, '"x" in line 2 is not a number'],
    ["# Hz S RI R 50\n1 2 1e999\n", 1, '"1e999" in line 2 is not a number'],
    ["# Hz S RI R 50\n1 2 NaN\n", 1, "is not a number"],
    ["# Hz S RI R 50\n2 1 0\n1 1 0\n", 1, "frequency 1 is 1 Hz after 2 Hz"],
    ["# Hz S RI R 50\n-2 1 0\n", 1, "frequency 0 is -2 Hz"],
    ["# Hz S DB R 50\n2 1e9 0\n", 1, "entry 0 from line 2 on is too large"],
    ["# Hz S RI R 0\n2 1 0\n", 1, "its resistance is 0 Ω"],
    ["# Hz S RI Q 50\n2 1 0\n", 1, 'its option line 1 has the unknown word "Q"'],
    ["[Version] 2.0\n# Hz\n", 1, 'line 1 starts with "[Version]": version 2 is not supported'],
    ["# Hz S RI R 50\n1 2 3\n", 0, "the number of ports"],
    ["# Hz S RI R 50\n1 2 3\n", 1e9, "the number of ports"],
    ["# Hz S RI\n3 1 1 1 1 1 1 1 1\n2 1 1 1 1\n3 1\n", 2, "line 4 has 2 noise parameters, not 5"],
  ];
  for (const [text, ports, why] of cases) assertThrows(() => parse(text, ports), ArgandError, why);
});

Deno.test("a sweep in segments has the frequency where two meet twice, also when it is written", () => {
  const found = parse("# GHz S RI R 50\n1 0.1 0\n2 0.2 0\n2 0.25 0\n3 0.3 0\n", 1);
  assertEquals([...found.frequencies], [1e9, 2e9, 2e9, 3e9]);
  assertEquals([...found.data], [0.1, 0, 0.2, 0, 0.25, 0, 0.3, 0]);
  assertEquals(parseTouchstone(formatTouchstone(found), 1), found);
});

Deno.test("a two-port's segments are told from its noise, whole lines and wrapped ones", () => {
  const whole = (f: number) => `${f} 1 2 3 4 5 6 7 8\n`;
  const wrapped = (f: number) => `${f} 1 2 3 4\n5 6 7 8\n`;
  const noise = (f: number) => `${f} 1 2 3 4\n`;
  for (const record of [whole, wrapped]) {
    for (
      const [text, frequencies, of] of [
        [[1, 2, 2, 3].map(record).join(""), [1, 2, 2, 3], undefined],
        [[1, 2, 2].map(record).join("") + noise(1) + noise(2), [1, 2, 2], [1, 2]],
        [[1, 2].map(record).join("") + noise(2) + noise(3), [1, 2], [2, 3]],
        [[1, 2].map(record).join("") + noise(2), [1, 2], [2]],
      ] as const
    ) {
      const found = parse(`# Hz S RI R 50\n${text}`, 2);
      assertEquals([...found.frequencies], [...frequencies]);
      assertEquals(found.noise && [...found.noise].filter((_, k) => k % 5 === 0), of && [...of]);
    }
  }
});

Deno.test("an R without a number leaves 50 Ω", () => {
  for (const options of ["GHz S RI R", "R GHz S RI", "GHz R S RI"]) {
    const found = parse(`# ${options}\n1 0.1 0\n`, 1);
    assertEquals([found.resistance, found.frequencies[0]], [50, 1e9]);
  }
});

Deno.test("long runs of digits, words and lines take time in proportion", () => {
  const head = "# Hz S RI R 50\n";
  const n = 2_000_000;
  const cases: [string, number, string][] = [
    [head + "1".repeat(n) + "x 0 0\n", 1, "in line 2 is not a number"],
    [head + "1".repeat(n) + " 0 0\n", 1, "in line 2 is not a number"],
    [head + "1 ".repeat(n), 1, "numbers for 1 ports, more than 3"],
    [
      head + "1 ".repeat(n / 10),
      1000,
      "the record from line 2 on has 200000 of the 2000001 numbers",
    ],
    ["#" + " R".repeat(n), 1, "it has no frequencies"],
    ["\r".repeat(n) + "#" + " ".repeat(n) + "!" + "!".repeat(n), 1, "it has no frequencies"],
  ];
  for (const [text, ports, why] of cases) {
    const start = performance.now();
    assertThrows(() => parse(text, ports), ArgandError, why);
    const seconds = (performance.now() - start) / 1000;
    assert(seconds < 5, `${seconds} s`);
  }
});

Deno.test("formatTouchstone() refuses what a file cannot hold", () => {
  const good = network(1, 2, 3);
  // deno-lint-ignore no-explicit-any
  const cases: [any, any, string][] = [
    [{ ...good, data: good.data.slice(1) }, {}, "2 frequencies and 3 numbers, not 4"],
    [{ ...good, frequencies: Float64Array.of(2, 1) }, {}, "frequency 1 is 1 Hz after 2 Hz"],
    [{ ...good, data: Float64Array.of(1, 2, NaN, 4) }, {}, "number 2 is NaN"],
    [{ ...good, data: Float64Array.of(1, 2, 0, 0) }, { format: "DB" }, "has no decibels"],
    [{ ...good, parameter: "T" }, {}, 'the parameter is "T"'],
    [good, { unit: "THz" }, 'the unit is "THz"'],
    [{ ...good, resistance: 0 }, {}, "the resistance is 0 Ω"],
    [{ ...good, noise: new Float64Array(5) }, {}, "come in fives with 2 ports"],
  ];
  const noisy = { ...network(2, 1, 1), noise: Float64Array.of(9e12, 1, 1, 1, 1) };
  cases.push([noisy, {}, "noise starts at 9000000000000 Hz, above the last frequency, "]);
  for (const none of [undefined, null, 3, "x"]) {
    cases.push([none, {}, "it takes { ports, parameter,"]);
  }
  cases.push([{ ...good, data: [1, 2] }, {}, "data must be a Float64Array, got an array"]);
  cases.push([
    { ...good, frequencies: undefined },
    {},
    "frequencies must be a Float64Array, got undef",
  ]);
  cases.push([{ ...noisy, noise: null }, {}, "noise must be a Float64Array, got null"]);
  for (const [given, layout, why] of cases) {
    assertThrows(() => formatTouchstone(given, layout), ArgandError, why);
  }
  const odd = (layout: unknown) => () => formatTouchstone(network(1, 1, 1), layout as never);
  assertThrows(odd({ precision: 3 }), ArgandError, 'unknown option "precision"');
  assertThrows(odd(null), ArgandError, "the options must be an object, got null");
});

Deno.test("of 5000 mutated files every one is read in full or refused", () => {
  const good = formatTouchstone(network(2, 3, 9), { format: "DB", unit: "GHz" });
  const seeded = new Seeded(17);
  let refused = 0;
  for (let round = 0; round < 5000; round++) {
    const bytes = good.slice(
      0,
      seeded.whole(0, 4) === 0 ? seeded.whole(0, good.length) : undefined,
    );
    for (let k = 0; k < 3 && bytes.length > 0; k++) {
      const letter = seeded.of([..."0123456789.eE+- \n\r\t!#[GRz"]).charCodeAt(0);
      bytes[seeded.whole(0, bytes.length)] = round % 8 === 0 ? seeded.whole(0, 256) : letter;
    }
    try {
      const { frequencies, data } = parseTouchstone(bytes, 2);
      assertEquals(data.length, 8 * frequencies.length);
      assert(data.every(Number.isFinite));
    } catch (error) {
      assert(error instanceof ArgandError, String(error));
      refused++;
    }
  }
  assert(refused > 1000 && refused < 5000, `${refused} refused`);
});
