/** Windows that move over images: the checks that convolutions and poolings share. */
import { cannot } from "../../gpu/contract/errors.ts";
import { checkInteger, sizeOf } from "../lazy/shape.ts";

/** Two numbers, along height and width. */
export type HeightWidth = readonly [number, number];

/** How a window moves: a number for each axis. */
export interface Movement<Axes extends readonly number[] = HeightWidth> {
  readonly stride: Axes;
  readonly padding: Axes;
  readonly dilation: Axes;
}

/** The largest size or step of a window, so that positions in the image stay exact in i32. */
const MOST = 2 ** 24;

/** Refuses a window or movement with sizes out of range. */
export function checkWindow<Axes extends readonly number[]>(
  what: string,
  kernel: Axes,
  movement: Movement<Axes>,
): void {
  const { stride, padding, dilation } = movement;
  for (const d of kernel.keys()) {
    checkInteger(what, "kernel size", kernel[d], 1, MOST);
    checkInteger(what, "stride", stride[d], 1, MOST);
    checkInteger(what, "padding", padding[d], 0, MOST);
    checkInteger(what, "dilation", dilation[d], 1, MOST);
  }
  checkInteger(what, "the number of elements of the kernel", sizeOf(kernel), 1, MOST);
}

/** How many elements a kernel of `taps` elements spans along an axis. */
export function extent(taps: number, dilation: number): number {
  return dilation * (taps - 1) + 1;
}

/** How many steps fit along each axis of an image, not rounded; refuses a window that does not fit. */
export function windowSteps<Axes extends readonly number[]>(
  what: string,
  size: Axes,
  kernel: Axes,
  { stride, padding, dilation }: Movement<Axes>,
): number[] {
  const room = size.map((n, d) => n + 2 * padding[d]);
  return room.map((n, d) => {
    const covered = extent(kernel[d], dilation[d]);
    if (covered > n) {
      throw cannot(
        what,
        `the kernel ${kernel.join(" × ")} (dilation ${dilation.join(" × ")}) is larger than the ` +
          `padded input ${room.join(" × ")}`,
      );
    }
    return (n - covered) / stride[d];
  });
}
