//! What the page of public lists shows: each with its codes in their order, and the form.

use std::collections::BTreeSet;

use askama::Template;

use crate::domain::check::FieldError;
use crate::domain::dimension::{Dimension, Values, dimension};
use crate::domain::record::RecordId;
use crate::domain::release::lists::{List, above, may_have_one, other_level};
use crate::domain::vocabulary::{OTHER, UNKNOWN, Vocabulary};
use crate::exchange::formats::words;
use crate::exchange::seed;
use crate::http::pages::form::Form;
use crate::http::pages::here::{self, link};
use crate::http::pages::parts::{Control, Field, Notice};
use crate::http::pages::words::{say, t};
use crate::http::pages::{desk, filters, moment};
use crate::store::backend::Conn;
use crate::store::error::StoreError;
use crate::store::lists::{self as store, Declaration, State};
use crate::store::terms;

/// What stands in the form.
#[derive(Debug, Clone, Default)]
pub enum Typed {
    #[default]
    Nothing,
    /// All codes of this dimension's vocabulary that its list has not.
    Proposal(String),
    Sent {
        dimension: String,
        codes: String,
        unknown: String,
    },
}

impl Typed {
    /// What was sent.
    pub fn of(form: &Form) -> Self {
        let [dimension, codes, unknown] = ["dimension", "codes", "unknown"].map(|name| form.get(name).to_owned());
        Self::Sent { dimension, codes, unknown }
    }

    /// The values of the fields.
    fn values(&self, found: &Found) -> [String; 3] {
        match self {
            Self::Nothing => <[String; 3]>::default(),
            Self::Sent { dimension, codes, unknown } => [dimension, codes, unknown].map(Clone::clone),
            Self::Proposal(code) => {
                let Some(dimension) = found.open().find(|dimension| dimension.code == code) else {
                    return <[String; 3]>::default();
                };
                [code.clone(), found.proposal(dimension).join("\n"), String::new()]
            }
        }
    }
}

/// What was read.
pub struct Found {
    in_force: Vec<List>,
    made: Vec<(Declaration, usize)>,
    vocabulary: Vocabulary,
}

/// Reads the declarations, with how many signatures each still needs.
///
/// # Errors
/// The database's own.
pub fn read(conn: &mut Conn) -> Result<Found, StoreError> {
    let mut made = Vec::new();
    for declaration in store::declarations(conn)? {
        let missing = store::missing(conn, &declaration)?;
        made.push((declaration, missing));
    }
    Ok(Found { in_force: store::in_force(conn)?, made, vocabulary: terms::vocabulary(conn, None)? })
}

impl Found {
    /// The dimensions of which a list, or more of it, may be declared.
    fn open(&self) -> impl Iterator<Item = &'static Dimension> {
        may_have_one().filter(|dimension| other_level(dimension, &self.in_force).is_none())
    }

    /// The codes of its vocabulary that may be declared, in the order of the built-in list; of time none.
    fn proposal(&self, dimension: &Dimension) -> Vec<&str> {
        let Values::Vocabulary { name, .. } = dimension.values else { return Vec::new() };
        let list = self.in_force.iter().find(|list| list.dimension == dimension);
        let listed: BTreeSet<&str> = list.iter().flat_map(|list| &list.declared.codes).map(String::as_str).collect();
        // What holds a code of the list cannot come after it.
        let over: BTreeSet<String> = listed.iter().flat_map(|code| above(dimension, &self.vocabulary, code)).collect();
        let codes = self.vocabulary.active(name).map(|term| term.code.as_str());
        let mut codes: Vec<_> =
            codes.filter(|code| !code.starts_with('_') && !listed.contains(code) && !over.contains(*code)).collect();
        // An organisation's own stand behind the built-in ones, in the order of their codes.
        codes.sort_by_key(|code| seed::position(name, code).unwrap_or(usize::MAX));
        codes
    }

    fn label(&self, dimension: &Dimension, code: &str) -> String {
        match dimension.values {
            Values::Vocabulary { name, .. } => desk::term(&self.vocabulary, name, code),
            _ => words::code(code, here::language()).to_owned(),
        }
    }

    fn made(&self, (made, missing): &(Declaration, usize), own: RecordId) -> Made {
        let dimension = dimension(&made.dimension);
        let label = |code: &String| (code.clone(), dimension.map_or_else(|| code.clone(), |own| self.label(own, code)));
        let mut rest = vec![label(&OTHER.to_owned())];
        rest.extend(made.unknown.then(|| label(&UNKNOWN.to_owned())));
        Made {
            heading: words::heading(&made.dimension, here::language()).to_owned(),
            adds: self.in_force.iter().any(|list| list.dimension.code == made.dimension),
            codes: made.codes.iter().map(label).collect(),
            rest,
            signatures: made.signatures.iter().map(|by| (by.account.clone(), moment(by.signed_at))).collect(),
            proposed: (made.proposed_by.clone(), moment(made.proposed_at)),
            missing: *missing,
            has_signed: made.signatures.iter().any(|by| by.id == own),
            address: link(&format!("/desk/lists/{}", made.id)),
            seen: made.version,
        }
    }
}

