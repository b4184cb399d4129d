//! Stores behind servers: a web server that is slow and fails, and one that speaks S3.
#![cfg(feature = "remote")]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use graticule::io::store::{RemoteStore, Store, keys_below};
use graticule::io::zarr::{WriteMode, WriteOptions};
use graticule::prelude::*;
use support::netcdf::{encoded, netcdf_files, rows};
use support::python::{python, sample_data};
use support::s3::S3;

/// A server that ends with the test.
struct Server {
    child: Child,
    port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn of_folder(python: &Path, folder: &Path, options: &[&str]) -> Server {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/serve.py");
        let mut command = Command::new(python);
        command.arg(script).arg(folder).args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("python starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped"))
            .read_line(&mut line)
            .expect("it prints its port");
        Server { port: line.trim().parse().expect("a port"), child }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// How many requests there were, and how many at the same time at most.
    fn requests(&self) -> (usize, usize) {
        use std::io::Write;
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.write_all(b"GET /requests HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (a, b) = text.rsplit_once("\r\n\r\n").unwrap().1.split_once(' ').unwrap();
        (a.parse().unwrap(), b.parse().unwrap())
    }
}

#[test]
fn a_web_server_that_fails_now_and_then_is_asked_again() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let ds = rows(60, 1);
    ds.to_zarr(dir.path().join("a.zarr")).unwrap();
    let sharded = encoded(&ds, [("chunks", vec![1i64, 10]), ("shards", vec![20, 10])]);
    sharded.to_zarr(dir.path().join("sharded.zarr")).unwrap();
    let server = Server::of_folder(&python, dir.path(), &["--fail-every", "7"]);
    for name in ["a.zarr", "sharded.zarr"] {
        let opened = open_dataset(server.url(name)).unwrap();
        assert!(opened.equals(&ds).unwrap(), "{name}");
    }
    // A chunk of a shard is a range of it: the index of the shard, and the chunk.
    let before = server.requests().0;
    let opened = open_dataset(server.url("sharded.zarr")).unwrap();
    let of_opening = server.requests().0 - before;
    assert_eq!(opened.get("a").unwrap().isel("t", 33).unwrap().to_vec::<f64>().unwrap()[0], 330.0);
    assert!(server.requests().0 - before - of_opening <= 4);
    let missing = open_dataset(server.url("b.zarr")).unwrap_err();
    assert!(missing.is_not_found() && missing.to_string().contains("b.zarr"), "{missing}");
    let e = open_dataset("http://127.0.0.1:9/a.zarr").unwrap_err().to_string();
    assert!(e.contains("127.0.0.1:9"), "{e}");
}

#[test]
fn waiting_for_a_slow_server_is_shared() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let ds = rows(320, 1);
    ds.to_zarr(dir.path().join("a.zarr")).unwrap();
    let server = Server::of_folder(&python, dir.path(), &["--delay", "0.05"]);
    let opened = open_dataset(server.url("a.zarr")).unwrap();
    let before = server.requests().0;
    let begun = Instant::now();
    let sum = opened.get("a").unwrap().sum("t").unwrap().to_vec::<f64>().unwrap();
    let took = begun.elapsed().as_secs_f64();
    assert_eq!(sum[0], (0..320).map(|i| 10.0 * f64::from(i)).sum::<f64>());
    let (requests, most) = server.requests();
    let requests = requests - before;
    println!("{requests} requests, {most} at the same time, {took:.2} s; one after the other they take 16 s");
    assert_eq!(requests, 320);
    assert!(most >= 24, "{most}");
}

#[test]
fn a_bucket_is_written_read_appended_to_and_replaced() {
    let Some(python) = python() else { return };
    let server = S3::start(&python);
    let store = |name: &str| {
        let store = RemoteStore::new(format!("s3://bucket/{name}")).unwrap();
        let options = [
            ("aws_endpoint", server.url()),
            ("aws_region", "us-east-1".into()),
            ("aws_access_key_id", "test".into()),
            ("aws_secret_access_key", "test".into()),
        ];
        std::sync::Arc::new(options.into_iter().fold(store, |store, (name, value)| store.option(name, value)))
    };
    let ds = rows(50, 8);
    let a = store("folder/a.zarr");
    let e = open_dataset(a.clone()).unwrap_err();
    assert!(e.is_not_found(), "{e}");
    ds.to_zarr(a.clone()).unwrap();
    assert!(open_dataset(a.clone()).unwrap().identical(&ds).unwrap());
    assert!(ds.to_zarr(a.clone()).unwrap_err().to_string().contains("already"));
    let more = rows(70, 8).isel("t", 50..).unwrap();
    more.to_zarr_with(a.clone(), &WriteOptions::append("t"), &Local::new()).unwrap();
    assert!(open_dataset(a.clone()).unwrap().equals(&rows(70, 8)).unwrap());
    let part = rows(70, 8).isel("t", 8..16).unwrap().mul(2).unwrap();
    part.to_zarr_with(a.clone(), &WriteOptions::region_auto(), &Local::new()).unwrap();
    let row = open_dataset(a.clone()).unwrap().get("a").unwrap().isel("t", 8).unwrap();
    assert_eq!(row.to_vec::<f64>().unwrap()[..2], [160.0, 162.0]);
    let replace = WriteOptions::new().mode(WriteMode::Replace);
    rows(3, 2).to_zarr_with(a.clone(), &replace, &Local::new()).unwrap();
    assert!(open_dataset(a.clone()).unwrap().identical(&rows(3, 2)).unwrap());
    let keys = keys_below(&*a, "").unwrap();
    assert_eq!(keys, ["a/c/0/0", "a/c/1/0", "a/zarr.json", "t/c/0", "t/zarr.json", "zarr.json"]);
    // An object of the bucket can be a NetCDF file.
    let dir = tempfile::tempdir().unwrap();
    ds.to_netcdf(dir.path().join("a.nc")).unwrap();
    let file = store("folder/a.nc");
    file.write("", &std::fs::read(dir.path().join("a.nc")).unwrap()).unwrap();
    assert!(open_dataset(file).unwrap().equals(&ds).unwrap());
    // Appends at the same time take turns.
    let b = store("b.zarr");
    rows(4, 3).to_zarr(b.clone()).unwrap();
    std::thread::scope(|threads| {
        for k in 1..5 {
            let b = b.clone();
            threads.spawn(move || {
                let part = rows(20, 3).isel("t", 4 * k..4 * k + 4).unwrap();
                part.to_zarr_with(b, &WriteOptions::append("t"), &Local::new()).unwrap();
            });
        }
    });
    let mut t = open_dataset(b.clone()).unwrap().get("t").unwrap().to_vec::<i64>().unwrap();
    t.sort_unstable();
    assert_eq!(t, (0..20).collect::<Vec<i64>>());
    assert!(b.size(".lock").unwrap().is_none());
}

