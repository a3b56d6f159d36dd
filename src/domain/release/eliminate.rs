//! Linear elimination: which cells can be computed exactly from others, over all linked tables at once. Reckoned modulo a large prime
//! on a random projection of the kinds of person, so that it is quick; what it misses, the audit of intervals finds.

use super::universe::Kind;

/// A Mersenne prime.
const PRIME: u64 = (1 << 61) - 1;
/// More random columns than rows, so that rows that differ stay apart: an error is as likely as one in 2^61.
const SPARE: usize = 4;

fn times(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let (low, high) = ((product & u128::from(PRIME)) as u64, (product >> 61) as u64);
    plus(low, high)
}

fn plus(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

fn minus(a: u64, b: u64) -> u64 {
    if a >= b { a - b } else { a + PRIME - b }
}

/// The inverse, by Fermat.
fn inverse(a: u64) -> u64 {
    let (mut result, mut base, mut exponent) = (1, a, PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, base);
        }
        base = times(base, base);
        exponent >>= 1;
    }
    result
}

/// The same numbers every time: splitmix64.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % PRIME
    }
}

/// A row that is solved for its pivot.
struct Solved {
    pivot: usize,
    row: Vec<u64>,
}

/// Finds of some cells those that follow exactly from the published ones and, with `counted`, from the number of all persons.
pub fn exposed(kinds: &[Kind], cells: usize, published: &[usize], counted: bool, asked: &[usize]) -> Vec<usize> {
    let width = published.len() + usize::from(counted) + SPARE;
    let mut dice = Dice(1);
    let mut rows = vec![vec![0; width]; cells];
    let mut everybody = vec![0; width];
    for kind in kinds {
        let random: Vec<_> = (0..width).map(|_| dice.next()).collect();
        for (cell, number) in &kind.adds {
            for (at, value) in random.iter().enumerate() {
                let own = &mut rows[*cell as usize][at];
                *own = plus(*own, times(u64::from(*number), *value));
            }
        }
        for (at, value) in random.iter().enumerate() {
            everybody[at] = plus(everybody[at], *value);
        }
    }
    let mut solved: Vec<Solved> = Vec::new();
    for row in published.iter().map(|cell| &rows[*cell]).chain(counted.then_some(&everybody)) {
        let mut rest = reduce(&solved, row.clone());
        if let Some(pivot) = rest.iter().position(|value| *value != 0) {
            let factor = inverse(rest[pivot]);
            rest.iter_mut().for_each(|value| *value = times(*value, factor));
            solved.push(Solved { pivot, row: rest });
        }
    }
    let follows = |cell: &usize| reduce(&solved, rows[*cell].clone()).iter().all(|value| *value == 0);
    asked.iter().copied().filter(follows).collect()
}

/// Takes from a row all that the solved ones can make of it.
fn reduce(solved: &[Solved], mut row: Vec<u64>) -> Vec<u64> {
    for known in solved {
        let factor = row[known.pivot];
        if factor != 0 {
            for (own, other) in row.iter_mut().zip(&known.row) {
                *own = minus(*own, times(factor, *other));
            }
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(adds: &[(u32, u32)]) -> Kind {
        Kind { adds: adds.to_vec(), count: 1 }
    }

    #[test]
    fn a_part_follows_from_the_whole_and_the_other_part() {
        // Cells: whole, first, second.
        let kinds = [kind(&[(0, 1), (1, 1)]), kind(&[(0, 1), (2, 1)])];
        assert_eq!(exposed(&kinds, 3, &[0, 1], false, &[2]), [2]);
        assert_eq!(exposed(&kinds, 3, &[0], false, &[1, 2]), [0_usize; 0]);
    }

    #[test]
    fn parts_that_overlap_do_not_follow_from_the_whole() {
        let kinds = [kind(&[(0, 1), (1, 1)]), kind(&[(0, 1), (2, 1)]), kind(&[(0, 1), (1, 1), (2, 1)])];
        assert_eq!(exposed(&kinds, 3, &[0, 1], false, &[2]), [0_usize; 0]);
    }
}
