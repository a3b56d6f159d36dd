//! Every route of a page: who may see it, and that no form of another site does anything.

use attest::domain::policy::Role;
use attest::http::pages::{Page, public, routes};
use attest::store::accounts::{self, host};

use crate::support::client::path_of;
use crate::support::people::{Browser, Person};
use crate::support::{Answer, App, on_both};

on_both! {
    empty:
    a_page_without_a_session_leads_to_the_sign_in,
    a_form_without_the_word_of_the_session_changes_nothing,
    a_form_from_another_site_changes_nothing,
    a_cookie_does_not_open_the_api_and_a_token_opens_no_page,
    every_page_has_its_headers,
    signing_out_ends_the_session_and_tells_the_browser_to_forget,
    a_cookie_is_bound_to_the_host_unless_browser_and_service_are_one_machine,
    without_the_keyring_no_page_is_served,
    leaving_takes_the_session_and_nothing_from_who_has_none,
    a_session_ends_others_of_its_own_account_alone,
    an_address_of_a_page_says_which_methods_it_takes,
}

const ID: &str = "01997c1e-0000-7000-8000-000000000000";

fn address(page: &Page) -> String {
    page.path.replace("{id}", ID).replace("{token}", &"0".repeat(64))
}

fn posts() -> impl Iterator<Item = &'static Page> {
    routes().filter(|page| page.method == "POST")
}

fn ask(browser: &Browser<'_>, page: &Page, fields: &[(&str, &str)]) -> Answer {
    if page.method == "GET" { browser.get(&address(page)) } else { browser.post(&address(page), fields) }
}

fn a_page_without_a_session_leads_to_the_sign_in(app: &App) {
    let mut closed = 0;
    for page in routes().filter(|page| page.action.is_some()) {
        for session in [None, Some("0".repeat(64)), Some("junk".to_owned())] {
            let browser = Browser { session, ..Browser::new(app) };
            let answer = app.unchanged(|| ask(&browser, page, &[("csrf", "")]).expect(303));
            assert_eq!(answer.header("location"), Some("/sign-in"), "{page:?}");
            closed += 1;
        }
    }
    assert!(closed >= 30);
}

fn a_form_without_the_word_of_the_session_changes_nothing(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    let others = Person::new(app, "rosa", Role::Caseworker).browser(app).word();
    let own = browser.word();
    let mut last = own.clone();
    let changed = if last.pop() == Some('0') { '1' } else { '0' };
    last.push(changed);
    let mut tried = 0;
    for page in posts().filter(|page| page.action.is_some()) {
        for fields in
            [&[][..], &[("csrf", "")], &[("csrf", others.as_str())], &[("csrf", &last)], &[("csrf", &own[..63])]]
        {
            app.unchanged(|| ask(&browser, page, fields).expect(403));
            tried += 1;
        }
        // In the address it is no field of the form.
        let path = format!("{}?csrf={own}", address(page));
        app.unchanged(|| browser.post(&path, &[]).expect(403));
    }
    assert!(tried >= 40 && browser.is_in());
    // The word itself is what was missing.
    let code = person.next_code(app);
    let proof = [("csrf", own.as_str()), ("days", "1"), ("passphrase", &person.passphrase), ("code", &code)];
    browser.post("/account/tokens", &proof).expect(201);
}

