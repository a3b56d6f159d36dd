//! The threads that do the jobs: one for what writes, one for what computes, one that keeps both honest.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

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

/// How often jobs are forgotten that ended long ago.
const SWEEP: Duration = Duration::from_secs(60 * 60);

/// The threads; they end with this.
#[derive(Debug)]
pub struct Workers(#[expect(dead_code, reason = "what the threads look at")] Arc<()>);

/// Starts the threads.
pub fn start(store: &Store, shelf: &Shelf, most_signatures: u8) -> Workers {
    let alive = Arc::new(());
    let trouble = Arc::new(Trouble::default());
    for kinds in [WRITING, COMPUTING] {
        let (alive, store, shelf, trouble) = (Arc::downgrade(&alive), store.clone(), shelf.clone(), trouble.clone());
        std::thread::spawn(move || while_alive(&alive, || turn(&store, &shelf, most_signatures, kinds, &trouble)));
    }
    let (held, store) = (Arc::downgrade(&alive), store.clone());
    std::thread::spawn(move || {
        let swept = Cell::new(None);
        while_alive(&held, || keep_honest(&store, &swept));
    });
    Workers(alive)
}

fn while_alive(alive: &Weak<()>, step: impl Fn()) {
    while alive.strong_count() > 0 {
        step();
    }
}

/// Why it could not be looked for a job the last time, so that it is said once and not each second.
#[derive(Default)]
struct Trouble(Mutex<Option<String>>);

impl Trouble {
    fn is(&self, why: Option<&StoreError>) {
        let why = why.map(ToString::to_string);
        let mut before = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(why) = why.as_ref().filter(|_| *before != why) {
            tracing::warn!(error = why, "it cannot be looked whether there is a job to do");
        }
        *before = why;
    }
}

/// Does the next job, or waits for one.
fn turn(store: &Store, shelf: &Shelf, most_signatures: u8, kinds: &[Kind], trouble: &Trouble) {
    let keys = store.keys();
    let next = store.must_be_open().and_then(|()| store.jobs().next(keys.as_deref(), kinds));
    trouble.is(next.as_ref().err().filter(|why| !matches!(why, StoreError::Locked(_))));
    match next {
        Ok(Some(turn)) => done(turn, |turn| perform(store, turn, shelf, most_signatures)),
        Ok(None) => store.jobs().wait(LOOK),
        Err(_) => std::thread::sleep(LOOK),
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

fn keep_honest(store: &Store, swept: &Cell<Option<Instant>>) {
    let jobs = store.jobs();
    jobs.keep_alive();
    let is_due = swept.get().is_none_or(|at| at.elapsed() > SWEEP);
    let forgotten = if is_due { jobs.forget_old() } else { Ok(()) };
    if is_due && forgotten.is_ok() {
        swept.set(Some(Instant::now()));
    }
    for looked in [jobs.end_lost(), jobs.forget_late_files(), forgotten] {
        if let Err(why) = looked {
            tracing::debug!(error = %why, "it cannot be looked whether jobs have lost their process");
        }
    }
    std::thread::sleep(BEAT);
}