/// A declaration as it is shown.
struct Made {
    heading: String,
    /// Whether the dimension has a list, to which it adds.
    adds: bool,
    codes: Vec<(String, String)>,
    /// The lines that every list has at its end.
    rest: Vec<(String, String)>,
    signatures: Vec<(String, String)>,
    proposed: (String, String),
    missing: usize,
    has_signed: bool,
    address: String,
    seen: i64,
}

/// A list that is in force: its declarations, one after the other.
struct Force {
    heading: String,
    codes: Vec<(String, String)>,
    rest: Vec<(String, String)>,
    /// By declaration who signed it, and when.
    signatures: Vec<Vec<(String, String)>>,
}

impl Force {
    fn add(all: &mut Vec<Self>, made: Made) {
        match all.last_mut().filter(|list| list.heading == made.heading) {
            Some(list) => {
                list.codes.extend(made.codes);
                list.signatures.push(made.signatures);
            }
            None => all.push(Self {
                heading: made.heading,
                codes: made.codes,
                rest: made.rest,
                signatures: vec![made.signatures],
            }),
        }
    }
}

/// The page.
#[derive(Template)]
#[template(path = "office/lists.html")]
pub struct Listed<'a> {
    notices: Vec<Notice>,
    waiting: Vec<Made>,
    in_force: Vec<Force>,
    makes: bool,
    /// Dimensions without a list that have a vocabulary: where the form is filled for them, and what they are called.
    proposals: Vec<(String, String)>,
    fields: Vec<Field>,
    word: &'a str,
}

impl<'a> Listed<'a> {
    /// The page for a reader, who may make releases or not and is called so.
    pub fn new(
        found: Found,
        notices: Vec<Notice>,
        (makes, own): (bool, RecordId),
        word: &'a str,
        typed: Typed,
        errors: &[FieldError],
    ) -> Self {
        let (waiting, in_force): (Vec<_>, Vec<_>) =
            found.made.iter().partition(|(made, _)| made.state == State::Proposed);
        let mut lists = Vec::new();
        in_force.into_iter().for_each(|made| Force::add(&mut lists, found.made(made, own)));
        let has = |code: &str| found.made.iter().any(|(made, _)| made.dimension == code);
        let proposed = |dimension: &&Dimension| !has(dimension.code) && !found.proposal(dimension).is_empty();
        let proposals = found.open().filter(proposed).map(|dimension| {
            let address = format!("{}?dimension={}#declare", link("/desk/lists"), dimension.code);
            (address, words::heading(dimension.code, here::language()).to_owned())
        });
        Self {
            notices,
            waiting: waiting.into_iter().map(|made| found.made(made, own)).collect(),
            in_force: lists,
            makes,
            proposals: proposals.collect(),
            fields: fields(&found, &typed, errors),
            word,
        }
    }
}

fn fields(found: &Found, typed: &Typed, errors: &[FieldError]) -> Vec<Field> {
    let [dimension, codes, unknown] = typed.values(found);
    let named = found.open().map(|dimension| {
        let label = words::heading(dimension.code, here::language()).to_owned();
        let has = found.in_force.iter().any(|list| list.dimension == dimension);
        (dimension.code.to_owned(), if has { say("{}: add to its list", &[&label]) } else { label })
    });
    let options = std::iter::once((String::new(), t("Choose").to_owned())).chain(named).collect();
    let all = [
        Field::new("dimension", t("Dimension"), Control::Choice { options }).required().value(dimension),
        Field::new("codes", t("Codes"), Control::Area { rows: 14 })
            .hint(t(
                "One on each line, the most common first by public knowledge. Of years, quarters and months also from \
                 first to last, such as 2017..2019. Of a list that is in force only those that are added.",
            ))
            .required()
            .value(codes),
        Field::new("unknown", t("What is not known has a line of its own"), Control::Check)
            .hint(t("Only where many are not known: an empty line hides the one beside it. It is said once, with the first codes."))
            .value(unknown),
    ];
    let beside = |mut field: Field| {
        let own = errors.iter().filter(|error| error.field == field.name);
        field.errors = own.map(|error| with_code(error, &desk::told(error))).collect();
        field
    };
    all.map(beside).into()
}

/// What is said of a mistake, after the code that it is about, where one was typed.
fn with_code(error: &FieldError, said: &str) -> String {
    let is_code = |text: &&String| text.len() <= 60 && text.chars().all(|c| c.is_ascii_graphic());
    match error.value.as_ref().filter(is_code) {
        Some(code) if error.field == "codes" => format!("{code}: {said}"),
        _ => said.to_owned(),
    }
}

/// Where a mistake is shown on the page, and what it is called there.
pub fn place(error: &FieldError) -> (String, String) {
    let label = match error.field.as_str() {
        "dimension" => t("Dimension"),
        "codes" => t("Codes"),
        "unknown" => t("What is not known has a line of its own"),
        _ => return ("declare".to_owned(), t("The declaration").to_owned()),
    };
    (error.field.clone(), with_code(error, label))
}
