"""The workloads as others do them: by xarray and dask, as a user writes them, and by hand in numpy, numba and zarr.

    target/peers/bin/python benches/workloads/peers.py NAME --engine E --data DIR --out PATH [--repeat 3]
    target/peers/bin/python benches/workloads/peers.py --list

Prints the same line of JSON as the example `workloads`, and leaves the result in PATH.npz, PATH.zarr or PATH.nc.
The engine `dask` is the user's form on threads, `dask-zarrs` the same with the codecs of the Rust library zarrs under
zarr-python; `hand` is what somebody who knows all of it writes: chunk by chunk, in two threads.
"""

import os

THREADS = 2
for name in ("OMP", "OPENBLAS", "NUMBA", "NUMEXPR"):
    os.environ.setdefault(f"{name}_NUM_THREADS", str(THREADS))

import argparse
import glob
import json
import multiprocessing
import resource
import shutil
import statistics
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import numba
import numpy as np
import zarr
from zarr.codecs import BloscCodec

warnings.filterwarnings("ignore")
F = np.float32
LZ4 = BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")
WORKLOADS = {}


def workload(name, *engines):
    def register(f):
        for engine in engines:
            WORKLOADS.setdefault(name, {})[engine] = f
        return f

    return register


class Job:
    """Where the data is and where results go. A workload gives a function to be timed; what comes before is not."""

    def __init__(self, args):
        self.data, self.out, self.engine = args.data, args.out, args.engine
        with open(f"{args.data}/params.json") as f:
            self.sizes = json.load(f)
        self.scale, self.parts = self.sizes["scale"], {}

    def store(self, name, **options):
        import xarray as xr

        return xr.open_zarr(f"{self.data}/{name}.zarr", consolidated=False, **({"chunks": {}} | options))

    def group(self, name):
        return zarr.open_group(f"{self.data}/{name}.zarr", mode="r")

    def files(self, pattern):
        return sorted(glob.glob(f"{self.data}/nc/{pattern}"))

    def new(self, extension):
        path = self.out + extension
        shutil.rmtree(path, ignore_errors=True)
        return path

    def to_zarr(self, ds):
        for v in ds.variables.values():
            v.encoding = {}
        encoding = {v: {"compressors": [LZ4]} for v in ds.data_vars}
        path = self.new(".zarr")
        ds.to_zarr(path, mode="w", encoding=encoding, zarr_format=3, consolidated=False)
        return path

    def new_array(self, name, shape, chunks):
        path = self.new(".zarr")
        return path, zarr.create_array(path, name=name, shape=shape, chunks=chunks, dtype="f4", compressors=LZ4, zarr_format=3)

    def timed(self, functions):
        """Runs each, and notes how long it took."""
        out = {}
        for name, f in functions.items():
            start = time.perf_counter()
            out[name] = f()
            self.parts[name] = time.perf_counter() - start
        return out

    def scaled(self, count):
        return count if self.scale == 1 else count // 100


def arrays(ds):
    return {k: v.values for k, v in ds.items()}


def on_threads(f, items):
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(f, items))


def blocks(length, step):
    return [slice(i, min(i + step, length)) for i in range(0, length, step)]


def months(job):
    """The month, from 0, and the day of the year, from 0, of each step of t2m."""
    hours = np.datetime64("2020-01-01T00", "h") + job.group("t2m")["time"][:]
    day = (hours.astype("datetime64[D]") - hours.astype("datetime64[Y]")).astype(int)
    return hours.astype("datetime64[M]").astype(int) % 12, day


DASK = ("dask", "dask-zarrs")

# ---- stores


@workload("W1", *DASK)
def climatology(job):
    def run():
        import xarray as xr

        t = job.store("t2m").t2m
        month, day = t.groupby("time.month"), t.groupby("time.dayofyear")
        ds = xr.Dataset(dict(mmean=month.mean(), mstd=month.std(), dmean=day.mean(), dstd=day.std()))
        return arrays(ds.compute().transpose("month", "dayofyear", "lat", "lon"))

    return run


@numba.njit(nogil=True)
def add_groups(x, codes, sums, squares, maxima):
    for t in range(x.shape[0]):
        g = codes[t]
        for p in range(x.shape[1]):
            v = x[t, p]
            d = v - 273.15
            sums[g, p] += d
            squares[g, p] += d * d
            maxima[g, p] = max(maxima[g, p], v)


