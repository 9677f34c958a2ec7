/** The largest buffer that kernels can read or write. */
import { bytesOf } from "../../gpu/contract/dtype.ts";
import { cannot } from "../../gpu/contract/errors.ts";
import { chosenEngine } from "../../gpu/engines/device.ts";
import type { Result } from "../lazy/graph.ts";
import { show, sizeOf } from "../lazy/shape.ts";

/** Refuses what no kernel of the engine in use could read or write; where none is chosen yet, nothing. */
export function checkBindable(what: string, { shape, dtype }: Result): void {
  const bytes = sizeOf(shape) * bytesOf(dtype), engine = chosenEngine();
  if (!engine || bytes <= engine.maxBufferBytes) return;
  const most = `"${engine.adapter.name}" binds at most ${engine.maxBufferBytes}`;
  throw cannot(what, `${show(shape)} takes ${bytes} bytes, and ${most}`);
}
