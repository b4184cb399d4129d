//! Into other chunks: `chunk`, with lengths that are given or chosen.

use std::ops::RangeFull;

use indexmap::IndexMap;

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::variable::{Name, Variable};
use crate::array::{AxisGrid, ChunkGrid};
use crate::error::{Error, Result};
use crate::plan::{human_bytes, parse_bytes};

/// How long chunks are along a dimension: a number, a list of lengths, `..` for the whole dimension (xarray's -1),
/// `"auto"`, or a size such as `"64MiB"`.
///
/// # Example
/// ```
/// use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("x", 6)], vec![0; 6])?;
/// let counts = |len: ChunkLen| Ok::<_, Error>(a.chunk("x", len)?.variable().chunks().counts()[0]);
/// assert_eq!(counts(4.into())?, 2);
/// assert_eq!(counts([1, 2, 3].into())?, 3);
/// assert_eq!(counts((..).into())?, 1);
/// assert_eq!(counts("8B".into())?, 3);
/// assert_eq!(counts(ChunkLen::Auto)?, 1);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChunkLen {
    /// This length; the last chunk may be shorter.
    Len(usize),
    /// One chunk.
    Whole,
    /// These lengths, which add up to that of the dimension.
    Lengths(Vec<usize>),
    /// What makes chunks of [`AUTO_BYTES`](ChunkLen::AUTO_BYTES) at most.
    Auto,
    /// What makes chunks of so many bytes at most.
    Bytes(usize),
    /// A text that says no length: an error where it is used.
    Unknown(String),
}

impl ChunkLen {
    /// The size of chunks whose lengths are chosen, unless another one is named: 128 MiB, as in dask.
    pub const AUTO_BYTES: usize = 128 << 20;
}

impl From<usize> for ChunkLen {
    fn from(len: usize) -> Self {
        ChunkLen::Len(len)
    }
}

impl From<RangeFull> for ChunkLen {
    fn from(_: RangeFull) -> Self {
        ChunkLen::Whole
    }
}

impl From<&str> for ChunkLen {
    fn from(text: &str) -> Self {
        match (text, parse_bytes(text)) {
            ("auto", _) => ChunkLen::Auto,
            // A number alone would be taken for a length.
            (_, Ok(bytes)) if text.ends_with(char::is_alphabetic) => ChunkLen::Bytes(bytes),
            _ => ChunkLen::Unknown(text.to_string()),
        }
    }
}

impl From<Vec<usize>> for ChunkLen {
    fn from(lengths: Vec<usize>) -> Self {
        ChunkLen::Lengths(lengths)
    }
}

impl<const N: usize> From<[usize; N]> for ChunkLen {
    fn from(lengths: [usize; N]) -> Self {
        ChunkLen::Lengths(lengths.into())
    }
}

impl From<&[usize]> for ChunkLen {
    fn from(lengths: &[usize]) -> Self {
        ChunkLen::Lengths(lengths.into())
    }
}

/// How long chunks are along several dimensions, or along all.
///
/// Made of one length for all dimensions (`"auto"`, `100`, `..`), of pairs of names and lengths, or piece by piece.
/// Dimensions of which nothing is said keep their chunks.
///
/// # Example
/// ```
/// use graticule::prelude::*;
/// let a = DataArray::from_vec(&[("time", 4), ("lat", 2), ("lon", 6)], vec![0.0; 48])?;
/// let b = a.chunk_with(Chunks::new().at("time", 2).at("lat", ..).at("lon", "auto"))?;
/// assert_eq!(b.variable().chunks().counts(), [2, 1, 1]);
/// assert_eq!(a.chunk_with([("time", 2), ("lon", 3)])?.variable().chunks().counts(), [2, 1, 2]);
/// // Of an element 8 bytes, so of a chunk 8 elements.
/// assert_eq!(a.chunk_with("64B")?.variable().chunks().region(0).shape(), [2, 2, 2]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chunks {
    every: Option<ChunkLen>,
    dims: IndexMap<Name, ChunkLen>,
}

