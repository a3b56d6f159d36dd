//! The same counts, done plainly: every person, every incident, every value, every month, one by one.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::case::{Ask, CaseFile, Incident, Person, coded, family};

/// The attributes of persons.
pub const OF_PERSONS: [&str; 5] = ["ground", "origin", "basis", "sex", "age_group"];
const TIMES: [&str; 3] = ["year", "quarter", "month"];

/// How many there are, and how many more there may be: `None` where the question is not about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub count: u64,
    pub possible: Option<u64>,
}

/// By cell, `_T` for totals, how many.
pub type Counts = BTreeMap<Vec<String>, Tally>;

type Units = BTreeMap<Vec<String>, BTreeSet<usize>>;

/// One combination of person, incident, involvement and source that meets all that is not of time.
#[derive(Clone)]
struct Line {
    values: BTreeMap<&'static str, String>,
    /// Missing where nothing happened.
    date: Option<(NaiveDate, NaiveDate)>,
    unit: usize,
}

/// Months are counted through: January of the year 1 is 12.
fn month(day: NaiveDate) -> i32 {
    day.year() * 12 + i32::try_from(day.month0()).unwrap()
}

/// The bucket of a month.
pub fn bucket(dimension: &str, month: i32) -> String {
    let (year, month) = (month / 12, month % 12);
    match dimension {
        "year" => format!("{year:04}"),
        "quarter" => format!("{year:04}-Q{}", month / 3 + 1),
        _ => format!("{year:04}-{:02}", month + 1),
    }
}

/// How many months its buckets have.
fn width(dimension: &str) -> i32 {
    match dimension {
        "year" => 12,
        "quarter" => 3,
        _ => 1,
    }
}

/// The first and the last month of a bucket, by its code.
fn months(code: &str) -> (i32, i32) {
    let first = code[..4].parse::<i32>().unwrap() * 12;
    match code[4..].strip_prefix('-') {
        None => (first, first + 11),
        Some(rest) => match rest.strip_prefix('Q') {
            Some(quarter) => {
                let quarter = first + (quarter.parse::<i32>().unwrap() - 1) * 3;
                (quarter, quarter + 2)
            }
            None => (first + rest.parse::<i32>().unwrap() - 1, first + rest.parse::<i32>().unwrap() - 1),
        },
    }
}

/// A filter of time: the months that are asked for, and codes that are no buckets.
struct Asked<'a> {
    dimension: &'static str,
    months: Vec<(i32, i32)>,
    special: Vec<&'a str>,
}

impl Asked<'_> {
    fn has(&self, month: i32) -> bool {
        self.months.iter().any(|(first, last)| (*first..=*last).contains(&month))
    }

    /// Whether the date is asked for as what is wholly inside no bucket, or as what never happened.
    fn is_special(&self, line: &Line) -> bool {
        self.special.contains(&line.values[self.dimension].as_str())
    }
}

impl Line {
    fn months(&self) -> Option<(i32, i32)> {
        self.date.map(|(earliest, latest)| (month(earliest), month(latest)))
    }

    /// Whether all of it lies inside of what is asked.
    fn is_inside(&self, asked: &[Asked]) -> bool {
        asked.iter().all(|asked| {
            let inside = self.months().is_some_and(|(first, last)| (first..=last).all(|month| asked.has(month)));
            inside || asked.is_special(self)
        })
    }

    /// Whether it may have happened in a month that is asked for.
    fn may_be_in(&self, month: i32, asked: &[Asked]) -> bool {
        asked.iter().all(|asked| asked.has(month) || asked.is_special(self))
    }

    /// Whether it may have happened at any time that is asked for.
    fn may_be(&self, asked: &[Asked]) -> bool {
        match self.months() {
            Some((first, last)) => (first..=last).any(|month| self.may_be_in(month, asked)),
            None => asked.iter().all(|asked| asked.is_special(self)),
        }
    }
}

