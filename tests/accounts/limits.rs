//! How much one asker may ask for.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use attest::domain::record::Noun;
use attest::http::app::Settings;
use attest::http::limits::{Rate, Rates};
use attest::store::accounts::{self, Purpose};
use chrono::TimeDelta;

use crate::support::app::settings;
use crate::support::client::path_of;
use crate::support::people::{Browser, Person};
use crate::support::{App, on_both};

on_both! {
    empty:
    the_tokens_of_an_account_share_a_limit_and_those_of_others_are_not_touched,
    sign_in_is_limited_by_name_and_address_except_for_browsers_that_were_here_before,
    who_waits_too_long_with_a_request_is_cut_off,
    a_request_that_takes_too_long_is_answered_with_all_headers,
}

fn few(burst: u32) -> Rate {
    Rate { burst, every: Duration::from_secs(3600) }
}

fn the_tokens_of_an_account_share_a_limit_and_those_of_others_are_not_touched(app: &App) {
    let rates = Rates { tokens: few(5), ..settings().rates };
    let app = &App::serve(app.home, app.home.open(), Settings { rates, ..settings() });
    let lasting = TimeDelta::days(1);
    let second =
        accounts::create_token(&app.store, "test-caseworker", Role::Caseworker, lasting, Purpose::Api).unwrap();
    let path = path_of(Noun::Person);
    for at in 0..5 {
        let caller = if at % 2 == 0 { app.caseworker() } else { app.bearing(&second) };
        caller.get(&path).expect(200);
    }
    for caller in [app.caseworker(), app.bearing(&second)] {
        let answer = caller.get(&path).problem(429, "too_many_requests");
        assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 3000);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    app.publisher().get(&path).expect(200);
    // Without a good token nothing is counted, whoever asks how often.
    for _ in 0..20 {
        app.bearing("attest_x").get(&path).problem(401, "unauthenticated");
        app.anybody().get("/api/v1/figures").expect(200);
    }
}

fn sign_in_is_limited_by_name_and_address_except_for_browsers_that_were_here_before(app: &App) {
    let rates = Rates { names: few(4), addresses: few(6), ..settings().rates };
    let forwarded_by = Some("127.0.0.1".parse().unwrap());
    let app = &App::serve(app.home, app.home.open(), Settings { rates, forwarded_by, ..settings() });
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut known = Browser::at(app, "198.51.100.1");
    known.sign_in(&person);
    let attempt = |address: &str, name: &str| Browser::at(app, address).attempt(name, "x", "x");
    for _ in 0..4 {
        attempt("198.51.100.5", "kai").expect(403);
    }
    let answer = app.unchanged(|| attempt("198.51.100.5", "kai").expect(429));
    assert!(answer.header("retry-after").is_some());
    // What one address tries keeps nobody out at another.
    for at in 20..32 {
        attempt(&format!("198.51.100.{at}"), "kai").expect(403);
    }
    for at in 0..6 {
        attempt("198.51.100.6", &format!("name-{at}")).expect(403);
    }
    attempt("198.51.100.6", "another").expect(429);
    known.sign_in(&person);
}

fn who_waits_too_long_with_a_request_is_cut_off(app: &App) {
    let mut slow = TcpStream::connect(app.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    slow.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\n").unwrap();
    let started = Instant::now();
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer);
    assert!(started.elapsed() < Duration::from_secs(19), "the connection was kept");
    assert!(!String::from_utf8_lossy(&answer).contains("live\n"));
}

fn a_request_that_takes_too_long_is_answered_with_all_headers(app: &App) {
    let token = &app.tokens[&Role::Caseworker];
    let mut slow = TcpStream::connect(app.address).unwrap();
    slow.set_read_timeout(Some(Duration::from_secs(50))).unwrap();
    let head = format!(
        "POST /api/v1/staff/persons HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    slow.write_all(head.as_bytes()).unwrap();
    let mut answer = vec![0; 4096];
    let read = slow.read(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]).to_lowercase();
    assert!(answer.starts_with("http/1.1 408 "), "{answer}");
    for header in [
        "content-security-policy: default-src 'none';",
        "x-content-type-options: nosniff",
        "referrer-policy: same-origin",
        "cache-control: no-store",
        "content-type: application/problem+json",
    ] {
        assert!(answer.contains(header), "{header}: {answer}");
    }
    assert!(!answer.contains("access-control-allow-origin"), "{answer}");
}
