//! A small release with everything in it: exact, bounded, withheld and not attested cells, in every number of dimensions.

use std::collections::BTreeMap;

use attest::domain::aggregate::Measure;
use attest::domain::count::{Bound, Bounded, Count, Qualifier};
use attest::domain::figure::Figure;
use attest::domain::publication::{Publication, Visibility};
use attest::domain::record::{Instant, RecordId, Stamp, State, Version};
use attest::domain::release::content::{
    Axis, Basis, Cell, Content, FORMAT, PERSONS, PublicTerm, Sum, Table, Texts, Value,
};
use attest::domain::series::{self, Point};
use attest::domain::vocabulary::{Review, TermText};
use attest::exchange::formats::steps::Steps;
use attest::exchange::formats::{self, Language, Options, Shown};

pub const WITHHELD: Value = Value::Withheld;
pub const EMPTY: Value = Value::Empty;

pub const fn exact(value: u64) -> Value {
    Value::Free(Count::exact(value))
}

pub const fn at_least(value: u64) -> Value {
    Value::Free(Count::Attested { value, bound: Bound::AtLeast })
}

pub const fn about(value: u64) -> Value {
    Value::Free(Count::Attested { value, bound: Bound::About })
}

pub const fn between(low: u64, high: u64) -> Value {
    Value::Free(Count::NotAttested { low, high })
}

pub fn texts(english: &str, russian: &str) -> Texts {
    [("en", english), ("ru", russian)].into_iter().map(|(code, text)| (code.to_owned(), text.to_owned())).collect()
}

pub fn axis(dimension: &str, vocabulary: Option<&str>, codes: &[&str], additive: bool) -> Axis {
    Axis {
        dimension: dimension.to_owned(),
        vocabulary: vocabulary.map(str::to_owned),
        codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        broader: BTreeMap::new(),
        additive,
        total: true,
    }
}

/// A table with these values in their order; exact numbers where there are no more of them.
pub fn table(code: &str, title: Texts, axes: Vec<Axis>, values: &[Value]) -> Table {
    let mut values = values.iter().copied();
    let positions = Table::positions(&axes);
    let number = |at: &[String]| exact(at.iter().flat_map(|code| code.bytes()).map(u64::from).sum::<u64>() % 90);
    let cell = |at: Vec<String>| Cell { value: values.next().unwrap_or_else(|| number(&at)), at, as_of_release: None };
    let cells = positions.into_iter().map(cell).collect();
    Table {
        code: code.to_owned(),
        title,
        basis: Basis::Added,
        measure: Measure::Persons,
        axes,
        filter: BTreeMap::new(),
        with: Vec::new(),
        cells,
        sums: Vec::new(),
    }
}

fn terms(list: &[(&str, &str, &str)]) -> Vec<PublicTerm> {
    let text = |label: &str| TermText { label: label.to_owned(), definition: String::new(), review: Review::Original };
    let term = |(code, english, russian): &(&str, &str, &str)| PublicTerm {
        code: (*code).to_owned(),
        broader: None,
        family: None,
        texts: [("en".to_owned(), text(english)), ("ru".to_owned(), text(russian))].into(),
    };
    list.iter().map(term).collect()
}

const KINDS: &[(&str, &str, &str)] = &[
    ("evacuation", "Evacuation", "Эвакуация"),
    ("departure_abroad", "Departure abroad", "Выезд за границу"),
    ("detention", "Detention", "Задержание"),
    ("beating", "Beating", "Избиение"),
    ("death", "Death", "Смерть"),
    ("blackmail", "Blackmail", "Шантаж"),
    ("forced_outing", "Forced outing <b>\"&\"</b>", "Принудительный аутинг"),
];
const GROUNDS: &[(&str, &str, &str)] = &[
    ("detained_tortured", "Detained and tortured", "Задержание и пытки"),
    ("threatened_by_law_enforcement", "Threatened by law enforcement", "Угрозы сотрудников правоохранительных органов"),
    ("acquaintances_detained", "=1+1 Acquaintances detained", "Задержание знакомых"),
    ("attacked", "Attacked", "Нападение"),
    ("persecuted_for_contacts", "Persecuted for contacts", "Преследование за контакты"),
];
const PLACES: &[(&str, &str, &str)] = &[
    ("RU-CE", "Chechnya", "Чечня"),
    ("RU-DA", "Dagestan", "Дагестан"),
    ("RU-SE", "North Ossetia–Alania", "Северная Осетия — Алания"),
];
const SPECIAL: &[(&str, &str, &str)] =
    &[("_T", "Total", "Всего"), ("_U", "Not known", "Не известно"), ("_O", "Other", "Другое")];

