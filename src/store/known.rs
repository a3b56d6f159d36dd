//! What published figures attest and everybody can reckon: the counts of reconstructed records in the cells of a release, and for the
//! figures that it signs.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;

use crate::domain::aggregate::{Query, Totals};
use crate::domain::check::{Checker, Fault, Register};
use crate::domain::count::Count;
use crate::domain::dimension::NEVER_PUBLIC;
use crate::domain::figure::{Figure, FigureEntry};
use crate::domain::record::{Noun, RecordId, State, Times};
use crate::domain::release::content::SignedFigure;
use crate::domain::release::declare::{Declaration, TableSpec};
use crate::domain::release::masking::Signed;
use crate::domain::release::plan::Block;
use crate::domain::vocabulary::{TOTAL, Vocabulary};

use super::aggregates::Counter;
use super::backend::Conn;
use super::error::StoreError;
use super::people;
use super::published::Published;
use super::question::Certainty;
use super::records;
use super::terms;

/// What is known of a release before case files are counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// By table and place in it; zero where it is missing.
    pub cells: BTreeMap<usize, BTreeMap<Vec<String>, Count>>,
    /// The figures to sign.
    pub signed: Vec<Signed>,
    /// The same as the release says them; what is computed comes from the mask.
    pub figures: Vec<SignedFigure>,
    /// What stands in the way.
    pub blocks: Vec<Block>,
}

/// Reads what is known.
///
/// # Errors
/// The database's own.
pub fn read(conn: &mut Conn, declaration: &Declaration) -> Result<Known, StoreError> {
    let mut known = Known::default();
    let published = Published::read(conn, None)?;
    let public: HashSet<RecordId> = published.figures.iter().map(|found| found.version.id).collect();
    let documents: HashSet<RecordId> = published.publications.iter().map(|found| found.version.id).collect();
    let figures =
        if declaration.figures.is_empty() { Vec::new() } else { records::all::<FigureEntry>(conn, &[State::Active])? };
    let vocabulary = terms::vocabulary(conn, Some(declaration.at_write))?;
    let mixed = people::has_mixed(conn)?;
    let times = Times { as_of: declaration.as_of, at_write: declaration.at_write };
    let mut counter = Counter::new(conn, times)?;
    let built = counter.world.as_ref().map(|world| world.members.keys().copied().collect::<Vec<_>>());
    if let Some(built) = &built {
        if built.iter().any(|figure| !public.contains(figure)) {
            let detail = "some records are reconstructed from a figure that is not published: publish it first";
            known.blocks.push(Block::Records { detail: detail.to_owned() });
        }
        if mixed {
            let detail = "an incident from a case file hangs on a person reconstructed from a figure: enter the person";
            known.blocks.push(Block::Records { detail: detail.to_owned() });
        }
        let reconstructed = |(_, spec): &(usize, &TableSpec)| spec.basis.has_reconstructed();
        for (table, spec) in declaration.tables.iter().enumerate().filter(reconstructed) {
            cells(&mut counter, table, spec, &mut known)?;
        }
    }
    for id in &declaration.figures {
        // A draft becomes public with the release that signs it.
        let found = figures.iter().find(|found| found.version.code == *id);
        let query = match found {
            Some(found) if !documents.contains(&found.version.body.publication) => {
                Err("its publication is no published one: publish that first".to_owned())
            }
            Some(found) => signable(&found.version.body, declaration, &vocabulary),
            None => Err("no such figure".to_owned()),
        };
        match (found, query) {
            (Some(found), Ok(query)) => {
                let count = counter.reconstructed(&query, &Certainty::Definite)?.remove(&Vec::new());
                sign(&mut known, id, &found.version.body, query, count.unwrap_or(Count::ZERO));
            }
            (_, Err(detail)) => known.blocks.push(Block::Figure { figure: id.clone(), detail }),
            (None, Ok(_)) => {}
        }
    }
    Ok(known)
}

fn sign(known: &mut Known, id: &str, figure: &Figure, query: Query, count: Count) {
    known.figures.push(SignedFigure {
        id: id.to_owned(),
        measure: figure.measure,
        query: query.canonical(),
        value: figure.value.value,
        qualifier: figure.value.qualifier,
        as_of: figure.as_of,
        computed: Count::ZERO,
        reconstructed: count.base(),
    });
    known.signed.push(Signed { id: id.to_owned(), query, known: count });
}

/// The controlled lists, for the words of a figure's question.
struct Lists<'v>(&'v Vocabulary, NaiveDate);

impl Register for Lists<'_> {
    fn today(&self) -> NaiveDate {
        self.1
    }

    fn vocabulary(&self) -> &Vocabulary {
        self.0
    }

    fn find(&mut self, _: Noun, _: &str) -> Result<Option<RecordId>, Fault> {
        Ok(None)
    }

    fn account(&mut self, _: &str, _: bool) -> Result<Option<RecordId>, Fault> {
        Ok(None)
    }

    fn own_account(&self) -> RecordId {
        RecordId(uuid::Uuid::nil())
    }
}

/// The question of a figure, or why it cannot be signed.
fn signable(figure: &Figure, declaration: &Declaration, vocabulary: &Vocabulary) -> Result<Query, String> {
    let Some(text) = &figure.query else { return Err("it has no query, so nothing can be computed for it".to_owned()) };
    if figure.as_of != declaration.as_of {
        return Err(format!("it speaks of {}: sign it in a release as of that day", figure.as_of));
    }
    let mut lists = Lists(vocabulary, declaration.as_of);
    let mut checker = Checker::new(&mut lists);
    let query = Query::read_figure(text, "query", &mut checker);
    checker
        .finish(())
        .map_err(|_| "its query asks for what is never public, or has words that are no more".to_owned())?;
    if NEVER_PUBLIC.iter().any(|(name, _)| query.filters.contains_key(name)) {
        return Err("its query asks where the records come from, which is never public".to_owned());
    }
    Ok(query)
}

/// Counts the reconstructed records of every cell of a table that is not empty.
fn cells(counter: &mut Counter<'_>, table: usize, spec: &TableSpec, known: &mut Known) -> Result<(), StoreError> {
    for chosen in 0..1_usize << spec.by.len() {
        let by: Vec<_> = (0..spec.by.len()).filter(|at| chosen & (1 << at) != 0).collect();
        let query = Query { by: by.iter().map(|at| spec.by[*at]).collect(), totals: Totals::None, ..spec.question() };
        for (place, count) in counter.reconstructed(&query, &Certainty::Definite)? {
            if count.is_zero() {
                continue;
            }
            let mut at = vec![TOTAL.to_owned(); spec.by.len()];
            for (axis, code) in by.iter().zip(place) {
                at[*axis] = code;
            }
            known.cells.entry(table).or_default().insert(at, count);
        }
    }
    Ok(())
}