/// Every combination of what the records of one person say of them: a record that does not know says nothing where
/// another does.
fn of_persons(records: &[&Person]) -> Vec<Vec<(&'static str, String)>> {
    let mut combinations: Vec<Vec<(&'static str, String)>> = vec![Vec::new()];
    for (at, dimension) in OF_PERSONS.into_iter().enumerate() {
        let said = |person: &&Person| [person.ground, person.origin, "case_file", person.sex, person.age_group][at];
        let mut values: BTreeSet<_> = records.iter().map(said).collect();
        if values.len() > 1 {
            values.remove("_U");
        }
        let extended = combinations.iter().flat_map(|combination| {
            values.iter().map(move |value| {
                let own = [(dimension, (*value).to_owned())];
                combination.iter().cloned().chain(own).collect()
            })
        });
        combinations = extended.collect();
    }
    combinations
}

fn of_no_incident(unit: usize) -> Line {
    let incident = ["kind", "family", "place", "destination", "actor", "source", "reliability"];
    let values = incident.into_iter().chain(TIMES).map(|dimension| (dimension, "_Z".to_owned())).collect();
    Line { values, date: None, unit }
}

/// Every combination of who took part and where it is known from.
fn of_incident(case: &CaseFile, incident: &Incident, (as_of, at_write): (&str, i64), unit: usize) -> Vec<Line> {
    let movement = family(incident.kind) == "movement";
    let (first, last) = (month(incident.date.earliest), month(incident.date.latest));
    let mut own = vec![
        ("kind", incident.kind.to_owned()),
        ("family", family(incident.kind).to_owned()),
        ("place", incident.place.to_owned()),
        ("destination", if movement { incident.destination } else { "_Z" }.to_owned()),
    ];
    for dimension in TIMES {
        let same = bucket(dimension, first) == bucket(dimension, last);
        own.push((dimension, if same { bucket(dimension, first) } else { "_U".to_owned() }));
    }
    let mut actors: Vec<_> = incident.involvements.iter().map(|(_, actor)| *actor).collect();
    if actors.is_empty() {
        actors.push("_U");
    }
    let mut sources: Vec<(String, &str)> = Vec::new();
    for at in &incident.sources {
        let source = &case.sources[*at];
        sources.push((source.code.clone(), source.at(as_of, at_write).copied().unwrap_or("_U")));
    }
    if sources.is_empty() {
        sources.push(("_U".to_owned(), "_U"));
    }
    let mut lines = Vec::new();
    for actor in actors {
        for (source, reliability) in &sources {
            let mut values: BTreeMap<_, _> = own.iter().cloned().collect();
            values.insert("actor", actor.to_owned());
            values.insert("source", source.clone());
            values.insert("reliability", (*reliability).to_owned());
            lines.push(Line { values, date: Some((incident.date.earliest, incident.date.latest)), unit });
        }
    }
    lines
}

/// Whether a value lies in what was asked for.
fn lies_in(dimension: &str, value: &str, asked: &str) -> bool {
    match dimension {
        "place" | "origin" | "destination" if asked == "RU" => value == "RU" || value.starts_with("RU-"),
        "actor" if asked == "state_agent" => ["state_agent", "law_enforcement"].contains(&value),
        "place" | "origin" | "destination" | "actor" => value == asked || format!("{value}._U") == asked,
        _ => value == asked,
    }
}

/// The only codes of the case files that others lie in, by dimension.
fn broader(dimension: &str) -> Option<&'static str> {
    match dimension {
        "place" | "origin" | "destination" => Some("RU"),
        "actor" => Some("state_agent"),
        _ => None,
    }
}

/// The rows in which a value is counted: its own, and that of the code that it lies in, if no filter asks for a part of that
/// code alone. The code itself says no more than that nothing further is known.
fn rows_of(ask: &Ask, dimension: &'static str, value: &str) -> Vec<String> {
    let Some(broader) = broader(dimension).filter(|broader| lies_in(dimension, value, broader)) else {
        return vec![value.to_owned()];
    };
    let own = if value == broader { format!("{value}._U") } else { value.to_owned() };
    let whole = ask.filters.get(dimension).is_none_or(|asked| asked.contains(&broader));
    if whole { vec![broader.to_owned(), own] } else { vec![own] }
}

/// Every cell of some lists of rows, one list a dimension.
fn cells_of(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut cells = vec![Vec::new()];
    for values in rows {
        cells = (cells.iter())
            .flat_map(|cell: &Vec<String>| {
                values.iter().map(|value| [cell.as_slice(), std::slice::from_ref(value)].concat())
            })
            .collect();
    }
    cells
}

