/** Programs that import `mod.ts`, which opens no engine, in a Deno of their own. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { noAdapter, unless } from "../support/ignored.ts";

/** What a program prints and complains of. */
async function run(device: string, source: string): Promise<{ out: string; complaints: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--quiet", "--allow-env=ARGAND_DEVICE", "-"],
    env: { NO_COLOR: "1", ARGAND_DEVICE: device },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(source));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  return { out, complaints: said.replace(/^error: XDG_RUNTIME_DIR.*\n?/gm, "") };
}

const READ = `
import { gpu, tensor } from "./mod.ts";
console.log(await tensor([1, 2]).sum().item(), gpu.engine().kind);`;

Deno.test("a program that begins with a read opens the engine by it", async () => {
  assertEquals(await run("", READ), { out: "3 cpu", complaints: "" });
});

Deno.test({
  ...unless(noAdapter, "a program that begins with a read opens the engine it asks for"),
  fn: async () => assertEquals(await run("webgpu", READ), { out: "3 webgpu", complaints: "" }),
});

Deno.test("a read that waits for the engine has the values of the line where it began", async () => {
  const { out, complaints } = await run(
    "",
    `import { nn, parameter, tensor } from "./mod.ts";
     const w = parameter(tensor([3]));
     const loss = w.square().sum();
     const [before, value] = [w.item(), loss.item()];
     loss.backward();
     new nn.SGD([w], { lr: 0.5 }).step();
     const after = w.item();
     console.log(await before, await value, await after);`,
  );
  assertEquals({ out, complaints }, { out: "3 9 0", complaints: "" });
});

const EVALUATE = `
import { evaluate, gpu, tensor } from "./mod.ts";
const sum = tensor([1, 2]).sum();
evaluate(sum);
console.log(await sum.item(), (await gpu.ready()).kind);`;

Deno.test("a program that computes without waiting has the CPU engine", async () => {
  assertEquals(await run("", EVALUATE), { out: "3 cpu", complaints: "" });
});

Deno.test("a program that computes without waiting is told of the GPU that it leaves out", async () => {
  const { out, complaints } = await run(
    "",
    `Object.defineProperty(navigator.gpu, "requestAdapter", {
       value: () => Promise.resolve({ info: { vendor: "amd", architecture: "rdna-3" } }),
     });` + EVALUATE,
  );
  assertEquals(out, "3 cpu");
  assertStringIncludes(complaints, "computes on the processor, although there is a GPU");
});

Deno.test("a program that asks for WebGPU and does not wait is told to", async () => {
  const { out, complaints } = await run("webgpu", EVALUATE);
  assertEquals(out, "");
  assertStringIncludes(
    complaints,
    "Cannot compute on webgpu: it is not open yet; call await gpu.ready() first",
  );
});

Deno.test("the search for an adapter is silent where it may say that there is no desktop", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", "--quiet", READ + `console.log(Deno.env.get("XDG_RUNTIME_DIR"));`],
    env: { NO_COLOR: "1", XDG_RUNTIME_DIR: "" },
  }).output();
  const [out, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals([success, said], [true, ""]);
  assertEquals(out, `3 cpu\n\n`);
});
