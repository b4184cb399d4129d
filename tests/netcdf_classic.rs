//! Classic NetCDF files that are written here, and texts as characters.

mod support;

use graticule::array::Block;
use graticule::dtype::Text;
use graticule::io::RawDataset;
use graticule::io::netcdf::{NetcdfFormat, NetcdfOptions, NetcdfWrite, open_netcdf};
use graticule::prelude::*;
use support::netcdf::{Level, holds, write};

/// What netCDF-3 has no type for, but values that fit.
fn for_classic() -> Dataset {
    let words = ["", "zwei", "dr\u{e4}i"].map(Text::from).to_vec();
    let nat = i64::MIN;
    let times = Block::from_vec(&[3], vec![0, 86_400_000_000_000, nat]).unwrap().retype(DType::DATETIME_NS);
    let variables = [
        ("wide", Variable::from_vec(&[("x", 3)], vec![1i64, -5, i64::from(i32::MAX)]).unwrap()),
        ("u64", Variable::from_vec(&[("x", 3)], vec![1u64, 2, 3]).unwrap()),
        ("u32", Variable::from_vec(&[("x", 3)], vec![1u32, 2, 3]).unwrap()),
        ("u16", Variable::from_vec(&[("x", 3)], vec![1u16, 2, 3]).unwrap()),
        ("u8", Variable::from_vec(&[("x", 3)], vec![1u8, 2, 3]).unwrap()),
        ("flag", Variable::from_vec(&[("x", 3)], vec![true, false, true]).unwrap()),
        ("f32", Variable::from_vec(&[("x", 3)], vec![1f32, f32::NAN, 3.0]).unwrap()),
        ("words", Variable::from_vec(&[("x", 3)], words).unwrap()),
        ("word", Variable::from_vec(&[], vec![Text::from("wort")]).unwrap()),
        ("when", Variable::new(["x"], times).unwrap()),
    ];
    let mut parts = Vec::new();
    for (name, mut v) in variables {
        v.attrs = Attrs::new().with("number", 7i64).with("small", 3u8).with("text", "\u{fc}");
        parts.push(DataArray::new(v, Coords::new()).unwrap().with_name(name).into());
    }
    let mut ds = merge(&parts, &MergeOptions::default()).unwrap();
    ds.attrs.insert("wide", vec![1i64, 2]);
    ds.chunk("x", 2).unwrap()
}

#[test]
fn classic_files_are_those_that_xarray_writes() {
    let Some(python) = support::python::python() else { return };
    let dir = tempfile::tempdir().unwrap();
    let ds = for_classic();
    let plain = dir.path().join("plain.nc");
    ds.to_netcdf(&plain).unwrap();
    for name in ["NETCDF3_CLASSIC", "NETCDF3_64BIT_OFFSET"] {
        let copy = dir.path().join(name);
        let options = NetcdfOptions::new().format(name.parse().unwrap());
        ds.to_netcdf_with(&copy, &options, &Local::new()).unwrap();
        let args = ["classic", &plain.to_string_lossy(), &copy.to_string_lossy(), name];
        support::python::run_script(&python, "netcdf_twin.py", &args);
        let back = open_dataset(&copy).unwrap();
        let words: Vec<Text> = back.get("words").unwrap().to_vec().unwrap();
        assert_eq!(words, ["", "zwei", "dr\u{e4}i"].map(Text::from));
    }
}

