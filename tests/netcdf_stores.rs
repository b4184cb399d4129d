//! NetCDF files that are no files of the file system: objects of stores.

mod support;

use std::sync::Arc;

use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions};
use graticule::io::store::{FolderStore, Store};
use graticule::plan::{Plan, Target};
use graticule::prelude::*;
use support::netcdf::{in_memory, netcdf_files, rows};
use support::python::sample_data;

#[test]
fn real_files_are_read_from_memory_as_from_disk() {
    let Some(folder) = sample_data() else { return };
    let files = netcdf_files(&folder);
    assert!(files.len() >= 10, "{}", files.len());
    for path in files {
        let there = open_dataset(&path).unwrap();
        let store = in_memory(&format!("real files/{}", path.display()), &path);
        let here = open_dataset(store).unwrap();
        assert!(here.identical(&there).unwrap(), "{}", path.display());
    }
}

#[test]
fn files_of_both_formats_are_read_from_stores() {
    let dir = tempfile::tempdir().unwrap();
    let ds = rows(40, 8);
    for (name, format) in [("a.nc", NetcdfFormat::Netcdf4), ("b.nc", NetcdfFormat::Cdf5)] {
        let path = dir.path().join(name);
        ds.to_netcdf_with(&path, &NetcdfOptions { format, ..NetcdfOptions::default() }, &Local::new())
            .unwrap();
        let store = in_memory(&format!("both formats/{name}"), &path);
        for here in [open_dataset(store.clone()), open_dataset(Arc::new(FolderStore::new(&path).unwrap()))] {
            assert!(here.unwrap().identical(&open_dataset(&path).unwrap()).unwrap(), "{name}");
        }
        let address = format!("memory://both formats/{name}");
        let opened = open_dataset(&address).unwrap();
        assert_eq!(opened.encoding.get("source"), Some(&address.as_str().into()));
        // A plan that travels finds the file again.
        let sum = opened.get("a").unwrap().sum(..).unwrap();
        let plan = Plan::new(&[Target::Memory(sum.variable().data().clone())]).unwrap();
        let travelled = Plan::from_bytes(&plan.to_bytes().unwrap()).unwrap();
        let blocks = Local::new().run(&travelled).unwrap().blocks;
        assert_eq!(blocks[0].to_vec::<f64>().unwrap(), [(399 * 400 / 2) as f64]);
    }
}

#[test]
fn an_object_that_has_changed_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    rows(10, 4).to_netcdf(&path).unwrap();
    let store = in_memory("has changed", &path);
    let before = open_dataset(store.clone()).unwrap();
    let other = rows(10, 4).add(1.0).unwrap();
    other.to_netcdf(&path).unwrap();
    store.write("", &std::fs::read(&path).unwrap()).unwrap();
    assert!(open_dataset(store.clone()).unwrap().equals(&other).unwrap());
    let e = before.get("a").unwrap().to_vec::<f64>().unwrap_err().to_string();
    assert!(e.contains("has changed since it was opened"), "{e}");
    let flat = DataArray::from_vec(&[("t", 3)], vec![1i32, 2, 3]).unwrap().to_dataset("a");
    flat.to_netcdf(&path).unwrap();
    store.write("", &std::fs::read(&path).unwrap()).unwrap();
    assert!(open_dataset(store.clone()).unwrap().equals(&flat).unwrap());
    let e = before.get("a").unwrap().to_vec::<f64>().unwrap_err().to_string();
    assert!(e.contains("has changed since it was opened"), "{e}");
    store.remove("").unwrap();
    let e = open_dataset(store).unwrap_err();
    assert!(e.is_not_found() && e.to_string().contains("memory://has changed"), "{e}");
}

#[test]
fn a_manifest_of_objects_is_not_served_once_one_has_changed() {
    let dir = tempfile::tempdir().unwrap();
    let addresses = ["memory://manifest/a.nc", "memory://manifest/b.nc"];
    let part = |from: usize| rows(20, 4).isel("t", from..from + 10).unwrap();
    let stores = [0, 10].map(|from| {
        let path = dir.path().join(format!("{from}.nc"));
        part(from).to_netcdf(&path).unwrap();
        in_memory(if from == 0 { "manifest/a.nc" } else { "manifest/b.nc" }, &path)
    });
    let options = MultiFileOptions::new().manifest(dir.path().join("manifest"));
    let open = || open_mfdataset_with(addresses, &options).unwrap();
    assert!(open().equals(&rows(20, 4)).unwrap());
    assert!(dir.path().join("manifest").exists());
    assert!(open().equals(&rows(20, 4)).unwrap());
    let path = dir.path().join("other.nc");
    part(10).mul(2.0).unwrap().to_netcdf(&path).unwrap();
    stores[1].write("", &std::fs::read(&path).unwrap()).unwrap();
    let last = open().get("a").unwrap().isel("t", 19).unwrap().to_vec::<f64>().unwrap()[0];
    assert_eq!(last, 380.0);
    let one = open_mfdataset(addresses[0]).unwrap();
    assert!(one.equals(&part(0)).unwrap());
}
