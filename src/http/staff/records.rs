//! What staff do with a record of any noun: list, enter, read, correct, withdraw, see the history.

use std::marker::PhantomData;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};

use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::domain::check::Rule;
use crate::domain::disclosure;
use crate::domain::entry::Patch;
use crate::domain::record::{Instant, RecordId, State, Version};
use crate::domain::text::Texts;
use crate::store::error::StoreError;
use crate::store::narrowing::{self, By};
use crate::store::records::{self, After, Found, Stored, Which};
use crate::store::session::Tx;

use crate::http::auth::{Allowed, Permission};
use crate::http::documentation::{self, number, query_parameter, text};
use crate::http::kept::{FoundWarned, keep_correction, keep_new, keep_state, read_one};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::{Body, IdempotencyKey, IfMatch, Parameters, RecordPath};
use crate::http::state::Records;

/// How many records a page has where nothing is asked, and at most.
pub const PAGE: i64 = 50;
const LARGEST_PAGE: i64 = 200;

/// A version of a record, with what was entered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(example = json!({"id": "01997c1e-0000-7000-8000-000000000000", "version": 7, "status": "active",
    "created_at": "2026-11-22T10:00:00Z", "written_at": "2026-11-22T10:00:00Z", "written_by": "anna"}))]
pub struct Record<E: ToSchema> {
    pub id: RecordId,
    /// The number of the write that made this version; its entity tag.
    pub version: i64,
    pub status: State,
    /// When the record was first entered.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Instant,
    /// When this version was written.
    #[schema(value_type = String, format = DateTime)]
    pub written_at: Instant,
    /// The account that wrote it.
    pub written_by: String,
    /// The write that replaced this version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<i64>,
    /// What is odd, though it was kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The fields of personal text that hold something; the text itself is read at its own address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
    #[serde(flatten)]
    pub entry: E,
}

/// Something odd about what was kept.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Warning {
    pub code: String,
    pub detail: String,
}

/// Some records, in the order of their creation. The `Link` header says where the list goes on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    pub items: Vec<T>,
}

/// Why a record is taken back or restored.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(example = json!({"reason": "entered twice"}))]
pub struct Why {
    /// Why; no personal text.
    #[schema(required = true, nullable = false)]
    pub reason: Option<String>,
    /// The day from which it was known, YYYY-MM-DD; today where it is missing.
    pub known_on: Option<String>,
}

impl<E: Stored> Record<E> {
    pub fn new(found: &Found<E::Body>) -> Self {
        let version = &found.version;
        Self {
            id: version.id,
            version: version.stamp.write,
            status: version.stamp.state,
            created_at: version.created_at,
            written_at: found.by.written_at,
            written_by: found.by.account.clone(),
            superseded_by: version.stamp.superseded_by,
            warnings: Vec::new(),
            texts: found.texts.clone(),
            entry: E::describe(version, &found.codes),
        }
    }

    fn warned(found: &Found<E::Body>, warnings: Vec<records::Warning>) -> Self {
        let warning = |warning: records::Warning| Warning { code: warning.code.to_owned(), detail: warning.detail };
        Self { warnings: warnings.into_iter().map(warning).collect(), ..Self::new(found) }
    }
}

/// The parameters of a list: the noun's filters, and which page.
pub struct ListParameters<E>(PhantomData<E>);

impl<E: Stored> ListParameters<E> {
    fn names() -> Vec<&'static str> {
        E::FILTERS.iter().map(|(name, _)| *name).chain(["status", "after", "limit"]).collect()
    }
}

