//! The matrix: every operation of the API by every role, by how the record stands to the account, against the policy's table.
//! And the matrix's own teeth: with any single cell of the table turned over it does not agree.

use std::collections::{BTreeMap, BTreeSet};

use attest::domain::policy::{Action, Role, Standing, allows};
use attest::domain::record::Noun;
use attest::store::accounts::{self, Purpose};
use chrono::TimeDelta;
use serde_json::json;

use super::authorisation::{ask, documented, record};
use crate::support::operations::{Operation, all};
use crate::support::samples::entry;
use crate::support::{App, Caller, on_both};

on_both! {
    released:
    the_matrix_agrees_with_the_table_and_with_no_other,
    every_operation_that_is_not_public_has_a_row,
    a_disabled_account_is_nobody_to_every_operation,
}

/// What came of a request, as far as the policy goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Not refused, and not as if there were nothing.
    Done,
    Denied,
    Missing,
}

#[derive(Debug)]
struct Observed {
    operation: String,
    action: Action,
    role: Role,
    standing: Standing,
    outcome: Outcome,
}

/// What should come of it by a table.
fn expected(table: &dyn Fn(Role, Action, Standing) -> bool, seen: &Observed) -> Outcome {
    let Observed { action, role, standing, .. } = *seen;
    let at_the_door = Standing::ALL.into_iter().any(|standing| table(role, action, standing));
    match standing {
        _ if !at_the_door => Outcome::Denied,
        _ if table(role, action, standing) => Outcome::Done,
        Standing::Sealed | Standing::Erased => Outcome::Missing,
        _ => Outcome::Denied,
    }
}

fn disagreement<'o>(observed: &'o [Observed], table: &dyn Fn(Role, Action, Standing) -> bool) -> Option<&'o Observed> {
    observed.iter().find(|seen| expected(table, seen) != seen.outcome)
}

/// Somebody else who sees cases.
fn other<'a>(app: &'a App) -> Caller<'a> {
    let lasting = TimeDelta::days(1);
    let token = accounts::create_token(&app.store, "other", Role::Caseworker, lasting, Purpose::Api).unwrap();
    app.bearing(&token)
}

/// The records of a person that stands so to a role: by noun the identifier.
fn records_of(app: &App, role: Role, standing: Standing) -> BTreeMap<Noun, String> {
    let own = standing == Standing::Own && role.sees_cases();
    let keeper = if own { app.by(role) } else { other(app) };
    let person = keeper.enter(Noun::Person, &json!({"ground": "threatened_by_relatives", "name": "Somebody"}));
    let code = person.json()["code"].clone();
    let mut ids = BTreeMap::from([(Noun::Person, person.id())]);
    let mut incident = entry(app, Noun::Incident);
    incident["person"] = code.clone();
    ids.insert(Noun::Incident, keeper.enter(Noun::Incident, &incident).id());
    if matches!(standing, Standing::Own | Standing::Others) {
        let mut linkage = entry(app, Noun::Linkage);
        linkage["person"] = code;
        ids.insert(Noun::Linkage, keeper.enter(Noun::Linkage, &linkage).id());
    }
    let change = |what: &str, body: serde_json::Value| {
        let seen = keeper.get(&person.path(Noun::Person)).expect(200).etag();
        keeper.post_with(&format!("{}/{what}", person.path(Noun::Person)), &[("If-Match", &seen)], &body).expect(200);
    };
    match standing {
        Standing::Listed if role.sees_cases() => {
            change("seal", json!({"reason": "a test", "accounts": [format!("test-{role}")]}));
        }
        Standing::Listed | Standing::Sealed => change("seal", json!({"reason": "a test"})),
        Standing::Erased => change("erasure", json!({"reason": "requested"})),
        Standing::Nobody | Standing::Own | Standing::Others => {}
    }
    ids
}

fn observe(app: &App, operation: &Operation, role: Role, standing: Standing, id: &str) -> Option<Observed> {
    let before = app.contents();
    let answer = ask(&app.by(role), operation, id);
    documented(operation, &answer);
    let outcome = match answer.status {
        401 => panic!("{role}: {}: {}", operation.name(), answer.text()),
        403 => Outcome::Denied,
        // Of what concerns no person it only tells that the policy let it through.
        404 if standing != Standing::Nobody => Outcome::Missing,
        _ => Outcome::Done,
    };
    if outcome != Outcome::Done {
        assert_eq!(app.contents(), before, "{role}: {}", operation.name());
    }
    Some(Observed { operation: operation.name(), action: operation.action?, role, standing, outcome })
}

