//! Random case files and questions.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use super::case::{Ask, Consent, Dated, Day, Incident, KINDS, Person, dates};

/// The days from which things are known.
pub const DAYS: [Day; 4] = ["2018-01-10", "2018-02-10", "2018-03-10", "2018-04-10"];
const ORIGINS: [&str; 5] = ["RU", "RU-CE", "DE", "_U", "_O"];
const PLACES: [&str; 5] = ["RU", "RU-CE", "RU-DA", "DE", "_U"];
const ACTORS: [&str; 4] = ["law_enforcement", "state_agent", "relatives", "_U"];
pub const RELIABILITIES: [&str; 3] = ["high", "low", "_U"];

/// What is done with the case file.
#[derive(Debug, Clone)]
pub enum Step {
    Enter(Person, Day),
    EnterIncident(Incident, Day),
    Correct(Index, Person, Day),
    CorrectIncident(Index, Incident, Day),
    CorrectSource(Index, &'static str, Day),
    Withdraw(Index, Day),
    WithdrawIncident(Index, Day),
    Restore(Index, Day),
    RestoreIncident(Index, Day),
    /// Decides that the first is counted as the second.
    Join(Index, Index, Day),
    /// Decides that a joined record is counted as another one.
    JoinOther(Index, Index, Day),
    Unjoin(Index, Day),
    Rejoin(Index, Day),
    Consent(Consent, Day),
    CorrectConsent(Index, Consent, Day),
    WithdrawConsent(Index, Day),
    RestoreConsent(Index, Day),
}

fn any_day() -> impl Strategy<Value = Day> {
    select(DAYS.to_vec())
}

fn any_person() -> impl Strategy<Value = Person> {
    let ground = select(vec!["detained_tortured", "threatened_by_relatives", "_U"]);
    (ground, select(ORIGINS.to_vec()), select(vec!["F", "M", "_U"]), select(vec!["Y18T24", "Y25T34", "_U"]))
        .prop_map(|(ground, origin, sex, age_group)| Person { ground, origin, sex, age_group })
}

fn any_date() -> impl Strategy<Value = Dated> {
    select(dates())
}

/// An incident of some person: which, is cut to how many there are when it is entered.
fn any_incident() -> impl Strategy<Value = Incident> {
    let involvement = (select(vec!["perpetrator", "helper"]), select(ACTORS.to_vec()));
    (
        0..64_usize,
        select(KINDS.to_vec()),
        any_date(),
        select(PLACES.to_vec()),
        select(vec!["RU", "DE", "_U"]),
        prop::collection::vec(involvement, 0..=3),
        prop::collection::vec(0..3_usize, 0..=2),
    )
        .prop_map(|(person, (kind, _), date, place, destination, involvements, sources)| Incident {
            person,
            kind,
            date,
            place,
            destination,
            involvements,
            sources,
        })
}

/// What some person decided: who, is cut to how many there are. Some of the last days are asked about.
fn any_consent() -> impl Strategy<Value = Consent> {
    let purpose = prop_oneof![4 => Just("count"), 1 => select(vec!["keep", "publish", "share"])];
    let ends_on =
        select(vec![None, None, Some("2018-02-09"), Some("2018-03-10"), Some("2018-04-09"), Some("2999-01-01")]);
    (0..64_usize, purpose, select(vec!["given", "refused", "withdrawn"]), ends_on)
        .prop_map(|(person, purpose, decision, ends_on)| Consent { person, purpose, decision, ends_on })
}

/// One step, of any kind.
pub fn any_step() -> impl Strategy<Value = Step> {
    let which = any::<Index>;
    prop_oneof![
        3 => (any_person(), any_day()).prop_map(|(person, day)| Step::Enter(person, day)),
        9 => (any_incident(), any_day()).prop_map(|(incident, day)| Step::EnterIncident(incident, day)),
        2 => (which(), any_person(), any_day()).prop_map(|(at, person, day)| Step::Correct(at, person, day)),
        3 => (which(), any_incident(), any_day())
            .prop_map(|(at, incident, day)| Step::CorrectIncident(at, incident, day)),
        1 => (which(), select(RELIABILITIES.to_vec()), any_day())
            .prop_map(|(at, reliability, day)| Step::CorrectSource(at, reliability, day)),
        1 => (which(), any_day()).prop_map(|(at, day)| Step::Withdraw(at, day)),
        2 => (which(), any_day()).prop_map(|(at, day)| Step::WithdrawIncident(at, day)),
        1 => (which(), any_day()).prop_map(|(at, day)| Step::Restore(at, day)),
        1 => (which(), any_day()).prop_map(|(at, day)| Step::RestoreIncident(at, day)),
        8 => (which(), which(), any_day()).prop_map(|(at, canonical, day)| Step::Join(at, canonical, day)),
        2 => (which(), which(), any_day()).prop_map(|(at, canonical, day)| Step::JoinOther(at, canonical, day)),
        1 => (which(), any_day()).prop_map(|(at, day)| Step::Unjoin(at, day)),
        1 => (which(), any_day()).prop_map(|(at, day)| Step::Rejoin(at, day)),
        6 => (any_consent(), any_day()).prop_map(|(consent, day)| Step::Consent(consent, day)),
        2 => (which(), any_consent(), any_day())
            .prop_map(|(at, consent, day)| Step::CorrectConsent(at, consent, day)),
        1 => (which(), any_day()).prop_map(|(at, day)| Step::WithdrawConsent(at, day)),
        1 => (which(), any_day()).prop_map(|(at, day)| Step::RestoreConsent(at, day)),
    ]
}

/// Some persons first, so that there is somebody to ask about.
pub fn any_steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    let persons = prop::collection::vec((any_person(), any_day()), 2..=4);
    (persons, prop::collection::vec(any_step(), 1..=most)).prop_map(|(persons, steps)| {
        let persons = persons.into_iter().map(|(person, day)| Step::Enter(person, day));
        persons.chain(steps).collect()
    })
}

