//! One thing that happened to one person, of one kind, and who took part in it (ESF: Act, Intervention, Involvement).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cell::{Cell, list};
use super::check::{CheckError, Checker, Rule};
use super::edtf::Edtf;
use super::entry::{Codes, Entry, Header, some};
use super::person::{self, Basis};
use super::record::{Noun, RecordId, Version};
use super::text::{self, TextField};
use super::vocabulary::{NOT_APPLICABLE, UNKNOWN};

/// Kinds of movement that bring somebody back, and so imply that the person had left.
pub const RETURNS: [&str; 2] = ["forced_return", "voluntary_return"];
/// Kinds of movement that took the person away before a return.
pub const DEPARTURES: [&str; 3] = ["evacuation", "departure_abroad", "relocation"];

/// The most involvements, and the most sources, that one incident takes.
const MOST_LINKS: usize = 100;

/// One thing that happened to one person, of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    pub person: RecordId,
    pub kind: String,
    pub date: Edtf,
    /// Where it happened; of a movement, where it began.
    pub place: String,
    /// Of a movement, where it led.
    pub destination: String,
    pub event: Option<RecordId>,
    pub basis: Basis,
    pub figure: Option<RecordId>,
    pub involvements: Vec<Involvement>,
    pub sources: Vec<SourceLink>,
}

/// Who took part in an incident, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Involvement {
    pub role: String,
    pub actor: String,
    pub degree: String,
}

/// Where an incident is known from, and how far that source is believed about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLink {
    pub source: RecordId,
    pub credence: String,
}

/// An involvement as staff enter it. In a CSV file `role:actor:degree`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct InvolvementEntry {
    /// A code of the vocabulary `involvement_role`: perpetrator or helper.
    pub role: Option<String>,
    /// A code of the vocabulary `actor`.
    pub actor: Option<String>,
    /// A code of the vocabulary `degree`; `_U` where it is missing.
    pub degree: Option<String>,
}

/// An incident's source as staff enter it. In a CSV file `source:credence`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SourceLinkEntry {
    /// The code or id of the source.
    pub source: Option<String>,
    /// A code of the vocabulary `credence`; `_U` where it is missing.
    pub credence: Option<String>,
}

/// An incident as staff enter it and read it back.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"person": "P-0001", "kind": "detention", "date": "2017-04~", "place": "RU-CE",
    "involvements": [{"role": "perpetrator", "actor": "law_enforcement"}], "sources": []}))]
pub struct IncidentEntry {
    /// The code; made up where it is missing.
    pub code: Option<String>,
    /// The code or id of the person to whom it happened.
    #[schema(required = true, nullable = false)]
    pub person: Option<String>,
    /// What happened: a code of the vocabulary `kind`.
    #[schema(required = true, nullable = false)]
    pub kind: Option<String>,
    /// When, in EDTF: 2017, 2017-04~, 2017-04-01, 2017-02/2018-04-03; `XXXX` where it is not known.
    #[schema(required = true, nullable = false)]
    pub date: Option<String>,
    /// Where: a code of the vocabulary `place`; `_U` where it is missing.
    pub place: Option<String>,
    /// Of a movement, where it led: a code of the vocabulary `place`; `_U` where it is missing, `_Z` for other kinds.
    pub destination: Option<String>,
    /// The code or id of the event that it belongs to.
    pub event: Option<String>,
    /// case_file or reconstructed; case_file where it is missing.
    pub basis: Option<String>,
    /// Of a reconstructed incident, the figure that it stands for, `publication:figure`.
    pub figure: Option<String>,
    /// Who took part. In a CSV file `role:actor:degree`, joined by `;`: codes of the vocabulary `involvement_role`, of the
    /// vocabulary `actor`, and of the vocabulary `degree`.
    #[serde(deserialize_with = "list")]
    pub involvements: Vec<InvolvementEntry>,
    /// Where it is known from. In a CSV file `source:credence`, joined by `;`: the code or id of a source, and a code of the
    /// vocabulary `credence`.
    #[serde(deserialize_with = "list")]
    pub sources: Vec<SourceLinkEntry>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
    /// Why it is entered or corrected; required for a correction. No personal text.
    pub reason: Option<String>,
}

