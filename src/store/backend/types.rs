//! SQL types that are native on PostgreSQL and text on SQLite.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{self, HasSqlType, Nullable, SingleValue, SqlType};
use diesel::sqlite::{Sqlite, SqliteValue};
use uuid::Uuid;

use crate::domain::record::{Instant, RecordId};

use super::{MultiBackend, MultiRawValue};

/// One SQL type for both databases, native on PostgreSQL and TEXT on SQLite, for one newtype of ours.
macro_rules! portable_type {
    ($(#[$doc:meta])* $name:ident for $rust:ident($inner:ty), $pg:ty, oid = $oid:literal, array_oid = $array:literal,
     $to_text:expr, $from_text:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, QueryId, SqlType)]
        #[diesel(postgres_type(oid = $oid, array_oid = $array), sqlite_type(name = "Text"))]
        pub struct $name;

        impl HasSqlType<$name> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Self::lookup_sql_type::<$name>(lookup)
            }
        }
        impl ToSql<$name, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value(($name, self));
                Ok(IsNull::No)
            }
        }
        impl FromSql<$name, MultiBackend> for $rust {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<$rust, $name>()
            }
        }
        impl ToSql<$name, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                <$inner as ToSql<$pg, Pg>>::to_sql(&self.0, out)
            }
        }
        impl FromSql<$name, Pg> for $rust {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                <$inner as FromSql<$pg, Pg>>::from_sql(value).map($rust)
            }
        }
        impl ToSql<$name, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                let to_text: fn(&$inner) -> String = $to_text;
                out.set_value(to_text(&self.0));
                Ok(IsNull::No)
            }
        }
        impl FromSql<$name, Sqlite> for $rust {
            fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                let text = <String as FromSql<sql_types::Text, Sqlite>>::from_sql(value)?;
                let from_text: fn(&str) -> deserialize::Result<$inner> = $from_text;
                from_text(&text).map($rust)
            }
        }
        impl<DB: Backend, ST> Queryable<ST, DB> for $rust
        where
            ST: SingleValue,
            $rust: FromSql<ST, DB>,
        {
            type Row = Self;
            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
        impl<DB: Backend> ToSql<Nullable<$name>, DB> for $rust
        where
            $rust: ToSql<$name, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                ToSql::<$name, DB>::to_sql(self, out)
            }
        }
        portable_type!(@expression $rust, $name);
        portable_type!(@expression $rust, Nullable<$name>);
    };
    (@expression $rust:ident, $sql:ty) => {
        impl AsExpression<$sql> for $rust {
            type Expression = Bound<$sql, $rust>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
        impl<'a> AsExpression<$sql> for &'a $rust {
            type Expression = Bound<$sql, &'a $rust>;
            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
    };
}

portable_type!(
    /// The identifier of a record: UUID version 7.
    Id for RecordId(Uuid), sql_types::Uuid, oid = 2950, array_oid = 2951,
    |id| id.to_string(),
    |text| Ok(text.parse()?)
);

portable_type!(
    /// A moment in UTC, to the microsecond. As text it has a fixed width, so that its order is the order of time.
    Moment for Instant(DateTime<Utc>), sql_types::Timestamptz, oid = 1184, array_oid = 1185,
    |moment| moment.format(MOMENT_FORMAT).to_string(),
    |text| Ok(NaiveDateTime::parse_from_str(text, MOMENT_FORMAT)?.and_utc())
);

portable_type!(
    /// A JSON value.
    Json for JsonValue(serde_json::Value), sql_types::Jsonb, oid = 3802, array_oid = 3807,
    |value| value.to_string(),
    |text| Ok(serde_json::from_str(text)?)
);

const MOMENT_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.6fZ";

/// A JSON value as a column holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonValue(pub serde_json::Value);
