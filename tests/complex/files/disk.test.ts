import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  ArgandError,
  complexTensorFromNpy,
  loadSafetensors,
  ones,
  randn,
  randnComplex,
  readNpy,
  readNpz,
  readTouchstone,
  type Tensor,
  tensorFromNpy,
  writeNpy,
  writeNpz,
  writeSafetensors,
  writeTouchstone,
} from "../../../complex/mod.ts";
import { inFolder, namesIn } from "../../support/folder.ts";

const WRITERS: Readonly<Record<string, (path: string, x: number) => Promise<void>>> = {
  "a.npy": (path, x) => writeNpy(path, ones([3]).mul(x)),
  "a.npz": (path, x) => writeNpz(path, [["x", ones([3]).mul(x)]]),
  "a.safetensors": (path, x) => writeSafetensors(path, [["x", ones([3]).mul(x)]]),
  "a.s1p": (path, x) =>
    writeTouchstone(path, {
      ports: 1,
      parameter: "S",
      resistance: 50,
      frequencies: Float64Array.of(1),
      data: Float64Array.of(x, 0),
    }),
};

/** Lets the file system refuse the new file that a writer makes. */
async function withoutNewFiles(folder: string, body: () => Promise<void>): Promise<void> {
  const { randomUUID } = crypto;
  crypto.randomUUID = () => {
    const id = randomUUID.call(crypto);
    for (const name of Object.keys(WRITERS)) Deno.mkdirSync(`${folder}/${name}.${id}.part`);
    return id;
  };
  try {
    await body();
  } finally {
    crypto.randomUUID = randomUUID;
  }
}

for (const [name, write] of Object.entries(WRITERS)) {
  Deno.test(`the writer of ${name} replaces a file as a whole, or not at all`, async () => {
    await inFolder(async (folder) => {
      const path = `${folder}/${name}`;
      await write(path, 1);
      const before = await Deno.readFile(path);
      // Whoever has the old file open goes on reading it: nothing was written over it.
      using old = await Deno.open(path);
      await write(path, 2);
      const found = new Uint8Array(before.length);
      await old.read(found);
      assertEquals(found, before);
      const after = await Deno.readFile(path);
      assert(after.some((byte, k) => byte !== before[k]));
      assertEquals(namesIn(folder), [name]);

      await withoutNewFiles(folder, async () => {
        await assertRejects(() => write(path, 3), ArgandError, `Cannot write ${path}: `);
      });
      assertEquals(await Deno.readFile(path), after);
    });
  });
}

Deno.test("names as long as the system allows are written", async () => {
  await inFolder(async (folder) => {
    for (const letter of ["x", "ä", "波"]) {
      const bytes = new TextEncoder().encode(letter).length;
      const path = `${folder}/${letter.repeat(Math.floor(251 / bytes))}.npy`;
      await writeNpy(path, ones([2]));
      assertEquals((await readNpy(path)).shape, [2]);
    }
  });
});

Deno.test("what killed processes left is deleted, and nothing else", async () => {
  await inFolder(async (folder) => {
    const part = (k: number) => `old.npy.00000000-0000-4000-8000-00000000000${k}.part`;
    for (const name of [part(1), part(2), "mine.part"]) {
      await Deno.writeTextFile(`${folder}/${name}`, "x");
    }
    const past = Date.now() / 1000 - 600;
    for (const name of [part(1), "mine.part"]) await Deno.utime(`${folder}/${name}`, past, past);
    await writeNpy(`${folder}/a.npy`, ones([2]));
    assertEquals(
      namesIn(folder),
      ["a.npy", "mine.part", part(2)],
      "another may be writing the young one",
    );
    await Deno.utime(`${folder}/${part(2)}`, past, past);
    await writeNpy(`${folder}/a.npy`, ones([2]));
    assertEquals(namesIn(folder), ["a.npy", "mine.part"]);
  });
});

Deno.test("writers take tensors, with the values that they have at the call", async () => {
  await inFolder(async (folder) => {
    const [x, z] = [randn([2, 3]), randnComplex([4])];
    const [real, complex] = [await x.data(), await z.data()];
    await writeNpy(`${folder}/z.npy`, z, { fortranOrder: true });
    assertEquals(await complexTensorFromNpy(await readNpy(`${folder}/z.npy`)).data(), complex);

    const n = { dtype: "int16", shape: [1], data: Int16Array.of(-3) } as const;
    await writeNpz(`${folder}/a.npz`, [["x", x], ["z", z], ["n", n]], { compress: true });
    const arrays = await readNpz(`${folder}/a.npz`);
    assertEquals(await tensorFromNpy(arrays.get("x")!).data(), real);
    assertEquals(arrays.get("z"), { dtype: "complex64", shape: [4], data: complex });
    assertEquals(arrays.get("n"), n);

    await writeSafetensors(
      `${folder}/a.safetensors`,
      new Map<string, Tensor>([["x", x], ["z", z]]),
    );
    const { tensors } = await loadSafetensors(`${folder}/a.safetensors`);
    assertEquals(tensors.get("x"), { dtype: "F32", shape: [2, 3], data: real });
    assertEquals(tensors.get("z"), { dtype: "C64", shape: [4], data: complex });
  });
});

Deno.test("large files that are not what they should be are refused before they are read", async () => {
  await inFolder(async (folder) => {
    const sparse = async (name: string, head: string) => {
      await Deno.writeTextFile(`${folder}/${name}`, head);
      await Deno.truncate(`${folder}/${name}`, 2 ** 40); // no machine has memory for it
      return `${folder}/${name}`;
    };
    const cases: [(path: string) => Promise<unknown>, string, string, string][] = [
      [readNpy, "a.npy", "no array at all", "it does not start with NumPy's magic number"],
      [loadSafetensors, "a.safetensors", "\0\0\0\0\0\0\0a", "its header claims"],
      [readTouchstone, "a.s1p", "# Hz S RI R 50\n", "it has 1099511627776 bytes, over the limit"],
      [readNpz, "a.npz", "no archive", ""],
    ];
    for (const [read, name, head, why] of cases) {
      const path = await sparse(name, head);
      await assertRejects(() => read(path), ArgandError, `Cannot read ${path}: ${why}`);
    }
  });
});

Deno.test("readers refuse what has no end or is not a file", async () => {
  const any = [readNpy, readNpz, loadSafetensors];
  for (const read of any) {
    await assertRejects(
      () => read("/dev/zero"),
      ArgandError,
      "Cannot read /dev/zero: it is not a file",
    );
    await assertRejects(() => read("tests"), ArgandError, "Cannot read tests: it is a folder");
  }
  const none = "it is neither a path nor a URL; the functions on bytes, such as parseNpy";
  const odds: [unknown, string][] = [
    [undefined, `undefined: ${none}`],
    [3, `3: ${none}`],
    [Symbol("a"), `Symbol(a): ${none}`],
    [new Uint8Array(3), `a Uint8Array: ${none}`],
    [new Blob([]), `a Blob: ${none}`],
    [new Response("a"), `a Response: ${none}`],
    [new URL("https://example.org/a.s1p"), 'https://example.org/a.s1p: its scheme is not "file:"'],
  ];
  for (const [odd, why] of odds) {
    const path = odd as string;
    for (const read of [readNpy, readNpz, loadSafetensors, readTouchstone]) {
      await assertRejects(() => read(path), ArgandError, `Cannot read ${why}`);
    }
    for (const write of Object.values(WRITERS)) {
      await assertRejects(() => write(path, 1), ArgandError, `Cannot write ${why}`);
    }
  }
  await assertRejects(() => readTouchstone("none.s1p"), ArgandError, "there is no such file");
});