/// The part of a cell, from the right, so that codes of figures and sources may hold a colon.
fn part(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Cell for InvolvementEntry {
    fn from_cell(cell: &str) -> Self {
        let mut parts = cell.splitn(3, ':');
        Self { role: part(parts.next()), actor: part(parts.next()), degree: part(parts.next()) }
    }
}

impl Cell for SourceLinkEntry {
    fn from_cell(cell: &str) -> Self {
        let mut parts = cell.splitn(2, ':');
        Self { source: part(parts.next()), credence: part(parts.next()) }
    }
}

impl Entry for IncidentEntry {
    type Body = Incident;
    const NOUN: Noun = Noun::Incident;
    const TEXTS: &'static [TextField] = text::OF_INCIDENT;

    fn header(&self) -> Header<'_> {
        Header::new(&self.code, &self.known_on, &self.reason)
    }

    fn check(self, mut c: Checker<'_>) -> Result<Incident, CheckError> {
        let person = c.required_reference("person", Noun::Person, self.person.as_deref());
        let kind = c.term("kind", "kind", self.kind.as_deref(), None);
        if kind == NOT_APPLICABLE {
            c.refuse(
                "kind",
                Rule::UnknownCode,
                Some(&kind),
                "what happened: `_Z` is the cell of those to whom nothing did",
            );
        }
        let movement = c.register().vocabulary().family(&kind) == Some("movement");
        let destination_default = if movement { UNKNOWN } else { NOT_APPLICABLE };
        let destination = c.term("destination", "place", self.destination.as_deref(), Some(destination_default));
        if !movement && destination != NOT_APPLICABLE {
            let expected = "no destination: only movements have one";
            c.refuse("destination", Rule::Inconsistent, self.destination.as_deref(), expected);
        }
        let date = c.date("date", self.date.as_deref());
        let latest = c.register().latest_day();
        if date.earliest() > latest {
            let expected = format!("a date that has begun somewhere, {latest} at the latest");
            c.refuse("date", Rule::InFuture, self.date.as_deref(), expected);
        }
        let (basis, figure) = person::basis(&mut c, self.basis.as_deref(), self.figure.as_deref());
        for (field, found) in [("involvements", self.involvements.len()), ("sources", self.sources.len())] {
            if found > MOST_LINKS {
                c.refuse(field, Rule::OutOfRange, Some(&found.to_string()), format!("at most {MOST_LINKS}"));
            }
        }
        let mut involvements = Vec::new();
        for (at, entry) in self.involvements.iter().take(MOST_LINKS).enumerate() {
            let field = |name: &str| format!("involvements[{at}].{name}");
            involvements.push(Involvement {
                role: c.term(&field("role"), "involvement_role", entry.role.as_deref(), None),
                actor: c.term(&field("actor"), "actor", entry.actor.as_deref(), None),
                degree: c.term(&field("degree"), "degree", entry.degree.as_deref(), Some(UNKNOWN)),
            });
        }
        let mut sources = Vec::new();
        for (at, entry) in self.sources.iter().take(MOST_LINKS).enumerate() {
            let field = |name: &str| format!("sources[{at}].{name}");
            sources.push(SourceLink {
                source: c.required_reference(&field("source"), Noun::Source, entry.source.as_deref()),
                credence: c.term(&field("credence"), "credence", entry.credence.as_deref(), Some(UNKNOWN)),
            });
        }
        let place = c.term("place", "place", self.place.as_deref(), Some(UNKNOWN));
        let event = c.reference("event", Noun::Event, self.event.as_deref());
        c.finish(Incident { person, kind, date, place, destination, event, basis, figure, involvements, sources })
    }

    fn describe(version: &Version<Incident>, codes: &Codes) -> Self {
        let incident = &version.body;
        let code = |id: &RecordId| codes.get(id).cloned();
        Self {
            code: some(&version.code),
            person: code(&incident.person),
            kind: some(&incident.kind),
            date: some(&incident.date),
            place: some(&incident.place),
            destination: some(&incident.destination),
            event: incident.event.as_ref().and_then(code),
            basis: some(&incident.basis.name()),
            figure: incident.figure.as_ref().and_then(code),
            involvements: (incident.involvements.iter())
                .map(|link| InvolvementEntry {
                    role: some(&link.role),
                    actor: some(&link.actor),
                    degree: some(&link.degree),
                })
                .collect(),
            sources: (incident.sources.iter())
                .map(|link| SourceLinkEntry { source: code(&link.source), credence: some(&link.credence) })
                .collect(),
            known_on: some(&version.stamp.known_on),
            reason: version.stamp.reason.clone(),
        }
    }

    fn persons(_: RecordId, incident: &Incident) -> Vec<RecordId> {
        vec![incident.person]
    }

    fn subject(_: RecordId, incident: &Incident) -> RecordId {
        incident.person
    }

    fn references(incident: &Incident) -> Vec<RecordId> {
        let own = [Some(incident.person), incident.event, incident.figure].into_iter().flatten();
        own.chain(incident.sources.iter().map(|link| link.source)).collect()
    }
}
