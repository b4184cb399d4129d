//! Random arrays: every dtype, missing and extreme values, axes of length 0 and 1, labels in order,
//! out of order and twice, and chunks of uneven lengths.

use std::fmt;

use graticule::array::{AxisGrid, ChunkGrid};
use graticule::dtype::{Calendar, Kind, NAT, Text, TimeUnit};
use graticule::prelude::*;
use num_complex::Complex;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

/// The names of the dimensions of all samples.
pub const DIMS: [&str; 3] = ["x", "y", "z"];

/// The lengths of the dimensions, in the order of [`DIMS`].
pub type Sizes = [usize; 3];

/// An array in memory, and the same in chunks.
#[derive(Clone)]
pub struct Sample {
    pub whole: DataArray,
    pub chunked: DataArray,
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.whole.dtype(), self.whole.sizes())?;
        let bounds: Vec<_> = self.chunked.variable().chunks().axes().iter().map(AxisGrid::bounds).collect();
        write!(f, " chunks at {bounds:?}: {:?}", self.whole.load().map(|b| b.data().clone()))?;
        for (name, c) in self.whole.coords().iter() {
            write!(f, "; {name} {}: {:?}", c.dtype(), c.load().map(|b| b.data().clone()))?;
        }
        Ok(())
    }
}

impl Sample {
    /// Something done to both.
    pub fn map(&self, f: impl Fn(&DataArray) -> graticule::Result<DataArray>) -> graticule::Result<Sample> {
        Ok(Sample { whole: f(&self.whole)?, chunked: f(&self.chunked)? })
    }

    pub fn dtype(&self) -> DType {
        self.whole.dtype()
    }

    pub fn dims(&self) -> Vec<String> {
        self.whole.dims().iter().map(|d| d.to_string()).collect()
    }

    pub fn len_of(&self, dim: &str) -> usize {
        self.whole.sizes()[dim]
    }
}

/// Every dtype.
pub fn dtypes() -> impl Strategy<Value = DType> {
    prop_oneof![4 => numbers(), 1 => texts(), 2 => times()]
}

/// Bool and everything that counts.
pub fn numbers() -> impl Strategy<Value = DType> {
    use DType::*;
    select(vec![F64, F32, I64, Bool, I8, I16, I32, U8, U16, U32, U64, C64, C128])
}

fn texts() -> impl Strategy<Value = DType> {
    select(vec![DType::Str, DType::Bytes(3)])
}

/// Datetimes of every calendar and unit, and timedeltas.
pub fn times() -> impl Strategy<Value = DType> {
    let unit = select(vec![TimeUnit::Ns, TimeUnit::Us, TimeUnit::Ms, TimeUnit::S]);
    (unit, proptest::option::of(select(Calendar::ALL.to_vec()))).prop_map(|(unit, calendar)| match calendar {
        Some(calendar) => DType::Datetime { unit, calendar },
        None => DType::Timedelta { unit },
    })
}

/// Lengths of the dimensions: often 1, sometimes 0.
pub fn sizes() -> impl Strategy<Value = Sizes> {
    let len = || prop_oneof![6 => 2..6usize, 2 => Just(1), 1 => Just(0)];
    [len(), len(), len()]
}

/// The small number with a sign that a raw value stands for.
fn signed(raw: u16) -> i64 {
    let n = i64::from(raw >> 5) % 64;
    if raw & 16 == 0 { n } else { -n }
}

fn float(raw: u16) -> f64 {
    match raw & 15 {
        15 => f64::NAN,
        14 if raw & 32 == 0 => f64::INFINITY,
        14 => f64::NEG_INFINITY,
        13 => -0.0,
        7..=12 => signed(raw) as f64 * 0.37,
        _ => signed(raw) as f64,
    }
}

fn text(raw: u16, missing: bool) -> Text {
    match raw & 15 {
        15 if missing => Text::MISSING,
        _ => Text::from(["", "a", "b", "ab", "é", "B", "10", "9"][usize::from(raw >> 5) % 8]),
    }
}

fn ticks(raw: u16, dtype: DType) -> i64 {
    let unit = match dtype {
        DType::Datetime { unit, .. } | DType::Timedelta { unit } => unit,
        _ => return integer(raw, i64::MIN, i64::MAX),
    };
    let second = [(TimeUnit::S, 1), (TimeUnit::Ms, 1000), (TimeUnit::Us, 1_000_000)]
        .iter()
        .find_map(|(u, n)| (*u == unit).then_some(*n))
        .unwrap_or(1_000_000_000);
    match raw & 15 {
        15 => NAT,
        _ => signed(raw) * 5 * 86_400 * second + i64::from(raw & 3) * 3_601 * second,
    }
}

