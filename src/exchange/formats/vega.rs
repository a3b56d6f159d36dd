//! Vega-Lite: a chart that others can restyle, with its data inside and no address to load from.
//!
//! Vega-Lite silently drops nulls. So withheld cells are marks of their own, drawn in grey without a number, and the legend and
//! the tooltip say the word.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::domain::count::Count;
use crate::domain::release::content::{Axis, Cell, Value};

use super::heading::Heading;
use super::json::ReleasedCount;
use super::{Format, FormatError, Language, Options, Shown, json, words};

/// The one colour that stands for published counts.
const ACCENT: &str = "#0b5c8a";
/// What is withheld.
const GREY: &str = "#a6a6a6";
/// What lies between two numbers.
const BETWEEN: &str = "#c9a227";

/// Vega-Lite.
pub struct VegaLite;

/// The version of the language that is written.
const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v6.json";

impl Format for VegaLite {
    fn suffix(&self) -> &'static str {
        "vl.json"
    }

    fn media_type(&self) -> &'static str {
        "application/vnd.vegalite.v6+json"
    }

    fn description(&self) -> &'static str {
        "Vega-Lite: a chart with its data inside, for whoever wants to restyle it. Withheld cells are grey marks of their own."
    }

    fn schema(&self) -> Json {
        json!({
            "title": "VegaLite",
            "description": "A specification of Vega-Lite: `data` holds a row a cell.",
            "type": "object",
            "required": ["$schema", "title", "description", "data"],
            "properties": {
                "$schema": {"type": "string", "enum": [SCHEMA]},
                "description": {"type": "string"},
                "title": {"type": "object", "additionalProperties": true},
                "data": {"type": "object", "required": ["values"], "properties": {
                    "values": {"type": "array", "items": {"type": "object", "additionalProperties": true}}}},
            },
            "additionalProperties": true,
        })
    }

    fn example(&self) -> Json {
        json!({"$schema": SCHEMA, "title": {"text": "Persons by what happened"}, "description": "Persons by what happened.",
            "data": {"values": [{"kind": "evacuation", "count": 114, "status": "A"}]}, "mark": "bar"})
    }

    fn write(&self, shown: &Shown<'_>, options: &Options) -> Result<Vec<u8>, FormatError> {
        let language = options.language;
        let chart = match shown.table.axes.as_slice() {
            [] => number(language),
            [only] => bars(shown, only, language),
            [down, across] => heat(shown, down, across, "top", language),
            [panels, down, across] => facets(shown, panels, down, across, language),
            more => {
                return Err(FormatError::TooManyDimensions { format: self.suffix(), most: 3, asked: more.len() });
            }
        };
        json::bytes(&whole(shown, chart, language))
    }
}

/// The chart with its data and the words around it.
fn whole(shown: &Shown<'_>, chart: Json, language: Language) -> Json {
    let heading = Heading::of(shown, language);
    let subtitle: Vec<_> = [heading.description.clone()].into_iter().chain(heading.notes).collect();
    let labels: Vec<BTreeMap<_, _>> =
        shown.table.axes.iter().map(|axis| shown.labels(axis, language).into_iter().collect()).collect();
    let values: Vec<_> = shown
        .inner()
        .filter(|cell| cell.value != Value::Empty)
        .map(|cell| datum(shown, cell, &labels, language))
        .collect();
    let mut spec = json!({
        "$schema": SCHEMA,
        "description": format!("{}. {}", heading.title, heading.description),
        "title": {"text": heading.title, "subtitle": subtitle, "anchor": "start", "fontSize": 16, "subtitleFontSize": 12,
            "subtitlePadding": 6, "offset": 12},
        "data": {"values": values},
        "background": "white",
        "padding": 12,
        "config": {"axis": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 320, "domain": false, "ticks": false},
            "legend": {"labelFontSize": 12, "labelLimit": 400, "orient": "bottom", "direction": "vertical"},
            "view": {"stroke": null}},
    });
    if let (Json::Object(spec), Json::Object(chart)) = (&mut spec, chart) {
        spec.extend(chart);
    }
    spec
}

/// A cell as a row of data, with the labels of each axis.
fn datum(shown: &Shown<'_>, cell: &Cell, labels: &[BTreeMap<String, String>], language: Language) -> Json {
    let mut row = Map::new();
    for ((axis, code), labels) in shown.table.axes.iter().zip(&cell.at).zip(labels) {
        row.insert(axis.dimension.clone(), code.clone().into());
        row.insert(label_of(axis), labels.get(code).unwrap_or(code).clone().into());
    }
    let said = ReleasedCount::from(cell.value);
    let (state, spoken, short) = match cell.value {
        Value::Withheld | Value::Empty => {
            (words::WITHHELD, words::say(words::WITHHELD, language).to_owned(), "C".to_owned())
        }
        Value::Free(count @ Count::NotAttested { .. }) => {
            (words::NOT_ATTESTED, words::count(count, language), words::short(count))
        }
        Value::Free(count) => (words::PUBLISHED, words::count(count, language), words::short(count)),
    };
    let fields = [
        ("count", said.count.into()),
        ("low", said.low.into()),
        ("high", said.high.into()),
        ("status", said.status.into()),
        ("conf_status", said.conf_status.into()),
        ("state", words::say(state, language).into()),
        ("said", spoken.into()),
        ("short", short.into()),
    ];
    row.extend(fields.into_iter().map(|(name, value): (&str, Json)| (name.to_owned(), value)));
    Json::Object(row)
}

fn label_of(axis: &Axis) -> String {
    format!("{}_label", axis.dimension)
}

