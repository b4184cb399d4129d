//! Polynomials: fitted along a coordinate, and evaluated.

use indexmap::IndexMap;

use super::apply::Arg;
use super::arithmetic::binary_args;
use super::coords::Coords;
use super::dataarray::{DataArray, is_private};
use super::dataset::Dataset;
use super::points::Coordinate;
use super::variable::{Name, Variable};
use crate::array::{Block, Slice};
use crate::dtype::{DType, Scalar};
use crate::error::{Context, Error, Result};
use crate::kernel::cast::cast;
use crate::kernel::contract::Contraction;
use crate::kernel::elementwise::{BinaryOp, MapFn, UnaryOp};
use crate::kernel::fit::{Design, FitPart};
use crate::kernel::reduce::{ReduceOp, ReduceSpec};
use crate::lazy::{AxisFrom, LazyArray};

/// Which covariance of the coefficients a fit gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FitCovariance {
    /// None.
    #[default]
    No,
    /// Scaled by the sum of squared residuals over the degrees of freedom; the residuals are given too.
    Scaled,
    /// As if the weights were the inverse of known standard errors.
    Unscaled,
}

/// What a factor for each position of a fit is.
#[derive(Debug, Clone, PartialEq)]
pub enum FitWeights {
    /// The coordinate of this name.
    Coordinate(Name),
    /// These numbers (a block of rank 1).
    Values(Block),
}

impl From<&str> for FitWeights {
    fn from(name: &str) -> Self {
        FitWeights::Coordinate(name.into())
    }
}

impl From<Block> for FitWeights {
    fn from(values: Block) -> Self {
        FitWeights::Values(values)
    }
}

impl From<Vec<f64>> for FitWeights {
    fn from(values: Vec<f64>) -> Self {
        FitWeights::Values(
            Block::from_vec(&[values.len()], values.clone()).expect("one element for each place"),
        )
    }
}

/// How [`polyfit`](DataArray::polyfit_with) fits.
///
/// ```
/// use graticule::labels::PolyfitOptions;
/// let options = PolyfitOptions::new().skipna(false).full(true);
/// assert_eq!(options.skipna, Some(false));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolyfitOptions {
    /// Whether missing elements are left out, line by line; by default they are. If not, a line with a
    /// missing element has no fit: NaN.
    pub skipna: Option<bool>,
    /// Singular values below this part of the greatest count as zero; by default the number of positions
    /// times the machine's precision.
    pub rcond: Option<f64>,
    /// A factor for each position: that of its residual, not of its square.
    pub weights: Option<FitWeights>,
    /// Whether residuals, rank and singular values are given too.
    pub full: bool,
    /// Whether the covariance of the coefficients is given too.
    pub cov: FitCovariance,
}

impl PolyfitOptions {
    /// Coefficients only, without weights, missing elements left out.
    ///
    /// ```
    /// # use graticule::labels::PolyfitOptions;
    /// assert!(!PolyfitOptions::new().full);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether missing elements are left out.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::PolyfitOptions;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, f64::NAN, 3.0])?;
    /// let fit = a.polyfit_with("x", 1, &PolyfitOptions::new().skipna(false))?;
    /// assert!(fit.get("polyfit_coefficients")?.to_vec::<f64>()?[0].is_nan());
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn skipna(self, skipna: impl Into<Option<bool>>) -> Self {
        PolyfitOptions { skipna: skipna.into(), ..self }
    }

    /// Singular values below this part of the greatest count as zero.
    ///
    /// ```
    /// # use graticule::labels::PolyfitOptions;
    /// assert_eq!(PolyfitOptions::new().rcond(1e-8).rcond, Some(1e-8));
    /// ```
    pub fn rcond(self, rcond: impl Into<Option<f64>>) -> Self {
        PolyfitOptions { rcond: rcond.into(), ..self }
    }

