/** What PyTorch and Keras have and modules, optimisers and loaders here have not, with what to write. */
import type { Habits, ListHabits } from "../complex/tensor/habits.ts";

const ENGINE = "before the model is made, which chooses the engine for all tensors";

/** What to write in place of names that modules do not have. */
export const MODULE_HABITS: Habits = {
  state_dict: ["await model.stateDict()"],
  load_state_dict: ["model.loadStateDict(dict)"],
  named_parameters: ["model.namedParameters()"],
  named_modules: ["model.namedModules()"],
  named_buffers: ["model.namedBuffers()"],
  register_buffer: ["this.mean = parameter(x, { requiresGrad: false })"],
  register_parameter: ["this.weight = parameter(x)"],
  zero_grad: ["optimizer.zeroGrad()"],
  zeroGrad: ["optimizer.zeroGrad()"],
  requires_grad_: ["parameter(x, { requiresGrad: false })", "where the parameter is made"],
  double: ['model.to("complex128")'],
  float: ['model.to("complex64")'],
  cpu: ['await gpu.use("cpu")', ENGINE],
  cuda: ['await gpu.use("webgpu")', ENGINE],
  call: ["model.apply(z)"],
  predict: ["model.eval().apply(z)"],
  fit: ["await nn.fit(model, { data, optimizer, loss, epochs: 20 })"],
  summary: ["nn.summary(model, shape)"],
  save: ["await nn.saveModel(path, model)"],
  load: ["await nn.loadModel(path, nn.Sequential)"],
  add: ["new nn.Sequential(layer, other)"],
};

/** What to write in place of names that optimisers do not have. */
export const OPTIMIZER_HABITS: Habits = {
  zero_grad: ["optimizer.zeroGrad()"],
  state_dict: ["await optimizer.stateDict()"],
  load_state_dict: ["optimizer.loadStateDict(dict)"],
  param_groups: ["optimizer.groups"],
  add_param_group: ["new nn.Adam([{ params }, { params: others }])"],
  lr: ["optimizer.groups[0].lr"],
  minimize: ["loss.backward()", "and then optimizer.step()"],
};

const LOOP = ["for await (const batch of loader)"] as const;

/** What to write where a loader is taken for a list. */
export const LOADER_AS_LIST: ListHabits = { read: LOOP, choose: LOOP, assign: LOOP, iterate: LOOP };
