/** A CPU engine in plain TypeScript for tests of who holds its memory: it counts, and fails on demand. */
import type { DeviceBuffer, Pass, ReadRange } from "../../gpu/contract/engine.ts";
import type { HostArray } from "../../gpu/contract/dtype.ts";
import { CpuEngine } from "../../gpu/engines/cpu.ts";
import { engine as currentEngine, useEngine } from "../../gpu/engines/device.ts";

export class WatchedEngine extends CpuEngine {
  uploads = 0;
  reads = 0;
  /** Whether the next passes can't be submitted. */
  fails = false;

  constructor() {
    super(null);
  }

  /** The bytes in use. */
  get live(): number {
    return this.memory().live;
  }

  override upload(buffer: DeviceBuffer, data: HostArray): void {
    this.uploads++;
    super.upload(buffer, data);
  }

  override read(ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    this.reads++;
    return super.read(ranges);
  }

  override begin(): Pass {
    const pass = super.begin();
    if (this.fails) {
      pass.submit = () => {
        throw new Error("the device is lost");
      };
    }
    return pass;
  }

  /** Does `work` with this engine as the one that computes. */
  async during<T>(work: () => T | Promise<T>): Promise<T> {
    const before = currentEngine();
    useEngine(this);
    try {
      return await work();
    } finally {
      useEngine(before);
    }
  }
}
