/** The precision of new tensors, and where double precision can be had. */
import {
  type ComplexDType,
  type DType,
  dtypeOf,
  DTYPES,
  type InexactDType,
  kindOf,
  type Precision,
  precisionOf,
  type RealDType,
} from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import type { Engine } from "../../gpu/contract/engine.ts";
import { chosenEngine } from "../../gpu/engines/device.ts";
import { describe } from "./describe.ts";

let precision: Precision = "single";

/** The dtype of new tensors that are not given one: of real ones, or of complex ones. */
export function defaultDtype<K extends "real" | "complex">(kind: K): InexactOf<K> {
  return dtypeOf(kind, precision) as InexactOf<K>;
}

/** The dtypes of a kind. */
type InexactOf<K extends "real" | "complex"> = K extends "real" ? RealDType : ComplexDType;

/** Makes the precision of `dtype` that of new tensors. */
export function setDefaultPrecision(dtype: InexactDType): void {
  precision = precisionOf(checkDtype("set the default dtype", dtype));
}

/** Refuses what is not a dtype of real or complex numbers, and double precision where there is none. */
export function checkDtype(what: string, dtype: unknown): InexactDType {
  const known = typeof dtype === "string" && Object.hasOwn(DTYPES, dtype);
  if (!known || kindOf(dtype as DType) === "integer") {
    const names = Object.keys(DTYPES).filter((d) => kindOf(d as DType) !== "integer");
    const device = ["cpu", "cuda", "gpu", "mps", "webgpu"].includes(dtype as string);
    const engines = device ? "; gpu.use() chooses the engine, for all tensors" : "";
    throw cannot(what, `the dtype is one of ${names.join(", ")}, got ${describe(dtype)}${engines}`);
  }
  checkPrecision(dtype as InexactDType);
  return dtype as InexactDType;
}

/** The dtype that is asked for, or the default of the kind; refuses one of another kind. */
export function dtypeFor<K extends "real" | "complex">(
  what: string,
  kind: K,
  asked: unknown,
): InexactOf<K> {
  const dtype = asked === undefined ? defaultDtype(kind) : checkDtype(what, asked);
  if (asked === undefined) checkPrecision(dtype);
  if (kindOf(dtype) !== kind) {
    const [one, two] = [dtypeOf(kind, "single"), dtypeOf(kind, "double")];
    throw cannot(what, `its numbers are ${kind}: the dtype is ${one} or ${two}, not ${dtype}`);
  }
  return dtype as InexactOf<K>;
}

/** Refuses double precision on an engine that has none. */
export function checkPrecision(dtype: DType, on?: Pick<Engine, "kind">): void {
  if (precisionOf(dtype) === "single" || (on ?? chosenEngine())?.kind !== "webgpu") return;
  throw cannot(
    `compute in ${dtype} on the WebGPU engine`,
    `WGSL has no numbers of 64 bits; await gpu.use("cpu") before, or take ` +
      `${dtypeOf(kindOf(dtype), "single")}, as x.to("${dtypeOf(kindOf(dtype), "single")}") does`,
  );
}
