/** Recurrences, embeddings and attention. */
import type { ComplexTensor, RealTensor } from "../../../complex/tensor/tensor.ts";
import * as nn from "../../../nn/mod.ts";
import { random } from "../support.ts";
import { type Case, special } from "./case.ts";

const state = () => random([4, 2], 40);

/** A cell with a hidden state, without which its maps of the state would not learn. */
function cell(name: string, make: () => nn.GRUCell): Case {
  return special<nn.GRUCell>({
    name,
    make,
    shape: [4, 3],
    refuses: [[4, 2], [4], [5, 3]],
    apply: (module, z) => module.apply(z, state().to(z.dtype)),
    forward: (module, xr, xi) => module.forward(xr, xi, state().real, state().imag),
  });
}

/** Four sequences of two steps. */
function sequences(name: string, make: () => nn.Layer): Case {
  return { name, make, shape: [4, 2, 3], refuses: [[4, 2, 2], [4, 3], [4, 2, 3, 1]] };
}

const batchFirst = true;

/** Rows that the labels of four items name. */
const labels = [[2, 0], [1, 1], [3, 2], [0, 3]];
const table: Case = special<nn.Embedding>({
  name: "Embedding",
  make: () => new nn.Embedding(4, 2),
  shape: [4, 2],
  apply: (module, _: ComplexTensor) => module.apply(labels),
  forward: (module, _: RealTensor) => module.forward(labels),
});

export const recurrent: Case[] = [
  cell("GRUCell", () => new nn.GRUCell(3, 2)),
  cell("BNGRUCell", () => new nn.BNGRUCell(3, 2)),
  sequences("GRU", () => new nn.GRU(3, 2, { batchFirst })),
  sequences("GRU in split form", () => new nn.GRU(3, 2, { batchFirst, form: "split" })),
  sequences(
    "GRU of two layers and directions",
    () => new nn.GRU(3, 2, { batchFirst, layers: 2, bidirectional: true, dropout: 0.05 }),
  ),
  sequences("LSTM", () => new nn.LSTM(3, 2, { batchFirst })),
  sequences("LSTM in split form", () => new nn.LSTM(3, 2, { batchFirst, form: "split" })),
  table,
  {
    name: "MultiheadAttention",
    make: () => new nn.MultiheadAttention(4, 2, { batchFirst, dropout: 0.05 }),
    shape: [4, 2, 4],
    refuses: [[4, 2, 3], [4, 4]],
  },
  {
    name: "MultiheadAttention by modulus",
    make: () => new nn.MultiheadAttention(4, 2, { batchFirst, scores: "modulus" }),
    shape: [4, 2, 4],
    refuses: [[4, 2, 3]],
  },
  ...[false, true].map((normFirst): Case => ({
    name: `TransformerEncoderLayer with normFirst ${normFirst}`,
    make: () =>
      new nn.TransformerEncoderLayer(4, 2, {
        batchFirst,
        normFirst,
        feedForward: 6,
        dropout: 0.02,
      }),
    shape: [4, 2, 4],
    refuses: [[4, 2, 3], [4, 4]],
  })),
];
