//! Lists that the cell of a CSV file can spell: items joined by `;`.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// An item of a list that a CSV cell can spell.
pub trait Cell: Sized {
    fn from_cell(cell: &str) -> Self;
}

impl Cell for String {
    fn from_cell(cell: &str) -> Self {
        cell.trim().to_owned()
    }
}

/// Reads a list (JSON) or one text (a CSV cell).
///
/// # Errors
/// What is neither.
pub fn list<'de, D: Deserializer<'de>, L: Cell + Deserialize<'de>>(from: D) -> Result<Vec<L>, D::Error> {
    struct List<L>(std::marker::PhantomData<L>);

    impl<'de, L: Cell + Deserialize<'de>> Visitor<'de> for List<L> {
        type Value = Vec<L>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<L>, E> {
            Ok(text.split(';').filter(|cell| !cell.trim().is_empty()).map(L::from_cell).collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<L>, A::Error> {
            let mut found = Vec::new();
            while let Some(item) = items.next_element()? {
                found.push(item);
            }
            Ok(found)
        }
    }

    from.deserialize_any(List(std::marker::PhantomData))
}
