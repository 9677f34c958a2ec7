/** Windows that move over images: what convolutions and poolings check alike. */
import { cannot } from "../../gpu/contract/errors.ts";
import { checkInteger, sizeOf } from "../lazy/shape.ts";

/** Two numbers, along height and width. */
export type Pair = readonly [number, number];

/** How a window moves: a number for each axis. */
export interface Movement<Axes extends readonly number[] = Pair> {
  readonly stride: Axes;
  readonly padding: Axes;
  readonly dilation: Axes;
}

/** The most that a size or a step of a window may be, so that places in the image stay exact in i32. */
const MOST = 2 ** 24;

/** Refuses a window or movement that makes no sense. */
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

/** The places that a kernel of `taps` elements covers along an axis, from the first to the last. */
export function extent(taps: number, dilation: number): number {
  return dilation * (taps - 1) + 1;
}

/** The steps that fit over an image along each axis, not rounded; refuses where none does. */
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
