//! One person has changed between two releases, and somebody guesses the ground and the sex by which cells have come, gone or moved. He
//! has seen many other offices of which he knows the answer.

use std::collections::BTreeMap;

use super::life::Plan;
use super::people::{Cell, Condition, Person, cells};

/// By table and place what is told.
pub type Public = BTreeMap<(String, Vec<String>), Option<u64>>;

/// What somebody sees of a number from one release to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Same,
    Up,
    Down,
    Told,
    Withheld,
}

fn seen(before: Option<u64>, after: Option<u64>) -> Seen {
    match (before, after) {
        (None, Some(_)) => Seen::Told,
        (Some(_), None) => Seen::Withheld,
        (Some(then), Some(now)) if now > then => Seen::Up,
        (Some(then), Some(now)) if now < then => Seen::Down,
        _ => Seen::Same,
    }
}

/// Of a cell, what is seen of it and of every total of it.
type Signature = Vec<Seen>;

/// An office: by cell what is seen of it, and in which cell the person stood who changed.
pub struct Sample {
    seen: BTreeMap<Cell, Signature>,
    changed: Cell,
}

impl Sample {
    pub fn new(before: &Public, after: &Public, changed: Cell) -> Self {
        let at = |table: &str, at: &[&str]| {
            let place = (table.to_owned(), at.iter().map(|code| (*code).to_owned()).collect());
            let of = |public: &Public| public.get(&place).copied().flatten();
            seen(of(before), of(after))
        };
        let signature = |(ground, sex): Cell| {
            let both = [[ground, sex], [ground, "_T"], ["_T", sex], ["_T", "_T"]].map(|place| at("both", &place));
            [both.as_slice(), &[at("grounds", &[ground]), at("sexes", &[sex]), at("sexes", &["_T"])]].concat()
        };
        Self { seen: cells().into_iter().map(|cell| (cell, signature(cell))).collect(), changed }
    }
}

/// The commonest cell of those who change, and the others after it, learnt from offices of which nothing was published.
fn prior() -> BTreeMap<Cell, usize> {
    let mut common: BTreeMap<_, _> = cells().into_iter().map(|cell| (cell, 0)).collect();
    (50_000..50_400).for_each(|seed| *common.get_mut(&Plan::new(seed).changed()).unwrap() += 1);
    common
}

/// How often the attacker is right in offices that he has not learnt from, how often who guesses the commonest cell is, and of how many.
#[derive(Debug)]
struct Guessed {
    right: usize,
    by_the_prior: usize,
    offices: usize,
}

/// Learns from every second office how often somebody who changed stood in a cell of which this was seen, and guesses the others.
fn attack(samples: &[Sample]) -> Guessed {
    let prior = prior();
    let mut learnt: BTreeMap<&Signature, (usize, usize)> = BTreeMap::new();
    for sample in samples.iter().step_by(2) {
        for (cell, signature) in &sample.seen {
            let (right, all) = learnt.entry(signature).or_default();
            *right += usize::from(*cell == sample.changed);
            *all += 1;
        }
    }
    let rate = |signature: &Signature| learnt.get(signature).map_or(0.0, |(right, all)| *right as f64 / *all as f64);
    let commonest = prior.iter().max_by_key(|(_, number)| **number).map(|(cell, _)| *cell).unwrap();
    let mut guessed = Guessed { right: 0, by_the_prior: 0, offices: 0 };
    for sample in samples.iter().skip(1).step_by(2) {
        let likely = |one: &Cell, other: &Cell| {
            let by_rate = rate(&sample.seen[one]).total_cmp(&rate(&sample.seen[other]));
            by_rate.then(prior[one].cmp(&prior[other])).then(other.cmp(one))
        };
        let guess = cells().into_iter().max_by(likely).unwrap();
        guessed.right += usize::from(guess == sample.changed);
        guessed.by_the_prior += usize::from(commonest == sample.changed);
        guessed.offices += 1;
    }
    guessed
}

/// Whoever looks is right no oftener than who has not looked: of ten offices once more at the most.
pub fn learns_nothing(samples: &[Sample]) {
    let same = |sample: &Sample| sample.seen.values().flatten().all(|seen| *seen == Seen::Same);
    assert!(samples.iter().all(same), "something has moved where one person changed");
    let guessed = attack(samples);
    println!("{guessed:?}");
    assert!(guessed.right <= guessed.by_the_prior + guessed.offices / 10, "{guessed:?}");
}

/// A mask that withholds what is below five and looks at nothing else, anew in every release.
fn naive(people: &[Person]) -> Public {
    let mut public = Public::new();
    let ground: Vec<_> = cells().into_iter().map(|(ground, _)| ground).chain(["_T"]).collect();
    let sex: Vec<_> = cells().into_iter().map(|(_, sex)| sex).chain(["_T"]).collect();
    let mut tell = |table: &str, by: &[(&str, &str)]| {
        let codes = by.iter().filter(|(_, code)| *code != "_T");
        let codes = codes.map(|(name, code)| ((*name).to_owned(), [(*code).to_owned()].into())).collect();
        let value = Condition { measure: "persons", codes }.count(people).value;
        let place = by.iter().map(|(_, code)| (*code).to_owned()).collect();
        public.insert((table.to_owned(), place), (value >= 5).then_some(value));
    };
    for ground in &ground {
        tell("grounds", &[("ground", ground)]);
        sex.iter().for_each(|sex| tell("both", &[("ground", ground), ("sex", sex)]));
    }
    sex.iter().for_each(|sex| tell("sexes", &[("sex", sex)]));
    public
}

#[test]
fn the_same_attacker_finds_who_changed_beside_a_mask_that_only_withholds_small_cells() {
    let sample = |seed| {
        let plan = Plan::new(seed);
        let people = plan.people();
        Sample::new(&naive(&people[0]), &naive(&people[1]), plan.changed())
    };
    let samples: Vec<_> = (3_000..3_100).map(sample).collect();
    let guessed = attack(&samples);
    println!("{guessed:?}");
    assert!(guessed.right * 4 >= guessed.offices * 3, "he is too weak to tell: {guessed:?}");
    assert!(guessed.by_the_prior * 2 <= guessed.right, "anybody guesses it: {guessed:?}");
}
