//! How the stamp of a version is kept.

use crate::domain::record::State;

pub(super) const STATES: &[(&str, State)] = State::WORDS;

pub(super) fn state_name(state: State) -> &'static str {
    state.name()
}
