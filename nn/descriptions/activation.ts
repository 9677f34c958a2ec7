/** Descriptions of activations and dropout. */
import { z } from "zod";
import * as by from "../layers/activation.ts";
import { Dropout, Dropout2d } from "../layers/dropout.ts";
import * as modulus from "../layers/modulus.ts";
import { type Kinds, layer, number, size } from "./kind.ts";

const approximate = z.enum(["none", "tanh"]).optional();
const slopes = { numParameters: size, init: number };

export const activation: Kinds = {
  CReLU: layer(by.CReLU, {}, () => new by.CReLU()),
  CSigmoid: layer(by.CSigmoid, {}, () => new by.CSigmoid()),
  CTanh: layer(by.CTanh, {}, () => new by.CTanh()),
  CPReLU: layer(by.CPReLU, slopes, ({ numParameters, ...o }) => new by.CPReLU(numParameters, o)),
  CLeakyReLU: layer(
    by.CLeakyReLU,
    { negativeSlope: number },
    (o) => new by.CLeakyReLU(o.negativeSlope),
  ),
  CELU: layer(by.CELU, { alpha: number }, (o) => new by.CELU(o.alpha)),
  CGELU: layer(by.CGELU, { approximate }, (o) => new by.CGELU(o)),
  ModReLU: layer(modulus.ModReLU, slopes, ({ numParameters, ...o }) => {
    return new modulus.ModReLU(numParameters, o);
  }),
  ZReLU: layer(modulus.ZReLU, {}, () => new modulus.ZReLU()),
  Cardioid: layer(modulus.Cardioid, {}, () => new modulus.Cardioid()),
  PolarTanh: layer(modulus.PolarTanh, {}, () => new modulus.PolarTanh()),
  SigLog: layer(modulus.SigLog, { c: number, r: number }, (o) => new modulus.SigLog(o)),
  Dropout: layer(Dropout, { p: number }, (o) => new Dropout(o.p)),
  Dropout2d: layer(Dropout2d, { p: number }, (o) => new Dropout2d(o.p)),
};
