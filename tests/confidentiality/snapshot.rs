//! A reading sees one moment: what becomes confidential while it goes on is not shown by half of it.

use std::panic::AssertUnwindSafe;
use std::sync::mpsc;
use std::time::Duration;

use attest::domain::incident::IncidentEntry;
use attest::domain::policy::Actor;
use attest::domain::record::{Noun, State};
use attest::store::accounts;
use attest::store::error::StoreError;
use attest::store::records;
use attest::store::session::Session;
use diesel::connection::{Connection, InstrumentationEvent};
use serde_json::json;

use super::desk::{again, correct, seal};
use crate::support::client::path_of;
use crate::support::{App, on_both};

on_both! {
    empty:
    an_incident_that_goes_over_to_a_sealed_person_while_a_list_is_read_is_not_shown_there,
    a_whole_reading_sees_the_database_of_its_first_question,
    a_reading_that_fails_or_panics_leaves_no_old_moment_behind,
}

const LONGEST: Duration = Duration::from_secs(120);

fn actor(app: &App, name: &str) -> Actor {
    app.store.look(|conn| Ok(accounts::named(conn, name)?)).unwrap().unwrap().actor()
}

/// Does something between the first and the second question of a reading, and waits until it is done.
fn between<T: Send>(
    app: &App,
    by: &Actor,
    reading: impl FnOnce(&mut Session<'_>) -> Result<T, StoreError> + Send,
    meanwhile: impl FnOnce(),
) -> T {
    let (reached, wait) = mpsc::channel::<()>();
    let (done, go_on) = mpsc::channel::<()>();
    std::thread::scope(|threads| {
        let read = threads.spawn(move || {
            app.store.read(by, |session| {
                let mut questions = 0;
                session.conn().set_instrumentation(move |event: InstrumentationEvent<'_>| {
                    if matches!(event, InstrumentationEvent::StartQuery { .. }) {
                        questions += 1;
                        if questions == 2 {
                            reached.send(()).unwrap();
                            go_on.recv_timeout(LONGEST).unwrap();
                        }
                    }
                });
                let found = reading(session);
                session.conn().set_instrumentation(|_: InstrumentationEvent<'_>| ());
                found
            })
        });
        wait.recv_timeout(LONGEST).expect("a reading of two questions");
        meanwhile();
        done.send(()).unwrap();
        read.join().unwrap().unwrap()
    })
}

fn an_incident_that_goes_over_to_a_sealed_person_while_a_list_is_read_is_not_shown_there(app: &App) {
    let owner = app.caseworker();
    let open = owner.enter(Noun::Person, &json!({"code": "OPEN"})).id();
    let sealed = owner.enter(Noun::Person, &json!({"code": "HIDDEN"})).id();
    seal(&owner, &sealed, &[]);
    let entry = json!({"code": "I", "person": "OPEN", "kind": "torture", "date": "2017"});
    let incident = owner.enter(Noun::Incident, &entry).id();
    let list = |session: &mut Session<'_>| records::list::<IncidentEntry>(session, &[], &[State::Active], None, 200);
    let outsider = actor(app, "test-publisher");
    let found = between(app, &outsider, list, || {
        correct(&owner, Noun::Incident, &incident, json!({"person": sealed, "kind": "detention"})).expect(200);
    });
    let persons: Vec<_> = found.iter().map(|found| found.version.body.person.to_string()).collect();
    assert_eq!(persons, [open], "the list tells of the sealed person");
    assert_eq!(found[0].version.body.kind, "torture");
    // It has moved: whoever asks now is not told of it at all.
    let code = again(&owner, Noun::Person, &sealed).json()["code"].clone();
    assert_eq!(again(&owner, Noun::Incident, &incident).json()["person"], code);
    assert!(app.publisher().walk(&path_of(Noun::Incident)).is_empty());
}

fn a_whole_reading_sees_the_database_of_its_first_question(app: &App) {
    let owner = app.caseworker();
    let asked = |session: &mut Session<'_>| {
        let first = session.times()?;
        let second = session.times()?;
        Ok((first, second))
    };
    let before = app.contents().write;
    let (first, second) = between(app, &actor(app, "test-publisher"), asked, || {
        owner.enter(Noun::Person, &json!({}));
    });
    assert_eq!((first.at_write, second.at_write), (before, before));
    assert!(app.contents().write > before, "nothing was written meanwhile");
}

fn a_reading_that_fails_or_panics_leaves_no_old_moment_behind(app: &App) {
    let by = actor(app, "test-publisher");
    // More often than there are connections.
    for at in 0..12 {
        let ended = std::panic::catch_unwind(AssertUnwindSafe(|| {
            app.store.read(&by, |session| -> Result<(), StoreError> {
                session.times()?;
                assert!(at % 2 == 0, "a panic that is meant");
                Err(StoreError::Stale)
            })
        }));
        assert_eq!(ended.is_err(), at % 2 == 1);
    }
    for _ in 0..12 {
        app.caseworker().enter(Noun::Person, &json!({}));
        let read = app.store.read(&by, |session| session.times()).unwrap();
        assert_eq!(read.at_write, app.contents().write);
    }
}