    /// With a factor for each position: numbers, or the name of a coordinate.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::PolyfitOptions;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 9.0])?;
    /// let fit = a.polyfit_with("x", 1, &PolyfitOptions::new().weights(vec![1.0, 1.0, 0.0]))?;
    /// assert!((fit.get("polyfit_coefficients")?.to_vec::<f64>()?[0] - 1.0).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn weights(self, weights: impl Into<FitWeights>) -> Self {
        PolyfitOptions { weights: Some(weights.into()), ..self }
    }

    /// Whether residuals, rank and singular values are given too.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::PolyfitOptions;
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 9.0])?;
    /// let fit = a.polyfit_with("x", 1, &PolyfitOptions::new().full(true))?;
    /// assert_eq!(fit.get("x_matrix_rank")?.to_vec::<i64>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn full(self, full: bool) -> Self {
        PolyfitOptions { full, ..self }
    }

    /// Which covariance of the coefficients is given too.
    ///
    /// ```
    /// # use graticule::prelude::*;
    /// # use graticule::labels::{FitCovariance, PolyfitOptions};
    /// let a = DataArray::from_vec(&[("x", 3)], vec![1.0, 2.0, 9.0])?;
    /// let fit = a.polyfit_with("x", 0, &PolyfitOptions::new().cov(FitCovariance::Unscaled))?;
    /// assert!((fit.get("polyfit_covariance")?.to_vec::<f64>()?[0] - 1.0 / 3.0).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn cov(self, cov: FitCovariance) -> Self {
        PolyfitOptions { cov, ..self }
    }
}

/// The highest degree that can be asked for: powers beyond leave the range of floats.
const HIGHEST: usize = 10_000;