fn integer<T: TryFrom<i64> + Copy>(raw: u16, least: T, greatest: T) -> T {
    match raw & 15 {
        15 => greatest,
        14 => least,
        // What is negative becomes the greatest where nothing is negative.
        _ => T::try_from(signed(raw)).unwrap_or(greatest),
    }
}

/// The elements that raw values stand for; 0 stands for the plainest.
fn elements(dtype: DType, shape: &[usize], raw: &[u16]) -> Block {
    macro_rules! block {
        ($f:expr) => {
            Block::from_vec(shape, raw.iter().map(|&r| $f(r)).collect())
        };
    }
    let complex = |r: u16| Complex::new(float(r), float(r.rotate_left(7)));
    let block = match dtype.kind() {
        Kind::Bool => block!(|r: u16| r & 32 != 0),
        Kind::I8 => block!(|r| integer(r, i8::MIN, i8::MAX)),
        Kind::I16 => block!(|r| integer(r, i16::MIN, i16::MAX)),
        Kind::I32 => block!(|r| integer(r, i32::MIN, i32::MAX)),
        Kind::I64 => block!(|r| ticks(r, dtype)),
        Kind::U8 => block!(|r| integer(r, u8::MIN, u8::MAX)),
        Kind::U16 => block!(|r| integer(r, u16::MIN, u16::MAX)),
        Kind::U32 => block!(|r| integer(r, u32::MIN, u32::MAX)),
        Kind::U64 => block!(|r| integer(r, u64::MIN, u64::MAX)),
        Kind::F32 => block!(|r| float(r) as f32),
        Kind::F64 => block!(float),
        Kind::C64 => block!(|r| Complex::new(complex(r).re as f32, complex(r).im as f32)),
        Kind::C128 => block!(complex),
        Kind::Str => block!(|r| text(r, dtype == DType::Str)),
    };
    block.expect("one raw value for each place").retype(dtype)
}

/// A block of any elements of a dtype.
pub fn block(dtype: DType, shape: Vec<usize>) -> impl Strategy<Value = Block> {
    vec(any::<u16>(), shape.iter().product::<usize>()).prop_map(move |raw| elements(dtype, &shape, &raw))
}

/// Labels without gaps: none, rising, falling, out of order, some of them twice; of several dtypes.
fn labels(len: usize) -> impl Strategy<Value = Option<Block>> {
    let kinds = select(vec![DType::I64, DType::F64, DType::Str, DType::DATETIME_NS, DType::I16]);
    let order = prop_oneof![
        2 => Just(None),
        2 => Just(Some((0..len).collect::<Vec<_>>())),
        1 => Just(Some((0..len).rev().collect())),
        2 => Just((0..len).collect::<Vec<_>>()).prop_shuffle().prop_map(Some),
        1 => vec(0..len.max(1), len).prop_map(Some),
    ];
    (kinds, order).prop_map(|(kind, order)| Some(labels_of(kind, &order?)))
}

/// A label of a dtype for each number, in the order of the numbers.
fn labels_of(dtype: DType, numbers: &[usize]) -> Block {
    let shape = [numbers.len()];
    match dtype {
        DType::Str => Block::from_vec(&shape, numbers.iter().map(|n| Text::from(format!("l{n}"))).collect()),
        DType::F64 => Block::from_vec(&shape, numbers.iter().map(|n| *n as f64 * 0.5 - 1.0).collect()),
        DType::I16 => Block::from_vec(&shape, numbers.iter().map(|n| *n as i16 * 10).collect()),
        DType::I64 => Block::from_vec(&shape, numbers.iter().map(|n| *n as i64 - 2).collect()),
        time => Block::from_vec(&shape, numbers.iter().map(|n| *n as i64 * 86_400_000_000_000).collect())
            .map(|b| b.retype(time)),
    }
    .expect("one label for each number")
}

/// How an axis is cut: chunks of these lengths in turn.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![1 => Just(vec![usize::MAX]), 4 => vec(1..4usize, 1..3)]
}