pub fn kinds(additive: bool) -> Axis {
    let codes: Vec<_> = KINDS.iter().map(|(code, ..)| *code).collect();
    axis("kind", Some("kind"), &codes, additive)
}

fn grounds() -> Axis {
    let codes: Vec<_> =
        GROUNDS.iter().map(|(code, ..)| *code).filter(|code| *code != "attacked").chain(["_U", "_O"]).collect();
    axis("ground", Some("ground"), &codes, true)
}

/// Case files: one number as it was told before, and one of two codes together.
fn by_ground() -> Table {
    let values = [exact(41), exact(14), WITHHELD, exact(8), WITHHELD, exact(10), exact(122)];
    let title = texts("Why people asked for help", "Почему люди обращались за помощью");
    let mut table = Table { basis: Basis::CaseFile, ..table("by-ground", title, vec![grounds()], &values) };
    table.cells[1].as_of_release = Some("2017-10-01".to_owned());
    let codes = ["acquaintances_detained", "_U"].map(str::to_owned).to_vec();
    table.sums = vec![Sum { at: vec![codes], count: 49, as_of_release: None }];
    table
}

/// Both bases, side by side.
fn both() -> Table {
    let basis = Axis { total: false, ..axis("basis", None, &["reconstructed", "case_file"], false) };
    let places = Axis {
        broader: [("RU-CE".to_owned(), "RU".to_owned())].into(),
        ..axis("place", Some("place"), &["RU", "RU-CE", "_O"], true)
    };
    let values = [exact(114), exact(114), EMPTY, at_least(114), exact(70), WITHHELD, WITHHELD, exact(90)];
    let title = texts("Where it happened", "Где это произошло");
    let mut table = Table { basis: Basis::Both, ..table("both", title, vec![basis, places], &values) };
    table.cells[4].as_of_release = Some("2017-10-01".to_owned());
    table
}

fn places() -> Axis {
    axis("origin", Some("place"), &["RU-CE", "RU-DA", "RU-SE", "_O"], true)
}

fn years() -> Axis {
    axis("year", None, &["2017", "2018", "_U"], false)
}

fn tables() -> Vec<Table> {
    let by_kind = [exact(114), about(92), between(19, 41), WITHHELD, at_least(2), EMPTY, exact(7), exact(122)];
    let by_kind_and_origin = [
        [exact(114), exact(0), exact(0), exact(0), exact(114)],
        [about(92), exact(0), WITHHELD, WITHHELD, about(92)],
        [between(19, 41), exact(6), WITHHELD, WITHHELD, exact(52)],
        [exact(61), WITHHELD, WITHHELD, exact(7), exact(80)],
        [at_least(2), exact(0), exact(0), exact(0), at_least(2)],
        [WITHHELD, WITHHELD, exact(0), exact(0), WITHHELD],
        [exact(0), exact(0), exact(0), exact(0), exact(0)],
        [exact(114), exact(12), exact(9), exact(8), exact(12_345)],
    ]
    .concat();
    let mut incidents = table(
        "incidents-by-year",
        texts("Incidents by year", "Происшествия по годам"),
        vec![years()],
        &[exact(70), WITHHELD, exact(61), exact(131)],
    );
    incidents.measure = Measure::Incidents;
    incidents.filter = [("origin".to_owned(), vec!["RU-CE".to_owned(), "RU-DA".to_owned()])].into();
    let three = [exact(30), WITHHELD, between(1, 4)];
    vec![
        table("all", texts("Persons in all", "Всего людей"), vec![], &[exact(122)]),
        table("hidden", texts("Persons who died", "Погибшие"), vec![], &[WITHHELD]),
        table(
            "by-kind",
            texts("What was done to persons from Chechnya & elsewhere", "Что делали с людьми из Чечни и других мест"),
            vec![kinds(false)],
            &by_kind,
        ),
        by_ground(),
        both(),
        table(
            "by-kind-and-origin",
            texts("What happened to people from where", "Что произошло с людьми и откуда они"),
            vec![kinds(false), places()],
            &by_kind_and_origin,
        ),
        incidents,
        table(
            "by-year-kind-and-origin",
            texts("What happened to people from where, by year", "Что произошло с людьми, откуда они, по годам"),
            vec![years(), kinds(false), places()],
            &three,
        ),
    ]
}

