//! How hard variables are compressed, in one word for every format.

use std::str::FromStr;

use serde_json::{Value, json};

use crate::dtype::DType;
use crate::labels::{AttrValue, Attrs, DataArray, Dataset, Variable};

/// How hard data are compressed where they are written: a trade of time for size. All of these are lossless.
///
/// | | Zarr | NetCDF4 |
/// | --- | --- | --- |
/// | `None` | no compressor | no filter |
/// | `Fast` | blosc: shuffle, LZ4 level 5 | shuffle, deflate level 1 |
/// | `Balanced` | blosc: shuffle, Zstandard level 5 (blosc's 3) | shuffle, deflate level 4 |
/// | `Small` | blosc: shuffle, Zstandard level 13 (blosc's 7) | shuffle, deflate level 9 |
///
/// Shuffling puts the first bytes of all numbers together, then the second ones, and so on: neighbours in a smooth field
/// share their first bytes. Text has none of it: in Zarr it is compressed by Zstandard at level 1, 5 or 13, in NetCDF4 not
/// at all (nor are scalars there). Readers need no more than zarr-python or netCDF-C bring along. Sizes and times are in
/// `docs/performance.md`.
///
/// # Example
/// ```
/// use graticule::prelude::*;
/// # let folder = std::env::temp_dir().join(format!("graticule-compression-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let wave: Vec<f32> = (0..10_000).map(|i| (i as f32 * 0.01).sin()).collect();
/// let ds = DataArray::from_vec(&[("x", 10_000)], wave)?.chunk("x", 5_000)?.to_dataset("wave");
/// let mut written = Vec::new();
/// for compression in Compression::ALL {
///     let path = folder.join(format!("{compression:?}.zarr"));
///     written.push(ds.with_compression(compression).to_zarr(path)?.bytes_written);
/// }
/// assert!(written.is_sorted_by(|larger, smaller| larger > smaller), "{written:?}");
/// # std::fs::remove_dir_all(folder).ok();
/// # Ok::<(), graticule::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all.
    None,
    /// As fast as memory, or nearly: for what is read again soon.
    Fast,
    /// Most of what can be saved, at hundreds of megabytes a second and core.
    Balanced,
    /// As small as it gets in reasonable time: for what is written once and kept.
    Small,
}

impl Compression {
    /// All of them, the largest result first.
    pub const ALL: [Compression; 4] =
        [Compression::None, Compression::Fast, Compression::Balanced, Compression::Small];

    /// Level of deflate.
    fn deflate(self) -> Option<i64> {
        match self {
            Compression::None => None,
            Compression::Fast => Some(1),
            Compression::Balanced => Some(4),
            Compression::Small => Some(9),
        }
    }

    /// The compressors of a Zarr array, as v3 describes them.
    fn compressors(self, stored: DType) -> Vec<Value> {
        let blosc = |name: &str, level: u8| {
            let configuration = json!({
                "typesize": stored.size(), "cname": name, "clevel": level, "shuffle": "shuffle", "blocksize": 0,
            });
            vec![json!({"name": "blosc", "configuration": configuration})]
        };
        let zstd =
            |level: u8| vec![json!({"name": "zstd", "configuration": {"level": level, "checksum": false}})];
        match (self, stored.is_text()) {
            (Compression::None, _) => Vec::new(),
            (Compression::Fast, false) => blosc("lz4", 5),
            (Compression::Balanced, false) => blosc("zstd", 3),
            (Compression::Small, false) => blosc("zstd", 7),
            (Compression::Fast, true) => zstd(1),
            (Compression::Balanced, true) => zstd(5),
            (Compression::Small, true) => zstd(13),
        }
    }

    /// The encoding of a variable with what it says of compression replaced.
    pub(super) fn encode(self, v: &Variable) -> Attrs {
        let mut encoding = v.encoding.clone();
        // What files that were opened may say beside xarray's own keys.
        let said =
            ["compression", "compression_opts", "szip", "bzip2", "lzf", "blosc", "lz4", "zstd", "bitshuffle"];
        for key in said.into_iter().chain(["contiguous"]) {
            encoding.remove(key);
        }
        encoding.insert("zlib", self.deflate().is_some());
        encoding.insert("shuffle", self.deflate().is_some());
        match self.deflate() {
            Some(level) => encoding.insert("complevel", level),
            None => drop(encoding.remove("complevel")),
        }
        let stored = stored_dtype(v);
        encoding.insert("compressors", AttrValue::Json(Value::Array(self.compressors(stored))));
        encoding
    }
}

