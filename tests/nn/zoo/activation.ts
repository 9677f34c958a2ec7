/** Activations and dropout. */
import * as nn from "../../../nn/mod.ts";
import { type Case, realCase } from "./case.ts";

export const activation: Case[] = [
  { name: "CReLU", make: () => new nn.CReLU(), shape: [3, 4] },
  {
    name: "CPReLU",
    make: () => new nn.CPReLU(),
    shape: [3, 4],
  },
  {
    name: "CPReLU of channels",
    make: () => new nn.CPReLU(3, { init: 0.1 }),
    shape: [4, 3, 2],
    refuses: [[4, 2, 3], [3]],
  },
  { name: "CLeakyReLU", make: () => new nn.CLeakyReLU(0.2), shape: [3, 4] },
  { name: "CELU", make: () => new nn.CELU(0.7), shape: [3, 4] },
  { name: "CGELU", make: () => new nn.CGELU(), shape: [3, 4] },
  { name: "CGELU by tanh", make: () => new nn.CGELU({ approximate: "tanh" }), shape: [3, 4] },
  { name: "ModReLU", make: () => new nn.ModReLU(), shape: [3, 4] },
  {
    name: "ModReLU of channels",
    make: () => new nn.ModReLU(3, { init: -0.2 }),
    shape: [4, 3, 2],
    refuses: [[4, 2, 3], [3]],
  },
  { name: "ZReLU", make: () => new nn.ZReLU(), shape: [3, 12] },
  { name: "Cardioid", make: () => new nn.Cardioid(), shape: [3, 4] },
  { name: "PolarTanh", make: () => new nn.PolarTanh(), shape: [3, 4] },
  { name: "SigLog", make: () => new nn.SigLog({ r: 2 }), shape: [3, 4] },
  { name: "CSigmoid", make: () => new nn.CSigmoid(), shape: [3, 4] },
  { name: "CTanh", make: () => new nn.CTanh(), shape: [3, 4] },
  { name: "Dropout", make: () => new nn.Dropout(0.1), shape: [4, 12] },
  {
    name: "Dropout2d",
    make: () => new nn.Dropout2d(0.1),
    shape: [4, 6, 2, 3],
    refuses: [[4, 6], [2, 3, 4, 5, 6]],
  },
  realCase({ name: "ReLU", make: () => new nn.ReLU(), shape: [3, 4] }),
  realCase({ name: "LeakyReLU", make: () => new nn.LeakyReLU(0.2), shape: [3, 4] }),
  realCase({ name: "PReLU", make: () => new nn.PReLU(), shape: [3, 4] }),
  realCase({
    name: "PReLU of channels",
    make: () => new nn.PReLU(3, { init: 0.1 }),
    shape: [4, 3, 2],
    refuses: [[4, 2, 3], [3]],
  }),
  realCase({ name: "ELU", make: () => new nn.ELU(0.7), shape: [3, 4] }),
  realCase({ name: "GELU", make: () => new nn.GELU(), shape: [3, 4] }),
  realCase({
    name: "GELU by tanh",
    make: () => new nn.GELU({ approximate: "tanh" }),
    shape: [3, 4],
  }),
  realCase({ name: "SiLU", make: () => new nn.SiLU(), shape: [3, 4] }),
  realCase({ name: "Sigmoid", make: () => new nn.Sigmoid(), shape: [3, 4] }),
  realCase({ name: "Tanh", make: () => new nn.Tanh(), shape: [3, 4] }),
];
