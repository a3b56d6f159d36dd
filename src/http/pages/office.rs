//! What publishers, admins and auditors do: releases, imports, accounts, the audit.

use actix_web::web::ServiceConfig;

use super::Page;

/// Who has an account.
pub mod accounts;
/// What was done, by whom, when.
pub mod audit;
/// The form that declares a release.
mod declaring;
/// Files in, after a trial.
mod imports;
/// Releases: their plan, their signatures, and what becomes of them.
mod releases;

pub use imports::Staged;

/// The routes, by what they are about.
pub const GROUPS: &[&[Page]] = &[imports::PAGES, releases::PAGES, declaring::PAGES, accounts::PAGES, audit::PAGES];

/// The services of [`GROUPS`].
pub fn services(config: &mut ServiceConfig) {
    config
        .configure(imports::services)
        .configure(declaring::services)
        .configure(releases::services)
        .configure(accounts::services)
        .configure(audit::services);
}