def group_sums(job, codes, groups):
    """Sums, squares (both less 273.15) and maxima of each group: each thread its chunks into accumulators of its own."""
    z = job.group("t2m")["t2m"]
    cells = z.shape[1] * z.shape[2]
    parts = blocks(z.shape[0], z.chunks[0])

    def work(k):
        states = [[np.zeros((n, cells)), np.zeros((n, cells)), np.full((n, cells), -np.inf, F)] for n in groups]
        for s in parts[k::THREADS]:
            x = z[s].reshape(-1, cells)
            for c, state in zip(codes, states):
                add_groups(x, c[s], *state)
        return states

    a, b = on_threads(work, range(THREADS))
    maps = lambda x: x.reshape(-1, *z.shape[1:])
    return [(maps(p[0] + q[0]), maps(p[1] + q[1]), maps(np.maximum(p[2], q[2]))) for p, q in zip(a, b)]


@workload("W1", "hand")
def climatology_by_hand(job):
    def run():
        codes, groups = months(job), (12, 366)
        out = {}
        for k, c, n, (s, q, _) in zip("md", codes, groups, group_sums(job, codes, groups)):
            count = np.bincount(c, minlength=n)[:, None, None]
            mean = s / count
            out[k + "mean"] = (mean + 273.15).astype(F)
            out[k + "std"] = np.sqrt(np.maximum(q / count - mean**2, 0)).astype(F)
        return out

    return run


@workload("W2", *DASK)
def anomalies(job):
    def run():
        t = job.store("t2m").t2m
        anomaly = t.groupby("time.month") - t.groupby("time.month").mean().compute()
        return job.to_zarr(anomaly.drop_vars("month").astype(F).transpose(*t.dims).to_dataset(name="anom"))

    return run


@workload("W2", "hand")
def anomalies_by_hand(job):
    def run():
        month, _ = months(job)
        mean = group_sums(job, [month], [12])[0][0] / np.bincount(month)[:, None, None] + 273.15
        mean = mean.astype(F)
        z = job.group("t2m")["t2m"]
        path, out = job.new_array("anom", z.shape, z.chunks)

        def write(s):
            out[s] = z[s] - mean[month[s]]

        on_threads(write, blocks(z.shape[0], z.chunks[0]))
        return path

    return run


@workload("W3", *DASK)
def zonal_mean(job):
    return lambda: arrays(job.store("pl", chunks={"time": 4}).mean("lon").compute())


@workload("W3", "hand")
def zonal_mean_by_hand(job):
    def run():
        g = job.group("pl")
        return {v: np.concatenate(on_threads(lambda i: g[v][i : i + 1].mean(-1), range(g[v].shape[0]))) for v in "uvwt"}

    return run


@workload("W4", *DASK)
def circulation(job):
    def run():
        ds = job.store("pl", chunks={"time": 4})
        means = ds.mean("lon")
        eddy = ds - means
        for a, b in ("uv", "vt", "uw"):
            means[a + b] = (eddy[a] * eddy[b]).mean("lon")
        return arrays(means.resample(time="D").mean().compute())

    return run


