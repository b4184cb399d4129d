//! Alignment, arithmetic, conditions, joining and comparison by label.

use graticule::prelude::*;

fn series(labels: &[i64], values: &[f64]) -> Result<DataArray> {
    let mut coords = Coords::new();
    coords.insert("x", Variable::from_vec(&[("x", labels.len())], labels.to_vec())?)?;
    DataArray::new(Variable::from_vec(&[("x", values.len())], values.to_vec())?, coords)
}

#[test]
fn a_dimension_of_length_one_does_not_repeat() -> Result<()> {
    let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 3.0])?;
    let b = DataArray::from_vec(&[("x", 1)], vec![1.0])?;
    let e = (&a + &b).expect_err("lengths differ");
    assert_eq!(e.kind(), ErrorKind::Alignment);
    assert!(e.to_string().contains("3 of object 0 and 1 of object 1"), "{e}");
    Ok(())
}

#[test]
fn equal_indexes_may_hold_duplicates_different_ones_may_not() -> Result<()> {
    let a = series(&[1, 1], &[1.0, 2.0])?;
    assert_eq!((&a + &a)?.to_vec::<f64>()?, [2.0, 4.0]);
    assert!((&a + &series(&[1, 2], &[1.0, 2.0])?).is_err());
    Ok(())
}

#[test]
fn outer_alignment_sorts_and_makes_room_for_missing() -> Result<()> {
    let a = series(&[3, 1], &[3.0, 1.0])?.astype(DType::I16)?;
    let b = series(&[2], &[2.0])?;
    let both = align(&[a.clone(), b.clone()], &AlignOptions::new(Join::Outer))?;
    assert_eq!(both[0].dtype(), DType::F32);
    assert_eq!(both[0].coord("x")?.to_vec::<i64>()?, [1, 2, 3]);
    assert!(both[0].to_vec::<f32>()?[1].is_nan());
    let filled = align(&[a, b], &AlignOptions::new(Join::Outer).fill_value(-1))?;
    assert_eq!(filled[0].to_vec::<i16>()?, [1, -1, 3]);
    Ok(())
}

#[test]
fn attributes_on_which_both_agree_stay() -> Result<()> {
    let with = |k: &str, v: &str| -> Result<DataArray> {
        let mut a = series(&[1], &[1.0])?.with_name("t");
        a.attrs_mut().insert("units", "K");
        a.attrs_mut().insert(k, v);
        Ok(a)
    };
    let sum = (with("source", "a")? + with("source", "b")?)?;
    assert_eq!(sum.attrs(), &Attrs::new().with("units", "K"));
    assert_eq!(sum.name().map(|n| &**n), Some("t"));
    Ok(())
}

#[test]
fn lazy_operands_stay_lazy_and_give_the_same() -> Result<()> {
    let values: Vec<f64> = (0..100_000).map(f64::from).collect();
    let labels: Vec<i64> = (0..100_000).collect();
    let a = series(&labels, &values)?;
    let lazy = a.chunk("x", 30_000)?;
    let b = series(&labels[500..], &values[500..])?;
    let expression = |a: &DataArray| (a - &b)?.where_else(b.gt(70_000)?, -1);
    let e =
        with_options(Options { arithmetic_join: Join::Right, ..Options::default() }, || expression(&lazy))?;
    assert!(e.variable().data().as_block().is_none());
    assert_eq!(e.to_vec::<f64>()?, expression(&a)?.to_vec::<f64>()?);
    Ok(())
}

#[test]
fn concat_names_the_object_that_breaks_the_pattern() -> Result<()> {
    let a = series(&[1], &[1.0])?.to_dataset("f");
    let mut with_height = series(&[2], &[2.0])?.to_dataset("f");
    let mut coords = with_height.coords().clone();
    coords.insert("h", Variable::from_vec(&[("x", 1)], vec![5.0])?)?;
    with_height = Dataset::from_variables(with_height.data_vars().clone(), coords)?;
    let e = concat(&[a.clone(), with_height], "x", &ConcatOptions::default()).expect_err("h is not in both");
    assert!(e.to_string().contains("`h` is not in object 0"), "{e}");
    let text = DataArray::from_vec(&[("x", 1)], vec![graticule::dtype::Text::from("a")])?.to_dataset("f");
    let number = DataArray::from_vec(&[("x", 1)], vec![1.0])?.to_dataset("f");
    let e = concat(&[number, text], "x", &ConcatOptions::default()).expect_err("no common dtype");
    assert!(e.to_string().contains("object 1") && e.to_string().contains("`f`"), "{e}");
    Ok(())
}

