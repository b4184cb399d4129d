//! Reading the stored bytes of the chunks that a box touches.

use super::chunks::{ArraySpec, Shard};
use super::codecs::Codecs;
use super::shards::ShardIndex;
use crate::array::Region;
use crate::error::{Context, Error, Result};
use crate::io::ahead::Ahead;
use crate::io::store::ByteRange;
use crate::source::Traffic;

impl ArraySpec {
    /// Hands over each chunk that a box touches with its stored bytes, `None` if it was never written: one shard after the
    /// other, the chunks of each as they lie in it. Where requests take their time, those that lie side by side in a shard
    /// come with one.
    ///
    /// # Errors
    /// If the store cannot be read, and those of `take`.
    pub fn each_encoded(
        &self,
        codecs: &Codecs,
        region: &Region,
        io: &Traffic,
        mut take: impl FnMut(&[usize], Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        if let (Some(shard), Some(index)) = (&self.shard, codecs.shards()) {
            return touched(region, &shard.shape)
                .try_for_each(|outer| self.each_of_shard(shard, index, &outer, region, io, &mut take));
        }
        for index in touched(region, &self.chunk) {
            io.check()?;
            let whole = ByteRange::Whole { limit: self.largest() };
            let bytes = self.store.read(&self.key(&index), whole).at(|| self.place_of(&index))?;
            io.count_read(bytes.as_ref().map_or(0, Vec::len));
            take(&index, bytes.as_deref())?;
        }
        Ok(())
    }

    fn each_of_shard(
        &self,
        shard: &Shard,
        index: &ShardIndex,
        outer: &[usize],
        region: &Region,
        io: &Traffic,
        take: &mut impl FnMut(&[usize], Option<&[u8]>) -> Result<()>,
    ) -> Result<()> {
        let key = self.key(outer);
        let place = || format!("shard {outer:?} of {}", self.place());
        let entries = index.entries(&*self.store, &key, outer, io).at(place)?;
        let all = Region::new(outer.iter().zip(&shard.shape).map(|(i, n)| i * n..(i + 1) * n));
        let part = all.intersect(region).unwrap_or_else(|| region.clone());
        let per = || shard.shape.iter().zip(&self.chunk).map(|(s, c)| s / c);
        let lies = |chunk: &[usize]| {
            let number = chunk.iter().zip(per()).fold(0, |number, (i, n)| number * n + i % n);
            entries.as_ref().and_then(|entries| entries.place(number))
        };
        // In the order of their bytes, whatever that is: each is asked for once, with what lies beside it.
        let mut chunks: Vec<_> = touched(&part, &self.chunk).map(|chunk| (lies(&chunk), chunk)).collect();
        chunks.sort_by_key(|(range, _)| *range);
        let read = |offset, length| {
            let bytes = self.store.read(&key, ByteRange::Part { offset, length })?;
            // Its index told of the chunk: that is no chunk of fill values.
            let bytes = bytes.ok_or_else(|| Error::storage("it was removed since its index was read"))?;
            io.count_read(bytes.len());
            Ok::<_, Error>(bytes)
        };
        let mut ahead = Ahead::default();
        for (k, (range, chunk)) in chunks.iter().enumerate() {
            io.check()?;
            let Some((offset, length)) = *range else {
                take(chunk, None)?;
                continue;
            };
            if self.is_far() {
                let ranges = chunks[k..].iter().filter_map(|(range, _)| *range);
                ahead
                    .fetch(ranges, |offset, length, bytes| {
                        *bytes = read(offset, length)?;
                        Ok(())
                    })
                    .at(place)?;
            }
            match ahead.held(offset, length) {
                Some(bytes) => take(chunk, Some(bytes))?,
                None => take(chunk, Some(&read(offset, length).at(place).at(|| self.place_of(chunk))?))?,
            }
        }
        Ok(())
    }

    /// Bytes that are read at once of several chunks of this box at most.
    pub fn joined_bytes(&self, region: &Region) -> usize {
        let several = || touched(region, &self.chunk).nth(1).is_some();
        if self.shard.is_some() && self.is_far() && several() { Ahead::LONGEST as usize } else { 0 }
    }

    /// Whether a request takes its time.
    fn is_far(&self) -> bool {
        self.store.requests() > 1
    }
}

/// The chunks that a box touches, in row-major order.
pub(super) fn touched(region: &Region, chunk: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let spans: Vec<(usize, usize)> =
        region.ranges().zip(chunk).map(|(r, c)| (r.start / c, (r.end - 1) / c)).collect();
    let mut next = Some(spans.iter().map(|s| s.0).collect::<Vec<_>>());
    std::iter::from_fn(move || {
        let current = next.take()?;
        let mut after = current.clone();
        for (i, span) in after.iter_mut().zip(&spans).rev() {
            if *i < span.1 {
                *i += 1;
                next = Some(after);
                break;
            }
            *i = span.0;
        }
        Some(current)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn touched_chunks_are_walked_in_order() {
        let region = Region::new([3..7, 4..5]);
        let all: Vec<_> = touched(&region, &[3, 4]).collect();
        assert_eq!(all, [[1, 1], [2, 1]]);
        assert_eq!(touched(&Region::new([]), &[]).count(), 1);
    }
}
