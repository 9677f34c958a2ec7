/** The initial learning rates of groups: schedules begin with them, and optimisers save them. */

/** A group whose learning rate schedules change, and the momentum with it. */
interface Group {
  lr: number;
  momentum?: number;
  betas?: readonly [number, number];
}

/** PyTorch's `initial_lr`: the rate that a group had when its first schedule was made. */
const initial = new WeakMap<object, number>();

/** The initial rate of a group; undefined where it has had no schedule. */
export function initialLr(group: object): number | undefined {
  return initial.get(group);
}

/** Sets the initial rate of a group, or forgets it. */
export function setInitialLr(group: object, lr: number | undefined): void {
  if (lr === undefined) initial.delete(group);
  else initial.set(group, lr);
}

/** The values that a group was loaded with, and its rate if only schedules have been made since. */
const loaded = new WeakMap<object, { values: Partial<Group>; rate: number }>();

/** Notes that a group has just been loaded. */
export function noteLoaded(group: object): void {
  const { lr, momentum, betas } = group as Partial<Group>;
  if (lr === undefined) return;
  const values = { lr, ...momentum !== undefined && { momentum }, ...betas && { betas } };
  loaded.set(group, { values, rate: lr });
}

/** Notes that a schedule has been made, before which the group had the rate `before`. */
export function noteMade(group: Group, before: number): void {
  const known = loaded.get(group);
  if (known?.rate === before) known.rate = group.lr;
  else loaded.delete(group);
}

/** Notes that a schedule has moved on. */
export function noteStepped(group: Group): void {
  loaded.delete(group);
}

/**
 * Puts back what a group was loaded with where only the making of schedules has changed it since: a
 * schedule that is loaded after its optimiser, and made in between, has begun from epoch 0 in vain.
 */
export function undoMaking(group: Group): void {
  const known = loaded.get(group);
  if (known?.rate !== group.lr) return;
  Object.assign(group, known.values);
  known.rate = group.lr;
}
