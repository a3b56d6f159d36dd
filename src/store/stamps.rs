//! How the stamp of a version is kept.

use crate::domain::record::State;

pub(super) const STATES: &[(&str, State)] = &[("active", State::Active), ("withdrawn", State::Withdrawn)];

pub(super) fn state_name(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::Withdrawn => "withdrawn",
    }
}
