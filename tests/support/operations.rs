//! The operations of the API, read from its OpenAPI document: tests that must hold for every one are generated from it.

use std::collections::BTreeSet;

use attest::domain::policy::{Action, Actor, Role, decide};
use attest::domain::record::{Noun, RecordId};
use attest::http::app;
use attest::http::documentation::Document;
use serde_json::Value;

/// An operation as the document describes it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// In capitals.
    pub method: String,
    /// With its parts in braces.
    pub path: String,
    /// What the policy must allow; none where anybody may ask.
    pub action: Option<Action>,
    /// The statuses that it documents.
    pub statuses: BTreeSet<u16>,
    /// The media type of its body, where it takes one.
    pub media: Option<String>,
    /// Its entry in the document.
    pub described: Value,
}

/// The document as it is served.
pub fn document() -> Value {
    serde_json::from_str(&Document::new(&app::openapi()).0).unwrap()
}

/// What a reference within a document points to; any other value as it is.
pub fn resolve<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    match value["$ref"].as_str() {
        Some(target) => resolve(document, document.pointer(target.strip_prefix('#').unwrap()).unwrap()),
        None => value,
    }
}

/// Every operation of the API.
pub fn all() -> Vec<Operation> {
    let document = document();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, described) in item.as_object().unwrap() {
            let statuses = described["responses"].as_object().unwrap().keys();
            let media = described["requestBody"]["content"].as_object().map(|content| content.keys().next().unwrap());
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                action: action(described),
                statuses: statuses.map(|status| status.parse().unwrap()).collect(),
                media: media.cloned(),
                described: described.clone(),
            });
        }
    }
    assert!(operations.len() > 50, "only {} operations", operations.len());
    operations
}

fn action(described: &Value) -> Option<Action> {
    let security = described.get("security")?.as_array().unwrap();
    let [requirement] = security.as_slice() else { panic!("{security:?}") };
    let [scope] = requirement["bearer"].as_array().unwrap().as_slice() else { panic!("{requirement}") };
    let found = Action::ALL.iter().find(|action| action.name() == scope);
    Some(*found.unwrap_or_else(|| panic!("the policy knows no {scope}")))
}

impl Operation {
    /// Whether anybody may ask, and any site may show the answer.
    pub fn is_public(&self) -> bool {
        self.action.is_none() && self.path.starts_with("/api/")
    }

    /// Whether the policy lets a role do it.
    pub fn allows(&self, role: Role) -> bool {
        let actor = Actor::new(RecordId::new(), "somebody", role);
        self.action.is_none_or(|action| decide(&actor, action).is_ok())
    }

    /// A role that may do it.
    pub fn some_role(&self) -> Role {
        Role::ALL.into_iter().find(|role| self.allows(*role)).unwrap()
    }

    /// The noun that it is about, where it is about records.
    pub fn noun(&self) -> Option<Noun> {
        let below = self.path.strip_prefix("/api/v1/staff/")?;
        let name = below.split('/').next()?;
        Noun::ALL.into_iter().find(|noun| noun.plural() == name)
    }

    /// Its address with this identifier in it.
    pub fn address(&self, id: &str) -> String {
        let id = if self.path.starts_with("/api/v1/releases/") { "2018-04-03" } else { id };
        self.path.replace("{id}", id).replace("{table}", "by-ground").replace("{format}", "csv")
    }

    /// Its name in messages.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}
