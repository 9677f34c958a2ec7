/** Where the value of a node lies. */
import type { DeviceBuffer } from "../../gpu/contract/engine.ts";
import type { ArgandError } from "../../gpu/contract/errors.ts";
import type { HostArray } from "../../gpu/contract/dtype.ts";

/** A value that somebody asked for or gave: on the host, on a device, or both. */
export class Stored {
  #host: HostArray | null = null;
  /** Makes the host's data when they are first asked for. */
  #make: (() => HostArray) | null = null;
  device: DeviceBuffer | null = null;
  /** A small value's place in a buffer that many share. */
  entry: { readonly buffer: DeviceBuffer; readonly offset: number } | null = null;
  /** Why it could not be computed; there is no value then. */
  failure: ArgandError | null = null;
  /** Plans that have uploaded the host's data. */
  readonly users: number[] = [];

  constructor(host: HostArray | (() => HostArray) | null = null) {
    if (typeof host === "function") this.#make = host;
    else this.#host = host;
  }

  /** Whether there are data of the host, made or not. */
  get onHost(): boolean {
    return this.#host !== null || this.#make !== null;
  }

  get host(): HostArray | null {
    if (this.#make !== null) {
      this.#host = this.#make();
      this.#make = null;
    }
    return this.#host;
  }

  set host(data: HostArray | null) {
    this.#host = data;
  }
}
