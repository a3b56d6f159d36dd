//! Uncertain dates: a bucket holds what lies wholly inside it, `_U` the rest, and the total does not depend on buckets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::asks::{PATH, ask, count, counts, only_row, rows, table};
use super::case::dates;
use super::golden::{incident, person};
use crate::support::{App, on_both};

/// An incident of each date, all of one person, and one more person with none.
fn all_dates(app: &App) {
    let person = person(app, &json!({}));
    for date in dates() {
        incident(app, &person, &json!({"kind": "threat", "date": date.edtf}));
    }
}

/// The counts that are not 0: a bucket into which dates only reach has a row too.
fn definite(app: &App, query: &str) -> BTreeMap<String, u64> {
    let mut counts = counts(&ask(app, query));
    counts.retain(|_, count| *count > 0);
    counts
}

fn buckets_and_the_rest_add_up_to_the_total(app: &App) {
    all_dates(app);
    let years = definite(app, "measure=incidents&by=year");
    assert_eq!(years, table(&[("2016", 1), ("2017", 7), ("2018", 2), ("_U", 5), ("_T", 15)]));
    let quarters = definite(app, "measure=incidents&by=quarter");
    assert_eq!(quarters, table(&[("2016-Q4", 1), ("2017-Q2", 3), ("2018-Q1", 2), ("_U", 9), ("_T", 15)]));
    let months = definite(app, "measure=incidents&by=month");
    assert_eq!(months, table(&[("2016-12", 1), ("2017-04", 2), ("2018-01", 1), ("_U", 11), ("_T", 15)]));
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
    // What lies across neighbouring years lies inside of both together.
    assert_eq!(incidents("year=2017..2018"), 10);
    assert_eq!(incidents("year=2017,2018"), 10);
    assert_eq!(incidents("year=2016..2018"), 12);
    assert_eq!(incidents("year=2016,2018"), 3);
    assert_eq!(incidents("year=_U"), 5);
    assert_eq!(incidents("year=2016..2018,_U"), 15);
    assert_eq!(incidents("quarter=2017-Q1..2017-Q4"), 7);
    assert_eq!(incidents("quarter=2016-Q4..2018-Q1"), 11);
    assert_eq!(incidents("month=2017-04"), 2);
    assert_eq!(incidents("month=2017-04..2017-06"), 3);
    assert_eq!(incidents("month=2016-12..2018-01"), 10);
    // What lies inside the year and not inside the quarter.
    assert_eq!(incidents("year=2017&quarter=_U"), 4);
    assert_eq!(ask(app, "year=2017..2019")["filter"], json!({"year": ["2017", "2018", "2019"]}));
}

