//! A world to count in: a tree of figures, ways in which their records may fall on persons, and questions.
//!
//! A person is a number. The root population has the first of them; those after it belong to figures outside. Every
//! record of a figure is a slot: some incidents that happened to one person, whoever that is.

use std::collections::{BTreeSet, HashMap, HashSet};

use attest::domain::aggregate::{Measure, Query, Totals};
use attest::domain::attested::{Criterion, Fact, KnownFigure, Stand, World};
use attest::domain::count::{Bound, Count};
use attest::domain::record::RecordId;
use proptest::prelude::*;
use uuid::Uuid;

use super::dice::Dice;

pub fn figure_id(figure: usize) -> RecordId {
    RecordId(Uuid::from_u128(1_000_000 + figure as u128))
}

pub fn person_id(person: usize) -> RecordId {
    RecordId(Uuid::from_u128(2_000_000 + person as u128))
}

fn incident_id(figure: usize, slot: usize, incident: usize) -> RecordId {
    RecordId(Uuid::from_u128(3_000_000 + (figure * 10_000 + slot * 100 + incident) as u128))
}

/// What one record of a figure says.
#[derive(Debug, Clone, Copy)]
pub struct Slot {
    pub incidents: usize,
    /// An attribute that some records of a figure have and others have not, such as a place.
    pub marked: bool,
}

#[derive(Debug, Clone)]
pub struct Figure {
    /// What it lies inside of; the root and the figures outside of it have none.
    pub parent: Option<usize>,
    pub bound: Bound,
    /// A ground: a person has one, so that these share nobody.
    pub ground: bool,
    pub slots: Vec<Slot>,
}

/// Figure 0 is the root. Parents come before their parts.
#[derive(Debug, Clone)]
pub struct Tree {
    pub figures: Vec<Figure>,
}

/// By figure and slot the person.
pub type Assignment = Vec<Vec<usize>>;

/// What a criterion selects.
#[derive(Debug, Clone)]
pub enum Pick {
    /// The records of one figure.
    Figure(usize),
    /// Those of its records that are marked.
    Marked(usize),
    /// The grounds that stand for some figures.
    Grounds(Vec<usize>),
    /// The persons of the root with none of the grounds.
    NoGround,
    /// The records of one figure inside the root and of one outside of it.
    Apart(usize, usize),
    /// The records of some figures, each of another kind: they may fall on the same persons.
    Either(Vec<usize>),
}

/// What a tree may have besides exact figures.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The bounds of figures that nothing lies inside of.
    pub parts: &'static [Bound],
    /// The bounds of figures that others lie inside of, and of those outside of the root.
    pub wholes: &'static [Bound],
    /// Whether the persons of one figure may have different numbers of incidents.
    pub uneven: bool,
}

pub const EXACT: &[Bound] = &[Bound::Exact];
pub const AT_LEAST: &[Bound] = &[Bound::Exact, Bound::AtLeast];
pub const ANY: &[Bound] = &[Bound::Exact, Bound::AtLeast, Bound::About];

/// A root of up to 8 persons, up to 4 figures inside it, up to 3 grounds, up to 2 figures outside.
pub fn any_tree(range: Range) -> impl Strategy<Value = Tree> {
    let bound = any::<prop::sample::Index>;
    let inside = prop::collection::vec((any::<prop::sample::Index>(), 1..=8_usize, bound()), 1..=4);
    let grounds = prop::collection::vec(1..=3_usize, 0..=3);
    let outside = prop::collection::vec((1..=3_usize, bound()), 0..=2);
    (1..=8_usize, bound(), inside, grounds, outside, any::<u64>()).prop_map(
        move |(size, bound, inside, grounds, outside, seed)| {
            let mut dice = Dice::new(seed);
            let (mut figures, mut bounds) = (Vec::<Figure>::new(), Vec::new());
            let mut add = |parent, bound, ground, size: usize, figures: &mut Vec<Figure>| {
                let even = dice.between(1, 3);
                let mut incidents = || if range.uneven { dice.between(1, 3) } else { even };
                let slots: Vec<_> = (0..size).map(|_| incidents()).collect();
                let slots = slots.into_iter().map(|incidents| Slot { incidents, marked: dice.yes() }).collect();
                figures.push(Figure { parent, bound: Bound::Exact, ground, slots });
                bounds.push(bound);
            };
            add(None, Some(bound), false, size, &mut figures);
            for (parent, size, bound) in inside {
                let parent = parent.index(figures.len());
                let size = size.min(figures[parent].slots.len());
                add(Some(parent), Some(bound), false, size, &mut figures);
            }
            let mut left = size;
            for size in grounds {
                if size <= left {
                    add(Some(0), None, true, size, &mut figures);
                    left -= size;
                }
            }
            for (size, bound) in outside {
                add(None, Some(bound), false, size, &mut figures);
            }
            for (at, bound) in bounds.into_iter().enumerate() {
                let whole = figures[at].parent.is_none() || figures.iter().any(|other| other.parent == Some(at));
                let range = if whole { range.wholes } else { range.parts };
                figures[at].bound = bound.map_or(Bound::Exact, |bound| range[bound.index(range.len())]);
            }
            Tree { figures }
        },
    )
}