impl Dataset {
    /// Fits a polynomial of degree `deg` along a coordinate to every variable that has its dimension.
    ///
    /// See [`polyfit_with`](Self::polyfit_with).
    ///
    /// # Errors
    /// Those of [`polyfit_with`](Self::polyfit_with).
    ///
    /// # Example
    /// ```
    /// use graticule::labels::DataArray;
    /// let ds = DataArray::from_vec(&[("x", 3)], vec![1.0, 3.0, 5.0])?.to_dataset("t");
    /// let c = ds.polyfit("x", 1)?.get("t_polyfit_coefficients")?.to_vec::<f64>()?;
    /// assert!((c[0] - 2.0).abs() < 1e-12 && (c[1] - 1.0).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn polyfit(&self, coord: &str, deg: usize) -> Result<Dataset> {
        self.polyfit_with(coord, deg, &PolyfitOptions::default())
    }

    /// Fits a polynomial of degree `deg` along a coordinate of rank 1 (or a dimension without one: along its
    /// positions) to every variable that has its dimension, with all choices open.
    ///
    /// Gives, with `NAME_` before each name for a variable `NAME` of a dataset (an array has no such prefix):
    ///
    /// - `polyfit_coefficients` over `degree`, whose labels fall from `deg` to 0, and the other dimensions;
    /// - with `full` or a scaled covariance `polyfit_residuals`, the sums of squared residuals;
    /// - with a covariance `polyfit_covariance` over `cov_i` and `cov_j`;
    /// - with `full` the rank of the matrix and its singular values, as `COORD_matrix_rank` and
    ///   `COORD_singular_values`.
    ///
    /// Datetimes count in nanoseconds since 1970, timedeltas in ticks; [`polyval`](crate::labels::polyval) does the same. Everything
    /// is `f64` (complex data give complex coefficients), without attributes. A line with no more valid
    /// elements than unknowns, or a deficient rank, has no residuals: NaN.
    ///
    /// Lazy: the data are read once, chunk by chunk, for the coefficients, and once more for residuals.
    /// Reads the coordinate. The small matrix is decomposed at once (one-sided Jacobi rotations).
    ///
    /// # Errors
    /// If there is no such coordinate, it has another rank or labels that are no finite numbers or times,
    /// weights do not fit, elements are no numbers, or a covariance has too few positions.
    ///
    /// # Example
    /// ```
    /// use graticule::labels::{DataArray, PolyfitOptions};
    /// let ds = DataArray::from_vec(&[("x", 4)], vec![1.0, 3.0, 2.0, 4.0])?.to_dataset("t");
    /// let fit = ds.polyfit_with("x", 1, &PolyfitOptions::new().full(true))?;
    /// assert!((fit.get("t_polyfit_residuals")?.to_vec::<f64>()?[0] - 1.8).abs() < 1e-12);
    /// assert_eq!(fit.get("x_matrix_rank")?.to_vec::<i64>()?, [2]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn polyfit_with(&self, coord: &str, deg: usize, options: &PolyfitOptions) -> Result<Dataset> {
        self.locate(self.polyfit_parts(coord, deg, options), || format!("polyfit along `{coord}`"))
    }

    fn polyfit_parts(&self, coord: &str, deg: usize, options: &PolyfitOptions) -> Result<Dataset> {
        let coordinate = self.coordinate(coord)?;
        let x = coordinate.numbers()?;
        if deg > HIGHEST {
            return Err(Error::invalid(format!("a polynomial of degree {deg} cannot be fitted"))
                .help(format!("{HIGHEST} is the highest degree; a few are enough")));
        }
        let weights = options.weights.as_ref().map(|w| self.fit_weights(w, x.len(), coord)).transpose()?;
        // Sums of products of all pairs of columns are held for each line.
        let sums = deg.checked_add(1).and_then(|n| n.checked_mul(n)?.checked_mul(x.len().max(8)));
        if sums.is_none_or(|n| isize::try_from(n).is_err()) {
            return Err(Error::invalid(format!("a polynomial of degree {deg} has too many coefficients")));
        }
        let columns = (0..=deg).rev().map(|k| x.iter().map(|x| power(*x, k)).collect()).collect();
        let design = Design::new(columns, weights.clone(), options.rcond)?;
        let mut degree = Name::from("degree");
        while self.sizes().contains_key(&degree) {
            degree = format!("_{degree}").into();
        }
        let fit = Polynomials { coordinate: &coordinate, design: &design, weights, degree: &degree, options };
        let mut data_vars: IndexMap<Name, Variable> = IndexMap::new();
        if options.full {
            let rank = Variable::scalar(Block::scalar(design.rank() as i64));
            data_vars.insert(format!("{coord}_matrix_rank").into(), rank);
            let mut singular = vec![f64::NAN; deg + 1 - design.singular_values().len()];
            singular.extend(design.singular_values());
            let singular = Variable::from_vec(&[(&*degree, deg + 1)], singular)?;
            data_vars.insert(format!("{coord}_singular_values").into(), singular);
        }
        let mut others: Vec<Name> = Vec::new();
        for (name, v) in self.data_vars() {
            let Some(axis) = v.axis(&coordinate.dim) else { continue };
            others.extend(v.dims().iter().filter(|d| **d != coordinate.dim).cloned());
            let result = fit.variables(v, axis);
            let (prefix, result) = match is_private(name) {
                true => (String::new(), result),
                false => (format!("{name}_"), result.at(|| format!("variable `{name}`"))),
            };
            data_vars.extend(result?.into_iter().map(|(n, v)| (Name::from(format!("{prefix}{n}")), v)));
        }
        let mut coords = Coords::new();
        coords.insert(
            degree.clone(),
            Variable::from_vec(&[(&*degree, deg + 1)], (0..=deg as i64).rev().collect())?,
        )?;
        let kept = self.coords().filter(|name, _| others.contains(name));
        for (name, v) in kept.iter() {
            coords.insert_with(name.clone(), v.clone(), kept.index(name).cloned())?;
        }
        let mut result = Dataset::from_variables(data_vars, coords)?;
        result.attrs = self.attrs.clone();
        Ok(result)
    }

    fn fit_weights(&self, weights: &FitWeights, len: usize, coord: &str) -> Result<Vec<f64>> {
        let block = match weights {
            FitWeights::Values(block) => block.clone(),
            FitWeights::Coordinate(name) => self.coordinate(name)?.labels,
        };
        if block.shape() != [len] {
            return Err(Error::invalid(format!(
                "weights of shape {:?} for {len} positions along `{coord}`",
                block.shape()
            )));
        }
        if !(block.dtype().is_bool() || block.dtype().is_integer() || block.dtype().is_float()) {
            return Err(Error::dtype(format!("weights are {}, not numbers", block.dtype())));
        }
        cast(&block, DType::F64)?.to_vec()
    }
}

