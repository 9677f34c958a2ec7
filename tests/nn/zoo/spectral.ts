/** Fourier neural operators and lossless maps. */
import * as nn from "../../../nn/mod.ts";
import type { Case } from "./case.ts";

export const spectral: Case[] = [
  {
    name: "SpectralConv1d",
    make: () => new nn.SpectralConv1d(2, 3, 2),
    shape: [3, 2, 5],
    refuses: [[3, 3, 5], [3, 2, 3], [2, 5], [3, 2, 5, 5]],
  },
  {
    name: "SpectralConv2d",
    make: () => new nn.SpectralConv2d(2, 2, [1, 2]),
    shape: [2, 2, 3, 4],
    refuses: [[2, 1, 3, 4], [2, 2, 1, 4], [2, 2, 3, 3], [2, 3, 4]],
  },
  {
    name: "FNO2d",
    make: () =>
      new nn.FNO2d({
        inChannels: 2,
        outChannels: 2,
        modes: 1,
        width: 3,
        layers: 2,
        hidden: 4,
      }),
    shape: [2, 2, 3, 3],
    refuses: [[2, 1, 3, 3], [2, 2, 1, 3], [2, 3, 3]],
  },
  {
    name: "UnitaryLinear",
    make: () => new nn.UnitaryLinear(4),
    shape: [3, 4],
    refuses: [[3, 3], []],
  },
];
