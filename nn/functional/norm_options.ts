/** Checks that the norms and their layers share. */
import { cannot } from "../../gpu/contract/errors.ts";
import { checkInteger, checkShape, type Shape, show } from "../../complex/lazy/shape.ts";
import { checkComplex, RealTensor, type Tensor } from "../../complex/tensor/tensor.ts";
import { declareOptions } from "../declare/declaration.ts";
import { number, optional } from "../declare/field.ts";

/** Options of the norms as functions. */
export interface NormOptions {
  /** Added to second moments; 1e-5, if absent. */
  readonly eps?: number;
}

/** The sizes of the axes that are normalised: the last ones. */
export type NormalizedShape = number | readonly number[];

/** The normalised axes as a list, checked. */
export function normalizedAxes(what: string, normalizedShape: NormalizedShape): Shape {
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  checkShape(what, shape);
  if (shape.length === 0) throw cannot(what, "normalizedShape [] names 0 axes");
  return shape;
}

/** The fields of those options. */
export const normFields = { eps: optional(number(0), 1e-5) };

export const NORM_OPTIONS = declareOptions<NormOptions>(normFields);

/** Refuses groups that do not divide the channels. */
export function checkGroups(what: string, groups: number, channels: number): void {
  checkInteger(what, "the number of groups", groups, 1);
  if (channels % groups === 0) return;
  throw cannot(what, `${groups} groups do not divide ${channels} channels`);
}

/** Refuses what is not a tensor [N, channels, …]; any number of channels does, if none is given. */
export function checkChannels(what: string, z: Tensor, channels?: number): void {
  const { shape } = z instanceof RealTensor ? z : checkComplex(what, z);
  const wanted = channels ?? "channels";
  if (shape.length > 1 && shape[1] === (channels ?? shape[1])) return;
  throw cannot(what, `it takes [N, ${wanted}, …], got ${show(shape)}`);
}

/** Refuses runs of one value each, which have no variance. */
export function checkRuns(what: string, { shape, size }: Tensor, runs: number): void {
  if (size > runs) return;
  const why = "it normalises 1 value at a time, and one value has no variance";
  throw cannot(what, `of the input ${show(shape)} ${why}`);
}

/** Refuses a batch of one value in each channel, which has no variance. */
export function checkBatch(what: string, { shape, size }: Tensor, channels: number): void {
  if (size > channels) return;
  const why = "has one value in each channel, and one value has no variance";
  throw cannot(what, `the input ${show(shape)} ${why}`);
}