pub fn content() -> Content {
    let terms = [("kind", KINDS), ("ground", GROUNDS), ("place", PLACES), ("special", SPECIAL)];
    let terms = terms.into_iter().map(|(list, all)| (list.to_owned(), self::terms(all))).collect();
    Content {
        format: FORMAT.to_owned(),
        id: "2018-04-03".to_owned(),
        title: texts("One year", "Один год"),
        publisher: "Russian LGBT Network".to_owned(),
        date: "2018-04-03".parse().unwrap(),
        as_of: "2018-04-03".parse().unwrap(),
        persons: PERSONS,
        signatures: 2,
        tables: tables(),
        figures: Vec::new(),
        terms,
    }
}

pub fn query(table: &Table) -> String {
    let by: Vec<_> = table.axes.iter().map(|axis| axis.dimension.as_str()).collect();
    let filter: String = table.filter.iter().map(|(name, codes)| format!("&{name}={}", codes.join(","))).collect();
    let by = if by.is_empty() { String::new() } else { format!("&by={}", by.join(",")) };
    format!("measure={}{by}{filter}", table.measure.name())
}

pub fn shown<'a>(content: &'a Content, table: &'a Table) -> Shown<'a> {
    Shown {
        content,
        table,
        query: query(table),
        address: format!("/api/v1/releases/{}/tables/{}", content.id, table.code),
    }
}

/// What a format writes of a table of the sample.
pub fn write(table: &str, suffix: &str, options: Options) -> String {
    let content = content();
    let shown = shown(&content, content.table(table).expect("a table of the sample"));
    let bytes = formats::find(suffix).expect("a format").write(&shown, &options).expect("a table that can be written");
    String::from_utf8(bytes).unwrap()
}

pub fn russian() -> Options {
    Options { language: Language::Russian, ..Options::default() }
}

/// Published figures of one series: two that differ on one day, and bounds.
pub fn published() -> Vec<(Version<Publication>, Version<Figure>)> {
    let list = [
        ("2017-04-13", 30, Qualifier::About, "2017-04-13"),
        ("2017-05-29", 43, Qualifier::Exact, "2017-05-29"),
        ("2017-09-15", 80, Qualifier::MoreThan, "2017-09-15"),
        ("2017-09-20", 64, Qualifier::Exact, "2017-09-15"),
        ("2018-04-03", 114, Qualifier::Exact, "2018-04-03"),
        ("2019-01-14", 150, Qualifier::AtLeast, "2019-01-10"),
        ("2021-11-30", 208, Qualifier::Exact, "2021-11-30"),
    ];
    list.iter()
        .enumerate()
        .map(|(at, (day, value, qualifier, as_of))| one(at, day, *value, *qualifier, as_of))
        .collect()
}

fn one(at: usize, day: &str, value: u64, qualifier: Qualifier, as_of: &str) -> (Version<Publication>, Version<Figure>) {
    let publication = Publication {
        published_on: day.parse().unwrap(),
        publisher: if at.is_multiple_of(2) { "Russian LGBT Network" } else { "Novaya & <Gazeta>" }.to_owned(),
        address: "https://example.org/".to_owned(),
        visibility: Visibility::Published,
        note: None,
    };
    let figure = Figure {
        publication: id(at, 1),
        name: "evacuated".to_owned(),
        measure: Measure::Persons,
        population: "people evacuated".to_owned(),
        region: "Chechnya".to_owned(),
        definition: "network_clients".to_owned(),
        value: Bounded { value, qualifier },
        as_of: as_of.parse().unwrap(),
        period_start: None,
        relation: None,
        parent: None,
        breakdown: None,
        query: None,
        at_write: None,
        address: None,
        visibility: Visibility::Published,
        note: None,
    };
    (version(id(at, 1), format!("p{at}"), publication), version(id(at, 2), format!("p{at}:evacuated"), figure))
}

fn id(at: usize, noun: u128) -> RecordId {
    RecordId(uuid::Uuid::from_u128(at as u128 * 16 + noun))
}

fn version<T>(id: RecordId, code: String, body: T) -> Version<T> {
    let created_at = Instant::new("2026-01-01T00:00:00Z".parse().unwrap());
    let known_on = "2026-01-01".parse().unwrap();
    let stamp = Stamp { write: 1, known_on, state: State::Active, reason: None, superseded_by: None };
    Version { id, code, created_at, created_write: 1, stamp, body }
}

/// The series of [`published`] as a picture.
pub fn steps(language: Language) -> String {
    let published = published();
    let points = published.iter().map(|(publication, figure)| Point { publication, figure });
    let all = series::series(points);
    let steps = Steps {
        series: &all[0],
        title: "People evacuated from Chechnya".to_owned(),
        definition: "Clients of the Network".to_owned(),
        address: "/api/v1/figures/series?figure=evacuated".to_owned(),
        list: true,
    };
    String::from_utf8(formats::steps::svg(&steps, language)).unwrap()
}
