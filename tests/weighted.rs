//! Weights of groups and bins: for each group what `weighted` gives of its members.

use graticule::labels::{Members, Weighted, WeightedOp};
use graticule::prelude::*;

const OPS: [WeightedOp; 6] = [
    WeightedOp::Mean,
    WeightedOp::Sum,
    WeightedOp::SumOfWeights,
    WeightedOp::SumOfSquares,
    WeightedOp::Var,
    WeightedOp::Std,
];

const DAY: i64 = 86_400_000_000_000;

fn irregular(n: usize, seed: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1009) as f64 / 8.0 - 40.0).collect()
}

/// (lat: 3, time: 40) in two-day steps, with gaps.
fn field() -> Result<DataArray> {
    let mut values = irregular(120, 1);
    values.iter_mut().step_by(7).for_each(|v| *v = f64::NAN);
    let time = Block::from_vec(&[40], (0..40).map(|i| 2 * i * DAY).collect())?.retype(DType::DATETIME_NS);
    let lat = Block::from_vec(&[3], vec![10.0, 20.0, 30.0])?;
    DataArray::from_vec(&[("lat", 3), ("time", 40)], values)?.assign_coords([("time", time), ("lat", lat)])
}

fn weights_of(a: &DataArray) -> Result<DataArray> {
    let w = DataArray::from_vec(&[("time", 40)], (0..40).map(|i| f64::from(i % 5)).collect())?;
    w.assign_coords([("time", a.coord("time")?.variable().load()?)])
}

fn close(got: &DataArray, want: &DataArray, what: &str) -> Result<()> {
    assert_eq!((got.dims(), got.shape(), got.dtype()), (want.dims(), want.shape(), want.dtype()), "{what}");
    let (got, want) = (got.astype(DType::F64)?.to_vec::<f64>()?, want.astype(DType::F64)?.to_vec::<f64>()?);
    for (g, w) in got.iter().zip(&want) {
        assert!(
            (g - w).abs() <= 1e-11 * w.abs().max(1.0) || g.is_nan() && w.is_nan(),
            "{what}: {got:?} {want:?}"
        );
    }
    Ok(())
}

fn reduced<M: Members>(
    w: &Weighted<M>,
    op: WeightedOp,
    dims: &[&str],
    skipna: Option<bool>,
) -> Result<M::Object> {
    w.reduce_with(op, dims.to_vec(), ReduceOptions::new().skipna(skipna))
}