fn matrix(app: &App) -> Vec<Observed> {
    const STANDINGS: [Standing; 5] =
        [Standing::Own, Standing::Others, Standing::Listed, Standing::Sealed, Standing::Erased];
    let mut observed = Vec::new();
    for role in Role::ALL {
        let concerned: Vec<_> = STANDINGS.map(|standing| (standing, records_of(app, role, standing))).into();
        for operation in all() {
            let noun = operation.noun().filter(|_| operation.path.contains("{id}"));
            let of_persons = noun.is_some_and(|noun| concerned.iter().any(|(_, ids)| ids.contains_key(&noun)));
            if !of_persons {
                observed.extend(observe(app, &operation, role, Standing::Nobody, &record(app, &operation)));
                continue;
            }
            for (standing, ids) in &concerned {
                if let Some(id) = noun.and_then(|noun| ids.get(&noun)) {
                    observed.extend(observe(app, &operation, role, *standing, id));
                }
            }
        }
    }
    observed
}

fn the_matrix_agrees_with_the_table_and_with_no_other(app: &App) {
    let observed = matrix(app);
    assert!(observed.len() > 700, "{}", observed.len());
    let wrong = disagreement(&observed, &allows);
    assert!(wrong.is_none(), "{wrong:?} of {}", wrong.map(|seen| seen.operation.as_str()).unwrap_or_default());
    // Every cell that some operation can show.
    let shown: BTreeSet<_> = observed.iter().map(|seen| (seen.action, seen.standing as u8)).collect();
    let mut turned = 0;
    for role in Role::ALL {
        for action in Action::ALL {
            for standing in Standing::ALL.into_iter().filter(|standing| shown.contains(&(*action, *standing as u8))) {
                let table =
                    |r: Role, a: Action, s: Standing| allows(r, a, s) != ((r, a, s) == (role, *action, standing));
                assert!(disagreement(&observed, &table).is_some(), "{role} {action:?} {standing:?} turned over");
                turned += 1;
            }
        }
    }
    assert!(turned >= 150, "{turned} cells");
}

fn every_operation_that_is_not_public_has_a_row(_: &App) {
    let mut shown = BTreeSet::new();
    for operation in all() {
        let private = ["/api/v1/staff", "/api/v1/research"].iter().any(|path| operation.path.starts_with(path));
        assert_eq!(operation.action.is_some(), private, "{}", operation.name());
        shown.extend(operation.action);
    }
    // Giving a person into other hands is decided by what is entered, not by an address.
    let hidden: Vec<_> = Action::ALL.iter().filter(|action| !shown.contains(action)).collect();
    assert_eq!(hidden, [&Action::ChangeOwner], "actions without an operation");
}

fn a_disabled_account_is_nobody_to_every_operation(app: &App) {
    let person = app.caseworker().enter(Noun::Person, &json!({"name": "Somebody"}));
    let private: Vec<_> = all().into_iter().filter(|operation| operation.action.is_some()).collect();
    for role in Role::ALL {
        let lasting = TimeDelta::days(1);
        let name = format!("leaver-{role}");
        let token = accounts::create_token(&app.store, &name, role, lasting, Purpose::Api).unwrap();
        let leaver = app.bearing(&token);
        assert_ne!(leaver.get("/api/v1/staff/tokens").status, 401, "{role}: before");
        let found = app.admin().get("/api/v1/staff/accounts").expect(200).items();
        let account = found.iter().find(|account| account["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
        app.admin().post(&format!("/api/v1/staff/accounts/{account}/disablement"), &json!({})).expect(200);
        for operation in &private {
            let of_person = operation.noun() == Some(Noun::Person);
            let id = if of_person { person.id() } else { record(app, operation) };
            app.unchanged(|| ask(&leaver, operation, &id).problem(401, "unauthenticated"));
        }
    }
}