/// The dtype in which numbers will lie in the file: packing may change it.
fn stored_dtype(v: &Variable) -> DType {
    let packed = v.encoding.get_str("dtype").and_then(|name| DType::from_str(name).ok());
    match packed.filter(|d| d.is_number() && !v.dtype().is_text()) {
        Some(packed) => packed,
        None => v.dtype(),
    }
}

impl Dataset {
    /// The dataset whose data variables are compressed so when it is written, to whatever format.
    ///
    /// This sets their encoding (under the names of both formats), in place of what they have of compression; chunks,
    /// packing and fill values stay. Coordinates are left alone: they are small.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # let folder = std::env::temp_dir().join(format!("graticule-compressed-{}", std::process::id()));
    /// # std::fs::create_dir_all(&folder)?;
    /// let ds = DataArray::from_vec(&[("x", 1000)], vec![0.5; 1000])?.to_dataset("a");
    /// let ds = ds.with_compression(Compression::Balanced);
    /// ds.to_zarr(folder.join("a.zarr"))?;
    /// ds.to_netcdf(folder.join("a.nc"))?;
    /// let stored = open_dataset(folder.join("a.nc"))?;
    /// assert_eq!(stored.variable("a")?.encoding.get_f64("complevel"), Some(4.0));
    /// # std::fs::remove_dir_all(folder).ok();
    /// # Ok::<(), graticule::Error>(())
    /// ```
    #[must_use]
    pub fn with_compression(&self, compression: Compression) -> Dataset {
        let mut ds = self.clone();
        ds.data_vars_mut().values_mut().for_each(|v| v.encoding = compression.encode(v));
        ds
    }
}

impl DataArray {
    /// The array, compressed so when it is written. See [`Dataset::with_compression`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0])?.with_compression(Compression::Fast);
    /// assert_eq!(a.variable().encoding.get_f64("complevel"), Some(1.0));
    /// # Ok::<(), graticule::Error>(())
    /// ```
    #[must_use]
    pub fn with_compression(&self, compression: Compression) -> DataArray {
        let mut variable = self.variable().clone();
        variable.encoding = compression.encode(&variable);
        DataArray::from_parts(self.name().cloned(), variable, self.coords().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Block;
    use crate::dtype::Text;

    fn typesize(v: &Variable) -> Value {
        match Compression::Fast.encode(v).get("compressors") {
            Some(AttrValue::Json(c)) => c[0]["configuration"]["typesize"].clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn bytes_are_shuffled_by_the_size_that_is_stored() {
        let mut v = Variable::from_vec(&[("x", 2)], vec![1.0f64, 2.0]).unwrap();
        assert_eq!(typesize(&v), 8);
        v.encoding.insert("dtype", "int16");
        assert_eq!(typesize(&v), 2);
        let times = Block::from_vec(&[1], vec![0i64]).unwrap().retype(DType::DATETIME_NS);
        assert_eq!(typesize(&Variable::new(["t"], times).unwrap()), 8);
        let text = Variable::from_vec(&[("x", 1)], vec![Text::from("a")]).unwrap();
        assert_eq!(typesize(&text), Value::Null);
    }

    #[test]
    fn other_compression_goes_and_the_rest_of_the_encoding_stays() {
        let mut v = Variable::from_vec(&[("x", 2)], vec![1.0f64, 2.0]).unwrap();
        v.encoding = Attrs::new().with("zstd", true).with("complevel", 9i64).with("chunksizes", vec![1i64]);
        let none = Compression::None.encode(&v);
        assert!(!none.contains("zstd") && !none.contains("complevel") && none.contains("chunksizes"));
        assert_eq!(none.get("compressors"), Some(&AttrValue::Json(json!([]))));
        assert_eq!(none.get("zlib"), Some(&false.into()));
    }
}