impl DataArray {
    /// Fits a polynomial of degree `deg` along a coordinate; the coefficients are the variable
    /// `polyfit_coefficients`. See [`Dataset::polyfit_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::polyfit_with`].
    ///
    /// # Example
    /// ```
    /// use graticule::labels::{DataArray, polyval};
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 3.0, f64::NAN, 7.0])?;
    /// let c = a.polyfit("x", 1)?.get("polyfit_coefficients")?;
    /// let x = DataArray::from_vec(&[("x", 2)], vec![2.0, 10.0])?;
    /// let y = polyval(&x, &c)?.into_array()?.to_vec::<f64>()?;
    /// assert!((y[0] - 5.0).abs() < 1e-12 && (y[1] - 21.0).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn polyfit(&self, coord: &str, deg: usize) -> Result<Dataset> {
        self.polyfit_with(coord, deg, &PolyfitOptions::default())
    }

    /// Fits a polynomial with all choices open: see [`Dataset::polyfit_with`].
    ///
    /// # Errors
    /// Those of [`Dataset::polyfit_with`].
    ///
    /// # Example
    /// ```
    /// use graticule::labels::{DataArray, FitCovariance, PolyfitOptions};
    /// let a = DataArray::from_vec(&[("x", 4)], vec![1.0, 3.0, 2.0, 4.0])?;
    /// let fit = a.polyfit_with("x", 1, &PolyfitOptions::new().cov(FitCovariance::Unscaled))?;
    /// assert!((fit.get("polyfit_covariance")?.to_vec::<f64>()?[0] - 0.2).abs() < 1e-12);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn polyfit_with(&self, coord: &str, deg: usize, options: &PolyfitOptions) -> Result<Dataset> {
        self.to_temp_dataset().polyfit_with(coord, deg, options).at(|| self.place())
    }
}

/// By repeated products, as numpy's `vander`.
fn power(x: f64, k: usize) -> f64 {
    (0..k).fold(1.0, |p, _| p * x)
}

/// The fit of every variable.
struct Polynomials<'a> {
    coordinate: &'a Coordinate,
    design: &'a Design,
    weights: Option<Vec<f64>>,
    degree: &'a Name,
    options: &'a PolyfitOptions,
}

