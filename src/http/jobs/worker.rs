//! The threads that do the jobs: one for what writes, one for what computes, one that keeps both honest.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::http::problem::{Kind as ProblemKind, Problem};
use crate::http::public::shelf::Shelf;
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::jobs::{Done, Kind, Turn};

use super::work::{Failure, perform};

/// A file is imported while a release is computed; two of a kind stand in line.
const WRITING: &[Kind] = &[Kind::Import, Kind::ImportTrial, Kind::Wipe];
const COMPUTING: &[Kind] = &[Kind::Prepare, Kind::Publish];
/// How often it is looked whether another process has asked for a job.
const LOOK: Duration = Duration::from_secs(1);
/// How often it is said that jobs still run, and looked whether others have lost their process.
const BEAT: Duration = Duration::from_secs(5);

/// The threads; they end with this.
#[derive(Debug)]
pub struct Workers(#[expect(dead_code, reason = "what the threads look at")] Arc<()>);

/// Starts the threads.
pub fn start(store: &Store, shelf: &Shelf, most_signatures: u8) -> Workers {
    let alive = Arc::new(());
    for kinds in [WRITING, COMPUTING] {
        let (alive, store, shelf) = (Arc::downgrade(&alive), store.clone(), shelf.clone());
        std::thread::spawn(move || while_alive(&alive, || turn(&store, &shelf, most_signatures, kinds)));
    }
    let (held, store) = (Arc::downgrade(&alive), store.clone());
    std::thread::spawn(move || while_alive(&held, || keep_honest(&store)));
    Workers(alive)
}

fn while_alive(alive: &Weak<()>, step: impl Fn()) {
    while alive.strong_count() > 0 {
        step();
    }
}

/// Does the next job, or waits for one.
fn turn(store: &Store, shelf: &Shelf, most_signatures: u8, kinds: &[Kind]) {
    let keys = store.keys();
    match store.must_be_open().and_then(|()| store.jobs().next(keys.as_deref(), kinds)) {
        Ok(Some(turn)) => done(turn, |turn| perform(store, turn, shelf, most_signatures)),
        Ok(None) => store.jobs().wait(LOOK),
        Err(why) => {
            if !matches!(why, StoreError::Locked(_)) {
                tracing::warn!(error = %why, "it cannot be looked whether there is a job to do");
            }
            std::thread::sleep(LOOK);
        }
    }
}

/// Does a job and writes what came of it.
fn done(turn: Turn, work: impl FnOnce(&Turn) -> Result<Done, Failure>) {
    let (id, kind) = (turn.job.id, turn.job.kind.name());
    // What panics must end as a failure: a job that nobody ends says for ever that it runs.
    let came = catch_unwind(AssertUnwindSafe(|| work(&turn)));
    let came = came.unwrap_or_else(|_| Err(Failure::Problem(Problem::broken(&"its work panicked"))));
    match came {
        Ok(done) => {
            tracing::info!(job = %id, kind, "a job is done");
            turn.done(&done);
        }
        Err(Failure::GivenUp) => {
            tracing::info!(job = %id, kind, "a job was given up");
            turn.given_up();
        }
        // Somebody writes for long, or the database is away: nothing was saved, so that it can be tried again.
        Err(Failure::Problem(problem)) if problem.kind == ProblemKind::Unavailable.name() && turn.has_tries() => {
            std::thread::sleep(LOOK);
            turn.done(&Done::NotYet);
        }
        Err(Failure::Problem(problem)) => {
            tracing::info!(job = %id, kind, problem = problem.kind, "a job failed");
            turn.failed(&problem.saved());
        }
    }
}

fn keep_honest(store: &Store) {
    let jobs = store.jobs();
    jobs.keep_alive();
    for looked in [jobs.end_lost(), jobs.forget_late_files()] {
        if let Err(why) = looked {
            tracing::debug!(error = %why, "it cannot be looked whether jobs have lost their process");
        }
    }
    std::thread::sleep(BEAT);
}
