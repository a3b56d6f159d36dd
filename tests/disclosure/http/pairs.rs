//! Two databases that publish the same cannot be told apart, whatever is asked; and what is refused is refused whatever they hold.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use attest::domain::aggregate::Measure;
use attest::domain::dimension::dimension;
use attest::domain::release::content::{Basis, Cell, Content, PERSONS, Sum};
use attest::domain::release::declare::{Declaration, TableSpec};
use attest::domain::release::lists::List;
use attest::domain::release::masking::{Input, mask};
use attest::domain::release::people as counted;
use attest::store::lists;
use chrono::{DateTime, Utc};
use serde_json::Value;

use super::office::{Office, declaration, table};
use super::people::{Change, Person};
use super::questions::{addresses, ask, asked};
use crate::disclosure::dice::Dice;
use crate::support::app::settings;
use crate::support::{App, Home, on_both};

on_both! {
    bare:
    databases_that_publish_the_same_answer_the_same_bytes,
    after_one_change_nobody_can_tell_whose_it_was,
    two_databases_of_one_schema_refuse_the_same_questions,
}

const TABLES: [&str; 4] = ["both", "sexes", "kinds", "incidents"];

/// A clock that stands still.
fn still() -> DateTime<Utc> {
    static NOW: OnceLock<DateTime<Utc>> = OnceLock::new();
    *NOW.get_or_init(Utc::now)
}

fn serve(home: &Home) -> App<'_> {
    App::serve(home, home.open_at(still), settings())
}

fn tables() -> Vec<Value> {
    vec![
        table("both", "persons", &["ground", "sex"]),
        table("sexes", "persons", &["sex"]),
        table("kinds", "persons", &["kind"]),
        table("incidents", "incidents", &["kind"]),
    ]
}

fn release(office: &Office<'_>, id: &str) -> Content {
    office.release(&declaration(id, &tables(), &[]))
}

/// An office with so many people, and what it is opened with again.
fn filled(home: &Home, people: &[Person], id: Option<&str>) -> (String, Option<Content>, Vec<List>) {
    let app = serve(home);
    let office = Office::open(&app);
    office.enter(people);
    let content = id.map(|id| release(&office, id));
    let lists = app.store.look(|conn| Ok(lists::in_force(conn)?)).unwrap();
    (office.key(), content, lists)
}

/// What the mask makes of people in a first release, by table.
fn masked(content: &Content, lists: &[List], people: &[Person]) -> Vec<(Vec<Cell>, Vec<Sum>)> {
    let spec = |(code, measure, by): (&str, Measure, &[&str])| TableSpec {
        code: code.to_owned(),
        title: BTreeMap::new(),
        basis: Basis::CaseFile,
        measure,
        by: by.iter().map(|code| dimension(code).unwrap()).collect(),
        filters: BTreeMap::new(),
        with: BTreeSet::new(),
        pool: true,
    };
    let specs: [(&str, Measure, &[&str]); 4] = [
        ("both", Measure::Persons, &["ground", "sex"]),
        ("sexes", Measure::Persons, &["sex"]),
        ("kinds", Measure::Persons, &["kind"]),
        ("incidents", Measure::Incidents, &["kind"]),
    ];
    let declaration = Declaration {
        id: content.id.clone(),
        title: BTreeMap::new(),
        publisher: String::new(),
        date: content.date,
        as_of: content.as_of,
        at_write: 0,
        persons: PERSONS,
        tables: specs.map(spec).into(),
        figures: Vec::new(),
    };
    let value = |code: &str| BTreeSet::from([code.to_owned()]);
    let person = |own: &Person| counted::Person {
        values: [("ground", own.ground), ("sex", own.sex), ("age_group", own.age)].map(|(n, c)| (n, value(c))).into(),
        incidents: own.kinds.iter().map(|kind| counted::Incident { values: [("kind", value(kind))].into() }).collect(),
    };
    let input = Input {
        declaration: &declaration,
        lists,
        vocabulary: &std::iter::empty().collect(),
        people: &people.iter().map(person).collect::<Vec<_>>(),
        known: &BTreeMap::new(),
        signed: &[],
        earlier: &[],
    };
    said(mask(&input).unwrap().tables)
}

fn said(tables: Vec<attest::domain::release::content::Table>) -> Vec<(Vec<Cell>, Vec<Sum>)> {
    tables.into_iter().map(|table| (table.cells, table.sums)).collect()
}

