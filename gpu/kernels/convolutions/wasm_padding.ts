/** Images in WebAssembly with zeros around them and between their pixels. */
import { bytesOf, type InexactDType } from "../../contract/dtype.ts";
import type { WasmModule } from "../../contract/wasm_module.ts";
import type { HeightWidth } from "./pack_weights.ts";

/** Images to be copied into others of another size. */
export interface Placing {
  readonly dtype: InexactDType;
  readonly planes: number;
  readonly input: HeightWidth;
  readonly output: HeightWidth;
  /** The position of the first pixel. Pixels outside are omitted. */
  readonly corner: HeightWidth;
  /** From a pixel to the next. */
  readonly lift: HeightWidth;
}

/**
 * Prepares a copy of images into larger or smaller ones, from one pointer to another; the rest
 * becomes zero.
 */
export function placePlanes(
  { dtype, planes, input, output, corner, lift }: Placing,
): (module: WasmModule, from: number, to: number) => void {
  const bytes = planes * output[0] * output[1] * bytesOf(dtype);
  const chunk = Math.ceil(planes / 64), chunks = Math.ceil(planes / chunk);
  const tail = [planes, chunk, ...input, ...output, ...corner, ...lift, bytesOf(dtype)];
  return (module, from, to) =>
    module.parallel("padPlanes", module.args([from, to, ...tail]), chunks, bytes / 4);
}

/** How images must be filled up with zeros so that no tap of a correlation falls outside. */
export interface Padding {
  readonly dtype: InexactDType;
  readonly planes: number;
  readonly input: HeightWidth;
  readonly output: HeightWidth;
  readonly kernel: HeightWidth;
  readonly step: HeightWidth;
  readonly dilation: HeightWidth;
  readonly padding: HeightWidth;
  readonly lift: HeightWidth;
}

/** Images as a correlation walks over them. */
export interface Padded {
  /** Height and width of what is walked over. */
  readonly size: HeightWidth;
  /** The element of the first tap of the first pixel. */
  readonly origin: number;
  /** Calls `use` with the pointer of the padded images, which may be the images themselves. */
  run(module: WasmModule, images: number, use: (pointer: number) => void): void;
}

/** Pads images where that is needed. */
export function padded(spec: Padding): Padded {
  const { dtype, planes, input, output, kernel, step, dilation, padding, lift } = spec;
  const reach = ([0, 1] as const).map((axis) =>
    (output[axis] - 1) * step[axis] + (kernel[axis] - 1) * dilation[axis] + 1
  ) as [number, number];
  const inside = ([0, 1] as const).every((axis) =>
    lift[axis] === 1 && padding[axis] <= 0 && reach[axis] - padding[axis] <= input[axis]
  );
  if (inside) {
    return {
      size: input,
      origin: -padding[0] * input[1] - padding[1],
      run: (_, images, use) => use(images),
    };
  }
  const bytes = planes * reach[0] * reach[1] * bytesOf(dtype);
  const place = placePlanes({ dtype, planes, input, output: reach, corner: padding, lift });
  return {
    size: reach,
    origin: 0,
    run: (module, images, use) =>
      module.borrow(bytes, (pointer) => {
        place(module, images, pointer);
        use(pointer);
      }),
  };
}
