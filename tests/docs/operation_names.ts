/** What the operations are called in NumPy and PyTorch. */

/** Names elsewhere: those of NumPy are below `np`, of PyTorch below `torch`; null where there is none. */
export interface Elsewhere {
  readonly numpy: string | null;
  readonly torch: string | null;
}

/** A line has our name, NumPy's and PyTorch's; `-` stands for none, and `=` for ours. */
const FUNCTIONS = `
arange = =
complex - =
complexTensor array tensor
eye = =
full = =
linspace = =
meshgrid = =
ones = =
parameter - nn.Parameter
polar - =
tensor array tensor
zeros = =
setDefaultDtype - set_default_dtype
getDefaultDtype - get_default_dtype
getRandomState random.get_state get_rng_state
manualSeed random.seed manual_seed
poisson random.poisson =
rand random.rand =
randn random.randn =
randnComplex - randn
setRandomState random.set_state set_rng_state
fft fft.fft fft.fft
fft2 fft.fft2 fft.fft2
fftn fft.fftn fft.fftn
ifft fft.ifft fft.ifft
ifft2 fft.ifft2 fft.ifft2
ifftn fft.ifftn fft.ifftn
rfft fft.rfft fft.rfft
rfft2 fft.rfft2 fft.rfft2
rfftn fft.rfftn fft.rfftn
irfft fft.irfft fft.irfft
irfft2 fft.irfft2 fft.irfft2
irfftn fft.irfftn fft.irfftn
fftfreq fft.fftfreq fft.fftfreq
rfftfreq fft.rfftfreq fft.rfftfreq
fftshift fft.fftshift fft.fftshift
ifftshift fft.ifftshift fft.ifftshift
readNpy load -
writeNpy save -
readNpz load -
writeNpz savez -
concat concatenate cat
flip = =
pad = nn.functional.pad
pick take_along_axis gather
roll = =
split = =
stack = =
take = index_select
patches - nn.functional.unfold
addPatches - nn.functional.fold
add = =
atan2 arctan2 =
div divide =
equal = eq
greater = gt
greaterEqual greater_equal ge
less = lt
lessEqual less_equal le
maximum = =
minimum = =
mul multiply =
notEqual not_equal ne
pow power =
sub subtract =
where = =
einsum = =
neg negative =
reciprocal = =
square = =
exp = =
log = =
sqrt = =
sin = =
cos = =
tan = =
sinh = =
cosh = =
tanh = =
sgn sign =
relu - =
sigmoid - =
expm1 = =
erf - =
abs = =
absSquared - -
angle = =
conj = =
imag = =
real = =
kron = =
matmul = =
outer = =
vdot = =
argmax = =
argmin = =
cumsum = =
max = amax
mean = =
min = amin
prod = =
sum = =
diag = =
diagonal = =
trace = =
eigh linalg.eigh linalg.eigh
eigvalsh linalg.eigvalsh linalg.eigvalsh
expm - linalg.matrix_exp
norm linalg.norm linalg.norm
qr linalg.qr linalg.qr
det linalg.det linalg.det
inv linalg.inv linalg.inv
slogdet linalg.slogdet linalg.slogdet
solve linalg.solve linalg.solve
svd linalg.svd linalg.svd
svdvals linalg.svdvals linalg.svdvals
ComplexTensor ndarray Tensor
RealTensor ndarray Tensor
Tensor ndarray Tensor
detectAnomaly - autograd.detect_anomaly
setDetectAnomaly - autograd.set_detect_anomaly
gradcheck - autograd.gradcheck
definePrimitive - autograd.Function
grad - func.grad
valueAndGrad - func.grad_and_value
noGrad - no_grad
`;

