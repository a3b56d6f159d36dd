//! Published figures: what anybody may see of them, and what the records say of them, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod figures {
    mod baselines;
    mod bounded;
    mod consents;
    mod contradictions;
    mod desk;
    mod differences;
    mod eyes;
    mod eyes_history;
    mod held;
    mod histories;
    mod kept;
    mod published;
    mod reconciled;
    mod redefined;
    mod refused;
    mod rules;
    mod series;
    mod shown;
    mod staff;
    mod unknown;
}
