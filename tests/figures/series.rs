//! What was published when: series of figures that count the same, never joined, with their conflicts (issue 3, point 2).

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::record::Noun;
use attest::exchange::flavour;
use attest::exchange::import::{self, File};
use attest::store::accounts;
use serde_json::{Value, json};

use super::held::{OWN, lines};
use super::staff::{correct, figure, publication, withdraw};
use crate::support::{App, on_both};

const JSON: &str = "/api/v1/figures/series";
const CSV: &str = "/api/v1/figures/series.csv";

type Row = BTreeMap<String, String>;

fn table(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

fn of(figure: &str) -> String {
    if figure.is_empty() { String::new() } else { format!("?figure={figure}") }
}

#[track_caller]
fn series(app: &App, figure: &str) -> Vec<Value> {
    let answer = app.anybody().get(&format!("{JSON}{}", of(figure))).expect(200).json();
    answer["series"].as_array().unwrap().clone()
}

#[track_caller]
fn steps(app: &App, figure: &str) -> Vec<Row> {
    let answer = app.anybody().get(&format!("{CSV}{}", of(figure))).expect(200);
    assert!(answer.header("content-type").unwrap().starts_with("text/csv"));
    table(&answer.text())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Definition, region and, of every point, publication and how the number is told.
fn told(series: &Value) -> (String, String, Vec<String>) {
    let point = |point: &Value| format!("{} {}", text(&point["publication"]), text(&point["stated"]));
    let points = series["points"].as_array().unwrap().iter().map(point).collect();
    (text(&series["definition"]), text(&series["region"]), points)
}

fn definitions_and_regions_are_series_of_their_own(app: &App) {
    // 41, 37 and 52 tell of different people, and the 49 are a figure of another name.
    let owned = |all: &[(&str, &str, &[&str])]| -> BTreeSet<_> {
        let texts = |points: &[&str]| points.iter().map(|point| (*point).to_owned()).collect::<Vec<_>>();
        all.iter().map(|(d, region, points)| ((*d).to_owned(), (*region).to_owned(), texts(points))).collect()
    };
    let tortured: BTreeSet<_> = series(app, "detained_tortured").iter().map(told).collect();
    assert_eq!(
        tortured,
        owned(&[
            ("network_clients", "Chechnya", &["lgbtnet-2018-04-03 41", "rferl-2018-04-03 41"]),
            ("long_custody", "Chechnya", &["kommersant-2018-07 37"]),
            ("network_clients", "North Caucasus", &["lgbtnet-2018-09-12 52"]),
        ])
    );
    let detained: BTreeSet<_> = series(app, "detained").iter().map(told).collect();
    assert_eq!(
        detained,
        owned(&[
            ("whole_purge", "Chechnya", &["novaya-2017-04-01 more than 100"]),
            ("questioned", "Chechnya", &["kommersant-2018-07 49"]),
            ("new_wave", "Chechnya", &["lgbtnet-2019-01-14 about 40"]),
            ("new_wave_men", "Chechnya", &["hrw-2019-05-08 at least 23"]),
        ])
    );
    for series in series(app, "detained_tortured").iter().chain(&series(app, "detained")) {
        assert_eq!(series["conflicts"], json!([]), "{series}");
    }
}

fn what_was_published_of_evacuations_is_one_chart(app: &App) {
    let all = series(app, "evacuated");
    let of_network: Vec<_> = all.iter().filter(|series| series["definition"] == "network_clients").collect();
    assert_eq!(of_network.len(), 1);
    let (_, region, points) = told(of_network[0]);
    assert_eq!(region, "Chechnya");
    assert_eq!(
        points,
        [
            "meduza-2017-04-16 about 25",
            "lgbtnet-2017-05 42",
            "nv-2017-05-18 more than 40",
            "lgbtnet-2017-07-13 more than 60",
            "meduza-2017-10-16 79",
            "lgbtnet-2018-02-07 106",
            "lgbtnet-2018-04-03 114",
            "rferl-2018-04-03 114",
            "wikinews-2018-04-03 114",
            "accidentally-alex-2018-05-16 114",
            "pace-2018-06-05 more than 114",
            "lgbtnet-2018-06-27 123",
            "lgbtnet-2018-09 130",
            "lgbtnet-2019-01-21 about 150",
            "independent-2021-11-10 more than 250",
        ]
    );
    let point = &of_network[0]["points"][10];
    assert_eq!((&point["low"], &point["high"]), (&json!(115), &Value::Null));
    assert_eq!(point["published_on"], "2018-06-05");
    // Those who left, whoever helped them, are others.
    let left: Vec<_> = all.iter().filter(|series| series["definition"] == "left_chechnya").map(told).collect();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].2, ["kommersant-2018-07 125"]);
}

