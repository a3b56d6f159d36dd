//! What researchers ask: exact counts at any two times, and figures held against the records.

use actix_web::web::ServiceConfig;

use crate::domain::policy::Action;

use super::{Page, with};

/// Exact counts.
mod explore;
/// Published figures held against the records.
mod figures;

/// The routes.
pub const PAGES: &[Page] = &[
    with("GET", "/research", Action::ReadAggregates),
    with("GET", "/research/reconciliation", Action::Reconcile),
    with("GET", "/research/figures/{id}", Action::ReconcileRecords),
];

/// The services of [`PAGES`].
pub fn services(config: &mut ServiceConfig) {
    config.service(explore::show).service(figures::show).service(figures::show_one);
}