fn cut(len: usize, lengths: &[usize]) -> AxisGrid {
    let mut left = len;
    let mut chunks = Vec::new();
    for n in lengths.iter().cycle() {
        if left == 0 {
            break;
        }
        chunks.push((*n).min(left));
        left -= chunks[chunks.len() - 1];
    }
    AxisGrid::from_lengths(&chunks)
}

/// The same array in chunks.
pub fn chunked(a: &DataArray, cuts: &[Vec<usize>]) -> DataArray {
    let v = a.variable();
    let grid = ChunkGrid(v.shape().iter().zip(cuts).map(|(n, c)| cut(*n, c)).collect());
    let lazy = v.data().rechunk(grid).expect("the chunks fill the shape");
    let lazy = v.with_data(v.dims().to_vec(), lazy).expect("the same dims");
    let out = DataArray::new(lazy, a.coords().clone()).expect("the same coordinates");
    match a.name() {
        Some(name) => out.with_name(name.clone()),
        None => out,
    }
}

/// An array over some of the dimensions, in any order, without labels.
pub fn sample_of(dtype: DType, sizes: Sizes) -> impl Strategy<Value = Sample> {
    sample_over(dtype, sizes, subsequence(DIMS.to_vec(), 0..=3).prop_shuffle())
}

/// An array over given dimensions without labels.
pub fn sample_over(
    dtype: DType,
    sizes: Sizes,
    dims: impl Strategy<Value = Vec<&'static str>>,
) -> impl Strategy<Value = Sample> {
    dims.prop_flat_map(move |dims| {
        let shape: Vec<usize> = dims.iter().map(|d| sizes[index_of(d)]).collect();
        (block(dtype, shape), vec(cuts(), dims.len())).prop_map(move |(b, cuts)| {
            let v = Variable::new(dims.iter().copied(), b).expect("a name for each axis");
            let whole = DataArray::new(v, Coords::new()).expect("no coordinates").with_name("a");
            Sample { chunked: chunked(&whole, &cuts), whole }
        })
    })
}

fn index_of(dim: &str) -> usize {
    DIMS.iter().position(|d| *d == dim).expect("a name of DIMS")
}

/// An array of any dtype, without labels.
pub fn sample() -> impl Strategy<Value = Sample> {
    (dtypes(), sizes()).prop_flat_map(|(dtype, sizes)| sample_of(dtype, sizes))
}

/// An array of a dtype out of `dtypes` over at least `least` dimensions, with labels along some.
pub fn labelled(dtypes: impl Strategy<Value = DType>, least: usize) -> impl Strategy<Value = Sample> {
    let dims = move || subsequence(DIMS.to_vec(), least..=3).prop_shuffle();
    (dtypes, sizes()).prop_flat_map(move |(dtype, sizes)| {
        let coords = (labels(sizes[0]), labels(sizes[1]), labels(sizes[2]));
        (sample_over(dtype, sizes, dims()), coords).prop_map(|(s, (x, y, z))| {
            let coords = DIMS.into_iter().zip([x, y, z]).filter_map(|(d, l)| Some((d, l?)));
            let coords: Vec<_> = coords.filter(|(d, _)| s.dims().iter().any(|own| own == d)).collect();
            s.map(|a| a.assign_coords(coords.clone())).expect("labels of the right length")
        })
    })
}

/// Two arrays with the same lengths along the dimensions that both have.
pub fn pair(
    a: impl Strategy<Value = DType>,
    b: impl Strategy<Value = DType>,
) -> impl Strategy<Value = (Sample, Sample)> {
    (a, b, sizes()).prop_flat_map(|(a, b, sizes)| (sample_of(a, sizes), sample_of(b, sizes)))
}

/// Two arrays along `x` alone, each with labels that stand once, some of them common.
pub fn overlapping(dtypes: impl Strategy<Value = DType>) -> impl Strategy<Value = (Sample, Sample)> {
    let labels = || subsequence((0..8usize).collect::<Vec<_>>(), 0..6).prop_shuffle();
    let kinds = select(vec![DType::I64, DType::F64, DType::Str, DType::DATETIME_NS]);
    (dtypes, kinds, labels(), labels()).prop_flat_map(|(dtype, kind, a, b)| {
        let one = move |numbers: Vec<usize>| {
            let labels = labels_of(kind, &numbers);
            sample_over(dtype, [numbers.len(), 1, 1], Just(vec!["x"]))
                .prop_map(move |s| s.map(|a| a.assign_coords([("x", labels.clone())])).expect("they fit"))
        };
        (one(a), one(b))
    })
}