fn every_published_figure_is_in_one_series(app: &App) {
    let rows = table(include_str!("../../seed-data/figures.csv"));
    let key = |row: &Row| ["code", "measure", "definition", "region"].map(|column| row[column].clone());
    let expected: BTreeSet<_> = rows.iter().map(key).collect();
    let all = series(app, "");
    let keys: Vec<_> = all
        .iter()
        .map(|series| ["figure", "measure", "definition", "region"].map(|name| text(&series[name])))
        .collect();
    assert_eq!(keys.len(), expected.len());
    assert_eq!(keys.iter().cloned().collect::<BTreeSet<_>>(), expected);
    let mut points = BTreeSet::new();
    for (series, key_of_series) in all.iter().zip(&keys) {
        assert_eq!(series["population"], Value::Null, "its definition says who is counted");
        let of_series = series["points"].as_array().unwrap();
        let days: Vec<_> = of_series.iter().map(|point| text(&point["published_on"])).collect();
        assert!(days.is_sorted(), "{series}");
        for point in of_series {
            let id = text(&point["id"]);
            let row = rows.iter().find(|row| format!("{}:{}", row["publication"], row["code"]) == id).unwrap();
            assert_eq!(key(row), *key_of_series);
            for column in ["publication", "population", "value", "qualifier", "as_of", "period_start", "note"] {
                assert_eq!(text(&point[column]), row[column], "{id}");
            }
            assert!(points.insert(id));
        }
        // One alone by its name.
        assert!(self::series(app, &key_of_series[0]).contains(series));
    }
    assert_eq!(points.len(), 53);

    // The table has the same, a row a figure.
    let table = steps(app, "");
    assert_eq!(table.len(), 53);
    let told =
        all.iter().flat_map(|series| series["points"].as_array().unwrap().iter().map(move |point| (series, point)));
    for (row, (series, point)) in table.iter().zip(told) {
        for column in ["figure", "measure", "definition", "region"] {
            assert_eq!(row[column], text(&series[column]));
        }
        for column in [
            "published_on",
            "as_of",
            "period_start",
            "value",
            "qualifier",
            "low",
            "high",
            "publication",
            "publisher",
            "population",
            "note",
        ] {
            assert_eq!(row[column], text(&point[column]), "{column} {point}");
        }
    }
    assert_eq!(steps(app, "evacuated").len(), 16);

    // The only day of which a series says different things.
    let conflicts: Vec<_> = all.iter().flat_map(|series| series["conflicts"].as_array().unwrap().clone()).collect();
    let figures =
        ["lgbtnet-2018-04-03", "rferl-2018-04-03", "wikinews-2018-04-03"].map(|of| format!("{of}:close_relatives"));
    assert_eq!(conflicts, [json!({"as_of": "2018-04-03", "figures": figures, "compatible": false})]);
    for row in &table {
        let expected = if row["figure"] == "close_relatives" { "contradictory" } else { "" };
        assert_eq!(row["conflict"], expected, "{row:?}");
    }
}

