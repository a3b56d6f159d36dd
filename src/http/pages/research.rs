//! What researchers ask: exact counts at any two times, and figures held against the records. For now the routes of accounts and of
//! the audit stand here too.

use actix_web::web::ServiceConfig;

use crate::domain::policy::Action;

use super::office::{accounts, audit};
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
    with("GET", "/desk/audit", Action::ReadAudit),
    with("GET", "/desk/audit/integrity", Action::ReadAudit),
    with("GET", "/desk/accounts", Action::ReadAccounts),
    with("POST", "/desk/accounts", Action::WriteAccounts),
    with("GET", "/desk/accounts/{id}", Action::ReadAccounts),
    with("POST", "/desk/accounts/{id}/disablement", Action::WriteAccounts),
    with("POST", "/desk/accounts/{id}/enablement", Action::WriteAccounts),
    with("POST", "/desk/accounts/{id}/reset", Action::WriteAccounts),
    with("POST", "/desk/accounts/{id}/role", Action::WriteAccounts),
    with("GET", "/desk/enrolments", Action::ApproveAccounts),
    with("POST", "/desk/enrolments/{id}/approval", Action::ApproveAccounts),
];

/// The services of [`PAGES`].
pub fn services(config: &mut ServiceConfig) {
    config
        .service(explore::show)
        .service(figures::show)
        .service(figures::show_one)
        .configure(accounts::services)
        .configure(audit::services);
}
