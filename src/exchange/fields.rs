//! The fields of an entry, read off its type: the columns of a file and the keys of a body are the same list.

use serde::de::{DeserializeOwned, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Schema, SchemaType, Type};

use crate::domain::entry::Entry;
use crate::domain::record::State;
use crate::domain::text::TextField;

/// One field of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    pub description: String,
    pub required: bool,
    /// Whether it is a whole number.
    pub number: bool,
}

impl Field {
    /// The controlled lists whose codes it takes, as its description names them.
    pub fn vocabularies(&self) -> impl Iterator<Item = &str> {
        self.description.split("vocabulary `").skip(1).filter_map(|rest| rest.split('`').next())
    }
}

/// The fields of an entry, in their order, and those of its personal text.
pub fn of<E: Entry>() -> Vec<Field> {
    let text = |field: &TextField| {
        let description = format!("{} At most {} characters.", field.description, field.longest);
        Field { name: field.name, description, required: false, number: false }
    };
    coded::<E>().into_iter().chain(E::TEXTS.iter().map(text)).collect()
}

/// The column that says whether a record counts. It is no field of an entry: by hand a record is withdrawn in a step of its own.
pub const STATUS: &str = "status";

/// The columns of a file: the fields of an entry, and last whether the record counts.
pub fn columns<E: Entry>() -> Vec<Field> {
    let words: Vec<_> = State::WORDS.iter().map(|(word, _)| *word).collect();
    let description = format!("Whether the record counts: {}; active where it is missing.", words.join(" or "));
    let status = Field { name: STATUS, description, required: false, number: false };
    of::<E>().into_iter().chain([status]).collect()
}

fn coded<E: DeserializeOwned + ToSchema>() -> Vec<Field> {
    let mut names: &'static [&'static str] = &[];
    // Asking for the struct's fields is all that this reader does.
    let _ = E::deserialize(Names(&mut names));
    let schema = E::schema();
    let field = |name: &&'static str| {
        let (mut description, mut required, mut number) = (String::new(), false, false);
        if let RefOr::T(Schema::Object(object)) = &schema {
            required = object.required.iter().any(|other| other == name);
            if let Some(property) = object.properties.get(*name) {
                description = describe(property);
                number = is_number(property);
            }
        }
        Field { name, description, required, number }
    };
    names.iter().map(field).collect()
}

fn describe(property: &RefOr<Schema>) -> String {
    let found = match property {
        RefOr::T(Schema::Object(object)) => object.description.clone(),
        RefOr::T(Schema::Array(array)) => array.description.clone(),
        _ => None,
    };
    found.unwrap_or_default()
}

fn is_number(property: &RefOr<Schema>) -> bool {
    let RefOr::T(Schema::Object(object)) = property else { return false };
    match &object.schema_type {
        SchemaType::Type(kind) => *kind == Type::Integer,
        SchemaType::Array(kinds) => kinds.contains(&Type::Integer),
        SchemaType::AnyValue => false,
    }
}

/// A reader that gives nothing and notes which fields it was asked for.
struct Names<'n>(&'n mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Names<'_> {
    type Error = serde::de::value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(Self::Error::custom("an entry is a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        Err(Self::Error::custom("the fields are noted"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
