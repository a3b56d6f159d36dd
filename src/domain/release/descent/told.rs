//! What was told of every condition, ever: the same in every table, and the one rule by which more is told.

use std::collections::HashMap;

/// What a node counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Count {
    /// Distinct persons: what is decided by.
    pub persons: u64,
    /// What is told: the same, or incidents.
    pub value: u64,
}

/// A condition: the measure, and up to three sets of codes, interned; 0 where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub measure: u8,
    pub sets: [u32; 3],
}

impl Key {
    /// The key of some sets, in whatever order.
    pub fn new(measure: u8, mut sets: [u32; 3]) -> Self {
        sets.sort_unstable();
        Self { measure, sets }
    }

    /// The same condition narrowed by another set.
    #[must_use]
    pub fn and(self, set: u32) -> Self {
        let [first, second, third] = self.sets;
        if first == 0 { Self::new(self.measure, [set, second, third]) } else { self }
    }
}

/// What was told of a condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// All values ever told, in whatever release.
    pub ever: Vec<Count>,
    /// What was told last, before this release.
    pub last: Option<Count>,
    /// What was told last by a release that stands, and which one of the earlier releases that was.
    pub stands: Option<(Count, usize)>,
    /// What this release tells anew.
    pub now: Option<Count>,
}

/// How far something moved that was told before.
pub const NEW: u64 = u64::MAX;

/// When a node that an earlier release did not tell may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// Nothing was told of this list or table before: as in a first release.
    Fresh,
    /// It was withheld: only where it has grown to so many.
    From(u64),
    /// Not in this release.
    Never,
}

/// All that was told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// How many persons must stand behind a number, and by how many it must have moved.
    pub t: u64,
    entries: HashMap<Key, Entry>,
}

impl Told {
    pub fn new(t: u64) -> Self {
        Self { t, entries: HashMap::new() }
    }

    /// The least move that an unchanged part may be hidden in.
    pub fn wide(&self) -> u64 {
        2 * self.t - 1
    }

    /// Takes note of what a release told, the earlier releases first; `stands` is which one it was, where it was not withdrawn.
    pub fn add(&mut self, key: Key, count: Count, stands: Option<usize>) {
        let entry = self.entries.entry(key).or_default();
        if !entry.ever.contains(&count) {
            entry.ever.push(count);
        }
        entry.last = Some(count);
        entry.stands = stands.map(|release| (count, release)).or(entry.stands);
    }

    /// What is told now becomes what was told before.
    pub fn close(&mut self) {
        let now: Vec<_> = self.now().collect();
        for (key, count) in now {
            self.add(key, count, None);
        }
        self.entries.values_mut().for_each(|entry| entry.now = None);
    }

    pub fn get(&self, key: Key) -> Option<&Entry> {
        self.entries.get(&key)
    }

    /// What was told last before this release.
    pub fn last(&self, key: Key) -> Option<Count> {
        self.entries.get(&key)?.last
    }

    /// How many persons were told last, in this release or before; 0 where nothing was.
    pub fn known(&self, key: Key) -> u64 {
        let told = self.entries.get(&key).and_then(|entry| entry.now.or(entry.last));
        told.map_or(0, |count| count.persons)
    }

    pub fn is_now(&self, key: Key) -> bool {
        self.entries.get(&key).is_some_and(|entry| entry.now.is_some())
    }

    /// All that this release tells anew.
    pub fn now(&self) -> impl Iterator<Item = (Key, Count)> + '_ {
        self.entries.iter().filter_map(|(key, entry)| Some((*key, entry.now?)))
    }

    /// How far a count has moved since it was told last; [`NEW`] where it never was.
    pub fn moved(&self, key: Key, count: Count) -> u64 {
        self.last(key).map_or(NEW, |last| last.persons.abs_diff(count.persons))
    }

    /// Whether a count may be told. `zero` is whether it may be said again that nothing has changed.
    pub fn may(&self, key: Key, count: Count, unknown: Unknown, zero: bool) -> bool {
        if count.persons < self.t {
            return false;
        }
        let Some((entry, last)) = self.entries.get(&key).and_then(|entry| Some((entry, entry.last?))) else {
            return match unknown {
                Unknown::Fresh => true,
                Unknown::From(least) => count.persons >= least,
                Unknown::Never => false,
            };
        };
        let far = |then: Count| then.persons.abs_diff(count.persons) >= self.t;
        entry.ever.iter().all(|then| *then == count || far(*then)) && (far(last) || (last == count && zero))
    }

    pub fn tell(&mut self, key: Key, count: Count) {
        let entry = self.entries.entry(key).or_default();
        entry.now = Some(count);
    }
}
