/** Wave optics. */
import { complexTensor, zeros } from "../../../complex/create/create.ts";
import * as nn from "../../../nn/mod.ts";
import { randoms } from "../../support/seeded.ts";
import { type Case, special } from "./case.ts";

const light = { wavelength: 1e-6, pitch: 10e-6 };
const modes = complexTensor(randoms(2 * 3 * 6, 9), [3, 6]);

export const optics: Case[] = [
  {
    name: "PhaseMask",
    make: () => new nn.PhaseMask([2, 4], { init: "uniform" }),
    shape: [3, 2, 4],
    refuses: [[3, 4, 2], [4]],
  },
  {
    name: "ComplexMask",
    make: () => new nn.ComplexMask([2, 4]),
    shape: [3, 2, 4],
    refuses: [[3, 2, 1], [4]],
  },
  {
    name: "ComplexMask that is passive",
    make: () => new nn.ComplexMask([4], { passive: true }),
    shape: [3, 2, 4],
    refuses: [[3, 2]],
  },
  {
    name: "Lens",
    make: () => new nn.Lens({ ...light, focalLength: 1e-3, aperture: 40e-6 }),
    shape: [3, 4, 5],
    refuses: [[4]],
  },
  {
    name: "Propagation",
    make: () => new nn.Propagation({ ...light, distance: 1e-4 }),
    shape: [3, 4, 5],
    refuses: [[4]],
  },
  {
    name: "Propagation by Fresnel",
    make: () => new nn.Propagation({ ...light, distance: 1.2e-3, method: "fresnel" }),
    shape: [3, 4, 5],
    refuses: [[4]],
  },
  special({
    name: "Intensity",
    make: () => new nn.Intensity({ bin: [2, 3] }),
    shape: [3, 4, 6],
    refuses: [[3, 4, 5], [3, 3, 6], [6]],
    apply: (detector, z) => detector.apply(z).toComplex(),
    forward: (detector, xr, xi) => [detector.forward(xr, xi), zeros([3, 2, 2])],
  }),
  {
    name: "TransmissionMatrix",
    make: () => new nn.TransmissionMatrix(5, 3),
    shape: [4, 5],
    refuses: [[4, 3], []],
  },
  {
    name: "TransmissionMatrix on pixels",
    make: () => new nn.TransmissionMatrix(modes, 5),
    shape: [3, 6],
    refuses: [[3, 3], []],
  },
  {
    name: "TransmissionMatrix that is reciprocal",
    make: () => new nn.TransmissionMatrix(3, modes, { reciprocal: true }),
    shape: [3, 3],
    refuses: [[3, 6]],
  },
];
