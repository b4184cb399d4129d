"""Makes the data of the workloads: synthetic weather, sea and satellite fields, and what in-memory workloads start from.

    target/peers/bin/python benches/workloads/data.py --out DIR [--scale 1] [--only t2m,pl,...] [--jobs 2]

At scale 1 (f32 unless said; Zarr v3, chunks are files; MB before compression). A scale multiplies the number of
cells; times stay, so that all workloads keep their groups.

    store        arrays and dims                                   chunks             codec                   MB
    t2m          t2m (time 5844, lat 181, lon 360), 6-hourly       (40, 181, 360)     blosc zstd 3, shuffle   1523
    pl           u, v, w, t (time 120, level 13, lat 181, lon 360) (1, 13, 181, 360)  blosc lz4 5, shuffle    1626
    e025         t2m, u10, v10 (time 120, lat 721, lon 1440)       (1, 721, 1440)     blosc lz4 5, shuffle    1495
    sst          sst (time 240, lat 721, lon 1440), 35 % land      (5, 721, 1440)     zstd                     997
    sat          red, nir i16, qa u16 (time 73, y 1536, x 1536)    (1, 512, 512)      blosc zstd 3, shuffle   1033
    nc/t2m_*.nc  the t2m of 48 months                              (4, 181, 360)      deflate 4, shuffle      1523
    nc/read.nc   the first t2m                         (4, 181, 360)      deflate 4, shuffle      500
    nc/small/    500 files of t, q (time 24, lat 31, lon 60)       whole              deflate 4, shuffle       179
    vectors      u (x 100,000,000)                                 16 MB              none                     400
    cube         a (t 256, y 1024, x 1024)                         16 MB              none                    1074
    groups       a (time 5844, c 43440), b (t 64, p 4,000,000)     16 MB              none                    2039
    points       lat, lon (p 1000)                                 whole              none                       0
    many         x (time 100,000, y 256, x 256), links to 8 chunks (1, 256, 256)      zstd                   26214

Numbers come from numpy's Philox, keyed by what they are for: the same data on any machine, with any --jobs.
"""

import argparse
import functools
import json
import multiprocessing
import os
import shutil
import time
import zlib
from concurrent.futures import ProcessPoolExecutor

import netCDF4
import numpy as np
import zarr
from zarr.codecs import BloscCodec, ZstdCodec

F = np.float32
LEVELS = np.array([50, 100, 150, 200, 250, 300, 400, 500, 600, 700, 850, 925, 1000], np.int32)
ZSTD = BloscCodec(cname="zstd", clevel=3, shuffle="shuffle")
LZ4 = BloscCodec(cname="lz4", clevel=5, shuffle="shuffle")


def random(*key):
    return np.random.Generator(np.random.Philox(zlib.crc32(repr(key).encode())))


def sizes(scale):
    side = scale**0.5

    def near(n, multiple, odd=0):
        return max(8 + odd, multiple * round((n * side - odd) / multiple) + odd)

    return dict(
        scale=scale, nmany=max(64, round(100_000 * min(1, scale))), ny1=near(181, 2, 1), nx1=near(360, 4), nyq=near(721, 2, 1), nxq=near(1440, 4),
        nsat=near(1536, 4), nsmall=max(20, round(500 * min(1, scale))),
        nt=5844, ntc=40, npl=120, nq=120, nsst=240, nsatt=73,
    )


# ---- fields


def grid(ny, nx):
    return np.linspace(90, -90, ny), np.arange(nx) * (360 / nx)


def rounded(x, bits):
    """Float32 with so many bits of mantissa, as archives keep them: what is beyond is noise that does not compress."""
    drop = np.uint32(23 - bits)
    u = np.ascontiguousarray(x, F).view(np.uint32)
    half = (np.uint32(1) << (drop - np.uint32(1))) - np.uint32(1) + ((u >> drop) & np.uint32(1))
    return (((u + half) >> drop) << drop).view(F)


@functools.cache
def waves(key, ny, nx, amplitude, count):
    """Travelling waves: their amplitude by latitude, and sine and cosine by longitude."""
    r = random("waves", key)
    lat, lon = (np.deg2rad(a) for a in grid(ny, nx))
    k = np.arange(1, count + 1)
    by_lat = amplitude * k**-0.8 * np.cos(lat)[:, None] * (0.6 + 0.4 * np.cos(2 * lat[:, None] * r.integers(1, 7, count)))
    by_lon = np.concatenate([np.cos(k[:, None] * lon), np.sin(k[:, None] * lon)])
    return by_lat.astype(F), by_lon.astype(F), r.normal(0, 0.35, count), r.uniform(0, 2 * np.pi, count)