impl<E: Stored> IntoParams for ListParameters<E> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let filter = |(name, by): &(&str, By)| {
            let values = match by {
                By::Text => String::new(),
                By::Code(vocabulary) => format!(": a code of the vocabulary `{vocabulary}`"),
                By::Year => ": a year, or `_U`".to_owned(),
                By::Word(words) => format!(": {}", words.join(" or ")),
                By::Record(noun) => format!(": the code or id of {}", noun.one()),
                By::Account => ": the name of an account".to_owned(),
            };
            let schema = if let By::Word(words) = by { documentation::words(words.iter().copied()) } else { text() };
            query_parameter(name, format!("Only records with this {name}{values}."), schema)
        };
        let own = E::FILTERS.iter().map(filter);
        let common = [
            query_parameter(
                "status",
                "active, withdrawn or all; active where it is missing.",
                documentation::words(["active", "withdrawn", "all"]),
            ),
            query_parameter("after", "Where the list goes on, from the `Link` header.", text()),
            query_parameter(
                "limit",
                format!("How many records at most: 1 to {LARGEST_PAGE}, {PAGE} where it is missing."),
                number(1).maximum(Some(LARGEST_PAGE)),
            ),
        ];
        own.chain(common).collect()
    }
}

/// Where a list goes on, as the `Link` header spells it.
pub fn cursor<T>(last: &Version<T>) -> String {
    format!("{}.{}", last.created_write, last.id)
}

/// Reads where a list goes on; nothing where it is no such text.
pub fn read_cursor(text: &str) -> Option<After> {
    let (write, id) = text.split_once('.')?;
    let created_write = write.parse().ok().filter(|write| *write > 0)?;
    Some(After { created_write, id: RecordId(Uuid::parse_str(id).ok()?) })
}

/// Reads the size of a page.
///
/// # Errors
/// A problem that names the parameter.
pub fn read_limit(text: &str) -> Result<i64, Problem> {
    let limit = text.parse().ok().filter(|limit| (1..=LARGEST_PAGE).contains(limit));
    let expected = format!("1 to {LARGEST_PAGE}");
    limit.ok_or_else(|| Problem::parameter("limit", Rule::OutOfRange, Some(text), &expected))
}

/// Lists records.
///
/// # Errors
/// A problem that names the parameter, or that the store is not available.
pub async fn list<E: Stored, P: Permission>(
    allowed: Allowed<P>,
    store: &Records,
    parameters: Parameters,
) -> Result<Reply, Problem> {
    let (mut filters, mut after, mut limit, mut states) = (Vec::new(), None, PAGE, vec![State::Active]);
    for (name, value) in parameters.only(&ListParameters::<E>::names())? {
        match name {
            "limit" => limit = read_limit(&value)?,
            "after" => {
                let wrong =
                    || Problem::parameter("after", Rule::Malformed, Some(&value), "the value of a `Link` header");
                after = Some(read_cursor(&value).ok_or_else(wrong)?);
            }
            "status" => {
                states = match value.as_str() {
                    "active" => vec![State::Active],
                    "withdrawn" => vec![State::Withdrawn],
                    "all" => vec![State::Active, State::Withdrawn],
                    _ => {
                        let expected = "active, withdrawn or all";
                        return Err(Problem::parameter("status", Rule::UnknownCode, Some(&value), expected));
                    }
                }
            }
            filter => filters.push((filter, value)),
        }
    }
    let asked = filters.clone();
    let mut found = store
        .read(allowed.actor(), move |session| {
            let narrowings = narrowing::read::<E>(session, &filters)?;
            records::list::<E>(session, &narrowings, &states, after, limit + 1)
        })
        .await
        .map_err(Problem::in_query)?;
    let goes_on = found.len() as i64 > limit;
    found.truncate(usize::try_from(limit).unwrap_or_default());
    let next = found.last().filter(|_| goes_on).map(|last| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(asked).append_pair("limit", &limit.to_string());
        query.append_pair("after", &cursor(&last.version));
        format!("</api/v1/staff/{}?{}>; rel=\"next\"", E::NOUN.plural(), query.finish())
    });
    let page = Page { items: found.iter().map(Record::<E>::new).collect() };
    let reply = Reply::json(&disclosure::to_permitted(allowed.permit(), page));
    Ok(match next {
        Some(link) => reply.header(header::LINK, link),
        None => reply,
    })
}

