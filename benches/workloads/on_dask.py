#!/usr/bin/env python3
"""Times workloads on a Dask cluster of two workers beside the local executor with two threads.

    python benches/workloads/on_dask.py --data DIR --program BIN --library LIB [--only W1,W2] [--repeat 3]

`BIN` is the example `workloads`, built with the feature `dask`; `LIB` the worker library. This Python needs
`distributed`; the package is taken from `python/`. Both executors run in turns. It prints a line for each workload: seconds
of both, their ratio, whether the sums of the results agree, and the processor time of the bridge, its start included, as a
part of the time of all repeats.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKLOADS = "W1,W2,W3,W4,W5,W8"
WORKERS = 2


def start(folder: pathlib.Path, environment: dict, memory: str) -> list:
    """A scheduler and its workers, when all of them are there."""
    file, log = folder / "scheduler.json", folder / "log"

    def run(module: str, *arguments: str) -> subprocess.Popen:
        command = [sys.executable, "-m", f"distributed.cli.{module}", "--scheduler-file", str(file), *arguments]
        with open(log, "a") as stderr:
            return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=stderr)

    started = [run("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")]
    while not file.exists():
        time.sleep(0.05)
    for i in range(WORKERS):
        local = ("--local-directory", str(folder / f"worker-{i}"))
        limits = ("--nthreads", "1", "--memory-limit", memory)
        started.append(run("dask_worker", "--host", "127.0.0.1", "--no-nanny", "--no-dashboard", *limits, *local))
    while log.read_text().count("Register worker") < WORKERS:
        time.sleep(0.05)
    return started


def run(command: list, environment: dict) -> dict:
    """The line that the program prints, and the processor time of its children."""
    # What others wrote shall not keep this one's writes waiting.
    os.sync()
    before = processor_time()
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    line = json.loads(done.stdout.strip().splitlines()[-1])
    return line | {"children_s": processor_time() - before - line["process_s"]}


def processor_time() -> float:
    """Of all processes that were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--library", required=True)
    parser.add_argument("--only", default=WORKLOADS)
    parser.add_argument("--repeat", default="3")
    parser.add_argument("--memory", default="1GiB", help="budget of the local run; the workers get as much in all for tasks")
    asked = parser.parse_args()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "python"), "GRATICULE_DASK_PYTHON": sys.executable}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        started = start(folder, environment, "4GiB")
        try:
            for name in asked.only.split(","):
                common = [asked.program, name, "--data", asked.data, "--repeat", asked.repeat]
                local = run([*common, "--out", str(folder / "local"), "--threads", "2", "--memory", asked.memory], environment)
                there = ["--dask", str(folder / "scheduler.json"), "--library", asked.library]
                dask = run([*common, "--out", str(folder / "dask"), *there], environment)
                a, b = local["wall_s"], dask["wall_s"]
                bridge = dask["children_s"] / sum(dask["wall_all"])
                same = "the same sums" if local["checksum"] == dask["checksum"] else "OTHER SUMS"
                print(f"{name}: local {a:.2f} s, Dask {b:.2f} s, {b / a:.2f} times, {same}, bridge {bridge:.2%}", flush=True)
        finally:
            for process in reversed(started):
                process.kill()
                process.wait()


if __name__ == "__main__":
    main()
