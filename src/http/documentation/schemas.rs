//! Schemas as validators and generators of clients read them: each one flat object, closed only where a body is read, and none that
//! nothing refers to.
//!
//! What serde flattens, utoipa writes as `allOf`. Its parts then contradict each other: one is closed to the fields of the other, or
//! gives them all the type of its map.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

const SCHEMAS: &str = "#/components/schemas/";

/// Makes every schema of a document plain.
pub fn make_plain(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    *document = flat(document, &schemas);
    refer_to_items(document);
    open_answers(document);
    tidy(document);
    drop_unused(document);
}

/// What a reference within the document leads to; any other schema as it is.
pub fn resolve<'s>(schema: &'s Value, schemas: &'s Map<String, Value>) -> &'s Value {
    let name = schema["$ref"].as_str().and_then(|target| target.strip_prefix(SCHEMAS));
    name.and_then(|name| schemas.get(name)).unwrap_or(schema)
}

fn flat(value: &Value, schemas: &Map<String, Value>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| flat(item, schemas)).collect(),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let example = matches!(name.as_str(), "example" | "examples");
                (name.clone(), if example { value.clone() } else { flat(value, schemas) })
            };
            let mut plain: Map<_, _> = fields.iter().map(field).collect();
            if let Some(Value::Array(parts)) = plain.remove("allOf") {
                let parts: Vec<_> = parts.iter().map(|part| flat(resolve(part, schemas), schemas)).collect();
                let example = example_of(&parts, &plain);
                plain.extend(join(&parts));
                plain.extend(example.map(|example| ("example".to_owned(), example)));
            }
            Value::Object(plain)
        }
        other => other.clone(),
    }
}

/// The examples of the parts and of the whole, in one.
fn example_of(parts: &[Value], whole: &Map<String, Value>) -> Option<Value> {
    let examples = parts.iter().map(|part| part.get("example")).chain([whole.get("example")]);
    let fields: Map<_, _> = examples.flatten().filter_map(Value::as_object).flat_map(Clone::clone).collect();
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// The parts as one object, or as one of several where a part is.
fn join(parts: &[Value]) -> Map<String, Value> {
    let mut alternatives = vec![Map::from_iter([("type".to_owned(), json!("object"))])];
    for part in parts {
        let choices = part["oneOf"].as_array().map_or_else(|| vec![part.clone()], Clone::clone);
        let with = |whole: &Map<_, _>| choices.iter().map(|choice| extend(whole, choice)).collect::<Vec<_>>();
        alternatives = alternatives.iter().flat_map(with).collect();
    }
    match alternatives.as_slice() {
        [only] => only.clone(),
        several => Map::from_iter([("oneOf".to_owned(), json!(several))]),
    }
}

fn extend(whole: &Map<String, Value>, part: &Value) -> Map<String, Value> {
    let mut whole = whole.clone();
    let properties = part["properties"].as_object().cloned().unwrap_or_default();
    let mut required = part["required"].as_array().cloned().unwrap_or_default();
    match &part["additionalProperties"] {
        // What is read strictly is an entry: in an answer all its fields are there.
        Value::Bool(false) => required = properties.keys().map(|name| json!(name)).collect(),
        Value::Object(values) => drop(whole.insert("additionalProperties".to_owned(), json!(values))),
        _ => {}
    }
    if let Value::Object(known) = whole.entry("properties").or_insert_with(|| json!({})) {
        known.extend(properties);
    }
    if let Value::Array(known) = whole.entry("required").or_insert_with(|| json!([])) {
        known.extend(required);
    }
    whole
}

/// The items of a page are what they are alone, and not a copy of it.
fn refer_to_items(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let names: Vec<_> = schemas.keys().cloned().collect();
    for name in &names {
        let Some(item) = name.strip_prefix("Page_").filter(|item| schemas.contains_key(*item)) else { continue };
        let item = json!({"$ref": format!("{SCHEMAS}{item}")});
        if let Some(items) = schemas.get_mut(name).and_then(|page| page.pointer_mut("/properties/items/items")) {
            *items = item;
        }
    }
}

/// A body that is read takes no unknown fields; what is answered may have more of them one day.
fn open_answers(document: &mut Value) {
    let mut read = BTreeSet::new();
    let operations = document["paths"].as_object().into_iter().flatten().filter_map(|(_, item)| item.as_object());
    for operation in operations.flatten().map(|(_, operation)| operation) {
        reach(&operation["requestBody"], document, &mut read);
    }
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| !read.contains(*name)) {
        each_object(schema, &mut |fields| {
            if fields.get("additionalProperties") == Some(&Value::Bool(false)) {
                fields.remove("additionalProperties");
            }
            fields.remove("default");
        });
    }
}

/// The names of the schemas that a value leads to.
fn reach(value: &Value, document: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix(SCHEMAS));
            if let Some(name) = name.filter(|name| found.insert((*name).to_owned())) {
                reach(&document["components"]["schemas"][name], document, found);
            }
            fields.values().for_each(|value| reach(value, document, found));
        }
        Value::Array(items) => items.iter().for_each(|value| reach(value, document, found)),
        _ => {}
    }
}

/// Every object within a value that describes something: neither an example nor a list of fields by their names.
fn each_object(value: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            change(fields);
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("example" | "examples", _) => {}
                    ("properties", Value::Object(named)) => {
                        named.values_mut().for_each(|value| each_object(value, change));
                    }
                    (_, value) => each_object(value, change),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|value| each_object(value, change)),
        _ => {}
    }
}

/// Takes out what says nothing or contradicts its type, and says which headers are always there.
fn tidy(document: &mut Value) {
    each_object(document, &mut |fields| {
        if fields.get("propertyNames") == Some(&json!({"type": "string"})) {
            fields.remove("propertyNames");
        }
        if fields.get("default") == Some(&Value::Null) {
            fields.remove("default");
        }
        // A parameter or header is there or is not; it is never null.
        if fields.contains_key("in") && fields.contains_key("schema") {
            without_null(&mut fields["schema"]);
        }
        if let Some(Value::Object(headers)) = fields.get_mut("headers") {
            for header in headers.values_mut().filter(|header| header["schema"].is_object()) {
                header["required"] = (!without_null(&mut header["schema"])).into();
            }
        }
    });
}

/// Takes null from the types of a schema, and says whether it was among them.
fn without_null(schema: &mut Value) -> bool {
    let Some(types) = schema["type"].as_array() else { return false };
    let left: Vec<_> = types.iter().filter(|kind| *kind != "null").cloned().collect();
    let was_there = left.len() < types.len();
    schema["type"] = if let [only] = left.as_slice() { only.clone() } else { json!(left) };
    was_there
}

fn drop_unused(document: &mut Value) {
    let mut used = BTreeSet::new();
    reach(&document["paths"], document, &mut used);
    reach(&document["components"]["responses"], document, &mut used);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(name));
    }
}
