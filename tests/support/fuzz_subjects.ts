/** Everything public that can be called, with arguments that fit where random ones would not. */
import * as argand from "@argand/argand";
import { zoo } from "../nn/zoo/mod.ts";
import type { Any, Subject } from "./fuzz.ts";

const { complex, gpu, nn, ones, parameter, tensor } = argand;

type Args = () => unknown[];

const z = (...shape: number[]) => complex(ones(shape), 1);
const real = (...shape: number[]) => ones(shape);
const data = () => new nn.TensorDataset(tensor([1, 2, 3, 4]), [0, 1, 0, 1]);
const weights = () => [parameter(tensor([1, 2]))];
const adam = () => new nn.Adam(weights(), { lr: 0.1 });
const light = { wavelength: 1e-6, pitch: 1e-5 };
const entry = () => ({ dtype: "float32", shape: [2], data: Float32Array.of(1, 2) });
const model = () => new nn.Linear(2, 2);
const picture = () => ({ width: 1, height: 1, rgba: new Uint8ClampedArray(4) });
const kernel: argand.gpu.Kernel = {
  name: "nothing",
  bindings: () => ({ inputs: ["float32"], outputs: ["float32"] }),
  wgsl: () => ({ source: gpu.linearMain(1, ""), workgroups: [1, 1, 1] }),
  cpu() {},
};
const saturate = () => ({
  name: "saturate",
  shape: ([x]: Any[]) => x,
  elementwise: {
    name: "saturate",
    inputs: ["real"],
    output: "real",
    wgsl: (x: string) => x,
    cpu() {},
  },
});

/** A parameter that has a gradient. */
function trained() {
  const w = parameter(tensor([1, 2]));
  w.square().sum().backward();
  return w;
}

const recurrent = (gates: number) => ({
  weight: z(gates * 2, 3),
  recurrentWeight: z(gates * 2, 2),
  bias: z(gates * 2),
  recurrentBias: z(gates * 2),
});

const formatted = await nn.formatModel(model());
const checkpoint = await nn.formatCheckpoint({ model: model() });
const touchstone = () => ({
  ports: 1,
  parameter: "S",
  resistance: 50,
  frequencies: Float64Array.of(1e9),
  data: Float64Array.of(0.1, 0.2),
});

