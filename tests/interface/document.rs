//! The OpenAPI document: the committed one is the served one, and it says enough.

use std::collections::HashSet;
use std::path::Path;

use attest::domain::record::Noun;
use attest::http::app;
use attest::http::documentation::Document;
use attest::http::problem::Kind;
use serde_json::{Value, json};

use crate::support::operations::{all, document, resolve};
use crate::support::samples::some_id;
use crate::support::{App, on_both};

on_both! {
    released:
    the_served_document_is_the_printed_one,
    answers_have_the_fields_that_the_document_names,
}

on_both! {
    empty:
    the_example_of_a_creation_is_accepted,
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

/// Asserts that a value has the fields that its schema names, and no others.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    let schema = resolve(document, schema);
    let parts: Vec<_> = match schema["allOf"].as_array() {
        Some(parts) => parts.iter().map(|part| resolve(document, part)).collect(),
        None => vec![schema],
    };
    if let Value::Object(fields) = value {
        let known: Vec<_> = parts.iter().filter_map(|part| part["properties"].as_object()).collect();
        if known.is_empty() || parts.iter().any(|part| part["additionalProperties"].is_object()) {
            return;
        }
        // What a cell is called depends on the question.
        let open =
            parts.iter().any(|part| part.get("additionalProperties").is_some() || part["propertyNames"].is_object());
        for (name, value) in fields {
            match known.iter().find_map(|known| known.get(name)) {
                Some(schema) => fits(document, schema, value, &format!("{at}.{name}")),
                None => assert!(open, "{at}.{name} is not in the document"),
            }
        }
        for required in parts.iter().filter_map(|part| part["required"].as_array()).flatten() {
            assert!(fields.contains_key(required.as_str().unwrap()), "{at} lacks {required}");
        }
    } else if let Value::Array(items) = value {
        for item in items.iter().take(50) {
            fits(document, &schema["items"], item, &format!("{at}[]"));
        }
    }
}

fn answers_have_the_fields_that_the_document_names(app: &App) {
    let document = document();
    for operation in all().into_iter().filter(|operation| operation.method == "GET") {
        let content = &operation.described["responses"]["200"]["content"];
        let Some(schema) = content.get("application/json").map(|content| &content["schema"]) else { continue };
        let caller = app.by(operation.some_role());
        let id = some_id(app, &operation);
        let answer = caller.get(&operation.address(&id)).expect(200);
        fits(&document, schema, &answer.json(), &operation.name());
    }
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