/// One layer for the cells of one status.
fn layer(status: &str, mark: Json, encoding: Json) -> Json {
    json!({"transform": [{"filter": format!("datum.status === '{status}'")}], "mark": mark, "encoding": encoding})
}

/// Where the codes of an axis lie.
fn along(shown: &Shown<'_>, axis: &Axis, language: Language) -> Json {
    let labels: Vec<_> = shown.labels(axis, language).into_iter().map(|(_, label)| label).collect();
    json!({"field": label_of(axis), "type": "nominal", "scale": {"domain": labels}, "sort": null, "title": null})
}

fn tooltip(axes: &[&Axis], language: Language) -> Json {
    let mut shown: Vec<_> = (axes.iter())
        .map(|axis| json!({"field": label_of(axis), "title": words::heading(&axis.dimension, language)}))
        .collect();
    shown.push(json!({"field": "said", "title": words::say(words::COUNT, language)}));
    shown.push(json!({"field": "state", "title": words::say(words::STATE, language)}));
    json!(shown)
}

/// The colours of what is no number, with the words in the legend. With `published`, that of numbers too.
fn states(published: bool, language: Language) -> Json {
    let all = [(words::PUBLISHED, ACCENT), (words::NOT_ATTESTED, BETWEEN), (words::WITHHELD, GREY)];
    let all = &all[usize::from(!published)..];
    let domain: Vec<_> = all.iter().map(|(word, _)| words::say(*word, language)).collect();
    let range: Vec<_> = all.iter().map(|(_, colour)| *colour).collect();
    json!({"field": "state", "type": "nominal", "title": null, "scale": {"domain": domain, "range": range}})
}

fn number(language: Language) -> Json {
    let mark = json!({"type": "text", "fontSize": 56, "fontWeight": "bold", "align": "left"});
    let encoding = |colour| {
        json!({"text": {"field": "said"}, "x": {"value": 0}, "color": {"value": colour},
        "tooltip": tooltip(&[], language)})
    };
    json!({"width": 420, "height": 90, "layer": [
        layer("A", mark.clone(), encoding(ACCENT)),
        layer("not_attested", mark.clone(), encoding(BETWEEN)),
        layer("withheld", mark, encoding("#767676")),
    ]})
}

fn bars(shown: &Shown<'_>, axis: &Axis, language: Language) -> Json {
    let measure = words::number_of(shown.table.measure, language);
    let x = |field: &str| json!({"field": field, "type": "quantitative", "title": measure, "scale": {"domainMin": 0}, "axis": {"tickMinStep": 1}});
    let colour = states(true, language);
    let text = |at: Json| json!({"x": at, "text": {"field": "said"}});
    let mark = json!({"type": "text", "align": "left", "dx": 4, "fontSize": 12});
    json!({
        "width": 420,
        "height": {"step": 26},
        "encoding": {"y": along(shown, axis, language), "tooltip": tooltip(&[axis], language)},
        "layer": [
            layer("A", json!("bar"), json!({"x": x("count"), "color": colour})),
            layer("not_attested", json!("bar"), json!({"x": x("low"), "x2": {"field": "high"}, "color": colour})),
            layer("withheld", json!("bar"), json!({"x": {"value": 0}, "x2": {"value": 48}, "color": colour})),
            layer("A", mark.clone(), text(x("count"))),
            layer("not_attested", mark.clone(), text(x("high"))),
            layer("withheld", mark, text(json!({"value": 48}))),
        ],
    })
}

/// The layers of a heat map, with the labels of its columns on one side.
fn heat(shown: &Shown<'_>, down: &Axis, across: &Axis, side: &str, language: Language) -> Json {
    let most = shown.inner().filter_map(|cell| ReleasedCount::from(cell.value).count).max().unwrap_or_default();
    let measure = words::number_of(shown.table.measure, language);
    let scale = json!({"scheme": "blues", "domainMin": 0, "domainMax": most.max(1)});
    let numbers = json!({"field": "count", "type": "quantitative", "scale": scale, "title": measure,
        "legend": {"direction": "horizontal", "tickMinStep": 1}});
    let others = states(false, language);
    let dark = format!("datum.status === 'A' && datum.count > {}", most / 2);
    let mut x = along(shown, across, language);
    x["axis"] = json!({"labelAngle": -40, "orient": side, "labelLimit": 180});
    json!({
        "width": {"step": 46},
        "height": {"step": 30},
        "encoding": {"y": along(shown, down, language), "x": x, "tooltip": tooltip(&[down, across], language)},
        "layer": [
            {"layer": [layer("A", json!({"type": "rect", "stroke": "white"}), json!({"color": numbers}))]},
            {"layer": [
                layer("withheld", json!({"type": "rect", "stroke": "white"}), json!({"color": others})),
                layer("not_attested", json!({"type": "rect", "stroke": "white"}), json!({"color": others})),
            ]},
            {"mark": {"type": "text", "fontSize": 12}, "encoding": {"text": {"field": "short"},
                "color": {"condition": {"test": dark, "value": "white"}, "value": "#1a1a1a"}}},
        ],
        "resolve": {"scale": {"color": "independent"}, "legend": {"color": "independent"}},
    })
}

/// A heat map for every code of the first dimension.
fn facets(shown: &Shown<'_>, panels: &Axis, down: &Axis, across: &Axis, language: Language) -> Json {
    let labels: Vec<_> = shown.labels(panels, language).into_iter().map(|(_, label)| label).collect();
    json!({
        "facet": {"field": label_of(panels), "type": "nominal", "sort": labels, "title": null,
            "header": {"labelFontSize": 13, "labelFontWeight": "bold", "labelAnchor": "start"}},
        "columns": 2,
        "spec": heat(shown, down, across, "bottom", language),
    })
}
