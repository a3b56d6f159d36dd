//! Disclosure: what somebody who reads everything public, and knows how the mask works, can find out about persons who are not
//! published.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod disclosure {
    /// The descent in every possible world: who knows the whole rule and all that is told learns nothing of a few.
    mod descent {
        mod archive;
        mod board;
        mod controls;
        mod drift;
        mod growing;
        mod incidents;
        mod several;
        mod shapes;
        mod share;
        mod signed;
        mod single;
        mod successive;
        mod sums;
        mod three;
        mod turns;
        mod worlds;
    }
    /// The same over HTTP, of offices that enter people and publish how many they are.
    mod http {
        mod attacker;
        mod figures;
        mod guess;
        mod life;
        mod office;
        mod pairs;
        mod people;
        mod questions;
        mod withdrawn;
    }
    #[path = "../formats/decoded.rs"]
    mod decoded;
    #[allow(dead_code)]
    #[path = "../attested/dice.rs"]
    mod dice;
    mod format_1;
}
