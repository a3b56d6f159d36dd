//! Every page that somebody can open: its address, and who may see it.

use std::collections::HashMap;

use attest::domain::policy::{Actor, Role, decide};
use attest::domain::record::{Noun, RecordId};
use attest::http::pages::routes;
use attest::store::accounts::{self, host};
use serde_json::{Value, json};

use crate::support::App;
use crate::support::people::{Browser, Person};
use crate::support::samples::{correction, entry as sample, some_release};

/// Addresses that answer no page: what pages are made of, and the way out. A job belongs to one account, and its page is looked at
/// where pages of jobs are tested.
pub const NO_PAGES: &[&str] = &["/assets/{name}", "/desk/import/template", "/desk/jobs/{id}", "/leave"];

/// An address that a route with parts answers, with whatever it shows entered first; none where nobody has said how.
fn example(app: &App, known: &mut HashMap<Noun, String>, path: &str) -> Option<String> {
    let token = || {
        let name = format!("new-{}", uuid::Uuid::now_v7().simple());
        accounts::add(&app.store, &host(), &name, Role::Researcher).unwrap().link.unwrap().path()
    };
    let part = match path {
        "/enrol/{token}" => return Some(token()),
        _ if path.starts_with("/publications/{") => "lgbtnet-2018-04-03".to_owned(),
        _ if path.starts_with("/releases/{") => {
            id_of(app.anybody().get("/api/v1/releases").expect(200).items().remove(0))
        }
        _ if path.starts_with("/desk/releases/{") => some_release(app),
        "/research/figures/{id}" => {
            id_of(app.publisher().get("/api/v1/staff/figures?limit=1").expect(200).items().remove(0))
        }
        "/desk/accounts/{id}" => id_of(app.admin().get("/api/v1/staff/accounts").expect(200).items().remove(0)),
        _ => {
            let plural = path.strip_prefix("/desk/")?.split("/{").next()?;
            let noun = Noun::ALL.into_iter().find(|noun| noun.plural() == plural)?;
            known.entry(noun).or_insert_with(|| rich(app, noun)).clone()
        }
    };
    // One part that has several values is none of ours.
    let (start, rest) = path.split_once('{')?;
    let end = rest.split_once('}')?.1;
    (!end.contains('{')).then(|| format!("{start}{part}{end}"))
}

fn id_of(record: Value) -> String {
    record["id"].as_str().unwrap().to_owned()
}

/// A record with as much around it as its page can show.
fn rich(app: &App, noun: Noun) -> String {
    let staff = app.enterer_of(noun);
    if noun != Noun::Person {
        let seen = staff.enter(noun, &sample(app, noun));
        let (field, value) = correction(app, noun);
        // The answer to a creation is the record.
        let corrected = staff.correct(noun, &seen, &json!({field: value, "reason": "heard anew"})).expect(200);
        return id_of(corrected.json());
    }
    let entry = json!({"ground": "threatened_by_relatives", "origin": "RU-CE", "sex": "F", "age_group": "Y18T24",
        "name": "Zarema Example", "contacts": "through a friend"});
    let [seen, other] = [entry.clone(), entry].map(|entry| staff.enter(noun, &entry));
    let code = &seen.json()["code"];
    let source = staff.enter(Noun::Source, &sample(app, Noun::Source)).json();
    for person in [code, &other.json()["code"]] {
        for (kind, date) in [("detention", "2017-04~"), ("threat", "2017-02/2018-04-03"), ("evacuation", "2018-01-09")]
        {
            let incident = json!({"person": person, "kind": kind, "date": date, "place": "RU-CE",
                "involvements": [{"role": "perpetrator", "actor": "law_enforcement"}], "sources": [{"source": source["code"]}]});
            staff.enter(Noun::Incident, &incident);
        }
    }
    for purpose in ["keep", "count"] {
        let consent = json!({"person": code, "purpose": purpose, "decision": "given", "manner": "signed", "decided_on": "2017-06-01"});
        staff.enter(Noun::Consent, &consent);
    }
    id_of(staff.correct(noun, &seen, &json!({"sex": "M", "reason": "a mistake in typing"})).expect(200).json())
}

/// A page to look at.
#[derive(Debug, Clone)]
pub struct Seen {
    /// As the list of routes has it.
    pub route: &'static str,
    pub address: String,
    /// Who may see it; nobody where one need not be signed in.
    pub roles: Vec<Role>,
}

/// Every page, with an address that answers. Fails where a route has parts and no example.
pub fn pages(app: &App) -> Vec<Seen> {
    let (mut pages, mut missing, mut known) = (Vec::new(), Vec::new(), HashMap::new());
    for page in routes().filter(|page| page.method == "GET" && !NO_PAGES.contains(&page.path)) {
        let address =
            if page.path.contains('{') { example(app, &mut known, page.path) } else { Some(page.path.to_owned()) };
        let Some(address) = address else {
            missing.push(page.path);
            continue;
        };
        let may = |role: &Role| page.action.is_some_and(|action| decide(&somebody(*role), action).is_ok());
        pages.push(Seen { route: page.path, address, roles: Role::ALL.into_iter().filter(may).collect() });
    }
    assert!(missing.is_empty(), "tests/browser/addresses.rs has no example of {missing:#?}");
    assert!(pages.len() >= 3);
    pages
}

fn somebody(role: Role) -> Actor {
    Actor::new(RecordId::new(), "somebody", role)
}

/// Somebody of each role, signed in.
pub fn everybody<'a>(app: &'a App<'a>) -> Vec<(Role, Browser<'a>)> {
    let signed_in = |role: Role| (role, Person::new(app, &format!("some-{role}"), role).browser(app));
    let mut roles = Role::ALL;
    // From the second admin on, links have to be approved.
    roles.sort_by_key(|role| *role == Role::Admin);
    roles.into_iter().map(signed_in).collect()
}

/// The address in a language.
pub fn in_language(code: &str, address: &str) -> String {
    if address == "/" { format!("/{code}") } else { format!("/{code}{address}") }
}
