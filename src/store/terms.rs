//! Terms of the controlled lists.

use diesel::prelude::*;

use crate::domain::alike;
use crate::domain::check::{FieldError, Register, Rule};
use crate::domain::record::{RecordId, Stamp, State};
use crate::domain::term::TermEntry;
use crate::domain::vocabulary::{SPECIAL, Term, Vocabulary};

use super::backend::{Conn, JsonValue};
use super::error::{StoreError, corrupt};
use super::narrowing::By;
use super::records::{Loaded, Stored, Warning, Which};
use super::schema::term_versions;
use super::session::Tx;
use super::version_table::version_table;

version_table! {
    TermRow of term_versions {
        vocabulary: String,
        term: String,
        broader: Option<String>,
        family: Option<String>,
        crosswalk: Option<String>,
        texts: JsonValue,
        replaced_by: Option<String>,
    }
}

impl TermRow {
    fn body(self, state: State) -> QueryResult<Term> {
        Ok(Term {
            vocabulary: self.vocabulary,
            code: self.term,
            broader: self.broader,
            family: self.family,
            crosswalk: self.crosswalk,
            texts: serde_json::from_value(self.texts.0).map_err(corrupt)?,
            retired: state == State::Withdrawn || self.replaced_by.is_some(),
            replaced_by: self.replaced_by,
        })
    }
}

impl Stored for TermEntry {
    version_table! {
        queries of term_versions;
        words: [("vocabulary", vocabulary, By::Text), ("family", family, By::Code("family"))];
        references: [];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Term) -> QueryResult<()> {
        let term = body.clone();
        let texts = serde_json::to_value(&term.texts).map_err(corrupt)?;
        let columns =
            (term.vocabulary, term.code, term.broader, term.family, term.crosswalk, JsonValue(texts), term.replaced_by);
        let row = TermRow::stamped(id, stamp, columns);
        diesel::insert_into(term_versions::table).values(&row).execute(conn).map(drop)
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Term>>> {
        let rows = TermRow::rows(conn, ids, which)?;
        rows.into_iter()
            .map(|row| row.stamp().and_then(|stamp| Ok((row.record_id, stamp.clone(), row.body(stamp.state)?))))
            .collect()
    }

    /// A form that offers two equal choices makes its reader guess: each label is there once among what a form offers together.
    fn admit(tx: &mut Tx<'_>, _: RecordId, stamp: &Stamp, body: &Term) -> Result<Vec<FieldError>, StoreError> {
        if stamp.state == State::Withdrawn || body.replaced_by.is_some() {
            return Ok(Vec::new());
        }
        let known = tx.session().vocabulary();
        let same = body.called_the_same(known.offered_with(&body.vocabulary), alike::folded);
        let wrong = same.into_iter().map(|(language, other)| {
            let language = if body.texts.contains_key(language) { language } else { "en" };
            let expected = format!("a label that no other term of the list has; `{}` has this one", other.code);
            FieldError::new(&format!("label_{language}"), Rule::Taken, body.label(language), expected)
        });
        Ok(wrong.collect())
    }

    fn warnings(conn: &mut Conn, state: State, body: &Term) -> QueryResult<Vec<Warning>> {
        if state == State::Withdrawn || body.replaced_by.is_some() {
            return Ok(Vec::new());
        }
        let known = beside(conn, &body.vocabulary)?;
        let look = body.called_the_same(known.offered_with(&body.vocabulary), alike::look).into_iter().map(
            |(language, other)| {
                let label = other.label(language).unwrap_or_default();
                let detail = format!("its label looks like that of `{}`: {label}", other.code);
                Warning { code: "label_looks_like", detail }
            },
        );
        Ok(look.collect())
    }

    fn kept(tx: &mut Tx<'_>, body: &Term, state: State) {
        tx.learn(Term { retired: state == State::Withdrawn || body.replaced_by.is_some(), ..body.clone() });
    }
}

/// The terms as they stand that a form may offer together with those of a list.
fn beside(conn: &mut Conn, list: &str) -> QueryResult<Vocabulary> {
    let mut query =
        term_versions::table.filter(term_versions::superseded_by.is_null()).select(TermRow::as_select()).into_boxed();
    if list != SPECIAL {
        query = query.filter(term_versions::vocabulary.eq_any([list.to_owned(), SPECIAL.to_owned()]));
    }
    let rows = query.load(conn)?;
    rows.into_iter().map(|row: TermRow| row.stamp().and_then(|stamp| row.body(stamp.state))).collect()
}

/// The write that last changed a term; 0 where there is none.
pub(super) fn newest_write(conn: &mut Conn) -> QueryResult<i64> {
    let newest: Option<i64> = term_versions::table.select(diesel::dsl::max(term_versions::write)).first(conn)?;
    Ok(newest.unwrap_or_default())
}

/// All terms as they stand, or stood after a write.
pub fn vocabulary(conn: &mut Conn, at_write: Option<i64>) -> QueryResult<Vocabulary> {
    let mut query = term_versions::table.select(TermRow::as_select()).into_boxed();
    query = match at_write {
        None => query.filter(term_versions::superseded_by.is_null()),
        Some(write) => query
            .filter(term_versions::write.le(write))
            .filter(term_versions::superseded_by.is_null().or(term_versions::superseded_by.gt(write))),
    };
    let rows = query.load(conn)?;
    rows.into_iter().map(|row: TermRow| row.stamp().and_then(|stamp| row.body(stamp.state))).collect()
}

/// The lists that have terms.
///
/// # Errors
/// The database's own.
pub fn lists(conn: &mut Conn) -> QueryResult<Vec<String>> {
    term_versions::table.select(term_versions::vocabulary).distinct().load(conn)
}
