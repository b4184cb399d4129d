#!/usr/bin/env bash
# Fills fuzz/corpus with real files to begin from: those of iris-sample-data (GRATICULE_SAMPLE_DATA), and Zarr documents and
# chunks that zarr-python writes (GRATICULE_PYTHON). ci/setup.sh makes an environment with both.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p corpus/{netcdf,zarr_metadata,zarr_chunk,words,plan,references}

if [ -n "${GRATICULE_SAMPLE_DATA:-}" ]; then
    find "$GRATICULE_SAMPLE_DATA" -name '*.nc' -size -200k -exec cp {} corpus/netcdf/ \;
fi

if [ -n "${GRATICULE_PYTHON:-}" ]; then
    "$GRATICULE_PYTHON" - <<'PYTHON'
import pathlib, tempfile, warnings
import numpy as np, xarray as xr

warnings.simplefilter("ignore")
ds = xr.Dataset({
    "f4": ("x", np.arange(16, dtype="f4")), "i2": ("x", np.arange(16, dtype="i2")),
    "s": ("x", np.array(["a", "bb"] * 8)), "t": ("x", np.arange(16).astype("M8[D]")),
})
for version in (2, 3):
    with tempfile.TemporaryDirectory() as folder:
        ds.to_zarr(folder, zarr_format=version)
        for path in pathlib.Path(folder).rglob("*"):
            if path.is_file():
                name = f"v{version}-" + "-".join(path.relative_to(folder).parts)
                is_document = path.name.startswith((".z", "zarr"))
                target = "zarr_metadata" if is_document else "zarr_chunk"
                first = bytes([{2: 1, 3: 0}[version] if path.parent != pathlib.Path(folder) else 2])
                pathlib.Path("corpus", target, name).write_bytes((first if is_document else b"\1") + path.read_bytes())
for number, kind in enumerate(["NETCDF4", "NETCDF3_CLASSIC", "NETCDF3_64BIT_DATA"]):
    ds.drop_vars("t").to_netcdf(f"corpus/netcdf/made-{number}.nc", format=kind, engine="netcdf4")
PYTHON
fi

cat > corpus/references/version-1 <<'JSON'
{"version": 1, "templates": {"u": "data.bin"}, "gen": [
  {"key": "a/{{i}}", "url": "{{u}}", "offset": "{{i * 8}}", "length": "8", "dimensions": {"i": {"stop": 2}}}], "refs": {
  ".zgroup": "{\"zarr_format\": 2}",
  "a/.zarray": "{\"chunks\": [2], \"compressor\": null, \"dtype\": \"<f4\", \"fill_value\": 0, \"filters\": null, \"order\": \"C\", \"shape\": [10], \"zarr_format\": 2}",
  "a/.zattrs": "{\"_ARRAY_DIMENSIONS\": [\"x\"]}",
  "a/2": "base64:AACAPwAAAEA=", "a/3": ["{{u}}", 16, 8], "a/4": ["{{u}}"]}}
JSON

number=0
while read -r words; do
    printf '%s' "$words" > "corpus/words/$((number += 1))"
done <<'WORDS'
2000-01-01T12:30:00.25
2000-02
1999
-0044-03-15
days since 1970-01-01
hours since 1900-01-01 00:00:0.0 +6:00
months since 2000-01-16
QS-DEC
2W-MON
-3h
1D 2h 3.5s
datetime64[ns]
|S12
float32
360_day
WORDS
