//! Answers a public question on the masked tables of one release. Slices and sums are made of published cells alone, and what is
//! refused depends on what was declared, never on a count.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::domain::aggregate::{Measure, Query, Totals, comparable, pairs};
use crate::domain::check::{CheckError, Checker, Fault, FieldError, Invalid, Register, Rule};
use crate::domain::count::Count;
use crate::domain::dimension::{Dimension, Values, dimension};
use crate::domain::record::{Noun, RecordId};
use crate::domain::vocabulary::{TOTAL, Term, Vocabulary};

use super::content::{Axis, BASIS, Basis, Cell, Content, Table, Value};

/// What a question is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    pub table: Table,
    /// The question in its canonical form.
    pub query: String,
}

/// The words that a release knows, to read a question by.
pub struct Words<'c> {
    content: &'c Content,
    vocabulary: Vocabulary,
}

impl<'c> Words<'c> {
    pub fn of(content: &'c Content) -> Self {
        let terms = content.terms.iter().flat_map(|(vocabulary, terms)| {
            terms.iter().map(move |term| Term {
                vocabulary: vocabulary.clone(),
                code: term.code.clone(),
                broader: term.broader.clone(),
                family: term.family.clone(),
                crosswalk: None,
                texts: term.texts.clone(),
                replaced_by: None,
                retired: false,
            })
        });
        Self { content, vocabulary: terms.collect() }
    }
}

impl Register for Words<'_> {
    /// A release knows no later day than its own.
    fn today(&self) -> NaiveDate {
        self.content.date
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// Records have no codes but those that a table divides or filters by.
    fn find(&mut self, noun: Noun, key: &str) -> Result<Option<RecordId>, Fault> {
        let of_noun = |code: &str| dimension(code).is_some_and(|found| found.values == Values::Records(noun));
        let named = self.content.tables.iter().any(|table| {
            let on_axis = table.axes.iter().filter(|axis| of_noun(&axis.dimension)).flat_map(|axis| &axis.codes);
            let filtered = table.filter.iter().filter(|(name, _)| of_noun(name)).flat_map(|(_, codes)| codes);
            on_axis.chain(filtered).any(|code| code == key)
        });
        Ok(named.then_some(RecordId(uuid::Uuid::nil())))
    }

    fn account(&mut self, _name: &str, _anew: bool) -> Result<Option<RecordId>, Fault> {
        Ok(None)
    }

    fn own_account(&self) -> RecordId {
        RecordId(uuid::Uuid::nil())
    }
}

/// Answers a question.
///
/// # Errors
/// Every mistake, named by parameter; or that no declared table holds the question.
pub fn ask(content: &Content, pairs: &[(String, String)]) -> Result<Slice, Invalid> {
    let mut words = Words::of(content);
    let times = pairs.iter().filter(|(name, _)| name == "as_of" || name == "at_write");
    let times: Vec<_> = times
        .map(|(name, value)| {
            FieldError::new(
                name,
                Rule::Inconsistent,
                Some(value),
                "the parameter left out: a release has its own times",
            )
        })
        .collect();
    if !times.is_empty() {
        return Err(Invalid(times));
    }
    let mut checker = Checker::new(&mut words);
    let (query, _) = Query::read(pairs, &mut checker);
    let query = match checker.finish(query) {
        Ok(query) => query,
        Err(CheckError::Invalid(invalid)) => return Err(invalid),
        // These words are in memory: looking them up does not fail.
        Err(CheckError::Fault(fault)) => {
            return Err(Invalid::one(FieldError::new("", Rule::Malformed, None, fault.to_string())));
        }
    };
    answer(content, &query)
}

/// Answers a question that was read already.
///
/// # Errors
/// That no declared table holds it.
pub fn answer(content: &Content, query: &Query) -> Result<Slice, Invalid> {
    let canonical = query.canonical();
    if let Some(table) = signed(content, query, &canonical) {
        return Ok(Slice { table, query: canonical });
    }
    let mut refused = None;
    let same = of_one_kind(query);
    for query in std::iter::once(query).chain(&same) {
        for table in &content.tables {
            match cuts(table, query) {
                Ok(Some(cuts)) => return Ok(Slice { table: cut(table, query, &cuts), query: canonical }),
                Ok(None) => {}
                Err(why) => drop(refused.get_or_insert(why)),
            }
        }
    }
    Err(Invalid::one(refused.unwrap_or_else(|| undeclared(content, &canonical))))
}

/// Of persons, "with an incident of this kind" asks the same as "of this kind", where nothing else is asked of incidents.
fn of_one_kind(query: &Query) -> Option<Query> {
    let of_incidents = query.touched().any(|dimension| dimension.level.is_incident());
    let alone = query.measure == Measure::Persons && query.with.len() == 1 && !of_incidents;
    alone.then(|| {
        let mut same = query.clone();
        same.filters.insert("kind", std::mem::take(&mut same.with));
        same
    })
}