/** Arguments by the public name. */
const FITTING: Record<string, Args[]> = {
  tensor: [() => [[1, 2, 3, 4], [2, 2]], () => [Float32Array.of(1, 2), [2]]],
  eye: [() => [2, 3]],
  fftfreq: [() => [8, 0.5]],
  rfftfreq: [() => [8, 0.5]],
  domainColour: [() => [1, 2, 3]],
  drawColourWheel: [() => [8]],
  derivative: [() => [(x: Any) => x.square()]],
  valueAndGrad: [() => [(x: Any) => x.sum()]],
  full: [() => [[2, 3], 1], () => [[2], { re: 1, im: 2 }]],
  rand: [() => [[2, 3], 0, 1]],
  complex: [() => [[1, 2], [3, 4]]],
  cumsum: [() => [real(2, 3), 0]],
  matmul: [() => [real(2, 3), real(3, 2)]],
  outer: [() => [real(2), real(3)]],
  vdot: [() => [z(3), z(3)]],
  roll: [() => [real(3), 1, 0]],
  where: [() => [real(3), real(3), 2]],
  addPatches: [() => [z(2, 2, 2), [[0, 0], [1, 2]], [3, 4]]],
  concat: [() => [[real(2), real(3)], 0]],
  stack: [() => [[real(2), real(2)], 0]],
  split: [() => [real(4), [1, 3], 0]],
  pad: [() => [real(2), [[1, 1]], 0]],
  patches: [() => [z(3, 4), [[0, 0], [1, 2]], [2, 2]]],
  pick: [() => [real(2, 3), [0, 2]]],
  take: [() => [real(2, 3), [0, 1], 0]],
  einsum: [() => ["ij,jk->ik", real(2, 3), real(3, 2)]],
  solve: [() => [tensor([[2, 1], [1, 3]]), real(2)]],
  fftConvolve: [() => [z(8), z(3), {}]],
  irfft: [() => [z(5), {}]],
  irfft2: [() => [z(4, 5), {}]],
  svd: [() => [real(2, 2), {}]],
  qr: [() => [real(2, 2), {}]],
  norm: [() => [z(2, 3), {}]],
  fft2: [() => [z(2, 3), {}]],
  fftn: [() => [z(2, 3), {}]],
  complexTensor: [() => [[1, 2, 3, 4], [2]], () => [[{ re: 1, im: 2 }]]],
  poisson: [() => [real(2)]],
  arange: [() => [0, 3, 1]],
  linspace: [() => [0, 1, 3]],
  grad: [() => [(x: Any) => x.sum()]],
  gradcheck: [() => [(x: Any) => x.square().sum(), [tensor([1, 2])], {}]],
  noGrad: [() => [() => 1]],
  definePrimitive: [() => [saturate()]],
  tensorFromNpy: [() => [entry()]],
  complexTensorFromNpy: [() => [{ ...entry(), dtype: "complex64", shape: [1] }]],
  formatNpy: [() => [entry(), {}]],
  parseNpy: [() => [argand.formatNpy(entry() as Any), "a"]],
  formatNpz: [() => [[["a", entry()]], {}]],
  parseNpz: [() => [argand.formatNpz([["a", entry() as Any]]), "a", {}]],
  formatSafetensors: [() => [[["a", { ...entry(), dtype: "F32" }]], { made: "here" }]],
  parseSafetensors: [() => [argand.formatSafetensors([]), "a"]],
  formatTouchstone: [() => [touchstone(), {}]],
  parseTouchstone: [() => [argand.formatTouchstone(touchstone() as Any), 1, "a"]],
  draw: [() => [z(4, 4), {}]],
  drawReal: [() => [[0, 1], 1, 2, {}], () => [Float32Array.of(0, 1), 1, 2, {}]],
  drawComplex: [() => [[0, 1], 1, 1, {}], () => [Float32Array.of(0, 1), 1, 1, {}]],
  encodePng: [() => [picture()]],
  pngDataUrl: [() => [picture()]],
  "gpu.explain": [() => [real(2).exp(), {}]],
  "gpu.declare": [() => [kernel, null, {}]],
  "gpu.single": [() => [kernel, null]],
  "gpu.linearMain": [() => [100, "", 64]],
  "gpu.keepCopies": [() => [{ everySteps: 10 }], () => [null]],
  "nn.init.complexGlorot": [() => [[2, 3], {}]],
  "nn.init.complexHe": [() => [[2, 3], {}]],
  "nn.collate": [() => [[[tensor([1]), 2], [tensor([3]), 4]]]],
  "nn.Subset": [() => [data(), [0, 2]]],
  "nn.randomSplit": [() => [data(), [2, 2], {}]],
  "nn.DataLoader": [() => [data(), { batchSize: 2 }]],
  "nn.IterableDataset": [() => [() => [1, 2], {}]],
  "nn.Adam": [() => [weights(), {}]],
  "nn.AdamW": [() => [weights(), {}]],
  "nn.Adagrad": [() => [weights(), {}]],
  "nn.RMSprop": [() => [weights(), {}]],
  "nn.SGD": [() => [weights(), { lr: 1 }], () => [[{ params: weights(), lr: 1 }], {}]],
  "nn.LBFGS": [() => [weights(), {}]],
  "nn.StepLR": [() => [adam(), { stepSize: 2 }]],
  "nn.MultiStepLR": [() => [adam(), { milestones: [1, 2] }]],
  "nn.ExponentialLR": [() => [adam(), { gamma: 0.9 }]],
  "nn.CosineAnnealingLR": [() => [adam(), { tMax: 3 }]],
  "nn.LinearLR": [() => [adam(), {}]],
  "nn.LambdaLR": [() => [adam(), { lrLambda: (n: number) => n }]],
  "nn.OneCycleLR": [() => [adam(), { maxLr: 1, totalSteps: 4 }]],
  "nn.ReduceLROnPlateau": [() => [adam(), {}]],
  "nn.clipGradNorm": [() => [[trained()], 1, {}]],
  "nn.clipGradValue": [() => [[trained()], 1]],
  "nn.scaleGradients": [() => [[trained()], 1]],
  "nn.buildModule": [() => [nn.describeModule(model())]],
  "nn.parseModel": [() => [formatted, nn.Linear, "a"]],
  "nn.formatCheckpoint": [() => [{ model: model(), extra: {} }]],
  "nn.parseCheckpoint": [() => [checkpoint, { model: model() }, "a"]],
  "nn.loadTorchcvnn": [() => [model(), new Map(), {}]],
  "nn.loadComplexPyTorch": [() => [model(), new Map(), {}]],
  "nn.summary": [() => [model(), [1, 2], {}]],
  "nn.fit": [() => {
    const net = model();
    let steps = 0;
    return [net, {
      data: [z(1, 2)],
      loss: (m: Any, x: Any) => {
        if (++steps > 20) throw new argand.ArgandError("Cannot go on: these are epochs enough");
        return m.apply(x).absSquared().mean();
      },
      optimizer: new nn.SGD(net.parameters(), { lr: 0.1 }),
      epochs: 1,
      progress: false,
    }];
  }],
  "nn.SequentialLR": [() => {
    const optimizer = adam();
    const schedulers = [1, 2].map((stepSize) => new nn.StepLR(optimizer, { stepSize }));
    return [optimizer, { schedulers, milestones: [2] }];
  }],
  "nn.UnitaryLinear": [() => [3]],
  "nn.Linear": [() => [3, 2, {}]],
  "nn.TransmissionMatrix": [() => [2, 3, {}]],
  "nn.Embedding": [() => [3, 2, {}]],
  "nn.GRU": [() => [3, 2, {}]],
  "nn.LSTM": [() => [3, 2, {}]],
  "nn.GRUCell": [() => [3, 2, {}]],
  "nn.BNGRUCell": [() => [3, 2, {}]],
  "nn.BatchNorm3d": [() => [3, {}]],
  "nn.NaiveBatchNorm1d": [() => [3, {}]],
  "nn.NaiveBatchNorm3d": [() => [3, {}]],
  "nn.AdaptiveAvgPool1d": [() => [2]],
  "nn.MaxPool1d": [() => [2, {}]],
  "nn.MaxPool2d": [() => [2, {}]],
  "nn.AvgPool1d": [() => [2, {}]],
  "nn.AvgPool2d": [() => [2, {}]],
  "nn.LayerNorm": [() => [3, {}]],
  "nn.RMSNorm": [() => [3, {}]],
  "nn.BatchNorm1d": [() => [3, {}]],
  "nn.BatchNorm2d": [() => [3, {}]],
  "nn.NaiveBatchNorm2d": [() => [3, {}]],
  "nn.Conv1d": [() => [2, 2, 3, {}]],
  "nn.Conv2d": [() => [2, 2, 3, {}]],
  "nn.Conv3d": [() => [2, 2, 3, {}]],
  "nn.ConvTranspose1d": [() => [2, 2, 3, {}]],
  "nn.ConvTranspose2d": [() => [2, 2, 3, {}]],
  "nn.ConvTranspose3d": [() => [2, 2, 3, {}]],
  "nn.ComplexMask": [() => [[2, 4], {}]],
  "nn.PhaseMask": [() => [[2, 4], {}]],
  "nn.GroupNorm": [() => [2, 4, {}]],
  "nn.FNO2d": [
    () => [{ inChannels: 1, outChannels: 1, modes: 1, width: 1, layers: 1, hidden: 1 }],
  ],
  "nn.Lens": [() => [{ ...light, focalLength: 1e-3 }]],
  "nn.Propagation": [() => [{ ...light, distance: 1e-4 }]],
  "nn.MultiheadAttention": [() => [4, 2, {}]],
  "nn.TransformerEncoderLayer": [() => [4, 2, 8, {}], () => [4, 2, {}]],
  "nn.SpectralConv1d": [() => [2, 2, 1]],
  "nn.SpectralConv2d": [() => [2, 2, 1]],
  "nn.Upsample": [() => [{ scaleFactor: 2 }]],
  "nn.PolarUpsample": [() => [{ scaleFactor: 2 }]],
  "nn.functional.accuracy": [() => [real(2, 3), [0, 1]]],
  "nn.functional.crossEntropy": [() => [real(2, 3), [0, 1], {}]],
  "nn.functional.nll": [() => [real(2, 3), [0, 1], {}]],
  "nn.functional.cprelu": [() => [z(2, 3), z(3)]],
  "nn.functional.prelu": [() => [real(2, 3), real(3)]],
  "nn.functional.modRelu": [() => [z(2, 3), real(3)]],
  "nn.functional.linear": [() => [z(2, 3), z(4, 3), z(4)]],
  "nn.functional.embedding": [() => [[0, 1], z(3, 2), {}]],
  "nn.functional.conv1d": [() => [z(1, 2, 5), z(3, 2, 2), z(3), {}]],
  "nn.functional.conv2d": [() => [z(1, 2, 5, 5), z(3, 2, 2, 2), z(3), {}]],
  "nn.functional.conv3d": [() => [z(1, 2, 3, 3, 3), z(3, 2, 2, 2, 2), z(3), {}]],
  "nn.functional.convTranspose1d": [() => [z(1, 2, 5), z(2, 3, 2), z(3), {}]],
  "nn.functional.convTranspose2d": [() => [z(1, 2, 5, 5), z(2, 3, 2, 2), z(3), {}]],
  "nn.functional.convTranspose3d": [() => [z(1, 2, 3, 3, 3), z(2, 3, 2, 2, 2), z(3), {}]],
  "nn.functional.maxPool1d": [() => [z(1, 2, 6), 2, {}]],
  "nn.functional.maxPool2d": [() => [z(1, 2, 6, 6), 2, {}]],
  "nn.functional.avgPool1d": [() => [z(1, 2, 6), 2, {}]],
  "nn.functional.avgPool2d": [() => [z(1, 2, 6, 6), 2, {}]],
  "nn.functional.adaptiveAvgPool1d": [() => [z(1, 2, 6), 2]],
  "nn.functional.adaptiveAvgPool2d": [() => [z(1, 2, 6, 6), [2, 3]]],
  "nn.functional.layerNorm": [() => [z(2, 3), 3, real(3, 3), z(3), {}]],
  "nn.functional.groupNorm": [() => [z(2, 4, 3), 2, real(4, 3), z(4), {}]],
  "nn.functional.rmsNorm": [() => [z(2, 3), 3, real(3, 3), {}]],
  "nn.functional.batchNorm": [() => [z(4, 3), {}]],
  "nn.functional.naiveBatchNorm": [() => [z(4, 3), {}]],
  "nn.functional.gruUpdate": [() => {
    const gates = { reset: z(1, 2), update: z(1, 2), candidate: z(1, 2) };
    return [gates, gates, z(1, 2)];
  }],
  kron: [() => [real(2, 2), real(2, 2)]],
  equal: [() => [real(2, 2), 1]],
  mul: [() => [real(2, 2), 2]],
  pow: [() => [real(2, 2), 2]],
  "nn.functional.gru": [() => [z(2, 1, 3), z(1, 2), recurrent(3), {}]],
  "nn.functional.lstm": [() => [z(2, 1, 3), z(1, 2), z(1, 2), recurrent(4), {}]],
  "nn.functional.scaledDotProductAttention": [() => [z(1, 3, 4), z(1, 3, 4), z(1, 3, 4), {}]],
  "nn.functional.spectralConv": [() => [z(1, 2, 8), z(2, 2, 2)]],
  "nn.functional.transmit": [() => [z(1, 2), z(3, 2), {}]],
  "nn.functional.complexMask": [() => [z(2, 4), z(4), {}]],
  "nn.functional.phaseMask": [() => [z(2, 4), real(4)]],
  "nn.functional.lens": [() => [z(4, 4), { ...light, focalLength: 1e-3 }]],
  "nn.functional.propagate": [() => [z(4, 4), { ...light, distance: 1e-4 }]],
  "nn.functional.upsample": [() => [z(1, 1, 3, 3), { scaleFactor: 2 }]],
  "nn.functional.polarUpsample": [() => [z(1, 1, 3, 3), { scaleFactor: 2 }]],
};
for (
  const name of [
    "atan2",
    "div",
    "notEqual",
    "sub",
    "greater",
    "greaterEqual",
    "less",
    "lessEqual",
    "maximum",
    "minimum",
  ]
) {
  FITTING[name] = [() => [real(2, 3), 2]];
}
for (const name of ["mse", "l1", "huber", "cosineLoss", "cosineSimilarity", "phaseLoss"]) {
  FITTING[`nn.functional.${name}`] = [() => [z(2, 3), z(2, 3), {}]];
}
for (const name of ["relativeError", "correlation", "phaseError", "psnr"]) {
  FITTING[`nn.functional.${name}`] = [() => [z(2, 3), z(2, 3), {}]];
}

