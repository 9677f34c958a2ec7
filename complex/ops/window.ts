/** Windows that move over images: what convolutions and poolings check alike. */
import { cannot } from "../../gpu/errors.ts";
import { checkWhole } from "../shape.ts";

/** Two numbers, along height and width. */
export type Pair = readonly [number, number];

/** How a window moves. */
export interface Movement {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
}

/** Refuses a window or movement that makes no sense. */
export function checkWindow(what: string, kernel: Pair, movement: Movement): void {
  const { stride, padding, dilation } = movement;
  for (const d of [0, 1]) {
    checkWhole(what, "kernel size", kernel[d], 1);
    checkWhole(what, "stride", stride[d], 1);
    checkWhole(what, "padding", padding[d], 0);
    checkWhole(what, "dilation", dilation[d], 1);
  }
}

/** The steps that fit over an image along height and width, not rounded; refuses where none does. */
export function windowSteps(
  what: string,
  size: Pair,
  kernel: Pair,
  { stride, padding, dilation }: Movement,
): [number, number] {
  const room = [0, 1].map((d) => size[d] + 2 * padding[d]);
  const steps = [0, 1].map((d) => {
    const extent = dilation[d] * (kernel[d] - 1) + 1;
    if (extent > room[d]) {
      throw cannot(
        what,
        `the kernel ${kernel.join(" × ")} (dilation ${dilation.join(" × ")}) is larger than the ` +
          `padded input ${room.join(" × ")}`,
      );
    }
    return (room[d] - extent) / stride[d];
  });
  return [steps[0], steps[1]];
}