/// Whether a table has a row that lies in another.
pub fn overlap(dimension: &str, rows: &BTreeSet<&str>) -> bool {
    broader(dimension).is_some_and(|broader| {
        let inside =
            |row: &&str| *row != broader && (lies_in(dimension, row, broader) || *row == format!("{broader}._U"));
        rows.contains(broader) && rows.iter().any(inside)
    })
}

/// What meets the question in all but time.
fn lines(case: &CaseFile, ask: &Ask, as_of: &str, at_write: i64) -> Vec<Line> {
    let persons: Vec<_> = (case.persons.iter().enumerate())
        .filter_map(|(at, record)| Some((at, case.counted_as(at, as_of, at_write), record.at(as_of, at_write)?)))
        .collect();
    let incidents_of = |person: usize| -> Vec<(usize, &Incident)> {
        let all = case.incidents.iter().enumerate();
        let visible = all.filter_map(|(at, record)| Some((at, record.at(as_of, at_write)?)));
        visible.filter(|(_, incident)| incident.person == person).collect()
    };
    let mut lines: Vec<Line> = Vec::new();
    let counted: BTreeSet<_> = persons.iter().map(|(_, counted_as, _)| *counted_as).collect();
    for one in counted {
        if case.refuses(one, as_of, at_write) {
            continue;
        }
        // All records of the one person.
        let records: Vec<_> = persons.iter().filter(|(_, counted_as, _)| *counted_as == one).collect();
        let incidents: Vec<_> = records.iter().flat_map(|(at, ..)| incidents_of(*at)).collect();
        let has = |kind: &&str| incidents.iter().any(|(_, incident)| incident.kind == *kind);
        if !ask.with.iter().all(has) {
            continue;
        }
        let unit = |incident| if ask.measure == "persons" { one } else { incident };
        let mut happened: Vec<Line> = Vec::new();
        for (at, incident) in incidents {
            happened.extend(of_incident(case, incident, (as_of, at_write), unit(at)));
        }
        // Nothing is recorded there: not applicable, whatever is asked of an incident.
        if ask.measure == "persons" && happened.is_empty() {
            happened.push(of_no_incident(one));
        }
        let said: Vec<_> = records.iter().map(|(_, _, person)| *person).collect();
        for (line, own) in happened.iter().flat_map(|line| of_persons(&said).into_iter().map(move |own| (line, own))) {
            let mut line = line.clone();
            line.values.extend(own);
            let fits =
                ask.filters.iter().filter(|(dimension, _)| !TIMES.contains(dimension)).all(|(dimension, asked)| {
                    let value = &line.values[dimension];
                    asked.iter().any(|asked| lies_in(dimension, value, &coded(dimension, asked, &case.sources)))
                });
            if fits {
                lines.push(line);
            }
        }
    }
    lines
}

fn asked_times(ask: &Ask) -> Vec<Asked<'static>> {
    let of_time = ask.filters.iter().filter(|(dimension, _)| TIMES.contains(dimension));
    let asked = of_time.map(|(dimension, values)| {
        let mut asked = Asked { dimension, months: Vec::new(), special: Vec::new() };
        for code in values.iter().flat_map(|value| value.split(',')) {
            match code.split_once("..") {
                _ if code.starts_with('_') => asked.special.push(code),
                Some((first, last)) => asked.months.push((months(first).0, months(last).1)),
                None => asked.months.push(months(code)),
            }
        }
        asked
    });
    asked.collect()
}

/// The months between which dates are divided: those that are asked for, else from the first to the last end of any date
/// that is no open end.
fn extent(lines: &[Line], asked: &[Asked]) -> Option<(i32, i32)> {
    let plain: Vec<_> = asked.iter().filter(|asked| asked.special.is_empty()).collect();
    if let Some(first) = plain.first() {
        let months = first.months.iter().flat_map(|(from, to)| *from..=*to);
        let common: BTreeSet<_> = months.filter(|month| plain.iter().all(|asked| asked.has(*month))).collect();
        return Some((*common.first()?, *common.last()?));
    }
    let is_open = |day: &NaiveDate| (day.year(), day.ordinal()) == (1, 1) || day.succ_opt().unwrap().year() == 10_000;
    let ends = lines.iter().filter(|line| line.may_be(asked)).filter_map(|line| line.date);
    let ends: Vec<_> = ends.flat_map(|(a, b)| [a, b]).filter(|day| !is_open(day)).map(month).collect();
    Some((*ends.iter().min()?, *ends.iter().max()?))
}