/// By dimension what can be asked for. Sources by their place in the case file.
const VALUES: [(&str, &[&str]); 15] = [
    ("kind", &["detention", "threat", "evacuation", "death", "_Z"]),
    ("family", &["violation", "movement", "death", "_Z"]),
    ("ground", &["detained_tortured", "threatened_by_relatives", "_U"]),
    ("place", &["RU", "RU-CE", "RU._U", "DE", "_U"]),
    ("origin", &["RU", "RU-CE", "RU._U", "DE", "_U", "_O"]),
    ("destination", &["RU", "RU._U", "DE", "_U", "_Z"]),
    ("year", &["2016", "2017", "2017..2018", "2015..2016", "_U", "_Z"]),
    ("quarter", &["2017-Q2", "2016-Q4..2017-Q2", "2017-Q1..2017-Q4", "2018-Q1", "_U"]),
    ("month", &["2017-04", "2017-03,2017-05", "2016-12..2018-01", "_U"]),
    ("actor", &["state_agent", "law_enforcement", "state_agent._U", "relatives", "_U", "_Z"]),
    ("source", &["0", "1", "2", "_U"]),
    ("reliability", &["high", "low", "_U"]),
    ("basis", &["case_file", "reconstructed"]),
    ("sex", &["F", "M", "_U"]),
    ("age_group", &["Y18T24", "Y25T34", "_U"]),
];

fn any_filter() -> impl Strategy<Value = (&'static str, Vec<&'static str>)> {
    select(VALUES.to_vec()).prop_flat_map(|(dimension, values)| (Just(dimension), subsequence(values.to_vec(), 1..=2)))
}

/// A question: up to three dimensions, up to two filters, up to two kinds in `with`, at any times.
pub fn any_ask() -> impl Strategy<Value = Ask> {
    let dimensions: Vec<_> = VALUES.iter().map(|(dimension, _)| *dimension).collect();
    let kinds = vec!["detention", "evacuation", "threat", "death"];
    let day = select([&["2018-01-09"], DAYS.as_slice()].concat());
    let filters = |number| prop::collection::vec(any_filter(), number);
    let filters = prop_oneof![5 => filters(0), 4 => filters(1), 2 => filters(2)];
    (
        select(vec!["persons", "incidents"]),
        subsequence(dimensions, 0..=3).prop_shuffle(),
        filters,
        prop_oneof![6 => Just(Vec::new()), 1 => subsequence(kinds, 1..=2)],
        select(vec!["none", "grand", "all"]),
        prop::option::weighted(0.4, day),
        prop::option::weighted(0.3, 500..=1_000_i64),
    )
        .prop_map(|(measure, by, filters, with, totals, as_of, at_write)| Ask {
            measure,
            by,
            filters: filters.into_iter().collect(),
            with,
            totals,
            as_of,
            at_write,
        })
}
