#!/usr/bin/env python3
"""Times the codecs of each `Compression` alone, on one core: numcodecs for Zarr, zlib for NetCDF.

    compression.py

The field is that of examples/compression, so are the chunks (16 MiB). Rates are bytes of the field per second, the best of
three; deflate is timed on bytes that are shuffled already.
"""

import time
import zlib

import numcodecs
import numpy as np
from numcodecs import Blosc


def field():
    """Smooth, with noise of a hundredth of its range on it."""
    lat = np.deg2rad(np.arange(181) - 90.0)[:, None]
    lon = np.deg2rad(np.arange(360.0))
    t = np.arange(64)[:, None, None]
    noise = np.random.default_rng(1).random((64, 181, 360)) - 0.5
    wave = 5 * np.sin(3 * lon + 2 * lat) + 3 * np.cos(0.13 * t + lon)
    return (280 + 20 * np.cos(lat) ** 2 + wave + 0.36 * noise).astype("f4")


def best(f, *args):
    """The least time of three, and the result."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        out = f(*args)
        times.append(time.perf_counter() - start)
    return min(times), out


def tell(name, nbytes, encode, decode, data):
    """A line of the table."""
    write, packed = best(encode, data)
    read, _ = best(decode, packed)
    rates = " | ".join(f"{nbytes / 1e6 / t:.0f}" for t in (write, read))
    print(f"| {name} | {100 * len(packed) / nbytes:.1f} % | {rates} |")


numcodecs.blosc.use_threads = False
values = field()
print("| codec | size | encode MB/s | decode MB/s |\n|---|---|---|---|")
for name, level in [("lz4", 5), ("zstd", 3), ("zstd", 7)]:
    codec = Blosc(name, level, Blosc.SHUFFLE)
    tell(f"blosc {name} {level}", values.nbytes, codec.encode, codec.decode, values)
shuffled = np.ascontiguousarray(values.reshape(-1).view("u1").reshape(-1, 4).T).tobytes()
for level in [1, 4, 9]:
    tell(f"deflate {level}", values.nbytes, lambda data: zlib.compress(data, level), zlib.decompress, shuffled)