/// Two people whose sexes can be exchanged so that the same is published, and one of whom that cannot be said.
fn exchanges(content: &Content, lists: &[List], people: &[Person]) -> [Vec<Change>; 2] {
    let own = said(content.tables.clone());
    assert_eq!(masked(content, lists, people), own, "the mask, asked here, says otherwise");
    let (mut same, mut other) = (None, None);
    for (one, person) in people.iter().enumerate() {
        for (two, partner) in people.iter().enumerate().skip(one + 1) {
            let differ = person.sex != partner.sex && person.cell().0 != partner.cell().0;
            if !differ {
                continue;
            }
            let exchange = vec![Change::Sex(one, partner.sex), Change::Sex(two, person.sex)];
            let mut changed = people.to_vec();
            exchange.iter().for_each(|change| change.apply(&mut changed));
            let found = if masked(content, lists, &changed) == own { &mut same } else { &mut other };
            found.get_or_insert(exchange);
            if let (Some(same), Some(other)) = (&same, &other) {
                return [same.clone(), other.clone()];
            }
        }
    }
    panic!("no such pair: {same:?} {other:?}")
}

fn databases_that_publish_the_same_answer_the_same_bytes(home: &Home) {
    let people = Person::several(0, 70, &mut Dice::new(3));
    let (key, _, _) = filled(home, &people, None);
    let [scout, one, two, three] = [home.twin(), home.twin(), home.twin(), home.twin()];
    let (content, lists) = {
        let app = serve(&scout);
        let lists = app.store.look(|conn| Ok(lists::in_force(conn)?)).unwrap();
        (release(&Office::open_copy(&app, &key), "r"), lists)
    };
    let [same, other] = exchanges(&content, &lists, &people);
    let [one, two, three] = [&one, &two, &three].map(serve);
    // How often something was written is not public.
    for (app, changes) in [(&one, &[][..]), (&two, &same[..]), (&three, &other[..])] {
        let office = Office::open_copy(app, &key);
        changes.iter().for_each(|change| office.make(&people, change));
        release(&office, "r");
    }
    cannot_be_told_apart(&["r"], [&one, &two], &three);
}

fn after_one_change_nobody_can_tell_whose_it_was(home: &Home) {
    let dice = &mut Dice::new(4);
    let people = Person::several(0, 120, dice);
    let (key, _, _) = filled(home, &people, Some("r"));
    let added = Change::Added(Person::random(people.len(), dice));
    let many: Vec<_> = Person::several(people.len(), 25, dice).into_iter().map(Change::Added).collect();
    let all = [vec![Change::Withdrawn(7)], vec![added], many];
    let homes = [home.twin(), home.twin(), home.twin()];
    let [one, two, three] = homes.each_ref().map(serve);
    for (app, changes) in [&one, &two, &three].into_iter().zip(&all) {
        let office = Office::open_copy(app, &key);
        changes.iter().for_each(|change| office.make(&people, change));
        release(&office, "s");
    }
    cannot_be_told_apart(&["r", "s"], [&one, &two], &three);
}

/// Whatever is asked, the two answer alike; a third that publishes something else does not.
fn cannot_be_told_apart(releases: &[&str], [one, two]: [&App; 2], three: &App) {
    let questions = addresses(releases, &TABLES);
    assert!(questions.len() > 300, "{}", questions.len());
    let (mut told, mut answered) = (0, 0);
    for question in &questions {
        let [a, b] = [one, two].map(|app| ask(app, question));
        assert_eq!(a, b, "{question:?}");
        answered += usize::from(a.0 == 200);
        told += usize::from(a.0 == 200 && a != ask(three, question));
    }
    println!("{} questions, {answered} answered, {told} otherwise by the third", questions.len());
    assert!(answered > 100, "{answered} answers");
    assert!(told > 10, "neighbours that publish something else look alike");
}

fn two_databases_of_one_schema_refuse_the_same_questions(home: &Home) {
    let twin = home.twin();
    let (one, two) = (serve(home), serve(&twin));
    for (app, seed, number) in [(&one, 21, 15), (&two, 22, 150)] {
        let office = Office::open(app);
        office.enter(&Person::several(0, number, &mut Dice::new(seed)));
        let figures = office.figures(&["measure=persons", "measure=incidents&kind=detention"]);
        office.release(&declaration("r", &tables(), &figures));
    }
    let (mut refused, mut differ) = (BTreeMap::new(), 0);
    let questions = asked(&["r"], &TABLES);
    assert!(questions.len() >= 200);
    for path in &questions {
        let [a, b] = [&one, &two].map(|app| app.anybody().get(path));
        assert_eq!(a.status, b.status, "{path}");
        assert!(a.status < 500, "{path}: {}", a.text());
        if a.status >= 400 {
            assert_eq!(a.text(), b.text(), "{path}");
            *refused.entry((a.status, a.json()["type"].to_string())).or_insert(0) += 1;
        } else {
            differ += usize::from(a.bytes != b.bytes);
        }
    }
    println!("{} questions, refused {refused:?}, {differ} answers differ", questions.len());
    assert!(refused.len() >= 2 && refused.values().sum::<usize>() >= 100, "{refused:?}");
    assert!(differ > 50, "the two databases hold the same");
}
