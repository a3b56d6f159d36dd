//! Why two answers to one question differ: record by record, in coded reasons.

use serde::Serialize;
use utoipa::ToSchema;

use super::aggregate::Query;
use super::dimension::{DIMENSIONS, Level, Values};
use super::record::{Noun, RecordId, State};
use super::vocabulary::Vocabulary;

/// Why something is counted that was not, or no longer counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceReason {
    /// The person says no to being counted, or consent has ended: out, whatever else happened. So it comes first.
    ConsentWithdrawn,
    /// The person no longer says no: consent was given, or the record of a no was withdrawn.
    ConsentGiven,
    /// A record was entered.
    Added,
    /// A record that was withdrawn is there again.
    Restored,
    /// A record was withdrawn.
    Withdrawn,
    /// Two records were joined as those of one person.
    Joined,
    /// Two records are no longer joined.
    Unjoined,
    /// A record was corrected.
    Corrected,
    /// No record changed, but what the codes of the question cover.
    DefinitionChanged,
    /// No record that is counted changed, but a figure that built records stand for: they attest another number.
    FigureChanged,
}

/// Which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Counted now and not before.
    Entered,
    /// Counted before and not now.
    Left,
}

/// A record by which something is counted, and what happened to it in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    pub noun: Noun,
    pub record: RecordId,
    pub reason: DifferenceReason,
    /// The write of the version that holds now.
    pub write: i64,
}

/// The version of a record that held in one state: its write, and whether it says something.
pub type Held = Option<(i64, State)>;

/// What happened to a record between two states.
pub fn between(noun: Noun, from: Held, to: Held) -> Option<(DifferenceReason, i64)> {
    use State::{Active, Withdrawn};
    let (write, state) = to?;
    let reason = match (noun, from.map(|(_, state)| state), state) {
        (Noun::Linkage, Some(Active), Withdrawn) => DifferenceReason::Unjoined,
        (Noun::Linkage, None | Some(Withdrawn), Active) => DifferenceReason::Joined,
        (_, None, Active) => DifferenceReason::Added,
        (_, Some(Withdrawn), Active) => DifferenceReason::Restored,
        (_, Some(Active), Withdrawn) => DifferenceReason::Withdrawn,
        (Noun::Linkage, Some(Active), Active) if from.is_some_and(|(before, _)| before != write) => {
            DifferenceReason::Joined
        }
        (_, Some(Active), Active) if from.is_some_and(|(before, _)| before != write) => DifferenceReason::Corrected,
        _ => return None,
    };
    Some((reason, write))
}

impl Turn {
    /// Whether what happened to a record can be why something turned this way: nothing is counted because a record was
    /// withdrawn.
    pub fn may_follow(self, reason: DifferenceReason) -> bool {
        match self {
            Self::Entered => !matches!(reason, DifferenceReason::Withdrawn | DifferenceReason::ConsentWithdrawn),
            Self::Left => {
                !matches!(reason, DifferenceReason::Added | DifferenceReason::Restored | DifferenceReason::ConsentGiven)
            }
        }
    }

    /// The reason of a turn by what a person says of being counted.
    pub fn by_consent(self) -> DifferenceReason {
        match self {
            Self::Entered => DifferenceReason::ConsentGiven,
            Self::Left => DifferenceReason::ConsentWithdrawn,
        }
    }
}

/// The reason that counts where several records changed: that one came or went says more than that one was corrected.
pub fn foremost(changes: &[Changed]) -> DifferenceReason {
    changes.iter().map(|change| change.reason).min().unwrap_or(DifferenceReason::DefinitionChanged)
}

/// How a word of a question has changed its meaning since the question was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// Another term took its place: the question asks by the old definition.
    Replaced { by: String },
    /// New records do not carry it any more.
    Retired,
    /// It covers other codes than it did.
    Covers { more: Vec<String>, fewer: Vec<String> },
    /// Its definition was reworded.
    Redefined,
}

/// A word of a question whose meaning has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Redefinition {
    pub vocabulary: String,
    pub code: String,
    #[serde(flatten)]
    pub change: Change,
}

/// What a word covers besides itself and what it took the place of.
#[derive(Debug, Clone, Copy)]
enum Cover {
    Own,
    /// The codes below it.
    Below,
    /// The kinds of a family.
    Kinds,
}

/// What has become of the words of a question since.
pub fn redefinitions(query: &Query, before: &Vocabulary, now: &Vocabulary) -> Vec<Redefinition> {
    let mut words: Vec<(&str, &String, Cover)> = query.with.iter().map(|kind| ("kind", kind, Cover::Own)).collect();
    for dimension in DIMENSIONS {
        let Values::Vocabulary { name, broader } = dimension.values else { continue };
        let cover = match dimension.level {
            Level::Kind => Cover::Kinds,
            _ if broader => Cover::Below,
            _ => Cover::Own,
        };
        words.extend(query.filters.get(dimension.code).into_iter().flatten().map(|code| (name, code, cover)));
    }
    let mut found = Vec::new();
    for (vocabulary, code, cover) in words {
        // Of what is known no further than a code the definition is that of the code.
        let term = before.broader_of(vocabulary, code).or_else(|| now.broader_of(vocabulary, code)).unwrap_or(code);
        let cover = if term == code { cover } else { Cover::Own };
        let (Some(old), Some(new)) = (before.term(vocabulary, term), now.term(vocabulary, term)) else { continue };
        let mut note = |change| {
            found.push(Redefinition { vocabulary: vocabulary.to_owned(), code: code.clone(), change });
        };
        match &new.replaced_by {
            Some(by) if old.replaced_by != new.replaced_by => note(Change::Replaced { by: by.clone() }),
            _ if new.retired && !old.retired => note(Change::Retired),
            _ => {}
        }
        let covered = |known: &Vocabulary| match cover {
            Cover::Own => known.covered(vocabulary, term, false),
            Cover::Below => known.covered(vocabulary, term, true),
            Cover::Kinds => known.kinds_of(code),
        };
        let (was, is) = (covered(before), covered(now));
        if was != is {
            let (more, fewer) = (is.difference(&was).cloned().collect(), was.difference(&is).cloned().collect());
            note(Change::Covers { more, fewer });
        }
        let text = |term: &super::vocabulary::Term| term.texts.get("en").map(|text| text.definition.clone());
        if text(old) != text(new) {
            note(Change::Redefined);
        }
    }
    found
}
