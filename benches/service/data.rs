//! Synthetic case files: nobody's, the same on every run, with the skew and the vagueness of real ones.

use attest::domain::record::Noun;
use attest::exchange::import::File;
use chrono::{Datelike, Days, NaiveDate};

use super::random::Random;

pub const SOURCES: usize = 5;
/// Of a hundred records, how many are corrected or withdrawn after the import.
const CORRECTED: usize = 5;

// The most frequent first.
const KINDS: [&str; 16] = [
    "detention",
    "beating",
    "threat",
    "torture",
    "evacuation",
    "departure_abroad",
    "help_request",
    "blackmail",
    "surveillance",
    "abduction",
    "forced_return",
    "search_of_home",
    "prosecution",
    "dismissal",
    "voluntary_return",
    "death",
];
pub const MOVEMENTS: [&str; 4] = ["evacuation", "departure_abroad", "forced_return", "voluntary_return"];
const PLACES: [&str; 18] = [
    "RU-CE", "RU-DA", "_U", "RU-IN", "RU-MOW", "RU-KB", "RU-STA", "RU-SPE", "RU-SE", "RU-KC", "RU-ROS", "RU-KDA",
    "RU-AST", "RU-AD", "GE", "AM", "KZ", "BY",
];
const DESTINATIONS: [&str; 8] = ["RU-MOW", "RU-SPE", "LT", "_U", "GE", "AM", "KZ", "RU-CE"];
const GROUNDS: [&str; 12] = [
    "detained_tortured",
    "threatened_by_relatives",
    "relative_of_victim",
    "_U",
    "threatened_by_law_enforcement",
    "acquaintances_detained",
    "persecuted_for_contacts",
    "blackmailed",
    "outed",
    "held_by_relatives",
    "attacked",
    "witness",
];
const ACTORS: [&str; 10] = [
    "law_enforcement",
    "relatives",
    "security_service",
    "_U",
    "private_group",
    "state_agent",
    "military",
    "private_person",
    "human_rights_organisation",
    "prosecution_or_court",
];
const DEGREES: [&str; 4] = ["direct", "_U", "ordered", "complicit"];
const CREDENCES: [&str; 4] = ["confirmed", "probable", "_U", "possible"];
const AGES: [&str; 6] = ["Y18T24", "Y25T34", "_U", "Y35T44", "Y45T59", "Y0T17"];
const SEXES: [&str; 3] = ["M", "F", "_U"];
const YEARS: [i32; 10] = [2017, 2018, 2019, 2020, 2021, 2022, 2016, 2023, 2024, 2025];

pub struct Person {
    pub code: String,
    pub ground: &'static str,
    pub origin: &'static str,
    pub sex: &'static str,
    pub age_group: &'static str,
    pub known_on: NaiveDate,
}