/// Enters a record.
///
/// # Errors
/// A problem that names every field that is wrong.
pub async fn create<E: Stored, P: Permission>(
    allowed: Allowed<P>,
    store: &Records,
    key: IdempotencyKey,
    body: Body,
) -> Result<Reply, Problem> {
    let mut given: Patch = body.read()?;
    let texts = given.take_texts(E::TEXTS).map_err(StoreError::from);
    let entry: E = given.entry().map_err(StoreError::from)?;
    let (texts, hash) = (texts?, body.hash(E::NOUN.name()));
    enter(allowed, store, key, hash, move |_| Ok((entry, texts))).await
}

/// Enters a record whose entry is made inside of the write.
///
/// # Errors
/// A problem that names every field that is wrong.
pub async fn enter<E: Stored, P: Permission>(
    allowed: Allowed<P>,
    store: &Records,
    key: IdempotencyKey,
    hash: String,
    make: impl FnOnce(&mut Tx<'_>) -> Result<(E, Texts), StoreError> + Send + 'static,
) -> Result<Reply, Problem> {
    let ((found, warnings), replayed) = keep_new(store, allowed.actor(), key.get()?, hash, make).await?;
    let location = format!("/api/v1/staff/{}/{}", E::NOUN.plural(), found.version.id);
    let record = Record::<E>::warned(&found, warnings);
    let reply = Reply::json(&disclosure::to_permitted(allowed.permit(), record))
        .status(StatusCode::CREATED)
        .version(found.version.stamp.write)
        .header(header::LOCATION, location);
    Ok(if replayed { reply.header(HeaderName::from_static("idempotent-replayed"), "true") } else { reply })
}

/// Reads the newest version of a record.
///
/// # Errors
/// That there is none.
pub async fn get<E: Stored, P: Permission>(
    allowed: Allowed<P>,
    store: &Records,
    path: RecordPath,
) -> Result<Reply, Problem> {
    let found = read_one::<E>(store, allowed.actor(), path.get()?).await?;
    Ok(whole::<E, P>(&allowed, found))
}

fn whole<E: Stored, P>(allowed: &Allowed<P>, (found, warnings): FoundWarned<E>) -> Reply {
    let record = Record::<E>::warned(&found, warnings);
    Reply::json(&disclosure::to_permitted(allowed.permit(), record)).version(found.version.stamp.write)
}

/// Corrects a record: a new version that replaces the newest.
///
/// # Errors
/// A problem that names every field that is wrong, or that the record has changed.
pub async fn correct<E: Stored, P: Permission>(
    allowed: Allowed<P>,
    store: &Records,
    path: RecordPath,
    seen: IfMatch,
    body: Body,
) -> Result<Reply, Problem> {
    let (id, seen) = (path.get()?, seen.get()?);
    let found = keep_correction::<E>(store, allowed.actor(), id, seen, body.read()?).await?;
    Ok(whole::<E, P>(&allowed, found))
}

/// Takes a record back, or restores one.
///
/// # Errors
/// A problem that names every field that is wrong, or that the record has changed.
pub async fn set_state<E: Stored, P: Permission>(
    allowed: Allowed<P>,
    store: &Records,
    path: RecordPath,
    seen: IfMatch,
    body: Body,
    state: State,
) -> Result<Reply, Problem> {
    let (id, seen) = (path.get()?, seen.get()?);
    let found = keep_state::<E>(store, allowed.actor(), id, seen, body.read()?, state).await?;
    Ok(whole::<E, P>(&allowed, found))
}

/// Reads every version of a record, oldest first.
///
/// # Errors
/// That there is none.
pub async fn history<E: Stored, P: Permission>(
    allowed: Allowed<P>,
    store: &Records,
    path: RecordPath,
) -> Result<Reply, Problem> {
    let id = path.get()?;
    let found = store.read(allowed.actor(), move |session| records::get::<E>(session, id, Which::All)).await?;
    let page = Page { items: found.iter().map(Record::<E>::new).collect() };
    Ok(Reply::json(&disclosure::to_permitted(allowed.permit(), page)))
}
