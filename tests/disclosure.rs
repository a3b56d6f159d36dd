//! The attacker: what somebody who reads everything public, and knows how the mask works, can find out about persons who are not
//! published. He shares no code with the mask.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod disclosure {
    mod asked;
    mod attack;
    mod attacker;
    /// The descent in every possible world: who knows the whole rule and all that is told learns nothing of a few.
    mod descent {
        mod board;
        mod controls;
        mod incidents;
        mod several;
        mod share;
        mod signed;
        mod single;
        mod successive;
        mod three;
        mod worlds;
    }
    #[path = "../formats/decoded.rs"]
    mod decoded;
    #[allow(dead_code)]
    #[path = "../attested/dice.rs"]
    mod dice;
    mod findings;
    mod found;
    mod http;
    mod http_figures;
    mod http_office;
    mod http_pairs;
    mod public;
    mod rule;
    mod schema;
    mod shrink;
    mod small;
    mod system;
    mod teeth;
    mod together;
    mod world;
}
