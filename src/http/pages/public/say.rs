//! What is said of figures and counts, in the reader's language.

use chrono::NaiveDate;

use crate::domain::count::{Bounded, Count, Qualifier, Tally};
use crate::domain::figure::{Figure, Relation};
use crate::domain::reconcile::{self, Status};
use crate::domain::release::content::{Content, SignedFigure, Texts, text};
use crate::exchange::formats::{Language, words};
use crate::exchange::seed;
use crate::http::pages::{here, words as phrases};

pub fn language() -> Language {
    here::language()
}

pub fn day(day: NaiveDate) -> String {
    words::day(day, language())
}

pub fn bounded(value: Bounded) -> String {
    words::bounded(value, language())
}

pub fn count(count: Count) -> String {
    words::count(count, language())
}

/// What stands before a number that is not exact; nothing before one that is.
pub fn qualifier(qualifier: Qualifier) -> &'static str {
    let text = match qualifier {
        Qualifier::Exact => return "",
        Qualifier::About => words::ABOUT,
        Qualifier::AtLeast => words::AT_LEAST,
        Qualifier::MoreThan => words::MORE_THAN,
    };
    words::say(text, language())
}

/// What a figure is called.
pub fn figure(name: &str) -> String {
    words::figure(name, language())
}

/// A title of a release in the reader's language.
pub fn title(texts: &Texts) -> String {
    text(texts, language().code()).to_owned()
}

/// What exactly a figure counts, where that is a definition that comes with Attest; its code where it is not.
pub fn definition(code: &str) -> String {
    match seed::definition(code, language()) {
        Some(label) => label.to_owned(),
        None if code == crate::domain::vocabulary::UNKNOWN => phrases::t("Nobody said").to_owned(),
        None => code.replace('_', " "),
    }
}

/// From when to when a figure counts.
pub fn period(figure: &Figure) -> String {
    match figure.period_start {
        Some(start) => format!("{} – {}", day(start), day(figure.as_of)),
        None => phrases::say("until {}", &[&day(figure.as_of)]),
    }
}

/// How a figure stands to the one that it is set against.
pub fn relation(relation: Relation, parent: &str) -> String {
    let phrase = match relation {
        Relation::SubsetStated => "part of “{}”: the source says so",
        Relation::SubsetImplied => "part of “{}”: the context implies it, the source does not say so",
        Relation::Outside => "not part of “{}”: counted beside it",
        Relation::OtherPopulation => "counts others than the organisation's own clients",
    };
    phrases::say(phrase, &[&parent])
}

/// How a published number stands to what a signed release says.
pub struct Standing {
    /// What the release says, in words.
    pub computed: String,
    /// In a word or two, for tables.
    pub status: &'static str,
    /// What that means.
    pub meaning: &'static str,
    /// A class of the style sheet.
    pub class: &'static str,
    /// The release that says so.
    pub release: String,
}

/// Holds a published number against a release that signed it.
pub fn standing(value: Bounded, (content, signed): (&Content, &SignedFigure)) -> Standing {
    let status = reconcile::status(value, Some(Tally::from(signed.computed)));
    let (word, meaning, class) = match status {
        Status::Reproduced => ("agrees", "The records give the same number.", "agrees"),
        Status::Consistent => ("consistent", "The records agree with what was published, as far as it goes.", "agrees"),
        Status::Differs => ("conflict", "The records give another number than was published.", "conflict"),
        Status::NotComputable | Status::Derived => {
            ("cannot be told", "Nobody published how these combine, so that the records give only from–to.", "open")
        }
    };
    let release = content.id.clone();
    Standing {
        computed: count(signed.computed),
        status: phrases::t(word),
        meaning: phrases::t(meaning),
        class,
        release,
    }
}
