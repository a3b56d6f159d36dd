//! The contract: every answer of the API that any test receives is held against the OpenAPI document, whatever the test is about.
//! Status, media type, headers and body must be as they are described, with no field that is not.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::{Registry, Validator};
use serde_json::{Map, Value, json};

use super::client::Answer;
use super::operations::{document, resolve};

/// What the document's schemas are called among themselves.
const BASE: &str = "urn:attest:document";

struct Contract {
    document: Value,
    /// The parts of each address and what it takes, by method.
    addresses: Vec<(Vec<String>, Map<String, Value>)>,
    registry: Registry<'static>,
    /// By schema, made when it is first needed.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// Read once by a test binary.
fn contract() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| {
        let document = document();
        let item = |(path, item): (&String, &Value)| {
            (path.split('/').map(str::to_owned).collect(), item.as_object().unwrap().clone())
        };
        let addresses = document["paths"].as_object().unwrap().iter().map(item).collect();
        let schemas = closed(&document["components"]["schemas"]);
        let registry = Registry::new().add(BASE, json!({"components": {"schemas": schemas}})).unwrap();
        let registry = registry.prepare().unwrap();
        Contract { document, addresses, registry, validators: Mutex::default() }
    })
}

/// A schema that takes no field that it does not describe. Clients are told to expect more one day; today there is none.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut closed: Map<_, _> = fields.iter().map(|(name, value)| (name.clone(), closed(value))).collect();
            if fields.get("properties").is_some_and(Value::is_object) && fields["type"] == "object" {
                closed.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            if let Some(Value::String(target)) = closed.get_mut("$ref") {
                *target = format!("{BASE}{target}");
            }
            Value::Object(closed)
        }
        Value::Array(items) => items.iter().map(closed).collect(),
        other => other.clone(),
    }
}

/// Whether a value is as a schema of the document says; what is wrong with it where it is not.
pub fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    let validator = validator(schema);
    let wrong: Vec<_> = validator.iter_errors(value).map(|why| format!("{}: {why}", why.instance_path())).collect();
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn validator(schema: &Value) -> Arc<Validator> {
    let contract = contract();
    let key = schema.to_string();
    if let Some(found) = contract.validators.lock().unwrap().get(&key) {
        return found.clone();
    }
    let options = jsonschema::draft202012::options().should_validate_formats(true).with_registry(&contract.registry);
    let validator = Arc::new(options.build(&closed(schema)).unwrap_or_else(|why| panic!("{schema}: {why}")));
    contract.validators.lock().unwrap().entry(key).or_insert(validator).clone()
}

/// Whether an answer is as the document describes it; what is wrong with it where it is not.
pub fn check(method: &str, path: &str, answer: &Answer) -> Result<(), String> {
    let path = path.split(['?', '#']).next().unwrap();
    if !["/api/v1/", "/health/"].iter().any(|prefix| path.starts_with(prefix)) {
        return Ok(());
    }
    let (contract, head) = (contract(), method == "HEAD");
    let decoded: Vec<_> = path.split('/').map(plain).collect();
    let parts: Vec<_> = decoded.iter().map(String::as_str).collect();
    // Where several fit, the one with the fewest open parts is meant.
    let fitting = contract.addresses.iter().filter(|(template, _)| fits_template(template, &parts));
    let Some((_, item)) = fitting.min_by_key(|(template, _)| open(template)) else {
        return problem_of(contract, "Problem404", answer, head);
    };
    let asked = if head { "get".to_owned() } else { method.to_lowercase() };
    let Some(operation) = item.get(&asked) else { return problem_of(contract, "Problem405", answer, head) };
    let status = answer.status.to_string();
    let response = operation["responses"].get(&status).ok_or_else(|| format!("{status} is not in the document"))?;
    as_described(resolve(&contract.document, response), answer, head)
}

