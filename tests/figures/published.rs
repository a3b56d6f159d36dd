//! What was published, for anybody: the 21 publications and 53 figures of `seed-data/` (issue 2, point 8), no draft and
//! nothing computed.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::staff::{correct, figure, publication, withdraw};
use crate::support::{App, on_both};

const PUBLICATIONS: &str = "/api/v1/publications";
const FIGURES: &str = "/api/v1/figures";

type Row = BTreeMap<String, String>;

fn table(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(|row| row.unwrap()).collect()
}

fn publications() -> Vec<Row> {
    table(include_str!("../../seed-data/publications.csv"))
}

fn figures() -> Vec<Row> {
    table(include_str!("../../seed-data/figures.csv"))
}

fn listed(app: &App, path: &str) -> Vec<Value> {
    app.anybody().get(path).expect(200).items()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn codes(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(|item| text(&item["id"])).collect()
}

fn all_publications_are_listed_as_they_were_published(app: &App) {
    let items = listed(app, PUBLICATIONS);
    assert_eq!(items.len(), 21);
    let rows: BTreeMap<_, _> = publications().into_iter().map(|row| (row["code"].clone(), row)).collect();
    let figures = figures();
    for item in &items {
        let row = &rows[&text(&item["id"])];
        for column in ["published_on", "publisher", "address", "note"] {
            assert_eq!(text(&item[column]), row[column], "{item}");
        }
        let own = figures.iter().filter(|figure| figure["publication"] == row["code"]).count();
        assert_eq!(item["figures"], own);
        let alone = app.anybody().get(&format!("{PUBLICATIONS}/{}", row["code"])).expect(200);
        assert_eq!(alone.json(), *item);
        assert_eq!(
            alone.header("link"),
            Some(format!("<{FIGURES}?publication={}>; rel=\"item\"", row["code"]).as_str())
        );
    }
    assert_eq!(codes(&items).len(), 21);
    let days: Vec<_> = items.iter().map(|item| text(&item["published_on"])).collect();
    assert!(days.is_sorted(), "oldest first: {days:?}");
    assert_eq!(items.iter().map(|item| item["figures"].as_u64().unwrap()).sum::<u64>(), 53);
}

fn all_figures_are_listed_as_they_were_published(app: &App) {
    let items = listed(app, FIGURES);
    assert_eq!(items.len(), 53);
    let of_publication: BTreeMap<_, _> = publications().into_iter().map(|row| (row["code"].clone(), row)).collect();
    let rows = figures();
    let mut found = BTreeSet::new();
    for item in &items {
        let row =
            rows.iter().find(|row| format!("{}:{}", row["publication"], row["code"]) == text(&item["id"])).unwrap();
        found.insert(text(&item["id"]));
        assert_eq!(text(&item["figure"]), row["code"]);
        for column in ["publication", "measure", "population", "region", "value", "qualifier", "as_of", "period_start"]
        {
            assert_eq!(text(&item[column]), row[column], "{item}");
        }
        for column in ["relation", "breakdown", "note"] {
            assert_eq!(text(&item[column]), row[column], "{item}");
        }
        let parent =
            if row["parent"].is_empty() { String::new() } else { format!("{}:{}", row["publication"], row["parent"]) };
        assert_eq!(text(&item["parent"]), parent, "{item}");
        assert_eq!(item["query"].is_null(), row["query"].is_empty(), "{item}");
        for column in ["publisher", "published_on", "address"] {
            assert_eq!(text(&item[column]), of_publication[&row["publication"]][column], "{item}");
        }
    }
    assert_eq!(found.len(), 53);
    // Those of one publication alone, in the order in which they were entered.
    for publication in of_publication.keys() {
        let expected: Vec<_> =
            items.iter().filter(|item| text(&item["publication"]) == *publication).cloned().collect();
        assert_eq!(listed(app, &format!("{FIGURES}?publication={publication}")), expected);
        let entered: Vec<_> =
            rows.iter().filter(|row| row["publication"] == *publication).map(|row| &row["code"]).collect();
        assert_eq!(
            expected.iter().map(|item| text(&item["figure"])).collect::<Vec<_>>(),
            entered.into_iter().cloned().collect::<Vec<_>>()
        );
    }
    assert_eq!(listed(app, &format!("{FIGURES}?publication=lgbtnet-2018-04-03")).len(), 12);
}

fn drafts_and_withdrawn_ones_are_nobodys_business(app: &App) {
    let (before, figures_before) = (codes(&listed(app, PUBLICATIONS)), codes(&listed(app, FIGURES)));
    let draft = publication(app, "draft-1", "draft");
    assert_eq!(draft.json()["state"], "draft");
    figure(app, "draft-1", "asked", 7, &json!({}));
    publication(app, "open-1", "published");
    figure(app, "open-1", "asked", 8, &json!({}));
    figure(app, "open-1", "hidden", 987_654, &json!({"state": "draft"}));
    figure(app, "open-1", "part", 3, &json!({"relation": "subset_stated", "parent": "hidden"}));

    let added = |path: &str, before: &BTreeSet<String>| {
        let now = codes(&listed(app, path));
        assert!(before.is_subset(&now));
        &now - before
    };
    assert_eq!(added(PUBLICATIONS, &before), BTreeSet::from(["open-1".to_owned()]));
    assert_eq!(
        added(FIGURES, &figures_before),
        BTreeSet::from(["open-1:asked".to_owned(), "open-1:part".to_owned()]),
        "a published figure of a draft is no more public than the draft"
    );
    let seen = app.anybody().get(&format!("{PUBLICATIONS}/open-1")).expect(200).json();
    assert_eq!(seen["figures"], 2);
    app.anybody().get(&format!("{PUBLICATIONS}/draft-1")).problem(404, "not_found");
    app.anybody().get(&format!("{FIGURES}?publication=draft-1")).refuses(400, "publication", "unknown_record");
    // Not even the name of the draft that a figure is part of.
    for path in [FIGURES, &format!("{FIGURES}?publication=open-1")] {
        let told = app.anybody().get(path).expect(200).text();
        assert!(!told.contains("hidden") && !told.contains("987654") && !told.contains("draft-1"), "{path}");
    }

    // A figure is shown when it is published, and no more once it is a draft again or withdrawn.
    correct(app, Noun::Figure, "open-1:hidden", &json!({"state": "published"}));
    assert!(codes(&listed(app, FIGURES)).contains("open-1:hidden"));
    correct(app, Noun::Figure, "open-1:hidden", &json!({"state": "draft"}));
    withdraw(app, Noun::Figure, "open-1:asked");
    assert_eq!(added(FIGURES, &figures_before), BTreeSet::from(["open-1:part".to_owned()]));
    correct(app, Noun::Publication, "draft-1", &json!({"state": "published"}));
    assert!(codes(&listed(app, FIGURES)).contains("draft-1:asked"));
    withdraw(app, Noun::Publication, "draft-1");
    withdraw(app, Noun::Publication, "open-1");
    assert_eq!(added(PUBLICATIONS, &before), BTreeSet::new());
    assert_eq!(added(FIGURES, &figures_before), BTreeSet::new());
    app.anybody().get(&format!("{PUBLICATIONS}/open-1")).problem(404, "not_found");
    app.anybody().get(&format!("{FIGURES}?publication=open-1")).refuses(400, "publication", "unknown_record");
}

fn nothing_computed_is_public(app: &App) {
    let paths = [PUBLICATIONS, FIGURES, "/api/v1/figures?publication=lgbtnet-2018-04-03"];
    let told = || paths.map(|path| app.anybody().get(path).expect(200).text());
    let before = told();
    let names = |path: &str| {
        let items = listed(app, path);
        items
            .iter()
            .flat_map(|item| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
            .collect::<BTreeSet<_>>()
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(names(PUBLICATIONS), set(&["id", "published_on", "publisher", "address", "note", "figures", "support"]));
    // There is a place for it, and nothing in it before a release is public.
    assert!(listed(app, FIGURES).iter().all(|figure| figure["computed"].is_null()));
    assert_eq!(
        names(FIGURES),
        set(&[
            "id",
            "support",
            "conflicts",
            "publication",
            "figure",
            "measure",
            "population",
            "definition",
            "region",
            "value",
            "qualifier",
            "stated",
            "computed",
            "as_of",
            "period_start",
            "relation",
            "parent",
            "breakdown",
            "query",
            "note",
            "publisher",
            "published_on",
            "address",
        ])
    );
    // Whatever the records say, the published numbers stay.
    withdraw(app, Noun::Person, "R-001");
    app.caseworker().enter(Noun::Person, &json!({"origin": "RU-CE", "ground": "outed"}));
    app.researcher().get("/api/v1/research/reconciliation").expect(200);
    assert_eq!(told(), before);
}

fn one_address_tells_everybody_the_same(app: &App) {
    for path in [PUBLICATIONS, FIGURES, "/api/v1/publications/lgbtnet-2018-04-03"] {
        let public = app.unchanged(|| app.anybody().get(path)).expect(200);
        assert_eq!(public.header("access-control-allow-origin"), Some("*"));
        assert_eq!(public.header("set-cookie"), None);
        for caller in [app.researcher(), app.publisher(), app.auditor(), app.bearing("no-such-token")] {
            assert_eq!(caller.get(path).expect(200).bytes, public.bytes, "{path}");
        }
        let etag = public.etag();
        let again = app.anybody().get_with(path, &[("If-None-Match", &etag)]).expect(304);
        assert!(again.bytes.is_empty());
    }
}

fn what_is_not_published_or_not_known_is_refused_by_name(app: &App) {
    app.anybody().get(&format!("{FIGURES}?publication=nobody-2018")).refuses(400, "publication", "unknown_record");
    app.anybody().get(&format!("{FIGURES}?year=2018")).refuses(400, "year", "unknown");
    app.anybody().get(&format!("{PUBLICATIONS}?limit=1")).refuses(400, "limit", "unknown");
    app.anybody().get(&format!("{PUBLICATIONS}/nobody-2018")).problem(404, "not_found");
    app.anybody().get(&format!("{PUBLICATIONS}/%00")).problem(404, "not_found");
}

fn only_a_publisher_makes_things_public(app: &App) {
    let staff = app.caseworker();
    let mut entry = json!({"code": "open-2", "published_on": "2018-04-10", "publisher": "The Monitor",
        "address": "https://example.org/statement", "state": "published"});
    app.unchanged(|| staff.create(Noun::Publication, &entry)).problem(403, "forbidden");
    entry["state"] = "draft".into();
    let draft = staff.enter(Noun::Publication, &entry);
    let changes = json!({"state": "published", "reason": "it is out"});
    app.unchanged(|| staff.correct(Noun::Publication, &draft, &changes)).problem(403, "forbidden");
    let public = app.publisher().correct(Noun::Publication, &draft, &changes).expect(200);
    let changes = json!({"publisher": "Somebody else", "reason": "a mistake"});
    app.unchanged(|| staff.correct(Noun::Publication, &public, &changes)).problem(403, "forbidden");
    app.unchanged(|| staff.withdraw(Noun::Publication, &public, "a mistake")).problem(403, "forbidden");
}

on_both! { demo:
    all_publications_are_listed_as_they_were_published, all_figures_are_listed_as_they_were_published,
    drafts_and_withdrawn_ones_are_nobodys_business, nothing_computed_is_public, one_address_tells_everybody_the_same,
    what_is_not_published_or_not_known_is_refused_by_name
}
on_both! { empty: only_a_publisher_makes_things_public }