fn the_total_does_not_depend_on_the_buckets(app: &App) {
    all_dates(app);
    let (first, second) = (person(app, &json!({})), person(app, &json!({})));
    incident(app, &first, &json!({"kind": "threat", "date": "2017-04-11"}));
    incident(app, &second, &json!({"kind": "threat", "date": "2017/2018"}));
    for (measure, total) in [("persons", 3), ("incidents", 17)] {
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
    let years = ask(app, "measure=incidents&by=year");
    assert_eq!(counts(&years), table(&[("2017", 0), ("2018", 0), ("_U", 1), ("_T", 1)]));
    let changes = json!({"date": "2017-04", "reason": "the source was asked"});
    app.caseworker().correct(Noun::Incident, &entered, &changes).expect(200);
    assert_eq!(counts(&ask(app, "measure=incidents&by=year")), table(&[("2017", 1), ("_T", 1)]));
    assert_eq!(counts(&ask(app, "measure=incidents&by=month")), table(&[("2017-04", 1), ("_T", 1)]));
}

/// "2017-02/2018-04-03" may be of either year, "2017" is of one: a reader sees both, and what may come to each.
fn a_bucket_says_what_may_lie_in_it_besides(app: &App) {
    let (first, second) = (person(app, &json!({})), person(app, &json!({"sex": "F"})));
    for (person, date) in
        [(&first, "2017-02/2018-04-03"), (&first, "2017"), (&second, "2017-12-31/2018-01-01"), (&second, "XXXX")]
    {
        incident(app, person, &json!({"kind": "threat", "date": date}));
    }
    let row =
        |count: u64, possible: u64| json!({"count": count, "bound": "exact", "status": "A", "possible": possible});
    let plain = |count: u64| json!({"count": count, "bound": "exact", "status": "A"});
    let expect = |query: &str, expected: &[(&str, Value)]| {
        let expected: BTreeMap<_, _> = expected.iter().map(|(cell, row)| ((*cell).to_owned(), row.clone())).collect();
        let found: BTreeMap<_, _> =
            rows(&ask(app, query)).into_iter().map(|(cell, row)| (cell.join(" "), row)).collect();
        assert_eq!(found, expected, "{query}");
    };
    // Dates of which nothing is known reach no further than the others: nobody sees nine thousand rows.
    expect(
        "measure=incidents&by=year",
        &[("2017", row(1, 3)), ("2018", row(0, 3)), ("_U", plain(3)), ("_T", plain(4))],
    );
    // The first is in 2017 for certain, so that only the second may come to it.
    expect("by=year", &[("2017", row(1, 1)), ("2018", row(0, 2)), ("_U", plain(2)), ("_T", plain(2))]);
    expect("measure=incidents&by=sex,year&totals=none&year=2018", &[("F 2018", row(0, 2)), ("_U 2018", row(0, 1))]);
    expect("measure=incidents&by=sex&year=2017..2018", &[("F", row(1, 1)), ("_U", row(2, 0)), ("_T", row(3, 1))]);
    assert_eq!(only_row(app, "measure=incidents&year=2016"), row(0, 1));
    // One day lies in both of what is asked, also where a code that is no year stands beside the years.
    assert_eq!(only_row(app, "quarter=2018-Q1&year=2018,_Z"), row(0, 2));
    assert_eq!(only_row(app, "quarter=2018-Q1&year=2015..2016,_Z"), row(0, 0));
    // What is not about time says nothing of it.
    assert_eq!(only_row(app, "measure=incidents"), plain(4));
}

fn one_date_of_more_than_a_hundred_years_takes_no_answer_from_anybody(app: &App) {
    let person = person(app, &json!({}));
    // Each day lies in one month, however far apart they are.
    for date in ["0001-05", "1900-01-01", "2000-01-01"] {
        incident(app, &person, &json!({"kind": "threat", "date": date}));
    }
    let apart = definite(app, "measure=incidents&by=month");
    assert_eq!(apart, table(&[("0001-05", 1), ("1900-01", 1), ("2000-01", 1), ("_T", 3)]));
    // 1,201 months, 401 quarters: it makes no month of its own, is known to lie in none, and may lie in those that there are.
    for date in ["1900-01/2000-01", "1850/1990"] {
        incident(app, &person, &json!({"kind": "threat", "date": date}));
    }
    let wide = definite(app, "measure=incidents&by=month");
    assert_eq!(wide, table(&[("0001-05", 1), ("1900-01", 1), ("2000-01", 1), ("_U", 2), ("_T", 5)]));
    let answer = app.researcher().get(&format!("{PATH}?measure=incidents&by=month")).expect(200).json();
    let possible = |month: &str| {
        let rows = answer["rows"].as_array().unwrap();
        rows.iter().find(|row| row["month"] == month).map(|row| row["possible"].clone()).unwrap()
    };
    assert_eq!(["0001-05", "1900-01", "2000-01"].map(possible), [0, 2, 1]);
    let caveats: Vec<_> = answer["caveats"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
    assert!(caveats.contains(&"wide_dates".into()), "{caveats:?}");
    // Where all have room, each makes its own.
    let quarters = app.researcher().get(&format!("{PATH}?measure=incidents&by=quarter")).expect(200).json();
    assert!(quarters["rows"].as_array().unwrap().len() > 550);
    assert!(!quarters["caveats"].to_string().contains("wide_dates"));
    let narrowed = definite(app, "measure=incidents&by=month&month=1900-01");
    assert_eq!(narrowed, table(&[("1900-01", 1), ("_T", 1)]));
}

fn a_date_of_a_whole_century_takes_no_answer_from_anybody(app: &App) {
    let person = person(app, &json!({}));
    for date in ["19XX", "2017-04-03"] {
        incident(app, &person, &json!({"kind": "threat", "date": date}));
    }
    for (by, known) in [("month", "2017-04"), ("quarter", "2017-Q2"), ("year", "2017")] {
        let found = definite(app, &format!("measure=incidents&by={by}"));
        assert_eq!(found, table(&[(known, 1), ("_U", 1), ("_T", 2)]), "{by}");
        app.researcher().get(&format!("{PATH}.csv?by={by},kind")).expect(200);
    }
    // It may have been in any month of it, for all that is known.
    let months = ask(app, "measure=incidents&by=month&month=1950-01..1950-03");
    let possible: Vec<_> = months["rows"].as_array().unwrap().iter().map(|row| row["possible"].clone()).collect();
    assert_eq!(possible, [1, 1, 1, 1], "{months}");
}

on_both! { empty:
    a_date_of_a_whole_century_takes_no_answer_from_anybody,
    a_bucket_says_what_may_lie_in_it_besides, one_date_of_more_than_a_hundred_years_takes_no_answer_from_anybody,
    buckets_and_the_rest_add_up_to_the_total, a_filter_by_time_keeps_what_is_definite,
    the_total_does_not_depend_on_the_buckets, a_correction_moves_an_incident_to_another_bucket
}
