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

/// Rows that are solved for one another, each with how it was made of the published rows.
struct Solved {
    pivot: usize,
    row: Vec<u64>,
    made_of: Vec<u64>,
}

/// Finds of some cells those that follow exactly from the published ones, each with the published ones that it follows from.
/// `also` is a row of which everybody knows the sum: all persons.
pub fn exposed(
    kinds: &[Kind],
    cells: usize,
    published: &[usize],
    also: bool,
    asked: &[usize],
) -> Vec<(usize, Vec<usize>)> {
    let width = published.len() + usize::from(also) + SPARE;
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
    let given: Vec<&Vec<u64>> = published.iter().map(|cell| &rows[*cell]).chain(also.then_some(&everybody)).collect();
    let solved = solve(&given);
    let mut found = Vec::new();
    for cell in asked {
        let (rest, made_of) = reduce(&solved, rows[*cell].clone(), given.len());
        if rest.iter().all(|value| *value == 0) {
            let of = published.iter().zip(&made_of).filter(|(_, factor)| **factor != 0).map(|(cell, _)| *cell);
            found.push((*cell, of.collect()));
        }
    }
    found
}

fn solve(given: &[&Vec<u64>]) -> Vec<Solved> {
    let mut solved: Vec<Solved> = Vec::new();
    for (at, row) in given.iter().enumerate() {
        let (mut rest, mut made_of) = reduce(&solved, (*row).clone(), given.len());
        // What is left is the row less what was taken away.
        made_of.iter_mut().for_each(|factor| *factor = minus(0, *factor));
        made_of[at] = plus(made_of[at], 1);
        if let Some(pivot) = rest.iter().position(|value| *value != 0) {
            let factor = inverse(rest[pivot]);
            rest.iter_mut().chain(made_of.iter_mut()).for_each(|value| *value = times(*value, factor));
            solved.push(Solved { pivot, row: rest, made_of });
        }
    }
    solved
}

/// Takes from a row all that the solved ones can make of it: what is left, and what was taken, in terms of the given rows.
fn reduce(solved: &[Solved], mut row: Vec<u64>, given: usize) -> (Vec<u64>, Vec<u64>) {
    let mut made_of = vec![0; given];
    for known in solved {
        let factor = row[known.pivot];
        if factor == 0 {
            continue;
        }
        for (own, other) in row.iter_mut().zip(&known.row) {
            *own = minus(*own, times(factor, *other));
        }
        for (own, other) in made_of.iter_mut().zip(&known.made_of) {
            *own = plus(*own, times(factor, *other));
        }
    }
    (row, made_of)
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
        assert_eq!(exposed(&kinds, 3, &[0, 1], false, &[2]), [(2, vec![0, 1])]);
        assert_eq!(exposed(&kinds, 3, &[0], false, &[1, 2]), []);
    }

    #[test]
    fn parts_that_overlap_do_not_follow_from_the_whole() {
        let kinds = [kind(&[(0, 1), (1, 1)]), kind(&[(0, 1), (2, 1)]), kind(&[(0, 1), (1, 1), (2, 1)])];
        assert_eq!(exposed(&kinds, 3, &[0, 1], false, &[2]), []);
    }
}
