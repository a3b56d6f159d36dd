//! How counting works, rule by rule (design, section 3), on case files of a few records.

use attest::domain::record::Noun;
use serde_json::{Value, json};

use super::asks::{ask, count, counts, rows, table};
use crate::support::{App, on_both};

/// Enters a person and gives the code.
pub fn person(app: &App, entry: &Value) -> String {
    app.caseworker().enter(Noun::Person, entry).json()["code"].as_str().unwrap().to_owned()
}

/// Enters an incident of a person, of which only the words that matter are said.
pub fn incident(app: &App, person: &str, entry: &Value) {
    let mut entry = entry.clone();
    entry["person"] = person.into();
    if entry["date"].is_null() {
        entry["date"] = "2017".into();
    }
    app.caseworker().enter(Noun::Incident, &entry);
}

fn by(actors: &[&str]) -> Value {
    actors.iter().map(|actor| json!({"role": "perpetrator", "actor": actor})).collect()
}

/// The golden case of section 3: four executions, of which one has two perpetrators, sum to five by perpetrator.
///
/// Source: in the HURIDOCS Events Standard Formats one act has any number of perpetrators, each by a record of involvement
/// (https://huridocs.org/resource-library/monitoring-and-documenting-human-rights-violations/events-standard-formats/); what
/// follows for counting: Ball, "Who Did What to Whom?", 2.2.3, shared responsibility
/// (https://hrdag.org/whodidwhattowhom/ch_223.html).
fn four_executions_with_five_perpetrators_are_four(app: &App) {
    for actors in
        [&["law_enforcement", "relatives"] as &[_], &["law_enforcement"], &["law_enforcement"], &["relatives"]]
    {
        let person = person(app, &json!({}));
        incident(app, &person, &json!({"kind": "extrajudicial_execution", "involvements": by(actors)}));
    }
    for measure in ["incidents", "persons"] {
        let answer = ask(app, &format!("measure={measure}&kind=extrajudicial_execution&by=actor"));
        assert_eq!(counts(&answer), table(&[("law_enforcement", 3), ("relatives", 2), ("state_agent", 3), ("_T", 4)]));
        assert_eq!(answer["additive"], json!({"actor": false}));
        assert_eq!(answer["measure"], measure);
        assert_eq!(answer["filter"], json!({"kind": ["extrajudicial_execution"]}));
        assert_eq!(answer["basis"], json!({"case_file": 4, "reconstructed": 0}));
        let caveats: Vec<_> = answer["caveats"].as_array().unwrap().iter().map(|caveat| &caveat["code"]).collect();
        assert_eq!(caveats, ["documented_cases"]);
    }
    // The same actor twice in one incident is one incident.
    let person = person(app, &json!({}));
    incident(app, &person, &json!({"kind": "threat", "involvements": by(&["relatives", "relatives"])}));
    assert_eq!(counts(&ask(app, "measure=incidents&kind=threat&by=actor")), table(&[("relatives", 1), ("_T", 1)]));
}

/// Persons against incidents. Source: Ball, "Who Did What to Whom?", 2.2.2: a victim is neither one violation nor one
/// perpetrator, so that victims and violations are counted apart (https://hrdag.org/whodidwhattowhom/ch_222.html).
fn a_person_with_many_incidents_is_one_person(app: &App) {
    let (first, second) = (person(app, &json!({"sex": "M"})), person(app, &json!({"sex": "F"})));
    for kind in ["detention", "detention", "torture"] {
        incident(app, &first, &json!({"kind": kind}));
    }
    incident(app, &second, &json!({"kind": "torture"}));
    let persons = ask(app, "measure=persons&by=kind");
    assert_eq!(counts(&persons), table(&[("detention", 1), ("torture", 2), ("_T", 2)]));
    assert_eq!(persons["additive"], json!({"kind": false}));
    let incidents = ask(app, "measure=incidents&by=kind");
    assert_eq!(counts(&incidents), table(&[("detention", 2), ("torture", 2), ("_T", 4)]));
    assert_eq!(incidents["additive"], json!({"kind": true}));
    let incidents = ask(app, "measure=incidents&by=sex");
    assert_eq!(counts(&incidents), table(&[("F", 1), ("M", 3), ("_T", 4)]));
    assert_eq!(incidents["additive"], json!({"sex": true}));
    // Persons where nothing is said.
    assert_eq!(ask(app, "")["measure"], "persons");
    assert_eq!(count(app, ""), 2);
}

