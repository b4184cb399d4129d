"""Runs the example `workloads` and its peers in turns on the same data, compares their results, and prints the table of
docs/performance.md.

    target/peers/bin/python benches/workloads/run.py --data DIR [--only W1,W3] [--engines dask,hand] [--rounds 2]
        [--repeat 3] [--peers benches/workloads/peers.py] [--program target/release/examples/workloads] [--memory 1GiB]

Whatever else the machine does hits all of them: each round runs each engine once, in a process of its own. `--peers`
takes any program with the command line of peers.py. A time is the median of all repeats but the first of each process.

The limit of a workload is the largest of: reading and decoding its input from files in the page cache, encoding its
result, and moving through memory what has to be moved; each by the C libraries alone on all cores, in this same run.
"""

import argparse
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import zarr
from numcodecs import Blosc, Zstd, blosc

THREADS = os.cpu_count()
USERS = ("dask", "dask-zarrs", "dist", "xarray")  # What a user writes; all others are rewrites of experts.

# Reads: variables of stores, or NetCDF files.
WORKLOADS = {
    "W1": ("climatology: mean, std by month and day", ["t2m/t2m"]),
    "W2": ("anomalies to Zarr", ["t2m/t2m"]),
    "W3": ("zonal means", ["pl/u", "pl/v", "pl/w", "pl/t"]),
    "W4": ("eddy fluxes, daily", ["pl/u", "pl/v", "pl/w", "pl/t"]),
    "W5": ("rechunk maps to series", ["t2m/t2m"]),
    "W6": ("48 NetCDF files to Zarr", ["nc/t2m_*.nc"]),
    "W7": ("regrid bilinearly", ["e025/t2m", "e025/u10", "e025/v10"]),
    "W8": ("cloud-free monthly median", ["sat/red", "sat/nir", "sat/qa"]),
    "W9a": ("maximum of running means", ["t2m/t2m"]),
    "W9b": ("enstrophy", ["e025/u10", "e025/v10"]),
    "W10t": ("0.9 quantile in time", ["t2m/t2m"]),
    "W10s": ("0.9 quantile of each map", ["t2m/t2m"]),
    "W11": ("formula in memory", []),
    "W12-100k": ("mean of 100,000 tiny chunks", []),
    "W12-1M": ("mean of 1,000,000 tiny chunks", []),
    "W12-anom": ("anomalies of 100,000 tiny chunks", []),
    "W13": ("series at 1000 points", ["t2m/t2m"]),
    "W14": ("24 reductions in memory", []),
    "W15": ("small operations by label", []),
    "W16": ("monthly mean, max to NetCDF", ["t2m/t2m"]),
    "W17": ("times of 500 small files", []),
    "W17m": ("the same, opened before", []),
    "W18": ("means of groups in memory", []),
    "W19": ("weighted mean", ["sst/sst"]),
    "W20n": ("read NetCDF4, deflate 4 + shuffle", ["nc/read.nc"]),
    "W20z": ("read Zarr, zstd", ["sst/sst"]),
    "W20b": ("read Zarr, blosc zstd", ["t2m/t2m"]),
    "W21": ("mean of 100,000 stored chunks", ["many/x"]),
}

# Bytes that W20 reads.
READ = 500_000_000

# Largest difference, in standard deviations of the result; 1e-5 where nothing is said. Products and derivatives of
# float32 lose digits, and bottleneck sums float32 one after the other.
TOLERANCE = {"W4": 1e-4, "W9b": 1e-4, "W14": 1e-2}


# ---- running


def run(command, timeout):
    """The line of JSON that a program prints."""
    try:
        p = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return {"error": f"more than {timeout:.0f} s"}
    lines = p.stdout.strip().splitlines()
    if p.returncode or not lines:
        return {"error": (p.stderr.strip().splitlines() or ["no output"])[-1][:200]}
    return json.loads(lines[-1])


def joined(lines):
    """What several runs of one engine come to."""
    good = [x for x in lines if "error" not in x]
    if len(good) < len(lines) or not good:
        return next(x for x in lines if "error" in x)
    walls = [w for x in good for w in x["wall_all"][min(1, len(x["wall_all"]) - 1) :]]
    out = good[-1] | dict(wall_s=statistics.median(walls), peak_rss_mb=max(x["peak_rss_mb"] for x in good))
    if "sub" in out:
        out["sub"] = {k: statistics.median(x["sub"][k] for x in good) for k in out["sub"]}
    return out


# ---- comparing