fn a_form_from_another_site_changes_nothing(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    let word = browser.word();
    let own = format!("http://{}", app.address);
    let link = accounts::add(&app.store, &host(), "anna", Role::Caseworker).unwrap().link.unwrap().path();
    let foreign: [&[(&str, &str)]; 8] = [
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Sec-Fetch-Site", "none")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &own)],
        &[("Origin", "https://example.org")],
        &[("Origin", "null")],
        &[("Origin", "")],
        &[("Origin", "http://127.0.0.1.example.org")],
    ];
    let code = person.next_code(app);
    let fields =
        [("csrf", word.as_str()), ("name", "kai"), ("passphrase", &person.passphrase), ("code", &code), ("days", "1")];
    for page in posts() {
        let address = if page.path.starts_with("/enrol") { link.clone() } else { address(page) };
        for headers in foreign {
            let answer = app.unchanged(|| browser.post_with(&address, headers, &fields).expect(403));
            assert_eq!(answer.header("set-cookie"), None);
        }
    }
    let with = |code: String| {
        let fields =
            fields.iter().filter(|(name, _)| *name != "code").map(|(name, value)| (*name, (*value).to_owned()));
        fields.chain([("code", code)]).collect::<Vec<_>>()
    };
    for headers in [&[("Sec-Fetch-Site", "same-origin")][..], &[("Origin", own.as_str())], &[]] {
        let fields = with(person.next_code(app));
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.post_with("/account/tokens", headers, &fields).expect(201);
    }
    let fields = with(person.next_code(app));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Browser::new(app).post_with("/sign-in", &[("Sec-Fetch-Site", "same-origin")], &fields).expect(303);
}

fn a_cookie_does_not_open_the_api_and_a_token_opens_no_page(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    let session = browser.session.clone().unwrap();
    for path in [path_of(attest::domain::record::Noun::Person), "/api/v1/staff/tokens".to_owned()] {
        browser.get(&path).problem(401, "unauthenticated");
        app.bearing(&session).get(&path).problem(401, "unauthenticated");
        app.bearing(&format!("attest_{session}")).get(&path).problem(401, "unauthenticated");
    }
    let token = &app.tokens[&Role::Caseworker];
    app.caseworker().get("/account").expect(303);
    for cookie in [format!("attest={token}"), format!("attest={}", &token[7..])] {
        app.anybody().get_with("/account", &[("Cookie", &cookie)]).expect(303);
    }
}

/// Whether the answer is one of the pages that anybody reads.
fn is_public(answer: &Answer) -> bool {
    let path = answer.asked.split(' ').nth(1).unwrap();
    let first = |path: &str| path.split(['/', '?']).nth(1).unwrap_or_default().to_owned();
    public::PAGES.iter().any(|page| first(page.path) == first(path))
}

fn every_page_has_its_headers(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    let link = accounts::add(&app.store, &host(), "anna", Role::Caseworker).unwrap().link.unwrap().path();
    // To leave is to end the session.
    let asked = routes().filter(|page| page.path != "/leave");
    let mut answers: Vec<Answer> = asked.map(|page| ask(&browser, page, &[])).collect();
    answers.extend([browser.get(&link), Browser::new(app).get("/account"), browser.get("/account/tokens")]);
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'";
    for answer in answers {
        let asset = answer.asked.contains("/assets/");
        let public = is_public(&answer);
        if answer.status != 405 {
            assert_eq!(answer.header("content-security-policy"), Some(policy), "{}", answer.asked);
        }
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("permissions-policy", ""),
        ] {
            assert_eq!(answer.header(name), Some(value), "{} {name}", answer.asked);
        }
        let cached = answer.header("cache-control").unwrap();
        let kept = (asset || public) && answer.status == 200;
        assert_eq!(cached == "no-store", !kept, "{} {cached}", answer.asked);
        let html = answer.text();
        for word in ["<script", "style=", "onclick"] {
            assert!(asset || !html.contains(word), "{}: {word}", answer.asked);
        }
        // Public pages say where figures were read; no other page leads away.
        for word in ["=\"http://", "=\"https://"] {
            assert!(asset || public || !html.contains(word), "{}: {word}", answer.asked);
        }
    }
}

fn signing_out_ends_the_session_and_tells_the_browser_to_forget(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let (one, two) = (person.browser(app), person.browser(app));
    let answer = one.submit("/sign-out", &[]).expect(303);
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\", \"storage\""));
    assert!(answer.header("set-cookie").unwrap().contains("attest=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0"));
    assert!(!one.is_in() && two.is_in());
    assert_eq!(two.get("/sign-out").status, 405, "a link signs nobody out");
}

