//! Text as numbers in its order.

use crate::array::Block;
use crate::dtype::{DType, NAT, Text, TimeUnit};
use crate::error::{Error, Result};

/// The number of each text among all different ones in order, and those texts. The numbers are ticks, so that
/// a missing text is [`NAT`].
pub(in crate::kernel) fn codes(block: &Block) -> Result<(Block, Vec<Text>)> {
    let texts = block.typed::<Text>()?;
    let mut different: Vec<Text> = texts.iter().filter(|t| **t != Text::MISSING).cloned().collect();
    different.sort_unstable();
    different.dedup();
    let code = |t: &Text| different.binary_search(t).map_or(NAT, |i| i as i64);
    let codes = texts.map(code).into_shared();
    Ok((Block::with_dtype(codes, DType::Timedelta { unit: TimeUnit::S }), different))
}

/// The texts of numbers from [`codes`].
pub(in crate::kernel) fn decode(codes: &Block, texts: &[Text], dtype: DType) -> Result<Block> {
    let text = |code: &i64| match usize::try_from(*code) {
        Ok(i) => texts.get(i).cloned().ok_or_else(|| Error::internal(format!("text number {i}"))),
        Err(_) => Ok(Text::MISSING),
    };
    let decoded: Result<Vec<Text>> = codes.typed::<i64>()?.iter().map(text).collect();
    Ok(Block::from_vec(codes.shape(), decoded?)?.retype(dtype))
}
