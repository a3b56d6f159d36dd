//! What reconstructed records stand for, and how many persons a selection of them is.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::aggregate::{self, Query};
use super::count::{Bound, Count};
use super::record::RecordId;

/// What a reconstructed record, or an attribute of one, stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stand {
    Figure(RecordId),
    /// What a figure's parts leave over. The parts may overlap, so it is at least what is counted.
    Remainder(RecordId),
    /// A case-file record about a reconstructed person.
    CaseFile,
}

/// What is known of a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFigure {
    /// The figure that it is set against.
    pub parent: Option<RecordId>,
    /// Whether it lies inside its parent; `Some(false)` where it lies outside.
    pub inside: Option<bool>,
    pub bound: Bound,
    /// Its query, [`Query::canonical`].
    pub query: Option<String>,
}

/// All that the reconstructed records stand for.
#[derive(Debug, Clone, Default)]
pub struct World {
    pub figures: HashMap<RecordId, KnownFigure>,
    /// By figure the persons of whom some record names it.
    pub members: HashMap<RecordId, HashSet<RecordId>>,
    /// Every reconstructed person.
    pub everyone: HashSet<RecordId>,
}

/// One record that a criterion selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub person: RecordId,
    /// The incident, where the criterion is about incidents; else the person.
    pub unit: RecordId,
    /// The values of the criterion's dimensions.
    pub cell: Vec<String>,
    /// What happened, where the record is an incident.
    pub kind: String,
    pub stand: Stand,
}

/// Facts of one kind. Publications do not count one kind of incident of one person in two figures, unless the one lies
/// inside the other: so they are counted plainly.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) persons: HashSet<RecordId>,
    pub(super) stands: BTreeSet<Stand>,
}

/// The facts of one criterion for one cell.
#[derive(Debug, Clone, Default)]
pub(super) struct Selection {
    pub(super) persons: HashSet<RecordId>,
    pub(super) stands: BTreeSet<Stand>,
    pub(super) parts: Vec<Part>,
}

impl Selection {
    pub(super) fn of<'f>(facts: impl IntoIterator<Item = &'f Fact>) -> Self {
        let mut parts: BTreeMap<&str, Part> = BTreeMap::new();
        for fact in facts {
            let part = parts.entry(&fact.kind).or_default();
            part.persons.insert(fact.person);
            part.stands.insert(fact.stand);
        }
        let mut selection = Self { parts: parts.into_values().collect(), ..Self::default() };
        for part in &selection.parts {
            selection.persons.extend(&part.persons);
            selection.stands.extend(&part.stands);
        }
        selection
    }

    /// Only these persons.
    pub(super) fn among(&self, persons: &HashSet<RecordId>) -> Self {
        let only = |all: &HashSet<RecordId>| all.intersection(persons).copied().collect::<HashSet<_>>();
        let part = |part: &Part| Part { persons: only(&part.persons), stands: part.stands.clone() };
        Self { persons: only(&self.persons), stands: self.stands.clone(), parts: self.parts.iter().map(part).collect() }
    }
}

impl World {
    pub(super) fn own_bound(&self, stand: Stand) -> Bound {
        match stand {
            Stand::Figure(id) => self.figures.get(&id).map_or(Bound::Exact, |figure| figure.bound),
            Stand::Remainder(whole) => self.remainder_bound(whole),
            Stand::CaseFile => Bound::Exact,
        }
    }

    /// What exact parts leave over is at least so many, because they may overlap; of other parts nothing can be said.
    fn remainder_bound(&self, whole: RecordId) -> Bound {
        // Only figures that the records stand for: a draft must not change a published number.
        let named = self.figures.iter().filter(|(id, _)| self.members.contains_key(id)).map(|(_, part)| part);
        let mut parts = named.filter(|part| part.parent == Some(whole) && part.inside == Some(true));
        if parts.all(|part| part.bound == Bound::Exact) { Bound::AtLeast } else { Bound::About }
    }

    /// The bound of a count of the persons of some figures. What lies inside a figure that is counted whole adds nobody,
    /// however many there are of it.
    pub(super) fn bound(&self, stands: &BTreeSet<Stand>) -> Bound {
        let held = |stand: &Stand| {
            let around = self.around(*stand).into_iter().map(Stand::Figure).filter(|outer| outer != stand);
            around.into_iter().any(|outer| stands.contains(&outer) && self.own_bound(outer) == Bound::Exact)
        };
        stands.iter().filter(|stand| !held(stand)).map(|stand| self.own_bound(*stand)).fold(Bound::Exact, Bound::and)
    }

    /// The figures around a stand, nearest first: itself and what it lies inside of.
    fn around(&self, stand: Stand) -> Vec<RecordId> {
        let mut chain = Vec::new();
        let mut next = match stand {
            Stand::Figure(id) | Stand::Remainder(id) => Some(id),
            Stand::CaseFile => None,
        };
        while let Some(id) = next.filter(|id| !chain.contains(id)) {
            chain.push(id);
            let figure = self.figures.get(&id);
            next = figure.filter(|figure| figure.inside == Some(true)).and_then(|figure| figure.parent);
        }
        chain
    }

    /// The nearest figure inside of which all stands lie.
    fn common(&self, stands: impl IntoIterator<Item = Stand>) -> Option<RecordId> {
        let mut chains = stands.into_iter().map(|stand| self.around(stand));
        let first = chains.next().unwrap_or_default();
        let others: Vec<_> = chains.collect();
        first.into_iter().find(|id| others.iter().all(|chain| chain.contains(id)))
    }

