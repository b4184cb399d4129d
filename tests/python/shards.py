#!/usr/bin/env python3
"""Writes the Zarr stores `start.zarr` and `end.zarr`, named by where their shards have the index.

    shards.py FOLDER

The array `a` (24, 40) counts from 1, in shards of [12, 20] of chunks of [2, 5]. Of the shard at [0, 20] the chunks
with even numbers along both axes are missing, the shard at [12, 0] is missing as a whole.
"""

import sys

import numpy as np
import zarr

values = np.arange(1, 24 * 40 + 1, dtype="f8").reshape(24, 40)
for row in range(0, 12, 4):
    for column in range(20, 40, 10):
        values[row : row + 2, column : column + 5] = 0
values[12:24, 0:20] = 0
for location in ["start", "end"]:
    group = zarr.open_group(f"{sys.argv[1]}/{location}.zarr", mode="w", zarr_format=3)
    array = group.create_array(
        "a",
        shape=values.shape,
        dtype="f8",
        chunks=(2, 5),
        shards={"shape": (12, 20), "index_location": location},
        fill_value=0.0,
        dimension_names=("y", "x"),
    )
    array[:] = values
