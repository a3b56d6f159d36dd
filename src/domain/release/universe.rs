//! The kinds of person that a part of a release reckons with: those that the records hold, and those that they could as well hold.
//!
//! The mask proves that a cell is safe by other data sets that give the same published cells. It finds them among these kinds of
//! person, and each is one that may exist; that it does not think of all makes it withhold more, never less.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::domain::aggregate::Measure;
use crate::domain::dimension::{Dimension, dimension};
use crate::domain::edtf::Grain;
use crate::domain::vocabulary::{NOT_APPLICABLE, UNKNOWN, Vocabulary};

use super::condition::{Codes, Condition};
use super::declare::OTHER;
use super::people::{Incident, Person};

/// The most kinds of person that one part reckons with.
pub const MOST_KINDS: usize = 10_000;
/// How many of them are thought up at most beside those that the records hold.
const MOST_INVENTED: usize = 3_000;
/// The most kinds of incident that somebody is given besides their own.
const MOST_ADDED: usize = 24;

/// A kind of person: how much one such person adds to each cell, and how many the records hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// Cell and number, by cell; cells to which nothing is added are left out.
    pub adds: Vec<(u32, u32)>,
    pub count: u64,
}

impl Kind {
    /// How much one such person adds to a cell.
    pub fn adds_to(&self, cell: usize) -> u64 {
        let found = self.adds.binary_search_by_key(&cell, |(cell, _)| *cell as usize);
        found.map_or(0, |at| self.adds[at].1.into())
    }
}

/// How much a person adds to a cell.
pub fn adds(condition: &Condition, person: &Person) -> u64 {
    let has = |codes: &Codes, values: Option<&BTreeSet<String>>| {
        values.is_some_and(|values| values.iter().any(|code| codes.has(code)))
    };
    if !condition.person.iter().all(|(name, codes)| has(codes, person.values.get(name))) {
        return 0;
    }
    let of_kind = |incident: &Incident, kinds: &BTreeSet<String>| {
        incident.values.get("kind").is_some_and(|own| !own.is_disjoint(kinds))
    };
    if !condition.with.iter().all(|kinds| person.incidents.iter().any(|incident| of_kind(incident, kinds))) {
        return 0;
    }
    let fulfils =
        |incident: &Incident| condition.incident.iter().all(|(name, codes)| has(codes, incident.values.get(name)));
    match condition.measure {
        Measure::Incidents => person.incidents.iter().filter(|incident| fulfils(incident)).count() as u64,
        // Nothing happened to them: not applicable, whatever is asked of an incident.
        Measure::Persons if person.incidents.is_empty() => {
            condition.incident.values().all(|codes| codes.has(NOT_APPLICABLE)).into()
        }
        Measure::Persons => (condition.incident.is_empty() || person.incidents.iter().any(fulfils)).into(),
    }
}

/// The codes that are worth a thought, by dimension, and the rules that persons keep.
#[derive(Debug)]
pub struct Universe<'v> {
    vocabulary: &'v Vocabulary,
    /// By dimension of persons.
    person: BTreeMap<&'static str, BTreeSet<String>>,
    /// By dimension of incidents, other than those of time.
    incident: BTreeMap<&'static str, BTreeSet<String>>,
    /// The dates that an incident may have: by dimension of time its bucket.
    dates: BTreeSet<BTreeMap<&'static str, String>>,
}

