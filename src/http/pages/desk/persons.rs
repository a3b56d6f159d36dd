//! The page of a person: the time line, consent, who may be the same person, and what can be done.

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, get};
use askama::Template;
use chrono::NaiveDate;

use crate::domain::consent::ConsentEntry;
use crate::domain::edtf::Edtf;
use crate::domain::incident::{Incident, IncidentEntry};
use crate::domain::linkage::LinkageEntry;
use crate::domain::person::{Basis, PersonEntry};
use crate::domain::policy::Action;
use crate::domain::record::{Noun, RecordId, State};
use crate::domain::vocabulary::Vocabulary;
use crate::http::auth::ReadCases;
use crate::http::pages::filters;
use crate::http::pages::here::link;
use crate::http::pages::parts::Cell;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::words::{say, t};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;
use crate::store::candidates::{self, Candidate};
use crate::store::error::StoreError;
use crate::store::narrowing;
use crate::store::records::{self, Found, Stored};
use crate::store::seals::{self, Seal};
use crate::store::session::Session;
use crate::store::terms;

use super::inputs;
use super::joint::{self, Joined, Joint};
use super::shown;
use super::view::{self as record, ids, values_of};

/// How many incidents, and how many candidates, a page shows.
const MOST: i64 = 200;
const CANDIDATES: i64 = 5;

/// What concerns a person.
struct Around {
    incidents: Vec<Found<Incident>>,
    consents: Vec<Found<crate::domain::consent::Consent>>,
    linkages: Vec<Found<crate::domain::linkage::Linkage>>,
    joined: Option<Joined>,
    seal: Seal,
    vocabulary: Vocabulary,
}

/// The records that stand and concern a person in this way.
pub fn of<E: Stored>(
    session: &mut Session<'_>,
    filter: &'static str,
    code: &str,
) -> Result<Vec<Found<E::Body>>, StoreError> {
    let narrowings = narrowing::read::<E>(session, &[(filter, code.to_owned())])?;
    records::list::<E>(session, &narrowings, &[State::Active], None, MOST)
}

fn around(session: &mut Session<'_>, id: RecordId) -> Result<Around, StoreError> {
    let key = id.to_string();
    let mut incidents = of::<IncidentEntry>(session, "person", &key)?;
    incidents.sort_by_key(|found| in_time(&found.version.body.date));
    let mut linkages = of::<LinkageEntry>(session, "person", &key)?;
    linkages.extend(of::<LinkageEntry>(session, "canonical", &key)?);
    Ok(Around {
        incidents,
        linkages,
        consents: of::<ConsentEntry>(session, "person", &key)?,
        joined: joint::read(session, id)?,
        seal: seals::get(session, id)?,
        vocabulary: terms::vocabulary(session.conn(), None)?,
    })
}

/// The place of a date in a time line: by when it begins, and what begins nobody knows when by its end. Of what is not dated at all
/// nothing is known, so that it comes last.
fn in_time(date: &Edtf) -> (NaiveDate, NaiveDate) {
    let (earliest, latest) = (date.earliest(), date.latest());
    (if earliest == Edtf::unknown().earliest() { latest } else { earliest }, latest)
}

/// What happened, as the time line tells it.
struct Happened {
    address: String,
    what: String,
    when: String,
    lines: Vec<String>,
}

fn happened(found: &Found<Incident>, vocabulary: &Vocabulary) -> Result<Happened, Problem> {
    let (values, ids) = (values_of::<IncidentEntry>(found)?, ids(found));
    let body = &found.version.body;
    let told = ["place", "destination", "involvements", "sources"].into_iter().filter_map(|name| {
        let input = inputs::of(Noun::Incident).iter().find(|input| input.name == name)?;
        let lines = shown::lines(input, &values, vocabulary, &ids);
        let text: Vec<_> = lines.iter().map(Cell::text).collect();
        let known = !text.is_empty() && !matches!(values.get(name).map(String::as_str), Some("_U" | "_Z"));
        known.then(|| format!("{}: {}", t(input.label), text.join("; ")))
    });
    Ok(Happened {
        address: shown::address(Noun::Incident, found.version.id),
        what: shown::term(vocabulary, "kind", &body.kind),
        when: shown::date(body.date.as_str()),
        lines: told.collect(),
    })
}

struct Alike {
    address: String,
    code: String,
    line: String,
    compare: String,
}

fn alike(own: &str, found: &Candidate) -> Alike {
    let names = |traits: &[crate::domain::candidate::Trait]| {
        traits.iter().map(|found| t(found.label())).collect::<Vec<_>>().join(", ")
    };
    let mut lines = Vec::new();
    if !found.agree.is_empty() {
        lines.push(say("the same: {}", &[&names(&found.agree)]));
    }
    if !found.differ.is_empty() {
        lines.push(say("different: {}", &[&names(&found.differ)]));
    }
    if found.incidents > 0 {
        lines.push(say("incidents that may be the same: {}", &[&found.incidents]));
    }
    let line = lines.join("; ");
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("person", &found.code).append_pair("canonical", own);
    Alike {
        address: shown::address(Noun::Person, found.id),
        code: found.code.clone(),
        line,
        compare: link(&format!("/desk/linkages/new?{}", query.finish())),
    }
}

