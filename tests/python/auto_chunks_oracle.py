#!/usr/bin/env python3
"""Prints the chunks that dask chooses, a JSON line for each case of a file of them.

    auto_chunks_oracle.py CASES

A case is a JSON line: shape, stored (the lengths of stored chunks), auto (which dimensions are chosen; the others become
one chunk), item (bytes of an element) and limit.
"""

import json
import sys

import numpy as np
from dask.array.core import normalize_chunks

for line in open(sys.argv[1]):
    case = json.loads(line)
    stored = normalize_chunks(tuple(case["stored"]), shape=tuple(case["shape"]))
    chunks = normalize_chunks(
        tuple("auto" if auto else -1 for auto in case["auto"]),
        shape=tuple(case["shape"]),
        limit=case["limit"],
        dtype=np.dtype(f"V{case['item']}"),
        previous_chunks=stored,
    )
    borders = [set(np.cumsum(c)) for c in chunks]
    split = any(b - set(np.cumsum(s)) for b, s in zip(borders, stored))
    print(json.dumps({
        "count": int(np.prod([len(c) for c in chunks])),
        "largest": int(np.prod([max(c) for c in chunks])) * case["item"],
        "split": split,
    }))