def weather(key, ny, nx, amplitude, days, count=14):
    by_lat, by_lon, speed, phase = waves(key, ny, nx, amplitude, count)
    angle = np.asarray(days)[:, None, None] * speed + phase
    return np.concatenate([by_lat * np.cos(angle).astype(F), by_lat * np.sin(angle).astype(F)], axis=2) @ by_lon


def noise(shape, size, *key):
    return random(*key).standard_normal(shape, dtype=F) * F(size)


def temperature(key, ny, nx, days):
    """Near the ground: climate, season, day and night, weather, terrain."""
    days = np.asarray(days)
    lat, lon = grid(ny, nx)
    cos_lat = np.cos(np.deg2rad(lat))[:, None]
    season = np.cos(2 * np.pi * (days - 200) / 365.25)[:, None, None]
    hour = np.cos(2 * np.pi * ((days % 1)[:, None, None] + lon / 360 - 14 / 24))
    x = weather(key, ny, nx, 4, days) + noise((ny, nx), 1.6, "terrain", key)
    x += (243 + 55 * cos_lat**1.5 + 14 * np.sin(np.deg2rad(lat))[:, None] * season + 3 * cos_lat * hour).astype(F)
    return rounded(x + noise(x.shape, 0.5, "noise", key, float(days[0])), 14)


def on_levels(p, name, step):
    size, gust = dict(u=(9, 0.9), v=(9, 0.9), w=(0.25, 0.02), t=(5, 0.5))[name]
    height = LEVELS / 1000
    x = weather("pl" + name, p["ny1"], p["nx1"], size, step / 4 + 4 * height)
    if name == "u":
        lat = np.abs(np.linspace(90, -90, p["ny1"]))
        jet = 30 * np.exp(-(((height - 0.25) / 0.3)[:, None] ** 2) - ((lat - 40) / 15) ** 2)
        x += jet[:, :, None].astype(F)
    if name == "t":
        x += (200 + 90 * height)[:, None, None].astype(F)
    return rounded(x + noise(x.shape, gust, "pl", name, step), 12 if name == "t" else 10)


def sea(p, first, count):
    ny, nx = p["nyq"], p["nxq"]
    days = np.arange(first, first + count)
    x = weather("sst", ny, nx, 1, days, 24) + noise((count, ny, nx), 0.1, "sst", first)
    x += (271.5 + 29 * np.cos(np.deg2rad(grid(ny, nx)[0])) ** 2)[None, :, None].astype(F)
    x = rounded(x, 16)
    x[:, land(ny, nx)] = np.nan
    return x


@functools.cache
def land(ny, nx):
    x = weather("coast", ny, nx, 1, [0], 30)[0]
    return x > np.quantile(x, 0.65)


def smooth(r, n, cells):
    """Noise of a coarse grid, linearly in between."""
    at = np.linspace(0, cells, n, endpoint=False)
    w = np.maximum(0, 1 - np.abs(at[:, None] - np.arange(cells + 1))).astype(F)
    return w @ r.standard_normal((cells + 1, cells + 1), dtype=F) @ w.T


@functools.cache
def ground(n):
    r = random("ground")
    return np.clip(0.5 + 0.25 * smooth(r, n, 24), 0, 1), r.standard_normal((n, n), dtype=F)


