//! Several results of one array over time, asked for at once or each alone: groups, bins of time, windows, weights,
//! running results and what is made of them, over axes of many uneven chunks.

use graticule::Result;
use graticule::array::ChunkGrid;
use graticule::labels::ExpWindow;
use graticule::prelude::*;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::config;
use crate::runs::any_way_the_same;
use crate::samples::{DIMS, Sample, numbers, sample_over};

/// Something made of an array with days along `x`, some dimension of it and a small number.
type Make = fn(&DataArray, &str, usize) -> Result<DataArray>;

/// The weights of the positions along a dimension.
fn weights(a: &DataArray, dim: &str) -> Result<DataArray> {
    let n = a.sizes()[dim];
    DataArray::from_vec(&[(dim, n)], (0..n).map(|i| 0.5 + (i % 3) as f64).collect::<Vec<_>>())
}

/// The chunks of `x` in `n` pieces, those of the others whole.
fn recut(a: &DataArray, n: usize) -> Result<DataArray> {
    let v = a.variable();
    let chunk: Vec<usize> = (v.dims().iter().zip(v.shape()))
        .map(|(d, len)| if &**d == "x" { len.div_ceil(n + 1).max(1) } else { len.max(1) })
        .collect();
    let lazy = v.data().rechunk(ChunkGrid::regular(&v.shape(), &chunk))?;
    DataArray::new(v.with_data(v.dims().to_vec(), lazy)?, a.coords().clone())
}

const MAKES: &[(&str, Make)] = &[
    ("climatology", |a, _, _| a.groupby("x.month")?.mean("x")),
    ("anomalies", |a, _, _| {
        let months = a.groupby("x.month")?;
        months.sub(&months.mean("x")?)
    }),
    ("standardised anomalies", |a, _, _| {
        let months = a.groupby("x.month")?;
        let spread = months.std("x")?;
        months.sub(&months.mean("x")?)?.groupby("x.month")?.div(&spread)
    }),
    ("spread of anomalies", |a, d, _| {
        let months = a.groupby("x.dayofyear")?;
        months.sub(&months.mean("x")?)?.std(d)
    }),
    ("medians of months", |a, _, _| a.groupby("x.month")?.median("x")),
    ("quantiles of months", |a, _, n| a.groupby("x.month")?.quantile(n as f64 / 8.0, "x")),
    ("positions by month", |a, _, _| a.groupby("x.month")?.argmax()),
    ("weeks", |a, _, _| a.resample("x", "7D")?.mean()),
    ("spread of weeks", |a, _, _| a.resample("x", "7D")?.std()),
    ("medians of weeks", |a, _, n| a.resample("x", format!("{}D", n + 2).as_str())?.median()),
    ("means of windows", |a, d, n| a.rolling([(d, n + 1)]).mean()),
    ("spread of windows", |a, d, n| a.rolling([(d, n + 2)]).center(true).std()),
    ("greatest of windows", |a, d, n| a.rolling([(d, n + 1)]).min_periods(1).max()),
    ("medians of windows", |a, d, n| a.rolling([(d, n + 1)]).median()),
    ("fading means", |a, d, n| a.rolling_exp(d, ExpWindow::Span(n as f64 + 1.0)).mean()),
    ("weighted mean", |a, d, _| a.weighted(&weights(a, d)?)?.mean(d)),
    ("weighted spread", |a, d, _| a.weighted(&weights(a, d)?)?.std(d)),
    ("weighted months", |a, _, _| a.groupby("x.month")?.weighted(&weights(a, "x")?)?.mean("x")),
    ("coarse means", |a, d, n| a.coarsen([(d, n + 1)]).boundary(Boundary::Trim).mean()),
    ("running sums", |a, d, _| a.cumsum(d)),
    ("running sums of months", |a, _, _| a.groupby("x.month")?.cumsum("x")),
    ("sum of all", |a, _, _| a.sum(..)),
    ("mean", |a, d, _| a.mean(d)),
    ("spread", |a, d, _| a.std(d)),
    ("quantiles", |a, d, n| a.quantile([n as f64 / 8.0, 1.0], d)),
    ("variance of what is left", |a, d, _| a.sub(&a.mean(d)?)?.var(..)),
    ("stacked sum", |a, _, _| a.stack("all", ..)?.cumsum("all")),
    ("of other chunks", |a, d, n| recut(a, n)?.mean(d)),
    ("of part", |a, d, n| a.isel("x", slice(Some(n as i64), None, Some(2)))?.transpose(..)?.sum(d)),
    ("of repeats", |a, d, n| a.isel("x", vec![n, 0, n])?.mean(d)),
    ("padded", |a, d, n| a.pad(&[("x", (n, 2))], PadMode::Edge)?.drop_vars(..)?.mean(d)),
    ("twice", |a, d, _| concat(&[a.clone(), a.mul(2)?], "x", &ConcatOptions::default())?.std(d)),
    ("chosen", |a, d, n| a.where_else(a.gt(n as i64)?, a.mean(d)?)?.sum("x")),
];

/// Days along `x` in chunks of their own, a few elements along the others.
fn days() -> impl Strategy<Value = Sample> {
    let sizes = (20..90usize, 1..5usize, 1..3usize);
    (prop_oneof![3 => select(vec![DType::F64, DType::F32]), 1 => numbers()], sizes).prop_flat_map(
        |(dtype, (x, y, z))| {
            sample_over(dtype, [x, y, z], Just(DIMS.to_vec())).prop_map(move |s| {
                let ticks: Vec<i64> = (0..x as i64).map(|d| (11_342 + d) * 86_400_000_000_000).collect();
                let labels = Block::from_vec(&[x], ticks).expect("one a day").retype(DType::DATETIME_NS);
                s.map(|a| a.assign_coords([("x", labels.clone())])).expect("labels of the right length")
            })
        },
    )
}

proptest! {
    #![proptest_config(config(128))]

    #[test]
    fn results_of_one_array(
        s in days(),
        dim in select(&DIMS[..]),
        n in 0..8usize,
        makes in subsequence(MAKES, 1..4).prop_shuffle(),
        with_it in any::<bool>(),
    ) {
        // What has no meaning for the dtype is left out.
        let made = makes.iter().filter_map(|(_, make)| make(&s.chunked, dim, n).ok());
        let mut arrays: Vec<DataArray> = made.collect();
        arrays.extend(with_it.then(|| s.chunked.clone()));
        let result = any_way_the_same(&arrays);
        let names: Vec<_> = makes.iter().map(|m| m.0).collect();
        prop_assert!(result.is_ok(), "{:?} along {} with {}: {:?}", names, dim, n, result);
    }
}
