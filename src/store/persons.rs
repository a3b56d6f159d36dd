//! Persons.

use diesel::prelude::*;

use crate::domain::check::{FieldError, Rule};
use crate::domain::person::{Basis, ExternalId, Person, PersonEntry};
use crate::domain::policy::{self, Action, Standing};
use crate::domain::record::{RecordId, Stamp};

use super::accounts::HOST;
use super::backend::Conn;
use super::error::{StoreError, word};
use super::narrowing::By;
use super::records::{Loaded, Stored, Which};
use super::schema::person_versions;
use super::session::Tx;
use super::version_table::version_table;
use super::{seals, visibility};

version_table! {
    PersonRow of person_versions {
        owner_id: RecordId,
        ground: String,
        ground_figure_id: Option<RecordId>,
        origin: String,
        sex: String,
        age_group: String,
        basis: String,
        figure_id: Option<RecordId>,
        source_system: Option<String>,
        external_id: Option<String>,
        review_on: Option<chrono::NaiveDate>,
    }
}

impl PersonRow {
    fn body(self) -> QueryResult<Person> {
        Ok(Person {
            owner: self.owner_id,
            ground: self.ground,
            ground_figure: self.ground_figure_id,
            origin: self.origin,
            sex: self.sex,
            age_group: self.age_group,
            basis: word(Basis::WORDS, &self.basis)?,
            figure: self.figure_id,
            external: self.source_system.zip(self.external_id).map(|(system, id)| ExternalId { system, id }),
            review_on: self.review_on,
        })
    }
}

impl Stored for PersonEntry {
    version_table! {
        queries of person_versions;
        words: [
            ("ground", ground, By::Code("ground")),
            ("origin", origin, By::Code("place")),
            ("sex", sex, By::Code("sex")),
            ("age_group", age_group, By::Code("age_group")),
            ("basis", basis, By::Word(&["case_file", "reconstructed"])),
            ("source_system", source_system, By::Text),
            ("external_id", external_id, By::Text),
        ];
        references: [("owner", owner_id, By::Account)];
        persons: [record_id];
    }

    fn insert(conn: &mut Conn, id: RecordId, stamp: &Stamp, body: &Person) -> QueryResult<()> {
        let person = body.clone();
        let (system, external) = person.external.map(|external| (external.system, external.id)).unzip();
        let columns = (
            person.owner,
            person.ground,
            person.ground_figure,
            person.origin,
            person.sex,
            person.age_group,
            person.basis.name().to_owned(),
            person.figure,
            system,
            external,
            person.review_on,
        );
        let row = PersonRow::stamped(id, stamp, columns);
        diesel::insert_into(person_versions::table).values(&row).execute(conn).map(drop)
    }

    fn versions(conn: &mut Conn, ids: &[RecordId], which: Which) -> QueryResult<Vec<Loaded<Person>>> {
        let rows = PersonRow::rows(conn, ids, which)?;
        rows.into_iter().map(|row| Ok((row.record_id, row.stamp()?, row.body()?))).collect()
    }

    fn admit(tx: &mut Tx<'_>, id: RecordId, _: &Stamp, body: &Person) -> Result<Vec<FieldError>, StoreError> {
        let first: Option<String> = person_versions::table
            .filter(person_versions::record_id.eq(id))
            .select(person_versions::basis)
            .first(tx.conn())
            .optional()?;
        if let Some(wrong) = first.and_then(|first| body.basis.kept(&first)) {
            return Ok(vec![wrong]);
        }
        may_change_owner(tx, id, body.owner)?;
        if body.owner != HOST && !seals::lists(tx.conn(), id, body.owner)? {
            let expected = "an account on the list of the sealed person";
            return Ok(vec![FieldError::new("owner", Rule::Inconsistent, None, expected)]);
        }
        let Some(external) = &body.external else { return Ok(Vec::new()) };
        let had_it = person_versions::table
            .filter(person_versions::record_id.eq(id))
            .filter(person_versions::source_system.eq(&external.system))
            .filter(person_versions::external_id.eq(&external.id));
        // While a person is sealed somebody may have entered the same one: what has it already is not locked out.
        if diesel::select(diesel::dsl::exists(had_it)).get_result(tx.conn())? {
            return Ok(Vec::new());
        }
        let reader = tx.actor().account;
        let taken = person_versions::table
            .filter(person_versions::source_system.eq(&external.system))
            .filter(person_versions::external_id.eq(&external.id))
            .filter(person_versions::superseded_by.is_null())
            .filter(person_versions::record_id.ne(id))
            .filter(person_versions::record_id.ne_all(visibility::hidden(reader)))
            .count()
            .get_result::<i64>(tx.conn())?;
        if taken == 0 {
            return Ok(Vec::new());
        }
        let expected = "an identifier that no other person has in that system";
        Ok(vec![FieldError::new("external_id", Rule::Taken, Some(&external.id), expected)])
    }
}

/// Whoever owns a person may seal and erase it, so that to become its owner takes a right of its own.
fn may_change_owner(tx: &mut Tx<'_>, id: RecordId, owner: RecordId) -> Result<(), StoreError> {
    let before: Option<RecordId> = person_versions::table
        .filter(person_versions::record_id.eq(id))
        .order(person_versions::write.desc())
        .select(person_versions::owner_id)
        .first(tx.conn())
        .optional()?;
    let Some(before) = before.filter(|before| *before != owner) else { return Ok(()) };
    let standing = match () {
        () if before == tx.actor().account => Standing::Own,
        () if seals::is_sealed(tx.conn(), id)? => Standing::Listed,
        () => Standing::Others,
    };
    Ok(policy::decide(tx.actor(), Action::ChangeOwner)?.on(standing)?)
}
