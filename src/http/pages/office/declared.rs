//! Between the form of a release and its declaration.

use std::collections::BTreeMap;

use crate::domain::check::{FieldError, Rule};
use crate::domain::entry::mistake;
use crate::domain::release::declare::{DeclarationEntry, TableEntry};
use crate::domain::typed_date;
use crate::http::pages::form::Form;

/// The most tables that a form is read for.
pub const MOST_TABLES: usize = 20;

/// What stands in the form.
pub type Values = BTreeMap<String, String>;

pub fn pairs(map: &BTreeMap<String, Vec<String>>) -> String {
    map.iter().map(|(name, codes)| format!("{name}={}", codes.join(","))).collect::<Vec<_>>().join("&")
}

/// What would stand in the form for a declaration, without its name and times.
pub fn values_of(entry: &DeclarationEntry) -> Values {
    let mut values = Values::new();
    let mut put = |name: String, value: Option<String>| values.extend(value.map(|value| (name, value)));
    put("title_en".into(), entry.title_en.clone());
    put("title_ru".into(), entry.title_ru.clone());
    put("publisher".into(), entry.publisher.clone());
    put("persons".into(), entry.persons.map(|number| number.to_string()));
    for (at, table) in entry.tables.iter().enumerate() {
        let name = |part: &str| format!("tables[{at}].{part}");
        put(name("code"), table.code.clone());
        put(name("title_en"), table.title_en.clone());
        put(name("title_ru"), table.title_ru.clone());
        put(name("measure"), table.measure.clone());
        for (part, dimension) in ["by", "by2", "by3"].into_iter().zip(&table.by) {
            put(name(part), Some(dimension.clone()));
        }
        put(name("basis"), table.basis.clone());
        put(name("pool"), table.pool.map(|pools| if pools { "yes" } else { "no" }.to_owned()));
        put(name("filter"), Some(pairs(&table.filter)));
        put(name("with"), Some(table.with.join(",")));
    }
    values
}

/// The parts of a table in the form, besides what it counts, on what it stands and whether it pools: these are always chosen.
const PARTS: [&str; 8] = ["code", "title_en", "title_ru", "by", "by2", "by3", "filter", "with"];

/// Whether anything was typed for this table of the form.
pub fn is_used<'v>(at: usize, value: impl Fn(&str) -> &'v str) -> bool {
    PARTS.iter().any(|part| !value(&format!("tables[{at}].{part}")).trim().is_empty())
}

/// What was typed, with the tables in the places in which they are read: mistakes are named by these.
pub fn typed(sent: &Form) -> Values {
    let of_table = |name: &str| name.starts_with("tables[");
    let mut values: Values = sent
        .pairs()
        .filter(|(name, _)| !of_table(name))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let used = (0..MOST_TABLES).filter(|at| is_used(*at, |name| sent.get(name)));
    for (place, at) in used.enumerate() {
        for part in PARTS.iter().chain(&["measure", "basis", "pool"]) {
            values.insert(format!("tables[{place}].{part}"), sent.get(&format!("tables[{at}].{part}")).to_owned());
        }
    }
    values
}

/// Reads `code,code`.
fn codes_of(text: &str) -> impl Iterator<Item = String> {
    text.split(',').map(str::trim).filter(|code| !code.is_empty()).map(str::to_owned)
}

/// Reads `name=code,code&name=code`.
fn read_pairs(field: &str, text: &str, errors: &mut Vec<FieldError>) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for part in text.split(['&', ';']).map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some((name, codes)) => {
                // A dimension that is named twice has the codes of both.
                found.entry(name.trim().to_owned()).or_insert_with(Vec::new).extend(codes_of(codes));
            }
            None => errors.push(FieldError::new(field, Rule::Malformed, Some(part), "dimension=code,code")),
        }
    }
    found
}

/// What was typed, as a declaration.
pub fn read(sent: &Form, today: chrono::NaiveDate) -> Result<DeclarationEntry, Vec<FieldError>> {
    let given = |name: &str| Some(sent.get(name).trim().to_owned()).filter(|text| !text.is_empty());
    if let Some(whole) = given("declaration") {
        let mut reader = serde_json::Deserializer::from_str(&whole);
        return serde_path_to_error::deserialize(&mut reader).map_err(|why| {
            let place = || FieldError::new("declaration", Rule::Malformed, None, "JSON, as the API takes it");
            mistake(&why).map_or_else(|| vec![place()], |invalid| invalid.0)
        });
    }
    let mut errors = Vec::new();
    let mut day = |name: &str| {
        let typed = given(name)?;
        match typed_date::read(&typed, today) {
            Ok(date) if date.earliest() == date.latest() => Some(date.earliest().to_string()),
            _ => {
                errors.push(FieldError::new(name, Rule::Malformed, Some(&typed), "one day, such as 3 April 2018"));
                None
            }
        }
    };
    let (date, as_of) = (day("date"), day("as_of"));
    let mut number = |name: &str| {
        let typed = given(name)?;
        let read = typed.parse::<u32>();
        if read.is_err() {
            errors.push(FieldError::new(name, Rule::Malformed, Some(&typed), "a whole number"));
        }
        read.ok()
    };
    let persons = number("persons");
    let mut tables = Vec::new();
    for at in (0..MOST_TABLES).filter(|at| is_used(*at, |name| sent.get(name))) {
        let of = |part: &str| given(&format!("tables[{at}].{part}"));
        let by: Vec<_> = ["by", "by2", "by3"].into_iter().filter_map(of).collect();
        let mut map = |part: &str| {
            let name = format!("tables[{}].{part}", tables.len());
            read_pairs(&name, &of(part).unwrap_or_default(), &mut errors)
        };
        let filter = map("filter");
        tables.push(TableEntry {
            code: of("code"),
            title_en: of("title_en"),
            title_ru: of("title_ru"),
            basis: of("basis"),
            measure: of("measure"),
            by,
            filter,
            with: codes_of(&of("with").unwrap_or_default()).collect(),
            // What is not said is the same as yes.
            pool: (of("pool").as_deref() == Some("no")).then_some(false),
        });
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(DeclarationEntry {
        id: given("id"),
        title_en: given("title_en"),
        title_ru: given("title_ru"),
        publisher: given("publisher"),
        date,
        as_of,
        at_write: None,
        persons,
        tables,
        figures: sent.all("figures").map(str::to_owned).collect(),
    })
}
