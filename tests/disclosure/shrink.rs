//! Makes a data set in which the attacker has won smaller, as long as he still wins.

use super::attack::attack;
use super::findings::{Finding, Report};
use super::public::{Masker, publish};
use super::world::{Known, World};

/// A smaller data set of which the findings are still of this kind.
pub fn shrink(mut world: World, masker: Masker<'_>, is: &dyn Fn(&Finding) -> bool) -> World {
    let wins = |world: &World| {
        let public = publish(world, masker, &mut Report::default());
        attack(world, &public, &mut Report::default()).iter().any(is)
    };
    assert!(wins(&world), "nothing to make smaller");
    loop {
        let Some(smaller) = smaller(&world).into_iter().find(&wins) else { return world };
        world = smaller;
    }
}

fn smaller(world: &World) -> Vec<World> {
    let mut found = Vec::new();
    let mut add = |change: &dyn Fn(&mut World)| {
        let mut smaller = world.clone();
        change(&mut smaller);
        found.push(smaller);
    };
    for at in (0..world.waves.len()).filter(|_| world.waves.len() > 1) {
        add(&|world| drop(world.waves.remove(at)));
    }
    for (at, wave) in world.waves.iter().enumerate() {
        if !wave.known.is_empty() {
            add(&|world| world.waves[at].known = Known::new());
        }
        for number in 0..wave.signed.len() {
            add(&|world| drop(world.waves[at].signed.remove(number)));
        }
        if wave.known.is_empty() {
            for number in (0..wave.tables.len()).filter(|_| wave.tables.len() > 1) {
                add(&|world| drop(world.waves[at].tables.remove(number)));
            }
        }
        let mut seen = Vec::new();
        for (number, person) in wave.people.iter().enumerate() {
            if !seen.contains(&person) {
                seen.push(person);
                for incident in 0..person.incidents.len() {
                    add(&|world| drop(world.waves[at].people[number].incidents.remove(incident)));
                }
                add(&|world| drop(world.waves[at].people.remove(number)));
            }
        }
    }
    found
}
