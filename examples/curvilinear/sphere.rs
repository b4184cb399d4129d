//! An index over places on the sphere, whatever grid they lie on: latitude and longitude share it, and the
//! nearest place is found in a k-d tree of the points on the unit sphere.

use std::any::Any;
use std::sync::Arc;

use graticule::index::{JointIndex, Label, Method, Positions};
use graticule::prelude::*;

/// The index of the coordinates (latitude, longitude) in degrees, of any number of dimensions.
///
/// `sel` takes a latitude and a longitude with `Method::Nearest`; a tolerance is in degrees of arc. Places
/// without coordinates (NaN) are never found.
#[derive(Debug)]
pub struct Sphere {
    lat: Block,
    lon: Block,
    tree: Tree,
}

impl Sphere {
    /// The index of latitudes and longitudes of one shape: what `set_xindex_with` takes.
    pub fn of(labels: &[Block]) -> Result<Arc<dyn JointIndex>> {
        let [lat, lon] = labels else {
            return Err(Error::invalid("latitude and longitude, and nothing else"));
        };
        Ok(Arc::new(Sphere::new(lat.clone(), lon.clone())?))
    }

    fn new(lat: Block, lon: Block) -> Result<Sphere> {
        let places = degrees(&lat)?.into_iter().zip(degrees(&lon)?).map(|(lat, lon)| on_sphere(lat, lon));
        let tree = Tree::new(places.collect());
        Ok(Sphere { lat, lon, tree })
    }

    /// The flat position of the place nearest to each asked one.
    fn nearest(&self, lat: &Block, lon: &Block, tolerance: Option<f64>) -> Result<Vec<usize>> {
        let asked = degrees(lat)?.into_iter().zip(degrees(lon)?);
        let find = |(lat, lon): (f64, f64)| {
            // The chord of an arc: distances in space order places as those on the sphere do.
            let most = tolerance.map_or(f64::INFINITY, |degrees| 2.0 * (degrees.to_radians() / 2.0).sin());
            match self.tree.nearest(on_sphere(lat, lon)) {
                Some((place, square)) if square.sqrt() <= most => Ok(place),
                _ => Err(Error::new(
                    ErrorKind::NotFound,
                    format!("no place near latitude {lat}, longitude {lon}"),
                )),
            }
        };
        asked.map(find).collect()
    }
}

impl JointIndex for Sphere {
    fn count(&self) -> usize {
        2
    }

    fn shape(&self) -> Vec<usize> {
        self.lat.shape().to_vec()
    }

    fn labels(&self, coord: usize) -> Block {
        if coord == 0 { self.lat.clone() } else { self.lon.clone() }
    }

    fn select(
        &self,
        labels: &[Option<Label>],
        method: Method,
        tolerance: Option<&Scalar>,
    ) -> Result<Vec<Positions>> {
        if method != Method::Nearest {
            return Err(Error::invalid("places are found by their distance").help("ask for the nearest one"));
        }
        let tolerance = match tolerance {
            Some(t) => degrees(&t.to_block())?.first().copied(),
            None => None,
        };
        let shape = self.shape();
        match labels {
            [Some(Label::One(lat)), Some(Label::One(lon))] => {
                let place = self.nearest(&lat.to_block(), &lon.to_block(), tolerance)?[0];
                Ok(unravel(&shape, place).into_iter().map(Positions::One).collect())
            }
            [Some(Label::Many(lat)), Some(Label::Many(lon))] => {
                let places = self.nearest(lat, lon, tolerance)?;
                let mut positions = vec![Vec::with_capacity(places.len()); shape.len()];
                for place in places {
                    positions.iter_mut().zip(unravel(&shape, place)).for_each(|(p, i)| p.push(i as i64));
                }
                Ok(positions.into_iter().map(Positions::Many).collect())
            }
            _ => Err(Error::invalid("a place is asked for by latitude and longitude together")),
        }
    }

    fn take(&self, dim: usize, positions: &Positions) -> Option<Arc<dyn JointIndex>> {
        let Positions::Slice(slice) = positions else { return None };
        let part = |block: &Block| {
            let mut slices: Vec<_> = block.shape().iter().map(|&n| graticule::array::Slice::all(n)).collect();
            slices[dim] = *slice;
            block.slice(&slices)
        };
        let taken: Arc<dyn JointIndex> = Arc::new(Sphere::new(part(&self.lat), part(&self.lon)).ok()?);
        Some(taken)
    }

    fn equals(&self, other: &dyn JointIndex) -> bool {
        let other = (other as &dyn Any).downcast_ref::<Sphere>();
        other.is_some_and(|o| self.lat.same_bits(&o.lat) && self.lon.same_bits(&o.lon))
    }
}

fn degrees(block: &Block) -> Result<Vec<f64>> {
    graticule::kernel::cast::cast(block, DType::F64)?.to_vec::<f64>()
}

/// The point of the unit sphere at a place in degrees.
fn on_sphere(lat: f64, lon: f64) -> [f64; 3] {
    let (lat, lon) = (lat.to_radians(), lon.to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// The position along each dimension of an element in row-major order.
fn unravel(shape: &[usize], mut flat: usize) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, &n) in shape.iter().enumerate().rev() {
        index[i] = flat % n;
        flat /= n;
    }
    index
}

/// A k-d tree without nodes: the middle of each stretch parts it along one axis, the axes taking turns.
#[derive(Debug)]
struct Tree {
    points: Vec<[f64; 3]>,
    order: Vec<u32>,
}

impl Tree {
    fn new(points: Vec<[f64; 3]>) -> Tree {
        let there = |i: &u32| points[*i as usize].iter().all(|v| v.is_finite());
        let mut order: Vec<u32> = (0..points.len() as u32).filter(there).collect();
        part(&points, &mut order, 0);
        Tree { points, order }
    }

    /// The nearest point and the square of its distance; of equally near ones the first.
    fn nearest(&self, to: [f64; 3]) -> Option<(usize, f64)> {
        let mut best = (u32::MAX, f64::INFINITY);
        self.search(&self.order, 0, to, &mut best);
        (best.0 != u32::MAX).then_some((best.0 as usize, best.1))
    }

    fn search(&self, order: &[u32], axis: usize, to: [f64; 3], best: &mut (u32, f64)) {
        let Some(&here) = order.get(order.len() / 2) else { return };
        let point = self.points[here as usize];
        let square = (0..3).map(|k| (point[k] - to[k]).powi(2)).sum::<f64>();
        if square < best.1 || square == best.1 && here < best.0 {
            *best = (here, square);
        }
        let (low, high) = (&order[..order.len() / 2], &order[order.len() / 2 + 1..]);
        let beyond = to[axis] - point[axis];
        let (near, far) = if beyond < 0.0 { (low, high) } else { (high, low) };
        self.search(near, (axis + 1) % 3, to, best);
        // The other side matters only where it comes nearer than the best so far.
        if beyond * beyond <= best.1 {
            self.search(far, (axis + 1) % 3, to, best);
        }
    }
}

fn part(points: &[[f64; 3]], order: &mut [u32], axis: usize) {
    if order.len() < 2 {
        return;
    }
    let middle = order.len() / 2;
    let along = |i: &u32| points[*i as usize][axis];
    order.select_nth_unstable_by(middle, |a, b| along(a).total_cmp(&along(b)));
    let (low, high) = order.split_at_mut(middle);
    part(points, low, (axis + 1) % 3);
    part(points, &mut high[1..], (axis + 1) % 3);
}