#[test]
fn netcdf_files_are_read_from_a_web_server() {
    let (Some(python), Some(folder)) = (python(), sample_data()) else { return };
    let server = Server::of_folder(&python, &folder, &[]);
    for path in netcdf_files(&folder) {
        let name = path.strip_prefix(&folder).unwrap().display().to_string();
        let begin = server.requests().0;
        let here = open_dataset(server.url(&name)).unwrap();
        let of_opening = server.requests().0 - begin;
        assert!(here.identical(&open_dataset(&path).unwrap()).unwrap(), "{name}");
        println!("{name}: {of_opening} requests to open, {} in all", server.requests().0 - begin);
        assert!(of_opening <= 12, "{name}: {of_opening} requests");
    }
}

#[test]
fn of_a_netcdf_file_on_a_server_only_the_chunks_that_are_needed_are_asked_for() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let noise = |i: usize| (i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) as f64 / 1e19;
    let a = DataArray::from_vec(&[("t", 64), ("x", 100_000)], (0..6_400_000).map(noise).collect::<Vec<_>>());
    let ds = encoded(&a.unwrap().to_dataset("a"), [("chunksizes", vec![1i64, 100_000])]);
    let ds = encoded(&ds, [("zlib", true), ("shuffle", true)]);
    let path = dir.path().join("a.nc");
    ds.to_netcdf(&path).unwrap();
    let server = Server::of_folder(&python, dir.path(), &["--delay", "0.05", "--fail-every", "29"]);
    let opened = open_dataset(server.url("a.nc")).unwrap();
    assert!(server.requests().0 <= 8, "{:?}", server.requests());
    let before = server.requests().0;
    let one = opened.get("a").unwrap().isel("t", 40).unwrap();
    assert_eq!(one.to_vec::<f64>().unwrap()[7], noise(4_000_007));
    // The index of the chunks may take a block, and a failed request is repeated.
    assert!(server.requests().0 - before <= 4, "{:?}", server.requests());
    let before = server.requests().0;
    assert!(opened.equals(&open_dataset(&path).unwrap()).unwrap());
    // Chunks that lie side by side come together.
    assert!(server.requests().0 - before <= 40, "{:?}", server.requests());
    // Another file under the same address is noticed when it is opened.
    rows(5, 2).to_netcdf(&path).unwrap();
    assert!(open_dataset(server.url("a.nc")).unwrap().equals(&rows(5, 2)).unwrap());
    let e = opened.isel("t", 1).unwrap().get("a").unwrap().load().map(drop).unwrap_err().to_string();
    assert!(e.contains("has changed since it was opened") && e.contains("a.nc"), "{e}");
    let e = open_dataset(server.url("b.nc")).unwrap_err();
    assert!(e.is_not_found() && e.to_string().contains("b.nc"), "{e}");
}

#[test]
fn chunks_of_a_netcdf_file_are_waited_for_side_by_side() {
    let Some(python) = python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let a =
        DataArray::from_vec(&[("t", 48), ("x", 200_000)], (0..9_600_000).map(f64::from).collect::<Vec<_>>());
    let ds = encoded(&a.unwrap().to_dataset("a"), [("chunksizes", vec![2i64, 200_000])]);
    ds.to_netcdf(&path).unwrap();
    let server = Server::of_folder(&python, dir.path(), &["--delay", "0.2"]);
    let opened = open_dataset(server.url("a.nc")).unwrap();
    let before = server.requests().0;
    let begun = Instant::now();
    let values = opened.get("a").unwrap().to_vec::<f64>().unwrap();
    assert!(values.iter().enumerate().all(|(i, v)| i as f64 == *v));
    let (requests, most) = server.requests();
    println!("{} requests, {most} at the same time, {:?}", requests - before, begun.elapsed());
    assert!(requests - before <= 27 && most >= 12, "{} {most}", requests - before);
}
