//! The addresses of every noun that staff keep. A new noun is an entry here.

use actix_web::web::Data;
use actix_web::{get, patch, post};

use crate::domain::consent::ConsentEntry;
use crate::domain::event::EventEntry;
use crate::domain::figure::FigureEntry;
use crate::domain::incident::IncidentEntry;
use crate::domain::linkage::LinkageEntry;
use crate::domain::person::PersonEntry;
use crate::domain::publication::PublicationEntry;
use crate::domain::record::State;
use crate::domain::source::SourceEntry;
use crate::domain::term::TermEntry;

use super::records::{self, ListParameters, Page, Record, Why};
use crate::http::auth::{Allowed, ReadCases, ReadFigures, ReadTerms, WriteCases, WriteFigures, WriteTerms};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::request::{Body, IdempotencyKey, IfMatch, Parameters, RecordPath};
use crate::http::state::Records;

/// The seven addresses of a noun.
macro_rules! noun {
    ($module:ident, $Entry:ty, $a:literal $one:literal, $many:literal, $Read:ty = $read:literal, $Write:ty = $write:literal) => {
        pub mod $module {
            use super::*;

            #[doc = concat!("List ", $many, ", in the order of their creation.")]
            #[utoipa::path(
                summary = concat!("List ", $many, ", in the order of their creation."),
                tag = $many,
                operation_id = concat!("list_", $many),
                params(ListParameters<$Entry>),
                security(("bearer" = [$read])),
                responses((status = 200, description = "Some of them", body = Page<Record<$Entry>>,
                    headers(("Link" = Option<String>, description = "where the list goes on: rel=\"next\""))))
            )]
            #[get("")]
            pub async fn list(
                allowed: Allowed<$Read>,
                store: Data<Records>,
                parameters: Parameters,
            ) -> Result<Reply, Problem> {
                records::list::<$Entry, _>(allowed, &store, parameters).await
            }

            #[doc = concat!("Enter a new ", $one, ".")]
            #[utoipa::path(
                summary = concat!("Enter a new ", $one, "."),
                tag = $many,
                operation_id = concat!("create_", $one),
                params(("Idempotency-Key" = Option<String>, Header,
                    description = "Makes sending twice safe: 1 to 128 visible ASCII characters")),
                request_body = $Entry,
                security(("bearer" = [$write])),
                responses((status = 201, description = "Entered", body = Record<$Entry>,
                    headers(("ETag" = String, description = "the version"), ("Location" = String, description = "its address"),
                        ("Idempotent-Replayed" = Option<bool>, description = "true where the same was sent before"))))
            )]
            #[post("")]
            pub async fn create(
                allowed: Allowed<$Write>,
                store: Data<Records>,
                key: IdempotencyKey,
                body: Body,
            ) -> Result<Reply, Problem> {
                records::create::<$Entry, _>(allowed, &store, key, body).await
            }

            #[doc = concat!("Read the newest version of ", $a, " ", $one, ".")]
            #[utoipa::path(
                summary = concat!("Read the newest version of ", $a, " ", $one, "."),
                tag = $many,
                operation_id = concat!("get_", $one),
                params(("id" = String, Path, format = Uuid)),
                security(("bearer" = [$read])),
                responses((status = 200, description = "The newest version", body = Record<$Entry>,
                    headers(("ETag" = String, description = "the version"))))
            )]
            #[get("/{id}")]
            pub async fn get(allowed: Allowed<$Read>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
                records::get::<$Entry, _>(allowed, &store, path).await
            }

            #[doc = concat!("Correct ", $a, " ", $one, ": a new version that replaces the newest. Nothing is overwritten.")]
            #[utoipa::path(
                summary = concat!("Correct ", $a, " ", $one, ": a new version that replaces the newest. Nothing is overwritten."),
                tag = $many,
                operation_id = concat!("correct_", $one),
                params(("id" = String, Path, format = Uuid),
                    ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
                request_body(content = $Entry, content_type = "application/merge-patch+json",
                    description = "What is to change; what is left out stays as it is (RFC 7396). `reason` is required."),
                security(("bearer" = [$write])),
                responses((status = 200, description = "The new version", body = Record<$Entry>,
                    headers(("ETag" = String, description = "the version"))))
            )]
            #[patch("/{id}")]
            pub async fn correct(
                allowed: Allowed<$Write>,
                store: Data<Records>,
                path: RecordPath,
                seen: IfMatch,
                body: Body,
            ) -> Result<Reply, Problem> {
                records::correct::<$Entry, _>(allowed, &store, path, seen, body).await
            }

            #[doc = concat!("Withdraw ", $a, " ", $one, ": it is kept with its history and no longer counted.")]
            #[utoipa::path(
                summary = concat!("Withdraw ", $a, " ", $one, ": it is kept with its history and no longer counted."),
                tag = $many,
                operation_id = concat!("withdraw_", $one),
                params(("id" = String, Path, format = Uuid),
                    ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
                request_body = Why,
                security(("bearer" = [$write])),
                responses((status = 200, description = "The version that withdraws it", body = Record<$Entry>,
                    headers(("ETag" = String, description = "the version"))))
            )]
            #[post("/{id}/withdrawal")]
            pub async fn withdraw(
                allowed: Allowed<$Write>,
                store: Data<Records>,
                path: RecordPath,
                seen: IfMatch,
                body: Body,
            ) -> Result<Reply, Problem> {
                records::set_state::<$Entry, _>(allowed, &store, path, seen, body, State::Withdrawn).await
            }

            #[doc = concat!("Restore ", $a, " ", $one, " that was withdrawn: it is counted again.")]
            #[utoipa::path(
                summary = concat!("Restore ", $a, " ", $one, " that was withdrawn: it is counted again."),
                tag = $many,
                operation_id = concat!("restore_", $one),
                params(("id" = String, Path, format = Uuid),
                    ("If-Match" = String, Header, description = "the ETag of the version that you have read")),
                request_body = Why,
                security(("bearer" = [$write])),
                responses((status = 200, description = "The version that restores it", body = Record<$Entry>,
                    headers(("ETag" = String, description = "the version"))))
            )]
            #[post("/{id}/restoration")]
            pub async fn restore(
                allowed: Allowed<$Write>,
                store: Data<Records>,
                path: RecordPath,
                seen: IfMatch,
                body: Body,
            ) -> Result<Reply, Problem> {
                records::set_state::<$Entry, _>(allowed, &store, path, seen, body, State::Active).await
            }

            #[doc = concat!("Read every version of ", $a, " ", $one, ", oldest first: who wrote what, when, and why.")]
            #[utoipa::path(
                summary = concat!("Read every version of ", $a, " ", $one, ", oldest first: who wrote what, when, and why."),
                tag = $many,
                operation_id = concat!("history_of_", $one),
                params(("id" = String, Path, format = Uuid)),
                security(("bearer" = [$read])),
                responses((status = 200, description = "Every version", body = Page<Record<$Entry>>))
            )]
            #[get("/{id}/history")]
            pub async fn history(allowed: Allowed<$Read>, store: Data<Records>, path: RecordPath) -> Result<Reply, Problem> {
                records::history::<$Entry, _>(allowed, &store, path).await
            }

            /// The addresses, below the noun's own.
            pub fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
                config.service(list).service(create).service(history).service(withdraw).service(restore).service(get).service(correct);
            }
        }
    };
}

noun!(persons, PersonEntry, "a" "person", "persons", ReadCases = "read_cases", WriteCases = "write_cases");
noun!(incidents, IncidentEntry, "an" "incident", "incidents", ReadCases = "read_cases", WriteCases = "write_cases");
noun!(linkages, LinkageEntry, "a" "linkage", "linkages", ReadCases = "read_cases", WriteCases = "write_cases");
noun!(consents, ConsentEntry, "a" "consent", "consents", ReadCases = "read_cases", WriteCases = "write_cases");
noun!(sources, SourceEntry, "a" "source", "sources", ReadCases = "read_cases", WriteCases = "write_cases");
noun!(events, EventEntry, "an" "event", "events", ReadCases = "read_cases", WriteCases = "write_cases");
noun!(terms, TermEntry, "a" "term", "terms", ReadTerms = "read_terms", WriteTerms = "write_terms");
noun!(
    publications,
    PublicationEntry,
    "a" "publication",
    "publications",
    ReadFigures = "read_figures",
    WriteFigures = "write_figures"
);
noun!(figures, FigureEntry, "a" "figure", "figures", ReadFigures = "read_figures", WriteFigures = "write_figures");
