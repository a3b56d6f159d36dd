//! What a release told is the same after it was saved and read, also where a list has grown meanwhile.

use std::collections::BTreeMap;

use attest::domain::release::descent::archive::{Archive, restore, save};
use attest::domain::release::descent::grid::Units;
use attest::domain::release::descent::mask::{Dimension, Input, Memory, Table, mask};
use attest::domain::release::descent::space::{Declared, Space};

use super::share::{AGE, LISTS, TABLES, people};

/// Lists of so many codes as the invented persons have, of which the last one was added in a second declaration.
fn spaces(grown: bool) -> Vec<(String, Space)> {
    let list = |(at, width): (usize, u16)| {
        let codes: Vec<_> = (0..width).map(|code| format!("c{code}")).collect();
        let first = codes.len() - 1;
        let extents = if grown { vec![first, codes.len()] } else { vec![first] };
        let codes = if grown { codes } else { codes[..first].to_vec() };
        let declared = Declared { codes, extents, unknown: false, broader: BTreeMap::new() };
        (format!("d{at}"), Space::new(&declared))
    };
    LISTS.into_iter().enumerate().map(list).collect()
}

fn release(units: &[Units; 2], spaces: &[(String, Space)], memory: &mut Memory) -> Archive {
    let dimension = |(at, (_, space)): (usize, &(String, Space))| Dimension {
        items: space.items.clone(),
        width: space.width(),
        many: [at > AGE, false],
        signed: Vec::new(),
    };
    let dimensions: Vec<_> = spaces.iter().enumerate().map(dimension).collect();
    let tables: Vec<_> = TABLES.iter().map(|(_, measure, by)| Table { measure: *measure, by: by.to_vec() }).collect();
    mask(
        &Input {
            dimensions: &dimensions,
            units: [&units[0], &units[1]],
            tables: &tables,
            pooled: &tables.iter().cloned().collect(),
        },
        memory,
    );
    save(memory, spaces, declarations(spaces))
}

fn declarations(spaces: &[(String, Space)]) -> BTreeMap<String, usize> {
    spaces.iter().map(|(name, space)| (name.clone(), space.declarations())).collect()
}

fn reread(archive: &Archive, spaces: &[(String, Space)]) -> Memory {
    let text = serde_json::to_string(archive).unwrap();
    let mut memory = Memory::new(archive.t);
    restore(&mut memory, &serde_json::from_str(&text).unwrap(), spaces, Some(0)).unwrap();
    memory
}

#[test]
fn the_next_release_tells_the_same_whether_the_first_is_in_memory_or_was_saved() {
    let lists = spaces(false);
    let mut memory = Memory::new(5);
    let first = release(&people(300, 1), &lists, &mut memory);
    let mut read = reread(&first, &lists);
    let (one, other) = (people(420, 1), people(420, 1));
    let (kept, saved) = (release(&one, &lists, &mut memory), release(&other, &lists, &mut read));
    assert_eq!(kept, saved);
    assert!(kept != first);
}

#[test]
fn a_list_that_has_grown_tells_the_new_code_apart_once_enough_have_it_and_forgets_nothing() {
    let (before, after) = (spaces(false), spaces(true));
    let mut memory = Memory::new(5);
    let first = release(&people(300, 1), &before, &mut memory);
    let unchanged = release(&people(300, 1), &after, &mut reread(&first, &after));
    assert!(!serde_json::to_string(&unchanged).unwrap().contains("\"told\":[["), "nothing has changed");
    let grown = serde_json::to_string(&release(&people(900, 1), &after, &mut reread(&first, &after))).unwrap();
    assert!(grown.contains("\"told\":[["));
}
