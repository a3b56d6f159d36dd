//! The registry of dimensions: the attributes by which a measure can be divided and filtered. A new one is a line here.

use super::edtf::Grain;
use super::measure::Measure;
use super::record::Noun;

/// What a dimension is an attribute of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The person; one value each.
    Person,
    /// The ground, an attribute of the person that stands for a figure of its own.
    Ground,
    /// The incident; one value each.
    Incident,
    /// The family of the incident's kind, from the vocabulary.
    Kind,
    /// An involvement; several an incident.
    Involvement,
    /// A link to a source; several an incident.
    Source,
}

impl Level {
    /// Whether it is about an incident, so that filters on it must hold for one and the same incident.
    pub fn is_incident(self) -> bool {
        !matches!(self, Self::Person | Self::Ground)
    }

    /// Whether one incident may have several values.
    pub fn is_many(self) -> bool {
        matches!(self, Self::Involvement | Self::Source)
    }
}

/// Which values a dimension has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Codes of a vocabulary; with `broader` the row of a term and a filter by it find the narrower ones too.
    Vocabulary { name: &'static str, broader: bool },
    /// Codes of records.
    Records(Noun),
    /// Codes that the programme itself knows.
    Words(&'static [&'static str]),
    /// Buckets of time; a filter takes `FIRST..LAST` too.
    Time(Grain),
}

/// An attribute by which a measure can be divided and filtered.
#[derive(Debug, PartialEq, Eq)]
pub struct Dimension {
    /// The parameter and the column of the answer.
    pub code: &'static str,
    /// The attribute's column in the store.
    pub column: &'static str,
    pub level: Level,
    pub values: Values,
    /// What it divides by, for the documentation.
    pub description: &'static str,
}

const fn coded(code: &'static str, level: Level, vocabulary: &'static str, description: &'static str) -> Dimension {
    let values = Values::Vocabulary { name: vocabulary, broader: false };
    Dimension { code, column: code, level, values, description }
}

const fn nested(code: &'static str, level: Level, vocabulary: &'static str, description: &'static str) -> Dimension {
    let values = Values::Vocabulary { name: vocabulary, broader: true };
    Dimension { code, column: code, level, values, description }
}

const fn time(code: &'static str, grain: Grain, description: &'static str) -> Dimension {
    Dimension { code, column: code, level: Level::Incident, values: Values::Time(grain), description }
}

const BASES: &[&str] = &["case_file", "reconstructed"];

/// What is never public, though a question may be about it, and why.
pub const NEVER_PUBLIC: &[(&str, &str)] = &[
    ("source", "who told it is never public"),
    ("event", "an event may be known to few, and then it names them"),
    ("basis", "where the records come from is said beside every number"),
];

/// The registry of dimensions. A new one is a line here.
pub const DIMENSIONS: &[Dimension] = &[
    coded("kind", Level::Incident, "kind", "what happened"),
    coded("family", Level::Kind, "family", "the family of what happened"),
    coded("ground", Level::Ground, "ground", "why the person asked for help"),
    nested("place", Level::Incident, "place", "where it happened"),
    nested("origin", Level::Person, "place", "where the person comes from"),
    nested("destination", Level::Incident, "place", "where a movement led"),
    time("year", Grain::Year, "the year that wholly contains the date"),
    time("quarter", Grain::Quarter, "the quarter that wholly contains the date"),
    time("month", Grain::Month, "the month that wholly contains the date"),
    nested("actor", Level::Involvement, "actor", "who took part"),
    Dimension {
        code: "source",
        column: "code",
        level: Level::Source,
        values: Values::Records(Noun::Source),
        description: "where it is known from",
    },
    coded("reliability", Level::Source, "reliability", "how reliable the source is in general"),
    Dimension {
        code: "basis",
        column: "basis",
        level: Level::Person,
        values: Values::Words(BASES),
        description: "whether the person's record comes from a case file or was built from a published figure",
    },
    coded("sex", Level::Person, "sex", "the person's sex"),
    coded("age_group", Level::Person, "age_group", "the person's age group"),
];

impl Dimension {
    /// Whether one unit of a measure may have several codes, or none: persons by what happened to them, incidents by who took part, or
    /// by a destination, which most have not.
    pub fn is_several(&self, measure: Measure) -> bool {
        match measure {
            Measure::Persons => self.level.is_incident(),
            Measure::Incidents => self.level.is_many() || self.code == "destination",
        }
    }

    /// How finely it cuts time, if it is one of time.
    pub fn grain(&self) -> Option<Grain> {
        match self.values {
            Values::Time(grain) => Some(grain),
            _ => None,
        }
    }
}

/// The dimension of this name.
pub fn dimension(code: &str) -> Option<&'static Dimension> {
    DIMENSIONS.iter().find(|dimension| dimension.code == code)
}
