//! Wrong second factors after a right passphrase: they count against the account from everywhere, and are told.

use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::people::{Browser, PASSPHRASE, Person};
use crate::support::{App, on_both};

on_both! {
    empty:
    wrong_codes_after_the_right_passphrase_slow_down_the_next_from_everywhere,
    wrong_codes_to_prove_oneself_again_count_too,
    wrong_codes_are_told_to_the_owner_and_to_admins_until_they_are_read,
    the_owner_sees_sign_ins_failures_and_new_browsers,
    a_token_is_made_only_after_proving_oneself_again,
}

fn wrong_code(person: &Person, app: &App) -> &'static str {
    let codes: Vec<String> = (-7..8)
        .map(|step| {
            app.clock.advance(TimeDelta::seconds(30 * step));
            let code = person.code(app);
            app.clock.advance(TimeDelta::seconds(-30 * step));
            code
        })
        .collect();
    ["000000", "111111", "222222", "333333", "444444", "555555"]
        .into_iter()
        .find(|code| !codes.iter().any(|own| own == code))
        .unwrap()
}

/// Wrong codes, each by a browser at an address of its own, as far as the service can tell.
fn try_wrong_codes(app: &App, person: &Person, times: usize) -> Vec<u16> {
    let attempt = |_| {
        // A counter by browser and address is not what slows them down.
        app.sql("DELETE FROM sign_in_attempts");
        Browser::new(app).attempt(&person.name, PASSPHRASE, wrong_code(person, app)).status
    };
    (0..times).map(attempt).collect()
}

/// Thirteen wrong codes, so that the next is looked at after four minutes: no machine is so slow that they go by in a test.
fn be_slowed_down(app: &App, mut wrong: impl FnMut() -> u16) {
    for at in 0..10 {
        assert_eq!(wrong(), 403, "{at}");
    }
    let since = Instant::now();
    let next = wrong();
    // Where it was looked at, because thirty seconds went by on their own, it was one of the three.
    assert!(next == 429 || since.elapsed() > Duration::from_secs(10), "{next}");
    let delays: &[i64] = if next == 429 { &[31, 61, 121] } else { &[61, 121] };
    for delay in delays {
        app.clock.advance(TimeDelta::seconds(*delay));
        assert_eq!(wrong(), 403, "{delay}");
    }
}

fn wrong_codes_after_the_right_passphrase_slow_down_the_next_from_everywhere(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut own = person.browser(app);
    be_slowed_down(app, || try_wrong_codes(app, &person, 1)[0]);
    // Now the right code waits too, in a browser that was here before as well; and who has not the passphrase learns nothing.
    for browser in [&mut Browser::new(app), &mut own.clone()] {
        app.sql("DELETE FROM sign_in_attempts");
        let code = person.code(app);
        let answer = app.unchanged(|| browser.attempt("kai", PASSPHRASE, &code).expect(429));
        let told: i64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=240).contains(&told), "{told}");
        assert!(answer.text().contains(&format!("for {told} more seconds")), "{}", answer.text());
        browser.attempt("kai", "not the passphrase at all", &code).expect(403);
    }
    // Longer and longer, and never longer than an hour.
    for delay in [240, 480, 960, 1_920, 3_600, 3_600] {
        app.clock.advance(TimeDelta::seconds(delay / 2));
        assert_eq!(try_wrong_codes(app, &person, 1), [429], "{delay}");
        app.clock.advance(TimeDelta::seconds(delay / 2));
        assert_eq!(try_wrong_codes(app, &person, 1), [403], "{delay}");
    }
    // Nobody is locked out: a recovery code, which cannot be guessed, is looked at, and then it begins anew.
    app.sql("DELETE FROM sign_in_attempts");
    Browser::new(app).attempt("kai", PASSPHRASE, &person.recovery[0]).expect(303);
    app.clock.advance(TimeDelta::seconds(60));
    own.sign_in(&person);
    assert_eq!(try_wrong_codes(app, &person, 10), [403; 10]);
    // After the wait the right code is let in.
    app.clock.advance(TimeDelta::seconds(31));
    app.sql("DELETE FROM sign_in_attempts");
    own.sign_in(&person);
}

fn wrong_codes_to_prove_oneself_again_count_too(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let browser = person.browser(app);
    let paths = ["/account/recovery-codes", "/account/second-factor", "/account/tokens", "/account/passphrase"];
    let new = "vier Igel unter der Brücke";
    let submit = |path: &str, code: &str| {
        app.sql("DELETE FROM sign_in_attempts");
        let fields = [("passphrase", PASSPHRASE), ("code", code), ("days", "1"), ("new", new), ("again", new)];
        browser.submit(path, &fields)
    };
    let mut at = 0;
    be_slowed_down(app, || {
        at += 1;
        submit(paths[at % 4], wrong_code(&person, app)).status
    });
    // The right one, which was not used yet, waits at every door.
    for path in paths {
        let answer = submit(path, &person.code(app)).expect(429);
        assert!(answer.header("retry-after").is_some() && answer.text().contains("more seconds"), "{path}");
    }
    assert!(browser.is_in());
    app.sql("DELETE FROM sign_in_attempts");
    let code = person.code(app);
    Browser::new(app).attempt("kai", PASSPHRASE, &code).expect(429);
    app.clock.advance(TimeDelta::seconds(241));
    submit("/account/tokens", &person.code(app)).expect(201);
}

fn account_of(app: &App, name: &str) -> Value {
    let all = app.admin().get("/api/v1/staff/accounts").expect(200).items();
    all.into_iter().find(|account| account["name"] == name).unwrap()
}

