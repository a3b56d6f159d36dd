//! Writes what every table of versions needs, so that a noun's file holds only what is its own.

/// The row of a version table, and the queries of [`Stored`](super::records::Stored) on it.
///
/// - `columns` are those after the stamp, in the order of the table;
/// - `words` are the list filters by a text column with the values that they take, `references` those by the record that a column names;
/// - `persons` are the columns that name the persons whom a record concerns: lists leave out those whom the reader may not see.
macro_rules! version_table {
    (
        $(#[$doc:meta])*
        $row:ident of $table:ident {
            $($column:ident: $type:ty,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, diesel::Queryable, diesel::Selectable, diesel::Insertable)]
        #[diesel(table_name = $table, treat_none_as_default_value = false)]
        struct $row {
            record_id: $crate::domain::record::RecordId,
            write: i64,
            known_on: chrono::NaiveDate,
            state: String,
            reason: Option<String>,
            superseded_by: Option<i64>,
            $($column: $type,)*
        }

        impl $row {
            fn stamp(&self) -> diesel::QueryResult<$crate::domain::record::Stamp> {
                use $crate::store::{error, stamps};
                Ok($crate::domain::record::Stamp {
                    write: self.write,
                    known_on: self.known_on,
                    state: error::word(stamps::STATES, &self.state)?,
                    reason: self.reason.clone(),
                    superseded_by: self.superseded_by,
                })
            }

            /// A row for a version, its own columns still to be filled in.
            fn stamped(
                record_id: $crate::domain::record::RecordId,
                stamp: &$crate::domain::record::Stamp,
                ($($column,)*): ($($type,)*),
            ) -> Self {
                Self {
                    record_id,
                    write: stamp.write,
                    known_on: stamp.known_on,
                    state: $crate::store::stamps::state_name(stamp.state).to_owned(),
                    reason: stamp.reason.clone(),
                    superseded_by: stamp.superseded_by,
                    $($column,)*
                }
            }

            fn rows(
                conn: &mut $crate::store::backend::Conn,
                ids: &[$crate::domain::record::RecordId],
                which: $crate::store::records::Which,
            ) -> diesel::QueryResult<Vec<Self>> {
                use diesel::prelude::*;
                use $crate::store::records::Which;
                let mut query = $table::table
                    .filter($table::record_id.eq_any(ids))
                    .order(($table::record_id, $table::write))
                    .select(Self::as_select())
                    .into_boxed();
                match which {
                    Which::All => {}
                    Which::Current => query = query.filter($table::superseded_by.is_null()),
                    Which::Of(write) => query = query.filter($table::write.eq(write)),
                }
                query.load(conn)
            }
        }
    };
    (
        queries of $table:ident;
        words: [$(($name:literal, $word:ident, $by:expr)),* $(,)?];
        references: [$(($reference:literal, $record:ident, $whose:expr)),* $(,)?];
        $(persons: [$($person:ident),+];)?
    ) => {
        const FILTERS: &'static [(&'static str, $crate::store::narrowing::By)] = &[
            ("code", $crate::store::narrowing::By::Text),
            $(($name, $by),)*
            $(($reference, $whose),)*
        ];

        fn supersede(
            conn: &mut $crate::store::backend::Conn,
            id: $crate::domain::record::RecordId,
            by: i64,
        ) -> diesel::QueryResult<usize> {
            use diesel::prelude::*;
            let newest = $table::table.filter($table::record_id.eq(id)).filter($table::superseded_by.is_null());
            diesel::update(newest).set($table::superseded_by.eq(by)).execute(conn)
        }

        fn known_after(
            conn: &mut $crate::store::backend::Conn,
            day: chrono::NaiveDate,
        ) -> diesel::QueryResult<Vec<($crate::domain::record::RecordId, chrono::NaiveDate)>> {
            use diesel::prelude::*;
            $table::table
                .filter($table::superseded_by.is_null())
                .filter($table::known_on.gt(day))
                .order(($table::known_on, $table::record_id))
                .select(($table::record_id, $table::known_on))
                .load(conn)
        }

        fn page(
            conn: &mut $crate::store::backend::Conn,
            reader: $crate::domain::record::RecordId,
            narrowings: &[$crate::store::narrowing::Narrowing],
            states: &[$crate::domain::record::State],
            after: Option<$crate::store::records::After>,
            limit: i64,
        ) -> diesel::QueryResult<Vec<$crate::store::records::Registered>> {
            use diesel::prelude::*;
            use $crate::store::schema::records;
            let states: Vec<_> = states.iter().map(|state| $crate::store::stamps::state_name(*state)).collect();
            let mut query = records::table
                .inner_join($table::table.on($table::record_id.eq(records::id)))
                .filter(records::noun.eq(<Self as $crate::domain::entry::Entry>::NOUN.name()))
                .filter($table::superseded_by.is_null())
                .filter($table::state.eq_any(states))
                .order((records::created_write, records::id))
                .limit(limit)
                .select((records::id, records::code, records::created_at, records::created_write))
                .into_boxed();
            // A noun that concerns no person is there for everybody who may read it.
            let _ = reader;
            $($(query = query.filter($table::$person.ne_all($crate::store::visibility::hidden(reader)));)+)?
            if let Some(after) = after {
                let later = records::created_write.gt(after.created_write);
                let same = records::created_write.eq(after.created_write).and(records::id.gt(after.id));
                query = query.filter(later.or(same));
            }
            for narrowing in narrowings {
                query = match (narrowing.name, narrowing.record) {
                    ("code", _) => query.filter(records::code.eq(narrowing.value.clone())),
                    $(($name, _) => query.filter($table::$word.eq(narrowing.value.clone())),)*
                    $(($reference, Some(record)) => query.filter($table::$record.eq(record)),)*
                    (name, _) => return Err($crate::store::error::corrupt(format!("filter {name}"))),
                };
            }
            query.load(conn)
        }
    };
}
pub(super) use version_table;