fn a_cookie_is_bound_to_the_host_unless_browser_and_service_are_one_machine(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let cases: [(&[(&str, &str)], bool); 6] = [
        (&[], false),
        (&[("Host", "localhost:8080")], false),
        (&[("Host", "[::1]:8080")], false),
        (&[("X-Forwarded-Proto", "https")], true),
        (&[("Host", "attest.example.org")], true),
        (&[("Host", "localhost.example.org")], true),
    ];
    for (headers, bound) in cases {
        let code = person.next_code(app);
        let fields = [("name", "kai"), ("passphrase", person.passphrase.as_str()), ("code", &code)];
        let answer = Browser::new(app).post_with("/sign-in", headers, &fields).expect(303);
        let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
        assert_eq!(cookies.len(), 2);
        for cookie in &cookies {
            assert_eq!(cookie.starts_with("__Host-"), bound, "{cookie}");
            assert_eq!(cookie.contains("; Secure"), bound, "{cookie}");
            assert!(
                cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Strict") && cookie.contains("; Path=/;")
            );
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        let cookie = cookies[0].split(';').next().unwrap();
        let seen = |headers: &[(&str, &str)]| {
            app.anybody().get_with("/account", &[headers, &[("Cookie", cookie)]].concat()).status
        };
        assert_eq!(seen(headers), 200);
        // The name that is not bound is not taken where it should be, nor the other way round.
        assert_eq!(seen(if bound { &[] } else { &[("X-Forwarded-Proto", "https")] }), 303);
        let twice = format!("{cookie}; {cookie}");
        assert_eq!(app.anybody().get_with("/account", &[headers, &[("Cookie", &twice)]].concat()).status, 303);
    }
}

fn without_the_keyring_no_page_is_served(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let session = person.browser(app).session;
    let locked = App::serve(app.home, app.home.open_locked(), crate::support::app::settings());
    let browser = Browser { session, ..Browser::new(&locked) };
    let public = |page: &Page| public::PAGES.iter().any(|other| other.path == page.path);
    // Who must leave at once is not kept, and what is public is served.
    for page in routes().filter(|page| public(page) || page.path == "/leave") {
        assert_ne!(ask(&browser, page, &[]).status, 503, "{page:?}");
    }
    for page in routes().filter(|page| !public(page) && page.path != "/leave" && !page.path.starts_with("/assets/")) {
        let answer = locked.unchanged(|| ask(&browser, page, &[]).expect(503));
        assert!(answer.text().contains("The keyring is not open"), "{page:?}: {}", answer.text());
    }
}

fn leaving_takes_the_session_and_nothing_from_who_has_none(app: &App) {
    let browser = Person::new(app, "kai", Role::Caseworker).browser(app);
    // As a page of another site leads there: without the cookie.
    let led = app.anybody().get("/leave").expect(303);
    assert_eq!((led.header("set-cookie"), led.header("clear-site-data")), (None, None));
    assert!(browser.is_in());
    let left = browser.get("/leave").expect(303);
    assert!(left.header("set-cookie").is_some() && left.header("clear-site-data").is_some());
    assert!(!browser.is_in());
}

fn a_session_ends_others_of_its_own_account_alone(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let (one, two) = (person.browser(app), person.browser(app));
    let other = Person::new(app, "rosa", Role::Caseworker).browser(app);
    let page = one.get("/account").text();
    let ids = crate::support::people::between(&page, "/account/sessions/", "/end");
    assert_eq!(ids.len(), 1, "its own is not among those to end");
    other.submit(&format!("/account/sessions/{}/end", ids[0]), &[]).expect(404);
    assert!(two.is_in());
    one.submit(&format!("/account/sessions/{}/end", ids[0]), &[]).expect(303);
    assert!(one.is_in() && !two.is_in() && other.is_in());
}

fn an_address_of_a_page_says_which_methods_it_takes(app: &App) {
    for page in routes() {
        let taken: Vec<_> = routes().filter(|other| other.path == page.path).map(|page| page.method).collect();
        for method in ["GET", "POST", "PUT", "DELETE"].into_iter().filter(|method| !taken.contains(method)) {
            let answer = app.unchanged(|| app.anybody().send(method, &address(page), &[], Vec::new()).expect(405));
            assert_eq!(answer.header("allow").unwrap(), taken.join(", "));
        }
    }
}
