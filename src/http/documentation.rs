//! The OpenAPI document: what the addresses say of themselves, completed by what is the same for all.

mod examples;
mod formats;
pub mod parameters;
mod schemas;

use actix_web::get;
use actix_web::web::Data;
use serde_json::json;
use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{Modify, OpenApi as _};

use crate::domain::disclosure;
use crate::domain::text as texts;

use super::problem::{Kind, Problem};
use super::reply::Reply;

/// Where the documentation is shown.
pub const ADDRESS: &str = "/api/docs";

/// What the document says of the whole.
#[derive(Debug, utoipa::OpenApi)]
#[openapi(
    info(
        title = "Attest",
        description = "Records of persecution and of the help given against it, and the figures that stand on them.",
        license(name = "MIT", identifier = "MIT")
    ),
    components(schemas(Problem)),
    modifiers(&Bearer),
    tags(
        (name = "public", description = "For anybody: what was published."),
        (name = "research", description = "For researchers: exact counts, never rows."),
        (name = "persons", description = "For staff: persons, known by pseudonymous codes."),
        (name = "incidents", description = "For staff: what happened to one person, of one kind."),
        (name = "linkages", description = "For staff: decisions that two records are of one person."),
        (name = "consents", description = "For staff: what a person agrees to, purpose by purpose, and who is to be looked at."),
        (name = "sources", description = "For staff: where an incident is known from."),
        (name = "events", description = "For staff: episodes that group incidents."),
        (name = "terms", description = "The controlled lists."),
        (name = "publications", description = "For staff: documents that were published, drafts too."),
        (name = "figures", description = "For staff: numbers in publications, drafts too."),
        (name = "releases", description = "For publishers: what is released to anybody, and what is withheld."),
        (name = "transfer", description = "For staff: files in and out."),
        (name = "jobs", description = "For staff: the long work that you have asked for."),
        (name = "accounts", description = "For admins: who has an account; and for everybody their own tokens."),
        (name = "audit", description = "For auditors: who did what."),
        (name = "health", description = "For operators.")
    )
)]
pub struct Documentation;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        api.components.get_or_insert_default().add_security_scheme("bearer", scheme);
    }
}

/// The document's beginning.
pub fn beginning() -> OpenApi {
    Documentation::openapi()
}

/// A parameter of the query string that may be left out.
pub fn query_parameter(name: &str, description: impl Into<String>, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// Any text.
pub fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// One of these words.
pub fn words<'w>(words: impl IntoIterator<Item = &'w str>) -> ObjectBuilder {
    text().enum_values(Some(words))
}

/// A whole number that is at least this.
pub fn number(least: i64) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(least))
}

/// Adds to every operation what it has in common with others: errors, entity tags, personal text and corrections.
pub fn complete(api: &mut OpenApi) {
    for (path, item) in &mut api.paths.paths {
        if let Some(get) = item.get.as_mut().filter(|get| has_entity_tag(path, get)) {
            let mut headers = vec![("ETag", header([Type::String], "the version"))];
            if get.security.is_none() {
                headers.push(("Last-Modified", header([Type::String, Type::Null], "the day of the release")));
            }
            if path.starts_with("/api/v1/aggregates") {
                let location = "the address that goes on answering this: the release's own";
                headers.push(("Content-Location", header([Type::String], location)));
            }
            let responses = &mut get.responses.responses;
            let unchanged = "Unchanged: the entity tag of If-None-Match still holds";
            let mut unchanged = ResponseBuilder::new().description(unchanged).build();
            if let Some(RefOr::T(read)) = responses.get_mut("200") {
                for (name, header) in headers {
                    read.headers.entry(name.to_owned()).or_insert(RefOr::T(header));
                }
                unchanged.headers.clone_from(&read.headers);
            }
            responses.insert("304".to_owned(), RefOr::T(unchanged));
        }
        let operations = [&mut item.get, &mut item.post, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            show_headers_of_success(operation);
            for kind in errors(path, operation) {
                let status = kind.status().to_string();
                let shared = RefOr::Ref(Ref::new(format!("#/components/responses/Problem{status}")));
                operation.responses.responses.insert(status, shared);
            }
        }
    }
    show_texts(api);
    show_corrections(api);
    let components = api.components.get_or_insert_default();
    for kind in Kind::ALL {
        let same: Vec<_> = Kind::ALL.iter().filter(|other| other.status() == kind.status()).collect();
        let titles: Vec<_> = same.iter().map(|kind| kind.title()).collect();
        let example = serde_json::to_value(Problem::new(*kind)).unwrap_or_default();
        let schema = Some(Ref::from_schema_name("Problem"));
        let content = Content::builder().schema(schema).example(Some(example)).build();
        let mut response =
            ResponseBuilder::new().description(titles.join("; ")).content("application/problem+json", content);
        for (name, kind, description) in headers(kind.status()) {
            response = response.header(*name, header([kind.clone()], description));
        }
        let name = format!("Problem{}", kind.status());
        components.responses.entry(name).or_insert(RefOr::T(response.build()));
    }
}