impl Polynomials<'_> {
    fn variables(&self, v: &Variable, axis: usize) -> Result<Vec<(&'static str, Variable)>> {
        let parts = match v.dtype().is_complex() {
            true => [UnaryOp::Real, UnaryOp::Imag]
                .map(|op| LazyArray::map(MapFn::Unary(op), std::slice::from_ref(v.data())))
                .into_iter()
                .collect::<Result<Vec<_>>>()?,
            false => vec![v.data().clone()],
        };
        let others = v.dims().iter().filter(|d| **d != self.coordinate.dim).cloned();
        let dims: Vec<Name> = std::iter::once(self.degree.clone()).chain(others.clone()).collect();
        let first: Vec<AxisFrom> =
            std::iter::once(axis).chain((0..v.ndim()).filter(|a| *a != axis)).map(AxisFrom::Input).collect();
        let skipna = self.options.skipna.unwrap_or(true);
        let coefficients = |data: &LazyArray| {
            data.fit(axis, self.design.clone(), FitPart::Coefficients, skipna)?.axes(&first)
        };
        let mut sum = coefficients(&parts[0])?;
        if let Some(imag) = parts.get(1) {
            let unit = Scalar::Complex(num_complex::Complex::new(0.0, 1.0)).to_block();
            let unit = LazyArray::from(unit.reshape(&vec![1; v.ndim()])?);
            let imag = LazyArray::map(MapFn::Binary(BinaryOp::Mul), &[coefficients(imag)?, unit])?;
            sum = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[sum, imag])?;
        }
        let mut variables = vec![("polyfit_coefficients", Variable::new(dims, sum)?)];
        let scaled = self.options.cov == FitCovariance::Scaled;
        let mut residuals = None;
        if self.options.full || scaled {
            let mut sum = self.residuals(&parts[0], axis, skipna)?;
            if let Some(imag) = parts.get(1) {
                let imag = self.residuals(imag, axis, skipna)?;
                sum = LazyArray::map(MapFn::Binary(BinaryOp::Add), &[sum, imag])?;
            }
            let v = Variable::new(others.collect::<Vec<_>>(), sum)?;
            variables.push(("polyfit_residuals", v.clone()));
            residuals = Some(v);
        }
        if self.options.cov != FitCovariance::No {
            let base = Variable::new(["cov_i", "cov_j"], self.design.covariance()?)?;
            let cov = match (scaled, residuals) {
                (true, Some(residuals)) => {
                    let free = self.design.rows().saturating_sub(self.design.unknowns());
                    if free == 0 {
                        return Err(Error::invalid(format!(
                            "{} positions leave no degrees of freedom for a covariance of {} coefficients",
                            self.design.rows(),
                            self.design.unknowns()
                        ))
                        .help("ask for the unscaled covariance, or a lower degree"));
                    }
                    let free = Scalar::Float(free as f64);
                    let factor = binary_args(BinaryOp::Div, Arg::Variable(&residuals), Arg::Scalar(&free))?;
                    binary_args(BinaryOp::Mul, Arg::Variable(&base), Arg::Variable(&factor))?
                }
                _ => base,
            };
            variables.push(("polyfit_covariance", cov));
        }
        Ok(variables)
    }

    /// The sum over an axis of squared distances from the fit: `Σ (w y - U z)²` with the fitted values in
    /// terms of the orthonormal basis, which lose no digits.
    fn residuals(&self, data: &LazyArray, axis: usize, skipna: bool) -> Result<LazyArray> {
        let ndim = data.ndim();
        let p = self.design.unknowns();
        let projection = data.fit(axis, self.design.clone(), FitPart::Projection, skipna)?;
        let rows = |r: std::ops::Range<usize>| {
            let mut slices: Vec<_> = projection.shape().into_iter().map(Slice::all).collect();
            slices[axis] = Slice::range(r);
            projection.slice(&slices)
        };
        // The axis of unknowns has the label `ndim`.
        let mut own: Vec<usize> = (0..ndim).collect();
        own[axis] = ndim;
        let labels = Contraction { a: vec![axis, ndim], b: own, out: (0..ndim).collect() };
        let fitted = LazyArray::from(self.design.basis()?).contract(&rows(0..p)?, labels)?;
        let mut data = data.cast(DType::F64)?;
        if let Some(w) = &self.weights {
            let mut shape = vec![1; ndim];
            shape[axis] = w.len();
            let w = LazyArray::from(Block::from_vec(&shape, w.clone())?);
            data = LazyArray::map(MapFn::Binary(BinaryOp::Mul), &[data, w])?;
        }
        let distance = LazyArray::map(MapFn::Binary(BinaryOp::Sub), &[data, fitted])?;
        let squares = LazyArray::map(MapFn::Unary(UnaryOp::Square), &[distance])?;
        let spec = ReduceSpec {
            op: ReduceOp::Sum,
            axes: vec![axis],
            group: None,
            skipna,
            ddof: 0.0,
            min_count: None,
        };
        // Where there is no sum, the last row of the projection is NaN.
        let exists = rows(p..p + 1)?
            .axes(&(0..ndim).filter(|a| *a != axis).map(AxisFrom::Input).collect::<Vec<_>>())?;
        LazyArray::map(MapFn::Binary(BinaryOp::Add), &[squares.reduce(spec)?, exists])
    }
}
