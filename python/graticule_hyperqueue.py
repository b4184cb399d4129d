"""Hands the parts of a step to HyperQueue: ``python -m graticule_hyperqueue JOB STEP PARTS``.

It is the command line of graticule's executor ``Staged``::

    CommandLine::new("python -m graticule_hyperqueue {job} {step} {parts} --server-dir /shared/hq")

and ends when all parts have ended. Parts that fail are not HyperQueue's concern: the job says which are done, and graticule
starts the others again.
"""

from __future__ import annotations

import argparse
import os
import tempfile

# The program that waits tells its progress itself.
os.environ.setdefault("TQDM_DISABLE", "1")

from hyperqueue import Client, Job  # noqa: E402
from hyperqueue.ffi.protocol import ResourceRequest  # noqa: E402


def main() -> None:
    """Submits one task for each part and waits for all of them."""
    parser = argparse.ArgumentParser(prog="graticule_hyperqueue", description=__doc__)
    parser.add_argument("job", help="where the job is: a folder or the address of a store")
    parser.add_argument("step", help="which step, and which attempt of it")
    parser.add_argument("parts", type=int, help="how many parts it has")
    parser.add_argument("--server-dir", help="the folder of HyperQueue's server, if it is not the usual one")
    parser.add_argument("--worker", default="graticule-worker", help="the worker program, as a path on the nodes")
    parser.add_argument("--cpus", default="1", help="cores of a part, as HyperQueue writes them")
    parser.add_argument("--memory", help="memory of a part, as 24GB; without it 60 %% of the node's")
    parser.add_argument("--logs", help="a folder for what parts print")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="graticule-hyperqueue-") as scratch:
        submit(asked, asked.logs or scratch)


def submit(asked: argparse.Namespace, logs: str) -> None:
    """Runs the parts as one HyperQueue job that goes on where some of them fail."""
    client = Client(asked.server_dir)
    job = Job(name=f"graticule {asked.step}", default_workdir=logs, max_fails=None)
    environment = {"RAYON_NUM_THREADS": asked.cpus}
    if asked.memory:
        environment["GRATICULE_MEMORY"] = asked.memory
    for part in range(asked.parts):
        job.program(
            [asked.worker, "run", asked.job, asked.step, str(part)],
            env=environment,
            name=f"part {part}",
            resources=ResourceRequest(cpus=asked.cpus),
        )
    submitted = client.submit(job)
    client.wait_for_jobs([submitted], raise_on_error=False)
    client.forget(submitted)


if __name__ == "__main__":
    main()
