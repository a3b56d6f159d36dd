//! The OpenAPI document: what the addresses say of themselves, completed by what is the same for all.

use actix_web::get;
use actix_web::web::Data;
use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, path::Operation};
use utoipa::{Modify, OpenApi as _};

use crate::domain::disclosure;
use crate::domain::text;

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

/// Adds to every operation the errors that it can give, and examples of records.
pub fn complete(api: &mut OpenApi) {
    let schemas = serde_json::to_value(&api.components).unwrap_or_default();
    for (path, item) in &mut api.paths.paths {
        if let Some(get) = item.get.as_mut().filter(|get| has_entity_tag(path, get)) {
            let unchanged =
                ResponseBuilder::new().description("Unchanged: the entity tag of If-None-Match still holds");
            get.responses.responses.insert("304".to_owned(), RefOr::T(unchanged.build()));
        }
        let operations = [&mut item.get, &mut item.post, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            for kind in errors(path, operation) {
                let status = kind.status().to_string();
                let shared = RefOr::Ref(Ref::new(format!("#/components/responses/Problem{status}")));
                operation.responses.responses.insert(status, shared);
            }
            add_examples(operation, &schemas);
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
        let response =
            ResponseBuilder::new().description(titles.join("; ")).content("application/problem+json", content).build();
        let name = format!("Problem{}", kind.status());
        components.responses.entry(name).or_insert(RefOr::T(response));
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
        ("PersonEntry", text::OF_PERSON),
        ("IncidentEntry", text::OF_INCIDENT),
        ("SourceEntry", text::OF_SOURCE),
        ("EventEntry", text::OF_EVENT),
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
    let mut kinds = vec![Kind::RequestTimeout, Kind::Internal];
    if !path.starts_with("/health/") && path != "/api/v1/openapi.json" {
        kinds.push(Kind::Unavailable);
    }
    if path.starts_with("/api/") && path != "/api/v1/openapi.json" {
        kinds.push(Kind::InvalidParameter);
    }
    if operation.security.is_some() {
        kinds.extend([Kind::Unauthenticated, Kind::Forbidden, Kind::TooMany]);
        if operation.tags.as_ref().is_some_and(|tags| tags.iter().any(|tag| tag == "accounts")) && has("id") {
            kinds.push(Kind::Refused);
        }
    }
    if operation.tags.as_ref().is_some_and(|tags| tags.iter().any(|tag| tag == "releases")) && has("If-Match") {
        kinds.extend([Kind::Refused, Kind::ReleaseOutdated]);
    }
    if operation.operation_id.as_deref() == Some("prepare_release") {
        kinds.extend([Kind::ReleaseOutdated, Kind::ReleaseBlocked]);
    }
    if has("id") {
        kinds.push(Kind::NotFound);
    }
    if path.starts_with("/api/v1/releases/{id}/") {
        kinds.push(Kind::Gone);
    }
    if path.starts_with("/api/v1/aggregates") || path.starts_with("/api/v1/codebook") {
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

/// A record's example is that of its entry, with what every record has.
fn add_examples(operation: &mut Operation, schemas: &Value) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let content = response.content.get_mut("application/json").filter(|_| status.starts_with('2'));
        let Some(RefOr::T(content)) = content else { continue };
        if content.example.is_some() {
            continue;
        }
        let schema = serde_json::to_value(&content.schema).unwrap_or_default();
        content.example = example(&schema, schemas);
    }
}

fn example(schema: &Value, schemas: &Value) -> Option<Value> {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return example(&schemas["schemas"][name], schemas);
    }
    if let Some(own) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return Some(own.clone());
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = json!({});
        for part in parts {
            if let (Some(whole), Some(Value::Object(part))) = (whole.as_object_mut(), example(part, schemas)) {
                whole.extend(part);
            }
        }
        return Some(whole);
    }
    if schema["properties"].get("items").is_some() {
        let item = example(&schema["properties"]["items"]["items"], schemas)?;
        return Some(json!({ "items": [item] }));
    }
    schema["properties"].get("written_by").map(|_| {
        json!({"id": "01997c1e-0000-7000-8000-000000000000", "version": 7, "status": "active",
            "created_at": "2026-11-22T10:00:00Z", "written_at": "2026-11-22T10:00:00Z", "written_by": "anna"})
    })
}

/// The document as it is served and as it is committed.
#[derive(Debug, Clone)]
pub struct Document(pub String);

impl Document {
    pub fn new(api: &OpenApi) -> Self {
        // A document of texts always has a JSON form.
        Self(api.to_pretty_json().unwrap_or_default() + "\n")
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
