"""Writes the .npy and .npz files of this folder with NumPy (1.24 here)."""
import numpy as np

real = [-3, 0, 1, 2, 100, 7]
natural = [3, 0, 1, 2, 100, 7]
kinds = {}
for order in "<>":
    for axes in "CF":
        for code in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split():
            values = np.array(natural if code[0] in "ub" else real, "f8").reshape(2, 3)
            if code[0] == "f":
                values = values + 0.25
            if code[0] == "c":
                values = values + 0.5j
            if code[0] == "b":
                values = values > 1
            kinds[f"{order}{code}{axes}"] = np.array(values, order + code, order=axes)
np.savez_compressed("kinds.npz", **kinds)
np.savez("stored.npz", z=np.array([1 + 2j, 3 - 4j]), scalar=np.float32(2.5), none=np.zeros((0, 3)))
cube = np.arange(24, dtype=">i4").reshape(2, 3, 4)
for version in (1, 2, 3):
    with open(f"version{version}.npy", "wb") as f:
        np.lib.format.write_array(f, np.asfortranarray(cube), version=(version, 0))
halves = np.array([0, -0.0, 1, -2, 65504, 2**-24, 2**-14, 1 / 3, np.inf, 1e-5, 2049, 2051], "f8")
np.savez_compressed("halves.npz", double=halves, half=halves.astype("f2"))
