/** Tensors as the arrays that files hold. */
import type { InexactArray, InexactDType } from "../../gpu/contract/dtype.ts";
import { Tensor } from "../tensor/tensor.ts";
import { pairsOf } from "./array.ts";

/** A format's names for the dtypes of tensors. */
type Names<D extends string> = Readonly<Record<InexactDType, D>>;

/** A tensor's values under the name that a format has for its dtype. */
interface Read<D extends string> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: InexactArray;
}

/** The array of a tensor; anything else as it is, for the format to check. */
export async function arrayOf<E extends object, D extends string>(
  given: E | Tensor,
  names: Names<D>,
): Promise<E | Read<D>> {
  if (!(given instanceof Tensor)) return given;
  return { dtype: names[given.dtype], shape: given.shape, data: await given.data() };
}

/** The arrays of named tensors, all as they are at the call; refuses what is not a list of pairs. */
export async function arraysOf<E extends object, D extends string>(
  what: string,
  given: Iterable<readonly [string, E | Tensor]>,
  names: Names<D>,
): Promise<[string, E | Read<D>][]> {
  // All begun before anything is awaited.
  const reading = pairsOf(what, given).map(([name, array]): Promise<[string, E | Read<D>]> =>
    arrayOf(array, names).then((read) => [name, read])
  );
  return await Promise.all(reading);
}
