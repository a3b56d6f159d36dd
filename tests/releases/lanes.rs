//! Releases as jobs, beside other work: a draft that another request was faster to make, and readers who are all busy.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use attest::domain::policy::{Actor, Role};
use attest::domain::release::declare::DeclarationEntry;
use attest::store::accounts;
use attest::store::database::Store;
use attest::store::jobs::{Job, Kind, NewJob, State};
use attest::store::publishing::{self, Repeatable};
use serde_json::{Value, json};

use super::office::{declaration, ten};
use crate::support::{App, Home, on_both};

on_both! {
    bare:
        a_job_whose_release_another_request_has_made_meanwhile_succeeds_with_that_one,
        a_release_is_computed_while_every_reader_of_the_staff_is_busy,
}

/// Every wait of these tests ends.
const PATIENCE: Duration = Duration::from_secs(240);
/// How many read at once.
const READERS: usize = 4;

fn publisher(store: &Store) -> Actor {
    let name = format!("test-{}", Role::Publisher);
    store.look(|conn| Ok(accounts::named(conn, &name)?)).unwrap().unwrap().actor()
}

fn submit(store: &Store, actor: &Actor, declaration: &Value) -> Job {
    let payload = json!({"declaration": declaration, "key": null}).to_string().into_bytes();
    let new = NewJob { kind: Kind::Prepare, parameters: json!({}), payload: Some(payload), key: None, total: None };
    store.jobs().submit(store.keys().as_deref(), actor, &new).unwrap().0
}

fn a_job_whose_release_another_request_has_made_meanwhile_succeeds_with_that_one(home: &Home) {
    ten(&App::start(home));
    let store = home.open();
    let (actor, entry): (_, DeclarationEntry) = (publisher(&store), serde_json::from_value(declaration()).unwrap());
    let key = Repeatable { key: "once".to_owned(), hash: "request".to_owned() };
    let job = submit(&store, &actor, &declaration());
    let turn = store.jobs().next(store.keys().as_deref(), &[Kind::Prepare]).unwrap().unwrap();
    assert_eq!(turn.job.id, job.id);
    // The same request, which was sent twice.
    let made = publishing::prepare(&store, &actor, &entry, Some(&key), 2).unwrap().0.id;
    let running = Some(&turn.running);
    let came = publishing::prepare_as(&store, &actor, &entry, Some(&key), 2, running).unwrap();
    assert_eq!((came.0.id, came.1), (made, true));
    let job = store.jobs().get(job.id).unwrap().unwrap();
    assert_eq!((job.state, job.result), (State::Succeeded, Some(json!({"release": made}))));
}

fn a_release_is_computed_while_every_reader_of_the_staff_is_busy(home: &Home) {
    let app = App::start(home);
    ten(&app);
    let (store, actor) = (&app.store, publisher(&app.store));
    let (all, let_go) = (&Barrier::new(READERS + 1), &Barrier::new(READERS + 1));
    let job = std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(move || {
                let reading = store.look(|_| {
                    all.wait();
                    let_go.wait();
                    Ok(())
                });
                reading.unwrap();
            });
        }
        all.wait();
        let (id, began) = (submit(store, &actor, &declaration()).id, Instant::now());
        let ended = loop {
            let job = store.jobs().get(id).unwrap().unwrap();
            if job.state.is_finished() || began.elapsed() > PATIENCE {
                break job;
            }
            std::thread::sleep(Duration::from_millis(50));
        };
        let_go.wait();
        ended
    });
    assert_eq!(job.state, State::Succeeded, "{job:?}");
}