fn undeclared(content: &Content, canonical: &str) -> FieldError {
    let tables: Vec<_> = content.tables.iter().map(question).collect();
    let expected = format!("a slice or a sum of a declared table of the release {}: {}", content.id, tables.join("; "));
    FieldError::new("by", Rule::OutOfRange, Some(canonical), expected)
}

/// The question of a whole table, in the grammar of aggregates.
pub fn question(table: &Table) -> String {
    let by: Vec<_> = table
        .axes
        .iter()
        .filter(|axis| axis.dimension != BASIS)
        .filter_map(|axis| dimension(&axis.dimension))
        .collect();
    let filters =
        table.filter.iter().filter_map(|(name, codes)| Some((dimension(name)?.code, codes.iter().cloned().collect())));
    let with = table.with.iter().cloned().collect();
    Query { measure: table.measure, by, filters: filters.collect(), with, totals: Totals::All }.canonical()
}

/// What a signed figure says of its own question, for ever.
fn signed(content: &Content, query: &Query, canonical: &str) -> Option<Table> {
    if !query.by.is_empty() {
        return None;
    }
    let asked = comparable(canonical);
    let figure = content.figures.iter().find(|figure| {
        // A question is of persons where it does not say.
        figure.measure == query.measure && comparable(&measured(&figure.query, figure.measure.name())) == asked
    })?;
    Some(Table {
        code: figure.id.clone(),
        title: BTreeMap::from([("en".to_owned(), figure.id.clone())]),
        basis: Basis::Added,
        measure: query.measure,
        axes: Vec::new(),
        filter: filter(query),
        with: query.with.iter().cloned().collect(),
        cells: vec![Cell { at: Vec::new(), value: Value::Free(figure.computed), as_of_release: None }],
        sums: Vec::new(),
    })
}

fn measured(query: &str, measure: &str) -> String {
    if pairs(query).iter().any(|(name, _)| name == "measure") {
        return query.to_owned();
    }
    format!("measure={measure}&{query}")
}

fn filter(query: &Query) -> BTreeMap<String, Vec<String>> {
    query.filters.iter().map(|(name, codes)| ((*name).to_owned(), codes.iter().cloned().collect())).collect()
}

/// How an axis is cut: the codes that are taken, or all of it with its own total.
type Cut = Option<Vec<String>>;

/// How a table is cut to answer a question, by axis; nothing where it does not hold it.
///
/// # Errors
/// Why a table that fits otherwise cannot answer it.
fn cuts(table: &Table, query: &Query) -> Result<Option<Vec<Cut>>, FieldError> {
    let axis_of = |code: &str| table.axes.iter().find(|axis| axis.dimension == code);
    let narrowed = |code: &str, codes: &BTreeSet<String>| {
        table.filter.get(code).is_some_and(|own| own.iter().collect::<BTreeSet<_>>() == codes.iter().collect())
    };
    let with: BTreeSet<_> = table.with.iter().cloned().collect();
    let stands_on = |codes: &BTreeSet<String>| codes.len() == 1 && codes.contains(table.basis.name());
    let held = |(code, codes): (&&'static str, &BTreeSet<String>)| {
        table.filter.contains_key(*code) || axis_of(code).is_some() || (*code == BASIS && stands_on(codes))
    };
    let fits = table.measure == query.measure
        && with == query.with
        && table.filter.keys().all(|code| query.filters.get(code.as_str()).is_some_and(|codes| narrowed(code, codes)))
        && query.by.iter().all(|dimension| axis_of(dimension.code).is_some())
        && query.filters.iter().all(held);
    if !fits {
        return Ok(None);
    }
    let mut cuts = Vec::new();
    for axis in &table.axes {
        let asked = query.filters.get(axis.dimension.as_str()).filter(|_| !table.filter.contains_key(&axis.dimension));
        let Some((asked, dimension)) = asked.zip(dimension(&axis.dimension)) else {
            cuts.push(None);
            continue;
        };
        let taken = taken(axis, dimension, asked)?;
        let divided = query.by.contains(&dimension);
        let summed = taken.len() != 1 && !(divided && query.totals == Totals::None);
        if summed && !axis.additive {
            let expected = if divided {
                "one code, or totals=none: these overlap, so that they have no sum"
            } else {
                "one code: these overlap, so that they have no sum"
            };
            return Err(FieldError::new(dimension.code, Rule::Inconsistent, Some(&joined(asked)), expected));
        }
        cuts.push(Some(taken));
    }
    Ok(Some(cuts))
}

fn joined(codes: &BTreeSet<String>) -> String {
    codes.iter().map(String::as_str).collect::<Vec<_>>().join(",")
}

