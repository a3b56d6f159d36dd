//! What was uploaded for a job: it lies in the database as ciphertext, until the job ends or its time is over.

use diesel::prelude::*;
use zeroize::Zeroizing;

use crate::domain::policy::Actor;
use crate::domain::record::{Instant, RecordId};
use crate::keys::keyring::Keyring;
use crate::store::backend::{Conn, clock};
use crate::store::error::StoreError;
use crate::store::schema::jobs;

use super::conn::{Entry, JobConn, Row, WithUpload, insert};
use super::{Job, Jobs, Key, Kind, NewJob};

/// How long a file waits that was tried, until its owner confirms it.
pub(super) const FILE_WAITS: chrono::TimeDelta = chrono::TimeDelta::minutes(30);

impl Jobs {
    /// Notes a trial that was done already, with its file, which waits for whoever has tried it. It replaces an earlier one of the
    /// same account.
    ///
    /// # Errors
    /// [`StoreError::Locked`], or the database's own.
    pub fn keep_tried(
        &self,
        keys: Option<&Keyring>,
        actor: &Actor,
        tried: &NewJob,
        result: &serde_json::Value,
    ) -> Result<Job, StoreError> {
        let id = RecordId::new();
        let payload = tried.payload.as_deref().map(|file| seal(keys, id, file)).transpose()?;
        let mut writer = self.writer()?;
        writer.forget_files(Some(actor.account))?;
        let entered = writer.insert(&Entry {
            id,
            kind: tried.kind,
            account: actor.account,
            scopes: None,
            parameters: &tried.parameters,
            payload: payload.as_deref(),
            key: None,
            total: tried.total,
            result: Some(result),
            waits: Some(FILE_WAITS),
        })?;
        entered.ok_or(StoreError::Stale)
    }

    /// The file that a trial holds, with the trial; none where it was confirmed, replaced, or waited too long.
    ///
    /// # Errors
    /// [`StoreError::Locked`], or the database's own.
    pub fn tried_file(
        &self,
        keys: Option<&Keyring>,
        account: RecordId,
        trial: RecordId,
    ) -> Result<Option<WithUpload<Zeroizing<Vec<u8>>>>, StoreError> {
        let Some((job, sealed)) = self.reader()?.waiting_file(trial, account)? else { return Ok(None) };
        Ok(Some((job, open(keys, trial, &sealed)?)))
    }

    /// Imports a file that was tried, once, however often it is confirmed. None where it does not wait any more.
    ///
    /// # Errors
    /// [`StoreError::Locked`], or the database's own.
    pub fn confirm(&self, keys: Option<&Keyring>, actor: &Actor, trial: RecordId) -> Result<Option<Job>, StoreError> {
        // No client can send this key: it holds a space.
        let key = Key { key: format!("confirm {trial}"), request: trial.to_string() };
        if let Some(job) = self.earlier(keys, actor.account, &key)? {
            return Ok(Some(job));
        }
        let Some((tried, file)) = self.tried_file(keys, actor.account, trial)? else { return Ok(None) };
        let parameters = serde_json::json!({"noun": tried.parameters["noun"], "dry_run": false});
        let id = RecordId::new();
        let (payload, (kept, request)) = (seal(keys, id, &file)?, key.kept(keys)?);
        let entered = self.writer()?.take_over(
            trial,
            &Entry {
                id,
                kind: Kind::Import,
                account: actor.account,
                scopes: None,
                parameters: &parameters,
                payload: Some(&payload),
                key: Some((&kept, &request)),
                total: tried.total,
                result: None,
                waits: None,
            },
        )?;
        if entered {
            self.ring();
        }
        self.earlier(keys, actor.account, &key)
    }
}

/// How long it is remembered what came of a job, and its idempotency key.
const REMEMBERED: chrono::TimeDelta = chrono::TimeDelta::days(90);

/// Forgets the files that wait of the account of a job, whose own is going to: one waits for each.
pub(super) fn replace_waiting(conn: &mut Conn, id: RecordId) -> QueryResult<()> {
    let account: RecordId = jobs::table.find(id).select(jobs::account_id).first(conn)?;
    let gone = (jobs::payload.eq(None::<Vec<u8>>), jobs::payload_until.eq(None::<Instant>));
    let earlier = jobs::table.filter(jobs::account_id.eq(account)).filter(jobs::payload_until.is_not_null());
    diesel::update(earlier.filter(jobs::id.ne(id))).set(gone).execute(conn).map(drop)
}