impl Tree {
    fn size(&self, figure: usize) -> usize {
        self.figures[figure].slots.len()
    }

    pub fn inside(&self) -> impl Iterator<Item = usize> {
        (0..self.figures.len()).filter(|at| *at == 0 || self.figures[*at].parent.is_some())
    }

    pub fn outside(&self) -> impl Iterator<Item = usize> {
        (1..self.figures.len()).filter(|at| self.figures[*at].parent.is_none())
    }

    fn grounds(&self) -> impl Iterator<Item = usize> {
        (0..self.figures.len()).filter(|at| self.figures[*at].ground)
    }

    /// Records as somebody may have reconstructed them: as many persons of each figure as were published.
    pub fn assigned(&self, dice: &mut Dice) -> Assignment {
        let mut assignment: Assignment = Vec::new();
        let mut beyond = self.size(0);
        let mut without_ground: Vec<usize> = (0..beyond).collect();
        for figure in &self.figures {
            let number = figure.slots.len();
            let persons = match figure.parent {
                None if assignment.is_empty() => dice.draw(&without_ground, number),
                // Persons of their own for every figure outside: see NO COMMON PARENT in `holds`.
                None => {
                    beyond += number;
                    dice.draw(&(beyond - number..beyond).collect::<Vec<_>>(), number)
                }
                Some(_) if figure.ground => dice.draw(&without_ground, number),
                Some(parent) => dice.draw(&assignment[parent], number),
            };
            if figure.ground {
                without_ground.retain(|person| !persons.contains(person));
            }
            assignment.push(persons);
        }
        assignment
    }

    /// What may have been the case: the figures again, those that are bounded with the more (or other) persons that
    /// they leave room for. Gives the records that there would have been.
    pub fn truth(&self, dice: &mut Dice) -> Truth {
        let people: Vec<usize> = (0..60).collect();
        let mut truth = Truth { slots: Vec::new(), root: HashSet::new() };
        let mut without_ground: Vec<usize> = Vec::new();
        for (at, figure) in self.figures.iter().enumerate() {
            let pool: Vec<usize> = match figure.parent {
                None if at == 0 => people.clone(),
                None => people.iter().copied().filter(|person| !truth.root.contains(person)).collect(),
                Some(_) if figure.ground => without_ground.clone(),
                Some(parent) => truth.slots[parent].iter().map(|(person, _)| *person).collect(),
            };
            let known = figure.slots.len();
            let most = pool.len().min(known + 10);
            let number = match figure.bound {
                Bound::Exact => known,
                Bound::AtLeast => dice.between(known.min(most), most),
                Bound::About => dice.between(0, most),
            };
            let even = figure.slots.iter().all(|slot| slot.incidents == figure.slots[0].incidents);
            let more = |dice: &mut Dice| Slot {
                incidents: if even { figure.slots[0].incidents } else { dice.between(1, 3) },
                marked: dice.yes(),
            };
            let mut slots = figure.slots.clone();
            slots.truncate(number);
            while slots.len() < number {
                slots.push(more(dice));
            }
            // Of a whole that is `about`, a part may be greater than what is left of it: then there is no such truth.
            let persons = dice.draw(&pool, number.min(pool.len()));
            if at == 0 {
                truth.root = persons.iter().copied().collect();
                without_ground.clone_from(&persons);
            }
            if figure.ground {
                without_ground.retain(|person| !persons.contains(person));
            }
            truth.slots.push(persons.into_iter().zip(slots).collect());
        }
        truth
    }