fn wrong_codes_are_told_to_the_owner_and_to_admins_until_they_are_read(app: &App) {
    const WARNING: &str = "Somebody showed your right passphrase";
    let person = Person::new(app, "kai", Role::Caseworker);
    let admin = Person::new(app, "anna", Role::Admin).browser(app);
    let mut browser = person.browser(app);
    assert!(!browser.get("/account").text().contains(WARNING));
    assert_eq!(account_of(app, "kai")["wrong_second_factors"], 0);
    // A wrong passphrase says nothing of the right one.
    Browser::new(app).attempt("kai", "not the passphrase at all", "000000").expect(403);
    assert!(!browser.get("/account").text().contains(WARNING));
    assert_eq!(try_wrong_codes(app, &person, 3), [403; 3]);
    let page = browser.get("/account").text();
    assert!(page.contains("a wrong code: 3 times"), "{page}");
    let told = account_of(app, "kai");
    assert_eq!(told["wrong_second_factors"], 3);
    assert!(told["wrong_second_factor_at"].is_string(), "{told}");
    assert_eq!(account_of(app, "anna")["wrong_second_factor_at"], json!(null));
    for path in ["/desk/accounts".to_owned(), format!("/desk/accounts/{}", person.id)] {
        assert!(admin.get(&path).expect(200).text().contains("3, last at"), "{path}");
    }
    // After the next sign-in it is what is shown first.
    app.sql("DELETE FROM sign_in_attempts");
    let answer = browser.sign_in(&person);
    assert!(answer.header("location").unwrap().ends_with("/account"), "{:?}", answer.header("location"));
    // Whoever went on to something else from signing in finds it on the desk.
    let desk = browser.get("/desk").expect(200).text();
    assert!(desk.contains("a wrong code: 3 times") && desk.contains("href=\"/account\""), "{desk}");
    browser.submit("/account/notice", &[]).expect(303);
    assert!(!browser.get("/account").text().contains(WARNING));
    assert!(!browser.get("/desk").text().contains(WARNING));
    assert!(browser.sign_in(&person).header("location").unwrap().ends_with("/desk"));
    // What comes after that is new; admins see all of thirty days.
    assert_eq!(try_wrong_codes(app, &person, 1), [403]);
    assert!(browser.get("/account").text().contains("a wrong code: 1 times"));
    assert_eq!(account_of(app, "kai")["wrong_second_factors"], 4);
    app.clock.advance(TimeDelta::days(31));
    assert_eq!(account_of(app, "kai")["wrong_second_factors"], 0);
}

fn the_owner_sees_sign_ins_failures_and_new_browsers(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut browser = person.browser(app);
    browser.sign_in(&person);
    browser.attempt("kai", "not the passphrase at all", "000000").expect(403);
    for _ in 0..2 {
        Browser::new(app).attempt("kai", "not the passphrase at all", "000000").expect(403);
    }
    try_wrong_codes(app, &person, 2);
    browser.sign_in(&person);
    let page = browser.get("/account").expect(200).text();
    let lines: Vec<(String, String)> = page
        .split("<tr><th scope=\"row\">")
        .filter_map(|row| row.split_once("</th><td>"))
        .filter_map(|(_, rest)| {
            let (what, rest) = rest.split_once("</td><td>")?;
            Some((what.to_owned(), rest.split("</td>").next()?.to_owned()))
        })
        .filter(|(_, times)| times.parse::<u32>().is_ok())
        .collect();
    let mut expected = [
        ("signed in, from a new browser", "1"),
        ("signed in", "1"),
        ("signed in", "1"),
        ("wrong passphrase, from a browser of yours", "1"),
        ("wrong passphrase", "2"),
        ("right passphrase and wrong code", "2"),
    ]
    .map(|(what, times)| (what.to_owned(), times.to_owned()));
    expected.sort();
    let mut found = lines.clone();
    found.sort();
    assert_eq!(found, expected);
    assert_eq!(lines[0].0, "signed in");
    // Nobody else sees them.
    let other = Person::new(app, "rosa", Role::Caseworker).browser(app);
    assert!(!other.get("/account").expect(200).text().contains("right passphrase and wrong code"));
}

fn a_token_is_made_only_after_proving_oneself_again(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut browser = Browser::new(app);
    // Which code is used up does not go by how long it takes.
    let used = person.next_code(app);
    browser.attempt("kai", PASSPHRASE, &used).expect(303);
    let fresh = person.next_code(app);
    for (passphrase, code) in [("", ""), (PASSPHRASE, ""), ("not the passphrase at all", &*fresh), (PASSPHRASE, &*used)]
    {
        let fields = [("days", "7"), ("scopes", "read_cases"), ("passphrase", passphrase), ("code", code)];
        let page = browser.submit("/account/tokens", &fields).expect(403).text();
        // What was typed is there still, except what nobody else is to see.
        assert!(page.contains("value=\"read_cases\"") && page.contains("value=\"7\""), "{page}");
        assert!(passphrase.is_empty() || !page.contains(passphrase));
    }
    assert_eq!(app.contents().rows.iter().find(|(table, _)| *table == "tokens").unwrap().1, app.tokens.len() as i64);
    let code = person.next_code(app);
    let fields = [("days", "7"), ("passphrase", PASSPHRASE), ("code", &*code)];
    browser.submit("/account/tokens", &fields).expect(201);
    // A code makes one token and no more.
    browser.submit("/account/tokens", &fields).expect(403);
}
