//! Invented records, to show how masking works and to try the programme out. Nobody of them exists, and no place of theirs does; the
//! same number gives the same records.

use crate::domain::record::Noun;
use crate::store::accounts;
use crate::store::database::Store;
use crate::store::instance;

use super::import::{self, File, Progress, Report};
use super::seed::{self, SeedError};

/// How many persons are invented where nobody says how many.
pub const USUAL: u32 = 2_000;

const PLACES: [(&str, &str, &str); 4] = [
    ("INV-N", "Invented North", "Вымышленный Север"),
    ("INV-E", "Invented East", "Вымышленный Восток"),
    ("INV-S", "Invented South", "Вымышленный Юг"),
    ("INV-W", "Invented West", "Вымышленный Запад"),
];
const GROUNDS: [&str; 8] = [
    "attacked",
    "relative_of_victim",
    "blackmailed",
    "threatened_by_relatives",
    "outed",
    "held_by_relatives",
    "witness",
    "prosecuted_or_wanted",
];
const KINDS: [&str; 10] = [
    "threat",
    "beating",
    "detention",
    "blackmail",
    "surveillance",
    "evacuation",
    "confinement_by_relatives",
    "dismissal",
    "prosecution",
    "abduction",
];
const AGES: [&str; 6] = ["Y25T34", "Y18T24", "Y35T44", "Y45T59", "Y0T17", "Y_GE60"];
const SEXES: [&str; 3] = ["M", "F", "_U"];
const YEARS: [&str; 5] = ["2022", "2021", "2023", "2020", "2019"];

/// The same numbers every time: splitmix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % most.max(1) as u64) as usize
    }

    /// One of some words, the first ones more often: so that some cells are small.
    fn skewed<'w>(&mut self, words: &[&'w str]) -> &'w str {
        let (a, b, c) = (self.below(words.len()), self.below(words.len()), self.below(words.len()));
        words[a.min(b).min(c.max(1))]
    }
}

fn file(noun: Noun, name: &str, rows: &[Vec<String>]) -> File {
    // None of the words needs a quotation mark.
    let text: String = rows.iter().map(|row| row.join(",") + "\n").collect();
    File { noun, name: format!("invented {name}"), bytes: text.into_bytes() }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

fn place_terms() -> File {
    let mut rows = vec![row([
        "vocabulary",
        "code",
        "label_en",
        "definition_en",
        "review_en",
        "label_ru",
        "definition_ru",
        "review_ru",
    ])];
    for (code, en, ru) in PLACES {
        let (meaning, smysl) = ("A place that does not exist.", "Места с таким названием не существует.");
        rows.push(row(["place", code, en, meaning, "original", ru, smysl, "draft"]));
    }
    file(Noun::Term, "places", &rows)
}

fn date(dice: &mut Dice) -> String {
    let year = dice.skewed(&YEARS);
    match dice.below(10) {
        0 => format!("{year}/2024"),
        1 | 2 => year.to_owned(),
        _ => format!("{year}-{:02}", dice.below(12) + 1),
    }
}

/// Persons, what happened to them, and what they said about being published.
fn records(persons: u32) -> Vec<File> {
    let mut dice = Dice(20_180_403);
    let places = PLACES.map(|(code, ..)| code);
    let mut people = vec![row(["code", "ground", "origin", "sex", "age_group", "known_on"])];
    let mut incidents = vec![row(["code", "person", "kind", "date", "place", "involvements", "known_on"])];
    let mut consents = vec![row(["person", "purpose", "decision", "manner", "decided_on", "known_on"])];
    const KNOWN: &str = "2024-06-01";
    for number in 1..=persons {
        let person = format!("INV-{number:05}");
        let (ground, origin) = (dice.skewed(&GROUNDS), dice.skewed(&places));
        people.push(row([&person, ground, origin, dice.skewed(&SEXES), dice.skewed(&AGES), KNOWN]));
        for nth in 0..dice.below(5) {
            let code = format!("{person}-{nth}");
            let kind = dice.skewed(&KINDS);
            let who = if dice.below(2) == 0 { "perpetrator:law_enforcement:_U" } else { "perpetrator:relatives:_U" };
            let (date, place) = (date(&mut dice), dice.skewed(&places));
            incidents.push(row([&code, &person, kind, &date, place, who, KNOWN]));
        }
        // Some refuse, and of some nobody has asked.
        let decision = match dice.below(50) {
            0 => continue,
            1 | 2 => "refused",
            _ => "given",
        };
        consents.push(row([&person, "publish", decision, "signed", KNOWN, KNOWN]));
    }
    vec![
        place_terms(),
        file(Noun::Person, "persons", &people),
        file(Noun::Incident, "incidents", &incidents),
        file(Noun::Consent, "consents", &consents),
    ]
}

/// Fills an empty database with invented records, in one write, and then declares the public lists that they are told by.
///
/// # Errors
/// [`SeedError::NotEmpty`] where the database holds records: what is invented never stands among what is not.
pub fn load(store: &Store, persons: u32, progress: Progress) -> Result<Report, SeedError> {
    if !store.look(|conn| Ok(instance::is_empty(conn)?))? {
        return Err(SeedError::NotEmpty);
    }
    let report = import::run(store, &accounts::host(), records(persons), false, |_| Ok(()), progress)?;
    seed::declare_lists(store, seed::INVENTED_LISTS)?;
    Ok(report)
}
