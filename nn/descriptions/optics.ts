/** Descriptions of wave optics. */
import { z } from "zod";
import { full } from "../../complex/create/create.ts";
import { Intensity } from "../layers/intensity.ts";
import { Lens } from "../layers/lens.ts";
import { ComplexMask, PhaseMask } from "../layers/masks.ts";
import { Propagation } from "../layers/propagation.ts";
import { TransmissionMatrix } from "../layers/transmission.ts";
import { flag, type Kinds, layer, number, pairOf, size } from "./kind.ts";

const shape = z.array(size);
const light = { wavelength: z.number(), pitch: pairOf(z.number()), refractiveIndex: number };
const init = z.enum(["zeros", "uniform"]).optional();
const form = z.enum(["paraxial", "exact"]).optional();
const method = z.enum(["angularSpectrum", "fresnel"]).optional();
const lens = { ...light, focalLength: z.number(), aperture: z.number().nullish(), form };
const propagation = { ...light, distance: z.number(), method, padding: flag, bandLimit: flag };
const detector = {
  bin: z.union([size, z.tuple([size]), z.tuple([size, size])]).optional(),
  photons: z.number().nullish(),
  readNoise: number,
};
// A number of modes, or modes and pixels of a basis, whose values are in the state dict.
const side = z.union([size, z.tuple([size, size])]);
const transmission = { inputs: side, outputs: side, trainable: flag, reciprocal: flag };
const modes = (of: z.output<typeof side>) =>
  typeof of === "number" ? of : full(of, { re: 0, im: 0 });

export const optics: Kinds = {
  PhaseMask: layer(PhaseMask, { shape, init }, ({ shape, ...o }) => new PhaseMask(shape, o)),
  ComplexMask: layer(
    ComplexMask,
    { shape, passive: flag },
    ({ shape, ...o }) => new ComplexMask(shape, o),
  ),
  Lens: layer(Lens, lens, (o) => new Lens(o)),
  Propagation: layer(Propagation, propagation, (o) => new Propagation(o)),
  Intensity: layer(Intensity, detector, (o) => new Intensity(o)),
  TransmissionMatrix: layer(TransmissionMatrix, transmission, ({ inputs, outputs, ...o }) => {
    return new TransmissionMatrix(modes(inputs), modes(outputs), o);
  }),
};
