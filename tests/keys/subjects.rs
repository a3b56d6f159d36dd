//! Subjects with a data key and a text each.

use attest::domain::record::RecordId;
use attest::store::accounts;
use attest::store::data_keys;
use attest::store::database::Store;
use attest::store::error::StoreError;
use attest::store::schema::{personal_texts, records};
use diesel::prelude::*;

use crate::support::Home;

/// Some records that are there, whatever they are: any record can have a data key.
pub fn some(home: &Home, many: i64) -> Vec<RecordId> {
    records::table.order(records::id).limit(many).select(records::id).load(&mut home.connect()).unwrap()
}

pub fn text_of(subject: RecordId) -> String {
    format!("the name of {subject}")
}

/// Gives each a data key, and a text under it.
pub fn fill(store: &Store, subjects: &[RecordId]) -> Result<(), StoreError> {
    let subjects = subjects.to_vec();
    store.write(&accounts::host(), "test", move |tx| {
        for subject in subjects {
            let (key, write) = (data_keys::get_or_make(tx, subject)?, tx.write());
            let sealed = key.seal_text(&data_keys::text_place(subject, "name", write), &text_of(subject))?;
            diesel::insert_into(personal_texts::table)
                .values((
                    personal_texts::record_id.eq(subject),
                    personal_texts::field.eq("name"),
                    personal_texts::write.eq(write),
                    personal_texts::subject_id.eq(subject),
                    personal_texts::ciphertext.eq(Some(sealed)),
                ))
                .execute(tx.conn())?;
        }
        Ok(())
    })
}

/// The text of a subject, as a server reads it.
pub fn read(store: &Store, subject: RecordId) -> Result<String, StoreError> {
    let keys = store.keys().unwrap();
    store.look(|conn| {
        let key = data_keys::open(conn, &keys, subject)?.expect("a data key");
        let (write, sealed) = personal_texts::table
            .filter(personal_texts::subject_id.eq(subject))
            .select((personal_texts::write, personal_texts::ciphertext.assume_not_null()))
            .first::<(i64, Vec<u8>)>(conn)?;
        Ok(key.open_text(&data_keys::text_place(subject, "name", write), &sealed)?.to_string())
    })
}

#[track_caller]
pub fn assert_readable(store: &Store, subjects: &[RecordId]) {
    for subject in subjects {
        assert_eq!(read(store, *subject).unwrap(), text_of(*subject));
    }
}