/// A part of an address as the server reads it; a slash that is written with a percent sign parts nothing.
fn plain(part: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), part.as_bytes());
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        let (byte, left) = hex.filter(|_| *first == b'%').map_or((*first, tail), |byte| (byte, &tail[2..]));
        bytes.push(byte);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The same of a server that has the public addresses only: the others are not there at all.
pub fn check_public_side(method: &str, path: &str, answer: &Answer) -> Result<(), String> {
    if ["/api/v1/staff", "/api/v1/research"].iter().any(|private| path.starts_with(private)) {
        return problem_of(contract(), "Problem404", answer, method == "HEAD");
    }
    check(method, path, answer)
}

fn open(template: &[String]) -> (usize, usize) {
    let literal: usize = template.iter().map(|part| part.len()).sum();
    (template.iter().filter(|part| part.contains('{')).count(), usize::MAX - literal)
}

fn fits_template(template: &[String], parts: &[&str]) -> bool {
    template.len() == parts.len() && template.iter().zip(parts).all(|(template, part)| fits_part(template, part))
}

/// Whether a part of an address is what a part of a template stands for: `{table}.{format}`.
fn fits_part(template: &str, part: &str) -> bool {
    let Some((before, rest)) = template.split_once('{') else { return template == part };
    let Some(part) = part.strip_prefix(before) else { return false };
    let (_, rest) = rest.split_once('}').unwrap();
    if rest.is_empty() {
        return !part.is_empty();
    }
    let ends = part.char_indices().skip(1).map(|(at, _)| at);
    ends.into_iter().any(|at| fits_part(rest, &part[at..]))
}

/// Of an address that is none, or a method that it does not take.
fn problem_of(contract: &Contract, name: &str, answer: &Answer, head: bool) -> Result<(), String> {
    let expected = name.trim_start_matches("Problem");
    if answer.status.to_string() != expected {
        return Err(format!("{} where {expected} is due", answer.status));
    }
    as_described(&contract.document["components"]["responses"][name], answer, head)
}

/// The headers that mean something to one operation and not to every one.
const OWN_HEADERS: &[&str] = &[
    "allow",
    "content-location",
    "etag",
    "idempotent-replayed",
    "last-modified",
    "link",
    "location",
    "preference-applied",
    "retry-after",
    "www-authenticate",
];

fn as_described(response: &Value, answer: &Answer, head: bool) -> Result<(), String> {
    let described = |own: &str| {
        response["headers"].as_object().is_some_and(|headers| headers.keys().any(|name| name.eq_ignore_ascii_case(own)))
    };
    if let Some(own) = OWN_HEADERS.iter().find(|own| answer.headers.contains_key(**own) && !described(own)) {
        return Err(format!("the header {own} is not in the document"));
    }
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        match answer.headers.get(name) {
            Some(value) => header_fits(name, header, value.to_str().map_err(|why| format!("{name}: {why}"))?)?,
            None if header["required"] == true => return Err(format!("no header {name}")),
            None => {}
        }
    }
    let Some(contents) = response["content"].as_object() else {
        return if answer.bytes.is_empty() { Ok(()) } else { Err("a body where none is described".to_owned()) };
    };
    let media = answer.header("content-type").unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim();
    let content = contents.get(media).ok_or_else(|| format!("`{media}` is not in the document"))?;
    let compressed = answer.headers.contains_key("content-encoding");
    if head || compressed || !media.ends_with("json") {
        return Ok(());
    }
    let body = serde_json::from_slice(&answer.bytes).map_err(|why| format!("not JSON: {why}"))?;
    fits(&content["schema"], &body)
}

fn header_fits(name: &str, header: &Value, value: &str) -> Result<(), String> {
    let value = match header["schema"]["type"].as_str() {
        Some("integer") => value.parse::<i64>().map(Value::from).map_err(|why| format!("{name}: {value}: {why}"))?,
        Some("boolean") => value.parse::<bool>().map(Value::from).map_err(|why| format!("{name}: {value}: {why}"))?,
        _ => value.into(),
    };
    fits(&header["schema"], &value).map_err(|why| format!("{name}: {why}"))
}