    pub fn world(&self, assignment: &Assignment) -> World {
        let mut world = World::default();
        for (at, figure) in self.figures.iter().enumerate() {
            let outside = at > 0 && figure.parent.is_none();
            let known = KnownFigure {
                parent: if outside { Some(figure_id(0)) } else { figure.parent.map(figure_id) },
                inside: (at > 0).then_some(!outside),
                bound: figure.bound,
                query: None,
            };
            world.figures.insert(figure_id(at), known);
            let persons: HashSet<_> = assignment[at].iter().map(|person| person_id(*person)).collect();
            world.everyone.extend(&persons);
            world.members.insert(figure_id(at), persons);
        }
        world
    }

    /// The records of an assignment that a pick selects.
    pub fn criterion(&self, pick: &Pick, assignment: &Assignment, incidents: bool) -> Criterion {
        let mut facts = Vec::new();
        let mut of = |figure: usize, only_marked: bool, kind: &str| {
            for (slot, person) in assignment[figure].iter().enumerate() {
                let said = self.figures[figure].slots[slot];
                let person = person_id(*person);
                if only_marked && !said.marked {
                    continue;
                }
                for incident in 0..if incidents { said.incidents } else { 1 } {
                    let unit = if incidents { incident_id(figure, slot, incident) } else { person };
                    facts.push(Fact {
                        person,
                        unit,
                        cell: Vec::new(),
                        kind: kind.to_owned(),
                        stand: Stand::Figure(figure_id(figure)),
                    });
                }
            }
        };
        match pick {
            Pick::Figure(figure) => of(*figure, false, ""),
            Pick::Marked(figure) => of(*figure, true, ""),
            Pick::Grounds(figures) => figures.iter().for_each(|figure| of(*figure, false, "")),
            Pick::Apart(a, b) => [a, b].into_iter().for_each(|figure| of(*figure, false, "")),
            Pick::Either(figures) => figures.iter().for_each(|figure| of(*figure, false, &figure.to_string())),
            Pick::NoGround => {
                let taken: HashSet<_> = self.grounds().flat_map(|ground| &assignment[ground]).collect();
                for person in assignment[0].iter().filter(|person| !taken.contains(person)) {
                    let (person, stand) = (person_id(*person), Stand::Remainder(figure_id(0)));
                    facts.push(Fact { person, unit: person, cell: Vec::new(), kind: String::new(), stand });
                }
            }
        }
        Criterion { dimensions: Vec::new(), counts_incidents: incidents, facts }
    }
}

/// By figure the persons, each with what would be recorded.
#[derive(Debug, Clone)]
pub struct Truth {
    slots: Vec<Vec<(usize, Slot)>>,
    root: HashSet<usize>,
}

impl Truth {
    fn selected(&self, pick: &Pick, tree: &Tree) -> Vec<(usize, usize)> {
        let of = |figure: usize, only_marked: bool| {
            let slots = self.slots[figure].iter().filter(move |(_, said)| said.marked || !only_marked);
            slots.map(|(person, said)| (*person, said.incidents))
        };
        match pick {
            Pick::Figure(figure) => of(*figure, false).collect(),
            Pick::Marked(figure) => of(*figure, true).collect(),
            Pick::Grounds(figures) => figures.iter().flat_map(|figure| of(*figure, false)).collect(),
            Pick::Apart(a, b) => of(*a, false).chain(of(*b, false)).collect(),
            Pick::Either(figures) => figures.iter().flat_map(|figure| of(*figure, false)).collect(),
            Pick::NoGround => {
                let taken: HashSet<_> =
                    tree.grounds().flat_map(|ground| of(ground, false)).map(|(who, _)| who).collect();
                self.root.iter().filter(|person| !taken.contains(person)).map(|person| (*person, 1)).collect()
            }
        }
    }

    /// The number that the question is after.
    pub fn count(&self, question: &Question, tree: &Tree) -> u64 {
        let each: Vec<_> = question.picks.iter().map(|pick| self.selected(pick, tree)).collect();
        let persons = |selected: &Vec<(usize, usize)>| selected.iter().map(|(who, _)| *who).collect::<BTreeSet<_>>();
        let mut all = each.iter().map(persons);
        let first = all.next().unwrap();
        let common = all.fold(first, |common, persons| &common & &persons);
        let count = match question.measure {
            Measure::Persons => common.len(),
            Measure::Incidents => {
                each[0].iter().filter(|(who, _)| common.contains(who)).map(|(_, incidents)| incidents).sum()
            }
        };
        count as u64
    }
}

