/** Descriptions of recurrences and attention. */
import { z } from "zod";
import type { Layer } from "../layer.ts";
import { MultiheadAttention } from "../layers/attention.ts";
import { GRU, LSTM } from "../layers/recurrent.ts";
import { BNGRUCell, GRUCell } from "../layers/recurrent_cells.ts";
import { TransformerEncoderLayer } from "../layers/transformer.ts";
import { optionsOf } from "../made.ts";
import { flag, inside, type Kinds, layer, type ModuleKind, number, size } from "./kind.ts";

const cell = { inFeatures: size, hidden: size, bias: flag };
const recurrence = {
  ...cell,
  layers: size.optional(),
  bidirectional: flag,
  batchFirst: flag,
  dropout: number,
  form: z.enum(["complex", "split"]).optional(),
};
const scores = z.enum(["real", "modulus"]).optional();
const attention = {
  embed: size,
  heads: size,
  scores,
  bias: flag,
  dropout: number,
  batchFirst: flag,
};

const encoderSchema = z.strictObject({
  embed: size,
  heads: size,
  feedForward: size.optional(),
  dropout: number,
  activation: inside,
  normFirst: flag,
  scores,
  batchFirst: flag,
});

const encoder: ModuleKind<TransformerEncoderLayer, z.output<typeof encoderSchema>> = {
  of: TransformerEncoderLayer,
  schema: encoderSchema,
  describe: (module, child) =>
    ({
      ...optionsOf(module),
      activation: child(module.activation, "activation"),
    }) as z.output<typeof encoderSchema>,
  build: ({ embed, heads, activation, ...o }, child) =>
    new TransformerEncoderLayer(embed, heads, {
      ...o,
      activation: child(activation, "activation") as Layer,
    }),
};

export const recurrent: Kinds = {
  GRUCell: layer(
    GRUCell,
    cell,
    ({ inFeatures, hidden, ...o }) => new GRUCell(inFeatures, hidden, o),
  ),
  BNGRUCell: layer(
    BNGRUCell,
    cell,
    ({ inFeatures, hidden, ...o }) => new BNGRUCell(inFeatures, hidden, o),
  ),
  GRU: layer(GRU, recurrence, ({ inFeatures, hidden, ...o }) => new GRU(inFeatures, hidden, o)),
  LSTM: layer(LSTM, recurrence, ({ inFeatures, hidden, ...o }) => new LSTM(inFeatures, hidden, o)),
  MultiheadAttention: layer(MultiheadAttention, attention, ({ embed, heads, ...o }) => {
    return new MultiheadAttention(embed, heads, o);
  }),
  TransformerEncoderLayer: encoder,
};
