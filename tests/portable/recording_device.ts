/** A `GPUDevice` that computes nothing and writes down the pipelines it is asked for. */

/** What a pipeline is made of. */
export interface Recorded {
  readonly label: string;
  readonly code: string;
  readonly entries: readonly GPUBindGroupLayoutEntry[];
}

const nothing = () => {};

/** A device of an adapter of that name, with the limits that every adapter has. */
export function recordingDevice(
  description: string,
  note: (pipeline: Recorded) => void,
): GPUDevice {
  const pass = { setPipeline: nothing, setBindGroup: nothing, dispatchWorkgroups: nothing };
  const encoder = {
    beginComputePass: () => ({ ...pass, end: nothing }),
    copyBufferToBuffer: nothing,
    copyBufferToTexture: nothing,
    clearBuffer: nothing,
    finish: () => ({}),
  };
  const device = {
    limits: {
      maxStorageBufferBindingSize: 2 ** 27,
      maxBufferSize: 2 ** 28,
      maxStorageBuffersPerShaderStage: 8,
    },
    features: new Set<string>(),
    adapterInfo: { description },
    lost: new Promise(nothing),
    queue: { writeBuffer: nothing, submit: nothing },
    pushErrorScope: nothing,
    popErrorScope: () => Promise.resolve(null),
    createBuffer: () => ({
      destroy: nothing,
      mapAsync: () => Promise.resolve(),
      getMappedRange: (_: number, size: number) => new ArrayBuffer(size),
      unmap: nothing,
    }),
    createTexture: () => ({ createView: () => ({}), destroy: nothing }),
    createBindGroup: () => ({}),
    createCommandEncoder: () => encoder,
    createShaderModule: ({ code }: { code: string }) => ({ code }),
    createBindGroupLayout: ({ entries }: { entries: Recorded["entries"] }) => ({ entries }),
    createPipelineLayout: ({ bindGroupLayouts: [{ entries }] }: {
      bindGroupLayouts: [{ entries: Recorded["entries"] }];
    }) => ({ entries }),
    createComputePipeline({ label, layout, compute }: {
      label: string;
      layout: Pick<Recorded, "entries">;
      compute: { module: Pick<Recorded, "code"> };
    }) {
      note({ label, code: compute.module.code, entries: layout.entries });
      return {};
    },
    destroy: nothing,
  };
  return device as unknown as GPUDevice;
}
