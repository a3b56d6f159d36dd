//! CSV, long and wide.
//!
//! Long: a row a cell. Wide: the last dimension across, the others down; each code across has two columns, `kind=death` with the
//! number and `kind=death note` with what kind of number it is. There a cell that is withheld holds the letter `C`, as SDMX has
//! it: an empty cell would be 0 for a spreadsheet, while a letter is left out of sums and breaks arithmetic visibly. Where nobody
//! attested the combination it holds `not_attested`, and where no record was built `empty`. Read it with
//! `pandas.read_csv(..., na_values=["C", "not_attested", "empty"])`.

use csv::Writer;

use crate::domain::count::{Bound, Count};
use crate::domain::release::content::{Axis, Cell, Table, Value};

use super::super::flavour::BYTE_ORDER_MARK;
use super::json::ReleasedCount;
use super::{Format, FormatError, Labels, Options, Shape, Shown};

/// CSV.
pub struct Csv;

impl Format for Csv {
    fn suffix(&self) -> &'static str {
        "csv"
    }

    fn media_type(&self) -> &'static str {
        "text/csv; charset=utf-8"
    }

    fn description(&self) -> &'static str {
        "CSV: a row a cell, or with shape=wide the last dimension across. With flavour=spreadsheet what a spreadsheet would run \
         or change stands behind an apostrophe."
    }

    fn example(&self) -> serde_json::Value {
        "kind,measure,count,bound,status,conf_status,low,high,as_of_release\nevacuation,persons,114,exact,A,F,,,\n"
            .into()
    }

    fn write(&self, shown: &Shown<'_>, options: &Options) -> Result<Vec<u8>, FormatError> {
        let beginning = if options.bom { BYTE_ORDER_MARK } else { options.flavour.beginning() };
        let mut writer = Writer::from_writer(Vec::from(beginning));
        let written = match options.shape {
            Shape::Long => long(&mut writer, shown, options),
            Shape::Wide => wide(&mut writer, shown, options),
        };
        written.map_err(|why| FormatError::Unwritable(why.to_string()))?;
        writer.into_inner().map_err(|why| FormatError::Unwritable(why.to_string()))
    }
}

/// A text or code that somebody chose.
fn chosen(text: &str, options: &Options) -> String {
    options.flavour.cell(text).into_owned()
}

/// The columns of some axes: the codes, and where it is asked for what they are called.
fn head(axes: &[Axis], options: &Options) -> Vec<String> {
    let columns = |axis: &Axis| {
        let label = (options.labels == Labels::Both).then(|| format!("{}_label", axis.dimension));
        [axis.dimension.clone()].into_iter().chain(label)
    };
    axes.iter().flat_map(columns).collect()
}

/// What stands in those columns.
fn codes(shown: &Shown<'_>, axes: &[Axis], at: &[String], options: &Options) -> Vec<String> {
    let both = |(axis, code): (&Axis, &String)| {
        let label =
            (options.labels == Labels::Both).then(|| chosen(&shown.label(axis, code, options.language), options));
        [chosen(code, options)].into_iter().chain(label)
    };
    axes.iter().zip(at).flat_map(both).collect()
}

/// The columns that say in every row where it comes from, so that a copied row keeps its meaning.
const ORIGIN: [&str; 3] = ["release", "as_of", "query"];

fn origin(shown: &Shown<'_>, options: &Options) -> [String; 3] {
    [chosen(&shown.content.id, options), shown.content.as_of.to_string(), shown.query.clone()]
}

fn long(writer: &mut Writer<Vec<u8>>, shown: &Shown<'_>, options: &Options) -> Result<(), csv::Error> {
    let table = shown.table;
    let fixed = ["measure", "count", "bound", "status", "conf_status", "low", "high", "as_of_release"];
    let columns = head(&table.axes, options).into_iter().chain(fixed.into_iter().chain(ORIGIN).map(str::to_owned));
    writer.write_record(columns)?;
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    for cell in shown.rows() {
        let said = ReleasedCount::from(cell.value);
        let counts = [
            table.measure.name().to_owned(),
            number(said.count),
            said.bound.map(Bound::name).unwrap_or_default().to_owned(),
            said.status.to_owned(),
            said.conf_status.to_owned(),
            number(said.low),
            number(said.high),
            cell.as_of_release.as_deref().map(|release| chosen(release, options)).unwrap_or_default(),
        ];
        let row = codes(shown, &table.axes, &cell.at, options).into_iter().chain(counts).chain(origin(shown, options));
        writer.write_record(row)?;
    }
    Ok(())
}

/// The number of a wide cell, and what kind of number it is; nothing where it is exact.
fn pair(cell: &Cell) -> [String; 2] {
    let [number, note] = said(cell.value);
    let standing = cell.as_of_release.as_ref().map(|release| format!("as of {release}"));
    [
        number,
        [Some(note).filter(|note| !note.is_empty()), standing].into_iter().flatten().collect::<Vec<_>>().join(", "),
    ]
}

fn said(value: Value) -> [String; 2] {
    match value {
        Value::Withheld => ["C".to_owned(), "withheld".to_owned()],
        Value::Empty => ["empty".to_owned(), "empty".to_owned()],
        Value::Free(Count::NotAttested { low, high }) => ["not_attested".to_owned(), format!("{low}..{high}")],
        Value::Free(Count::Attested { value, bound: Bound::Exact }) => [value.to_string(), String::new()],
        Value::Free(Count::Attested { value, bound }) => [value.to_string(), bound.name().to_owned()],
    }
}

/// The last dimension lies across where there is another that lies down.
fn across(table: &Table) -> Option<(&Axis, &[Axis])> {
    table.axes.split_last().filter(|(_, down)| !down.is_empty())
}

fn wide(writer: &mut Writer<Vec<u8>>, shown: &Shown<'_>, options: &Options) -> Result<(), csv::Error> {
    let (last, down) =
        across(shown.table).map_or((None, shown.table.axes.as_slice()), |(last, down)| (Some(last), down));
    let numbers = match last {
        None => vec!["count".to_owned()],
        Some(axis) => axis.places().map(|code| column(shown, axis, code, options)).collect(),
    };
    let across = numbers.len();
    let numbers = numbers.into_iter().flat_map(|name| [name.clone(), format!("{name} note")]);
    let fixed = ["measure"].into_iter().chain(ORIGIN).map(str::to_owned);
    writer.write_record(head(down, options).into_iter().chain(numbers).chain(fixed))?;
    for row in shown.table.cells.chunks(across) {
        let Some(Cell { at, .. }) = row.first() else { continue };
        let numbers = row.iter().flat_map(pair);
        let fixed = [shown.table.measure.name().to_owned()].into_iter().chain(origin(shown, options));
        writer.write_record(codes(shown, down, at, options).into_iter().chain(numbers).chain(fixed))?;
    }
    Ok(())
}

/// The name of the column of a code: with the dimension, so that it is no other column's.
fn column(shown: &Shown<'_>, axis: &Axis, code: &str, options: &Options) -> String {
    match options.labels {
        Labels::Codes => format!("{}={code}", axis.dimension),
        Labels::Both => format!("{}={code} ({})", axis.dimension, shown.label(axis, code, options.language)),
    }
}
