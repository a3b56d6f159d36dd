//! Days where the organisation is: pages read and check them in its time zone.

use attest::domain::policy::Role;
use attest::http::app::Settings;
use chrono::{NaiveTime, TimeDelta};

use crate::support::app::settings;
use crate::support::people::{Browser, Person, between};
use crate::support::{App, Home, on_both};

on_both! {
    bare: after_midnight_in_moscow_today_is_the_new_day_and_tomorrow_is_refused,
}

fn enter<'p>(browser: &Browser, fields: &[(&'p str, &'p str)]) -> crate::support::Answer {
    browser.submit("/desk/incidents", &[&[("person", "P-ONE"), ("kind", "threat")], fields].concat())
}

fn after_midnight_in_moscow_today_is_the_new_day_and_tomorrow_is_refused(home: &Home) {
    let zone = chrono_tz::Europe::Moscow;
    let app = App::serve(home, home.open(), Settings { zone, ..settings() });
    // Half past midnight in Moscow is half past nine in the evening before, in UTC.
    let now = app.clock.now();
    let evening =
        (now.date_naive() + TimeDelta::days(1)).and_time(NaiveTime::from_hms_opt(21, 30, 0).unwrap()).and_utc();
    app.clock.advance(evening - now);
    let (utc, here) = (evening.date_naive(), evening.date_naive() + TimeDelta::days(1));
    let tomorrow = (here + TimeDelta::days(1)).to_string();

    let browser = Person::new(&app, "kai", Role::Caseworker).browser(&app);
    browser.submit("/desk/persons", &[("code", "P-ONE")]).expect(303);
    let mut dates = Vec::new();
    for typed in ["today", "сегодня", &here.to_string(), "yesterday"] {
        enter(&browser, &[("date", typed)]).expect(303);
        let list = app.caseworker().get("/api/v1/staff/incidents").expect(200).items();
        dates.push(list.last().unwrap()["date"].as_str().unwrap().to_owned());
    }
    assert_eq!(dates, [here.to_string(), here.to_string(), here.to_string(), utc.to_string()]);
    // By three in the morning on Kiribati tomorrow has begun, but not where the organisation is.
    let page = enter(&browser, &[("date", &tomorrow)]).expect(422).text();
    let told = between(&page, "id=\"date", "</div>");
    assert!(told.iter().any(|told| told.contains(&format!("a day not after today, {here}"))), "{page}");

    // A decision of the new day is recorded at once.
    let consent = [("person", "P-ONE"), ("purpose", "count"), ("decision", "refused"), ("manner", "spoken")];
    let decided = here.to_string();
    browser.submit("/desk/consents", &[&consent[..], &[("decided_on", decided.as_str())]].concat()).expect(303);
    let consent = app.caseworker().get("/api/v1/staff/consents").expect(200).items().remove(0);
    assert_eq!((&consent["decided_on"], &consent["known_on"]), (&here.to_string().into(), &utc.to_string().into()));
}
