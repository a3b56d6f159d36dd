//! The same counts, done plainly: every person, every incident, every value, one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::case::{Ask, CaseFile, Incident, Person, coded, family};

const OF_PERSONS: [&str; 5] = ["ground", "origin", "basis", "sex", "age_group"];

/// What a dimension says of one combination of person, incident, involvement and source.
type Line = BTreeMap<&'static str, String>;

/// By cell, `_T` for totals, how many.
pub type Counts = BTreeMap<Vec<String>, u64>;

fn of_person(person: &Person) -> Line {
    let values = [person.ground, person.origin, "case_file", person.sex, person.age_group];
    OF_PERSONS.into_iter().zip(values.map(str::to_owned)).collect()
}

fn of_no_incident() -> Line {
    let incident = ["kind", "family", "place", "destination", "year", "quarter", "month"];
    incident
        .into_iter()
        .chain(["actor", "source", "reliability"])
        .map(|dimension| (dimension, "_Z".to_owned()))
        .collect()
}

/// Every combination of who took part and where it is known from.
fn of_incident(case: &CaseFile, incident: &Incident, as_of: &str, at_write: i64) -> Vec<Line> {
    let movement = family(incident.kind) == "movement";
    let own = [
        ("kind", incident.kind),
        ("family", family(incident.kind)),
        ("place", incident.place),
        ("destination", if movement { incident.destination } else { "_Z" }),
        ("year", incident.date.year),
        ("quarter", incident.date.quarter),
        ("month", incident.date.month),
    ];
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
            let mut line: Line = own.iter().map(|(dimension, value)| (*dimension, (*value).to_owned())).collect();
            line.insert("actor", actor.to_owned());
            line.insert("source", source.clone());
            line.insert("reliability", (*reliability).to_owned());
            lines.push(line);
        }
    }
    lines
}

/// Whether a value lies in what was asked for.
fn lies_in(dimension: &str, value: &str, asked: &str) -> bool {
    match dimension {
        "place" | "origin" | "destination" if asked == "RU" => value == "RU" || value.starts_with("RU-"),
        "actor" if asked == "state_agent" => ["state_agent", "law_enforcement"].contains(&value),
        "year" | "quarter" | "month" => match asked.split_once("..") {
            // Codes of buckets order as texts.
            Some((first, last)) => value != "_U" && value != "_Z" && first <= value && value <= last,
            None => value == asked,
        },
        _ => value == asked,
    }
}

/// Counts what a question asks for.
pub fn count(case: &CaseFile, ask: &Ask, as_of: &str, at_write: i64) -> Counts {
    let mut found: BTreeMap<Vec<String>, BTreeSet<usize>> = BTreeMap::new();
    for (at_person, record) in case.persons.iter().enumerate() {
        let Some(person) = record.at(as_of, at_write) else { continue };
        let incidents: Vec<_> = (case.incidents.iter().enumerate())
            .filter_map(|(at, record)| Some((at, record.at(as_of, at_write)?)))
            .filter(|(_, incident)| incident.person == at_person)
            .collect();
        if !ask.with.iter().all(|kind| incidents.iter().any(|(_, incident)| incident.kind == *kind)) {
            continue;
        }
        let mut lines: Vec<(usize, Line)> = Vec::new();
        for (at, incident) in &incidents {
            lines.extend(of_incident(case, incident, as_of, at_write).into_iter().map(|line| (*at, line)));
        }
        // Nothing happened to the person: not applicable, whatever is asked of an incident.
        if lines.is_empty() && ask.measure == "persons" {
            lines.push((0, of_no_incident()));
        }
        for (at_incident, mut line) in lines {
            line.extend(of_person(person));
            let fits = ask.filters.iter().all(|(dimension, values)| {
                let value = &line[dimension];
                values.iter().any(|asked| lies_in(dimension, value, &coded(dimension, asked, &case.sources)))
            });
            if fits {
                let unit = if ask.measure == "persons" { at_person } else { at_incident };
                let cell = ask.by.iter().map(|dimension| line[dimension].clone()).collect();
                found.entry(cell).or_default().insert(unit);
            }
        }
    }
    totalled(ask, &found)
}

/// The cells with the totals that were asked for, each the number of different units in all the cells that it is of.
fn totalled(ask: &Ask, found: &BTreeMap<Vec<String>, BTreeSet<usize>>) -> Counts {
    let number = ask.by.len();
    let all = (1_u32 << number) - 1;
    let left_out: Vec<u32> = match ask.totals {
        "none" if number > 0 => vec![0],
        "all" => (0..=all).collect(),
        _ if number == 0 => vec![0],
        _ => vec![0, all],
    };
    let mut totals: BTreeMap<Vec<String>, BTreeSet<usize>> = BTreeMap::new();
    for mask in left_out {
        if mask == all {
            totals.entry(vec!["_T".to_owned(); number]).or_default();
        }
        for (cell, units) in found {
            let values = cell.iter().enumerate();
            let total = values.map(|(at, value)| if mask & (1 << at) == 0 { value.clone() } else { "_T".to_owned() });
            totals.entry(total.collect()).or_default().extend(units);
        }
    }
    totals.into_iter().map(|(cell, units)| (cell, units.len() as u64)).collect()
}

/// Whether the cells of a dimension add up to the total, whatever was entered.
pub fn is_additive(measure: &str, dimension: &str) -> bool {
    OF_PERSONS.contains(&dimension)
        || (measure == "incidents" && !["actor", "source", "reliability"].contains(&dimension))
}
