//! Repeated labels.

use super::dataarray::DataArray;
use super::dataset::Dataset;
use super::dims::IntoDims;
use super::indexer::Isel;
use super::variable::Name;
use crate::error::Result;
use crate::kernel::order::dense_ranks;

/// Which positions of a repeated label stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
    /// None: only labels that stand once.
    None,
}

impl Keep {
    /// Which of some positions stay; equal labels have equal numbers, missing ones are equal too.
    fn mask(self, labels: &[Option<usize>]) -> Vec<bool> {
        // Number 0 is that of missing labels.
        let slot = |label: &Option<usize>| label.map_or(0, |n| n + 1);
        let mut ends = vec![(usize::MAX, 0); labels.iter().map(slot).max().map_or(0, |n| n + 1)];
        for (i, label) in labels.iter().enumerate() {
            let (first, last) = &mut ends[slot(label)];
            (*first, *last) = ((*first).min(i), i);
        }
        let stays = |(i, label): (usize, &Option<usize>)| {
            let (first, last) = ends[slot(label)];
            match self {
                Keep::First => i == first,
                Keep::Last => i == last,
                Keep::None => first == last,
            }
        };
        labels.iter().enumerate().map(stays).collect()
    }
}

impl Dataset {
    /// Drops positions whose label along one of `dims` (a name, a list of names, `..` for all) stands elsewhere
    /// too, but for the one that `keep` says.
    ///
    /// A dimension without labels has no duplicates. Lazy: reads nothing but labels.
    ///
    /// # Errors
    /// If a dimension does not exist.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::{Coords, DataArray, Keep, Variable};
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 3)], vec![1i64, 1, 2])?)?;
    /// let a = DataArray::new(Variable::from_vec(&[("x", 3)], vec![10, 20, 30])?, coords)?;
    /// let ds = a.to_dataset("a");
    /// assert_eq!(ds.drop_duplicates("x", Keep::Last)?.get("a")?.to_vec::<i32>()?, [20, 30]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_duplicates(&self, dims: impl IntoDims, keep: Keep) -> Result<Dataset> {
        let dims = self.locate(dims.into_dims().among(&self.sizes()), || "`drop_duplicates`".into())?;
        let mut isel = Isel::new();
        for dim in dims {
            if let Some(labels) = self.coords().get(&dim).filter(|v| v.dims() == [Name::clone(&dim)]) {
                let mask = keep.mask(&dense_ranks(&labels.load()?)?);
                if mask.contains(&false) {
                    isel = isel.at(dim, mask);
                }
            }
        }
        self.isel_with(isel)
    }
}

impl DataArray {
    /// Drops positions whose label stands elsewhere too: see [`Dataset::drop_duplicates`].
    ///
    /// # Errors
    /// If a dimension does not exist.
    ///
    /// # Example
    /// ```
    /// # use graticule::labels::{Coords, DataArray, Keep, Variable};
    /// let mut coords = Coords::new();
    /// coords.insert("x", Variable::from_vec(&[("x", 3)], vec![1i64, 1, 2])?)?;
    /// let a = DataArray::new(Variable::from_vec(&[("x", 3)], vec![10, 20, 30])?, coords)?;
    /// assert_eq!(a.drop_duplicates("x", Keep::First)?.to_vec::<i32>()?, [10, 30]);
    /// assert_eq!(a.drop_duplicates(.., Keep::None)?.to_vec::<i32>()?, [30]);
    /// # Ok::<(), graticule::Error>(())
    /// ```
    pub fn drop_duplicates(&self, dims: impl IntoDims, keep: Keep) -> Result<DataArray> {
        self.via_dataset(|ds| ds.drop_duplicates(dims, keep))
    }
}
