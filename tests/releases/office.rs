//! An office with people who agree to be published, and publishers who release how many they are.

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::store::accounts::{self, Purpose};
use attest::store::released::{self, Released};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Answer, App, Caller, samples};

pub const RELEASES: &str = "/api/v1/staff/releases";

/// Enters a person of this sex who agrees to be published. Gives the consent.
pub fn willing(app: &App, sex: &str) -> Answer {
    let person = app.caseworker().enter(Noun::Person, &json!({"sex": sex})).json();
    let consent =
        json!({"person": person["code"], "purpose": "publish", "decision": "given", "decided_on": "2018-04-03"});
    app.caseworker().enter(Noun::Consent, &consent)
}

/// Eight men and two women, and a public list of sexes. Gives the consent of one of the men.
pub fn ten(app: &App) -> Answer {
    samples::list(app, "sex", &["M", "F"]);
    ["M", "M", "M", "M", "M", "M", "M", "F", "F"].into_iter().for_each(|sex| drop(willing(app, sex)));
    willing(app, "M")
}

pub fn declaration() -> Value {
    json!({"id": "first", "title_en": "Persons by sex", "publisher": "The office",
        "tables": [{"code": "by-sex", "title_en": "By sex", "by": ["sex"]}]})
}

/// A second publisher, from now on.
pub fn second<'a>(app: &'a App) -> Caller<'a> {
    let lasting = TimeDelta::days(366);
    app.bearing(&accounts::create_token(&app.store, "second", Role::Publisher, lasting, Purpose::Api).unwrap())
}

pub fn prepare(caller: &Caller<'_>) -> Answer {
    caller.post(RELEASES, &declaration()).expect(201)
}

/// Does something with the release that an earlier answer shows.
pub fn act(caller: &Caller<'_>, seen: &Answer, what: &str) -> Answer {
    act_with(caller, seen, what, &json!({}))
}

pub fn act_with(caller: &Caller<'_>, seen: &Answer, what: &str, body: &Value) -> Answer {
    caller.post_with(&format!("{RELEASES}/{}/{what}", seen.id()), &[("If-Match", &seen.etag())], body)
}

/// Ten people, and a release of them that is public.
pub fn published(app: &App) -> Answer {
    ten(app);
    let signed = act(&app.publisher(), &prepare(&app.publisher()), "sign").expect(200);
    act(&app.publisher(), &signed, "publish").expect(200)
}

/// All that anybody may read.
pub fn public(app: &App) -> Vec<Released> {
    app.store.look(released::all).unwrap()
}

pub fn mark(app: &App) -> i64 {
    app.store.look(|conn| Ok(released::mark(conn)?)).unwrap()
}

/// What the plan says of the only table: how many numbers it tells anew, how many stand, and how many are withheld.
pub fn planned(release: &Answer) -> [u64; 3] {
    let table = release.json()["plan"]["tables"][0].clone();
    ["told", "standing", "withheld"].map(|said| table[said].as_u64().unwrap())
}