@workload("W4", "hand")
def circulation_by_hand(job):
    @numba.njit(nogil=True, fastmath={"reassoc", "contract"})
    def add(u, v, w, t, out):
        n = u.shape[1]
        for i in range(u.shape[0]):
            s = np.zeros(7)
            for k in range(n):
                a, b, c, d = u[i, k], v[i, k], w[i, k], t[i, k] - F(250)
                s[0] += a
                s[1] += b
                s[2] += c
                s[3] += d
                s[4] += a * b
                s[5] += b * d
                s[6] += a * c
            m = s / n
            means = (m[0], m[1], m[2], m[3] + 250, m[4] - m[0] * m[1], m[5] - m[1] * m[3], m[6] - m[0] * m[2])
            for q in range(7):
                out[q, i] += means[q] / 4

    def run():
        g = job.group("pl")

        def day(i):
            out = np.zeros((7, g["u"].shape[1] * g["u"].shape[2]))
            for step in range(4 * i, 4 * i + 4):
                add(*(g[v][step].reshape(out.shape[1], -1) for v in "uvwt"), out)
            return out

        out = np.stack(on_threads(day, range(g["u"].shape[0] // 4)), 1).astype(F)
        return dict(zip(("u", "v", "w", "t", "uv", "vt", "uw"), out.reshape(*out.shape[:2], *g["u"].shape[1:3])))

    return run


def pencils(job):
    p = job.sizes
    return p["nt"], -(-p["ny1"] // 10), -(-p["nx1"] // 18)


@workload("W5", *DASK)
def rechunk(job):
    def run():
        _, y, x = pencils(job)
        return job.to_zarr(job.store("t2m").chunk(time=-1, lat=y, lon=x).rename(t2m="x"))

    return run


@workload("W5", "hand")
def rechunk_by_hand(job):
    """Bands of latitudes of 700 MB: decodes the source once for each."""

    def run():
        z, (_, y, x) = job.group("t2m")["t2m"], pencils(job)
        path, out = job.new_array("x", z.shape, pencils(job))
        nt, ny, nx = z.shape
        band = max(1, 700_000_000 // (4 * nt * nx * y)) * y
        buffer = np.empty((nt, min(band, ny), nx), F)
        for rows in blocks(ny, band):
            n = rows.stop - rows.start

            def read(s):
                buffer[s, :n] = z[s, rows]

            def write(place):
                a, b = place
                out[:, rows.start + a.start : rows.start + a.stop, b] = np.ascontiguousarray(buffer[:, a, b])

            on_threads(read, blocks(nt, z.chunks[0]))
            on_threads(write, [(a, b) for a in blocks(n, y) for b in blocks(nx, x)])
        return path

    return run


@workload("W5", "tensorstore")
def rechunk_tensorstore(job):
    """The C++ library, in bands of 700 MB."""
    import tensorstore as ts

    def run():
        limits = {k: {"limit": THREADS} for k in ("data_copy_concurrency", "file_io_concurrency")}
        context = ts.Context(limits | {"cache_pool": {"total_bytes_limit": 0}})
        path, out = job.new_array("x", job.group("t2m")["t2m"].shape, pencils(job))
        store = lambda p: ts.open({"driver": "zarr3", "kvstore": {"driver": "file", "path": p}}, context=context).result()
        source, target = store(f"{job.data}/t2m.zarr/t2m"), store(path + "/x")
        nt, ny, nx = source.shape
        y = pencils(job)[1]
        for rows in blocks(ny, max(1, 700_000_000 // (4 * nt * nx * y)) * y):
            target[:, rows.start : rows.stop].write(source[:, rows.start : rows.stop].read().result()).result()
        return path

    return run


def open_files(files, **options):
    import xarray as xr

    options |= dict(combine="nested", concat_dim="time", data_vars="minimal", coords="minimal", compat="override", join="override")
    return xr.open_mfdataset(files, engine="netcdf4", **options)


@workload("W6", "dask")
def files_to_zarr(job):
    return lambda: job.to_zarr(open_files(job.files("t2m_*.nc"), chunks={"time": -1}).chunk(time=job.sizes["ntc"]).rename(t2m="x"))


@workload("W6", "hand")
def files_to_zarr_by_hand(job):
    """Two processes, as netCDF-C works for one thread at a time; each fills one half of the chunks."""

    def run():
        p = job.sizes
        path, _ = job.new_array("x", (p["nt"], p["ny1"], p["nx1"]), (p["ntc"], p["ny1"], p["nx1"]))
        half = p["nt"] // p["ntc"] // 2 * p["ntc"]
        spans = [(0, half), (half, p["nt"])]
        with multiprocessing.get_context("fork").Pool(THREADS) as pool:
            pool.starmap(fill, [(job.files("t2m_*.nc"), path, a, b, p["ntc"]) for a, b in spans])
        return path

    return run


def fill(files, path, start, stop, step):
    import netCDF4

    out = zarr.open_array(path + "/x", mode="r+")
    held, at, first = [], start, 0
    for file in files:
        with netCDF4.Dataset(file) as d:
            d.set_auto_mask(False)
            n = len(d.dimensions["time"])
            a, b = max(start - first, 0), min(stop - first, n)
            if a < b:
                held.append(d["t2m"][a:b])
        first += n
        while at < stop and sum(map(len, held)) >= min(step, stop - at):
            x = np.concatenate(held)
            n = min(step, stop - at)
            out[at : at + n] = x[:n]
            held, at = [x[n:]], at + n


@workload("W7", *DASK)
def regrid(job):
    def run():
        ds = job.store("e025", chunks={"time": 4})
        ny, nx = ds.sizes["lat"], ds.sizes["lon"]
        dlat, dlon = 4 * 180 / (ny - 1), 360 / (nx // 4)
        lat = 90 - 0.4 * dlat - dlat * np.arange(ny // 4)
        lon = 0.1 * dlon + dlon * np.arange(nx // 4)
        return arrays(ds.interp(lat=lat[lat > -90], lon=lon).astype(F).compute())

    return run


@workload("W8", *DASK)
def satellite(job):
    def run():
        side = min(512, job.sizes["nsat"])
        ds = job.store("sat", chunks={"time": -1, "y": side, "x": side}, mask_and_scale=False)
        red, nir = (ds[v].astype(F) * F(1e-4) - F(0.1) for v in ("red", "nir"))
        index = ((nir - red) / (nir + red)).where(ds.qa & 0b11011 == 0)
        return {"ndvi": index.groupby("time.month").median().transpose("month", "y", "x").compute().values}

    return run


@workload("W8", "hand")
def satellite_by_hand(job):
    import bottleneck

    def run():
        g = job.group("sat")
        n = g["qa"].shape[1]
        month = (np.datetime64("2023-01-01") + g["time"][:]).astype("datetime64[M]").astype(int) % 12
        out = np.empty((12, n, n), F)

        def tile(job):
            m, y, x = job
            s = slice(*np.searchsorted(month, [m, m + 1]))
            red, nir = (g[v][s, y, x].astype(F) * F(1e-4) - F(0.1) for v in ("red", "nir"))
            with np.errstate(all="ignore"):
                index = (nir - red) / (nir + red)
            index[g["qa"][s, y, x] & 0b11011 != 0] = np.nan
            out[m, y, x] = bottleneck.nanmedian(index, axis=0)

        sides = blocks(n, g["qa"].chunks[1])
        on_threads(tile, [(m, y, x) for y in sides for x in sides for m in range(12)])
        return {"ndvi": out}

    return run


@workload("W9a", *DASK)
def running_mean(job):
    return lambda: {"max": job.store("t2m", chunks={"time": 400}).t2m.rolling(time=24).mean().max("time").compute().values}


@workload("W9a", "hand")
def running_mean_by_hand(job):
    """A sum of 24 steps that goes along, for all cells; the next chunk is decoded meanwhile."""

    @numba.njit(nogil=True)
    def along(x, first, ring, sums, best):
        for t in range(x.shape[0]):
            old, full = ring[(first + t) % 24], first + t >= 23
            for p in range(x.shape[1]):
                sums[p] += x[t, p] - old[p]
                old[p] = x[t, p]
                if full:
                    best[p] = max(best[p], sums[p] / 24)

    def run():
        z = job.group("t2m")["t2m"]
        cells = z.shape[1] * z.shape[2]
        ring, sums, best = np.zeros((24, cells), F), np.zeros(cells), np.full(cells, -np.inf)
        with ThreadPoolExecutor(1) as pool:
            waiting = None
            for s in [*blocks(z.shape[0], z.chunks[0]), None]:
                coming = (s.start, pool.submit(z.__getitem__, s)) if s else None
                if waiting:
                    along(waiting[1].result().reshape(-1, cells), waiting[0], ring, sums, best)
                waiting = coming
        return {"max": best.astype(F).reshape(z.shape[1:])}

    return run


RADIUS = 6371229.0


@workload("W9b", *DASK)
def vorticity(job):
    def run():
        ds = job.store("e025", chunks={"time": 4})
        cos = np.cos(np.deg2rad(ds.lat)).astype(F)
        z = (ds.v10.differentiate("lon") - (ds.u10 * cos).differentiate("lat")) * (F(180 / np.pi / RADIUS) / cos)
        return {"ens": (z * z).mean("time").isel(lat=slice(1, -1)).compute().values}

    return run


@workload("W9b", "hand")
def vorticity_by_hand(job):
    @numba.njit(nogil=True, error_model="numpy")
    def add(u, v, cos, per_lat, per_lon, out):
        ny, nx = u.shape
        for j in range(1, ny - 1):
            scale = F(180 / np.pi / RADIUS) / cos[j]
            for i in range(nx):
                a, b = max(i - 1, 0), min(i + 1, nx - 1)
                dv = (v[j, b] - v[j, a]) / ((b - a) * per_lon)
                du = (u[j + 1, i] * cos[j + 1] - u[j - 1, i] * cos[j - 1]) / (2 * per_lat)
                z = (dv - du) * scale
                out[j, i] += z * z

    def run():
        g = job.group("e025")
        lat, lon, n = g["lat"][:], g["lon"][:], g["u10"].shape[0]
        cos = np.cos(np.deg2rad(lat)).astype(F)

        def work(k):
            out = np.zeros(g["u10"].shape[1:])
            for i in range(k, n, THREADS):
                add(g["u10"][i], g["v10"][i], cos, F(lat[1] - lat[0]), F(lon[1] - lon[0]), out)
            return out

        return {"ens": (sum(on_threads(work, range(THREADS))) / n)[1:-1].astype(F)}

    return run


@workload("W10t", *DASK)
def quantile_in_time(job):
    def run():
        t = job.store("t2m").t2m
        t = t.chunk(time=-1, lat=-(-t.sizes["lat"] // 10), lon=-(-t.sizes["lon"] // 4))
        return {"q": t.quantile(0.9, "time", skipna=False).compute().values.astype(F)}

    return run


@workload("W10t", "hand")
def quantile_in_time_by_hand(job):
    """The whole array in memory; numpy's partition of each series."""

    def run():
        z = job.group("t2m")["t2m"]
        x, out = np.empty(z.shape, F), np.empty(z.shape[1:], F)
        at = 0.9 * (z.shape[0] - 1)
        k = int(at)

        def read(s):
            x[s] = z[s]

        def row(j):
            a = np.ascontiguousarray(x[:, j].T)
            a.partition(k, axis=1)
            low = a[:, k]
            out[j] = low + (a[:, k + 1 :].min(axis=1) - low) * F(at - k)

        on_threads(read, blocks(z.shape[0], z.chunks[0]))
        on_threads(row, range(z.shape[1]))
        return {"q": out}

    return run


@workload("W10s", *DASK)
def quantile_in_space(job):
    return lambda: {"q": job.store("t2m").t2m.quantile(0.9, ("lat", "lon"), skipna=False).compute().values.astype(F)}


@workload("W10s", "hand")
def quantile_in_space_by_hand(job):
    def run():
        z = job.group("t2m")["t2m"]
        f = lambda s: np.quantile(z[s].reshape(s.stop - s.start, -1), 0.9, axis=1)
        return {"q": np.concatenate(on_threads(f, blocks(z.shape[0], z.chunks[0]))).astype(F)}

    return run


@workload("W13", *DASK)
def points(job):
    def run():
        places = zarr.open_group(f"{job.data}/points.zarr", mode="r")
        import xarray as xr

        at = {k: xr.DataArray(places[k][:], dims="p") for k in ("lat", "lon")}
        return {"ts": job.store("t2m").t2m.sel(at, method="nearest").transpose("p", "time").compute().values}

    return run


@workload("W13", "hand")
def points_by_hand(job):
    def run():
        g, places = job.group("t2m"), job.group("points")
        y, x = (np.abs(g[k][:] - places[k][:][:, None]).argmin(1) for k in ("lat", "lon"))
        z = g["t2m"]
        out = np.empty((len(y), z.shape[0]), F)

        def read(s):
            out[:, s] = z[s][:, y, x].T

        on_threads(read, blocks(z.shape[0], z.chunks[0]))
        return {"ts": out}

    return run


def monthly_file(job, mean, maximum):
    """The result of W16, of DataArrays."""
    import xarray as xr

    ds = xr.Dataset({"mean": mean, "max": maximum}).astype(F)
    for v in ds.variables.values():
        v.encoding = {}
    path = job.new(".nc")
    ds.to_netcdf(path, engine="netcdf4", encoding={k: dict(zlib=True, complevel=4, shuffle=True) for k in ds.data_vars})
    return path


@workload("W16", *DASK)
def monthly(job):
    def run():
        import xarray as xr

        r = job.store("t2m").t2m.resample(time="MS")
        ds = xr.Dataset({"mean": r.mean(), "max": r.max()}).transpose("time", "lat", "lon").compute()
        return monthly_file(job, ds["mean"], ds["max"])

    return run


@workload("W16", "hand")
def monthly_by_hand(job):
    def run():
        import xarray as xr

        hours = np.datetime64("2020-01-01T00", "h") + job.group("t2m")["time"][:]
        month = hours.astype("datetime64[M]")
        code = (month - month[0]).astype(int)
        [(sums, _, maxima)] = group_sums(job, [code], [code[-1] + 1])
        mean = sums / np.bincount(code)[:, None, None] + 273.15
        return monthly_file(job, *(xr.DataArray(x, dims=("time", "lat", "lon")) for x in (mean, maxima)))

    return run


def half_a_gigabyte(a):
    return a.isel(time=slice(500_000_000 // (a.nbytes // a.shape[0])))


@workload("W20n", "dask", "xarray")
def read_netcdf(job):
    """By h5netcdf and dask on threads, or by netCDF4 as `load` does."""
    import xarray as xr

    options = dict(engine="h5netcdf", chunks={"time": 40}) if job.engine == "dask" else dict(engine="netcdf4")
    return lambda: arrays(xr.open_dataset(f"{job.data}/nc/read.nc", **options).load()[["t2m"]])


@workload("W20z", *DASK)
def read_zstd(job):
    return lambda: arrays(half_a_gigabyte(job.store("sst")["sst"]).to_dataset().compute())


@workload("W20b", *DASK)
def read_blosc(job):
    return lambda: arrays(half_a_gigabyte(job.store("t2m")["t2m"]).to_dataset().compute())


@workload("W21", *DASK)
def many_chunks(job):
    return lambda: arrays(job.store("many").mean("time").compute())


@workload("W17", "dask")
@workload("W17m", "dask")
def many_files(job):
    def run():
        with open_files(job.files("small/*.nc")) as ds:
            return {"time": (ds.time.values - ds.time.values[0]) / np.timedelta64(1, "h")}

    return run


@workload("W17", "hand")
@workload("W17m", "hand")
def many_files_by_hand(job):
    def run():
        import netCDF4

        times = []
        for file in job.files("small/*.nc"):
            with netCDF4.Dataset(file) as d:
                times.append(d["time"][:].data)
        return {"time": np.concatenate(times) - times[0][0]}

    return run


@workload("W19", *DASK)
def weighted_mean(job):
    def run():
        s = job.store("sst").sst
        return {"m": s.weighted(np.cos(np.deg2rad(s.lat))).mean(("lat", "lon")).compute().values.astype(F)}

    return run


@workload("W19", "hand")
def weighted_mean_by_hand(job):
    @numba.njit(nogil=True, fastmath={"reassoc", "contract"})
    def means(x, w, out):
        for t in range(x.shape[0]):
            total, weight = 0.0, 0.0
            for j in range(x.shape[1]):
                s, n = 0.0, 0
                for i in range(x.shape[2]):
                    v = x[t, j, i]
                    there = v == v
                    s += v if there else F(0)
                    n += there
                total += s * w[j]
                weight += n * w[j]
            out[t] = total / weight

    def run():
        g = job.group("sst")
        w, z = np.cos(np.deg2rad(g["lat"][:])), g["sst"]
        out = np.empty(z.shape[0])
        on_threads(lambda s: means(z[s], w, out[s]), blocks(z.shape[0], z.chunks[0]))
        return {"m": out.astype(F)}

    return run


# ---- memory


@workload("W11", "numpy", "numba", "xarray")
def elementwise(job):
    u = job.group("vectors")["u"][:]
    v = np.roll(u, 12_345) * F(0.7)
    if job.engine == "xarray":
        import xarray as xr

        u, v = xr.DataArray(u, dims="x"), xr.DataArray(v, dims="x")
    if job.engine != "numba":
        return lambda: {"r": np.asarray(np.sqrt(u * u + v * v) * F(0.5) + (u - v) * F(0.25) - F(1))}
    out = np.empty_like(u)

    @numba.njit(parallel=True)
    def chain(u, v, out):
        for i in numba.prange(len(u)):
            out[i] = np.sqrt(u[i] * u[i] + v[i] * v[i]) * F(0.5) + (u[i] - v[i]) * F(0.25) - F(1)

    def run():
        chain(u, v, out)
        return {"r": out}

    return run


@workload("W12-100k", "dask")
@workload("W12-1M", "dask")
def tiny_chunks(job):
    import dask.array as da

    n = 100 * job.scaled(1_000_000 if job.name == "W12-1M" else 100_000)
    return lambda: {"mean": np.asarray(da.ones(n, chunks=100, dtype="f4").mean().compute())}


@workload("W12-anom", "dask")
def tiny_anomalies(job):
    import dask.array as da

    def run():
        x = da.arange(100 * job.scaled(100_000), chunks=100, dtype="f4")
        return {"mean": np.asarray(((x - x.mean()) ** 2).mean().compute())}

    return run


@workload("W14", "xarray", "numpy", "bottleneck", "numbagg")
def reductions(job):
    a = job.group("cube")["a"][:]
    if job.engine == "xarray":
        import xarray as xr

        cube = xr.DataArray(a, dims=("t", "y", "x"))
        dims = {0: "t", 1: "y", 2: "x", None: None}
        module = None
    else:
        module = __import__(job.engine)

    def one(op, axis):
        if module is None:
            skipna = op.startswith("nan")
            return lambda: getattr(cube, op.removeprefix("nan"))(dims[axis], skipna=skipna).values
        if not hasattr(module, op):
            return None
        extra = {"ddof": 0} if job.engine == "numbagg" and "std" in op else {}
        return lambda: getattr(module, op)(a, axis=axis, **extra)

    cases = {f"{op}/{axis}": one(op, axis) for op in ("mean", "nanmean", "std", "nanstd", "max", "nanmax") for axis in (0, 1, 2, None)}

    def run():
        results = job.timed({k: f for k, f in cases.items() if f})
        return {k.replace("/", "_"): np.asarray(r[::64] if np.size(r) > 1_000_000 else r) for k, r in results.items()}

    return run


@workload("W18", "xarray", "numba")
def groups(job):
    g = job.group("groups")
    a, b, month, day, region = (g[k][:] for k in ("a", "b", "month", "day", "region"))
    regions = int(region.max()) + 1
    if job.engine == "xarray":
        import xarray as xr

        series = xr.DataArray(a, dims=("time", "c"), coords={"month": ("time", month), "day": ("time", day)})
        maps = xr.DataArray(b, dims=("t", "p"), coords={"region": ("p", region)})
        cases = {
            "12": lambda: series.groupby("month").mean().transpose("month", "c").values,
            "366": lambda: series.groupby("day").mean().transpose("day", "c").values,
            "10000": lambda: maps.groupby("region").mean().transpose("t", "region").values,
        }
    else:

        @numba.njit(parallel=True)
        def down(a, codes, n):
            out = np.empty((n, a.shape[1]), F)
            parts = 16
            for k in numba.prange(parts):
                lo, hi = k * a.shape[1] // parts, (k + 1) * a.shape[1] // parts
                s, m = np.zeros((n, hi - lo)), np.zeros((n, hi - lo))
                for t in range(a.shape[0]):
                    for p in range(lo, hi):
                        v = a[t, p]
                        if v == v:
                            s[codes[t], p - lo] += v
                            m[codes[t], p - lo] += 1
                out[:, lo:hi] = s / m
            return out

        @numba.njit(parallel=True)
        def along(b, codes, n):
            out = np.empty((b.shape[0], n), F)
            for t in numba.prange(b.shape[0]):
                s, m = np.zeros(n), np.zeros(n)
                for p in range(b.shape[1]):
                    v = b[t, p]
                    if v == v:
                        s[codes[p]] += v
                        m[codes[p]] += 1
                out[t] = s / m
            return out

        cases = {"12": lambda: down(a, month, 12), "366": lambda: down(a, day, 366), "10000": lambda: along(b, region, regions)}
    return lambda: {"g" + k: r for k, r in job.timed(cases).items()}


@workload("W15", "xarray")
def labels(job):
    import pandas as pd
    import xarray as xr

    xr.set_options(use_bottleneck=True)
    label = np.arange(100) * 0.5
    values = ((np.arange(10_000) * 7919 % 1009) / F(100)).astype(F).reshape(100, 100)
    a = xr.DataArray(values, dims=("y", "x"), coords={"y": label, "x": label})
    ds = xr.Dataset({"a": a, "b": a + 1})
    days = pd.date_range("2000", periods=100)
    series = xr.DataArray(values[0], dims="time", coords={"time": days})
    dates = [str(d)[:10] for d in days]
    small = a[:10, :10]
    same, other = small + 1, a[5:15, 5:15]
    z = a.rename("z")
    at = [float(label[i * 7919 % 100]) for i in range(20_001)]
    many = {
        "da.sel scalar": lambda i: a.sel(y=at[i]),
        "da.sel 2 scalars": lambda i: a.sel(y=at[i], x=at[i + 1]),
        "da.sel nearest": lambda i: a.sel(y=at[i] + 0.1, method="nearest"),
        "da.sel time str": lambda i: series.sel(time=dates[i % 100]),
        "da.sel slice": lambda i: a.sel(y=slice(at[i], at[i] + 5)),
        "ds.sel scalar": lambda i: ds.sel(y=at[i]),
        "da.isel scalar": lambda i: a.isel(y=i % 100),
        "da.isel slice": lambda i: a.isel(y=slice(i % 90, i % 90 + 5)),
        "ds['a']": lambda i: ds["a"],
        "da+da aligned 10x10": lambda i: small + same,
        "da+da unaligned 10x10": lambda i: small + other,
        "da+scalar": lambda i: small + 1.0,
        "ds+ds": lambda i: ds + ds,
        "np.sqrt(da)": lambda i: np.sqrt(small),
        "da.mean(dim)": lambda i: small.mean("y"),
        "da.transpose": lambda i: small.transpose("x", "y"),
        "DataArray()": lambda i: xr.DataArray(values, dims=("y", "x"), coords={"y": label, "x": label}),
        "ds.assign": lambda i: ds.assign(c=a),
    }
    few = {
        "concat 10": lambda i: xr.concat([small] * 10, "z"),
        "groupby(12).mean": lambda i: series.groupby("time.month").mean(),
        "resample MS mean": lambda i: series.resample(time="MS").mean(),
        "interp 1pt": lambda i: a.interp(y=3.3),
        "where": lambda i: small.where(small > 0),
        "merge": lambda i: xr.merge([ds, z]),
    }

    def run():
        for operations, n in ((many, job.scaled(20_000) // 4), (few, job.scaled(20_000) // 20)):
            for name, f in operations.items():
                start = time.perf_counter()
                for i in range(n):
                    f(i)
                job.parts[name] = (time.perf_counter() - start) / n * 1e6
        return {"s": np.asarray(a.sum())}

    return run


# ---- measuring


def cpu_seconds():
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def status(field):
    """Megabytes in a line of Linux's account of this process."""
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in f if line.startswith(field))


def sums(x):
    x = np.asarray(x, np.float64)
    there = x[~np.isnan(x)]
    return dict(shape=list(x.shape), nan=int(x.size - there.size), sum=float(there.sum()), sq=float((there * there).sum()))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("name", nargs="?")
    for option in ("data", "engine", "out"):
        ap.add_argument("--" + option)
    ap.add_argument("--repeat", type=int, default=3)
    ap.add_argument("--max-s", type=float, default=60, help="repeat no more after so many seconds")
    ap.add_argument("--list", action="store_true")
    args = ap.parse_args()
    if args.list:
        print("\n".join(" ".join([name, *engines]) for name, engines in WORKLOADS.items()))
        return
    args.engine = args.engine or next(iter(WORKLOADS[args.name]))
    zarr.config.set({"threading.max_workers": THREADS})
    if args.engine == "dask-zarrs":
        import zarrs  # noqa: F401

        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
    if args.engine.startswith("dask"):
        import dask

        dask.config.set(scheduler="threads", num_workers=THREADS)
    job = Job(args)
    job.name = args.name
    run = WORKLOADS[args.name][args.engine](job)
    base, walls, cpus, parts, result = status("VmRSS"), [], [], [], None
    for _ in range(args.repeat):
        result = None
        cpu, start = cpu_seconds(), time.perf_counter()
        result = run()
        walls.append(time.perf_counter() - start)
        cpus.append(cpu_seconds() - cpu)
        parts.append(job.parts)
        job.parts = {}
        if sum(walls) > args.max_s:
            break
    # The first repeat has cold caches, imports and compilers.
    warm = min(1, len(walls) - 1)
    line = dict(
        name=args.name, engine=args.engine, wall_s=statistics.median(walls[warm:]), wall_all=walls, first_s=walls[0],
        cpu_s=statistics.median(cpus[warm:]), peak_rss_mb=status("VmHWM"), base_rss_mb=base,
    )
    if parts[0]:
        line["sub"] = {k: statistics.median(p[k] for p in parts[warm:]) for k in parts[0]}
    if isinstance(result, dict):
        line["checksum"] = {k: sums(x) for k, x in result.items()}
        if sum(x.nbytes for x in result.values()) < 250_000_000:
            np.savez(args.out + ".npz", **result)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