#[test]
fn concat_fills_a_variable_that_one_dataset_lacks() -> Result<()> {
    let f = DataArray::from_vec(&[("x", 1)], vec![1_i32])?;
    let both = merge(&[f.to_dataset("f").into(), f.to_dataset("g").into()], &MergeOptions::default())?;
    let joined = concat(&[f.to_dataset("f"), both], "x", &ConcatOptions::default())?;
    let g = joined.get("g")?.to_vec::<f64>()?;
    assert!(g[0].is_nan() && g[1] == 1.0);
    assert_eq!(joined.get("f")?.to_vec::<i32>()?, [1, 1]);
    Ok(())
}

#[test]
fn equality_ignores_dtype_and_attributes_identity_does_not_ignore_the_latter() -> Result<()> {
    let a = series(&[1, 2], &[1.0, f64::NAN])?;
    let mut b = a.astype(DType::F32)?;
    assert!(a.equals(&b)? && a.identical(&b)?);
    b.attrs_mut().insert("units", "m");
    assert!(a.equals(&b)? && !a.identical(&b)?);
    let row = DataArray::from_vec(&[("y", 2)], vec![1.0, 1.0])?;
    let one = DataArray::from_vec(&[], vec![1.0])?;
    assert!(!row.equals(&one)? && row.broadcast_equals(&one)?);
    assert!(a.chunk("x", 1)?.equals(&a)?);
    Ok(())
}

#[test]
fn a_mask_makes_integers_floats_and_a_value_keeps_them() -> Result<()> {
    let a = DataArray::from_vec(&[("x", 3)], vec![1_i64, 5, 3])?;
    assert_eq!(a.where_cond(a.gt(2)?)?.dtype(), DType::F64);
    assert_eq!(a.where_else(a.gt(2)?, 0)?.to_vec::<i64>()?, [0, 5, 3]);
    assert_eq!(a.where_drop(a.gt(2)?, None)?.to_vec::<f64>()?, [5.0, 3.0]);
    assert_eq!(select_where(a.gt(2)?, 1.5, &a)?.into_array()?.to_vec::<f64>()?, [1.0, 1.5, 1.5]);
    Ok(())
}

#[test]
fn rounded_labels_match_in_selection_but_not_in_joins() -> Result<()> {
    let labels: Vec<f64> = (0..11).map(|i| f64::from(i) / 10.0).collect();
    let array = |x: Variable| -> Result<DataArray> {
        let mut coords = Coords::new();
        coords.insert("x", x)?;
        DataArray::new(Variable::from_vec(&[("x", 11)], labels.clone())?, coords)
    };
    let a = array(Variable::from_vec(&[("x", 11)], labels.clone())?)?;
    let b = array(Variable::from_vec(&[("x", 11)], labels.iter().map(|v| *v as f32).collect())?)?;
    // As in xarray: 0, 0.5 and 1 are the same in both types.
    assert_eq!((&a + &b)?.shape(), [3]);
    assert_eq!((&b + &a)?.shape(), [3]);
    let missing = b.reindex_like(&a, &ReindexOptions::default())?.isnull()?.sum("x")?;
    assert_eq!(missing.to_vec::<i64>()?, [8]);
    assert_eq!(b.sel("x", [0.1, 0.2])?.shape(), [2]);
    Ok(())
}

#[test]
fn counts_that_no_memory_holds_are_refused() {
    let a = DataArray::from_vec(&[("x", 2)], vec![1.0, 2.0]).unwrap();
    let text = a.astype(DType::Str).unwrap().str().unwrap();
    let huge = usize::MAX;
    let errors = [
        a.pad(&[("x", (huge, 2))], PadMode::Edge).err(),
        a.expand_dims_with([("k", huge), ("l", 5)], None).err(),
        a.polyfit("x", huge).err(),
        text.repeat(i64::MAX).err(),
        text.center(i64::MAX, " ").err(),
    ];
    for e in errors {
        assert_eq!(e.expect("too large").kind(), ErrorKind::Invalid);
    }
    assert!(a.shift("x", i64::MIN).unwrap().isnull().unwrap().to_vec::<bool>().unwrap()[0]);
}

#[test]
fn places_of_extremes_need_no_free_name() {
    let a = DataArray::from_vec(&[("flat", 2), ("x", 2)], vec![1, 3, 4, 2]).unwrap();
    assert_eq!(a.argmax_dims("x").unwrap()["x"].to_vec::<i64>().unwrap(), [1, 0]);
}
