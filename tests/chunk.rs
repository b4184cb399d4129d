//! Chunks whose lengths are chosen: of stores and files, and beside dask's.

mod support;

use graticule::array::{AxisGrid, ChunkGrid};
use graticule::prelude::*;
use serde_json::{Value, json};
use support::python::{python, run_script};

fn shape_of(ds: &Dataset, name: &str) -> Vec<usize> {
    ds.get(name).unwrap().variable().chunks().region(0).shape()
}

#[test]
fn chunks_of_stores_and_files_are_multiples_of_those_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let values: Vec<f32> = (0..60 * 40 * 50).map(|i| i as f32).collect();
    let field = DataArray::from_vec(&[("time", 60), ("lat", 40), ("lon", 50)], values.clone()).unwrap();
    let stored = field.chunk_with([("time", 7), ("lat", 20), ("lon", 50)]).unwrap();
    let ds = stored
        .to_dataset("t")
        .assign([("name", DataArray::from_vec(&[("lat", 40)], vec![1u8; 40]).unwrap())]);
    let zarr = dir.path().join("a.zarr");
    ds.unwrap().to_zarr(&zarr).unwrap();
    let open = |chunks: Chunks| open_dataset_with(&zarr, &OpenOptions::new().chunks(chunks)).unwrap();
    // Four stored chunks of 28 kB together.
    assert_eq!(shape_of(&open("120kB".into()), "t"), [14, 40, 50]);
    assert_eq!(shape_of(&open("auto".into()), "t"), [60, 40, 50]);
    assert_eq!(shape_of(&open(Chunks::from("120kB").at("lat", 5)), "t"), [60, 5, 50]);
    // Series cut what is stored; other chunks, once asked for, do not matter.
    let series = open(Chunks::from("120kB").at("time", ..));
    assert_eq!(shape_of(&series, "t"), [60, 20, 25]);
    assert_eq!(shape_of(&series.chunk_with("120kB").unwrap(), "t"), [14, 40, 50]);
    // Behind a selection that begins within a chunk its borders still count.
    let late = open(Chunks::new()).isel("time", 3..).unwrap().chunk_with("60kB").unwrap();
    assert_eq!(late.get("t").unwrap().variable().chunks().axes()[0].bounds()[..3], [0, 11, 25]);
    for ds in [&series, &late] {
        let skipped = 60 - ds.sizes()["time"];
        assert_eq!(ds.get("t").unwrap().to_vec::<f32>().unwrap(), values[skipped * 2000..]);
    }

    let mut variable = field.variable().clone();
    variable.encoding = Attrs::new().with("chunksizes", vec![10i64, 40, 50]).with("zlib", true);
    let netcdf = dir.path().join("a.nc");
    DataArray::new(variable, Coords::new()).unwrap().to_dataset("t").to_netcdf(&netcdf).unwrap();
    let ds = open_dataset(&netcdf).unwrap();
    // Small chunks of a file are read together, but may be read apart.
    assert_eq!(shape_of(&ds, "t"), [60, 40, 50]);
    for ds in [&ds, &ds.compute().unwrap()] {
        assert_eq!(shape_of(&ds.chunk_with("200kB").unwrap(), "t"), [20, 40, 50]);
    }
}

#[test]
fn shards_are_not_cut() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sharded.zarr");
    run_script(&python, "write_sharded.py", &[path.to_str().unwrap()]);
    let ds = open_dataset(&path).unwrap();
    assert_eq!(shape_of(&ds, "t"), [2, 10]);
    // A shard is [8, 20] of 8 bytes, a chunk [2, 10].
    assert_eq!(shape_of(&ds.chunk_with("3kB").unwrap(), "t"), [16, 20]);
    assert_eq!(shape_of(&ds.chunk_with("200B").unwrap(), "t"), [8, 20]);
    let sum = ds.get("t").unwrap().chunk_with("3kB").unwrap().sum(..).unwrap();
    assert_eq!(sum.to_vec::<f64>().unwrap(), [(0..40 * 60).map(f64::from).sum::<f64>()]);
}

/// Numbers that look random, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// As often between 1 and 10 as between 100 and 1000.
    fn length(&mut self, most: f64) -> usize {
        (most.powf(self.below(1000) as f64 / 1000.0)) as usize
    }
}

#[test]
fn chunks_are_as_good_as_those_that_dask_chooses() {
    let Some(python) = python() else { return };
    let mut numbers = Numbers(1);
    let mut cases = Vec::new();
    for _ in 0..600 {
        let ndim = 1 + numbers.below(4) as usize;
        let shape: Vec<usize> = (0..ndim).map(|_| numbers.length(3000.0)).collect();
        let stored: Vec<usize> = shape.iter().map(|n| numbers.length(*n as f64 + 1.0).min(*n)).collect();
        // dask lists every chunk.
        let count: usize = shape.iter().zip(&stored).map(|(n, c)| n.div_ceil(*c)).product();
        if count > 200_000 {
            continue;
        }
        let auto: Vec<bool> = (0..ndim).map(|i| i == 0 || numbers.below(4) > 0).collect();
        let (item, limit) = (1 << numbers.below(4), 1_000 << numbers.below(18));
        cases.push((shape, stored, auto, item, limit));
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cases.json");
    let line = |(shape, stored, auto, item, limit): &(Vec<usize>, Vec<usize>, Vec<bool>, usize, usize)| {
        json!({"shape": shape, "stored": stored, "auto": auto, "item": item, "limit": limit}).to_string()
    };
    std::fs::write(&path, cases.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let told = run_script(&python, "auto_chunks_oracle.py", &[path.to_str().unwrap()]);
    assert_eq!(told.lines().count(), cases.len());
    let (mut ours_split, mut theirs_split, mut theirs_above) = (0, 0, 0);
    for (case, line) in cases.iter().zip(told.lines()) {
        let (shape, stored, auto, item, limit) = case;
        let dask: Value = serde_json::from_str(line).unwrap();
        let grid = ChunkGrid::regular(shape, stored);
        let given: Vec<_> =
            auto.iter().zip(shape).map(|(auto, n)| (!auto).then(|| AxisGrid::single(*n))).collect();
        let ours = grid.auto(&given, *item, *limit);
        let number = |key: &str| dask[key].as_u64().unwrap() as usize;
        let (ours_bytes, theirs_bytes) = (ours.largest() * item, number("largest"));
        // Where dask keeps to the limit, so do we, unless a single stored chunk is larger; dask cuts that one.
        assert!(ours_bytes <= (*limit).max(grid.largest() * item).max(theirs_bytes), "{case:?}: {ours:?}");
        // Chunks that are not much smaller, and not many more.
        if theirs_bytes <= *limit {
            assert!(4 * ours_bytes >= theirs_bytes, "{case:?}: {ours_bytes} bytes, dask {theirs_bytes}");
            assert!(ours.count() <= 8 * number("count"), "{case:?}: {} chunks, dask {}", ours.count(), dask);
        }
        let cuts = |(a, s): (&AxisGrid, &AxisGrid)| a.bounds().iter().any(|b| !s.bounds().contains(b));
        ours_split += usize::from(ours.axes().iter().zip(grid.axes()).any(cuts));
        theirs_split += usize::from(dask["split"] == true);
        theirs_above += usize::from(theirs_bytes > (*limit).max(grid.largest() * item));
    }
    println!(
        "{} cases: stored chunks are cut in {ours_split}, by dask in {theirs_split}; dask exceeds the limit in {theirs_above}",
        cases.len()
    );
    assert!(cases.len() > 300 && ours_split <= theirs_split);
}
