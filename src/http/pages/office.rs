//! What publishers, admins and auditors do: releases, imports, accounts, the audit.

use actix_web::web::ServiceConfig;

use super::Page;

/// Who has an account.
pub mod accounts;
/// Second persons who approve of links.
mod approvals;
/// The last question before a release is public.
mod asking;
/// What was done, by whom, when.
pub mod audit;
/// Between that form and a declaration.
mod declared;
/// The form that declares a release.
mod declaring;
/// Files in, after a trial.
mod imports;
/// Long work, while it is done and after.
mod jobs;
/// What the page of public lists shows.
mod listed;
/// Public lists: what is in force, what waits, and the form that declares one.
mod lists;
/// What becomes of each cell of a release.
mod planned;
/// Releases: their plan, their signatures, and what becomes of them.
mod releases;

/// The routes, by what they are about.
pub const GROUPS: &[&[Page]] = &[
    imports::PAGES,
    jobs::PAGES,
    releases::PAGES,
    asking::PAGES,
    declaring::PAGES,
    lists::PAGES,
    accounts::PAGES,
    approvals::PAGES,
    audit::PAGES,
];

/// The services of [`GROUPS`].
pub fn services(config: &mut ServiceConfig) {
    config
        .configure(imports::services)
        .configure(jobs::services)
        .configure(declaring::services)
        .configure(asking::services)
        .configure(releases::services)
        .configure(lists::services)
        .configure(accounts::services)
        .configure(approvals::services)
        .configure(audit::services);
}
