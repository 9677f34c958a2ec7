/** How the engine recognises an adapter and describes it to kernels. */
import type {} from "@webgpu/types";
import type { Adapter } from "../../contract/kernel.ts";

/** Rounds of loops after which an adapter on the processor (Mesa's llvmpipe) silently ends a thread. */
export const SOFTWARE_ROUNDS = 65535;

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