#[derive(Template)]
#[template(path = "desk/person.html")]
struct Person {
    code: String,
    incidents: Vec<Happened>,
    consents: Vec<(String, String, String)>,
    linkages: Vec<(String, String)>,
    /// What holds for all records of the same person together.
    joint: Option<Joint>,
    alike: Vec<Alike>,
    sealed: bool,
    seen_by: String,
    /// Whether the reader may add to it.
    writes: bool,
    reconstructed: bool,
    withdrawn: bool,
}

/// The page of a person.
#[get("/{id}")]
pub async fn view(
    visit: Visit<ReadCases>,
    store: Data<Records>,
    path: RecordPath,
    request: HttpRequest,
) -> Result<Reply, Turned> {
    let id = path.get()?;
    let (found, around) = store
        .read(visit.actor(), move |session| Ok((record::read::<PersonEntry>(session, id)?, around(session, id)?)))
        .await?;
    let actor = visit.actor();
    let alike_found = store
        .search(actor.account, move |store| store.read(&actor, |session| candidates::find(session, id, CANDIDATES)))
        .await?;
    let version = &found.found.0.version;
    let withdrawn = version.stamp.state == State::Withdrawn;
    let code = version.code.clone();
    let rest = Person {
        incidents: around
            .incidents
            .iter()
            .map(|found| happened(found, &around.vocabulary))
            .collect::<Result<_, _>>()?,
        consents: around.consents.iter().map(|found| consent(found, &around.vocabulary)).collect::<Result<_, _>>()?,
        linkages: around.linkages.iter().map(linkage).collect(),
        joint: around.joined.as_ref().map(Joined::told),
        alike: alike_found.iter().map(|found| alike(&code, found)).collect(),
        sealed: around.seal.sealed,
        seen_by: around.seal.accounts.join(", "),
        writes: visit.may(Action::WriteCases) && !withdrawn,
        reconstructed: version.body.basis == Basis::Reconstructed,
        withdrawn,
        code,
    };
    let rest = rest.render().map_err(|why| {
        tracing::error!(error = %why, "a page could not be written");
        Problem::new(crate::http::problem::Kind::Internal)
    })?;
    let address = shown::address(Noun::Person, id);
    let (mut first, mut last) = (Vec::new(), Vec::new());
    if visit.may(Action::WriteCases) && !withdrawn {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("person", &version.code).finish();
        first.push((link(&format!("/desk/incidents/new?{query}")), t("Add an incident").to_owned()));
        first.push((format!("{address}/several"), t("Add several").to_owned()));
    }
    if visit.may(Action::Seal) {
        let label = if around.seal.sealed { t("Seal") } else { t("Seal it") };
        last.push((format!("{address}/seal"), label.to_owned()));
    }
    if visit.may(Action::Erase) {
        last.push((format!("{address}/erasure"), t("Erase").to_owned()));
    }
    record::page::<PersonEntry, _>(
        &visit,
        found,
        &around.vocabulary,
        request.query_string(),
        "Person",
        (first, last),
        rest,
    )
}

fn consent(
    found: &Found<crate::domain::consent::Consent>,
    vocabulary: &Vocabulary,
) -> Result<(String, String, String), Problem> {
    let (values, ids) = (values_of::<ConsentEntry>(found)?, ids(found));
    let line = |name: &str| {
        let input = inputs::of(Noun::Consent).iter().find(|input| input.name == name);
        let lines = input.map(|input| shown::lines(input, &values, vocabulary, &ids)).unwrap_or_default();
        lines.iter().map(Cell::text).collect::<Vec<_>>().join("; ")
    };
    let until = line("ends_on");
    let until = if until.is_empty() { until } else { format!(" ({} {until})", t("until")) };
    let address = shown::address(Noun::Consent, found.version.id);
    Ok((address, line("purpose"), format!("{}, {}{until}", line("decision"), line("decided_on"))))
}

fn linkage(found: &Found<crate::domain::linkage::Linkage>) -> (String, String) {
    let code = |id| found.codes.get(&id).cloned().unwrap_or_default();
    let body = &found.version.body;
    let line = say("{} is counted as {}", &[&code(body.person), &code(body.canonical)]);
    (shown::address(Noun::Linkage, found.version.id), line)
}

/// The page, below the address of persons.
pub fn services(config: &mut ServiceConfig) {
    config.configure(super::several::services).configure(super::care::services).service(view);
}
