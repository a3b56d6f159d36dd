//! A connection that reaches the jobs and nothing else. What it writes is no part of the audit: the work of a job is.

use chrono::TimeDelta;
use diesel::prelude::*;
use r2d2::PooledConnection;

use crate::domain::record::{Instant, RecordId};
use crate::store::backend::{self, Conn, Manager, clock};
use crate::store::error::{StoreError, corrupt, word};
use crate::store::schema::jobs;

use super::turns::{before_the_tries, interrupted};
use super::{After, Job, Kind, Running, State, files, keys};

/// A job with what was uploaded for it.
pub type WithUpload<F> = (Job, F);

/// How long a process is believed to run a job after it has last said so.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// How long a publication may wait for its turn. What was asked for long ago, before the service stood still, is asked for anew:
/// nothing becomes public when nobody expects it any more.
const PUBLISHED_WITHIN: TimeDelta = TimeDelta::hours(1);

/// The connection.
pub struct JobConn(pub(super) PooledConnection<Manager>);

#[derive(Queryable, Selectable)]
#[diesel(table_name = jobs)]
pub(super) struct Row {
    id: RecordId,
    kind: String,
    account_id: RecordId,
    scopes: Option<String>,
    state: String,
    requested_at: Instant,
    started_at: Option<Instant>,
    finished_at: Option<Instant>,
    holder: Option<String>,
    lease_until: Option<Instant>,
    attempt: i64,
    done: i64,
    total: Option<i64>,
    cancel_requested: bool,
    parameters: String,
    payload_until: Option<Instant>,
    result: Option<String>,
    problem: Option<String>,
}

impl Row {
    pub fn job(self) -> QueryResult<Job> {
        let json = |text: String| serde_json::from_str(&text).map_err(corrupt);
        Ok(Job {
            id: self.id,
            kind: word(Kind::WORDS, &self.kind)?,
            account: self.account_id,
            scopes: self.scopes,
            state: word(State::WORDS, &self.state)?,
            requested_at: self.requested_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
            holder: self.holder,
            lease_until: self.lease_until,
            attempt: self.attempt,
            done: self.done,
            total: self.total,
            cancel_requested: self.cancel_requested,
            parameters: json(self.parameters)?,
            waits_until: self.payload_until,
            result: self.result.map(json).transpose()?,
            problem: self.problem.map(json).transpose()?,
        })
    }
}

/// A job as it is entered.
pub struct Entry<'e> {
    pub id: RecordId,
    pub kind: Kind,
    pub account: RecordId,
    pub scopes: Option<&'e str>,
    pub parameters: &'e serde_json::Value,
    pub payload: Option<&'e [u8]>,
    /// The key and the digest of the request.
    pub key: Option<(&'e str, &'e str)>,
    pub total: Option<i64>,
    /// What came of it, where it is done already.
    pub result: Option<&'e serde_json::Value>,
    /// How long what was uploaded waits.
    pub waits: Option<TimeDelta>,
}

