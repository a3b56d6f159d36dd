//! Questions that are refused, each by the name of what is wrong.

use super::asks::PATH;
use crate::support::{App, on_both};

fn what_is_not_known_is_refused_by_name(app: &App) {
    for (query, field, rule) in [
        ("nonsense=1", "nonsense", "unknown"),
        ("Kind=threat", "Kind", "unknown"),
        ("lang=", "lang", "unknown"),
        ("measure=people", "measure", "unknown_code"),
        ("totals=some", "totals", "unknown_code"),
        ("by=colour", "by", "unknown_code"),
        ("by=", "by", "required"),
        ("with=", "with", "required"),
        ("kind=", "kind", "required"),
        ("as_of=", "as_of", "required"),
        ("by=kind,,sex", "by", "unknown_code"),
        ("by=kind,kind", "by", "inconsistent"),
        ("by=kind,sex,origin,place", "by", "out_of_range"),
        ("kind=threat&kind=death", "kind", "inconsistent"),
        ("kind=detentoin", "kind", "unknown_code"),
        ("kind=threat,detentoin", "kind", "unknown_code"),
        ("kind=_T", "kind", "unknown_code"),
        ("family=threat", "family", "unknown_code"),
        ("ground=threat", "ground", "unknown_code"),
        ("place=RU-XX", "place", "unknown_code"),
        ("origin=Chechnya", "origin", "unknown_code"),
        ("destination=ru", "destination", "unknown_code"),
        ("actor=police", "actor", "unknown_code"),
        ("source=nobody", "source", "unknown_record"),
        ("source=", "source", "required"),
        ("reliability=good", "reliability", "unknown_code"),
        ("basis=casefile", "basis", "unknown_code"),
        ("sex=X", "sex", "unknown_code"),
        ("age_group=18-24", "age_group", "unknown_code"),
        ("with=detentoin", "with", "unknown_code"),
        ("with=threat,", "with", "required"),
        ("year=17", "year", "malformed"),
        ("year=2017-04", "year", "malformed"),
        ("year=2018..2017", "year", "inconsistent"),
        ("year=2017..", "year", "malformed"),
        ("year=0001..9999", "year", "out_of_range"),
        ("quarter=2017-Q5", "quarter", "malformed"),
        ("month=2017-13", "month", "malformed"),
        ("as_of=2018-04-31", "as_of", "malformed"),
        ("as_of=3 April 2018", "as_of", "malformed"),
        ("at_write=-1", "at_write", "malformed"),
        ("at_write=newest", "at_write", "malformed"),
    ] {
        for suffix in ["", ".csv"] {
            let path = format!("{PATH}{suffix}?{}", query.replace(' ', "+"));
            app.unchanged(|| app.researcher().get(&path)).refuses(400, field, rule);
        }
    }
}

fn what_is_still_to_come_cannot_be_asked(app: &App) {
    let tomorrow = (app.clock.now() + chrono::TimeDelta::days(2)).date_naive();
    app.researcher().get(&format!("{PATH}?as_of={tomorrow}")).refuses(400, "as_of", "in_future");
    let newest = app.contents().write;
    app.researcher().get(&format!("{PATH}?at_write={}", newest + 1)).refuses(400, "at_write", "out_of_range");
    app.researcher().get(&format!("{PATH}?at_write={}", i64::MAX)).refuses(400, "at_write", "out_of_range");
    app.researcher().get(&format!("{PATH}?at_write={newest}")).expect(200);
}

fn every_mistake_of_a_question_is_told_at_once(app: &App) {
    let problem = app.researcher().get(&format!("{PATH}?kind=detentoin&by=colour&as_of=soon&nonsense=1"));
    let problem = problem.problem(400, "invalid_parameter").json();
    let mut fields: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["field"].clone()).collect();
    fields.sort_by_key(ToString::to_string);
    assert_eq!(fields, ["as_of", "by", "kind", "nonsense"]);
}

on_both! { empty:
    what_is_not_known_is_refused_by_name, what_is_still_to_come_cannot_be_asked,
    every_mistake_of_a_question_is_told_at_once
}
