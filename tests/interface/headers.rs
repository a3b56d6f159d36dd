//! Headers: what caches may keep, what other sites may read, what browsers may do with an answer.

use attest::domain::record::Noun;

use crate::support::client::path_of;
use crate::support::operations::{Operation, all};
use crate::support::samples::{entry, some_id};
use crate::support::{Answer, App, on_both};

on_both! {
    released:
    public_answers_can_be_read_from_any_site_and_kept,
    a_problem_at_a_public_address_can_be_read_from_any_site,
    other_answers_are_kept_by_nobody_and_read_from_no_other_site,
    every_answer_tells_browsers_to_do_nothing_with_it,
    no_answer_sets_a_cookie_or_names_its_maker,
    an_answer_that_is_known_is_not_sent_again,
    an_entity_tag_changes_with_the_answer,
    a_record_that_is_known_is_not_sent_again,
}

/// Operations that only read, with their answers.
fn read(app: &App) -> Vec<(Operation, Answer)> {
    let mut read = Vec::new();
    for operation in all().into_iter().filter(|operation| operation.method == "GET") {
        let caller = app.by(operation.some_role());
        let id = some_id(app, &operation);
        let headers = [("Origin", "https://example.org")];
        let answer = caller.get_with(&operation.address(&id), &headers).expect(200);
        read.push((operation, answer));
    }
    assert!(read.len() > 25);
    read
}

fn public_answers_can_be_read_from_any_site_and_kept(app: &App) {
    let mut found = 0;
    for (operation, answer) in read(app).into_iter().filter(|(operation, _)| operation.is_public()) {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{}", operation.name());
        assert_eq!(answer.header("access-control-allow-credentials"), None);
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("cross-origin"));
        assert!(answer.header("cache-control").unwrap().starts_with("public, max-age="), "{}", operation.name());
        assert!(answer.etag().len() > 10);
        found += 1;
    }
    assert!(found >= 4);
}

fn a_problem_at_a_public_address_can_be_read_from_any_site(app: &App) {
    for address in ["/api/v1/publications/nobody", "/api/v1/figures?publication=nobody", "/api/v1/publications?x=y"] {
        let answer = app.anybody().get_with(address, &[("Origin", "https://example.org")]);
        assert!(matches!(answer.status, 400 | 404), "{address}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{address}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{address}");
    }
}

fn other_answers_are_kept_by_nobody_and_read_from_no_other_site(app: &App) {
    let origin = [("Origin", "https://example.org")];
    let mut answers = vec![app.anybody().get_with("/health/live", &origin)];
    for (operation, answer) in read(app).into_iter().filter(|(operation, _)| operation.action.is_some()) {
        let address = operation.address("01997c1e-0000-7000-8000-000000000000");
        answers.extend([answer, app.anybody().get_with(&address, &origin)]);
    }
    let made = app.caseworker().enter(Noun::Person, &entry(app, Noun::Person));
    let refused = app.caseworker().create(Noun::Person, &serde_json::json!({"sex": "x"}));
    // However its address is spelled.
    let spelled = app.caseworker().get("/api/v1/%73taff/persons").expect(200);
    answers.extend([made, refused, spelled]);
    for answer in answers {
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", answer.asked);
        assert_eq!(answer.header("access-control-allow-origin"), None, "{}", answer.asked);
    }
}

/// Answers of every kind: good ones, problems, other methods, unknown addresses, the documentation page.
fn every_kind(app: &App) -> Vec<Answer> {
    let mut answers: Vec<_> = read(app).into_iter().map(|(_, answer)| answer).collect();
    let person = path_of(Noun::Person);
    let many = vec![b' '; 70_000];
    let json = [("Content-Type", "application/json")];
    answers.extend([
        app.anybody().get(&person),
        app.researcher().get(&person),
        app.caseworker().get(&format!("{person}?colour=red")),
        app.caseworker().get(&format!("{person}/nobody")),
        app.caseworker().send("DELETE", &person, &[], Vec::new()),
        app.caseworker().send("POST", &person, &json, b"{".to_vec()),
        app.caseworker().send("POST", &person, &json, many),
        app.caseworker().send("POST", &person, &[], Vec::new()),
        app.anybody().get("/nowhere"),
        app.anybody().get("/api/docs/"),
        app.anybody().get("/api/docs/swagger-ui.css"),
        app.anybody().get("/api/docs/nowhere"),
        app.anybody().get("/health/ready"),
    ]);
    answers
}

fn every_answer_tells_browsers_to_do_nothing_with_it(app: &App) {
    for answer in every_kind(app) {
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none';"), "{}: {policy}", answer.asked);
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("base-uri 'none'"), "{}", answer.asked);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("permissions-policy", ""),
        ] {
            assert_eq!(answer.header(name), Some(value), "{} {name}", answer.asked);
        }
    }
}

fn no_answer_sets_a_cookie_or_names_its_maker(app: &App) {
    for answer in every_kind(app) {
        for name in ["set-cookie", "server", "x-powered-by"] {
            assert_eq!(answer.header(name), None, "{} {name}", answer.asked);
        }
    }
}

fn an_answer_that_is_known_is_not_sent_again(app: &App) {
    for (operation, answer) in read(app).into_iter().filter(|(operation, _)| operation.is_public()) {
        let address = operation.address("lgbtnet-2018-04-03");
        let tag = answer.etag();
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = app.anybody().get_with(&address, &[("If-None-Match", &known)]).expect(304);
            assert!(again.bytes.is_empty(), "{address}");
            assert_eq!(again.header("etag"), Some(tag.as_str()), "{address}");
            assert_eq!(again.header("cache-control"), answer.header("cache-control"), "{address}");
            assert_eq!(again.header("access-control-allow-origin"), Some("*"), "{address}");
        }
        for unknown in ["\"other\"", "", &tag.replace('"', "")] {
            let again = app.anybody().get_with(&address, &[("If-None-Match", unknown)]).expect(200);
            assert_eq!(again.bytes, answer.bytes, "{address}");
        }
    }
}

fn an_entity_tag_changes_with_the_answer(app: &App) {
    let addresses = ["/api/v1/publications", "/api/v1/figures"];
    let before = addresses.map(|address| app.anybody().get(address).etag());
    assert_eq!(before, addresses.map(|address| app.anybody().get(address).etag()), "the same answer, the same tag");
    for noun in [Noun::Publication, Noun::Figure] {
        let mut body = entry(app, noun);
        body["state"] = "published".into();
        if noun == Noun::Figure {
            body["publication"] = "lgbtnet-2018-04-03".into();
            body["code"] = "another".into();
        }
        app.publisher().enter(noun, &body);
    }
    for (address, before) in addresses.iter().zip(before) {
        assert_ne!(app.anybody().get(address).etag(), before, "{address}");
        app.anybody().get_with(address, &[("If-None-Match", &before)]).expect(200);
    }
}

fn a_record_that_is_known_is_not_sent_again(app: &App) {
    for noun in Noun::ALL {
        let caller = app.enterer_of(noun);
        let made = caller.enter(noun, &entry(app, noun));
        let again = caller.get_with(&made.path(noun), &[("If-None-Match", &made.etag())]).expect(304);
        assert!(again.bytes.is_empty());
        // The tag says which version, so that an older one is not this one.
        let corrected = caller.correct(noun, &made, &serde_json::json!({"reason": "checked"})).expect(200);
        let newest = caller.get_with(&made.path(noun), &[("If-None-Match", &made.etag())]).expect(200);
        assert_eq!(newest.etag(), corrected.etag());
    }
}