/// The codes of an axis that a filter finds, in their order. A broader code counts all below it, so that it takes their place.
fn taken(axis: &Axis, dimension: &Dimension, asked: &BTreeSet<String>) -> Result<Vec<String>, FieldError> {
    if let Some(code) = asked.iter().find(|code| !axis.codes.contains(code)) {
        let expected = format!("codes with a line of their own: {}", axis.codes.join(", "));
        return Err(FieldError::new(dimension.code, Rule::OutOfRange, Some(code), expected));
    }
    let lies_in_another = |code: &String| {
        let mut over = axis.broader.get(code);
        while let Some(code) = over {
            if asked.contains(code) {
                return true;
            }
            over = axis.broader.get(code);
        }
        false
    };
    Ok(axis.codes.iter().filter(|code| asked.contains(*code) && !lies_in_another(code)).cloned().collect())
}

/// Cuts a table.
fn cut(table: &Table, query: &Query, cuts: &[Cut]) -> Table {
    let place = |dimension: &&Dimension| table.axes.iter().position(|axis| axis.dimension == dimension.code);
    // Where two bases stand side by side, they do so in every answer.
    let sides = table.axes.iter().position(|axis| !axis.total).filter(|side| cuts[*side].is_none());
    let asked = query.by.iter().filter_map(place).filter(|index| Some(*index) != sides);
    let shown: Vec<usize> = sides.into_iter().chain(asked).collect();
    let axes: Vec<Axis> = shown
        .iter()
        .map(|index| Axis { codes: codes(&table.axes[*index], &cuts[*index]), ..table.axes[*index].clone() })
        .collect();
    let wanted = |at: &Vec<String>| {
        let totals = at.iter().filter(|code| *code == TOTAL).count();
        match query.totals {
            Totals::All => true,
            Totals::Grand => totals == 0 || totals == axes.iter().filter(|axis| axis.total).count(),
            Totals::None => totals == 0,
        }
    };
    let cells = Table::positions(&axes).into_iter().filter(wanted).map(|at| {
        let parts = table.axes.iter().enumerate().map(|(index, _)| {
            let own = shown.iter().position(|shown| *shown == index).and_then(|own| at.get(own));
            match own.filter(|code| *code != TOTAL) {
                Some(code) => vec![code.clone()],
                // What is not divided by, and every total: the sum of what was asked for.
                None => cuts[index].clone().unwrap_or_else(|| vec![TOTAL.to_owned()]),
            }
        });
        let (value, as_of_release) = sum(table, &parts.collect::<Vec<_>>());
        Cell { at, value, as_of_release }
    });
    Table {
        code: table.code.clone(),
        title: table.title.clone(),
        basis: table.basis,
        measure: table.measure,
        cells: cells.collect(),
        axes,
        filter: filter(query),
        with: table.with.clone(),
        sums: Vec::new(),
    }
}

fn codes(axis: &Axis, cut: &Cut) -> Vec<String> {
    cut.clone().unwrap_or_else(|| axis.codes.clone())
}

/// The sum of the cells at every combination: what was told of it as a whole, or the sum of parts that were all told in the same
/// release. Numbers of different releases have no sum that was ever true.
fn sum(table: &Table, parts: &[Vec<String>]) -> (Value, Option<String>) {
    let whole = table.sums.iter().find(|sum| {
        let same =
            |(own, asked): (&Vec<String>, &Vec<String>)| own.iter().collect::<BTreeSet<_>>() == asked.iter().collect();
        sum.at.len() == parts.len() && sum.at.iter().zip(parts).all(same)
    });
    if let Some(whole) = whole {
        return (Value::Free(Count::exact(whole.count)), whole.as_of_release.clone());
    }
    let places = parts.iter().fold(vec![Vec::new()], |places: Vec<Vec<String>>, codes| {
        places
            .iter()
            .flat_map(|place| codes.iter().map(|code| [place.as_slice(), std::slice::from_ref(code)].concat()))
            .collect()
    });
    let cells: Vec<Option<&Cell>> = places.iter().map(|at| table.cell(at)).collect();
    if let [Some(cell)] = cells.as_slice() {
        return (cell.value, cell.as_of_release.clone());
    }
    let release = cells.first().copied().flatten().and_then(|cell| cell.as_of_release.clone());
    let count = |cell: &Option<&Cell>| {
        let cell = cell.filter(|cell| cell.as_of_release == release)?;
        // Of what was built from published figures, nothing is nothing.
        if cell.value == Value::Empty { Some(Count::ZERO) } else { cell.value.count() }
    };
    match cells.iter().map(count).collect::<Option<Vec<Count>>>() {
        Some(counts) => (Value::Free(counts.into_iter().fold(Count::ZERO, Count::plus)), release),
        None => (Value::Withheld, None),
    }
}
