//! Random numbers from a seed that proptest chose, so that a failing case can be run again.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }

    /// One of `low..=high`.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    pub fn yes(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Some of the things, in any order.
    pub fn draw<T: Clone>(&mut self, from: &[T], number: usize) -> Vec<T> {
        let mut rest = from.to_vec();
        (0..number).map(|_| rest.swap_remove(self.below(rest.len()))).collect()
    }
}
