//! An index that several coordinates share: the levels of a multi-index, or latitude and longitude of a
//! grid that is regular in neither.

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use super::{Label, Method, Positions};
use crate::array::Block;
use crate::dtype::Scalar;
use crate::error::Result;

/// Labels of several coordinates over the same dimensions, and the way from them to positions.
///
/// Coordinates are numbers here, in the order in which the index was given them; dimensions are the axes
/// of their labels. [`set_xindex_with`](crate::labels::Dataset::set_xindex_with) puts an index of one's own
/// on coordinates, and `sel` with several of them asks it. Where selection by position leaves the index
/// without meaning, [`take`](JointIndex::take) says so and the coordinates stay without it.
///
/// # Example
/// An index over the nodes of a mesh, which finds the nearest one in the plane:
/// ```
/// use std::sync::Arc;
/// use graticule::index::{JointIndex, Label, Method, Positions};
/// use graticule::labels::Sel;
/// use graticule::prelude::*;
///
/// #[derive(Debug)]
/// struct Nodes {
///     x: Block,
///     y: Block,
/// }
///
/// impl JointIndex for Nodes {
///     fn count(&self) -> usize {
///         2
///     }
///     fn shape(&self) -> Vec<usize> {
///         self.x.shape().to_vec()
///     }
///     fn labels(&self, coord: usize) -> Block {
///         if coord == 0 { self.x.clone() } else { self.y.clone() }
///     }
///     fn select(
///         &self,
///         labels: &[Option<Label>],
///         method: Method,
///         _tolerance: Option<&Scalar>,
///     ) -> Result<Vec<Positions>> {
///         let [Some(Label::One(x)), Some(Label::One(y))] = labels else {
///             return Err(Error::invalid("a node is asked for by one x and one y"));
///         };
///         if method != Method::Nearest {
///             return Err(Error::invalid("nodes are found by `nearest` only"));
///         }
///         let value = |s: &Scalar| s.cast_to(DType::F64)?.to_vec::<f64>().map(|v| v[0]);
///         let (x, y) = (value(x)?, value(y)?);
///         let nodes = self.x.to_vec::<f64>()?.into_iter().zip(self.y.to_vec::<f64>()?);
///         let away = |(a, b): (f64, f64)| (a - x).hypot(b - y);
///         let near = nodes.map(away).enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
///         Ok(vec![Positions::One(near.map_or(0, |n| n.0))])
///     }
///     fn take(&self, _dim: usize, _positions: &Positions) -> Option<Arc<dyn JointIndex>> {
///         None
///     }
///     fn equals(&self, other: &dyn JointIndex) -> bool {
///         (0..2).all(|c| self.labels(c).same_bits(&other.labels(c)))
///     }
/// }
///
/// let mut coords = Coords::new();
/// coords.insert("x", Variable::from_vec(&[("node", 3)], vec![0.0, 1.0, 2.0])?)?;
/// coords.insert("y", Variable::from_vec(&[("node", 3)], vec![0.0, 5.0, 1.0])?)?;
/// let a = DataArray::new(Variable::from_vec(&[("node", 3)], vec![10, 20, 30])?, coords)?;
/// let a = a.set_xindex_with(["x", "y"], |labels| {
///     Ok(Arc::new(Nodes { x: labels[0].clone(), y: labels[1].clone() }))
/// })?;
/// let near = a.sel_with(Sel::new().at("x", 1.9).at("y", 0.7).method(Method::Nearest))?;
/// assert_eq!(near.to_vec::<i32>()?, [30]);
/// # Ok::<(), graticule::Error>(())
/// ```
pub trait JointIndex: Any + Debug + Send + Sync {
    /// How many coordinates share the index.
    fn count(&self) -> usize;
    /// The length of each dimension.
    fn shape(&self) -> Vec<usize>;
    /// The labels of a coordinate, of the shape of the index.
    fn labels(&self, coord: usize) -> Block;
    /// The positions along each dimension that labels of some coordinates stand for (`None`: not asked).
    ///
    /// Lists ([`Label::Many`]) all have one shape and are taken point by point; so are the lists that are
    /// given back, in row-major order.
    ///
    /// # Errors
    /// If a label is not there (within `tolerance`), or these labels have no meaning for this index.
    fn select(
        &self,
        labels: &[Option<Label>],
        method: Method,
        tolerance: Option<&Scalar>,
    ) -> Result<Vec<Positions>>;
    /// The index at a slice or list of positions along a dimension; `None` where it cannot go on.
    fn take(&self, dim: usize, positions: &Positions) -> Option<Arc<dyn JointIndex>>;
    /// Whether both have the same labels at the same places.
    fn equals(&self, other: &dyn JointIndex) -> bool;
}

/// Whether two shared indexes are one, or hold the same labels.
pub(crate) fn same_joint(a: &Arc<dyn JointIndex>, b: &Arc<dyn JointIndex>) -> bool {
    Arc::ptr_eq(a, b) || a.count() == b.count() && a.shape() == b.shape() && a.equals(b.as_ref())
}