#[test]
fn groups_give_what_weights_give_of_their_members() -> Result<()> {
    let field = field()?;
    let w = weights_of(&field)?;
    for dtype in [DType::F64, DType::F32, DType::I16] {
        let a = field.fillna(3.0)?.astype(dtype)?;
        let a = if dtype.is_float() { a.where_cond(field.notnull()?)? } else { a };
        for chunk in [40, 7] {
            let a = a.chunk("time", chunk)?;
            for op in OPS {
                let weeks = a.resample("time", "W")?;
                let got = weeks.weighted(&w)?.reduce_with(op, (), ReduceOptions::new())?;
                let want = weeks.map(|g| reduced(&g.weighted(&w)?, op, &["time"], None))?;
                close(&got, &want, &format!("{op:?} of weeks, {dtype} {chunk}"))?;
            }
            for dims in [&["time"][..], &["lat", "time"], &["lat"]] {
                for op in OPS {
                    for skipna in [None, Some(true), Some(false)] {
                        let what = format!("{op:?} {dims:?} {dtype} {skipna:?} {chunk}");
                        let months = a.groupby("time.month")?;
                        let got = reduced(&months.weighted(&w)?, op, dims, skipna)?;
                        let want = months.map(|g| reduced(&g.weighted(&w)?, op, dims, skipna))?;
                        if dims.contains(&"time") {
                            close(&got, &want, &what)?;
                        } else {
                            close(&got, &reduced(&a.weighted(&w)?, op, dims, skipna)?, &what)?;
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

#[test]
fn bins_without_members_are_missing() -> Result<()> {
    let a = field()?;
    let bins = a.resample("time", "D")?;
    let means = bins.weighted(&weights_of(&a)?)?.mean(())?;
    assert_eq!(means.shape(), [3, 79]);
    assert!(means.isel("time", 1)?.isnull()?.to_vec::<bool>()?.iter().all(|m| *m));
    Ok(())
}

#[test]
fn datasets_have_groups_where_plain_reductions_have_them() -> Result<()> {
    let a = field()?;
    let w = weights_of(&a)?;
    let level = DataArray::from_vec(&[("lat", 3)], vec![1.0, 2.0, 3.0])?;
    let ds = a.to_dataset("a").assign([("level", level)])?;
    let months = ds.groupby("time.month")?;
    let means = months.weighted(&w)?.mean(())?;
    assert_eq!(means.get("a")?.dims(), months.mean(())?.get("a")?.dims());
    assert_eq!(means.get("level")?.dims(), months.mean(())?.get("level")?.dims());
    close(&means.get("a")?, &months.map(|g| g.weighted(&w)?.mean("time"))?.get("a")?, "dataset")
}

#[test]
fn the_mean_of_groups_reads_once() -> Result<()> {
    let a = field()?.chunk("time", 7)?;
    let w = weights_of(&a)?;
    let plan = a.groupby("time.month")?.weighted(&w)?.mean(())?.explain()?.to_string();
    // One stage folds both sums over the chunks, the other divides them.
    assert!(plan.contains("fold sum") && plan.matches("\nstage").count() == 1, "{plan}");
    Ok(())
}

#[test]
fn weights_without_labels_of_some_members_are_refused() -> Result<()> {
    let a = field()?;
    let few = weights_of(&a)?.isel("time", ..30)?;
    let error = a.groupby("time.month")?.weighted(&few)?.mean(()).unwrap_err().to_string();
    assert!(error.contains("30 of 40") && error.contains("reindex"), "{error}");
    Ok(())
}

#[test]
fn a_variable_with_a_part_of_the_dimensions_of_groups_repeats_along_the_others() -> Result<()> {
    let field = field()?;
    let cells = DataArray::from_vec(&[("lat", 3), ("time", 40)], (0..120).map(|i| i * i % 7 % 3).collect())?;
    let cells = cells.with_name("cell");
    let series = field.isel("lat", 1)?.drop_vars("lat")?;
    let ds = series.to_dataset("part").assign([("whole", series.broadcast_like(&field)?)])?;
    let w = DataArray::from_vec(&[("lat", 3), ("time", 40)], irregular(120, 5))?.abs()?;
    for w in [w.isel("lat", 0)?, w.isel("time", 0)?, w] {
        for op in OPS {
            let what = format!("{op:?} with weights over {:?}", w.dims());
            let groups = ds.groupby(&cells)?.weighted(&w)?;
            let got = groups.reduce_with(op, (), ReduceOptions::new())?;
            close(&got.get("part")?, &got.get("whole")?, &what)?;
            let named = reduced(&groups, op, &["lat", "time"], None)?;
            close(&named.get("part")?, &got.get("whole")?, &what)?;
        }
    }
    Ok(())
}

#[test]
fn quantiles_of_groups_are_those_of_their_members() -> Result<()> {
    let field = field()?;
    let w = weights_of(&field)?;
    let strict = ReduceOptions::new().skipna(false);
    let levels = DataArray::from_vec(&[("level", 2), ("time", 40)], irregular(80, 3))?.abs()?;
    for chunk in [40, 7] {
        let a = field.chunk("time", chunk)?;
        for w in [&w, &levels] {
            for dims in [&["time"][..], &["lat", "time"]] {
                for q in [vec![0.5, 0.1, 1.0], vec![0.3, 0.9]] {
                    for options in [ReduceOptions::new(), strict] {
                        let what = format!("{q:?} over {dims:?} in chunks of {chunk}");
                        let of =
                            |g: &DataArray| g.weighted(w)?.quantile_with(q.clone(), dims.to_vec(), options);
                        let months = a.groupby("time.month")?;
                        let got = months.weighted(w)?.quantile_with(q.clone(), dims.to_vec(), options)?;
                        if w.dims().len() == 1 {
                            close(&got, &months.map(of)?, &what)?;
                        } else {
                            for level in 0..2 {
                                let w = w.isel("level", level)?;
                                let one =
                                    months.weighted(&w)?.quantile_with(q.clone(), dims.to_vec(), options)?;
                                close(&got.isel("level", level)?, &one, &what)?;
                            }
                        }
                    }
                }
            }
        }
        let weeks = a.resample("time", "W")?;
        let got = weeks.weighted(&w)?.quantile(0.25, ())?;
        close(&got, &weeks.map(|g| g.weighted(&w)?.quantile(0.25, "time"))?, "weeks")?;
        let ds = a
            .to_dataset("a")
            .assign([("n", field.isel("lat", 0)?.notnull()?.astype(DType::I16)?.drop_vars("lat")?)])?;
        let ds = ds.assign([("c", field.isel("time", 0)?.drop_vars("time")?)])?;
        let months = ds.groupby("time.month")?;
        let got = months.weighted(&w)?.quantile([0.2, 0.8], ())?;
        let want = months.map(|g| g.drop_vars("c")?.weighted(&w)?.quantile([0.2, 0.8], "time"))?;
        for name in ["a", "n"] {
            close(&got.get(name)?, &want.get(name)?, name)?;
        }
        assert_eq!(got.get("c")?.shape(), [12.min(months.len()), 2, 3]);
        let named: Vec<_> = got.get("c")?.dims().iter().map(|d| d.to_string()).collect();
        assert_eq!(named, ["month", "quantile", "lat"]);
        // Of one value the quantile is the value.
        let c = got.get("c")?.isel("quantile", 1)?.isel("month", 0)?;
        close(&c, &field.isel("time", 0)?, "c")?;
        // Over other dimensions groups do not matter.
        let lats = a.groupby("time.month")?.weighted(&w)?.quantile(0.5, "lat")?;
        close(&lats, &a.weighted(&w)?.quantile(0.5, "lat")?, "over lat")?;
    }
    let few = w.isel("time", ..20)?;
    let error = field.groupby("time.month")?.weighted(&few)?.quantile(0.5, ()).unwrap_err().to_string();
    assert!(error.contains("20 of 40"), "{error}");
    Ok(())
}