/** What is not called, and why. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  // They change what other tests rely on.
  ...["gpu.use", "gpu.deterministic", "gpu.keepCopies"],
  ...["manualSeed", "setRandomState", "setDefaultDtype", "setDetectAnomaly", "nn.registerModule"],
  // They measure for seconds.
  ...["gpu.tune", "gpu.limits", "gpu.profile"],
  // The library makes them, or they are bases, and their constructors are not for users.
  ...[
    "ArgandError",
    "Tensor",
    "RealTensor",
    "ComplexTensor",
    "NpzFile",
    "Drawing",
    "LinePlot",
    "nn.Summary",
  ],
  ...["gpu.ArgandError", "gpu.Profile", "gpu.Schedule", "nn.Schedule", "nn.Optimizer"],
  ...["nn.OptimizerBase", "nn.Convolution", "nn.ConvNd", "nn.ConvTransposeNd", "nn.SpectralConv"],
  ...["nn.BatchNormBase", "nn.CovarianceBatchNorm", "nn.NaiveBatchNorm", "nn.Recurrent"],
]);

const isClass = (f: Any) => /^class\b/.test(Function.prototype.toString.call(f));

/** The names of what is in files, which is tried in a folder of its own. */
const OF_FILES = /^(read|write|load|save)/;

const FACES: Readonly<Record<string, Record<string, Any>>> = {
  "": argand,
  "nn.": nn,
  "nn.functional.": nn.functional,
  "nn.init.": nn.init,
  "gpu.": gpu,
};

