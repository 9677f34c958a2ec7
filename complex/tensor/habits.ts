/**
 * Names that PyTorch, NumPy, TensorFlow.js and arrays have and tensors here have not, with what to write
 * instead. They stand behind all other names of a class, so that those are found as fast as ever.
 */
import { cannot } from "../../gpu/contract/errors.ts";
import { describe } from "../lazy/describe.ts";

/** What to write in place of a name: code, which a remark may follow. */
export type Habits = Readonly<Record<string, readonly [write: string, remark?: string]>>;

/** What to write in place of `[0]`, of `[mask]`, of a value given to it, and of a loop over the object. */
export interface ListHabits {
  readonly read: readonly [write: string, remark?: string];
  readonly choose: readonly [write: string, remark?: string];
  readonly assign: readonly [write: string, remark?: string];
  readonly iterate: readonly [write: string, remark?: string];
}

/** Indices, and lists of them, as JavaScript makes names of them. */
const INDEX = /^-?\d+(,-?\d+)*$/;
/** The name that it makes of a tensor. */
const MASK = /^(Real|Complex)Tensor \[/;

/** Has the objects of a class refuse names that they lack with the words of `habits`. */
export function guide(prototype: object, habits: Habits, list?: ListHabits): void {
  const known = new Map(Object.entries(habits));
  const refuse = (x: object, action: string, [write, remark]: readonly [string, string?]) =>
    cannot(`${action} ${describe(x)}`, `write ${write}${remark ? `, ${remark}` : ""}`);
  const behind: ProxyHandler<object> = {
    get(all, name, x) {
      if (typeof name === "string") {
        const habit = known.get(name);
        if (habit) throw refuse(x, `take .${name} of`, habit);
        if (list && INDEX.test(name)) throw refuse(x, `take [${name}] of`, list.read);
        if (list && MASK.test(name)) throw refuse(x, "take [a tensor] of", list.choose);
      } else if (name === Symbol.iterator && list) {
        return () => {
          throw refuse(x, "go through", list.iterate);
        };
      }
      return Reflect.get(all, name, x);
    },
    set(all, name, value, x) {
      if (list && typeof name === "string") { // subclasses of others may give the name a meaning
        const habit = known.get(name);
        if (habit) throw refuse(x, `set .${name} of`, habit);
        if (INDEX.test(name)) throw refuse(x, `set [${name}] of`, list.assign);
        if (MASK.test(name)) throw refuse(x, "set [a tensor] of", list.assign);
      }
      return Reflect.set(all, name, value, x);
    },
  };
  Object.setPrototypeOf(prototype, new Proxy({}, behind));
}

const HOST = "await x.data()";
const ANEW = "since tensors do not change";
const ENGINE = "which chooses the engine for all tensors";
const ORDER = "since complex numbers have no order";

/** What to write where a tensor is taken for a list. */
export const TENSOR_AS_LIST: ListHabits = {
  read: ["x.at(0)", "or x.slice([0, 1]) for a part; the values are in await x.toArray()"],
  choose: ["where(mask, x, 0)", "or take(x, indices) with an array of integers"],
  assign: ["x = where(mask, value, x)", ANEW],
  iterate: ["split(x, Array(n).fill(1))", "or x.at(k) for each k; numbers are in await x.data()"],
};

/** What to write in place of names that tensors, or those of one kind, do not have. */
export const TENSOR_HABITS: Habits = {
  // Shapes
  view: ["x.reshape(shape)"],
  view_as: ["x.reshape(y.shape)"],
  reshape_as: ["x.reshape(y.shape)"],
  ravel: ["x.flatten()"],
  ndim: ["x.rank"],
  dim: ["x.rank"],
  rankType: ["x.rank"],
  numel: ["x.size"],
  nelement: ["x.size"],
  length: ["x.shape[0]", "or x.size for the number of elements"],
  t: ["x.T"],
  mT: ["x.T"],
  mH: ["x.H", "or x.T of a real tensor"],
  H: ["x.T", "since it is real"],
  swapaxes: ["x.transpose(0, 1)"],
  movedim: ["x.permute(axes)"],
  moveaxis: ["x.permute(axes)"],
  expand_as: ["x.expand(y.shape)"],
  expandDims: ["x.unsqueeze(0)"],
  broadcast_to: ["x.expand(shape)"],
  broadcastTo: ["x.expand(shape)"],
  tile: ["x.unsqueeze(0).expand([n, ...x.shape])"],
  repeat: ["x.unsqueeze(0).expand([n, ...x.shape])"],
  contiguous: ["x", "which needs no other order in memory"],
  // Parts
  select: ["x.at(null, 0)"],
  narrow: ["x.slice(null, [0, 1])"],
  index_select: ["take(x, indices)"],
  gather: ["pick(x, labels)"],
  masked_fill: ["where(mask, value, x)"],
  where: ["where(mask, x, y)"],
  unbind: ["split(x, Array(n).fill(1))"],
  chunk: ["split(x, lengths)"],
  split: ["split(x, lengths)"],
  concat: ["concat([x, x])"],
  // Values on the host
  numpy: [HOST, "or await x.toArray()"],
  tolist: ["await x.toArray()"],
  array: ["await x.toArray()"],
  arraySync: ["await x.toArray()", "since reading waits"],
  dataSync: [HOST, "since reading waits"],
  values: [HOST],
  print: ["console.log(await x.format())"],
  map: ["(await x.data()).map(f)", "or the functions of tensors, such as x.exp()"],
  forEach: ["(await x.data()).forEach(f)"],
  reduce: ["(await x.data()).reduce(f)", "or x.sum()"],
  sort: [`(${HOST}).sort()`],
  round: [`(${HOST}).map(Math.round)`],
  floor: [`(${HOST}).map(Math.floor)`],
  ceil: [`(${HOST}).map(Math.ceil)`],
  all: ["await x.prod().item() !== 0"],
  any: ["await x.abs().sum().item() > 0"],
  // Kind, engine and memory
  cpu: ['await gpu.use("cpu")', ENGINE],
  cuda: ['await gpu.use("webgpu")', ENGINE],
  device: ["gpu.engine().kind"],
  astype: ['x.to("complex64")'],
  asType: ['x.to("complex64")'],
  type: ["x.dtype"],
  float: ['x.to("float32")'],
  double: ['x.to("float64")', "on the CPU engine"],
  is_complex: ["x instanceof ComplexTensor"],
  clone: ["x", ANEW],
  copy: ["x", ANEW],
  dispose: ["x", "which needs no freeing"],
  // Derivatives
  requires_grad: ["parameter(x)", "which makes one with a gradient"],
  requires_grad_: ["parameter(x)", "which makes one with a gradient"],
  zero_grad: ["optimizer.zeroGrad()"],
  grad_fn: ["gpu.explain(x)"],
  backward: ["x.abs().sum().backward()", "since a loss is a real number"],
  add_: ["x = x.add(1)", ANEW],
  sub_: ["x = x.sub(1)", ANEW],
  mul_: ["x = x.mul(2)", ANEW],
  div_: ["x = x.div(2)", ANEW],
  zero_: ["x = zeros(x.shape)", ANEW],
  fill_: ["x = full(x.shape, 1)", ANEW],
  fill: ["full(x.shape, 1)", ANEW],
  copy_: ["w.assign(x)", "of a parameter w"],
  // Functions
  std: ["x.sub(x.mean()).absSquared().mean().sqrt()"],
  var: ["x.sub(x.mean()).absSquared().mean()"],
  norm: ["norm(x)"],
  dot: ["x.mul(x).sum()", "or vdot(x, y), which conjugates x"],
  mm: ["x.matmul(y)"],
  bmm: ["x.matmul(y)"],
  mv: ["x.matmul(v)"],
  subtract: ["x.sub(y)"],
  multiply: ["x.mul(y)"],
  divide: ["x.div(y)"],
  eq: ["x.equal(y)"],
  ne: ["x.notEqual(y)"],
  lt: ["x.less(y)"],
  le: ["x.lessEqual(y)"],
  gt: ["x.greater(y)"],
  ge: ["x.greaterEqual(y)"],
  clamp: ["x.maximum(0).minimum(1)"],
  clip: ["x.maximum(0).minimum(1)"],
  clipByValue: ["x.maximum(0).minimum(1)"],
  softmax: ["nn.softmax(x)"],
  sign: ["x.sgn()"],
  rsqrt: ["x.sqrt().reciprocal()"],
  log10: ["x.log().div(Math.LN10)"],
  log2: ["x.log().div(Math.LN2)"],
  inverse: ["inv(x)"],
  inv: ["inv(x)"],
  det: ["det(x)"],
  diag: ["diag(x)"],
  diagonal: ["diagonal(x)"],
  trace: ["trace(x)"],
  fft: ["fft(x.toComplex())"],
  // One kind has it, and not the other
  real: ["x", "which is real"],
  imag: ["zeros(x.shape)", "since it is real"],
  re: ["x.real"],
  im: ["x.imag"],
  conj: ["x", "which is real"],
  conjugate: ["x.conj()"],
  max: ["x.abs().max()", ORDER],
  min: ["x.abs().min()", ORDER],
  argmax: ["x.abs().argmax()", ORDER],
  argmin: ["x.abs().argmin()", ORDER],
  less: ["x.abs().less(1)", ORDER],
  greater: ["x.abs().greater(1)", ORDER],
  maximum: ["x.real.maximum(0)", ORDER],
  minimum: ["x.real.minimum(0)", ORDER],
  sigmoid: ["nn.functional.csigmoid(x)"],
};