/// The buckets that a date may lie in, together with all else that the question divides by.
fn reached(lines: &[Line], ask: &Ask, asked: &[Asked]) -> Units {
    let mut found = Units::new();
    let divided: Vec<_> = ask.by.iter().filter(|dimension| TIMES.contains(dimension)).collect();
    if divided.is_empty() {
        for line in lines.iter().filter(|line| line.may_be(asked)) {
            let rows: Vec<_> = ask.by.iter().map(|of| rows_of(ask, of, &line.values[of])).collect();
            for cell in cells_of(&rows) {
                found.entry(cell).or_default().insert(line.unit);
            }
        }
        return found;
    }
    let Some((from, to)) = extent(lines, asked) else { return found };
    for line in lines {
        let Some((first, last)) = line.months() else { continue };
        // No bucket is longer than a year.
        for month in first.max(from - 11)..=last.min(to + 11) {
            let begins = |dimension: &str| month / width(dimension) * width(dimension);
            let between = divided.iter().all(|of| begins(of) <= to && begins(of) + width(of) > from);
            if between && line.may_be_in(month, asked) {
                let rows = |dimension: &&'static str| match TIMES.contains(dimension) {
                    true => vec![bucket(dimension, month)],
                    false => rows_of(ask, dimension, &line.values[dimension]),
                };
                for cell in cells_of(&ask.by.iter().map(rows).collect::<Vec<_>>()) {
                    found.entry(cell).or_default().insert(line.unit);
                }
            }
        }
    }
    found
}

/// Counts one question, without totals.
fn cells(lines: &[Line], ask: &Ask) -> Counts {
    let asked = asked_times(ask);
    let mut definite = Units::new();
    for line in lines.iter().filter(|line| line.is_inside(&asked)) {
        let rows: Vec<_> = ask.by.iter().map(|of| rows_of(ask, of, &line.values[of])).collect();
        for cell in cells_of(&rows) {
            definite.entry(cell).or_default().insert(line.unit);
        }
    }
    let number = |units: Option<&BTreeSet<usize>>| units.map_or(0, |units| units.len() as u64);
    if ask.by.is_empty() {
        definite.entry(Vec::new()).or_default();
    }
    let mut counts: Counts = definite
        .iter()
        .map(|(cell, units)| (cell.clone(), Tally { count: number(Some(units)), possible: None }))
        .collect();
    let of_time = !asked.is_empty() || ask.by.iter().any(|dimension| TIMES.contains(dimension));
    if of_time {
        let mut reached = reached(lines, ask, &asked);
        if ask.by.is_empty() {
            reached.entry(Vec::new()).or_default();
        }
        for (cell, units) in reached {
            let count = number(definite.get(&cell));
            let more = definite.get(&cell).map_or(units.len(), |definite| units.difference(definite).count());
            counts.insert(cell, Tally { count, possible: Some(more as u64) });
        }
    }
    counts
}

/// Counts what a question asks for. Every total is a question of its own.
pub fn count(case: &CaseFile, ask: &Ask, as_of: &str, at_write: i64) -> Counts {
    let lines = lines(case, ask, as_of, at_write);
    let number = ask.by.len();
    let all = (1_u32 << number) - 1;
    let left_out: Vec<u32> = match ask.totals {
        "none" if number > 0 => vec![0],
        "all" => (0..=all).collect(),
        _ if number == 0 => vec![0],
        _ => vec![0, all],
    };
    let mut counts = Counts::new();
    for mask in left_out {
        let kept = |at: usize| mask & (1 << at) == 0;
        let by = (0..number).filter(|at| kept(*at)).map(|at| ask.by[at]).collect();
        for (cell, tally) in cells(&lines, &Ask { by, ..ask.clone() }) {
            let mut values = cell.into_iter();
            let total = (0..number).map(|at| if kept(at) { values.next().unwrap() } else { "_T".to_owned() });
            counts.insert(total.collect(), tally);
        }
    }
    counts
}

/// Whether the cells of a dimension add up to the total, whatever was entered, as long as no records were joined and no row lies
/// in another.
pub fn is_additive(measure: &str, dimension: &str) -> bool {
    OF_PERSONS.contains(&dimension)
        || (measure == "incidents" && !["actor", "source", "reliability"].contains(&dimension))
}
