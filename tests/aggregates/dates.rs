//! Uncertain dates: a bucket holds what lies wholly inside it, `_U` the rest, and the total does not depend on buckets.

use serde_json::json;

use super::asks::{ask, count, counts, table};
use super::case::DATES;
use super::golden::{incident, person};
use crate::support::{App, on_both};

/// An incident of each date, all of one person, and one more person with none.
fn all_dates(app: &App) {
    let person = person(app, &json!({}));
    for date in DATES {
        incident(app, &person, &json!({"kind": "threat", "date": date.edtf}));
    }
}

fn buckets_and_the_rest_add_up_to_the_total(app: &App) {
    all_dates(app);
    let years = counts(&ask(app, "measure=incidents&by=year"));
    assert_eq!(years, table(&[("2016", 1), ("2017", 7), ("2018", 2), ("_U", 3), ("_T", 13)]));
    let quarters = counts(&ask(app, "measure=incidents&by=quarter"));
    assert_eq!(quarters, table(&[("2016-Q4", 1), ("2017-Q2", 3), ("2018-Q1", 2), ("_U", 7), ("_T", 13)]));
    let months = counts(&ask(app, "measure=incidents&by=month"));
    assert_eq!(months, table(&[("2016-12", 1), ("2017-04", 2), ("2018-01", 1), ("_U", 9), ("_T", 13)]));
    for buckets in [years, quarters, months] {
        let sum: u64 = buckets.iter().filter(|(cell, _)| *cell != "_T").map(|(_, count)| count).sum();
        assert_eq!(sum, buckets["_T"]);
    }
    assert_eq!(ask(app, "measure=incidents&by=year")["additive"], json!({"year": true}));
    // Nothing piles up on the first of January.
    assert_eq!(count(app, "measure=incidents&month=2017-01"), 0);
    assert_eq!(count(app, "measure=incidents&month=0001-01"), 0);
}

fn a_filter_by_time_keeps_what_is_definite(app: &App) {
    all_dates(app);
    let incidents = |filter: &str| count(app, &format!("measure=incidents&{filter}"));
    assert_eq!(incidents("year=2017"), 7);
    assert_eq!(incidents("year=2017..2018"), 9);
    assert_eq!(incidents("year=2017,2018"), 9);
    assert_eq!(incidents("year=2016..2018"), 10);
    assert_eq!(incidents("year=_U"), 3);
    assert_eq!(incidents("year=2016..2018,_U"), 13);
    assert_eq!(incidents("quarter=2017-Q1..2017-Q4"), 3);
    assert_eq!(incidents("quarter=2016-Q4..2018-Q1"), 6);
    assert_eq!(incidents("month=2017-04"), 2);
    assert_eq!(incidents("month=2016-12..2018-01"), 4);
    // What lies inside the year and not inside the quarter.
    assert_eq!(incidents("year=2017&quarter=_U"), 4);
    assert_eq!(ask(app, "year=2017..2019")["filter"], json!({"year": ["2017", "2018", "2019"]}));
}

fn the_total_does_not_depend_on_the_buckets(app: &App) {
    all_dates(app);
    let (first, second) = (person(app, &json!({})), person(app, &json!({})));
    incident(app, &first, &json!({"kind": "threat", "date": "2017-04-11"}));
    incident(app, &second, &json!({"kind": "threat", "date": "2017/2018"}));
    for (measure, total) in [("persons", 3), ("incidents", 15)] {
        assert_eq!(count(app, &format!("measure={measure}")), total);
        for bucket in ["year", "quarter", "month", "year,month", "year,quarter,month"] {
            let answer = ask(app, &format!("measure={measure}&by={bucket}"));
            let grand = vec!["_T"; bucket.split(',').count()].join(" ");
            assert_eq!(counts(&answer)[&grand], total, "{measure} by {bucket}");
        }
    }
    // One person has incidents in several years and counts in each.
    let persons = ask(app, "by=year");
    assert_eq!(counts(&persons), table(&[("2016", 1), ("2017", 2), ("2018", 1), ("_U", 2), ("_T", 3)]));
    assert_eq!(persons["additive"], json!({"year": false}));
}

fn a_correction_moves_an_incident_to_another_bucket(app: &App) {
    use attest::domain::record::Noun;
    let person = person(app, &json!({}));
    let entry = json!({"person": person, "kind": "threat", "date": "2017/2018"});
    let entered = app.caseworker().enter(Noun::Incident, &entry);
    assert_eq!(counts(&ask(app, "measure=incidents&by=year")), table(&[("_U", 1), ("_T", 1)]));
    let changes = json!({"date": "2017-04", "reason": "the source was asked"});
    app.caseworker().correct(Noun::Incident, &entered, &changes).expect(200);
    assert_eq!(counts(&ask(app, "measure=incidents&by=year")), table(&[("2017", 1), ("_T", 1)]));
    assert_eq!(counts(&ask(app, "measure=incidents&by=month")), table(&[("2017-04", 1), ("_T", 1)]));
}

on_both! { empty:
    buckets_and_the_rest_add_up_to_the_total, a_filter_by_time_keeps_what_is_definite,
    the_total_does_not_depend_on_the_buckets, a_correction_moves_an_incident_to_another_bucket
}
