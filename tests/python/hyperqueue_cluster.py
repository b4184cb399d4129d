#!/usr/bin/env python3
"""A HyperQueue server with two workers of one core each: `hyperqueue_cluster.py FOLDER`.

It writes the file FOLDER.ready when it is, and ends with its input.
"""

import sys
from pathlib import Path

from hyperqueue import LocalCluster
from hyperqueue.cluster import WorkerConfig

with LocalCluster(sys.argv[1]) as cluster:
    cluster.start_worker(WorkerConfig(cores=1))
    cluster.start_worker(WorkerConfig(cores=1))
    Path(sys.argv[1] + ".ready").touch()
    sys.stdin.read()
