//! A flood of strangers: browsers that were here before have a place of their own, what nobody looked at is charged to nobody,
//! and the audit counts it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use attest::domain::policy::Role;
use attest::http::app::Settings;
use attest::http::limits::{Rate, Rates};
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::support::app::settings;
use crate::support::people::{Browser, Person};
use crate::support::{App, on_both};

on_both! {
    empty:
    a_flood_of_strangers_keeps_no_known_browser_out_and_is_charged_to_nobody,
    attempts_that_were_turned_away_are_in_the_audit_as_a_number,
    what_was_turned_away_is_in_the_audit_when_the_server_has_ended,
}

#[derive(QueryableByName)]
struct Details {
    #[diesel(sql_type = Text)]
    details: String,
}

fn looked_at(app: &App) -> i64 {
    app.number("SELECT COUNT(*) AS value FROM audit_entries WHERE action = 'sign_in.attempt'")
}

/// The entries that say how many were turned away: too many, and without a place.
fn turned_away(app: &App) -> Vec<(i64, i64)> {
    let query = "SELECT details FROM audit_entries WHERE action = 'sign_in.turned_away' ORDER BY write";
    let rows = diesel::sql_query(query).load::<Details>(&mut app.connect()).unwrap();
    let read = |row: Details| {
        let details: serde_json::Value = serde_json::from_str(&row.details).unwrap();
        (details["too_many"].as_i64().unwrap(), details["no_place"].as_i64().unwrap())
    };
    rows.into_iter().map(read).collect()
}

fn behind_a_proxy(rates: Rates) -> Settings {
    Settings { rates, forwarded_by: Some("127.0.0.1".parse().unwrap()), ..settings() }
}

fn a_flood_of_strangers_keeps_no_known_browser_out_and_is_charged_to_nobody(app: &App) {
    let app = &App::serve(app.home, app.home.open(), behind_a_proxy(settings().rates));
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut own = Browser::at(app, "198.51.100.1");
    own.sign_in(&person);
    let before = looked_at(app);
    let over = AtomicBool::new(false);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let over = &over;
        let strangers: Vec<_> = (0..48)
            .map(|at| {
                scope.spawn(move || {
                    let mut statuses = Vec::new();
                    let mut round = 0;
                    while !over.load(Ordering::SeqCst) {
                        // Always another address, so that nothing but the places stands in the way; half of them try his name.
                        let address = format!("2001:db8:{at}:{round}::1");
                        let name = if at % 2 == 0 { "kai" } else { "nobody" };
                        statuses.push(Browser::at(app, &address).attempt(name, "wrong", "000000").status);
                        round += 1;
                    }
                    statuses
                })
            })
            .collect();
        for _ in 0..3 {
            let started = Instant::now();
            let code = person.next_code(app);
            // Never without a place, and never kept waiting for a stranger's sake.
            own.attempt("kai", &person.passphrase, &code).expect(303);
            assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
        }
        over.store(true, Ordering::SeqCst);
        strangers.into_iter().flat_map(|stranger| stranger.join().unwrap()).collect()
    });
    let wrong = i64::try_from(statuses.iter().filter(|status| **status == 403).count()).unwrap();
    let without_place = statuses.iter().filter(|status| **status == 503).count();
    assert!(wrong > 0 && without_place > 0, "{wrong} {without_place}");
    assert_eq!(looked_at(app) - before, wrong);
    assert_eq!(app.number("SELECT CAST(SUM(failures) AS BIGINT) AS value FROM sign_in_attempts"), wrong);
    // Nor does anything of it slow the person down in another browser.
    person.browser(app);
}

fn attempts_that_were_turned_away_are_in_the_audit_as_a_number(app: &App) {
    let span = Duration::from_secs(2);
    let few = Rate { burst: 3, every: Duration::from_secs(3_600) };
    let app = &App::serve(
        app.home,
        app.home.open(),
        Settings { rates: Rates { addresses: few, turned_away_every: span, ..settings().rates }, ..settings() },
    );
    let started = Instant::now();
    let mut many = 0;
    for at in 0..63 {
        match Browser::new(app).attempt(&format!("name-{at}"), "wrong", "000000").status {
            403 => {}
            429 => many += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((many, looked_at(app)), (60, 3));
    let told = || turned_away(app).iter().map(|(too_many, _)| too_many).sum::<i64>();
    while told() < many {
        assert!(started.elapsed() < Duration::from_secs(120), "{:?}", turned_away(app));
        std::thread::sleep(Duration::from_millis(100));
    }
    let entries = turned_away(app);
    assert_eq!(entries.iter().map(|(too_many, no_place)| too_many + no_place).sum::<i64>(), many);
    let spans = started.elapsed().as_secs() / span.as_secs() + 1;
    assert!(u64::try_from(entries.len()).unwrap() <= spans, "{entries:?} in {spans} spans");
}

fn what_was_turned_away_is_in_the_audit_when_the_server_has_ended(app: &App) {
    let few = Rate { burst: 1, every: Duration::from_secs(3_600) };
    let rates = Rates { addresses: few, ..settings().rates };
    let short = App::serve(app.home, app.home.open(), Settings { rates, ..settings() });
    for _ in 0..4 {
        Browser::new(&short).attempt("kai", "wrong", "000000");
    }
    assert_eq!(turned_away(app), []);
    drop(short);
    assert_eq!(turned_away(app), [(3, 0)]);
}
