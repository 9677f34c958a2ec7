import { assert, assertEquals } from "@std/assert";

const read = async (path: string) =>
  JSON.parse(await Deno.readTextFile(new URL(path, import.meta.url)));

Deno.test("closed_network.json maps all that deno.json maps, and takes nothing from JSR", async () => {
  const { name, exports, imports } = await read("../../deno.json");
  const closed: Record<string, string> = (await read("closed_network.json")).imports;
  const expected: Record<string, string> = {};
  for (const [key, path] of Object.entries<string>(exports)) {
    expected[name + key.slice(1)] = `../.${path}`;
  }
  for (const [key, target] of Object.entries<string>(imports)) {
    expected[key] = target.startsWith("jsr:") ? closed[key] : target;
  }
  assertEquals(closed, expected);
  assert(Object.values(closed).every((target) => !target.startsWith("jsr:")));
});

Deno.test("the lock files hold packages of npm only", async () => {
  for (const path of ["../../deno.lock", "../../bench/deno.lock"]) {
    const { specifiers } = await read(path);
    assertEquals(Object.keys(specifiers).filter((s) => !s.startsWith("npm:")), [], path);
  }
});

Deno.test("bench/deno.json maps what the library imports as deno.json does", async () => {
  const { name, exports, imports } = await read("../../deno.json");
  const bench: Record<string, string> = (await read("../../bench/deno.json")).imports;
  for (const [key, path] of Object.entries<string>(exports)) {
    assertEquals(bench[name + key.slice(1)], `.${path}`);
  }
  for (const [key, target] of Object.entries(bench)) {
    if (key in imports) assertEquals(target, imports[key]);
  }
  assertEquals(Object.keys(imports).filter((key) => /tensorflow|jax/.test(key)), []);
});
