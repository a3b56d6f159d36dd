//! Random numbers that are the same on every run, and choices as skewed as real categories are.

/// SplitMix64: small, and good enough to make up case files.
pub struct Random(u64);

impl Random {
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

    /// One of `0..bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// One of `from..=to`.
    pub fn between(&mut self, from: usize, to: usize) -> usize {
        from + self.below(to - from + 1)
    }

    /// Whether something of this probability happens.
    pub fn happens(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the values as Zipf's law has it: the second half as often as the first, the third a third as often.
    pub fn zipf(&mut self, values: &[&'static str]) -> &'static str {
        let weight = |rank: usize| 1.0 / (rank + 1) as f64;
        let all: f64 = (0..values.len()).map(weight).sum();
        let mut at = self.next() as f64 / u64::MAX as f64 * all;
        for (rank, value) in values.iter().enumerate() {
            at -= weight(rank);
            if at <= 0.0 {
                return value;
            }
        }
        values[values.len() - 1]
    }
}
