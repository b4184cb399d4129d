//! Whether elements are among some values.

use serde::{Deserialize, Serialize};

use super::key::{Gaps, Keyed};
use super::with_keyed;
use crate::array::Block;
use crate::dtype::Text;
use crate::error::{Error, Result};

/// Up to so many values are compared one after the other: the loop over the elements vectorises.
const FEW: usize = 8;

/// Values that elements are looked for in: of the dtype of the elements, in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Members(Block);

impl Members {
    /// The values of a block, whatever its shape. Missing numbers and times equal nothing and are left out;
    /// missing texts equal each other.
    ///
    /// # Errors
    /// If the block is no array of its dtype.
    pub fn new(values: &Block) -> Result<Members> {
        let dtype = values.dtype();
        let block = with_keyed!(dtype.kind(), T => {
            let gaps = Gaps::of(dtype);
            let mut keys: Vec<_> =
                values.typed::<T>()?.iter().filter(|x| !gaps.missing(**x)).map(|x| x.key()).collect();
            keys.sort_unstable();
            keys.dedup();
            Block::from_vec(&[keys.len()], keys.into_iter().map(T::of_key).collect())?
        }, else {
            let mut texts = values.to_vec::<Text>()?;
            texts.sort_unstable();
            texts.dedup();
            Block::from_vec(&[texts.len()], texts)?
        });
        Ok(Members(block.retype(dtype)))
    }

    /// How many different values there are.
    pub fn len(&self) -> usize {
        self.0.size()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// For each element whether it is among the members, which have its dtype.
///
/// # Errors
/// If the dtypes differ.
pub fn is_member(block: &Block, members: &Members) -> Result<Block> {
    if block.dtype() != members.0.dtype() {
        return Err(Error::internal(format!("{} among {}", block.dtype(), members.0.dtype())));
    }
    let dtype = block.dtype();
    let found = with_keyed!(dtype.kind(), T => {
        let gaps = Gaps::of(dtype);
        let keys: Vec<_> = members.0.typed::<T>()?.iter().map(|x| x.key()).collect();
        let elements = block.typed::<T>()?;
        if keys.len() <= FEW {
            elements.map(|x| {
                let key = x.key();
                !gaps.missing(*x) & keys.iter().fold(false, |found, k| found | (*k == key))
            })
        } else {
            elements.map(|x| !gaps.missing(*x) && keys.binary_search(&x.key()).is_ok())
        }
    }, else {
        let texts = members.0.to_vec::<Text>()?;
        block.typed::<Text>()?.map(|t| texts.binary_search(t).is_ok())
    });
    Ok(Block::new(found.into_shared()))
}