impl Chunks {
    /// The chunks that are there.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1, 2, 3, 4])?.chunk("x", 2)?;
    /// assert_eq!(a.chunk_with(Chunks::new())?.variable().chunks(), a.variable().chunks());
    /// # Ok::<(), Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Chunks of this length along `dim`, whatever is said of all dimensions.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 2)], vec![1, 2, 3, 4])?;
    /// let b = a.chunk_with(Chunks::from(1).at("y", ..))?;
    /// assert_eq!(b.variable().chunks().counts(), [1, 2]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn at(mut self, dim: impl Into<Name>, len: impl Into<ChunkLen>) -> Self {
        self.dims.insert(dim.into(), len.into());
        self
    }

    /// Whether nothing is said.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// assert!(Chunks::new().is_empty() && !Chunks::from("auto").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.every.is_none() && self.dims.is_empty()
    }

    fn along(&self, dim: &Name) -> Option<&ChunkLen> {
        self.dims.get(dim).or(self.every.as_ref())
    }

    /// The bytes of chunks whose lengths are chosen, if all that is said has a meaning for these dimensions.
    fn check(&self, sizes: &IndexMap<Name, usize>) -> Result<usize> {
        if let Some(unknown) = self.dims.keys().find(|dim| !sizes.contains_key(*dim)) {
            return Err(Error::not_found("dimension", unknown, sizes.keys()));
        }
        let mut target = None;
        for (dim, &size) in sizes {
            match self.along(dim) {
                Some(ChunkLen::Len(0)) if size > 0 => {
                    return Err(Error::invalid(format!("chunks of length 0 along `{dim}`"))
                        .help("`..` makes one chunk of it"));
                }
                Some(ChunkLen::Lengths(lengths)) => {
                    let sum = lengths.iter().fold(0usize, |sum, n| sum.saturating_add(*n));
                    if sum != size {
                        return Err(Error::invalid(format!(
                            "chunks of the lengths {lengths:?} add up to {sum}, but `{dim}` has {size}"
                        )));
                    }
                    if size > 0 && lengths.contains(&0) {
                        return Err(Error::invalid(format!(
                            "chunks of the lengths {lengths:?} along `{dim}`"
                        ))
                        .help("leave out those of length 0"));
                    }
                }
                Some(ChunkLen::Unknown(text)) => {
                    return Err(Error::invalid(format!("`{text}` is no length of chunks along `{dim}`")).help(
                        "a number, a list of lengths, `..`, \"auto\", or a size with its unit such as \"64MiB\"",
                    ));
                }
                Some(ChunkLen::Bytes(bytes)) => {
                    let other = *target.get_or_insert(*bytes);
                    if other != *bytes {
                        return Err(Error::invalid(format!(
                            "chunks of {} along `{dim}`, but of {} along another dimension",
                            human_bytes(*bytes as u64),
                            human_bytes(other as u64)
                        ))
                        .help("lengths that are chosen are chosen together: name one size"));
                    }
                }
                _ => {}
            }
        }
        Ok(target.unwrap_or(ChunkLen::AUTO_BYTES))
    }
}

macro_rules! every {
    ($($T:ty),*) => {$(
        impl From<$T> for Chunks {
            fn from(len: $T) -> Self {
                Chunks { every: Some(len.into()), dims: IndexMap::new() }
            }
        }
    )*};
}
every!(ChunkLen, usize, RangeFull, &str);

impl<D: Into<Name>, L: Into<ChunkLen>> FromIterator<(D, L)> for Chunks {
    fn from_iter<I: IntoIterator<Item = (D, L)>>(each: I) -> Self {
        each.into_iter().fold(Chunks::new(), |chunks, (dim, len)| chunks.at(dim, len))
    }
}

impl<D: Into<Name>, L: Into<ChunkLen>, const N: usize> From<[(D, L); N]> for Chunks {
    fn from(each: [(D, L); N]) -> Self {
        each.into_iter().collect()
    }
}

impl<D: Into<Name>, L: Into<ChunkLen>> From<Vec<(D, L)>> for Chunks {
    fn from(each: Vec<(D, L)>) -> Self {
        each.into_iter().collect()
    }
}