fn filters_on_incidents_hold_for_one_and_the_same_incident_and_with_for_several(app: &App) {
    // One was detained by law enforcement and threatened by relatives, the other detained by relatives.
    let (first, second) = (person(app, &json!({"sex": "M"})), person(app, &json!({"sex": "F"})));
    incident(app, &first, &json!({"kind": "detention", "place": "RU-CE", "involvements": by(&["law_enforcement"])}));
    incident(app, &first, &json!({"kind": "threat", "place": "DE", "involvements": by(&["relatives"])}));
    incident(app, &second, &json!({"kind": "detention", "place": "DE", "involvements": by(&["relatives"])}));

    assert_eq!(count(app, "kind=detention&actor=relatives"), 1);
    assert_eq!(count(app, "kind=detention&actor=relatives&sex=M"), 0);
    assert_eq!(count(app, "kind=threat&place=RU-CE"), 0);
    assert_eq!(count(app, "kind=detention&place=DE&actor=law_enforcement"), 0);
    assert_eq!(count(app, "with=detention,threat"), 1);
    assert_eq!(count(app, "with=detention,threat&actor=law_enforcement"), 1);
    assert_eq!(count(app, "with=detention,threat&sex=F"), 0);
    // Incidents of those who have both.
    assert_eq!(count(app, "measure=incidents&with=detention,threat"), 2);
    assert_eq!(count(app, "measure=incidents&with=detention,threat&kind=detention"), 1);
    assert_eq!(ask(app, "with=threat,detention")["with"], json!(["detention", "threat"]));
}

fn a_comma_is_or_and_different_dimensions_are_and(app: &App) {
    for (sex, ground, kind) in
        [("M", "outed", "threat"), ("M", "attacked", "detention"), ("F", "outed", "detention"), ("_U", "_U", "beating")]
    {
        let person = person(app, &json!({"sex": sex, "ground": ground}));
        incident(app, &person, &json!({"kind": kind}));
    }
    assert_eq!(count(app, "kind=threat,detention"), 3);
    assert_eq!(count(app, "kind=threat,detention&sex=M"), 2);
    assert_eq!(count(app, "kind=threat,detention&sex=M&ground=outed"), 1);
    assert_eq!(count(app, "sex=M,F&ground=outed,_U"), 2);
    assert_eq!(count(app, "sex=_U"), 1);
    assert_eq!(counts(&ask(app, "by=ground&sex=M,F")), table(&[("attacked", 1), ("outed", 2), ("_T", 3)]));
}

fn a_country_finds_its_regions_and_a_region_not_its_country(app: &App) {
    for place in ["RU", "RU-CE", "RU-DA", "DE", "_U", "_O"] {
        let person = person(app, &json!({"origin": place}));
        incident(app, &person, &json!({"kind": "departure_abroad", "place": place, "destination": place}));
        incident(app, &person, &json!({"kind": "threat", "involvements": by(&["law_enforcement"])}));
    }
    for dimension in ["place", "origin", "destination"] {
        assert_eq!(count(app, &format!("kind=departure_abroad&{dimension}=RU")), 3, "{dimension}");
        assert_eq!(count(app, &format!("kind=departure_abroad&{dimension}=RU-CE")), 1, "{dimension}");
        assert_eq!(count(app, &format!("kind=departure_abroad&{dimension}=RU-CE,DE,_U")), 3, "{dimension}");
        assert_eq!(count(app, &format!("kind=departure_abroad&{dimension}=_O")), 1, "{dimension}");
    }
    // So are their rows; what is known no further than the country has one of its own.
    let answer = ask(app, "measure=incidents&kind=departure_abroad&by=place&place=RU");
    assert_eq!(counts(&answer), table(&[("RU", 3), ("RU-CE", 1), ("RU-DA", 1), ("RU._U", 1), ("_T", 3)]));
    assert_eq!(count(app, "actor=state_agent"), 6);
    assert_eq!(count(app, "actor=security_service"), 0);
}

fn what_is_not_known_or_not_applicable_has_a_cell_of_its_own(app: &App) {
    let (first, _without_incidents) = (person(app, &json!({})), person(app, &json!({"sex": "F"})));
    incident(app, &first, &json!({"kind": "detention"}));
    incident(app, &first, &json!({"kind": "departure_abroad", "place": "RU-CE"}));
    incident(app, &first, &json!({"kind": "help_request"}));
    let told = |query: &str| counts(&ask(app, query));
    assert_eq!(told("measure=incidents&by=destination"), table(&[("_U", 1), ("_Z", 2), ("_T", 3)]));
    assert_eq!(told("measure=incidents&by=place"), table(&[("RU", 1), ("RU-CE", 1), ("_U", 2), ("_T", 3)]));
    assert_eq!(
        told("measure=incidents&by=family"),
        table(&[("help_request", 1), ("movement", 1), ("violation", 1), ("_T", 3)])
    );
    for dimension in ["actor", "source", "reliability"] {
        // Nobody is named: `_U`. Nothing happened to the second: `_Z`.
        assert_eq!(told(&format!("by={dimension}")), table(&[("_U", 1), ("_Z", 1), ("_T", 2)]), "{dimension}");
        assert_eq!(told(&format!("measure=incidents&by={dimension}")), table(&[("_U", 3), ("_T", 3)]), "{dimension}");
    }
    assert_eq!(
        told("by=kind"),
        table(&[("_Z", 1), ("departure_abroad", 1), ("detention", 1), ("help_request", 1), ("_T", 2)])
    );
    assert_eq!(told("by=ground"), table(&[("_U", 2), ("_T", 2)]));
    assert_eq!(told("by=sex"), table(&[("F", 1), ("_U", 1), ("_T", 2)]));
    assert_eq!(count(app, "actor=_U&kind=detention"), 1);
}

