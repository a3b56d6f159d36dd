//! Personal text: read at addresses of its own, each reading a line of the audit before it is answered.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{get, post};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::event::EventEntry;
use crate::domain::incident::IncidentEntry;
use crate::domain::person::PersonEntry;
use crate::domain::policy::{Actor, Standing};
use crate::domain::record::{Noun, RecordId};
use crate::domain::source::SourceEntry;
use crate::store::database::Store;
use crate::store::erasure;
use crate::store::error::StoreError;
use crate::store::records::{self, Stored};
use crate::store::texts;
use crate::store::visibility;

use super::actions::{erase_texts_action, read_texts_action};
use super::records::read_limit;
use super::seals::ErasureEntry;
use crate::http::auth::{Allowed, Erase, ReadTexts};
use crate::http::jobs::wiped;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::{Body, IfMatch, Parameters, RecordPath};
use crate::http::state::Records;

/// How many persons a search tells where nothing is asked.
const FEW: i64 = 20;

/// The personal text of a record.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "version": 7,
    "texts": {"name": "...", "safe_contact": "..."}}))]
pub struct TextsView {
    pub id: RecordId,
    /// The version of the record.
    pub version: i64,
    /// Field and text.
    pub texts: BTreeMap<String, String>,
}

async fn read<E: Stored>(
    allowed: Allowed<ReadTexts>,
    store: &Records,
    path: RecordPath,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    let id = path.get()?;
    let mut version = None;
    if let Some((_, value)) = parameters.only(&["version"])?.pop() {
        let wrong = || Problem::parameter("version", Rule::Malformed, Some(&value), "the version of a record");
        version = Some(value.parse().map_err(|_| wrong())?);
    }
    let actor = allowed.actor();
    let (version, found) = store
        .run(move |store| store.write(&actor, read_texts_action(E::NOUN), move |tx| texts::read::<E>(tx, id, version)))
        .await?;
    let texts = found.into_iter().map(|(field, text)| (field, text.reveal().to_owned())).collect();
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), TextsView { id, version, texts })))
}

macro_rules! texts {
    ($module:ident, $Entry:ty, $one:literal, $tag:literal) => {
        pub mod $module {
            use super::*;

            #[doc = concat!("Read the personal text of ", $one, ". The reading is recorded in the audit before it is answered.")]
            #[utoipa::path(
                summary = concat!("Read the personal text of ", $one, "."),
                tag = $tag,
                operation_id = concat!("read_texts_of_", stringify!($module)),
                params(("id" = String, Path, format = Uuid),
                    ("version" = Option<i64>, Query, description = "As it was in this version; the newest where it is missing")),
                security(("bearer" = ["read_texts"])),
                responses((status = 200, description = "Its personal text", body = TextsView))
            )]
            #[get("/{id}/texts")]
            pub async fn read(
                allowed: Allowed<ReadTexts>,
                store: Data<Records>,
                path: RecordPath,
                parameters: Parameters,
            ) -> Result<Reply, Problem> {
                super::read::<$Entry>(allowed, &store, path, parameters).await
            }

            /// The address, below the noun's own.
            pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
                config.service(read);
            }
        }
    };
}

/// How many texts were erased.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "erased": 2, "wiped": true,
    "job": "01997c1e-0000-7000-8000-000000000001"}))]
pub struct TextsErased {
    pub id: RecordId,
    /// Texts in all versions.
    pub erased: usize,
    /// Whether their traces are wiped from the database's files already.
    pub wiped: bool,
    /// The job that wipes them.
    pub job: Option<RecordId>,
}

async fn erase<E: Stored>(
    allowed: Allowed<Erase>,
    store: &Records,
    path: RecordPath,
    seen: IfMatch,
    body: Body,
) -> Result<Reply, Problem> {
    allowed.permit().on(Standing::Nobody)?;
    let (id, seen) = (path.get()?, seen.get()?);
    let ErasureEntry { reason } = body.read()?;
    let actor = allowed.actor();
    let action = erase_texts_action(E::NOUN);
    let (erased, wiping) =
        store.run(move |store| erasure::erase_texts::<E>(store, &actor, action, id, seen, reason)).await?;
    let job = wiping.as_ref().map(|job| job.id);
    // Where there was nothing to erase, there are no traces.
    let wiped = wiping.is_none() && erased == 0 || wiped(store, wiping).await;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), TextsErased { id, erased, wiped, job })))
}