def result(path):
    """The arrays that an engine left."""
    if os.path.exists(path + ".npz"):
        with np.load(path + ".npz") as f:
            return dict(f)
    if os.path.exists(path + ".zarr"):
        g = zarr.open_group(path + ".zarr", mode="r") if os.path.exists(path + ".zarr/zarr.json") else None
        names = [k for k in os.listdir(path + ".zarr") if k not in ("time", "lat", "lon", "zarr.json")]
        return {k: g[k] if g else zarr.open_array(f"{path}.zarr/{k}", mode="r") for k in names}
    if os.path.exists(path + ".nc"):
        import netCDF4

        with netCDF4.Dataset(path + ".nc") as d:
            d.set_auto_maskandscale(False)
            return {k: v[...] for k, v in d.variables.items() if k not in d.dimensions}
    return {}


def difference(a, b, scale):
    """The largest difference of two arrays in units of `scale`; infinite where only one has a number."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    there = np.isfinite(a)
    if not np.array_equal(there, np.isfinite(b)):
        return np.inf
    return float(np.max(np.abs(a - b), where=there, initial=0)) / scale


def compare(ours, theirs, our_line, their_line):
    """The largest difference of all variables that both have, `None` where there are none."""
    a, b = result(ours), result(theirs)
    worst = None
    for k in a.keys() & b.keys():
        x, y = a[k], b[k]
        if [n for n in x.shape if n > 1] != [n for n in y.shape if n > 1]:
            print(f"  {k} has shape {x.shape}, the peer's {y.shape}")
            return np.inf
        # Piece by piece along time, as stores may be large.
        n = x.shape[0] if x.shape and x.shape == y.shape else 1
        pieces = [slice(i, i + -(-n // 16)) for i in range(0, n, -(-n // 16))] if n > 1000 else [...]
        sample = np.asarray(y[pieces[0]], np.float64)
        sample = sample[np.isfinite(sample)]
        scale = (sample.std() or np.abs(sample).max()) if sample.size else 0
        worst = max(worst or 0, *(difference(np.squeeze(x[p]), np.squeeze(y[p]), scale or 1) for p in pieces))
    if worst is not None:
        return worst
    # What was too large to keep has sums.
    a, b = our_line.get("checksum", {}), their_line.get("checksum", {})
    for k in a.keys() & b.keys():
        n = max(1, int(np.prod(a[k]["shape"])))
        size = (a[k]["sq"] / n) ** 0.5 or 1
        off = abs(a[k]["sum"] - b[k]["sum"]) / n / size
        worst = max(worst or 0, off, abs(a[k]["sq"] / b[k]["sq"] - 1) if b[k].get("sq") else 0)
        if a[k].get("nan") != b[k].get("nan"):
            return np.inf
    return worst


# ---- the limits


def on_threads(f, items):
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(f, [items[k::THREADS] for k in range(THREADS)]))


def best(f, rounds=3):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return min(times)


def codec_of(array):
    names = [c["name"] for c in json.load(open(f"{array}/zarr.json"))["codecs"]]
    return Blosc() if "blosc" in names else Zstd() if "zstd" in names else None


def chunk_files(array):
    return [os.path.join(d, f) for d, _, files in os.walk(array) for f in files if f != "zarr.json"]


def decode_zarr(arrays, most=None, whole=False):
    """Seconds to read and decode all chunks, or the first `most` bytes of them: into one buffer for each thread, or into a
    new array of the `whole`, one chunk after the other."""
    jobs = []
    for a in arrays:
        z = zarr.open_array(a, mode="r")
        size = int(np.prod(z.chunks)) * z.dtype.itemsize
        jobs += [(f, codec_of(a), size) for f in chunk_files(a)[: most and most // size]]
    ends = np.cumsum([size for *_, size in jobs])
    jobs = [(*job, end) for job, end in zip(jobs, ends)]

    def work(part, into=None):
        buffers = {}
        for file, codec, size, end in part:
            with open(file, "rb") as f:
                data = f.read()
            if codec:
                out = buffers.setdefault(size, np.empty(size, np.uint8)) if into is None else into[end - size : end]
                codec.decode(data, out=out)

    def all_of_it():
        into = np.empty(ends[-1], np.uint8) if whole else None
        on_threads(lambda part: work(part, into), jobs)

    blosc.use_threads = False
    return best(all_of_it)


def decode_netcdf(files):
    import h5py

    try:
        from deflate import zlib_decompress as inflate  # libdeflate
    except ImportError:
        inflate = lambda data, size: zlib.decompress(data, bufsize=size)
    chunks = []
    for file in files:
        with h5py.File(file) as h:
            for v in (v for v in h.values() if v.ndim > 2):
                size = int(np.prod(v.chunks)) * v.dtype.itemsize
                places = [v.id.get_chunk_info(i).chunk_offset for i in range(v.id.get_num_chunks())]
                chunks += [(v.id.read_direct_chunk(p)[1], size) for p in places]

    def work(part):
        for data, size in part:
            np.frombuffer(inflate(data, size), np.uint8).reshape(4, -1).T.copy()

    return best(lambda: on_threads(work, chunks), 2)


def encode_zarr(array):
    """Seconds to encode the chunks of a result as they are stored, from a sample of them."""
    z = zarr.open_array(array, mode="r")
    files = chunk_files(array)
    sample = files[:: max(1, len(files) // 32)]
    codec = codec_of(array)
    data = [np.frombuffer(codec.decode(open(f, "rb").read()), z.dtype) for f in sample] if codec else []
    lz4 = Blosc("lz4", 5, Blosc.SHUFFLE)
    return best(lambda: on_threads(lambda part: [lz4.encode(x) for x in part], data)) * len(files) / len(sample)


@numba.njit(parallel=True, fastmath=True)
def total(x):
    s = np.float32(0)
    for i in numba.prange(len(x)):
        s += x[i]
    return s


@numba.njit(parallel=True, fastmath=True)
def triad(x, y, z):
    for i in numba.prange(len(x)):
        z[i] = x[i] + y[i]


def bandwidths(n=64 << 20):
    """Bytes a second that all cores read; and that they read and write, two reads for a write."""
    x, y, z = (np.full(n, k, np.float32) for k in range(3))
    total(x), triad(x, y, z)
    return 4 * n / best(lambda: total(x), 5), 12 * n / best(lambda: triad(x, y, z), 5)


def limit_of(name, data, ours, cache, bandwidth):
    """Seconds, and what they are spent on."""
    inputs = WORKLOADS[name][1]
    limits = {}
    if inputs:
        most = READ if name.startswith("W20") else None
        key = (most, *inputs)
        if key not in cache:
            netcdf = [f for i in inputs if i.endswith(".nc") for f in sorted(glob.glob(f"{data}/{i}"))]
            cache[key] = decode_netcdf(netcdf) if netcdf else decode_zarr([f"{data}/{i.replace('/', '.zarr/')}" for i in inputs], most)
        limits["decode"] = cache[key]
    if name in ("W2", "W5", "W6"):
        for k in result(ours):
            limits["encode"] = encode_zarr(f"{ours}.zarr/{k}")
    size = lambda array: int(np.prod(zarr.open_array(f"{data}/{array}", mode="r").shape)) * 4
    if name == "W11":
        limits["memory"] = 3 * size("vectors.zarr/u") / bandwidth[1]
    if name == "W14":
        limits["memory"] = 24 * size("cube.zarr/a") / bandwidth[0]
    if name == "W18":
        limits["memory"] = (2 * size("groups.zarr/a") + size("groups.zarr/b")) / bandwidth[0]
    return max(((s, k) for k, s in limits.items()), default=(None, ""))


# ---- the table


def seconds(s):
    return "" if s is None else f"{s:.0f}" if s >= 100 else f"{s:.3g}" if s >= 0.1 else f"{1000 * s:.3g} ms"


def times(theirs, ours):
    return f"{theirs / ours:.2g}×" if theirs / ours < 10 else f"{theirs / ours:.0f}×"


def fastest(lines, names):
    good = [(lines[n]["wall_s"], n) for n in names if n in lines and "error" not in lines[n]]
    return min(good, default=None)


def row(name, lines, differs, limit):
    """A line of Markdown."""
    ours = lines["graticule"]
    if "error" in ours:
        return f"| {name} | {WORKLOADS[name][0]} | {ours['error']} |" + " |" * 8
    wall = ours["wall_s"]
    cells = [name, WORKLOADS[name][0], seconds(wall)]
    peers = [e for e in lines if e != "graticule"]
    for found in (fastest(lines, [e for e in peers if e in USERS]), fastest(lines, peers)):
        cells += [f"{seconds(found[0])} ({found[1]})", times(found[0], wall)] if found else ["", ""]
    cells += [f"{seconds(limit[0])} ({limit[1]})", f"{wall / limit[0]:.2f}"] if limit[0] else ["", ""]
    result_mb = sum(4 * np.prod(c["shape"]) for c in ours["checksum"].values()) / 1e6
    stored = name in ("W2", "W5", "W6", "W16")
    cells += [f"{ours['peak_rss_mb']:.0f}", "" if stored else f"{result_mb:.0f}"]
    return "| " + " | ".join(cells + ["" if differs is None else f"{differs:.0e}"]) + " |"


HEAD = """| | workload | graticule | user's form | ratio | best of all | ratio | limit | of limit | peak MB | result MB | differs |
|---|---|---|---|---|---|---|---|---|---|---|---|"""


def parts_table(name, lines):
    """A line for each part of a workload that has parts."""
    ours = lines["graticule"]["sub"]
    unit = (lambda s: f"{s:.3g} µs") if name == "W15" else seconds
    print(f"\n| {name} | graticule | user's form | ratio | best of all | ratio |\n|---|---|---|---|---|---|")
    for part, wall in ours.items():
        there = {e: x["sub"][part] for e, x in lines.items() if e != "graticule" and part in x.get("sub", {})}
        cells = [part, unit(wall)]
        for names in ([e for e in there if e in USERS], list(there)):
            found = min(((there[e], e) for e in names), default=None)
            cells += [f"{unit(found[0])} ({found[1]})", times(found[0], wall)] if found else ["", ""]
        print("| " + " | ".join(cells) + " |")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    here = os.path.dirname(os.path.abspath(__file__))
    ap.add_argument("--data", required=True)
    ap.add_argument("--only", default="", help="workloads, with commas")
    ap.add_argument("--engines", default="", help="peers, with commas; all by default")
    ap.add_argument("--peers", default=f"{here}/peers.py")
    ap.add_argument("--program", default=f"{here}/../../target/release/examples/workloads")
    ap.add_argument("--memory", default="1GiB", help="the budget of graticule")
    ap.add_argument("--out", default="", help="folder of results; by default beside the data, and emptied")
    ap.add_argument("--rounds", type=int, default=2)
    ap.add_argument("--repeat", type=int, default=3)
    ap.add_argument("--timeout", type=float, default=300)
    ap.add_argument("--log", help="file to which each engine's line of JSON is added")
    args = ap.parse_args()
    out = args.out or args.data.rstrip("/") + ".results"
    python = [sys.executable, args.peers]
    engines = {}
    for line in subprocess.run(python + ["--list"], capture_output=True, text=True, check=True).stdout.splitlines():
        name, *known = line.split()
        engines[name] = [e for e in known if not args.engines or e in args.engines.split(",")]
    bandwidth = bandwidths()
    print(f"{time.strftime('%F %T')}, load {os.getloadavg()[0]:.1f}, {THREADS} cores; memory: {bandwidth[0] / 1e9:.1f} GB/s read, "
          f"{bandwidth[1] / 1e9:.1f} GB/s read and written\n\n{HEAD}", flush=True)
    cache, tables, remarks, failed = {}, [], [], []
    for name in args.only.split(",") if args.only else WORKLOADS:
        shutil.rmtree(out, ignore_errors=True)
        os.makedirs(out)
        path = lambda engine: f"{out}/{name}.{engine}"
        command = {"graticule": [args.program, name, "--memory", args.memory, "--threads", str(THREADS)]}
        command |= {e: [*python, name, "--engine", e] for e in engines.get(name, [])}
        lines = {e: [] for e in command}
        for _ in range(args.rounds):
            for e, c in command.items():
                if not any("error" in x for x in lines[e]):
                    common = ["--data", args.data, "--out", path(e), "--repeat", str(args.repeat)]
                    lines[e].append(run(c + common, args.timeout))
        lines = {e: joined(x) for e, x in lines.items()}
        if args.log:
            with open(args.log, "a") as f:
                f.writelines(json.dumps({"name": name, "engine": e} | x) + "\n" for e, x in lines.items())
        worst = None
        for e, line in lines.items():
            if "error" in line:
                failed.append(f"{name} {e}: {line['error']}")
            elif e != "graticule" and name != "W15" and "error" not in lines["graticule"]:
                differs = compare(path("graticule"), path(e), lines["graticule"], line)
                if differs is not None and e in USERS:
                    worst = max(worst or 0, differs)
                if differs is None or differs > TOLERANCE.get(name, 1e-5):
                    failed.append(f"{name}: differs from {e} by {differs}")
        limit = limit_of(name, args.data, path("graticule"), cache, bandwidth) if "error" not in lines["graticule"] else (None, "")
        print(row(name, lines, worst, limit), flush=True)
        if name in ("W20z", "W20b"):
            stored = f"{args.data}/{WORKLOADS[name][1][0].replace('/', '.zarr/')}"
            remarks.append(f"{name}: decoding into a new array takes {seconds(decode_zarr([stored], READ, whole=True))} s")
        if "sub" in lines["graticule"]:
            tables.append((name, lines))
    for name, lines in tables:
        parts_table(name, lines)
    if remarks:
        print("\n" + "\n".join(remarks))
    shutil.rmtree(out, ignore_errors=True)
    if failed:
        print("\n" + "\n".join(failed))
        sys.exit(1)


if __name__ == "__main__":
    main()
