//! Loops compiled for the widest vectors of the machine that runs them.

use pulp::{Arch, Simd, WithSimd};

/// A loop over hundreds of elements.
pub(super) trait Loop {
    type Out;
    /// Must be `#[inline(always)]`, as must what it calls: what is not inlined stays narrow.
    fn run(self) -> Self::Out;
}

/// Runs a loop as compiled for AVX2 where the machine has it, else for what all machines of its kind have.
///
/// Rust never contracts or reorders the arithmetic of floats, so the bits are the same. The choice takes a few
/// nanoseconds.
pub(super) fn wide<L: Loop>(of: L) -> L::Out {
    struct Once<L>(L);
    impl<L: Loop> WithSimd for Once<L> {
        type Output = L::Out;
        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> L::Out {
            self.0.run()
        }
    }
    Arch::new().dispatch(Once(of))
}

#[cfg(test)]
mod tests {
    use super::{Loop, wide};

    struct Formula<'a>(&'a [f64], &'a mut [f32]);

    impl Loop for Formula<'_> {
        type Out = ();
        #[inline(always)]
        fn run(self) {
            self.1.iter_mut().zip(self.0).for_each(|(o, v)| *o = (v * 0.7 + 1.0 / v) as f32);
        }
    }

    #[test]
    fn wide_loops_give_the_same_bits() {
        let values: Vec<f64> = (0..1001).map(|i| f64::from(i).sin() * 1e3).collect();
        let narrow: Vec<f32> = values.iter().map(|v| (v * 0.7 + 1.0 / v) as f32).collect();
        let mut out = vec![0f32; values.len()];
        wide(Formula(&values, &mut out));
        assert!(out.iter().zip(&narrow).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}
