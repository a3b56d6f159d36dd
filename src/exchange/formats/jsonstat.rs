//! JSON-stat 2.0 (<https://json-stat.org/full/>): the cube that statistical offices serve, read by R, Python and spreadsheets.
//!
//! The measure is a dimension of its own with one category, in the role `metric`. What JSON-stat has no word for stands in
//! `extension`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::domain::count::{Bound, Count};
use crate::domain::dimension::{Values, dimension};
use crate::domain::release::content::{self, Axis, Cell, Value};
use crate::domain::vocabulary::TOTAL;

use super::{Format, FormatError, Language, Options, Shown, json, words};

/// The dimension that names what is counted.
const METRIC: &str = "measure";

/// JSON-stat 2.0.
pub struct JsonStat;

impl Format for JsonStat {
    fn suffix(&self) -> &'static str {
        "jsonstat"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn description(&self) -> &'static str {
        "JSON-stat 2.0: a cube for statistical programmes. Withheld is null with the status C."
    }

    fn schema(&self) -> Json {
        let texts = json!({"type": "array", "items": {"type": "string"}});
        json!({
            "title": "JsonStatDataset",
            "type": "object",
            "required": ["version", "class", "label", "source", "updated", "note", "id", "size", "role", "dimension", "value",
                "status", "extension"],
            "properties": {
                "version": {"type": "string", "enum": ["2.0"]},
                "class": {"type": "string", "enum": ["dataset"]},
                "label": {"type": "string"},
                "source": {"type": "string", "description": "Whose numbers they are."},
                "updated": {"type": "string", "format": "date", "description": "The date that the release bears."},
                "note": texts,
                "id": {"type": "array", "items": {"type": "string"}, "description": "The dimensions; the last names what is counted."},
                "size": {"type": "array", "items": {"type": "integer"}, "description": "How many categories each has."},
                "role": {"type": "object", "additionalProperties": texts},
                "dimension": {"type": "object", "additionalProperties": {
                    "type": "object",
                    "required": ["label", "category"],
                    "properties": {"label": {"type": "string"}, "category": {
                        "type": "object",
                        "required": ["index", "label"],
                        "properties": {
                            "index": texts,
                            "label": {"type": "object", "additionalProperties": {"type": "string"}},
                            "child": {"type": "object", "additionalProperties": texts},
                            "unit": {"type": "object", "additionalProperties": {"type": "object",
                                "required": ["decimals"], "properties": {"decimals": {"type": "integer"}}}},
                        },
                    }},
                }},
                "value": {"type": "array", "items": {"type": ["integer", "null"]},
                    "description": "Row by row; null where `status` says why."},
                "status": {"type": "object", "additionalProperties": {"type": "string"},
                    "description": "By place in `value` what is not simply a number: `C` withheld, `empty`, `not_attested`, or the bound."},
                "extension": {"type": "object", "additionalProperties": true,
                    "description": "The release, the question, its times, intervals of what is not attested, and sums that are told of several codes together."},
            },
        })
    }

    fn example(&self) -> Json {
        json!({
            "version": "2.0", "class": "dataset", "label": "Persons by what happened", "source": "Russian LGBT Network",
            "updated": "2018-04-03", "note": ["Documented cases, not how often it happens."], "id": ["kind", METRIC], "size": [2, 1],
            "role": {"metric": [METRIC]},
            "dimension": {
                "kind": {"label": "What happened",
                    "category": {"index": ["beating", TOTAL], "label": {"beating": "Beating", TOTAL: "Total"}}},
                METRIC: {"label": "Measure", "category": {"index": ["persons"], "label": {"persons": "Persons"},
                    "unit": {"persons": {"decimals": 0}}}},
            },
            "value": [null, 122], "status": {"0": "C"}, "extension": {"release": "2018-04-03"},
        })
    }

    fn write(&self, shown: &Shown<'_>, options: &Options) -> Result<Vec<u8>, FormatError> {
        json::bytes(&dataset(shown, options.language))
    }
}