impl Dataset {
    /// The data variables in chunks of `len` along `dim`; other dims keep their chunks.
    ///
    /// Data in memory becomes lazy by it: work on it then runs chunk by chunk, in parallel. `len` is a number or
    /// whatever else makes a [`ChunkLen`]; several dimensions at once take [`chunk_with`](Dataset::chunk_with).
    ///
    /// # Errors
    /// If there is no such dimension, or chunks cannot be so long.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 10)], (0..10).collect::<Vec<i64>>())?;
    /// let chunked = a.chunk("x", 4)?;
    /// assert_eq!(chunked.variable().chunks().counts(), [3]);
    /// assert_eq!(chunked.sum("x")?.to_vec::<i64>()?, [45]);
    /// assert_eq!(a.to_dataset("a").chunk("x", "auto")?.get("a")?.variable().chunks().counts(), [1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn chunk(&self, dim: &str, len: impl Into<ChunkLen>) -> Result<Dataset> {
        self.chunk_with(Chunks::new().at(dim, len))
    }

    /// The data variables in other chunks along several dimensions, or along all: `chunk_with("auto")`.
    ///
    /// Lengths that are `"auto"` are chosen together, for each variable by itself: chunks of 128 MiB at most, or of the
    /// size that is named (`"64MiB"`). They are multiples of the chunks in which the variable is stored (of its shards, where it
    /// has some; of the chunks in the encoding, for data in memory), so that none of these is read twice, and keep
    /// their proportions as far as the dimensions reach. A stored chunk that is larger stays as it is. Only where other
    /// dimensions are to have chunks longer than the stored ones (series through a store of maps) stored chunks are cut.
    /// Texts count 16 bytes each: those that are long take more.
    ///
    /// # Errors
    /// If there is no such dimension, lengths do not add up to that of the dimension, a text says no length, or two sizes
    /// are named.
    ///
    /// ```
    /// use graticule::prelude::*;
    /// let ice = DataArray::from_vec(&[("time", 120), ("lat", 60), ("lon", 40)], vec![1u8; 288_000])?;
    /// let chunked = ice.to_dataset("ice").chunk_with(Chunks::from("12kB").at("time", ..))?;
    /// assert_eq!(chunked.get("ice")?.variable().chunks().region(0).shape(), [120, 10, 10]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn chunk_with(&self, chunks: impl Into<Chunks>) -> Result<Dataset> {
        let chunks = chunks.into();
        let target = self.locate(chunks.check(&self.sizes()), || "`chunk`".to_string())?;
        let mut data_vars = IndexMap::new();
        for (name, v) in self.data_vars() {
            data_vars.insert(name.clone(), chunked(v, &chunks, target)?);
        }
        Ok(self.with_parts(data_vars, self.coords().clone()))
    }
}

fn chunked(v: &Variable, chunks: &Chunks, target: usize) -> Result<Variable> {
    if v.dims().iter().all(|dim| chunks.along(dim).is_none()) {
        return Ok(v.clone());
    }
    let given = v.dims().iter().zip(v.chunks().axes()).map(|(dim, axis)| match chunks.along(dim) {
        None => Some(axis.clone()),
        Some(ChunkLen::Len(len)) => Some(AxisGrid::regular(axis.len(), *len)),
        Some(ChunkLen::Whole) => Some(AxisGrid::single(axis.len())),
        Some(ChunkLen::Lengths(lengths)) => Some(AxisGrid::from_lengths(lengths)),
        Some(ChunkLen::Auto | ChunkLen::Bytes(_) | ChunkLen::Unknown(_)) => None,
    });
    let grid = stored(v).auto(&given.collect::<Vec<_>>(), v.dtype().size(), target);
    v.with_data(v.dims().to_vec(), v.data().rechunk(grid)?)
}

/// The chunks that no chosen ones should cut: those that are stored, in whole shards; in memory those that the encoding
/// has, or single elements.
fn stored(v: &Variable) -> ChunkGrid {
    let lengths = ["shards", "chunks", "chunksizes"].iter().find_map(|key| v.encoding.get_lengths(key));
    let lengths = lengths.filter(|l| l.len() == v.ndim() && !l.contains(&0));
    let Some(grid) = v.data().read_grid() else {
        return ChunkGrid::regular(&v.shape(), &lengths.unwrap_or_else(|| vec![1; v.ndim()]));
    };
    let Some(lengths) = lengths else { return grid.clone() };
    let axes = grid.axes().iter().zip(lengths).map(|(axis, length)| match *axis {
        // Sources show parts of shards, and small stored chunks joined. A selection that begins within a chunk has
        // borders of its own.
        AxisGrid::Regular { len, first, size }
            if first == size && (length % size == 0 || size % length == 0 || size == len) =>
        {
            AxisGrid::regular(len, length)
        }
        _ => axis.clone(),
    });
    ChunkGrid(axes.collect())
}