#[test]
fn texts_and_characters_go_through_all_formats() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let words = ["", "zwei", "dr\u{e4}i", "\u{20ac}"].map(Text::from);
    let mut v = Variable::from_vec(&[("x", 4)], words.to_vec()).unwrap();
    v.encoding = Attrs::new().with("dtype", "S1").with("char_dim_name", "letters");
    let ds = DataArray::new(v, Coords::new()).unwrap().chunk("x", 3).unwrap().to_dataset("w");
    for format in [NetcdfFormat::Netcdf4, NetcdfFormat::Cdf5, NetcdfFormat::Cdf2, NetcdfFormat::Cdf1] {
        ds.to_netcdf_with(&path, &NetcdfOptions::new().format(format), &Local::new()).unwrap();
        let raw = open_netcdf(&path, None).unwrap();
        assert_eq!(raw.variables["w"].dims()[1].as_ref(), "letters");
        assert_eq!((raw.variables["w"].shape(), raw.variables["w"].dtype()), (vec![4, 5], DType::Bytes(1)));
        // What was read is written as it was.
        let back = open_dataset(&path).unwrap().compute().unwrap();
        back.to_netcdf_with(&path, &NetcdfOptions::new().format(format), &Local::new()).unwrap();
        let again = open_dataset(&path).unwrap().get("w").unwrap();
        assert_eq!(again.to_vec::<Text>().unwrap(), words);
        assert_eq!(open_netcdf(&path, None).unwrap().variables["w"].shape(), [4, 5]);
    }
    let bytes =
        Block::from_vec(&[2], ["ab", "\u{e9}"].map(Text::from).to_vec()).unwrap().retype(DType::Bytes(2));
    let bytes = DataArray::new(Variable::new(["x"], bytes).unwrap(), Coords::new()).unwrap();
    bytes.to_dataset("b").to_netcdf(&path).unwrap();
    let back = open_dataset(&path).unwrap().get("b").unwrap();
    assert_eq!(back.dtype(), DType::Bytes(2));
    assert_eq!(back.to_vec::<Text>().unwrap(), ["ab", "\u{e9}"].map(Text::from));
}

#[test]
fn numbers_and_sizes_that_a_classic_format_lacks_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let wide =
        DataArray::from_vec(&[("x", 4)], vec![1i64, 2, 3_000_000_000, 4]).unwrap().chunk("x", 2).unwrap();
    let save = |ds: &Dataset, format| {
        let error =
            ds.to_netcdf_with(&path, &NetcdfOptions::new().format(format), &Local::new()).unwrap_err();
        error.to_string()
    };
    let e = save(&wide.to_dataset("wide"), NetcdfFormat::Cdf1);
    assert!(e.contains("`wide`") && e.contains("3000000000") && e.contains("Netcdf4"), "{e}");
    let large = |len: usize| {
        DataArray::new(
            Variable::new(["y", "x"], Level::of(&[len, 1 << 20], &[1, 1 << 20])).unwrap(),
            Coords::new(),
        )
        .unwrap()
    };
    // 3 GiB, and something behind it.
    let small: Object = DataArray::from_vec(&[("z", 1)], vec![1]).unwrap().with_name("small").into();
    let ds = merge(&[large(768).with_name("large").into(), small.clone()], &MergeOptions::default()).unwrap();
    let e = save(&ds, NetcdfFormat::Cdf1);
    assert!(e.contains("`large`") && e.contains("CDF-1") && e.contains("Cdf2"), "{e}");
    let ds = merge(&[large(1280).with_name("large").into(), small], &MergeOptions::default()).unwrap();
    let e = save(&ds, NetcdfFormat::Cdf2);
    assert!(e.contains("`large`") && e.contains("CDF-2") && e.contains("Cdf5"), "{e}");
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn dimensions_of_length_0_are_unlimited() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.nc");
    let empty = |dims: &[(&str, usize)]| Variable::from_vec(dims, Vec::<f64>::new()).unwrap();
    for format in [NetcdfFormat::Cdf1, NetcdfFormat::Cdf2, NetcdfFormat::Cdf5] {
        let options = NetcdfOptions::new().format(format);
        let mut raw = RawDataset::new();
        raw.variables.insert("v".into(), empty(&[("x", 0), ("y", 2)]));
        raw.variables.insert("y".into(), Variable::from_vec(&[("y", 2)], vec![1, 2]).unwrap());
        write(&path, &raw, &options).unwrap();
        holds(&path, None, &raw);
        assert_eq!(
            open_netcdf(&path, None).unwrap().encoding.get("unlimited_dims"),
            Some(&vec![Text::from("x")].into())
        );
        raw.variables.insert("w".into(), empty(&[("y", 2), ("x", 0)]));
        let e = NetcdfWrite::create(&path, &raw, &options).unwrap_err().to_string();
        assert!(e.contains("first one of variable `w`") && e.contains("of length 0"), "{e}");
        raw.variables.insert("w".into(), empty(&[("z", 0)]));
        let e = NetcdfWrite::create(&path, &raw, &options).unwrap_err().to_string();
        assert!(e.contains("at most one unlimited") && e.contains("of length 0"), "{e}");
    }
}