/** The readers and writers of files; every text is the name of a file in the folder. */
export function ofFiles(folder: string): Subject[] {
  const inside = (x: unknown) => typeof x === "string" ? `${folder}/${x.slice(0, 300)}` : x;
  return Object.entries({ "": argand, "nn.": nn } as Record<string, Record<string, Any>>).flatMap(
    ([prefix, face]) =>
      Object.entries(face)
        .filter(([name, f]) => OF_FILES.test(name) && !/Torch|torch/.test(name) && f)
        .map(([name, f]): Subject => ({
          name: prefix + name,
          call: (path, ...args) => f(inside(path), ...args),
          fitting: [() => ["file", undefined]],
        })),
  );
}

/** All functions and constructors. */
export function functions(): Subject[] {
  return Object.entries(FACES).flatMap(([prefix, face]) =>
    Object.entries(face)
      .filter(([name, f]) => typeof f === "function" && !LEFT_OUT.has(prefix + name))
      .filter(([name]) => !OF_FILES.test(name) || /Torch|torch/.test(name))
      .filter(([name]) => prefix !== "nn." || !(name in nn.functional))
      .map(([name, f]): Subject => ({
        name: prefix + name,
        call: isClass(f) ? (...args) => new f(...args) : f,
        fitting: FITTING[prefix + name],
        late: name === "fit",
      }))
  );
}