/// Two persons from Chechnya with three incidents.
pub fn small_world(app: &App) {
    let (first, second) =
        (person(app, &json!({"sex": "M", "origin": "RU-CE"})), person(app, &json!({"sex": "F", "origin": "RU-CE"})));
    incident(app, &first, &json!({"kind": "detention", "place": "RU-CE"}));
    incident(app, &first, &json!({"kind": "threat", "place": "DE"}));
    incident(app, &second, &json!({"kind": "detention", "place": "RU-CE"}));
}

fn totals_are_given_as_they_were_asked_for(app: &App) {
    small_world(app);
    let cells = [("DE M", 1), ("RU F", 1), ("RU M", 1), ("RU-CE F", 1), ("RU-CE M", 1)];
    let with = |more: &[(&'static str, u64)]| table(&[cells.as_slice(), more].concat());
    assert_eq!(counts(&ask(app, "by=place,sex&totals=none")), with(&[]));
    assert_eq!(counts(&ask(app, "by=place,sex&totals=grand")), with(&[("_T _T", 2)]));
    assert_eq!(counts(&ask(app, "by=place,sex")), with(&[("_T _T", 2)]));
    assert_eq!(
        counts(&ask(app, "by=place,sex&totals=all")),
        with(&[("_T _T", 2), ("_T F", 1), ("_T M", 1), ("DE _T", 1), ("RU _T", 2), ("RU-CE _T", 2)])
    );
    // Without dimensions the total is the answer, whatever was asked; of nobody it is 0 and not missing.
    for totals in ["none", "grand", "all"] {
        assert_eq!(count(app, &format!("totals={totals}")), 2);
        assert_eq!(count(app, &format!("totals={totals}&kind=death")), 0);
    }
    assert_eq!(counts(&ask(app, "by=sex&kind=death")), table(&[("_T", 0)]));
    assert_eq!(counts(&ask(app, "by=sex&kind=death&totals=none")), table(&[]));
    assert_eq!(ask(app, "by=sex&totals=none")["basis"]["case_file"], 2);
}

fn three_dimensions_divide_at_once_in_the_order_that_was_asked(app: &App) {
    small_world(app);
    let answer = ask(app, "measure=incidents&by=sex,kind,place&totals=all");
    assert_eq!(answer["by"], json!(["sex", "kind", "place"]));
    assert_eq!(answer["additive"], json!({"sex": true, "kind": true, "place": false}));
    let counts = counts(&answer);
    assert_eq!(counts["M threat DE"], 1);
    assert_eq!(counts["M _T DE"], 1);
    assert_eq!(counts["_T detention RU-CE"], 2);
    assert_eq!(counts["_T _T _T"], 3);
    // 3 cells and 2 of Russia; 3 by sex and kind, 3 and 2 by sex and place, 2 and 1 by kind and place; 2, 2 and 3 by one; the grand
    // total.
    assert_eq!(counts.len(), 5 + 3 + 5 + 3 + 2 + 2 + 3 + 1);
    // Where every dimension is additive, each total is the sum of its cells.
    let answer = ask(app, "measure=incidents&by=sex,kind&totals=none");
    assert_eq!(answer["additive"], json!({"sex": true, "kind": true}));
    let cells = rows(&answer);
    assert_eq!(cells.values().map(|row| row["count"].as_u64().unwrap()).sum::<u64>(), 3);
}

on_both! { empty:
    four_executions_with_five_perpetrators_are_four, a_person_with_many_incidents_is_one_person,
    filters_on_incidents_hold_for_one_and_the_same_incident_and_with_for_several,
    a_comma_is_or_and_different_dimensions_are_and, a_country_finds_its_regions_and_a_region_not_its_country,
    what_is_not_known_or_not_applicable_has_a_cell_of_its_own, totals_are_given_as_they_were_asked_for,
    three_dimensions_divide_at_once_in_the_order_that_was_asked
}
