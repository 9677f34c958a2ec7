/** How the engine recognises an adapter and describes it to kernels. */
import type { Adapter } from "../../contract/kernel.ts";
import { deno, isGranted } from "../../contract/runtime.ts";

/** Rounds of loops after which an adapter on the processor (Mesa's llvmpipe) silently ends a thread. */
export const SOFTWARE_ROUNDS = 65535;

/**
 * Gives the Wayland library, which looks for a desktop on the way to an adapter, a folder without one:
 * where the environment names none it complains. Returns how to take it back.
 */
function withoutDesktop(): () => void {
  const name = "XDG_RUNTIME_DIR", none = "/nonexistent";
  if (deno?.build.os !== "linux" || !isGranted({ name: "env", variable: name })) return () => {};
  const { env } = deno;
  const before = env.get(name);
  if (before) return () => {};
  env.set(name, none);
  return () => {
    if (env.get(name) !== none) return; // the program has set it
    if (before === undefined) env.delete(name);
    else env.set(name, before);
  };
}

/** The adapter with the most power; null where there is none. */
export async function findAdapter(): Promise<GPUAdapter | null> {
  const gpu = (globalThis.navigator as Navigator | undefined)?.gpu;
  if (!gpu) return null;
  const restore = withoutDesktop();
  try {
    return await gpu.requestAdapter({ powerPreference: "high-performance" });
  } finally {
    restore();
  }
}

/** The adapter's name for people; browsers often tell no more than vendor and architecture. */
function nameOf({ description, device, vendor, architecture }: GPUAdapterInfo): string {
  const family = [vendor, architecture].filter(Boolean).join(" ");
  return description || device || family || "WebGPU adapter";
}

/** True for adapters that run shaders on the processor. */
export function isSoftware(info: GPUAdapterInfo): boolean {
  const flagged = (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true;
  return flagged || /llvmpipe|lavapipe|swiftshader|softpipe|basic render/i.test(nameOf(info));
}

/** True where loads from textures are cheap beside those from buffers, and allowed. */
function readsTexels(name: string): boolean {
  const gpu = globalThis.navigator?.gpu as
    | { wgslLanguageFeatures?: { has(name: string): boolean } }
    | undefined;
  return /llvmpipe/.test(name) &&
    gpu?.wgslLanguageFeatures?.has("readonly_and_readwrite_storage_textures") === true;
}

/** The description of an adapter for kernels. */
export function describeAdapter(info: GPUAdapterInfo): Adapter {
  const name = nameOf(info);
  return { name, software: isSoftware(info), texels: readsTexels(name) };
}
