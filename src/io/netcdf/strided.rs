//! Boxes of elements that lie in a file at regular distances: contiguous and record variables.

use super::file::RandomFile;
use crate::array::Region;
use crate::error::Result;
use crate::source::Traffic;

/// A span with gaps is read in one go up to this size, whatever it wastes.
const SMALL_SPAN: u64 = 256 << 10;
/// A span of which at least a quarter is wanted is read in one go up to this size.
const LARGE_SPAN: u64 = 4 << 20;

/// Where the elements of a variable lie, uncompressed.
#[derive(Debug, Clone)]
pub(super) struct Strided {
    offset: u64,
    shape: Vec<usize>,
    /// Bytes from one position to the next along each axis.
    strides: Vec<u64>,
    element: usize,
}

impl Strided {
    /// Bytes that reading a box takes at most besides the box.
    pub(super) const SCRATCH: usize = LARGE_SPAN as usize;

    /// Row-major elements from `offset` on.
    pub(super) fn contiguous(offset: u64, shape: &[usize], element: usize) -> Self {
        let mut strides = vec![element as u64; shape.len()];
        for i in (1..shape.len()).rev() {
            strides[i - 1] = strides[i].saturating_mul(shape[i] as u64);
        }
        Strided { offset, shape: shape.to_vec(), strides, element }
    }

    /// Records at another distance from each other than the length of one.
    pub(super) fn with_record_stride(mut self, stride: u64) -> Self {
        if let Some(s) = self.strides.first_mut() {
            *s = stride;
        }
        self
    }

    /// Of the first element in the file.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Bytes from one position to the next along each axis.
    pub(super) fn strides(&self) -> &[u64] {
        &self.strides
    }

    /// Bytes from the first element to the end of the last, or `None` beyond all files.
    pub(super) fn span(&self) -> Option<u64> {
        let mut span = self.element as u64;
        for (&n, &s) in self.shape.iter().zip(&self.strides) {
            span = span.checked_add(((n as u64).checked_sub(1)?).checked_mul(s)?)?;
        }
        Some(span)
    }

    /// An error if not all elements lie in the file.
    pub(super) fn check(&self, file: &RandomFile) -> Result<()> {
        if self.shape.contains(&0) {
            return Ok(());
        }
        file.check(self.offset, self.span().unwrap_or(u64::MAX))
    }

    /// Reads a box into `out`, row-major.
    pub(super) fn read(
        &self,
        file: &RandomFile,
        region: &Region,
        out: &mut [u8],
        io: &Traffic,
    ) -> Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        let start: u64 = (region.ranges().zip(&self.strides)).map(|(r, s)| r.start as u64 * s).sum();
        let mut span = Vec::new();
        self.read_axes(file, &region.shape(), 0, self.offset + start, out, &mut span, io)
    }

    #[allow(clippy::too_many_arguments)]
    fn read_axes(
        &self,
        file: &RandomFile,
        shape: &[usize],
        axis: usize,
        offset: u64,
        out: &mut [u8],
        scratch: &mut Vec<u8>,
        io: &Traffic,
    ) -> Result<()> {
        let span = self.box_span(shape, axis);
        let wanted = out.len() as u64;
        if span == wanted {
            return file.read(offset, out, io);
        }
        if span <= SMALL_SPAN || (span <= LARGE_SPAN && span / 4 <= wanted) {
            scratch.resize(span as usize, 0);
            file.read(offset, scratch, io)?;
            self.gather(shape, axis, scratch, out);
            return Ok(());
        }
        let part = out.len() / shape[axis];
        for (i, piece) in out.chunks_exact_mut(part).enumerate() {
            if axis == 0 {
                io.check()?;
            }
            let at = offset + i as u64 * self.strides[axis];
            self.read_axes(file, shape, axis + 1, at, piece, scratch, io)?;
        }
        Ok(())
    }

    /// Gives the stretches of a box that lie together, each with its offset in the file.
    pub(super) fn runs(
        &self,
        region: &Region,
        bytes: &[u8],
        mut each: impl FnMut(u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let start: u64 = (region.ranges().zip(&self.strides)).map(|(r, s)| r.start as u64 * s).sum();
        if bytes.is_empty() {
            return Ok(());
        }
        self.runs_of(&region.shape(), 0, self.offset + start, bytes, &mut each)
    }

    fn runs_of(
        &self,
        shape: &[usize],
        axis: usize,
        offset: u64,
        bytes: &[u8],
        each: &mut dyn FnMut(u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
        if self.box_span(shape, axis) == bytes.len() as u64 {
            return each(offset, bytes);
        }
        for (i, part) in bytes.chunks_exact(bytes.len() / shape[axis]).enumerate() {
            self.runs_of(shape, axis + 1, offset + i as u64 * self.strides[axis], part, each)?;
        }
        Ok(())
    }

    /// Bytes from the first to the last element of a box along the axes from `axis` on.
    fn box_span(&self, shape: &[usize], axis: usize) -> u64 {
        let gaps: u64 =
            (shape[axis..].iter().zip(&self.strides[axis..])).map(|(&n, s)| (n as u64 - 1) * s).sum();
        gaps + self.element as u64
    }

    /// Picks a box out of a span that was read.
    fn gather(&self, shape: &[usize], axis: usize, span: &[u8], out: &mut [u8]) {
        if self.box_span(shape, axis) == out.len() as u64 {
            out.copy_from_slice(&span[..out.len()]);
            return;
        }
        let part = out.len() / shape[axis];
        for (i, piece) in out.chunks_exact_mut(part).enumerate() {
            self.gather(shape, axis + 1, &span[i * self.strides[axis] as usize..], piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_records_and_columns_are_picked_out() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..=255).collect();
        std::fs::write(path.path(), &bytes).unwrap();
        let file = RandomFile::open(&path.path().into()).unwrap();
        // Four records of 2 × 3 bytes, 10 bytes apart, from byte 5 on.
        let s = Strided::contiguous(5, &[4, 2, 3], 1).with_record_stride(10);
        assert_eq!(s.span(), Some(36));
        let mut out = vec![0; 8];
        let io = Traffic::default();
        s.read(&file, &Region::new([1..3, 0..2, 1..3]), &mut out, &io).unwrap();
        assert_eq!(out, [16, 17, 19, 20, 26, 27, 29, 30]);
        assert!(Strided::contiguous(250, &[7], 1).check(&file).is_err());
    }
}