fn dataset(shown: &Shown<'_>, language: Language) -> Json {
    let (content, table) = (shown.content, shown.table);
    let ids: Vec<_> = table.axes.iter().map(|axis| axis.dimension.as_str()).chain([METRIC]).collect();
    let sizes: Vec<_> = table.axes.iter().map(Axis::size).chain([1]).collect();
    let mut dimensions: Map<String, Json> =
        table.axes.iter().map(|axis| (axis.dimension.clone(), of_axis(shown, axis, language))).collect();
    dimensions.insert(METRIC.to_owned(), of_measure(shown, language));
    let values: Vec<_> = table.cells.iter().map(|cell| number(cell.value)).collect();
    let notes: Vec<_> = json::caveats(shown).into_iter().map(|code| words::caveat(code, language)).collect();
    json!({
        "version": "2.0",
        "class": "dataset",
        "label": content::text(&table.title, language.code()),
        "source": content.publisher,
        "updated": content.date.to_string(),
        "note": notes,
        "id": ids,
        "size": sizes,
        "role": roles(&table.axes),
        "dimension": dimensions,
        "value": values,
        "status": by_index(&table.cells, |cell| status(cell.value).map(Json::from)),
        "extension": extension(shown, language),
    })
}

/// What is said of cells, by their place in `value`.
fn by_index(cells: &[Cell], said: impl Fn(&Cell) -> Option<Json>) -> BTreeMap<usize, Json> {
    cells.iter().enumerate().filter_map(|(at, cell)| Some((at, said(cell)?))).collect()
}

fn number(value: Value) -> Option<u64> {
    match value {
        Value::Free(Count::Attested { value, .. }) => Some(value),
        Value::Free(Count::NotAttested { .. }) | Value::Withheld | Value::Empty => None,
    }
}

/// What is not simply a number.
fn status(value: Value) -> Option<&'static str> {
    match value {
        Value::Withheld => Some("C"),
        Value::Empty => Some("empty"),
        Value::Free(Count::NotAttested { .. }) => Some("not_attested"),
        Value::Free(Count::Attested { bound: Bound::Exact, .. }) => None,
        Value::Free(Count::Attested { bound, .. }) => Some(bound.name()),
    }
}

fn roles(axes: &[Axis]) -> Json {
    let of = |fits: fn(Values) -> bool| {
        let codes = axes.iter().map(|axis| axis.dimension.as_str());
        codes.filter(|code| dimension(code).is_some_and(|found| fits(found.values))).collect::<Vec<_>>()
    };
    let (time, geo) = (
        of(|values| matches!(values, Values::Time(_))),
        of(|values| matches!(values, Values::Vocabulary { name: "place", .. })),
    );
    let mut roles = json!({"metric": [METRIC]});
    for (role, dimensions) in [("time", time), ("geo", geo)] {
        if !dimensions.is_empty() {
            roles[role] = json!(dimensions);
        }
    }
    roles
}

fn of_axis(shown: &Shown<'_>, axis: &Axis, language: Language) -> Json {
    let codes: Vec<_> = axis.places().collect();
    let labels: Map<String, Json> =
        codes.iter().map(|code| ((*code).to_owned(), shown.label(axis, code, language).into())).collect();
    let mut child: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
    for (code, over) in axis.codes.iter().filter_map(|code| Some((code, axis.broader.get(code)?))) {
        child.entry(over).or_default().push(code);
    }
    let mut category = json!({"index": codes, "label": labels});
    if !child.is_empty() {
        category["child"] = json!(child);
    }
    json!({"label": words::heading(&axis.dimension, language), "category": category})
}

fn of_measure(shown: &Shown<'_>, language: Language) -> Json {
    let (code, label) = (shown.table.measure.name(), words::number_of(shown.table.measure, language));
    json!({"label": words::say(words::MEASURE, language),
        "category": {"index": [code], "label": {code: label}, "unit": {code: {"decimals": 0}}}})
}

fn extension(shown: &Shown<'_>, language: Language) -> Json {
    let (content, table) = (shown.content, shown.table);
    let interval = |cell: &Cell| match cell.value {
        Value::Free(Count::NotAttested { low, high }) => Some(json!({"low": low, "high": high})),
        _ => None,
    };
    let additive: BTreeMap<_, _> = table.axes.iter().map(|axis| (&axis.dimension, axis.additive)).collect();
    let said = |text| words::say(text, language);
    json!({
        "release": content.id,
        "table": table.code,
        "query": shown.query,
        "address": shown.address,
        "publisher": content.publisher,
        "as_of": content.as_of,
        "basis": table.basis,
        "persons": content.persons,
        "as_of_release": by_index(&table.cells, |cell| cell.as_of_release.clone().map(Json::from)),
        "filter": table.filter,
        "with": table.with,
        "additive": additive,
        "status": {"label": {"C": said(words::WITHHELD_LEGEND), "not_attested": said(words::NOT_ATTESTED_LEGEND),
            "at_least": said(words::AT_LEAST), "about": said(words::ABOUT), "empty": said(words::EMPTY)}},
        "interval": by_index(&table.cells, interval),
        "sums": json::sums(table),
    })
}
