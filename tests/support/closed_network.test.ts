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

Deno.test("deno.lock holds packages of npm only", async () => {
  const { specifiers } = await read("../../deno.lock");
  assertEquals(Object.keys(specifiers).filter((s) => !s.startsWith("npm:")), []);
});
