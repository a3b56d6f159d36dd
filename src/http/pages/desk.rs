//! What staff do with records: enter, find, correct, seal, take back.

use actix_web::web::ServiceConfig;

use crate::domain::record::Noun;
use crate::domain::text::{self, TextField};

use super::Page;

/// Forms that come back.
mod again;
/// Sealing and erasing.
mod care;
/// The page of a figure.
mod figures;
/// Finding, by name too.
mod find;
/// The fields of a form.
pub mod forms;
/// Every version of a record.
mod history;
/// The desk itself.
mod home;
/// What each field is called, and what one types in it.
pub mod inputs;
/// What holds for records that are one individual.
mod joint;
/// Lists of records.
mod list;
/// Seals of whose list nobody is left.
mod lost_seals;
/// The addresses of every noun.
mod nouns;
/// The page of a person.
mod persons;
/// New records and corrections.
mod records;
/// Several incidents at once.
mod several;
/// What values are called in the reader's language.
pub mod shown;
/// The sources that a form offers.
mod sources;
/// Taking back, and counting again.
mod states;
/// Personal text.
mod texts;
/// Between forms and entries.
mod values;
/// The page of a record.
mod view;
/// What waits for a publisher.
mod waiting;

pub use forms::{told, told_of_file};
pub use shown::term;

/// The fields of personal text that go with a noun.
pub fn texts_of(noun: Noun) -> &'static [TextField] {
    match noun {
        Noun::Person => text::OF_PERSON,
        Noun::Incident => text::OF_INCIDENT,
        Noun::Source => text::OF_SOURCE,
        Noun::Event => text::OF_EVENT,
        _ => &[],
    }
}

/// The routes, by what they are about.
pub const GROUPS: &[&[Page]] = &[
    home::PAGES,
    find::PAGES,
    care::PAGES,
    lost_seals::PAGES,
    several::PAGES,
    texts::of_person::PAGES,
    texts::of_incident::PAGES,
    texts::of_source::PAGES,
    texts::of_event::PAGES,
    nouns::persons::PAGES,
    nouns::incidents::PAGES,
    nouns::sources::PAGES,
    nouns::events::PAGES,
    nouns::consents::PAGES,
    nouns::linkages::PAGES,
    nouns::terms::PAGES,
    nouns::publications::PAGES,
    nouns::figures::PAGES,
    figures::PAGES,
];

/// The services of [`GROUPS`].
pub fn services(config: &mut ServiceConfig) {
    config
        .configure(home::services)
        .configure(find::services)
        .configure(lost_seals::services)
        .configure(nouns::persons::services)
        .configure(nouns::incidents::services)
        .configure(nouns::sources::services)
        .configure(nouns::events::services)
        .configure(nouns::consents::services)
        .configure(nouns::linkages::services)
        .configure(nouns::terms::services)
        .configure(nouns::publications::services)
        .configure(nouns::figures::services);
}