impl<'v> Universe<'v> {
    /// The codes that the cells tell apart, and those that the records hold.
    pub fn new(cells: &[&Condition], people: &[Person], vocabulary: &'v Vocabulary) -> Self {
        let mut universe =
            Self { vocabulary, person: BTreeMap::new(), incident: BTreeMap::new(), dates: BTreeSet::new() };
        let mut buckets: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
        let mut asked: BTreeMap<&'static str, BTreeSet<&Codes>> = BTreeMap::new();
        let with: Vec<Vec<Codes>> =
            cells.iter().map(|cell| cell.with.iter().cloned().map(Codes::In).collect()).collect();
        for (cell, with) in cells.iter().zip(&with) {
            for (name, codes) in cell.person.iter() {
                universe.person.entry(name).or_default().extend(codes.named().iter().cloned());
                asked.entry(name).or_default().insert(codes);
            }
            let kinds = with.iter().map(|codes| (&"kind", codes));
            for (name, codes) in cell.incident.iter().chain(kinds) {
                let of_time = dimension(name).is_some_and(|dimension| dimension.grain().is_some());
                let own = if of_time { &mut buckets } else { &mut universe.incident };
                own.entry(name).or_default().extend(codes.named().iter().cloned());
                asked.entry(name).or_default().insert(codes);
            }
        }
        universe.add_recorded(people, &buckets);
        let rest: BTreeMap<_, _> = asked.into_iter().map(|(name, codes)| (name, rest_of(&codes))).collect();
        universe.add_dates(&buckets, &rest);
        for (name, codes) in universe.person.iter_mut().chain(universe.incident.iter_mut()) {
            codes.extend(rest.get(name).into_iter().flatten().map(|code| (*code).to_owned()));
            if *name != "destination" {
                codes.remove(NOT_APPLICABLE);
            }
        }
        universe
    }

    fn add_recorded(&mut self, people: &[Person], buckets: &BTreeMap<&'static str, BTreeSet<String>>) {
        for person in people {
            for (name, codes) in self.person.iter_mut() {
                codes.extend(person.values.get(name).into_iter().flatten().cloned());
            }
            for incident in &person.incidents {
                for (name, codes) in self.incident.iter_mut() {
                    codes.extend(incident.values.get(name).into_iter().flatten().cloned());
                }
                let own = |name: &&'static str| Some((*name, incident.values.get(name)?.first()?.clone()));
                self.dates.extend(buckets.keys().map(own).collect::<Option<BTreeMap<_, _>>>());
            }
        }
        self.dates.retain(|date| !date.is_empty());
    }

