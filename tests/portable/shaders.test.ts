import { assert, assertEquals } from "@std/assert";
import { Chromium, html, inChromium, serve } from "../support/chromium.ts";
import { collectShaders } from "./shaders.ts";

/** Kernels that are exported for use as they are; others are made for an expression or a spec. */
async function exportedKernels(): Promise<string[]> {
  const names: string[] = [];
  const root = new URL("../../gpu/kernels/", import.meta.url);
  for await (const folder of Deno.readDir(root)) {
    if (!folder.isDirectory) continue;
    for await (const { name } of Deno.readDir(new URL(`${folder.name}/`, root))) {
      const module = await import(new URL(`${folder.name}/${name}`, root).href);
      for (const value of Object.values<{ name?: string; wgsl?: unknown }>(module)) {
        if (typeof value === "object" && typeof value?.wgsl === "function") names.push(value.name!);
      }
    }
  }
  return names;
}

/** Characters of shaders that SwiftShader takes seconds to make a pipeline of. */
const LONG = 3000;

/** A shader that must not pass. */
const WRONG = {
  label: "wrong",
  code: "@compute @workgroup_size(1) fn main() { let x: i32 = 1.5; }",
  entries: [],
  whole: true,
};

/** Compiles what it fetches, and says what the browser has to say about it. */
const COMPILE = `(async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const device = await adapter.requestDevice();
  const complaints = [];
  const compile = async ({ label, code, entries, whole }) => {
    const say = (text) => complaints.push(label + ": " + text + "\\n" + code);
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label, code });
    const bindGroupLayouts = [device.createBindGroupLayout({ entries })];
    const layout = device.createPipelineLayout({ bindGroupLayouts });
    const error = device.popErrorScope();
    const { messages } = await module.getCompilationInfo();
    for (const m of messages) say(m.type + " " + m.lineNum + ":" + m.linePos + " " + m.message);
    if (await error) return say((await error).message);
    if (!whole) return;
    const compute = { module, entryPoint: "main" };
    await device.createComputePipelineAsync({ layout, compute }).catch((e) => say(e.message));
  };
  const waiting = await (await fetch("/pipelines.json")).json();
  const count = waiting.length;
  const work = async () => { while (waiting.length > 0) await compile(waiting.pop()); };
  await Promise.all(Array.from({ length: 8 }, work));
  return { count, complaints };
})()`;

await inChromium(
  "every shader of the package compiles in Chromium without a message",
  { adapter: true },
  async () => {
    const { pipelines, kernels } = await collectShaders();
    const left = (await exportedKernels()).filter((name) => !kernels.has(name));
    assertEquals(left, [], "kernels that no program of shaders.ts uses");
    // A pipeline takes this adapter many times as long as the shader: one with each kernel's bindings.
    const seen = new Set<string>();
    const wanted = pipelines.map((one) => {
      const key = one.label.replace(/\W.*/, "") + JSON.stringify(one.entries);
      const whole = !seen.has(key) && one.code.length < LONG;
      if (whole) seen.add(key);
      return { ...one, whole };
    }).concat(WRONG);
    await using site = serve(({ url }) =>
      url.endsWith(".json") ? Response.json(wanted) : html("<!doctype html>")
    );
    await using browser = await Chromium.open();
    const page = await browser.page(site.url);
    const { count, complaints } = await page.evaluate<{ count: number; complaints: string[] }>(
      COMPILE,
    );
    const faults = complaints.filter((text) => !text.startsWith(WRONG.label));
    assertEquals([count, faults.slice(0, 5)], [wanted.length, []]);
    assert(complaints.length > 0, "the browser finds no fault with a wrong shader");
  },
);
