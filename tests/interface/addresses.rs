//! Addresses that take no such method, and addresses that are none.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::operations::all;
use crate::support::{App, on_both};

on_both! {
    released:
    an_address_says_which_methods_it_takes,
    an_unknown_address_is_a_problem_like_any_other,
    an_unknown_address_tells_everybody_the_same,
    head_is_answered_like_get_without_a_body,
    the_service_says_that_it_lives_and_is_ready,
    the_documentation_page_answers_and_names_no_other_host,
}

fn an_address_says_which_methods_it_takes(app: &App) {
    let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in all() {
        methods.entry(operation.path).or_default().insert(operation.method);
    }
    for (path, taken) in methods {
        let address = path.replace("{id}", "01997c1e-0000-7000-8000-000000000000");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if taken.contains(method) {
                continue;
            }
            let answer = app.unchanged(|| app.publisher().send(method, &address, &[], Vec::new()));
            let allow = answer.header("allow").unwrap_or_default().split(", ").map(str::to_owned);
            let allow: BTreeSet<_> = allow.filter(|method| !matches!(method.as_str(), "HEAD" | "OPTIONS")).collect();
            assert_eq!(allow, taken, "{}: {}", answer.asked, answer.text());
            answer.problem(405, "method_not_allowed");
        }
    }
}

const NOWHERE: [&str; 13] = [
    "/api",
    "/api/v1",
    "/api/v1/",
    "/api/v2/publications",
    "/api/v1/staff",
    "/api/v1/staff/houses",
    "/api/v1/staff/persons/",
    "/api/v1/staff/persons/01997c1e-0000-7000-8000-000000000000/secrets",
    "/api/v1/research",
    "/api/v1/publications/x/y",
    "/health",
    "/.env",
    "/api/v1/../../etc/passwd",
];

fn an_unknown_address_is_a_problem_like_any_other(app: &App) {
    for address in NOWHERE {
        for method in ["GET", "POST", "DELETE"] {
            let answer = app.unchanged(|| app.caseworker().send(method, address, &[], Vec::new()));
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{address}");
            answer.problem(404, "not_found");
        }
    }
}

fn an_unknown_address_tells_everybody_the_same(app: &App) {
    for address in NOWHERE {
        let open = app.anybody().get(address);
        let staff = app.caseworker().get(address);
        assert_eq!((open.status, &open.bytes), (staff.status, &staff.bytes), "{address}");
    }
}

fn head_is_answered_like_get_without_a_body(app: &App) {
    for operation in all().into_iter().filter(|operation| operation.method == "GET" && operation.is_public()) {
        let address = operation.address("lgbtnet-2018-04-03");
        let get = app.anybody().get(&address).expect(200);
        let head = app.anybody().send("HEAD", &address, &[], Vec::new()).expect(200);
        assert!(head.bytes.is_empty());
        for name in ["etag", "content-type", "cache-control"] {
            assert_eq!(head.header(name), get.header(name), "{address} {name}");
        }
    }
}

fn the_service_says_that_it_lives_and_is_ready(app: &App) {
    let live = app.unchanged(|| app.anybody().get("/health/live").expect(200));
    assert_eq!(live.text(), "live\n");
    let ready = app.unchanged(|| app.anybody().get("/health/ready").expect(200));
    assert_eq!(ready.json()["status"], "ready");
    for answer in [live, ready] {
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
}

fn the_documentation_page_answers_and_names_no_other_host(app: &App) {
    let page = app.anybody().get("/api/docs/").expect(200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let html = page.text();
    let quoted = |attribute: &str| {
        let parts: Vec<_> = html.split(&format!("{attribute}=\"")).skip(1).collect();
        parts.into_iter().map(|part| part.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let links: Vec<_> = [quoted("src"), quoted("href")].concat();
    assert!(links.len() >= 3, "{html}");
    for link in &links {
        assert!(!link.contains("//"), "{link}");
        let address = format!("/api/docs/{}", link.trim_start_matches("./"));
        assert!(!app.anybody().get(&address).expect(200).bytes.is_empty(), "{address}");
    }
    let settings = app.anybody().get("/api/docs/swagger-initializer.js").expect(200).text();
    assert!(settings.contains("/api/v1/openapi.json"), "{settings}");
    for text in [&html, &settings] {
        assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    }
    // Whatever the page's scripts may want, the browser gives it nothing from elsewhere.
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("http"), "{policy}");
    for source in policy.split([';', ' ']).filter(|word| !word.is_empty() && !word.ends_with("-src")) {
        let own = ["'none'", "'self'", "'unsafe-inline'", "data:", "frame-ancestors", "base-uri", "form-action"];
        assert!(own.contains(&source), "{source}");
    }
}