/// A header, which need not be there where `null` is one of its types.
fn header(types: impl IntoIterator<Item = Type>, description: &str) -> Header {
    let schema = Object::with_type(SchemaType::from_iter(types));
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

/// The headers that come with every problem of a status.
fn headers(status: u16) -> &'static [(&'static str, Type, &'static str)] {
    match status {
        401 => &[("WWW-Authenticate", Type::String, "how to say who asks")],
        405 => &[("Allow", Type::String, "the methods that the address takes")],
        429 | 503 | 504 => &[("Retry-After", Type::Integer, "after how many seconds it is worth trying again")],
        _ => &[],
    }
}

/// Adds the headers that come with whatever a request of long work, or one that may be sent twice, is answered.
fn show_headers_of_success(operation: &mut Operation) {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let takes = |name: &str| {
        parameters.iter().any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == name))
    };
    let (prefers, repeats) = (takes("Prefer"), takes("Idempotency-Key"));
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if !status.starts_with('2') {
            continue;
        }
        let headers = [
            (status == "202", "Retry-After", vec![Type::Integer], "after how many seconds it is worth looking again"),
            (prefers, "Preference-Applied", vec![Type::String, Type::Null], "what of `Prefer` was kept to"),
            (repeats, "Idempotent-Replayed", vec![Type::Boolean, Type::Null], "true where the same was sent before"),
        ];
        for (_, name, types, description) in headers.into_iter().filter(|(comes, ..)| *comes) {
            response.headers.entry(name.to_owned()).or_insert_with(|| RefOr::T(header(types, description)));
        }
    }
}

/// Whether an answer can be asked for again with `If-None-Match`: what is public, and the newest version of a record.
fn has_entity_tag(path: &str, operation: &Operation) -> bool {
    let tagged = operation
        .responses
        .responses
        .get("200")
        .is_some_and(|response| matches!(response, RefOr::T(response) if response.headers.contains_key("ETag")));
    tagged || (operation.security.is_none() && path.starts_with("/api/"))
}

/// Shows the fields of personal text, which are entered with a record and never read with it.
fn show_texts(api: &mut OpenApi) {
    let Some(components) = &mut api.components else { return };
    let of = [
        ("PersonEntry", texts::OF_PERSON),
        ("IncidentEntry", texts::OF_INCIDENT),
        ("SourceEntry", texts::OF_SOURCE),
        ("EventEntry", texts::OF_EVENT),
    ];
    for (name, fields) in of {
        let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(name) else { continue };
        for field in fields {
            let schema = ObjectBuilder::new()
                .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
                .max_length(Some(field.longest))
                .description(Some(field.description))
                .write_only(true);
            object.properties.insert(field.name.to_owned(), schema.into());
        }
    }
}

