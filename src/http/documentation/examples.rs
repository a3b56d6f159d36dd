//! Examples of answers, made from those of schemas: each has every field that is always there.

use serde_json::{Map, Value, json};

use super::schemas::resolve;

/// Completes the examples of schemas, and gives every successful answer in JSON the example of its schema.
pub fn add(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    for (_, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        if let Some(whole) = schema.get("example").and_then(|_| example(schema, &schemas)) {
            schema["example"] = whole;
        }
    }
    let items = document["paths"].as_object_mut().into_iter().flatten();
    let operations = items.filter_map(|(_, item)| item.as_object_mut()).flatten().map(|(_, operation)| operation);
    for operation in operations {
        let responses = operation["responses"].as_object_mut().into_iter().flatten();
        for (_, response) in responses.filter(|(status, _)| status.starts_with('2')) {
            let Some(content) = response.pointer_mut("/content/application~1json") else { continue };
            if content["example"].is_null()
                && let Some(example) = example(&content["schema"], &schemas)
            {
                content["example"] = example;
            }
        }
    }
}

/// The example of a schema, with every field that is required.
fn example(schema: &Value, schemas: &Map<String, Value>) -> Option<Value> {
    let schema = resolve(schema, schemas);
    let own = schema.get("example").or_else(|| schema["examples"].get(0)).cloned();
    let list = || Some(json!({"items": [example(&schema["properties"]["items"]["items"], schemas)?]}));
    let mut whole = own.or_else(list)?;
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if whole.is_object() && whole.get(name).is_none() {
            let property = &schema["properties"][name];
            whole[name] = nothing(property).or_else(|| example(property, schemas))?;
        }
    }
    Some(whole)
}

/// How a field without a value is written.
fn nothing(schema: &Value) -> Option<Value> {
    let is =
        |kind: &str| schema["type"] == kind || schema["type"].as_array().is_some_and(|all| all.contains(&json!(kind)));
    if is("null") {
        return Some(Value::Null);
    }
    is("array").then(|| json!([]))
}
