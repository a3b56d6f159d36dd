//! What researchers ask: exact counts at any two times, and figures held against the records.

use actix_web::web::ServiceConfig;

use super::Page;

/// The routes.
pub const PAGES: &[Page] = &[];

/// The services of [`PAGES`].
pub fn services(_config: &mut ServiceConfig) {}
