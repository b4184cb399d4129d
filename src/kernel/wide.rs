//! Loops compiled for the widest vectors of the machine that runs them.

/// Runs a loop as compiled for AVX2 where the machine has it, else for what all machines of its kind have.
///
/// Rust never contracts or reorders the arithmetic of floats, so the bits are the same. What `f` calls must be
/// inlined into it, or it stays narrow. The choice takes a few nanoseconds: for loops over hundreds of elements.
#[inline(always)]
pub(super) fn wide<R>(f: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(f)
}

#[cfg(test)]
mod tests {
    use super::wide;

    #[test]
    fn wide_loops_give_the_same_bits() {
        let values: Vec<f64> = (0..1001).map(|i| f64::from(i).sin() * 1e3).collect();
        let narrow: Vec<f32> = values.iter().map(|v| (v * 0.7 + 1.0 / v) as f32).collect();
        let mut out = vec![0f32; values.len()];
        wide(|| out.iter_mut().zip(&values).for_each(|(o, v)| *o = (v * 0.7 + 1.0 / v) as f32));
        assert!(out.iter().zip(&narrow).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
