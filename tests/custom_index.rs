//! An index of one's own on two coordinates: the k-d tree of the curvilinear example against a search
//! through all places.

#[path = "../examples/curvilinear/sphere.rs"]
mod sphere;
mod support;

use graticule::index::Label;
use graticule::labels::Isel;
use graticule::prelude::*;
use sphere::Sphere;
use support::python::{find, sample_data};

/// A deterministic sequence in 0..1.
fn numbers(seed: u64) -> impl Iterator<Item = f64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    })
}

/// The square of the chord between two places in degrees.
fn chord((lat, lon): (f64, f64), (to_lat, to_lon): (f64, f64)) -> f64 {
    let (a, b, c, d) = (lat.to_radians(), lon.to_radians(), to_lat.to_radians(), to_lon.to_radians());
    let p = [a.cos() * b.cos(), a.cos() * b.sin(), a.sin()];
    let q = [c.cos() * d.cos(), c.cos() * d.sin(), c.sin()];
    (0..3).map(|k| (p[k] - q[k]).powi(2)).sum()
}

fn floats(a: &DataArray, coord: &str) -> Vec<f64> {
    a.coords().get(coord).unwrap().load().and_then(|b| b.to_f64()).unwrap()
}

trait ToF64 {
    fn to_f64(&self) -> Result<Vec<f64>>;
}

impl ToF64 for Block {
    fn to_f64(&self) -> Result<Vec<f64>> {
        graticule::kernel::cast::cast(self, DType::F64)?.to_vec::<f64>()
    }
}

/// Checks that what `sel` finds for places is as near as anything on the grid, and is the field there.
fn check(field: &DataArray, names: [&str; 2], count: usize) {
    let [lat, lon] = names;
    let indexed = field.set_xindex_with(names, Sphere::of).unwrap();
    let grid: Vec<(f64, f64)> = floats(field, lat).into_iter().zip(floats(field, lon)).collect();
    let mut random = numbers(7);
    let mut random = |scale: f64, offset: f64| -> Vec<f64> {
        (0..count).map(|_| random.next().unwrap() * scale + offset).collect()
    };
    let (lats, lons) = (random(170.0, -80.0), random(720.0, -360.0));
    let points = |v: &[f64]| DataArray::from_vec(&[("place", v.len())], v.to_vec()).unwrap();
    let sel = Sel::new().at(lat, points(&lats)).at(lon, points(&lons)).method(Method::Nearest);
    let found = indexed.sel_with(sel).unwrap();
    assert_eq!(found.dims().iter().map(|d| &**d).next_back(), Some("place"));
    let at: Vec<(f64, f64)> = floats(&found, lat).into_iter().zip(floats(&found, lon)).collect();
    for (i, &place) in at.iter().enumerate() {
        let asked = (lats[i], lons[i]);
        let best = grid.iter().map(|g| chord(*g, asked)).fold(f64::INFINITY, f64::min);
        assert!((chord(place, asked) - best).abs() <= 1e-12, "{asked:?}: {place:?} is not the nearest");
        if i < 20 {
            let sel = Sel::new().at(lat, asked.0).at(lon, asked.1).method(Method::Nearest);
            let one = indexed.sel_with(sel).unwrap();
            let same = found.isel("place", i as i64).unwrap();
            assert!(one.load().unwrap().same_bits(&same.load().unwrap()));
            assert!(!one.dims().iter().any(|d| indexed.coords().get(lat).unwrap().axis(d).is_some()));
        }
    }
}

#[test]
fn the_nearest_place_on_the_ocean_grid_is_the_nearest_of_all() {
    let Some(folder) = sample_data() else { return };
    let Some(path) = find(&folder, "nemo_1m_20150101-20150201_grid-T.nc") else {
        panic!("the sample data has no NEMO file")
    };
    let field = open_dataset(path.to_str().unwrap()).unwrap().get("tos").unwrap();
    assert_eq!(field.coords().get("nav_lat").unwrap().ndim(), 2);
    check(&field, ["nav_lat", "nav_lon"], 60);
}

