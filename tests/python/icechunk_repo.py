#!/usr/bin/env python3
"""Icechunk repositories by the Python package, to compare others with.

    icechunk_repo.py spec-version           prints the newest version of the format that the package knows
    icechunk_repo.py make REPO COPIES       makes a repository of several snapshots, and for each a plain Zarr store in
                                            COPIES, as xarray reads it; prints `name id` for each
    icechunk_repo.py copy REPO ID OUT [GROUP]   writes a snapshot as a plain Zarr store, as xarray reads it
    icechunk_repo.py append REPO START N    appends days, without texts, to the branch `main`, and commits
"""

import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("ICECHUNK_LOG", "error")

import icechunk
import xarray as xr
from zarr_update import chunks, dataset

warnings.simplefilter("ignore")


def storage(repo):
    return icechunk.local_filesystem_storage(repo)


def copy(repo, snapshot, out, group=None):
    session = repo.readonly_session(snapshot_id=snapshot)
    ds = xr.open_zarr(session.store, group=group, consolidated=False).load()
    for variable in ds.variables.values():
        for key in ("compressors", "filters", "serializer", "object_codec"):
            variable.encoding.pop(key, None)
    ds.to_zarr(out, consolidated=False)


def make(path, copies):
    repo = icechunk.Repository.create(storage(path))
    made = {}

    def write(name, message, branch, ds, **options):
        session = repo.writable_session(branch)
        ds.to_zarr(session.store, consolidated=False, **options)
        made[name] = session.commit(message)

    write("first", "ten days", "main", dataset(0, 10), mode="w-", **chunks((4, 2)))
    repo.create_tag("v1", snapshot_id=made["first"])
    write("second", "seven more", "main", dataset(10, 7), append_dim="time")
    repo.create_branch("dev", snapshot_id=made["first"])
    part = dataset(4, 4, seed=9).drop_vars(["x", "label"])
    write("dev", "four days anew", "dev", part, region={"time": slice(4, 8)})
    write("sharded", "in shards", "dev", dataset(0, 9, seed=3), mode="w", **chunks((2, 1), shards=(6, 3)))
    for name, snapshot in made.items():
        copy(repo, snapshot, Path(copies) / name)
        print(name, snapshot)


def append(path, start, n):
    repo = icechunk.Repository.open(storage(path))
    session = repo.writable_session("main")
    numbers = dataset(int(start), int(n)).drop_vars(["name", "label"])
    numbers.to_zarr(session.store, append_dim="time", consolidated=False)
    print(session.commit("appended by Python"))


def main(what, *args):
    if what == "spec-version":
        print(1 if icechunk.__version__.startswith("1.") else 2)
    elif what == "make":
        make(*args)
    elif what == "copy":
        copy(icechunk.Repository.open(storage(args[0])), *args[1:])
    elif what == "append":
        append(*args)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