impl DataArray {
    /// The array in chunks of `len` along `dim`; other dims keep their chunks. See [`Dataset::chunk`].
    ///
    /// # Errors
    /// If there is no such dimension, or chunks cannot be so long.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("x", 5)], vec![1, 2, 3, 4, 5])?;
    /// assert_eq!(a.chunk("x", 2)?.variable().chunks().counts(), [3]);
    /// assert_eq!(a.chunk("x", [1, 4])?.variable().chunks().axes()[0].bounds(), [0, 1, 5]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn chunk(&self, dim: &str, len: impl Into<ChunkLen>) -> Result<DataArray> {
        self.via_dataset(|ds| ds.chunk(dim, len))
    }

    /// The array in other chunks along several dimensions, or along all. See [`Dataset::chunk_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::chunk_with`].
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// let a = DataArray::from_vec(&[("y", 2), ("x", 4)], vec![1u8, 2, 3, 4, 5, 6, 7, 8])?;
    /// assert_eq!(a.chunk_with("4B")?.variable().chunks().region(0).shape(), [2, 2]);
    /// assert_eq!(a.chunk_with([("y", 1), ("x", 4)])?.variable().chunks().counts(), [2, 1]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn chunk_with(&self, chunks: impl Into<Chunks>) -> Result<DataArray> {
        let chunks = chunks.into();
        self.via_dataset(|ds| ds.chunk_with(chunks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array() -> DataArray {
        DataArray::from_vec(&[("y", 4), ("x", 6)], vec![0.5f32; 24]).unwrap()
    }

    #[test]
    fn chunks_that_make_no_sense_are_refused_with_the_way_out() {
        let told = |chunks: Chunks| array().chunk_with(chunks).unwrap_err().to_string();
        let text = told(Chunks::new().at("z", 2));
        assert!(text.contains("no dimension named `z`") && text.contains("known: y, x"), "{text}");
        let text = told(Chunks::new().at("x", [2, 3]));
        assert!(text.contains("add up to 5, but `x` has 6") && text.contains("DataArray"), "{text}");
        assert!(told(Chunks::new().at("x", 0)).contains("length 0 along `x`"));
        assert!(told(Chunks::new().at("x", [6, 0])).contains("leave out"));
        for text in ["automatic", "100", "", "12 parsecs"] {
            assert!(told(Chunks::from(text)).contains("\"auto\", or a size"), "{text}");
        }
        let text = told(Chunks::from("1MB").at("x", "2MB"));
        assert!(text.contains("name one size"), "{text}");
    }

    #[test]
    fn dimensions_of_which_nothing_is_said_keep_their_chunks() {
        let a = array().chunk("y", [3, 1]).unwrap();
        let auto = a.chunk("x", "24B").unwrap();
        assert_eq!(auto.variable().chunks().axes()[0].bounds(), [0, 3, 4]);
        assert_eq!(auto.variable().chunks().axes()[1].bounds(), [0, 2, 4, 6]);
        let scalar = DataArray::from_vec(&[], vec![1.0]).unwrap();
        assert!(scalar.chunk_with("auto").unwrap().variable().data().as_block().is_some());
    }

    #[test]
    fn data_in_memory_is_cut_where_its_encoding_cuts() {
        let mut v = array().variable().clone();
        v.encoding.insert("chunks", vec![2i64, 2]);
        let a = DataArray::from_parts(None, v.clone(), Default::default());
        let shape =
            |a: &DataArray, text: &str| a.chunk_with(text).unwrap().variable().chunks().region(0).shape();
        assert_eq!(shape(&a, "32B"), [4, 2]);
        v.encoding.insert("shards", vec![4i64, 6]);
        let a = DataArray::from_parts(None, v, Default::default());
        assert_eq!(shape(&a, "32B"), [4, 6]);
        assert_eq!(shape(&array(), "32B"), [4, 2]);
    }
}
