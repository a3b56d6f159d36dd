//! What a question leaves behind and what it does not tell.

use attest::domain::policy::Role;
use serde_json::json;

use super::asks::{PATH, ask};
use crate::support::{App, on_both};

fn a_question_leaves_one_entry_in_the_audit(app: &App) {
    for (suffix, query, canonical) in [
        ("", "", "measure=persons"),
        ("", "by=kind,sex&totals=all", "measure=persons&by=kind,sex"),
        ("", "sex=M,F&kind=threat&measure=incidents", "measure=incidents&kind=threat&sex=F,M"),
        (".csv", "with=torture,detention&year=2017..2018", "measure=persons&year=2017,2018&with=detention,torture"),
        ("", "kind=threat&by=year&as_of=2018-04-03&at_write=5", "measure=persons&by=year&kind=threat"),
    ] {
        let before = app.contents();
        let answer = app.researcher().get(&format!("{PATH}{suffix}?{query}")).expect(200);
        let after = app.contents();
        assert_eq!(after.write, before.write + 1);
        let changed: Vec<_> = after.rows.iter().filter(|row| !before.rows.contains(row)).map(|row| row.0).collect();
        assert_eq!(changed, ["audit_entries"], "{query}");

        let entry = app.auditor().get("/api/v1/staff/audit?limit=1").expect(200).items().remove(0);
        assert_eq!(entry["write"], after.write);
        assert_eq!(entry["action"], "aggregate.read");
        assert_eq!(entry["account"], crate::support::database::account(Role::Researcher));
        let asked = query.contains("as_of=").then_some(("2018-04-03".to_owned(), 5));
        let today = app.clock.now().date_naive().to_string();
        let (as_of, at_write) = asked.unwrap_or((today, before.write));
        assert_eq!(entry["details"], json!({"query": canonical, "as_of": as_of, "at_write": at_write}), "{query}");
        if suffix.is_empty() {
            let answer = answer.json();
            assert_eq!((&answer["as_of"], &answer["at_write"]), (&json!(as_of), &json!(at_write)));
        }
    }
}

fn the_same_question_asked_differently_reads_the_same(app: &App) {
    let canonical = |query: &str| {
        ask(app, query);
        let entry = app.auditor().get("/api/v1/staff/audit?limit=1").expect(200).items().remove(0);
        entry["details"]["query"].as_str().unwrap().to_owned()
    };
    let one = canonical("measure=persons&kind=threat,death&sex=F&with=torture,detention");
    assert_eq!(canonical("sex=F&with=detention,torture,detention&kind=death,threat,death"), one);
    // Asked again as the audit has it, it is the same question.
    assert_eq!(canonical(&one), one);
    assert_eq!(canonical("by=kind&place=UA,DE"), "measure=persons&by=kind&place=DE,UA");
}

fn a_researcher_gets_counts_and_no_rows(app: &App) {
    let person = app.caseworker().walk("/api/v1/staff/persons?limit=200").remove(0);
    let incident = app.caseworker().walk("/api/v1/staff/incidents?limit=200").remove(0);
    for noun in ["persons", "incidents", "sources", "events", "publications", "figures"] {
        app.researcher().get(&format!("/api/v1/staff/{noun}")).problem(403, "forbidden");
    }
    for record in [&person, &incident] {
        let noun = if record["kind"].is_null() { "persons" } else { "incidents" };
        let path = format!("/api/v1/staff/{noun}/{}", record["id"].as_str().unwrap());
        app.researcher().get(&path).problem(403, "forbidden");
        app.researcher().get(&format!("{path}/history")).problem(403, "forbidden");
    }
    for query in ["by=kind,ground,actor&totals=all", "measure=incidents&by=source,place", "with=detention,death"] {
        for suffix in ["", ".csv"] {
            let told = app.researcher().get(&format!("{PATH}{suffix}?{query}")).expect(200).text();
            for record in [&person, &incident] {
                for secret in [&record["id"], &record["code"], &record["owner"]] {
                    let secret = secret.as_str().unwrap_or("no such field");
                    assert!(!told.contains(secret), "{secret} in the answer to {query}");
                }
            }
        }
    }
    for parameter in ["person", "code", "id", "owner", "event", "figure", "limit"] {
        let path = format!("{PATH}?{parameter}={}", person["code"].as_str().unwrap());
        app.researcher().get(&path).refuses(400, parameter, "unknown");
    }
}

fn only_those_may_ask_whom_the_policy_names(app: &App) {
    for suffix in ["", ".csv"] {
        let path = format!("{PATH}{suffix}?by=kind");
        app.unchanged(|| {
            app.anybody().get(&path).problem(401, "unauthenticated");
            app.admin().get(&path).problem(403, "forbidden");
            app.auditor().get(&path).problem(403, "forbidden");
        });
        for caller in [app.researcher(), app.caseworker(), app.publisher()] {
            caller.get(&path).expect(200);
        }
    }
}

on_both! { demo:
    a_question_leaves_one_entry_in_the_audit, the_same_question_asked_differently_reads_the_same,
    a_researcher_gets_counts_and_no_rows, only_those_may_ask_whom_the_policy_names
}