fn what_is_said_of_one_day_is_kept_as_a_conflict(app: &App) {
    for code in ["own-1", "own-2", "own-3"] {
        publication(app, code, "published");
    }
    let clients = |qualifier: &str| json!({"definition": "network_clients", "qualifier": qualifier});
    // All three can be true at once.
    figure(app, "own-1", "asked", 80, &clients("more_than"));
    figure(app, "own-2", "asked", 85, &clients("about"));
    figure(app, "own-3", "asked", 81, &clients("exact"));
    // The first two cannot; the third is of another day.
    figure(app, "own-1", "left", 80, &clients("more_than"));
    figure(app, "own-2", "left", 80, &clients("exact"));
    let mut other = clients("exact");
    other["as_of"] = "2018-04-09".into();
    figure(app, "own-3", "left", 70, &other);
    // The same number, told alike, is no conflict; one of another region or measure is none either.
    figure(app, "own-1", "same", 5, &clients("exact"));
    figure(app, "own-2", "same", 5, &clients("exact"));
    let mut other = clients("exact");
    other["region"] = "Dagestan".into();
    figure(app, "own-3", "same", 6, &other);
    let mut other = clients("exact");
    other["measure"] = "incidents".into();
    figure(app, "own-1", "attempts", 6, &other);
    figure(app, "own-2", "attempts", 7, &clients("exact"));

    let conflicts = |name: &str| {
        let all = series(app, name);
        all.iter().flat_map(|series| series["conflicts"].as_array().unwrap().clone()).collect::<Vec<_>>()
    };
    let conflict = |figures: &[&str], compatible: bool| {
        vec![json!({"as_of": "2018-04-10", "figures": figures, "compatible": compatible})]
    };
    assert_eq!(conflicts("asked"), conflict(&["own-1:asked", "own-2:asked", "own-3:asked"], true));
    assert_eq!(conflicts("left"), conflict(&["own-1:left", "own-2:left"], false));
    assert!(conflicts("same").is_empty() && conflicts("attempts").is_empty());
    assert_eq!((series(app, "same").len(), series(app, "attempts").len()), (2, 2));
    let told = |name: &str| steps(app, name).iter().map(|row| row["conflict"].clone()).collect::<Vec<_>>();
    assert_eq!(told("asked"), ["compatible"; 3]);
    assert_eq!(told("same"), [""; 3]);
    let mut left = told("left");
    left.sort();
    assert_eq!(left, ["", "contradictory", "contradictory"]);
    // Researchers are told with the figure.
    assert_eq!(lines(app, "own-1")["asked"]["conflicts"], json!(["own-2:asked", "own-3:asked"]));
    assert_eq!(lines(app, "own-2")["left"]["conflicts"], json!(["own-1:left"]));
    assert_eq!(lines(app, "own-3")["left"]["conflicts"], json!([]));
    // Once it is corrected the conflict is gone.
    correct(app, Noun::Figure, "own-2:left", &json!({"qualifier": "more_than"}));
    assert!(conflicts("left").is_empty());
}

fn without_a_definition_the_words_keep_series_apart(app: &App) {
    publication(app, "own-1", "published");
    publication(app, "own-2", "published");
    figure(app, "own-1", "asked", 80, &json!({"population": "men"}));
    figure(app, "own-2", "asked", 90, &json!({"population": "men and women"}));
    let all = series(app, "asked");
    assert_eq!(all.iter().map(|series| text(&series["population"])).collect::<Vec<_>>(), ["men", "men and women"]);
    assert!(all.iter().all(|series| series["definition"] == "_U" && series["conflicts"] == json!([])));
    // Whoever says what both mean joins them.
    for code in ["own-1:asked", "own-2:asked"] {
        correct(app, Noun::Figure, code, &json!({"definition": "network_clients"}));
    }
    let all = series(app, "asked");
    assert_eq!((all.len(), all[0]["points"].as_array().unwrap().len()), (1, 2));
    assert_eq!(all[0]["conflicts"][0]["compatible"], false);
}

