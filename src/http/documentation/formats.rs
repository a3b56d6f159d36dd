//! Addresses whose suffix chooses the format of the answer: every format with its media type and what it looks like.

use serde_json::{Map, Value, json};

use crate::exchange::formats::{FORMATS, Format};

/// Shows the formats of every address that has them, as they are listed in [`FORMATS`].
pub fn show(document: &mut Value) {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    for (_, item) in paths.filter(|(path, _)| path.contains("{format}")) {
        let operation = &mut item["get"];
        for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
            if parameter["name"] == "format" {
                let suffixes: Vec<_> = FORMATS.iter().map(|format| format.suffix()).collect();
                parameter["schema"] = json!({"type": "string", "enum": suffixes});
            }
        }
        operation["responses"]["200"]["content"] = contents().into();
    }
}

/// By media type what an answer looks like. Formats of one type are alternatives.
fn contents() -> Map<String, Value> {
    let mut contents = Map::new();
    for format in FORMATS {
        let media = media(*format);
        let alike: Vec<_> = FORMATS.iter().filter(|other| self::media(**other) == media).collect();
        let schemas: Vec<_> = alike.iter().map(|format| format.schema()).collect();
        let schema = if let [only] = schemas.as_slice() { only.clone() } else { json!({"oneOf": schemas}) };
        contents.entry(media).or_insert_with(|| json!({"schema": schema, "example": format.example()}));
    }
    contents
}

/// The media type without its parameters.
fn media(format: &dyn Format) -> &'static str {
    format.media_type().split(';').next().unwrap_or_default()
}
