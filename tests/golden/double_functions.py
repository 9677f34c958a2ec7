"""Writes double_functions.json: elementwise functions at hard points, to 40 digits by mpmath, rounded.

    pip install mpmath && python double_functions.py > double_functions.json
"""

import json
import math
import random

from mpmath import mp, mpc, mpf

mp.prec = 2400  # enough for products with phases of 10^300
random.seed(20)


def spread(count, low, high):
    return [random.choice([-1, 1]) * 10 ** random.uniform(low, high) for _ in range(count)]


REALS = [0.1, -0.7, 1.0, 3.0, 0.5, 1e-8, -1e-300, 1e-160, 20.5, -36.2, 100.25, -300.5, 1e5, 1e22, 1e300]
REALS += spread(12, -3, 2) + [1 + 2.0**-k for k in (3, 20, 40, 52)] + [1 - 2.0**-k for k in (3, 20, 40, 53)]


def turned(radius, phase):
    return complex(radius * math.cos(phase), radius * math.sin(phase))


COMPLEX = [complex(x, y) for x in (0.1, -0.7, 3.0, 1e-9, -20.5, 300.0) for y in (0.2, -1.5, 1e-9, 40.0, 1e6)]
# Near the unit circle, where the logarithm of the modulus cancels.
COMPLEX += [turned(1 + random.uniform(-1, 1) * 10**-k, random.uniform(-3, 3)) for k in range(1, 17)]
# Large, tiny, and beyond what squares hold.
COMPLEX += [turned(10.0**k, random.uniform(-3, 3)) for k in (-300, -200, -20, 20, 160, 300)]
COMPLEX += [complex(1e300, 1e-300), complex(1e-310, 1e-3), complex(709.5, 3.1), complex(-745.0, 0.3)]
COMPLEX += [complex(random.uniform(-5, 5), random.uniform(-5, 5)) for _ in range(20)]

real = lambda f: lambda x: f(mpf(x))
FUNCTIONS = {
    "expReal": real(mp.exp), "expm1": real(mp.expm1), "logReal": real(mp.log), "log1p": real(mp.log1p),
    "sqrtReal": real(mp.sqrt), "sinReal": real(mp.sin), "cosReal": real(mp.cos), "tanReal": real(mp.tan),
    "sinhReal": real(mp.sinh), "coshReal": real(mp.cosh), "tanhReal": real(mp.tanh), "erf": real(mp.erf),
    "sigmoid": real(lambda x: 1 / (1 + mp.exp(-x))), "sechSquaredReal": real(lambda x: mp.sech(x) ** 2),
    "reciprocalReal": real(lambda x: 1 / x),
    "absComplex": abs, "angle": mp.arg, "expComplex": mp.exp, "logComplex": mp.log, "sqrtComplex": mp.sqrt,
    "sinComplex": mp.sin, "cosComplex": mp.cos, "tanComplex": mp.tan, "sinhComplex": mp.sinh,
    "coshComplex": mp.cosh, "tanhComplex": mp.tanh, "sechSquaredComplex": lambda z: mp.sech(z) ** 2,
    "reciprocalComplex": lambda z: 1 / z, "squareComplex": lambda z: z * z, "sgn": lambda z: z / abs(z),
}
BINARY = {"divComplex": lambda z, w: z / w, "mulComplex": lambda z, w: z * w, "powComplex": lambda z, w: z**w}
BINARY_REAL = {"powReal": lambda x, y: x**y, "atan2": mp.atan2}


def parts(value):
    return [float(value.real), float(value.imag)] if isinstance(value, mpc) else [float(value)]


def fine(values):
    return all(math.isfinite(v) and (v == 0 or abs(v) > 1e-306) for v in values)


rows = []
for name, f in FUNCTIONS.items():
    is_complex = name.endswith("Complex") or name in ("angle", "sgn")
    for x in COMPLEX if is_complex else REALS:
        if name in ("logReal", "sqrtReal") and x <= 0 or name == "log1p" and x <= -1:
            continue
        if name.startswith(("tan", "sech")) and isinstance(x, complex) and abs(x.real) > 1e200:
            continue
        try:
            value = parts(f(mpc(x)) if is_complex else f(x))
        except (OverflowError, ValueError):
            continue
        if fine(value):
            rows.append([name, [x.real, x.imag] if is_complex else [x], value])
for name, f in BINARY.items():
    for _ in range(60):
        z, w = (turned(10 ** random.uniform(*size), random.uniform(-3, 3)) for size in
                (random.choice([(-1, 1), (-300, 300), (-150, 150)]) for _ in range(2)))
        if name == "powComplex":
            z, w = turned(10 ** random.uniform(-3, 3), random.uniform(-3, 3)), turned(10 ** random.uniform(-2, 1.5), random.uniform(-3, 3))
        value = parts(f(mpc(z), mpc(w)))
        if fine(value):
            rows.append([name, [z.real, z.imag, w.real, w.imag], value])
for name, f in BINARY_REAL.items():
    for x, y in zip(spread(40, -3, 2), spread(40, -2, 1.5)):
        x = abs(x) if name == "powReal" else x
        rows.append([name, [x, y], parts(f(mpf(x), mpf(y)))])
print("[" + ",\n".join(json.dumps(row) for row in rows) + "]")