def scene(p, i):
    """Plants through the year under clouds and their shadows, which `qa` flags; the edge of the swath is empty."""
    n, r = p["nsat"], random("scene", i)
    plants, texture = ground(n)
    plants = plants * F(0.5 + 0.5 * np.cos(2 * np.pi * (2 + 5 * i - 190) / 365))
    cloud = smooth(r, n, 16) > 0.2 + 0.5 * np.sin(i)
    shadow = np.roll(cloud, (n // 64, n // 64), (0, 1)) & ~cloud
    near_cloud = np.roll(cloud, 3, 0) & ~cloud
    red = 0.12 - 0.08 * plants + 0.01 * texture + r.standard_normal((n, n), dtype=F) * F(0.004)
    nir = 0.15 + 0.30 * plants + 0.02 * texture + r.standard_normal((n, n), dtype=F) * F(0.006)
    red = np.select([cloud, shadow], [red + 0.4, red * 0.5], red)
    nir = np.select([cloud, shadow], [nir + 0.35, nir * 0.5], nir)
    qa = np.select([shadow, near_cloud, cloud], [1 << 4 | 1 << 11, 1 << 1, 1 << 3 | 1 << 9], 1 << 6).astype(np.uint16)
    red, nir = (np.clip(np.rint((x + 0.1) * 10000), 1, 20000).astype(np.int16) for x in (red, nir))
    edge = int(n * (0.05 + 0.15 * (i * 7 % 10) / 10))
    empty = slice(0, edge) if i % 2 else slice(n - edge, n)
    red[:, empty], nir[:, empty], qa[:, empty] = 0, 0, 1
    return dict(red=red, nir=nir, qa=qa)


# ---- stores


def create(path, coords, arrays):
    """A store; `arrays` has dims, shape, chunks, dtype, codec, attributes for each name."""
    shutil.rmtree(path, ignore_errors=True)
    g = zarr.create_group(path, zarr_format=3)
    for name, (values, attributes) in coords.items():
        a = g.create_array(name, shape=values.shape, dtype=values.dtype, chunks=values.shape, dimension_names=(name,),
                           attributes=attributes, compressors=None)
        a[...] = values
    for name, (dims, shape, chunks, dtype, codec, attributes) in arrays.items():
        g.create_array(name, shape=shape, dtype=dtype, chunks=chunks, dimension_names=dims, compressors=codec,
                       attributes=attributes, fill_value=np.nan if np.dtype(dtype).kind == "f" else 0)
    return g


def earth(ny, nx, steps, hours):
    lat, lon = grid(ny, nx)
    since = {"units": "hours since 2020-01-01", "calendar": "proleptic_gregorian", "standard_name": "time"}
    return dict(
        time=(np.arange(steps, dtype=np.int64) * hours, since),
        lat=(lat, {"units": "degrees_north", "standard_name": "latitude"}),
        lon=(lon, {"units": "degrees_east", "standard_name": "longitude"}),
    )


TLL = ("time", "lat", "lon")


def make_t2m(p, out, pool):
    map_ = (p["ny1"], p["nx1"])
    create(f"{out}/t2m.zarr", earth(*map_, p["nt"], 6),
           {"t2m": (TLL, (p["nt"], *map_), (p["ntc"], *map_), "f4", ZSTD, {"long_name": "2 metre temperature", "units": "K"})})
    run(pool, t2m_part, [(p, out, i) for i in range(0, p["nt"], p["ntc"])])


def t2m_part(p, out, i):
    end = min(i + p["ntc"], p["nt"])
    zarr.open_array(f"{out}/t2m.zarr/t2m", mode="r+")[i:end] = temperature("1", p["ny1"], p["nx1"], np.arange(i, end) / 4)


def make_pl(p, out, pool):
    map_, n = (len(LEVELS), p["ny1"], p["nx1"]), p["npl"]
    coords = earth(p["ny1"], p["nx1"], n, 6) | {"level": (LEVELS, {"units": "hPa", "positive": "down"})}
    units = dict(u="m s-1", v="m s-1", w="Pa s-1", t="K")
    create(f"{out}/pl.zarr", coords,
           {v: (("time", "level", "lat", "lon"), (n, *map_), (1, *map_), "f4", LZ4, {"units": u}) for v, u in units.items()})
    run(pool, pl_part, [(p, out, v, i) for v in units for i in range(n)])


def pl_part(p, out, name, i):
    zarr.open_array(f"{out}/pl.zarr/{name}", mode="r+")[i] = on_levels(p, name, i)


def make_e025(p, out, pool):
    map_, n = (p["nyq"], p["nxq"]), p["nq"]
    units = dict(t2m="K", u10="m s-1", v10="m s-1")
    create(f"{out}/e025.zarr", earth(*map_, n, 6),
           {v: (TLL, (n, *map_), (1, *map_), "f4", LZ4, {"units": u}) for v, u in units.items()})
    run(pool, e025_part, [(p, out, v, i) for v in units for i in range(n)])


def e025_part(p, out, name, i):
    if name == "t2m":
        x = temperature("025", p["nyq"], p["nxq"], [i / 4])[0]
    else:
        x = weather("025" + name, p["nyq"], p["nxq"], 5, [i / 4], 24)[0]
        x = rounded(x + noise(x.shape, 0.3, "025", name, i), 10)
    zarr.open_array(f"{out}/e025.zarr/{name}", mode="r+")[i] = x


def make_sst(p, out, pool):
    map_, n = (p["nyq"], p["nxq"]), p["nsst"]
    create(f"{out}/sst.zarr", earth(*map_, n, 24),
           {"sst": (TLL, (n, *map_), (5, *map_), "f4", ZstdCodec(level=0), {"long_name": "sea surface temperature", "units": "K"})})
    run(pool, sst_part, [(p, out, i) for i in range(0, n, 5)])


def sst_part(p, out, i):
    zarr.open_array(f"{out}/sst.zarr/sst", mode="r+")[i : i + 5] = sea(p, i, 5)


def make_sat(p, out, pool):
    n, times = p["nsat"], p["nsatt"]
    days = np.arange(times, dtype=np.int64) * 5 + 2
    coords = dict(
        time=(days, {"units": "days since 2023-01-01", "calendar": "proleptic_gregorian"}),
        y=(5.4e6 - 30.0 * np.arange(n), {"units": "m"}), x=(5.0e5 + 30.0 * np.arange(n), {"units": "m"}),
    )
    scaled = {"scale_factor": 1e-4, "add_offset": -0.1, "_FillValue": 0}
    chunks = (1, min(512, n), min(512, n))
    create(f"{out}/sat.zarr", coords,
           {v: (("time", "y", "x"), (times, n, n), chunks, t, ZSTD, a)
            for v, t, a in (("red", "i2", scaled), ("nir", "i2", scaled), ("qa", "u2", {}))})
    run(pool, sat_part, [(p, out, i) for i in range(times)])


def sat_part(p, out, i):
    for name, x in scene(p, i).items():
        zarr.open_array(f"{out}/sat.zarr/{name}", mode="r+")[i] = x


def netcdf(path, ny, nx, hours, variables):
    """A NetCDF4 file of variables (time, lat, lon), in chunks of so many steps."""
    with netCDF4.Dataset(path, "w", format="NETCDF4") as d:
        for name, (values, attributes) in earth(ny, nx, 0, 1).items():
            d.createDimension(name, None if name == "time" else len(values))
            v = d.createVariable(name, "f8", (name,), chunksizes=(1024,) if name == "time" else None)
            v.setncatts(attributes)
            v[:] = hours if name == "time" else values
        for name, (steps, values) in variables.items():
            v = d.createVariable(name, "f4", TLL, zlib=True, complevel=4, shuffle=True, chunksizes=(steps, ny, nx))
            v.units = "K"
            v[:] = values


def make_nc(p, out, pool):
    starts = np.arange("2020-01", "2024-02", dtype="datetime64[M]").astype("datetime64[D]")
    steps = (starts - starts[0]).astype(int) * 4
    os.makedirs(f"{out}/nc", exist_ok=True)
    run(pool, nc_part, [(p, out, str(s)[:7].replace("-", ""), a, b) for s, a, b in zip(starts, steps, steps[1:])])


def nc_part(p, out, month, a, b):
    values = zarr.open_array(f"{out}/t2m.zarr/t2m", mode="r")[a:b]
    netcdf(f"{out}/nc/t2m_{month}.nc", p["ny1"], p["nx1"], np.arange(a, b) * 6.0, {"t2m": (4, values)})


def make_read(p, out, pool):
    os.makedirs(f"{out}/nc", exist_ok=True)
    steps = min(p["nt"], 500_000_000 // (4 * p["ny1"] * p["nx1"]))
    values = zarr.open_array(f"{out}/t2m.zarr/t2m", mode="r")[:steps]
    netcdf(f"{out}/nc/read.nc", p["ny1"], p["nx1"], np.arange(steps) * 6.0, {"t2m": (4, values)})


def make_small(p, out, pool):
    shutil.rmtree(f"{out}/nc/small", ignore_errors=True)
    os.makedirs(f"{out}/nc/small")
    run(pool, small_part, [(out, i) for i in range(p["nsmall"])])


def small_part(out, i):
    hours = np.arange(24 * i, 24 * i + 24)
    t = temperature("small", 31, 60, hours / 24)
    variables = {"t": (24, t), "q": (24, rounded(t - F(270), 12))}
    netcdf(f"{out}/nc/small/f_{i:05d}.nc", 31, 60, hours.astype(float), variables)


MANY_CHUNKS = 8


def make_many(p, out, pool):
    """As many chunks as a long archive has, in the space of a few."""
    n, path = p["nmany"], f"{out}/many.zarr"
    a = create(path, {}, {"x": (("time", "y", "x"), (n, 256, 256), (1, 256, 256), "f4", ZstdCodec(level=0), {})})["x"]
    # Web servers give no lists.
    zarr.consolidate_metadata(path)
    for i in range(MANY_CHUNKS):
        a[i] = rounded(weather("many", 256, 256, 10, [i])[0], 12)
    for i in range(MANY_CHUNKS, n):
        os.makedirs(f"{path}/x/c/{i}/0")
        os.link(f"{path}/x/c/{i % MANY_CHUNKS}/0/0", f"{path}/x/c/{i}/0/0")


# ---- what lies in memory when a workload begins


def make_memory(p, out, pool):
    run(pool, memory_part, [(p, out, name) for name in ("vectors", "cube", "groups", "points")])


def memory_part(p, out, name):
    scale = p["scale"]
    side = scale**0.5
    if name == "vectors":
        r = np.random.Generator(np.random.Philox(11))
        arrays = {"u": (("x",), r.standard_normal(int(100_000_000 * scale), dtype=F))}
    elif name == "cube":
        n = max(8, int(1024 * side))
        r = np.random.Generator(np.random.Philox(14))
        arrays = {"a": (("t", "y", "x"), r.standard_normal((256, n, n), dtype=F) + F(1))}
    elif name == "groups":
        r = np.random.Generator(np.random.Philox(18))
        a = r.standard_normal((5844, max(16, int(43440 * scale))), dtype=F)
        days = np.datetime64("2020-01-01T00", "h") + 6 * np.arange(5844)
        month = days.astype("datetime64[M]").astype(int) % 12
        day = (days.astype("datetime64[D]") - days.astype("datetime64[Y]")).astype(int)
        # Boxes of a map, which have their numbers in any order.
        n = max(64, int(2000 * side))
        boxes = min(100, n // 4)
        y, x = np.divmod(np.arange(n * n), n)
        region = r.permutation(boxes * boxes)[y * boxes // n * boxes + x * boxes // n]
        b = r.standard_normal((64, n * n), dtype=F)
        arrays = {"a": (("time", "c"), a), "b": (("t", "p"), b), "month": (("time",), month), "day": (("time",), day), "region": (("p",), region)}
    else:
        r = np.random.default_rng(13)
        arrays = {"lat": (("p",), r.uniform(-89, 89, 1000)), "lon": (("p",), r.uniform(0, 358, 1000))}

    def chunks(x):
        return min(len(x), max(1, (16 << 20) // x[:1].nbytes)), *x.shape[1:]

    g = create(f"{out}/{name}.zarr", {}, {k: (dims, x.shape, chunks(x), x.dtype, None, {}) for k, (dims, x) in arrays.items()})
    for k, (_, x) in arrays.items():
        g[k][...] = x


# ---- all of it

PARTS = dict(t2m=make_t2m, pl=make_pl, e025=make_e025, sst=make_sst, sat=make_sat, nc=make_nc, read=make_read, small=make_small,
             many=make_many, memory=make_memory)


def run(pool, part, jobs):
    list(pool.map(part, *zip(*jobs)))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--out", required=True)
    ap.add_argument("--scale", type=float, default=1.0)
    ap.add_argument("--only", default=",".join(PARTS), help="parts to make, of " + ", ".join(PARTS))
    ap.add_argument("--jobs", type=int, default=2)
    a = ap.parse_args()
    p = sizes(a.scale)
    os.makedirs(a.out, exist_ok=True)
    with open(f"{a.out}/params.json", "w") as f:
        json.dump(p, f)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(a.jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        for part in a.only.split(","):
            start = time.time()
            PARTS[part](p, a.out, pool)
            print(f"{part:8} {time.time() - start:6.1f} s", flush=True)


if __name__ == "__main__":
    main()
