//! What publishers, admins and auditors do: releases, imports, accounts, the audit.

use actix_web::web::ServiceConfig;

use super::Page;

/// The routes.
pub const PAGES: &[Page] = &[];

/// The services of [`PAGES`].
pub fn services(_config: &mut ServiceConfig) {}