pub struct Incident {
    pub code: String,
    /// Its place in the list of persons.
    pub person: usize,
    pub kind: &'static str,
    pub date: String,
    pub place: &'static str,
    pub destination: &'static str,
    pub known_on: NaiveDate,
    /// Role, actor, degree.
    pub involvements: Vec<(&'static str, &'static str, &'static str)>,
    /// Place in the list of sources, credence.
    pub sources: Vec<(usize, &'static str)>,
}

/// What becomes of a record after the import.
pub struct Correction {
    pub noun: Noun,
    pub code: String,
    /// The field and its new value; nothing where the record is withdrawn.
    pub change: Option<(&'static str, &'static str)>,
    pub known_on: NaiveDate,
}

pub struct Data {
    pub persons: Vec<Person>,
    pub incidents: Vec<Incident>,
    pub corrections: Vec<Correction>,
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// A day not long after another, and before the bench was written.
fn later(random: &mut Random, than: NaiveDate, most: usize) -> NaiveDate {
    (than + Days::new(random.below(most) as u64)).min(day(2026, 6, 30))
}

fn date(random: &mut Random) -> String {
    let year = YEARS[random.below(YEARS.len()).min(random.below(YEARS.len()))];
    let (month, day_of_month) = (random.between(1, 12), random.between(1, 28));
    match random.below(100) {
        0..30 => format!("{year}-{month:02}"),
        30..55 => format!("{year}-{month:02}-{day_of_month:02}"),
        55..70 => format!("{year}"),
        70..80 => format!("{year}-{month:02}~"),
        80..86 => format!("{year}~"),
        86..96 => {
            let from = day(year, month as u32, day_of_month as u32);
            let to = later(random, from, 500);
            format!("{}-{:02}/{to}", from.year(), from.month())
        }
        96..98 => format!("{year}-XX"),
        _ => "XXXX".to_owned(),
    }
}

fn incident(random: &mut Random, number: usize, person: usize, known: NaiveDate) -> Incident {
    let kind = random.zipf(&KINDS);
    let movement = MOVEMENTS.contains(&kind);
    let involvement = |random: &mut Random| {
        let role = if movement { "helper" } else { "perpetrator" };
        (role, random.zipf(&ACTORS), random.zipf(&DEGREES))
    };
    let involvements = (0..random.below(4)).map(|_| involvement(random)).collect();
    let first = random.below(SOURCES);
    let sources = (0..random.between(1, 2)).map(|at| ((first + at) % SOURCES, random.zipf(&CREDENCES))).collect();
    Incident {
        code: format!("BI-{number:07}"),
        person,
        kind,
        date: date(random),
        place: random.zipf(&PLACES),
        destination: if movement { random.zipf(&DESTINATIONS) } else { "" },
        known_on: later(random, known, 700),
        involvements,
        sources,
    }
}

impl Data {
    /// This many incidents, 2 to 6 a person.
    pub fn new(incidents: usize) -> Self {
        let mut random = Random::new(20_170_401);
        let mut data = Self { persons: Vec::new(), incidents: Vec::new(), corrections: Vec::new() };
        while data.incidents.len() < incidents {
            let person = data.persons.len();
            let known_on = later(&mut random, day(2017, 4, 1), 2_900);
            data.persons.push(Person {
                code: format!("BP-{person:07}"),
                ground: random.zipf(&GROUNDS),
                origin: random.zipf(&PLACES),
                sex: random.zipf(&SEXES),
                age_group: random.zipf(&AGES),
                known_on,
            });
            for _ in 0..random.between(2, 6).min(incidents - data.incidents.len()) {
                let number = data.incidents.len();
                data.incidents.push(incident(&mut random, number, person, known_on));
            }
        }
        data.correct(&mut random);
        data
    }

    fn correct(&mut self, random: &mut Random) {
        for person in &self.persons {
            if random.happens(CORRECTED) {
                let change = (!random.happens(10)).then(|| ("ground", random.zipf(&GROUNDS)));
                let known_on = later(random, person.known_on, 900);
                self.corrections.push(Correction { noun: Noun::Person, code: person.code.clone(), change, known_on });
            }
        }
        for incident in &self.incidents {
            if random.happens(CORRECTED) {
                let change = (!random.happens(10)).then(|| ("place", random.zipf(&PLACES)));
                let known_on = later(random, incident.known_on, 900);
                let code = incident.code.clone();
                self.corrections.push(Correction { noun: Noun::Incident, code, change, known_on });
            }
        }
    }

    pub fn sources_file(&self) -> File {
        let rows = (0..SOURCES).map(|at| {
            let reliability = ["high", "medium", "low"][at % 3];
            vec![source(at), "interview".to_owned(), reliability.to_owned()]
        });
        file(Noun::Source, &["code", "type", "reliability"], rows)
    }

    pub fn persons_file(&self) -> File {
        let rows = self.persons.iter().map(|person| {
            let known_on = person.known_on.to_string();
            let codes = [person.code.as_str(), person.ground, person.origin, person.sex, person.age_group, &known_on];
            codes.map(str::to_owned).to_vec()
        });
        file(Noun::Person, &["code", "ground", "origin", "sex", "age_group", "known_on"], rows)
    }

    pub fn incidents_file(&self) -> File {
        let columns = ["code", "person", "kind", "date", "place", "destination", "involvements", "sources", "known_on"];
        let rows = self.incidents.iter().map(|incident| {
            let involvements =
                incident.involvements.iter().map(|(role, actor, degree)| format!("{role}:{actor}:{degree}"));
            let sources = incident.sources.iter().map(|(at, credence)| format!("{}:{credence}", source(*at)));
            vec![
                incident.code.clone(),
                self.persons[incident.person].code.clone(),
                incident.kind.to_owned(),
                incident.date.clone(),
                incident.place.to_owned(),
                incident.destination.to_owned(),
                involvements.collect::<Vec<_>>().join(";"),
                sources.collect::<Vec<_>>().join(";"),
                incident.known_on.to_string(),
            ]
        });
        file(Noun::Incident, &columns, rows)
    }
}

/// The code of a source.
pub fn source(at: usize) -> String {
    format!("BS-{at}")
}

fn file(noun: Noun, columns: &[&str], rows: impl Iterator<Item = Vec<String>>) -> File {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).unwrap();
    rows.for_each(|row| writer.write_record(row).unwrap());
    File { noun, name: format!("{}.csv", noun.plural()), bytes: writer.into_inner().unwrap() }
}