    /// Every bucket of the finest dimension of time, with those around it; and dates that are less certain.
    fn add_dates(
        &mut self,
        buckets: &BTreeMap<&'static str, BTreeSet<String>>,
        rest: &BTreeMap<&'static str, Vec<&'static str>>,
    ) {
        let grain = |name: &&'static str| dimension(name).and_then(Dimension::grain);
        for (name, codes) in buckets {
            let Some(own) = grain(name) else { continue };
            for (begins, ends) in codes.iter().filter_map(|code| own.bounds(code)) {
                let bucket = |other: &&'static str| {
                    let around = |grain: Grain| {
                        let code = grain.bucket_of(begins);
                        if grain.bucket_of(ends) == code { code } else { UNKNOWN.to_owned() }
                    };
                    (*other, grain(other).map_or_else(|| UNKNOWN.to_owned(), around))
                };
                self.dates.insert(buckets.keys().map(bucket).collect());
            }
        }
        for special in [UNKNOWN, OTHER] {
            if !buckets.is_empty()
                && buckets.keys().all(|name| rest.get(name).is_some_and(|own| own.contains(&special)))
            {
                self.dates.insert(buckets.keys().map(|name| (*name, special.to_owned())).collect());
            }
        }
    }

    /// The kinds of person, the recorded ones first; `None` where these alone are more than [`MOST_KINDS`].
    pub fn kinds(&self, cells: &[&Condition], people: &[Person]) -> Option<Vec<Kind>> {
        let mut known = Kinds { cells, found: Vec::new(), by_adds: HashMap::new() };
        let mut patterns: BTreeMap<Person, u64> = BTreeMap::new();
        for person in people {
            *patterns.entry(self.relevant(person)).or_default() += 1;
        }
        for (person, count) in &patterns {
            known.add(person, *count);
        }
        if known.found.len() > MOST_KINDS {
            return None;
        }
        let most = known.found.len() + MOST_INVENTED;
        let types = self.types(cells, patterns.keys());
        known.add(&self.nobody(), 0);
        // One change a person, kind of change by kind of change, so that every cell has something that goes in and out.
        let steps: [Step<'_>; 4] =
            [&|person| self.others(person), &|person| self.fewer(person), &|person| self.changed(person), &|person| {
                more(person, &types)
            }];
        for step in steps {
            for person in patterns.keys().chain([&self.nobody()]) {
                if known.found.len() >= most {
                    break;
                }
                step(person).iter().for_each(|invented| known.add(invented, 0));
            }
        }
        // Of every kind of incident somebody to whom only that happened, with whatever attributes.
        for incident in &types {
            let alone = Person { incidents: vec![incident.clone()], ..self.nobody() };
            for person in std::iter::once(alone.clone()).chain(self.others(&alone)) {
                if known.found.len() < most {
                    known.add(&person, 0);
                }
            }
        }
        Some(known.found)
    }

    /// Only what the cells of this part tell apart.
    fn relevant(&self, person: &Person) -> Person {
        let values = |own: &super::people::Values, names: &[&'static str]| {
            names.iter().filter_map(|name| Some((*name, own.get(name)?.clone()))).collect()
        };
        let of_person: Vec<_> = self.person.keys().copied().collect();
        let times = self.dates.first().into_iter().flat_map(BTreeMap::keys);
        let mut of_incident: Vec<_> = self.incident.keys().chain(times).copied().collect();
        of_incident.sort_unstable();
        let mut incidents: Vec<_> = (person.incidents.iter())
            .map(|incident| Incident { values: values(&incident.values, &of_incident) })
            .collect();
        incidents.sort();
        Person { values: values(&person.values, &of_person), incidents }
    }

    /// Somebody of whom nothing is known and to whom nothing happened.
    fn nobody(&self) -> Person {
        let unknown = |name: &&'static str| (*name, BTreeSet::from([UNKNOWN.to_owned()]));
        Person { values: self.person.keys().map(unknown).collect(), incidents: Vec::new() }
    }

    /// The same person with another attribute.
    fn others(&self, person: &Person) -> Vec<Person> {
        let mut found = Vec::new();
        for (name, codes) in &self.person {
            for code in codes {
                let mut other = person.clone();
                other.values.insert(name, BTreeSet::from([code.clone()]));
                found.push(other);
            }
        }
        found
    }

    /// The same person with one incident less.
    fn fewer(&self, person: &Person) -> Vec<Person> {
        let without = |at: usize| {
            let mut other = person.clone();
            other.incidents.remove(at);
            other
        };
        (0..person.incidents.len()).map(without).collect()
    }

    /// The same person with one incident that was otherwise.
    fn changed(&self, person: &Person) -> Vec<Person> {
        let mut found = Vec::new();
        for (at, incident) in person.incidents.iter().enumerate() {
            for changed in self.variants(incident) {
                let mut other = person.clone();
                other.incidents[at] = changed;
                found.push(other);
            }
        }
        found
    }

    /// The same incident with one thing otherwise.
    fn variants(&self, incident: &Incident) -> Vec<Incident> {
        let mut found = Vec::new();
        for (name, codes) in &self.incident {
            for code in codes {
                let mut values = incident.values.clone();
                values.insert(name, BTreeSet::from([code.clone()]));
                found.extend(self.lawful(Incident { values }, name));
            }
        }
        for date in &self.dates {
            let mut values = incident.values.clone();
            values.extend(date.iter().map(|(name, code)| (*name, BTreeSet::from([code.clone()]))));
            found.push(Incident { values });
        }
        found
    }

    /// The incident with what follows from what was changed: a kind has its family, and only movements have a destination.
    fn lawful(&self, mut incident: Incident, changed: &'static str) -> Option<Incident> {
        let only = |incident: &Incident, name| incident.values.get(name).and_then(|codes| codes.first()).cloned();
        let kind = only(&incident, "kind");
        let family = match &kind {
            Some(kind) => Some(self.vocabulary.family(kind).unwrap_or(UNKNOWN).to_owned()),
            None => only(&incident, "family"),
        };
        if let (Some(family), Some(own)) = (&family, only(&incident, "family"))
            && *family != own
        {
            if changed == "family" {
                return None;
            }
            incident.values.insert("family", BTreeSet::from([family.clone()]));
        }
        if let (Some(family), Some(destination)) = (family, only(&incident, "destination")) {
            let moves = family == "movement";
            if changed == "destination" && moves == (destination == NOT_APPLICABLE) {
                return None;
            }
            if moves && destination == NOT_APPLICABLE {
                incident.values.insert("destination", BTreeSet::from([UNKNOWN.to_owned()]));
            }
            if !moves && destination != NOT_APPLICABLE {
                incident.values.insert("destination", BTreeSet::from([NOT_APPLICABLE.to_owned()]));
            }
        }
        Some(incident)
    }

    /// Kinds of incident: those that happened most often, and one for each cell to which none of these adds.
    fn types<'p>(&self, cells: &[&Condition], people: impl Iterator<Item = &'p Person>) -> Vec<Incident> {
        let mut often: BTreeMap<&Incident, usize> = BTreeMap::new();
        for incident in people.flat_map(|person| &person.incidents) {
            *often.entry(incident).or_default() += 1;
        }
        let mut often: Vec<_> = often.into_iter().collect();
        often.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut types: Vec<Incident> =
            often.into_iter().take(MOST_ADDED).map(|(incident, _)| incident.clone()).collect();
        for cell in cells.iter().filter(|cell| cell.is_of_incidents()) {
            let own = |incident: &Incident| {
                let person = Person { incidents: vec![incident.clone()], ..Person::default() };
                let of_incidents = Condition { person: BTreeMap::new(), ..(*cell).clone() };
                adds(&of_incidents, &person) > 0
            };
            if !types.iter().any(own) {
                types.extend(self.type_of(cell).filter(own));
            }
        }
        types
    }

    /// An incident that a cell counts.
    fn type_of(&self, cell: &Condition) -> Option<Incident> {
        let mut incident = Incident::default();
        for (name, codes) in &self.incident {
            let asked = cell.incident.get(name);
            let asked =
                asked.cloned().or_else(|| (*name == "kind").then(|| cell.with.first().cloned().map(Codes::In))?);
            let code = match asked {
                Some(asked) => codes.iter().find(|code| asked.has(code))?.clone(),
                None if *name == "destination" => NOT_APPLICABLE.to_owned(),
                None => UNKNOWN.to_owned(),
            };
            incident.values.insert(name, BTreeSet::from([code]));
        }
        let asked = |date: &&BTreeMap<&'static str, String>| {
            date.iter().all(|(name, code)| cell.incident.get(name).is_none_or(|codes| codes.has(code)))
        };
        if let Some(date) = self.dates.iter().rev().find(asked) {
            incident.values.extend(date.iter().map(|(name, code)| (*name, BTreeSet::from([code.clone()]))));
        }
        let kind = if incident.values.contains_key("kind") { "kind" } else { "" };
        self.lawful(incident, kind)
    }
}