macro_rules! erasable {
    ($module:ident, $Entry:ty, $one:literal, $tag:literal) => {
        pub mod $module {
            use super::*;

            #[doc = concat!("Erase the personal text of ", $one, ", in every version, with its key. The coded record stays.")]
            #[utoipa::path(
                summary = concat!("Erase the personal text of ", $one, ", in every version. The coded record stays."),
                tag = $tag,
                operation_id = concat!("erase_", stringify!($module)),
                params(("id" = String, Path, format = Uuid),
                    ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
                request_body = ErasureEntry,
                security(("bearer" = ["erase"])),
                responses((status = 200, description = "How many texts were erased", body = TextsErased))
            )]
            #[post("/{id}/texts/erasure")]
            pub async fn erase(
                allowed: Allowed<Erase>,
                store: Data<Records>,
                path: RecordPath,
                seen: IfMatch,
                body: Body,
            ) -> Result<Reply, Problem> {
                super::erase::<$Entry>(allowed, &store, path, seen, body).await
            }

            /// The address, below the noun's own.
            pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
                config.service(erase);
            }
        }
    };
}

erasable!(texts_of_source, SourceEntry, "a source", "sources");
erasable!(texts_of_event, EventEntry, "an event", "events");

texts!(persons, PersonEntry, "a person", "persons");
texts!(incidents, IncidentEntry, "an incident", "incidents");
texts!(sources, SourceEntry, "a source", "sources");
texts!(events, EventEntry, "an event", "events");

/// Whom to look for.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"name": "..."}))]
pub struct Search {
    /// Beginnings of words of a name or alias, in any order. Case, accents and ё do not matter.
    #[schema(required = true, nullable = false)]
    pub name: Option<String>,
    /// How many persons at most: 1 to 200, 20 where it is missing.
    pub limit: Option<i64>,
}

/// The persons who were found, in the order in which they were entered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"items": [{"id": "01997c1e-0000-7000-8000-000000000000", "code": "P-0001", "matched": ["name"]}],
    "more": false}))]
pub struct SearchResult {
    pub items: Vec<SearchHit>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// A person who was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SearchHit {
    pub id: RecordId,
    pub code: String,
    /// The fields in which the name was found.
    pub matched: Vec<String>,
}

/// Find persons by name. Names are encrypted, so every name that you may see is decrypted for it. The search is recorded in the
/// audit with whom it found, never with what was asked.
#[utoipa::path(
    tag = "persons",
    operation_id = "search_persons",
    request_body = Search,
    security(("bearer" = ["read_texts"])),
    responses((status = 200, description = "Who was found", body = SearchResult))
)]
#[post("/searches")]
pub async fn search(allowed: Allowed<ReadTexts>, store: Data<Records>, body: Body) -> Result<Reply, Problem> {
    let Search { name, limit } = body.read()?;
    let limit = limit.map_or(Ok(FEW), |limit| read_limit(&limit.to_string()))?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let actor = allowed.actor();
    let result = store
        .search(actor.account, move |store| find_persons(store, &actor, name.as_deref().unwrap_or_default(), limit))
        .await?;
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), result)))
}

/// Finds persons by name, and puts into the audit whom it found before that is told.
///
/// # Errors
/// That nothing is asked for, that the actor may not, or that a text does not open.
pub fn find_persons(store: &Store, actor: &Actor, name: &str, limit: usize) -> Result<SearchResult, StoreError> {
    let mut hits = store.read(actor, |session| texts::search(session, name, limit + 1))?;
    let more = hits.len() > limit;
    hits.truncate(limit);
    let ids: Vec<_> = hits.iter().map(|hit| hit.person).collect();
    let codes = store.write(actor, "person.search", move |tx| {
        let (reader, persons) = (tx.actor().account, ids.iter().map(|id| (Noun::Person, *id)).collect());
        // Somebody may have been sealed since.
        let unseen = visibility::unseen(tx.conn(), reader, &persons)?;
        let seen: Vec<_> = ids.into_iter().filter(|id| !unseen.contains(id)).collect();
        let found = seen.iter().map(|id| serde_json::json!([Noun::Person.name(), id.to_string()]));
        tx.note("found", found.collect::<Vec<_>>());
        Ok(records::codes(tx.conn(), seen)?)
    })?;
    let hit = |hit: texts::Hit| {
        let code = codes.get(&hit.person).cloned()?;
        Some(SearchHit { id: hit.person, code, matched: hit.fields })
    };
    Ok(SearchResult { items: hits.into_iter().filter_map(hit).collect(), more })
}
