//! A number in a publication: what was counted, of whom, as of when, and, where it can be computed, the query.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::aggregate::{self, Measure, Query};
use super::check::{CheckError, Checker, Rule};
use super::count::{Bounded, Qualifier};
use super::dimension::NEVER_PUBLIC;
use super::entry::{Codes, Entry, Header, some};
use super::publication::Visibility;
use super::record::{Noun, RecordId, Version};
use super::vocabulary::UNKNOWN;

/// The largest value: more than all people, and small enough that sums of figures stay numbers everywhere.
pub const LARGEST: u64 = 10_000_000_000;

/// How a figure stands to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The source says that it is part of the parent.
    SubsetStated,
    /// The context implies that it is part of the parent.
    SubsetImplied,
    /// Not part of the parent: counted beside it.
    Outside,
    /// Counts somebody else than the organisation's own clients.
    OtherPopulation,
}

impl Relation {
    pub const WORDS: &[(&'static str, Self)] = &[
        ("subset_stated", Self::SubsetStated),
        ("subset_implied", Self::SubsetImplied),
        ("outside", Self::Outside),
        ("other_population", Self::OtherPopulation),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::SubsetStated => "subset_stated",
            Self::SubsetImplied => "subset_implied",
            Self::Outside => "outside",
            Self::OtherPopulation => "other_population",
        }
    }

    /// Whether what the figure counts lies inside what its parent counts.
    pub fn is_subset(self) -> bool {
        matches!(self, Self::SubsetStated | Self::SubsetImplied)
    }
}

/// A number in a publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    pub publication: RecordId,
    /// What the figure is called; the same name in another publication belongs to the same series.
    pub name: String,
    pub measure: Measure,
    pub population: String,
    pub region: String,
    /// What exactly is counted, of whom: a code of the vocabulary `definition`, `_U` where nobody said.
    pub definition: String,
    pub value: Bounded,
    pub as_of: NaiveDate,
    pub period_start: Option<NaiveDate>,
    pub relation: Option<Relation>,
    pub parent: Option<RecordId>,
    /// Figures of one publication that share a breakdown are parts of their parent by one attribute.
    pub breakdown: Option<String>,
    /// How the figure can be computed; [`Query::canonical`].
    pub query: Option<String>,
    /// The write after which the value was computed from the query, where it was.
    pub at_write: Option<i64>,
    pub visibility: Visibility,
    pub note: Option<String>,
    /// Where it was read.
    pub address: Option<String>,
}

impl Figure {
    /// Whether another version says the same number of the same thing from the same place: only the note, and whether it is a
    /// draft, may differ.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let plain = |figure: &Self| Self { visibility: Visibility::Draft, note: None, ..figure.clone() };
        plain(self) == plain(other)
    }
}

/// A figure as staff enter it and read it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"publication": "network-2026-11", "code": "evacuated", "measure": "persons",
    "population": "people evacuated from the region", "region": "Chechnya", "value": 114, "qualifier": "exact",
    "as_of": "2018-04-03", "query": "measure=persons&kind=evacuation&origin=RU-CE"}))]
pub struct FigureEntry {
    /// The code or id of the publication.
    #[schema(required = true, nullable = false)]
    pub publication: Option<String>,
    /// What the figure is called; the same name in another publication belongs to the same series.
    #[schema(required = true, nullable = false)]
    pub code: Option<String>,
    /// persons or incidents.
    #[schema(required = true, nullable = false)]
    pub measure: Option<String>,
    /// Whom or what the figure counts, in words.
    #[schema(required = true, nullable = false)]
    pub population: Option<String>,
    /// What exactly the figure counts, of whom: a code of the vocabulary `definition`; `_U` where it is missing. Figures of one
    /// name, measure, definition and region are one series.
    pub definition: Option<String>,
    /// Which region the figure is about, in the publication's words.
    #[schema(required = true, nullable = false)]
    pub region: Option<String>,
    /// The number that was published.
    #[schema(required = true, nullable = false, minimum = 0)]
    pub value: Option<i64>,
    /// exact, about, at_least or more_than; exact where it is missing.
    pub qualifier: Option<String>,
    /// The day that the figure speaks of, YYYY-MM-DD.
    #[schema(required = true, nullable = false)]
    pub as_of: Option<String>,
    /// The first day that the figure counts, YYYY-MM-DD.
    pub period_start: Option<String>,
    /// How it stands to its parent: subset_stated, subset_implied, outside or other_population.
    pub relation: Option<String>,
    /// The figure that it is set against: a code of the same publication, or `publication:figure`.
    pub parent: Option<String>,
    /// The attribute by which it and others divide the parent.
    pub breakdown: Option<String>,
    /// How it can be computed, in the grammar of aggregates.
    pub query: Option<String>,
    /// The write after which the value was computed from the query as of its day: the value is then what the query gives.
    #[schema(minimum = 0)]
    pub at_write: Option<i64>,
    /// What a reader must know of it.
    pub note: Option<String>,
    /// Where the number was read, an http or https address: a figure without a query is published only with it.
    pub address: Option<String>,
    /// draft or published; draft where it is missing. Publishing needs the role of a publisher; what counts case files is
    /// published by a release that signs it, and by nothing else.
    pub state: Option<String>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
    /// Why it is entered or corrected; required for a correction. No personal text.
    pub reason: Option<String>,
}