/// Up to three criteria; where incidents are counted, those of the first.
#[derive(Debug, Clone)]
pub struct Question {
    pub measure: Measure,
    pub picks: Vec<Pick>,
}

/// A criterion for a tree.
pub fn any_pick(tree: &Tree, incidents: bool) -> BoxedStrategy<Pick> {
    let figures: Vec<_> = (0..tree.figures.len()).collect();
    let marked: Vec<_> =
        figures.iter().copied().filter(|at| tree.figures[*at].slots.iter().any(|slot| slot.marked)).collect();
    let several = 1..=figures.len().min(4);
    let either = prop::sample::subsequence(figures.clone(), several).prop_map(Pick::Either).boxed();
    let mut choices = vec![prop::sample::select(figures).prop_map(Pick::Figure).boxed(), either];
    if !marked.is_empty() {
        choices.push(prop::sample::select(marked).prop_map(Pick::Marked).boxed());
    }
    let (inside, outside): (Vec<_>, Vec<_>) = (tree.inside().collect(), tree.outside().collect());
    if !outside.is_empty() {
        let both = (prop::sample::select(inside), prop::sample::select(outside));
        choices.push(both.prop_map(|(a, b)| Pick::Apart(a, b)).boxed());
    }
    let grounds: Vec<_> = tree.grounds().collect();
    if !incidents && !grounds.is_empty() {
        let number = 1..=grounds.len();
        choices.push(prop::sample::subsequence(grounds, number).prop_map(Pick::Grounds).boxed());
        choices.push(Just(Pick::NoGround).boxed());
    }
    prop::strategy::Union::new(choices).boxed()
}

pub fn any_question(tree: &Tree, measure: Measure) -> impl Strategy<Value = Question> + use<> {
    let first = any_pick(tree, measure == Measure::Incidents);
    let others = prop::collection::vec(any_pick(tree, false), 0..=2);
    (first, others).prop_map(move |(first, others)| Question { measure, picks: [vec![first], others].concat() })
}

/// A question without dimensions, filters or times.
pub fn plain(measure: Measure) -> Query {
    Query { measure, by: Vec::new(), filters: Default::default(), with: BTreeSet::new(), totals: Totals::Grand }
}

/// The one count of a question without dimensions.
pub fn single(query: &Query, criteria: &[Criterion], world: &World) -> Count {
    let mut counts = attest::domain::attested::count(query, criteria, world);
    let count = counts.remove(&Vec::new()).unwrap_or(Count::ZERO);
    assert!(counts.is_empty(), "a question without dimensions has one cell");
    count
}

/// The answer of Attest, on the records of an assignment.
pub fn answer(tree: &Tree, question: &Question, assignment: &Assignment) -> Count {
    let counts = |at| at == 0 && question.measure == Measure::Incidents;
    let criteria: Vec<_> =
        (question.picks.iter().enumerate()).map(|(at, pick)| tree.criterion(pick, assignment, counts(at))).collect();
    single(&plain(question.measure), &criteria, &tree.world(assignment))
}

/// Whether a count says that this number is possible.
pub fn allows(count: Count, number: u64) -> bool {
    match count {
        Count::Attested { value, bound: Bound::Exact } => number == value,
        Count::Attested { value, bound: Bound::AtLeast } => number >= value,
        // A value and no interval.
        Count::Attested { bound: Bound::About, .. } => true,
        Count::NotAttested { low, high } => low <= number && number <= high,
    }
}

/// A world of figures by hand.
pub fn world_of(figures: &[(RecordId, KnownFigure)], members: &[(RecordId, Vec<usize>)]) -> World {
    let mut world = World { figures: figures.iter().cloned().collect(), members: HashMap::new(), ..World::default() };
    for (figure, persons) in members {
        let persons: HashSet<_> = persons.iter().map(|person| person_id(*person)).collect();
        world.everyone.extend(&persons);
        world.members.insert(*figure, persons);
    }
    world
}