/// How a job ends.
pub enum End<'e> {
    /// With the time for which what was uploaded waits, where it does.
    Succeeded(&'e serde_json::Value, Option<TimeDelta>),
    Failed(&'e serde_json::Value),
    Cancelled,
}

/// Enters a job.
///
/// # Errors
/// The database's own; that of a second job with the same key too.
pub(super) fn insert(conn: &mut Conn, entry: &Entry<'_>) -> QueryResult<()> {
    let now = clock::now(conn)?;
    let state = if entry.result.is_some() { State::Succeeded } else { State::Queued };
    diesel::insert_into(jobs::table)
        .values((
            jobs::id.eq(entry.id),
            jobs::kind.eq(entry.kind.name()),
            jobs::account_id.eq(entry.account),
            jobs::scopes.eq(entry.scopes),
            jobs::state.eq(state.name()),
            jobs::requested_at.eq(now),
            jobs::started_at.eq(entry.result.map(|_| now)),
            jobs::finished_at.eq(entry.result.map(|_| now)),
            jobs::attempt.eq(0),
            jobs::done.eq(0),
            jobs::total.eq(entry.total),
            jobs::cancel_requested.eq(false),
            jobs::parameters.eq(entry.parameters.to_string()),
            jobs::payload.eq(entry.payload),
            jobs::payload_until.eq(entry.waits.map(|waits| Instant::new(now.0 + waits))),
            jobs::result.eq(entry.result.map(ToString::to_string)),
            jobs::key.eq(entry.key.map(|(key, _)| key)),
            jobs::request_hash.eq(entry.key.map(|(_, hash)| hash)),
        ))
        .execute(conn)
        .map(drop)
}

fn find(conn: &mut Conn, id: RecordId) -> QueryResult<Option<Job>> {
    let row = jobs::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.map(Row::job).transpose()
}

/// Ends a job that still runs under this attempt. Whether it did.
///
/// # Errors
/// The database's own.
pub(super) fn end(conn: &mut Conn, id: RecordId, attempt: i64, end: &End<'_>) -> QueryResult<bool> {
    let now = clock::now(conn)?;
    let (state, result, problem, waits) = match end {
        End::Succeeded(result, waits) => (State::Succeeded, Some(result.to_string()), None, *waits),
        End::Failed(problem) => (State::Failed, None, Some(problem.to_string()), None),
        End::Cancelled => (State::Cancelled, None, None, None),
    };
    // What was cancelled has not succeeded.
    let cancelled = if state == State::Succeeded { &[false][..] } else { &[false, true] };
    let running = jobs::table
        .find(id)
        .filter(jobs::state.eq(State::Running.name()))
        .filter(jobs::attempt.eq(attempt))
        .filter(jobs::cancel_requested.eq_any(cancelled.to_vec()));
    let ended = (
        jobs::state.eq(state.name()),
        jobs::finished_at.eq(now),
        jobs::holder.eq(None::<String>),
        jobs::lease_until.eq(None::<Instant>),
        jobs::result.eq(result),
        jobs::problem.eq(problem),
        jobs::payload_until.eq(waits.map(|waits| Instant::new(now.0 + waits))),
    );
    let changed = if waits.is_some() {
        diesel::update(running).set(ended).execute(conn)?
    } else {
        diesel::update(running).set((ended, jobs::payload.eq(None::<Vec<u8>>))).execute(conn)?
    };
    if changed == 1 && state == State::Cancelled {
        diesel::update(jobs::table.find(id)).set(jobs::cancel_requested.eq(true)).execute(conn)?;
    }
    if changed == 1 && waits.is_some() {
        files::replace_waiting(conn, id)?;
    }
    Ok(changed == 1)
}

/// Writes how far a job is.
///
/// # Errors
/// The database's own.
pub(super) fn is_at(conn: &mut Conn, running: &Running) -> QueryResult<()> {
    let (done, total) = running.progress();
    let at = (jobs::done.eq(done), jobs::total.eq(total));
    diesel::update(jobs::table.find(running.id())).set(at).execute(conn).map(drop)
}

impl JobConn {
    pub(super) fn new(conn: PooledConnection<Manager>) -> Self {
        Self(conn)
    }

    /// All of some work, or nothing; on SQLite with the lock of the one writer from the start.
    pub(super) fn whole<T>(&mut self, work: impl FnOnce(&mut Conn) -> QueryResult<T>) -> Result<T, StoreError> {
        Ok(self.attempt(work)??)
    }

    /// The same; what the work itself was refused is told apart from what came in its way.
    fn attempt<T>(&mut self, work: impl FnOnce(&mut Conn) -> QueryResult<T>) -> Result<QueryResult<T>, StoreError> {
        backend::begin_write(&mut self.0)?;
        let done = work(&mut self.0);
        match &done {
            Ok(_) => backend::commit(&mut self.0)?,
            Err(_) => backend::roll_back(&mut self.0)?,
        }
        Ok(done)
    }

    /// Enters a job, and gives it; nothing where there is one with its key already.
    pub fn insert(&mut self, entry: &Entry<'_>) -> Result<Option<Job>, StoreError> {
        use diesel::result::{DatabaseErrorKind, Error};
        let entered = self.attempt(|conn| {
            insert(conn, entry)?;
            find(conn, entry.id)
        })?;
        match entered {
            Err(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _)) => Ok(None),
            entered => Ok(entered?),
        }
    }

    pub fn get(&mut self, id: RecordId) -> Result<Option<Job>, StoreError> {
        Ok(find(&mut self.0, id)?)
    }

    pub fn by_key(&mut self, account: RecordId, key: &str) -> Result<Option<(Job, String)>, StoreError> {
        Ok(keys::by_key(&mut self.0, account, key)?)
    }

    /// The newest first; of one account, or of all.
    pub fn list(
        &mut self,
        account: Option<RecordId>,
        after: Option<After>,
        limit: i64,
    ) -> Result<Vec<Job>, StoreError> {
        let mut query = jobs::table.select(Row::as_select()).into_boxed();
        if let Some(account) = account {
            query = query.filter(jobs::account_id.eq(account));
        }
        if let Some(After { requested_at, id }) = after {
            let same = jobs::requested_at.eq(requested_at).and(jobs::id.lt(id));
            query = query.filter(jobs::requested_at.lt(requested_at).or(same));
        }
        let rows: Vec<Row> =
            query.order((jobs::requested_at.desc(), jobs::id.desc())).limit(limit).load(&mut *self.0)?;
        Ok(rows.into_iter().map(Row::job).collect::<QueryResult<_>>()?)
    }

    /// How many jobs of an account wait or run.
    pub fn unfinished(&mut self, account: RecordId) -> Result<i64, StoreError> {
        let open = [State::Queued.name(), State::Running.name()];
        let own = jobs::table.filter(jobs::account_id.eq(account)).filter(jobs::state.eq_any(open));
        Ok(own.count().get_result(&mut *self.0)?)
    }

    /// The job of these kinds that has waited longest.
    pub fn next(&mut self, kinds: &[Kind]) -> Result<Option<RecordId>, StoreError> {
        let kinds: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
        let waiting = jobs::table.filter(jobs::state.eq(State::Queued.name())).filter(jobs::kind.eq_any(kinds));
        let first = waiting.order((jobs::requested_at, jobs::id)).select(jobs::id);
        Ok(first.first(&mut *self.0).optional()?)
    }

    /// Starts a job that waits, unless another process was faster. Gives it with what was uploaded.
    pub fn start(&mut self, id: RecordId, holder: &str) -> Result<Option<WithUpload<Option<Vec<u8>>>>, StoreError> {
        self.whole(|conn| {
            let now = clock::now(conn)?;
            let waiting = jobs::table.find(id).filter(jobs::state.eq(State::Queued.name()));
            let late = waiting
                .filter(jobs::kind.eq(Kind::Publish.name()))
                .filter(jobs::requested_at.lt(Instant::new(now.0 - PUBLISHED_WITHIN)));
            let ended = (
                jobs::state.eq(State::Failed.name()),
                jobs::finished_at.eq(now),
                jobs::problem.eq(interrupted().to_string()),
                jobs::payload.eq(None::<Vec<u8>>),
            );
            if diesel::update(late).set(ended).execute(conn)? > 0 {
                return Ok(None);
            }
            let started = (
                jobs::state.eq(State::Running.name()),
                jobs::started_at.eq(now),
                jobs::holder.eq(holder),
                jobs::lease_until.eq(Instant::new(now.0 + LEASE)),
                jobs::attempt.eq(jobs::attempt + 1),
                jobs::done.eq(0),
            );
            if diesel::update(waiting).set(started).execute(conn)? == 0 {
                return Ok(None);
            }
            let (row, payload) =
                jobs::table.find(id).select((Row::as_select(), jobs::payload)).first::<(Row, Option<Vec<u8>>)>(conn)?;
            Ok(Some((row.job()?, payload)))
        })
    }

    /// Says that a job still runs, and how far it is. Gives whether it is to go on: nobody has cancelled it or taken it over.
    pub fn still_runs(
        &mut self,
        id: RecordId,
        attempt: i64,
        (done, total): (i64, Option<i64>),
    ) -> Result<bool, StoreError> {
        let now = clock::now(&mut self.0)?;
        let own = jobs::table.find(id).filter(jobs::state.eq(State::Running.name())).filter(jobs::attempt.eq(attempt));
        let until = jobs::lease_until.eq(Instant::new(now.0 + LEASE));
        diesel::update(own).set((until, jobs::done.eq(done), jobs::total.eq(total))).execute(&mut *self.0)?;
        let own = own.filter(jobs::cancel_requested.eq(false));
        Ok(own.select(jobs::id).first::<RecordId>(&mut *self.0).optional()?.is_some())
    }

    pub fn end(&mut self, running: &Running, how: &End<'_>) -> Result<bool, StoreError> {
        self.whole(|conn| {
            let ended = end(conn, running.id(), running.attempt(), how)?;
            if ended {
                is_at(conn, running)?;
            }
            Ok(ended)
        })
    }

    /// Ends a job whose process is gone, unless it has shown itself since.
    pub fn end_lost(&mut self, seen: &Job, how: &End<'_>) -> Result<bool, StoreError> {
        self.whole(|conn| {
            let same = jobs::table.find(seen.id).filter(jobs::attempt.eq(seen.attempt));
            let same = same.filter(jobs::lease_until.eq(seen.lease_until)).select(jobs::id);
            match same.first::<RecordId>(conn).optional()? {
                Some(id) => end(conn, id, seen.attempt, how),
                None => Ok(false),
            }
        })
    }

    /// Puts a job back among those that wait: one that ended without having saved anything, or that is to be done again.
    /// Gives it as it is then; nothing where it was not as it is said here.
    pub fn again(&mut self, job: &Job, entry: Option<&Entry<'_>>) -> Result<Option<Job>, StoreError> {
        self.whole(|conn| {
            let now = clock::now(conn)?;
            let as_seen = jobs::table
                .find(job.id)
                .filter(jobs::state.eq(job.state.name()))
                .filter(jobs::state.ne(State::Succeeded.name()))
                .filter(jobs::attempt.eq(job.attempt))
                // What runs and was cancelled does not wait again.
                .filter(jobs::cancel_requested.eq(false).or(jobs::state.ne(State::Running.name())));
            let waits = (
                jobs::state.eq(State::Queued.name()),
                jobs::requested_at.eq(now),
                jobs::started_at.eq(None::<Instant>),
                jobs::finished_at.eq(None::<Instant>),
                jobs::holder.eq(None::<String>),
                jobs::lease_until.eq(None::<Instant>),
                jobs::problem.eq(None::<String>),
                jobs::cancel_requested.eq(false),
                jobs::done.eq(0),
            );
            let changed = match entry {
                Some(entry) => diesel::update(as_seen)
                    .set((
                        waits,
                        jobs::attempt.eq(before_the_tries(job.attempt)),
                        jobs::kind.eq(entry.kind.name()),
                        jobs::total.eq(entry.total),
                        jobs::parameters.eq(entry.parameters.to_string()),
                        jobs::payload.eq(entry.payload),
                        jobs::scopes.eq(entry.scopes),
                        jobs::request_hash.eq(entry.key.map(|(_, hash)| hash)),
                    ))
                    .execute(conn)?,
                None => diesel::update(as_seen).set(waits).execute(conn)?,
            };
            if changed == 1 { find(conn, job.id) } else { Ok(None) }
        })
    }

    /// Asks that a job ends without having saved anything. One that waits is cancelled at once.
    pub fn cancel(&mut self, id: RecordId) -> Result<(), StoreError> {
        self.whole(|conn| {
            let now = clock::now(conn)?;
            diesel::update(jobs::table.find(id).filter(jobs::state.eq(State::Queued.name())))
                .set((
                    jobs::state.eq(State::Cancelled.name()),
                    jobs::cancel_requested.eq(true),
                    jobs::finished_at.eq(now),
                    jobs::payload.eq(None::<Vec<u8>>),
                    jobs::payload_until.eq(None::<Instant>),
                ))
                .execute(conn)?;
            diesel::update(jobs::table.find(id).filter(jobs::state.eq(State::Running.name())))
                .set(jobs::cancel_requested.eq(true))
                .execute(conn)
                .map(drop)
        })
    }

    /// The jobs that run, with the database's time.
    pub fn running(&mut self) -> Result<(Vec<Job>, Instant), StoreError> {
        let now = clock::now(&mut self.0)?;
        let rows: Vec<Row> =
            jobs::table.filter(jobs::state.eq(State::Running.name())).select(Row::as_select()).load(&mut *self.0)?;
        Ok((rows.into_iter().map(Row::job).collect::<QueryResult<_>>()?, now))
    }
}