    /// How many persons there are to share: those of the nearest common parent of all figures, else all; and whether that
    /// is their number or only the least of it.
    pub(super) fn universe(&self, groups: &[Selection]) -> (u64, Bound) {
        let common = self.common(groups.iter().flat_map(|group| group.stands.iter().copied()));
        match common.and_then(|id| Some((id, self.members.get(&id)?))) {
            Some((id, members)) => (size(members), self.own_bound(Stand::Figure(id))),
            None => {
                let all = self.members.keys().copied().map(Stand::Figure).collect();
                (size(&self.everyone), self.bound(&all))
            }
        }
    }

    /// How many persons a selection is. Records of several kinds may fall on the same persons, and how they do is an
    /// assignment: only what lies inside of what is selected whole, and what lies apart, is certain.
    pub(super) fn number(&self, selection: &Selection) -> Count {
        let parts = self.distinct(&selection.parts);
        let bound = parts.iter().map(|part| self.bound(&part.stands)).fold(Bound::Exact, Bound::and);
        if parts.len() < 2 {
            return Count::Attested { value: size(&selection.persons), bound };
        }
        let (mut low, mut high) = (0, 0);
        for together in self.not_apart(&parts) {
            let sizes = together.iter().map(|part| size(&part.persons));
            low += sizes.clone().max().unwrap_or(0);
            let stands = together.iter().flat_map(|part| part.stands.iter().copied());
            let whole = self.common(stands).filter(|id| self.own_bound(Stand::Figure(*id)) == Bound::Exact);
            let most = whole.and_then(|id| self.members.get(&id)).map_or(u64::MAX, size);
            high += sizes.sum::<u64>().min(most);
        }
        match bound {
            Bound::Exact if low < high => Count::NotAttested { low, high },
            // Records that contradict each other (a part larger than its whole) have no more than the least.
            bound => Count::Attested { value: low, bound },
        }
    }

    /// Parts of which none lies inside of another. Those of the same figures are one: their records belong together.
    fn distinct(&self, parts: &[Part]) -> Vec<Part> {
        let mut merged: Vec<Part> = Vec::new();
        let mut widest: Vec<_> = parts.iter().collect();
        widest.sort_by_key(|part| std::cmp::Reverse(part.stands.len()));
        for part in widest {
            match merged.iter_mut().find(|other| part.stands.is_subset(&other.stands)) {
                Some(other) => other.persons.extend(&part.persons),
                None => merged.push(part.clone()),
            }
        }
        let lies_in = |part: &Part, other: &Part| {
            part.stands.iter().all(|stand| {
                self.around(*stand).into_iter().any(|outer| {
                    let whole = self.members.get(&outer).is_some_and(|members| members.is_subset(&other.persons));
                    let selected = other.stands.contains(&Stand::Figure(outer)) && Stand::Figure(outer) != *stand;
                    selected && whole && self.own_bound(Stand::Figure(outer)) == Bound::Exact
                })
            })
        };
        let held: Vec<_> = merged.iter().map(|part| merged.iter().any(|other| lies_in(part, other))).collect();
        merged.into_iter().zip(held).filter(|(_, held)| !held).map(|(part, _)| part).collect()
    }

    /// Parts in groups, so that those of different groups share nobody.
    fn not_apart<'p>(&self, parts: &'p [Part]) -> Vec<Vec<&'p Part>> {
        let apart = |a: &Part, b: &Part| a.stands.iter().all(|a| b.stands.iter().all(|b| self.is_apart(*a, *b)));
        let mut groups: Vec<Vec<&Part>> = Vec::new();
        for part in parts {
            let (mut own, others): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group: &Vec<&Part>| group.iter().any(|other| !apart(part, other)));
            groups = others;
            let mut joined: Vec<_> = own.drain(..).flatten().collect();
            joined.push(part);
            groups.push(joined);
        }
        groups
    }

    /// Whether the publications say that two stands share nobody: one lies outside of what holds the other.
    pub(super) fn is_apart(&self, a: Stand, b: Stand) -> bool {
        let outside = |a: Stand, b: Stand| {
            let around = self.around(b);
            self.around(a).iter().any(|id| {
                let figure = self.figures.get(id).filter(|figure| figure.inside == Some(false));
                figure.and_then(|figure| figure.parent).is_some_and(|parent| around.contains(&parent))
            })
        };
        outside(a, b) || outside(b, a)
    }

    /// Whether a figure that the records stand for asks exactly this; then its bound. Any other figure attests nothing of
    /// them: publishing a number must not make it true.
    pub(super) fn asked_by_figure(&self, query: &Query, stands: &BTreeSet<Stand>) -> Option<Bound> {
        let asked = aggregate::comparable(&query.canonical());
        let asks = |figure: &KnownFigure| figure.query.as_deref().map(aggregate::comparable).as_ref() == Some(&asked);
        let named = self.figures.iter().filter(|(id, _)| stands.contains(&Stand::Figure(**id)));
        named.filter(|(_, figure)| asks(figure)).map(|(_, figure)| figure.bound).reduce(Bound::and)
    }
}

pub(super) fn size(set: &HashSet<RecordId>) -> u64 {
    set.len() as u64
}