/// The codes for what none of the cells names. Where every code has a cell of its own there is nothing else to be.
fn rest_of(asked: &BTreeSet<&Codes>) -> Vec<&'static str> {
    let open = asked.iter().any(|codes| matches!(codes, Codes::NotIn(_)));
    let divided = asked.len() > 1;
    let mut rest = Vec::new();
    if open || !divided || asked.iter().any(|codes| codes.named().contains(UNKNOWN)) {
        rest.push(UNKNOWN);
    }
    if open {
        rest.push(OTHER);
    }
    rest
}

/// One kind of change that a person could have.
type Step<'s> = &'s dyn Fn(&Person) -> Vec<Person>;

/// The same person with one incident more.
fn more(person: &Person, types: &[Incident]) -> Vec<Person> {
    let with = |incident: &Incident| {
        let mut other = person.clone();
        other.incidents.push(incident.clone());
        other
    };
    types.iter().map(with).collect()
}

/// Kinds as they are found: persons that add the same to every cell are of one kind.
struct Kinds<'c> {
    cells: &'c [&'c Condition],
    found: Vec<Kind>,
    by_adds: HashMap<Vec<(u32, u32)>, usize>,
}

impl Kinds<'_> {
    fn add(&mut self, person: &Person, count: u64) {
        let mut own = Vec::new();
        for (cell, condition) in (0..).zip(self.cells) {
            let number = u32::try_from(adds(condition, person)).unwrap_or(u32::MAX);
            if number > 0 {
                own.push((cell, number));
            }
        }
        match self.by_adds.get(&own) {
            Some(at) => self.found[*at].count += count,
            None => {
                self.by_adds.insert(own.clone(), self.found.len());
                self.found.push(Kind { adds: own, count });
            }
        }
    }
}
