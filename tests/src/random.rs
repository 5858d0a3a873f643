//! Numbers that look random and are the same in each run.

/// A linear congruential generator, of whose 64 bits the upper half is given.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// One for each seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below this one, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 32).unwrap_or_default() % end
    }

    /// One of these.
    pub fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