/// Shows a correction as the fields of an entry, none of them required but the reason.
fn show_corrections(api: &mut OpenApi) {
    let Some(components) = &mut api.components else { return };
    for item in api.paths.paths.values_mut() {
        let Some(body) = item.patch.as_mut().and_then(|operation| operation.request_body.as_mut()) else { continue };
        let RefOr::T(body) = body else { continue };
        for content in body.content.values_mut() {
            let RefOr::T(content) = content else { continue };
            let Some(RefOr::Ref(entry)) = &content.schema else { continue };
            let Some(name) = entry.ref_location.rsplit('/').next().map(str::to_owned) else { continue };
            let Some(RefOr::T(Schema::Object(mut object))) = components.schemas.get(&name).cloned() else { continue };
            object.required = vec!["reason".to_owned()];
            for (name, property) in &mut object.properties {
                let RefOr::T(Schema::Object(property)) = property else { continue };
                // What is left out stays as it is.
                property.default = None;
                if name == "reason" {
                    property.schema_type = Type::String.into();
                }
            }
            object.example = Some(json!({"known_on": "2026-11-20", "reason": "second interview"}));
            let correction = name.replace("Entry", "Correction");
            content.schema = Some(Ref::from_schema_name(&correction).into());
            components.schemas.insert(correction, RefOr::T(Schema::Object(object)));
        }
    }
}

/// The errors that an operation can give.
fn errors(path: &str, operation: &Operation) -> Vec<Kind> {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let has = |name: &str| {
        parameters.iter().any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.name == name))
    };
    let tagged = |tag: &str| operation.tags.iter().flatten().any(|own| own == tag);
    let mut kinds = vec![Kind::RequestTimeout, Kind::Internal];
    if !path.starts_with("/health/") && path != "/api/v1/openapi.json" {
        kinds.extend([Kind::Unavailable, Kind::TookTooLong]);
    }
    if path.starts_with("/api/") && path != "/api/v1/openapi.json" {
        kinds.push(Kind::InvalidParameter);
    }
    if operation.security.is_some() {
        kinds.extend([Kind::Unauthenticated, Kind::Forbidden, Kind::TooMany]);
        if tagged("accounts") && has("id") {
            kinds.push(Kind::Refused);
        }
    }
    if tagged("releases") && has("If-Match") {
        kinds.extend([Kind::Refused, Kind::ReleaseOutdated]);
    }
    let named = operation.operation_id.as_deref().unwrap_or_default();
    let writes = ["create_", "correct_", "import_"].iter().any(|start| named.starts_with(start));
    if writes && ["persons", "incidents", "sources", "events", "transfer"].into_iter().any(tagged) {
        kinds.push(Kind::Unconfirmed);
    }
    if named == "prepare_release" {
        kinds.extend([Kind::ReleaseOutdated, Kind::ReleaseBlocked]);
    }
    // Two people do these together; and what was sent before may be gone since.
    if named == "request_seal" || named.starts_with("confirm_") {
        kinds.push(Kind::Refused);
    }
    if matches!(named, "import_file" | "cancel_job") {
        kinds.push(Kind::Refused);
    }
    if has("id") || has("Idempotency-Key") || named == "request_seal" {
        kinds.push(Kind::NotFound);
    }
    if path.starts_with("/api/v1/releases/{id}/") {
        kinds.push(Kind::Gone);
    }
    let of_newest = ["/api/v1/aggregates", "/api/v1/codebook", "/api/v1/figures/series.svg"];
    if of_newest.iter().any(|start| path.starts_with(start)) {
        kinds.push(Kind::NotFound);
    }
    if has("If-Match") {
        kinds.extend([Kind::Stale, Kind::PreconditionRequired]);
    }
    if operation.request_body.is_some() {
        kinds.extend([Kind::MalformedBody, Kind::TooLarge, Kind::UnsupportedMediaType, Kind::Invalid]);
    }
    kinds
}

/// The document as it is served and as it is committed.
#[derive(Debug, Clone)]
pub struct Document(pub String);

impl Document {
    pub fn new(api: &OpenApi) -> Self {
        // A document of texts always has a JSON form.
        let mut document = serde_json::to_value(api).unwrap_or_default();
        formats::show(&mut document);
        schemas::make_plain(&mut document);
        examples::add(&mut document);
        Self(format!("{document:#}\n"))
    }
}

/// Read this document.
#[utoipa::path(
    tag = "public",
    operation_id = "read_document",
    responses((status = 200, description = "The OpenAPI document", body = Object, example = json!({"openapi": "3.1.0"})))
)]
#[get("/openapi.json")]
pub async fn read_document(document: Data<Document>) -> Reply {
    Reply::document(&disclosure::about_our_interface(document.0.clone())).public()
}