/** The methods of an object's class and of the classes that it extends, without those for the library. */
function methodsOf(example: object): string[] {
  const found = new Set<string>();
  for (
    let at = Object.getPrototypeOf(example);
    at && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === "function" && !INTERNAL.has(name)) found.add(name);
    }
  }
  return [...found];
}

const INTERNAL = new Set([
  "constructor",
  "toJSON",
  // Of tensors
  ...["combine", "same", "both", "copied"],
  // Of modules, optimisers and schedules, for those that extend them
  ...["parts", "members", "prepareStateDict", "check", "update", "moments", "save", "restore"],
  ...["run", "state", "normalized", "tensors", "begin", "goBack", "comeBack"],
]);

const method = (name: string, make: () => Any, fitting: Record<string, Args[]> = {}): Subject[] =>
  methodsOf(make()).map((key): Subject => ({
    name: `${name}.${key}`,
    self: make,
    call(...args) {
      return this[key](...args);
    },
    fitting: Object.hasOwn(fitting, key) ? fitting[key] : undefined,
  }));

const OF_TENSORS: Record<string, Args[]> = {
  at: [() => [0, 1]],
  slice: [() => [[0, 1], null]],
  roll: [() => [1, 0]],
  pad: [() => [[[1, 0], [0, 1]], 0]],
  cumsum: [() => [0]],
  reshape: [() => [[-1, 1]]],
  permute: [() => [[1, 0]]],
  expand: [() => [[2, 2, 3]]],
  unsqueeze: [() => [0]],
  sum: [() => [0, true]],
};