impl FigureEntry {
    /// The value with its qualifier.
    fn bounded(&self, c: &mut Checker<'_>) -> Bounded {
        let qualifier = c.word("qualifier", Qualifier::WORDS, self.qualifier.as_deref(), Qualifier::Exact);
        let given = self.value.map(|value| value.to_string());
        let value = self.value.and_then(|value| u64::try_from(value).ok()).filter(|value| *value <= LARGEST);
        let Some(value) = value else {
            let rule = if given.is_some() { Rule::OutOfRange } else { Rule::Required };
            c.refuse("value", rule, given.as_deref(), format!("a whole number from 0 to {LARGEST}"));
            return Bounded { value: 0, qualifier: Qualifier::Exact };
        };
        let bounded = Bounded { value, qualifier };
        if let Some(expected) = bounded.contradiction() {
            c.refuse("value", Rule::Inconsistent, given.as_deref(), expected);
        }
        bounded
    }

    fn parent(&self, c: &mut Checker<'_>) -> Option<RecordId> {
        let parent = self.parent.as_deref().map(str::trim).filter(|parent| !parent.is_empty())?;
        let local = match self.publication.as_deref() {
            Some(publication) if !parent.contains(':') && uuid::Uuid::parse_str(parent).is_err() => {
                format!("{}:{parent}", publication.trim())
            }
            _ => parent.to_owned(),
        };
        c.reference("parent", Noun::Figure, Some(&local))
    }
}

/// Refuses in the question of a figure that is to be public what is never public.
fn only_public_questions(query: Option<&str>, c: &mut Checker<'_>) {
    for (name, value) in aggregate::pairs(query.unwrap_or_default()) {
        if let Some((_, why)) = NEVER_PUBLIC.iter().find(|(never, _)| *never == name) {
            let expected = format!("a query without `{name}`, for it is to be public: {why}");
            c.refuse("query", Rule::Inconsistent, Some(&format!("{name}={value}")), expected);
        }
    }
}

impl Entry for FigureEntry {
    type Body = Figure;
    const NOUN: Noun = Noun::Figure;

    fn header(&self) -> Header<'_> {
        Header::new(&self.code, &self.known_on, &self.reason)
    }

    fn check(self, mut c: Checker<'_>) -> Result<Figure, CheckError> {
        let name = c.required("code", self.code.as_deref());
        c.new_code("code", &name);
        for (field, value) in [("measure", &self.measure), ("as_of", &self.as_of)] {
            c.required(field, value.as_deref());
        }
        let value = self.bounded(&mut c);
        let relation = self.relation.as_deref().filter(|relation| !relation.trim().is_empty());
        let relation = relation.map(|word| c.word("relation", Relation::WORDS, Some(word), Relation::Outside));
        let parent = self.parent(&mut c);
        if parent.is_none() && relation.is_some_and(|relation| relation != Relation::OtherPopulation) {
            c.refuse("parent", Rule::Required, None, "the figure that the relation is about");
        }
        let measure = c.word("measure", Measure::WORDS, self.measure.as_deref(), Measure::Persons);
        let query = c.text("query", self.query.as_deref()).map(|text| {
            let query = Query::read_figure(&text, "query", &mut c);
            if query.measure != measure {
                c.refuse("query", Rule::Inconsistent, Some(&text), format!("measure={}", measure.name()));
            }
            query.canonical()
        });
        if self.at_write.is_some() && query.is_none() {
            c.refuse("at_write", Rule::Inconsistent, None, "no write: nothing is computed without a query");
        }
        let visibility = c.word("state", Visibility::WORDS, self.state.as_deref(), Visibility::Draft);
        if visibility == Visibility::Published {
            only_public_questions(self.query.as_deref(), &mut c);
        }
        let figure = Figure {
            publication: c.required_reference("publication", Noun::Publication, self.publication.as_deref()),
            name,
            measure,
            population: c.required("population", self.population.as_deref()),
            region: c.required("region", self.region.as_deref()),
            definition: c.term("definition", "definition", self.definition.as_deref(), Some(UNKNOWN)),
            value,
            as_of: c.past_day("as_of", self.as_of.as_deref()),
            period_start: c.day("period_start", self.period_start.as_deref()),
            relation,
            parent,
            breakdown: c.text("breakdown", self.breakdown.as_deref()),
            query,
            at_write: self.at_write,
            visibility,
            note: c.text("note", self.note.as_deref()),
            address: c.web_address("address", self.address.as_deref()),
        };
        c.finish(figure)
    }

    fn register_code(figure: &Figure, _own: Option<String>, codes: &Codes) -> Option<String> {
        Some(format!("{}:{}", codes.get(&figure.publication)?, figure.name))
    }

    fn describe(version: &Version<Figure>, codes: &Codes) -> Self {
        let figure = &version.body;
        Self {
            publication: codes.get(&figure.publication).cloned(),
            code: some(&figure.name),
            measure: some(&figure.measure.name()),
            population: some(&figure.population),
            region: some(&figure.region),
            definition: some(&figure.definition),
            value: i64::try_from(figure.value.value).ok(),
            qualifier: some(&figure.value.qualifier.name()),
            as_of: some(&figure.as_of),
            period_start: figure.period_start.map(|day| day.to_string()),
            relation: figure.relation.map(|relation| relation.name().to_owned()),
            parent: figure.parent.and_then(|id| codes.get(&id).cloned()),
            breakdown: figure.breakdown.clone(),
            query: figure.query.clone(),
            at_write: figure.at_write,
            note: figure.note.clone(),
            address: figure.address.clone(),
            state: some(&figure.visibility.name()),
            known_on: some(&version.stamp.known_on),
            reason: version.stamp.reason.clone(),
        }
    }

    fn references(figure: &Figure) -> Vec<RecordId> {
        [Some(figure.publication), figure.parent].into_iter().flatten().collect()
    }

    fn is_published(figure: &Figure) -> bool {
        figure.visibility == Visibility::Published
    }
}
