//! The OpenAPI document: the committed one is the served one, and it says enough.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use attest::domain::record::Noun;
use attest::exchange::formats::FORMATS;
use attest::http::app;
use attest::http::documentation::Document;
use attest::http::problem::Kind;
use serde_json::{Value, json};

use crate::support::operations::{all, document, resolve};
use crate::support::samples::some_id;
use crate::support::{Answer, App, contract, on_both};

on_both! {
    released:
    the_served_document_is_the_printed_one,
    every_operation_that_reads_answers_as_the_document_describes,
}

on_both! {
    empty:
    the_example_of_a_creation_is_accepted,
    an_answer_that_the_document_does_not_describe_is_found,
}

#[test]
fn the_committed_document_is_the_printed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi/openapi.json");
    let printed = Document::new(&app::openapi()).0;
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &printed).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let first = committed.lines().zip(printed.lines()).position(|(committed, printed)| committed != printed);
    assert!(
        committed == printed,
        "openapi/openapi.json differs from line {:?}; UPDATE=1 cargo test --test interface writes it anew",
        first.map(|line| line + 1)
    );
}

#[test]
fn the_document_is_openapi_3_1_and_names_no_other_host() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["info"]["title"], "Attest");
    assert!(document.get("servers").is_none(), "addresses are relative to wherever it is served");
    assert_eq!(document["components"]["securitySchemes"]["bearer"], json!({"type": "http", "scheme": "bearer"}));
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    fn references<'v>(value: &'v Value, found: &mut HashSet<&'v str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let document = document();
    let mut found = HashSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for target in found {
        assert!(document.pointer(target.strip_prefix('#').unwrap()).is_some(), "{target}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_known_tag() {
    let document = document();
    let tags: HashSet<_> = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    let mut names = HashSet::new();
    for operation in all() {
        let described = &operation.described;
        let name = described["operationId"].as_str().unwrap_or_default().to_owned();
        assert!(!name.is_empty() && names.insert(name), "{}", operation.name());
        assert!(described["summary"].as_str().is_some_and(|summary| summary.len() > 10), "{}", operation.name());
        for tag in described["tags"].as_array().unwrap() {
            assert!(tags.contains(tag), "{}: {tag}", operation.name());
        }
    }
}

#[test]
fn every_operation_has_examples_of_body_and_answer() {
    let document = document();
    for operation in all() {
        let mut contents = Vec::new();
        if operation.media.is_some() {
            contents.push(&operation.described["requestBody"]["content"]);
        }
        for (status, response) in operation.described["responses"].as_object().unwrap() {
            let response = resolve(&document, response);
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{}", operation.name());
            let content = &response["content"];
            if status == "304" {
                assert!(content.is_null(), "{}", operation.name());
                continue;
            }
            assert!(content.is_object(), "{} {status}", operation.name());
            contents.push(content);
        }
        for content in contents {
            for (media, content) in content.as_object().unwrap() {
                let schema = resolve(&document, &content["schema"]);
                let example = [&content["example"], &schema["example"], &schema["examples"][0]];
                let example = example.into_iter().find(|example| !example.is_null());
                let example = example.unwrap_or_else(|| panic!("{} {media} has no example", operation.name()));
                if media.ends_with("json") {
                    assert!(example.as_object().is_some_and(|example| !example.is_empty()), "{}", operation.name());
                }
            }
        }
    }
}

#[test]
fn every_operation_documents_the_errors_that_it_can_give() {
    let document = document();
    for operation in all() {
        let mut expected = vec![Kind::Internal, Kind::RequestTimeout];
        if operation.action.is_some() {
            expected.extend([Kind::Unauthenticated, Kind::Forbidden, Kind::Unavailable, Kind::InvalidParameter]);
        }
        if operation.media.is_some() {
            expected.extend([Kind::MalformedBody, Kind::TooLarge, Kind::UnsupportedMediaType, Kind::Invalid]);
        }
        if operation.path.contains('{') {
            expected.push(Kind::NotFound);
        }
        let parameters = operation.described["parameters"].as_array().cloned().unwrap_or_default();
        if parameters.iter().any(|parameter| parameter["name"] == "If-Match") {
            expected.extend([Kind::Stale, Kind::PreconditionRequired]);
        }
        for kind in expected {
            let status = kind.status().to_string();
            let response = resolve(&document, &operation.described["responses"][&status]);
            let problem = &response["content"]["application/problem+json"];
            assert_eq!(problem["schema"]["$ref"], "#/components/schemas/Problem", "{} {status}", operation.name());
            assert_eq!(problem["example"]["status"], kind.status(), "{} {status}", operation.name());
        }
    }
}

#[test]
fn every_address_says_who_may_ask() {
    for operation in all() {
        let is_open = operation.action.is_none();
        let closed = ["/api/v1/staff/", "/api/v1/research/"].iter().any(|prefix| operation.path.starts_with(prefix));
        assert_eq!(is_open, !closed, "{}", operation.name());
    }
}

fn the_served_document_is_the_printed_one(app: &App) {
    let served = app.anybody().get("/api/v1/openapi.json").expect(200);
    assert_eq!(served.header("content-type"), Some("application/json"));
    assert_eq!(served.text(), Document::new(&app::openapi()).0);
}

fn an_answer_that_the_document_does_not_describe_is_found(app: &App) {
    let good = app.caseworker().enter(Noun::Person, &json!({"code": "P-0001"}));
    let address = good.path(Noun::Person);
    let read = app.caseworker().get(&address).expect(200);
    assert_eq!(contract::check("GET", &address, &read), Ok(()));
    let with = |change: &dyn Fn(&mut Answer)| {
        let mut wrong = read.clone();
        change(&mut wrong);
        contract::check("GET", &address, &wrong).unwrap_err()
    };
    let body = |change: &dyn Fn(&mut Value)| {
        with(&|answer| {
            let mut body = answer.json();
            change(&mut body);
            answer.bytes = body.to_string().into_bytes();
        })
    };
    let found = [
        (with(&|answer| answer.status = 418), "418"),
        (with(&|answer| drop(answer.headers.remove("etag"))), "ETag"),
        (with(&|answer| drop(answer.headers.insert("content-type", "text/plain".parse().unwrap()))), "text/plain"),
        (with(&|answer| answer.bytes.truncate(20)), "JSON"),
        (body(&|body| body["version"] = "7".into()), "/version"),
        (body(&|body| body["status"] = "baseline".into()), "/status"),
        (body(&|body| body["name"] = "Somebody".into()), "name"),
        (body(&|body| drop(body.as_object_mut().unwrap().remove("ground"))), "ground"),
        (body(&|body| body["created_at"] = "yesterday".into()), "/created_at"),
    ];
    for (why, expected) in found {
        assert!(why.contains(expected), "{expected}: {why}");
    }
    let wrong = contract::check("DELETE", &address, &read).unwrap_err();
    assert!(wrong.contains("405"), "{wrong}");
    assert!(contract::check("GET", "/api/v1/nowhere", &read).unwrap_err().contains("404"));
}

fn every_operation_that_reads_answers_as_the_document_describes(app: &App) {
    let mut read = 0;
    for operation in all().into_iter().filter(|operation| operation.method == "GET") {
        let caller = app.by(operation.some_role());
        let id = some_id(app, &operation);
        // The client itself holds the answer against the document.
        caller.get(&operation.address(&id)).expect(200);
        read += 1;
    }
    assert!(read > 40, "{read}");
    for format in FORMATS {
        let (table, slice) = ("/api/v1/releases/2018-04-03/tables/by-ground", "/api/v1/aggregates");
        app.anybody().get(&format!("{table}.{}", format.suffix())).expect(200);
        app.anybody().get(&format!("{slice}.{}?by=ground&lang=ru", format.suffix())).expect(200);
    }
}

#[test]
fn no_two_types_share_the_name_of_a_schema() {
    let mut types = BTreeMap::new();
    for (path, text) in sources() {
        for (at, _) in
            text.match_indices("#[derive(").filter(|(at, _)| text[*at..].lines().next().unwrap().contains("ToSchema"))
        {
            let declared = &text[at..];
            let named = |keyword: &str| declared.find(keyword).map(|at| (at, &declared[at + keyword.len()..]));
            let (end, rest) = [named("\npub struct "), named("\npub enum ")].into_iter().flatten().min().unwrap();
            let word = |text: &str| text.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
            let name = declared[..end].split("schema(as = ").nth(1).map_or_else(|| word(rest), word);
            let other = types.insert(name.clone(), path.clone());
            assert!(other.is_none(), "two types are called {name} in the document: {path} and {}", other.unwrap());
        }
    }
    assert!(types.len() > 90, "{types:?}");
    for name in document()["components"]["schemas"].as_object().unwrap().keys() {
        let own = name.strip_prefix("Page_").unwrap_or(name);
        let own = own.strip_prefix("Record_").unwrap_or(own).replace("Correction", "Entry");
        assert!(types.contains_key(&own), "{name} is no type of ours");
    }
}

/// The files of the source with their text.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

#[test]
fn schemas_are_plain_objects_that_validators_and_generators_understand() {
    fn walk(value: &Value, at: &str) {
        if let Value::Object(fields) = value {
            assert!(!fields.contains_key("allOf"), "{at}: what is flattened is one object");
            assert!(!fields.contains_key("*/*"), "{at}: an answer has a media type");
            assert!(!fields.get("default").is_some_and(Value::is_null), "{at}: null is no default");
            for (name, value) in fields.iter().filter(|(name, _)| !name.starts_with("example")) {
                walk(value, &format!("{at}/{name}"));
            }
        } else if let Value::Array(items) = value {
            items.iter().for_each(|value| walk(value, at));
        }
    }
    let document = document();
    walk(&document, "");
    let schemas = &document["components"]["schemas"];
    for (row, field) in [("ReleasedRow", "count"), ("Row", "count"), ("BaselineView", "at_write")] {
        let kind = schemas[row]["properties"][field]["type"].to_string();
        assert!(kind.contains("integer"), "{row}.{field}: {kind}");
    }
    assert_eq!(schemas["RecordState"]["enum"], json!(["active", "withdrawn"]));
}

#[test]
fn every_example_is_as_its_schema_says() {
    let document = document();
    let mut checked = 0;
    let mut check = |content: &Value, at: String| {
        for (media, content) in content.as_object().into_iter().flatten() {
            let schema = resolve(&document, &content["schema"]);
            let examples = [&content["example"], &schema["example"]];
            for example in examples.into_iter().filter(|example| !example.is_null()) {
                contract::fits(&content["schema"], example).unwrap_or_else(|why| panic!("{at} {media}: {why}"));
                checked += 1;
            }
        }
    };
    for operation in all() {
        check(&operation.described["requestBody"]["content"], operation.name());
        for (status, response) in operation.described["responses"].as_object().unwrap() {
            check(&resolve(&document, response)["content"], format!("{} {status}", operation.name()));
        }
    }
    assert!(checked > 300, "{checked}");
}

fn the_example_of_a_creation_is_accepted(app: &App) {
    let document = document();
    for code in ["P-0001", "P-0002"] {
        app.caseworker().enter(Noun::Person, &json!({"code": code}));
    }
    let mut tried = 0;
    for noun in Noun::ALL {
        let operation =
            all().into_iter().find(|operation| operation.noun() == Some(noun) && operation.method == "POST");
        let content = &operation.unwrap().described["requestBody"]["content"]["application/json"];
        let schema = resolve(&document, &content["schema"]);
        let example = if content["example"].is_null() { &schema["example"] } else { &content["example"] };
        app.enterer_of(noun).create(noun, example).expect(201);
        tried += 1;
    }
    assert_eq!(tried, Noun::ALL.len());
}
