//! What was written is what is read.

use std::collections::BTreeSet;

use graticule::dtype::TimeUnit;
use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions};
use graticule::prelude::*;
use proptest::prelude::*;
use proptest::sample::select;
use tempfile::TempDir;

use crate::check::{Check, same_arrays};
use crate::config;
use crate::samples::labelled;

/// Dtypes that a store has, with the times that are decoded without being asked.
fn stored() -> impl Strategy<Value = DType> {
    use DType::*;
    let timedelta = Timedelta { unit: TimeUnit::Ns };
    select(vec![F64, F32, I64, I8, I16, I32, U8, U16, U32, U64, Bool, DType::DATETIME_NS, timedelta])
}

fn read_back(a: &DataArray, write: impl Fn(&Dataset, &std::path::Path) -> graticule::Result<()>) -> Check {
    let folder = TempDir::new()?;
    let path = folder.path().join("a");
    write(&a.to_dataset("a"), &path)?;
    let back = open_dataset(&path)?.get("a")?;
    same_arrays(&a.clone().compute()?, &back.compute()?)
}

/// Whether a classic file can hold the dimensions: a length of 0 stands for the unlimited dimension there, of which
/// there is one, and the first of each variable.
fn classic_holds(a: &DataArray) -> bool {
    let sizes = || std::iter::once(a.sizes()).chain(a.coords().iter().map(|(_, c)| c.sizes()));
    let empty: BTreeSet<_> = sizes().flatten().filter(|d| d.1 == 0).map(|d| d.0).collect();
    empty.len() <= 1 && sizes().all(|v| v.values().skip(1).all(|&len| len > 0))
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn through_zarr(s in labelled(prop_oneof![6 => stored(), 1 => Just(DType::C128)], 0)) {
        for a in [&s.whole, &s.chunked] {
            read_back(a, |ds, path| ds.to_zarr(path).map(drop))?;
        }
    }

    #[test]
    fn through_netcdf(s in labelled(stored(), 0), classic in any::<bool>()) {
        // The classic format has no texts.
        let texts = s.whole.coords().iter().any(|(_, c)| c.dtype().is_text());
        let format = if classic && !texts { NetcdfFormat::Cdf5 } else { NetcdfFormat::Netcdf4 };
        let options = NetcdfOptions { format, ..Default::default() };
        for a in [&s.whole, &s.chunked] {
            if format == NetcdfFormat::Cdf5 && !classic_holds(a) {
                let folder = TempDir::new()?;
                let refused = a.to_dataset("a").to_netcdf_with(folder.path().join("a"), &options, &Local::new());
                prop_assert!(refused.is_err_and(|e| e.to_string().contains("unlimited dimension")));
                prop_assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "something was left");
                continue;
            }
            read_back(a, |ds, path| ds.to_netcdf_with(path, &options, &Local::new()).map(drop))?;
        }
    }
}
