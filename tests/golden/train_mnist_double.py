"""Writes train_mnist_double.json: the losses of 12 steps in complex128, of the networks of
train_mnist_cov and train_mnist_naive and their first weights, written with PyTorch's own operations.

    pip install torch safetensors
    python train_mnist_double.py IMAGES LABELS > train_mnist_double.json

IMAGES holds the first 384 training digits as float32 in 0 to 1, LABELS as bytes.
"""

import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file

torch.set_num_threads(1)
images = np.fromfile(sys.argv[1], np.float32).reshape(384, 1, 28, 28) - np.float32(0.5)
labels = torch.from_numpy(np.fromfile(sys.argv[2], np.uint8).astype(np.int64))
x_all = torch.from_numpy(images.astype(np.complex128))


def parameter(re, im):
    return torch.from_numpy((re + 1j * im).astype(np.complex128)).requires_grad_()


def layer(g, name, kind):
    part = lambda p, what: g[f"param.{name}.{kind}_{p}.{what}"].astype(np.float32)
    a, b = part("r", "bias"), part("i", "bias")
    return parameter(part("r", "weight"), part("i", "weight")), parameter(a - b, a + b)


def crelu(z):
    return torch.complex(F.relu(z.real), F.relu(z.imag))


def max_pool(z):
    _, at = F.max_pool2d(z.abs(), 2, return_indices=True)
    flat = z.flatten(2)
    return flat.gather(2, at.flatten(2)).reshape(at.shape)


def channel(v):
    return v.reshape(1, -1, 1, 1)


def covariance_norm(z, weight, bias, eps=1e-5):
    mean = z.mean((0, 2, 3), keepdim=True)
    d = z - mean
    x, y = d.real, d.imag
    rr = (x * x).mean((0, 2, 3)) + eps
    ii = (y * y).mean((0, 2, 3)) + eps
    ri = (x * y).mean((0, 2, 3))
    s = torch.sqrt(rr * ii - ri * ri)
    t = torch.sqrt(rr + ii + 2 * s)
    q = 1 / (s * t)
    wrr, wii, wri = channel((ii + s) * q), channel((rr + s) * q), channel(-ri * q)
    x, y = wrr * x + wri * y, wri * x + wii * y
    grr, gii, gri = (channel(weight[:, k]) for k in range(3))
    return torch.complex(grr * x + gri * y, gri * x + gii * y) + channel(bias)


def naive_norm(z, weight, bias, eps=1e-5):
    def unit(part):
        mean = part.mean((0, 2, 3), keepdim=True)
        return (part - mean) / torch.sqrt(part.var((0, 2, 3), unbiased=False, keepdim=True) + eps)

    scaled = torch.complex(channel(weight.real) * unit(z.real), channel(weight.imag) * unit(z.imag))
    return scaled + channel(bias)


def train(kind):
    g = load_file(f"{sys.path[0]}/train_mnist_{kind}.safetensors")
    c1, c2 = layer(g, "conv1", "conv"), layer(g, "conv2", "conv")
    f1, f2 = layer(g, "fc1", "fc"), layer(g, "fc2", "fc")
    if kind == "cov":
        weight = torch.from_numpy(g["param.bn.weight"].astype(np.float64)).requires_grad_()
        b = g["param.bn.bias"]
        bias = parameter(b[:, 0], b[:, 1])
        norm = covariance_norm
    else:
        part = lambda p, what: g[f"param.bn.bn_{p}.{what}"]
        weight = parameter(part("r", "weight"), part("i", "weight"))
        bias = parameter(part("r", "bias"), part("i", "bias"))
        norm = naive_norm
    # A bias made of two real layers' biases learns at twice the rate.
    plain = [c1[0], c2[0], f1[0], f2[0], weight, bias]
    optimizer = torch.optim.SGD(
        [{"params": plain}, {"params": [c1[1], c2[1], f1[1], f2[1]], "lr": 0.02}], lr=0.01, momentum=0.9
    )
    losses = []
    for step in range(12):
        z, target = x_all[32 * step : 32 * step + 32], labels[32 * step : 32 * step + 32]
        z = norm(max_pool(crelu(F.conv2d(z, *c1))), weight, bias)
        z = max_pool(crelu(F.conv2d(z, *c2))).flatten(1)
        z = F.linear(crelu(F.linear(z, *f1)), *f2)
        loss = F.cross_entropy(z.abs(), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


print(json.dumps({kind: train(kind) for kind in ("cov", "naive")}, indent=1))
