//! A release that was withdrawn: what it alone told is not said again, and what is said later does not tell that a few have changed
//! since.

use std::collections::BTreeSet;

use attest::domain::release::content::Content;
use chrono::TimeDelta;

use super::life::told;
use super::office::{Office, declaration, tables};
use super::people::Person;
use crate::disclosure::dice::Dice;
use crate::support::{App, on_both};

on_both! { empty: what_a_withdrawn_release_told_is_not_said_again_and_still_counts_as_told }

const T: u64 = 5;

/// Releases after 150 people have come, 60 more, 3 more and 60 more. The second may be withdrawn as soon as it is public.
fn four_releases(app: &App, withdraws: bool) -> Vec<(Content, Vec<Person>)> {
    let (office, dice) = (Office::open(app), &mut Dice::new(11));
    let (mut people, mut made) = (Vec::new(), Vec::new());
    for (number, come) in [150, 60, 3, 60].into_iter().enumerate() {
        let more = Person::several(people.len(), come, dice);
        office.enter(&more);
        people.extend(more);
        let name = format!("r{number}");
        made.push((office.release(&declaration(&name, &tables(), &[])), people.clone()));
        if number == 1 && withdraws {
            office.withdraw(&name);
        }
        app.clock.advance(TimeDelta::days(30));
    }
    made
}

/// Which releases are named by what a release says.
fn named(content: &Content) -> BTreeSet<String> {
    told(content).into_values().map(|(_, release)| release).collect()
}

fn what_a_withdrawn_release_told_is_not_said_again_and_still_counts_as_told(app: &App) {
    let made = four_releases(app, true);
    app.anybody().get("/api/v1/releases/r1/content.json").expect(410);
    let withdrawn = told(&made[1].0);
    assert!(named(&made[1].0).contains("r1"), "it told nothing of its own");
    let mut compared = 0;
    for (content, _) in &made[2..] {
        assert!(!named(content).contains("r1"), "{} says what a withdrawn release told", content.id);
        for (condition, (_, release)) in told(content).into_iter().filter(|(_, (_, release))| release != "r0") {
            let Some((_, before)) = withdrawn.get(&condition) else { continue };
            let people = |id: &str| &made.iter().find(|(content, _)| content.id == id).unwrap().1;
            let (now, then) = (condition.count(people(&release)), condition.count(people(before)));
            let far = now.persons.abs_diff(then.persons) >= T;
            assert!(now == then || far, "{condition:?}: {then:?} in {before}, {now:?} in {release}");
            compared += 1;
        }
    }
    assert!(compared > 10, "only {compared} numbers were told anew");
}

mod control {
    use super::*;
    use crate::support::{Backend, Data, Home};

    #[test]
    fn what_a_release_told_that_stands_is_said_again() {
        let home = Home::new(Backend::Sqlite, Data::Empty);
        let made = four_releases(&App::start(&home), false);
        assert!(named(&made[2].0).contains("r1"));
    }
}
