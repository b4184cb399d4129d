//! Selection by latitude and longitude on a grid that is regular in neither: an index of one's own, a k-d
//! tree on the sphere, put on two coordinates that share it.
//!
//! ```text
//! cargo run --release --example curvilinear                     # makes a small grid of its own
//! cargo run --release --example curvilinear -- nemo_grid-T.nc tos nav_lat nav_lon
//! ```

mod sphere;

use graticule::prelude::*;
use sphere::Sphere;

fn main() {
    if let Err(e) = run() {
        eprintln!("error: {e}");
        std::process::exit(1);
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (field, lat, lon) = match &args[..] {
        [path, var, lat, lon] => (open_dataset(path)?.get(var)?, lat.as_str(), lon.as_str()),
        [] => (tilted()?, "lat", "lon"),
        _ => return Err(Error::invalid("either nothing, or FILE VARIABLE LATITUDE LONGITUDE")),
    };
    let field = field.set_xindex_with([lat, lon], Sphere::of)?;
    println!("{field}\n");

    // One place: the dimensions of the grid go.
    let brest = field.sel_with(Sel::new().at(lat, 48.4).at(lon, -4.5).method(Method::Nearest))?;
    println!("near Brest: {brest}\n");

    // A line of places: their dimension takes the place of those of the grid.
    let line = |name: &str, from: f64, to: f64| {
        let values = (0..5).map(|i| from + (to - from) * f64::from(i) / 4.0).collect();
        Ok::<_, Error>(DataArray::from_vec(&[("station", 5)], values)?.with_name(name))
    };
    let (lats, lons) = (line("lat", 45.0, 60.0)?, line("lon", -30.0, -10.0)?);
    let sel = Sel::new().at(lat, &lats).at(lon, &lons).method(Method::Nearest).tolerance(5.0);
    println!("along a line: {}", field.sel_with(sel)?);
    Ok(())
}

/// A field over a small grid whose pole lies in Siberia.
fn tilted() -> Result<DataArray> {
    let (ny, nx) = (60, 80);
    let (mut lats, mut lons) = (Vec::new(), Vec::new());
    let (pole_lat, pole_lon) = (65f64.to_radians(), 100f64.to_radians());
    for j in 0..ny {
        for i in 0..nx {
            let lat = (-80.0 + 160.0 * j as f64 / (ny - 1) as f64).to_radians();
            let lon = (360.0 * i as f64 / nx as f64).to_radians();
            // Turned about the y axis, then about the z axis.
            let (x, y, z) = (lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin());
            let turn = std::f64::consts::FRAC_PI_2 - pole_lat;
            let (x, z) = (x * turn.cos() + z * turn.sin(), z * turn.cos() - x * turn.sin());
            lats.push(z.clamp(-1.0, 1.0).asin().to_degrees());
            lons.push((y.atan2(x) + pole_lon).to_degrees().rem_euclid(360.0));
        }
    }
    let values: Vec<f64> = lats.iter().map(|lat| 28.0 * lat.to_radians().cos()).collect();
    let dims = [("y", ny), ("x", nx)];
    DataArray::from_vec(&dims, values)?
        .with_name("sst")
        .assign_coords([("lat", Variable::from_vec(&dims, lats)?), ("lon", Variable::from_vec(&dims, lons)?)])
}