const LAYERS = `
saveCheckpoint save
loadCheckpoint load
saveModel save
loadModel load
IterableDataset utils.data.IterableDataset
DataLoader utils.data.DataLoader
collate utils.data.default_collate
randomSplit utils.data.random_split
Subset utils.data.Subset
TensorDataset utils.data.TensorDataset
mse nn.functional.mse_loss
l1 nn.functional.l1_loss
huber nn.functional.huber_loss
cosineSimilarity nn.functional.cosine_similarity
nll nn.functional.nll_loss
crossEntropy nn.functional.cross_entropy
softmax nn.functional.softmax
logSoftmax nn.functional.log_softmax
Layer nn.Module
Module nn.Module
MultiheadAttention nn.MultiheadAttention
Conv1d nn.Conv1d
Conv2d nn.Conv2d
Conv3d nn.Conv3d
ConvTranspose1d nn.ConvTranspose1d
ConvTranspose2d nn.ConvTranspose2d
ConvTranspose3d nn.ConvTranspose3d
BatchNorm1d nn.BatchNorm1d
BatchNorm2d nn.BatchNorm2d
BatchNorm3d nn.BatchNorm3d
Dropout nn.Dropout
Dropout2d nn.Dropout2d
Embedding nn.Embedding
Flatten nn.Flatten
Linear nn.Linear
LayerNorm nn.LayerNorm
GroupNorm nn.GroupNorm
RMSNorm nn.RMSNorm
CReLU nn.ReLU
CSigmoid nn.Sigmoid
CTanh nn.Tanh
CPReLU nn.PReLU
CLeakyReLU nn.LeakyReLU
CELU nn.CELU
CGELU nn.GELU
ReLU nn.ReLU
LeakyReLU nn.LeakyReLU
PReLU nn.PReLU
ELU nn.ELU
GELU nn.GELU
SiLU nn.SiLU
Sigmoid nn.Sigmoid
Tanh nn.Tanh
MaxPool1d nn.MaxPool1d
MaxPool2d nn.MaxPool2d
AvgPool1d nn.AvgPool1d
AvgPool2d nn.AvgPool2d
AdaptiveAvgPool1d nn.AdaptiveAvgPool1d
AdaptiveAvgPool2d nn.AdaptiveAvgPool2d
GRU nn.GRU
LSTM nn.LSTM
GRUCell nn.GRUCell
Sequential nn.Sequential
TransformerEncoderLayer nn.TransformerEncoderLayer
Upsample nn.Upsample
init nn.init
functional nn.functional
Adagrad optim.Adagrad
Adam optim.Adam
AdamW optim.AdamW
LBFGS optim.LBFGS
Optimizer optim.Optimizer
RMSprop optim.RMSprop
SGD optim.SGD
clipGradNorm nn.utils.clip_grad_norm_
clipGradValue nn.utils.clip_grad_value_
CosineAnnealingLR optim.lr_scheduler.CosineAnnealingLR
ExponentialLR optim.lr_scheduler.ExponentialLR
LambdaLR optim.lr_scheduler.LambdaLR
LinearLR optim.lr_scheduler.LinearLR
MultiStepLR optim.lr_scheduler.MultiStepLR
OneCycleLR optim.lr_scheduler.OneCycleLR
ReduceLROnPlateau optim.lr_scheduler.ReduceLROnPlateau
Schedule optim.lr_scheduler.LRScheduler
SequentialLR optim.lr_scheduler.SequentialLR
StepLR optim.lr_scheduler.StepLR
functional.crelu nn.functional.relu
functional.csigmoid nn.functional.sigmoid
functional.ctanh nn.functional.tanh
functional.cprelu nn.functional.prelu
functional.cleakyRelu nn.functional.leaky_relu
functional.celu nn.functional.celu
functional.cgelu nn.functional.gelu
functional.elu nn.functional.elu
functional.gelu nn.functional.gelu
functional.leakyRelu nn.functional.leaky_relu
functional.prelu nn.functional.prelu
functional.silu nn.functional.silu
functional.scaledDotProductAttention nn.functional.scaled_dot_product_attention
functional.batchNorm nn.functional.batch_norm
functional.conv1d nn.functional.conv1d
functional.conv2d nn.functional.conv2d
functional.conv3d nn.functional.conv3d
functional.convTranspose1d nn.functional.conv_transpose1d
functional.convTranspose2d nn.functional.conv_transpose2d
functional.convTranspose3d nn.functional.conv_transpose3d
functional.dropout nn.functional.dropout
functional.dropout2d nn.functional.dropout2d
functional.embedding nn.functional.embedding
functional.linear nn.functional.linear
functional.layerNorm nn.functional.layer_norm
functional.groupNorm nn.functional.group_norm
functional.rmsNorm nn.functional.rms_norm
functional.maxPool1d nn.functional.max_pool1d
functional.maxPool2d nn.functional.max_pool2d
functional.avgPool1d nn.functional.avg_pool1d
functional.avgPool2d nn.functional.avg_pool2d
functional.adaptiveAvgPool1d nn.functional.adaptive_avg_pool1d
functional.adaptiveAvgPool2d nn.functional.adaptive_avg_pool2d
functional.upsample nn.functional.interpolate
`;

/** Methods and properties of tensors that are not functions besides. */
const METHODS = `
T T mT
H - mH
at [k] select
backward - Tensor.backward
data - Tensor.numpy
detach - Tensor.detach
dtype ndarray.dtype Tensor.dtype
expand broadcast_to Tensor.expand
flatten ndarray.flatten flatten
format array_str -
item ndarray.item Tensor.item
permute transpose permute
rank ndim Tensor.ndim
reshape = =
shape ndarray.shape Tensor.shape
size ndarray.size Tensor.numel
slice [a:b] narrow
squeeze = =
toArray ndarray.tolist Tensor.tolist
transpose swapaxes =
unsqueeze expand_dims =
requiresGrad - Tensor.requires_grad
to ndarray.astype Tensor.to
assign ndarray.__setitem__ Tensor.copy_
`;

function linesOf(text: string): string[][] {
  return text.trim().split("\n").map((line) => line.split(" "));
}

const named = (name: string | undefined, own: string) =>
  name === undefined || name === "-" ? null : name === "=" ? own : name;

function table(text: string): Map<string, Elsewhere> {
  return new Map(
    linesOf(text).map(([own, numpy, torch]) => [
      own,
      { numpy: named(numpy, own), torch: named(torch, own) },
    ]),
  );
}

/** Names of the functions of the package. */
export const FUNCTION_NAMES: ReadonlyMap<string, Elsewhere> = table(FUNCTIONS);

/** Names of what is in `nn`, as `functional.conv2d`. */
export const LAYER_NAMES: ReadonlyMap<string, Elsewhere> = new Map(
  linesOf(LAYERS).map(([own, torch]) => [own, { numpy: null, torch }]),
);

/** Names of the methods and properties of tensors. */
export const METHOD_NAMES: ReadonlyMap<string, Elsewhere> = table(METHODS);
