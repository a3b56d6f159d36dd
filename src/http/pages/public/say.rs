//! What is said of figures and counts, in the reader's language.

use chrono::NaiveDate;

use crate::domain::count::{Bounded, Count, Qualifier, Tally};
use crate::domain::figure::{Figure, Relation};
use crate::domain::reconcile::{self, Status};
use crate::domain::release::content::{Texts, text};
use crate::exchange::formats::{Language, words};
use crate::exchange::seed;
use crate::http::pages::{here, words as phrases};
use crate::http::public::support::{Support, SupportKind};

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

/// What is said of groups of which a release tells no number: that there is nobody, no release knows, for it counts only whom it may.
pub fn not_shown() -> &'static str {
    phrases::t("Not shown: fewer than can be shown, or none")
}

/// A count of a release. None is never said: who has not agreed is not in it.
pub fn released(value: Count) -> String {
    if value.is_zero() { phrases::t("not shown").to_owned() } else { count(value) }
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

/// What stands behind a published number.
pub struct Standing {
    /// What a release says, in words, where one does.
    pub computed: Option<String>,
    /// In a word or two, for tables.
    pub status: &'static str,
    /// What that means.
    pub meaning: String,
    /// A class of the style sheet.
    pub class: &'static str,
    /// The release that says so.
    pub release: Option<String>,
}

/// Says what stands behind a published number. A tick has only what case files alone give.
pub fn standing(value: Bounded, support: &Support<'_>, has_query: bool) -> Standing {
    let computed = support.signed.map(|(_, signed)| signed.computed);
    let status = computed.map(|computed| reconcile::status(value, Some(Tally::from(computed))));
    let (word, meaning, class) = match (support.kind, status) {
        (SupportKind::NotComputed, _) | (SupportKind::CaseFiles, None) => not_computed(has_query),
        (SupportKind::CaseFiles, Some(status)) => of_cases(status, support.reconstructed()),
        (SupportKind::BuiltFromThisPublication, Some(Status::Differs)) => {
            ("conflict", "The records were built from this very number, and give another one by now.", "conflict")
        }
        (SupportKind::BuiltFromThisPublication, _) => (
            "built from this figure",
            "The records were built from this very number. That they give it again proves nothing.",
            "built",
        ),
        (SupportKind::BuiltFromPublishedFigures, Some(Status::Differs)) => {
            ("conflict", "The records were built from published figures, and give another number.", "conflict")
        }
        (SupportKind::BuiltFromPublishedFigures, _) => (
            "built from published figures",
            "The records that it counts were built from published figures. That they agree proves nothing.",
            "built",
        ),
    };
    let reconstructed = Some(support.reconstructed()).filter(|number| *number > 0);
    let of_them = reconstructed.map(|number| {
        let phrase = "Of them {} were built from published figures; only the others are case files.";
        phrases::say(phrase, &[&words::number(number)])
    });
    Standing {
        computed: computed.map(count),
        status: phrases::t(word),
        meaning: std::iter::once(phrases::t(meaning).to_owned()).chain(of_them).collect::<Vec<_>>().join(" "),
        class,
        release: support.signed.map(|(content, _)| content.id.clone()),
    }
}

/// What is said of a figure for which nothing computed is public.
fn not_computed(has_query: bool) -> (&'static str, &'static str, &'static str) {
    let why = if has_query {
        "No release that stands has signed this figure, so that nothing computed for it is public."
    } else {
        "It cannot be computed from records: nobody said by what question."
    };
    ("not computed", why, "open")
}

/// What is said of a figure for which case files were counted.
fn of_cases(status: Status, reconstructed: u64) -> (&'static str, &'static str, &'static str) {
    match status {
        Status::Differs => {
            ("conflict", "Case files were counted, and give another number than was published.", "conflict")
        }
        Status::NotComputable | Status::Derived => {
            ("cannot be told", "Nobody published how these combine, so that the records give only from–to.", "open")
        }
        _ if reconstructed > 0 => ("partly built", "The number stands on case files in part.", "built"),
        Status::Reproduced => ("agrees", "It stands on case files, which give the same number.", "agrees"),
        Status::Consistent => {
            ("consistent", "It stands on case files, which agree with what was published, as far as it goes.", "agrees")
        }
    }
}
