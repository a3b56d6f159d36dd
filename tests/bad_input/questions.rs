//! Parameters that are not accepted.

use serde_json::json;

use crate::support::{App, on_both};

on_both! {
    demo:
    an_unknown_parameter_is_refused_by_name_at_every_address,
    a_question_that_cannot_be_asked_is_refused_by_parameter,
    a_publication_that_is_not_there_is_refused,
    a_null_character_in_a_parameter_is_refused,
    a_parameter_that_is_no_utf_8_is_no_error_of_ours,
}

fn an_unknown_parameter_is_refused_by_name_at_every_address(app: &App) {
    for path in ["/api/v1/publications", "/api/v1/publications/lgbtnet-2018-04-03", "/api/v1/figures"] {
        app.anybody().get(&format!("{path}?colour=red")).refuses(400, "colour", "unknown");
    }
    for path in ["/api/v1/research/aggregates", "/api/v1/research/aggregates.csv", "/api/v1/research/reconciliation"] {
        app.researcher().get(&format!("{path}?colour=red")).refuses(400, "colour", "unknown");
    }
}

fn a_question_that_cannot_be_asked_is_refused_by_parameter(app: &App) {
    let tomorrow = (app.clock.now() + chrono::TimeDelta::days(2)).date_naive();
    let questions = [
        ("measure=souls".to_owned(), "measure", "unknown_code"),
        ("by=colour".to_owned(), "by", "unknown_code"),
        ("by=kind,kind".to_owned(), "by", "inconsistent"),
        ("by=kind,place,origin,ground".to_owned(), "by", "out_of_range"),
        ("kind=detentoin".to_owned(), "kind", "unknown_code"),
        ("place=Mars".to_owned(), "place", "unknown_code"),
        ("with=detentoin".to_owned(), "with", "unknown_code"),
        ("source=nobody".to_owned(), "source", "unknown_record"),
        ("year=17".to_owned(), "year", "malformed"),
        ("year=2018..2017".to_owned(), "year", "inconsistent"),
        ("month=2017-13".to_owned(), "month", "malformed"),
        ("as_of=2018-04".to_owned(), "as_of", "malformed"),
        (format!("as_of={tomorrow}"), "as_of", "in_future"),
        ("at_write=-1".to_owned(), "at_write", "malformed"),
        ("at_write=x".to_owned(), "at_write", "malformed"),
        ("totals=some".to_owned(), "totals", "unknown_code"),
        ("kind=detention&kind=torture".to_owned(), "kind", "inconsistent"),
    ];
    for (question, field, rule) in questions {
        for ending in ["", ".csv"] {
            let answer = app.researcher().get(&format!("/api/v1/research/aggregates{ending}?{question}"));
            answer.refuses(400, field, rule);
        }
    }
    let newest = app.contents().write;
    let later = app.researcher().get(&format!("/api/v1/research/aggregates?at_write={}", newest + 1000));
    assert_eq!(later.problem(400, "invalid_parameter").json()["errors"][0]["field"], "at_write");
}

fn a_publication_that_is_not_there_is_refused(app: &App) {
    app.anybody().get("/api/v1/figures?publication=nobody").refuses(400, "publication", "unknown_record");
    app.anybody().get("/api/v1/publications/nobody").problem(404, "not_found");
    let asked = app.researcher().get("/api/v1/research/reconciliation?publication=lgbtnet-2018-04-03,nobody");
    asked.refuses(400, "publication", "unknown_record");
}

fn a_null_character_in_a_parameter_is_refused(app: &App) {
    app.anybody().get("/api/v1/publications/x%00").problem(404, "not_found");
    let addresses = [
        (app.anybody(), "/api/v1/figures?publication=x%00"),
        (app.researcher(), "/api/v1/research/reconciliation?publication=x%00"),
        (app.researcher(), "/api/v1/research/aggregates?kind=x%00"),
        (app.researcher(), "/api/v1/research/aggregates?source=x%00"),
        (app.caseworker(), "/api/v1/staff/persons?code=x%00"),
        (app.caseworker(), "/api/v1/staff/persons?external_id=x%00"),
        (app.caseworker(), "/api/v1/staff/incidents?person=x%00"),
        (app.caseworker(), "/api/v1/staff/incidents?year=x%00"),
        (app.caseworker(), "/api/v1/staff/publications?publisher=x%00"),
        (app.admin(), "/api/v1/staff/terms?vocabulary=x%00"),
    ];
    for (caller, address) in addresses {
        let answer = caller.get(address);
        if answer.status == 200 {
            assert_eq!(answer.json(), json!({"items": []}), "{address}");
        } else {
            answer.problem(400, "invalid_parameter");
        }
    }
}

fn a_parameter_that_is_no_utf_8_is_no_error_of_ours(app: &App) {
    for address in ["/api/v1/publications/%ff", "/api/v1/publications/%", "/api/v1/publications/%2e%2e"] {
        app.anybody().get(address).problem(404, "not_found");
    }
    for address in ["/api/v1/figures?publication=%ff", "/api/v1/figures?publication=%", "/api/v1/figures?%ff=x"] {
        app.anybody().get(address).problem(400, "invalid_parameter");
    }
}