fn drafts_are_in_no_series(app: &App) {
    publication(app, "own-1", "published");
    publication(app, "hidden-1", "draft");
    figure(app, "own-1", "asked", 80, &json!({}));
    figure(app, "own-1", "hidden", 987_654, &json!({"state": "draft"}));
    figure(app, "hidden-1", "asked", 987_655, &json!({}));
    for path in [format!("{JSON}?figure=asked"), JSON.to_owned(), format!("{CSV}?figure=asked"), CSV.to_owned()] {
        let answer = app.unchanged(|| app.anybody().get(&path)).expect(200);
        assert!(!answer.text().contains("98765") && !answer.text().contains("hidden"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    app.anybody().get(&format!("{JSON}?figure=hidden")).refuses(400, "figure", "unknown_record");
    withdraw(app, Noun::Figure, "own-1:asked");
    app.anybody().get(&format!("{JSON}?figure=asked")).refuses(400, "figure", "unknown_record");
    assert!(series(app, "").is_empty() && steps(app, "").is_empty());
}

fn imported_numbers_keep_what_they_are(app: &App) {
    let publications = format!(
        "code,published_on,publisher,address,state\n{OWN},2018-04-10,The Monitor,https://example.org/1,published\n"
    );
    let figures = format!(
        "publication,code,measure,population,region,value,qualifier,as_of,query,state,definition,address\n\
         {OWN},a,persons,people,Chechnya,80,exact,2018-04-10,measure=persons,published,network_clients,https://example.org/1\n\
         {OWN},b,persons,people,Chechnya,81,about,2018-04-10,measure=persons,published,network_clients,https://example.org/1\n\
         {OWN},c,persons,people,Chechnya,82,at_least,2018-04-10,measure=persons,published,network_clients,https://example.org/1\n\
         {OWN},d,persons,people,Chechnya,83,more_than,2018-04-10,measure=persons,published,network_clients,https://example.org/1\n\
         {OWN},e,persons,people,Chechnya,84,,2018-04-10,measure=persons,published,network_clients,https://example.org/1\n"
    );
    let file = |noun: Noun, text: &str| File { noun, name: format!("{}.csv", noun.plural()), bytes: text.into() };
    let run = |files: Vec<File>| import::run(&app.store, &accounts::host(), files, false, |_| Ok(()), Box::new(|_| {}));
    run(vec![file(Noun::Publication, &publications), file(Noun::Figure, &figures)]).unwrap();
    let lines = lines(app, OWN);
    let listed = app.anybody().get(&format!("/api/v1/figures?publication={OWN}")).expect(200).items();
    for (at, (name, value, qualifier, told, low, high)) in [
        ("a", 80, "exact", "80", "80", "80"),
        ("b", 81, "about", "about 81", "", ""),
        ("c", 82, "at_least", "at least 82", "82", ""),
        ("d", 83, "more_than", "more than 83", "84", ""),
        ("e", 84, "exact", "84", "84", "84"),
    ]
    .into_iter()
    .enumerate()
    {
        let (series, steps) = (series(app, name), steps(app, name));
        let point = &series[0]["points"][0];
        for figure in [&listed[at], point] {
            assert_eq!((&figure["value"], &figure["qualifier"]), (&json!(value), &json!(qualifier)));
            assert_eq!(figure["stated"], told);
        }
        assert_eq!((text(&point["low"]), text(&point["high"])), (low.to_owned(), high.to_owned()));
        let row = &steps[0];
        assert_eq!(
            [&row["value"], &row["qualifier"], &row["low"], &row["high"]],
            [&value.to_string(), qualifier, low, high]
        );
        let published = json!({"value": value, "qualifier": qualifier, "as_of": "2018-04-10"});
        assert_eq!(lines[name]["published"], published);
        assert_eq!(lines[name].get("tolerance"), (qualifier == "about").then_some(&json!(8)));
    }
    // What contradicts itself is refused with its row, and nothing is stored.
    let wrong = format!(
        "publication,code,measure,population,region,value,qualifier,as_of\n\
         {OWN},f,persons,people,Chechnya,1,at_least,2018-04-10\n\
         {OWN},g,persons,people,Chechnya,0,at_least,2018-04-10\n"
    );
    let refused = app.unchanged(|| run(vec![file(Noun::Figure, &wrong)]));
    let Err(import::ImportError::Rows(import::Mistakes { first: rows, .. })) = refused else { panic!("{refused:?}") };
    assert_eq!((rows.len(), rows[0].row, rows[0].error.field.as_str()), (1, 3, "value"));
}

on_both! { demo:
    definitions_and_regions_are_series_of_their_own, what_was_published_of_evacuations_is_one_chart,
    every_published_figure_is_in_one_series
}
fn what_is_downloaded_for_a_spreadsheet_runs_nothing_in_it(app: &App) {
    publication(app, "-1", "published");
    figure(app, "-1", "asked", 7, &json!({"population": "@SUM(A1) people", "region": "-1+1"}));
    let exact = steps(app, "asked");
    let download = app.anybody().get(&format!("{CSV}?figure=asked&flavour=spreadsheet")).expect(200).text();
    let marked = table(download.strip_prefix('\u{feff}').unwrap());
    assert!(exact[0].values().any(|cell| cell.starts_with('@')), "{exact:?}");
    for cell in marked.iter().flat_map(BTreeMap::values) {
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
    let unmarked = |row: &Row| -> Row {
        row.iter().map(|(name, cell)| (name.clone(), flavour::unmarked(cell).to_owned())).collect()
    };
    assert_eq!(marked.iter().map(unmarked).collect::<Vec<_>>(), exact);
    app.anybody().get(&format!("{CSV}?flavour=excel")).refuses(400, "flavour", "unknown_code");
}

on_both! { empty:
    what_is_downloaded_for_a_spreadsheet_runs_nothing_in_it,
    what_is_said_of_one_day_is_kept_as_a_conflict, without_a_definition_the_words_keep_series_apart,
    drafts_are_in_no_series, imported_numbers_keep_what_they_are
}
