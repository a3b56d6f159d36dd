//! What publishers, admins and auditors do: releases, imports, accounts, the audit.

use actix_web::web::ServiceConfig;

use super::Page;

/// Who has an account.
pub mod accounts;
/// What was done, by whom, when.
pub mod audit;

/// The routes.
pub const PAGES: &[Page] = &[];

/// The services of [`PAGES`].
pub fn services(_config: &mut ServiceConfig) {}