impl JobConn {
    /// Forgets files that nobody has confirmed in time, and those of an account that a newer one replaces.
    pub fn forget_files(&mut self, replaced_of: Option<RecordId>) -> Result<(), StoreError> {
        let now = clock::now(&mut self.0)?;
        let gone = (jobs::payload.eq(None::<Vec<u8>>), jobs::payload_until.eq(None::<Instant>));
        let late = jobs::table.filter(jobs::payload_until.le(now));
        diesel::update(late).set(gone.clone()).execute(&mut *self.0)?;
        if let Some(account) = replaced_of {
            let earlier = jobs::table.filter(jobs::account_id.eq(account)).filter(jobs::payload_until.is_not_null());
            diesel::update(earlier).set(gone).execute(&mut *self.0)?;
        }
        Ok(())
    }

    /// Whether some file is there too long.
    pub fn has_late_files(&mut self) -> Result<bool, StoreError> {
        let now = clock::now(&mut self.0)?;
        let late = jobs::table.filter(jobs::payload_until.le(now)).select(jobs::id);
        Ok(late.first::<RecordId>(&mut *self.0).optional()?.is_some())
    }

    /// Whether some job ended long ago.
    pub fn has_old(&mut self) -> Result<bool, StoreError> {
        let before = Instant::new(clock::now(&mut self.0)?.0 - REMEMBERED);
        let old = jobs::table.filter(jobs::finished_at.lt(before)).select(jobs::id);
        Ok(old.first::<RecordId>(&mut *self.0).optional()?.is_some())
    }

    /// Forgets the jobs that ended long ago, with their keys.
    pub fn forget_old(&mut self) -> Result<(), StoreError> {
        let before = Instant::new(clock::now(&mut self.0)?.0 - REMEMBERED);
        diesel::delete(jobs::table.filter(jobs::finished_at.lt(before))).execute(&mut *self.0)?;
        Ok(())
    }

    /// What waits for its confirmation: the job that tried it, and the file.
    pub fn waiting_file(&mut self, id: RecordId, account: RecordId) -> Result<Option<(Job, Vec<u8>)>, StoreError> {
        let now = clock::now(&mut self.0)?;
        let found = jobs::table
            .find(id)
            .filter(jobs::account_id.eq(account))
            .filter(jobs::payload_until.gt(now))
            .select((Row::as_select(), jobs::payload.assume_not_null()))
            .first::<(Row, Vec<u8>)>(&mut *self.0)
            .optional()?;
        Ok(found.map(|(row, payload)| QueryResult::Ok((row.job()?, payload))).transpose()?)
    }

    /// Enters the job that takes a waiting file over. `false` where somebody was faster.
    pub fn take_over(&mut self, from: RecordId, entry: &Entry<'_>) -> Result<bool, StoreError> {
        self.whole(|conn| {
            let waiting = jobs::table.find(from).filter(jobs::payload_until.is_not_null());
            let gone = (jobs::payload.eq(None::<Vec<u8>>), jobs::payload_until.eq(None::<Instant>));
            if diesel::update(waiting).set(gone).execute(conn)? == 0 {
                return Ok(false);
            }
            insert(conn, entry).map(|()| true)
        })
    }
}

fn place(id: RecordId) -> String {
    format!("attest job {id}")
}

fn key_of(keys: Option<&Keyring>) -> Result<crate::keys::cipher::Key, StoreError> {
    let keys = keys.ok_or_else(|| StoreError::Locked("the service was started without it".to_owned()))?;
    Ok(keys.own_key("jobs")?)
}

pub(super) fn seal(keys: Option<&Keyring>, id: RecordId, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    Ok(key_of(keys)?.seal(&place(id), bytes)?)
}

pub(super) fn open(keys: Option<&Keyring>, id: RecordId, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    Ok(key_of(keys)?.open(&place(id), sealed)?)
}