/// A grid of 20 by 30 places in no order.
fn scattered() -> DataArray {
    let dims = [("y", 20), ("x", 30)];
    let mut random = numbers(3);
    let mut block = |scale: f64, offset: f64| {
        let values = (0..600).map(|_| random.next().unwrap() * scale + offset).collect();
        Variable::from_vec(&dims, values).unwrap()
    };
    let (lat, lon) = (block(180.0, -90.0), block(360.0, 0.0));
    let field = DataArray::from_vec(&dims, (0..600).collect::<Vec<i32>>()).unwrap();
    field.assign_coords([("lat", lat), ("lon", lon)]).unwrap()
}

#[test]
fn any_grid_and_chunks() {
    let field = scattered();
    check(&field, ["lat", "lon"], 200);
    check(&field.chunk("y", 7).unwrap(), ["lat", "lon"], 50);
}

#[test]
fn selection_by_position_keeps_the_index_where_it_can() {
    let field = scattered().set_xindex_with(["lat", "lon"], Sphere::of).unwrap();
    let joints = |a: &DataArray| a.coords().joints().len();
    let part = field.isel_with(Isel::new().at("x", 5..20).at("y", 3..9)).unwrap();
    assert_eq!(joints(&part), 1);
    let (lat, lon) = (floats(&part, "lat")[17], floats(&part, "lon")[17]);
    let sel = Sel::new().at("lat", lat).at("lon", lon).method(Method::Nearest);
    let expected = part.load().unwrap().reshape(&[90]).unwrap().to_vec::<i32>().unwrap()[17];
    assert_eq!(part.sel_with(sel).unwrap().to_vec::<i32>().unwrap(), [expected]);
    assert_eq!(joints(&field.transpose(["x", "y"]).unwrap()), 1);
    assert_eq!(joints(&(&field + &field).unwrap()), 1);
    assert_eq!(joints(&field.rename([("x", "i"), ("lat", "phi")]).unwrap()), 1);
    // A single row, a list and other dimensions leave plain coordinates.
    assert_eq!(joints(&field.isel("y", 0).unwrap()), 0);
    assert_eq!(joints(&field.isel("y", [3, 1]).unwrap()), 0);
    let row = field.isel("y", 0).unwrap();
    assert!(row.coords().contains("lat") && row.coords().index("lat").is_none());
}

#[test]
fn indexes_of_ones_own_align_only_with_equal_ones() {
    let field = scattered().set_xindex_with(["lat", "lon"], Sphere::of).unwrap();
    let other = field.isel("y", ..10).unwrap();
    let e = (&field + &other).unwrap_err().to_string();
    assert!(e.contains("index of the coordinates (lat, lon)"), "{e}");
    let again = scattered().set_xindex_with(["lat", "lon"], Sphere::of).unwrap();
    assert_eq!((&field + &again).unwrap().coords().joints().len(), 1);
    assert!(field.identical(&again).unwrap());
    assert!(!field.identical(&scattered()).unwrap());
}

#[test]
fn mistakes_are_told() {
    let field = scattered();
    let indexed = field.set_xindex_with(["lat", "lon"], Sphere::of).unwrap();
    let says = |r: Result<DataArray>, what: &str| {
        let e = r.expect_err("an error").to_string();
        assert!(e.contains(what), "{e}");
    };
    let near = || Sel::new().method(Method::Nearest);
    says(indexed.sel_with(near().at("lat", 3.0)), "latitude and longitude together");
    says(indexed.sel_with(Sel::new().at("lat", 3.0).at("lon", 5.0)), "nearest");
    says(indexed.sel_with(near().at("lat", 3.0).at("lon", 5.0).tolerance(1e-9)), "no place near latitude 3");
    says(indexed.drop_vars("lat"), "shares its index");
    says(indexed.drop_indexes("lon"), "shares its index");
    says(field.set_xindex_with(["lat", "nope"], Sphere::of), "nope");
    says(field.set_xindex_with(["lat"], Sphere::of), "nothing else");
    assert!(indexed.drop_vars(["lat", "lon"]).unwrap().coords().is_empty());
    assert!(indexed.drop_indexes(["lat", "lon"]).unwrap().identical(&field).unwrap());
    let index = Sphere::of(&[Block::scalar(0.0), Block::scalar(0.0)]).unwrap();
    assert!(index.select(&[Some(Label::One(0.0.into())), None], Method::Nearest, None).is_err());
    assert!(index.equals(Sphere::of(&[Block::scalar(0.0), Block::scalar(0.0)]).unwrap().as_ref()));
}