/** The methods of tensors, modules, optimisers, schedules, data sets and loaders. */
export function methods(): Subject[] {
  const layers = zoo.filter(({ name }, k) =>
    zoo.findIndex((one) => one.name.split(" ")[0] === name.split(" ")[0]) === k
  );
  const state: Record<string, Args[]> = { loadStateDict: [() => [new Map()]], train: [() => []] };
  const stepped = () => {
    const w = parameter(tensor([1, 2]));
    const optimizer = new nn.SGD([w], { lr: 0.1, momentum: 0.9 });
    w.square().sum().backward();
    return optimizer;
  };
  return [
    ...method("RealTensor", () => tensor([[1, 2, 3], [4, 5, 6]]), OF_TENSORS),
    ...method("ComplexTensor", () => z(2, 3), OF_TENSORS),
    ...method("a scalar", () => ones([])),
    ...method("a parameter", () => parameter(ones([2])), { assign: [() => [real(2)]] }),
    ...method("a module", model, state),
    ...layers.flatMap(({ name, make, shape }) =>
      method(name, make, { apply: [() => [z(...shape)]] })
        .filter((one) =>
          !methodsOf(model()).includes(one.name.split(".")[1]) || /apply$/.test(one.name)
        )
    ),
    ...method("SGD", stepped, state),
    ...method("LBFGS", () => new nn.LBFGS(weights()), state),
    ...method("StepLR", () => new nn.StepLR(adam(), { stepSize: 2 }), state),
    ...method("ReduceLROnPlateau", () => new nn.ReduceLROnPlateau(adam()), {
      ...state,
      step: [() => [1]],
    }),
    ...method("TensorDataset", data, { get: [() => [0]], gather: [() => [Uint32Array.of(0, 1)]] }),
    ...method("Subset", () => new nn.Subset(data(), [0, 1]), { get: [() => [0]] }),
    ...method("DataLoader", () => new nn.DataLoader(data()), state),
  ];
}
